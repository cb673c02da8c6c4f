// In the helpdesk's frame: asks it which ticket is open, and how high the frame is to be. Only the
// one site is asked, and heard, that may show this page. Without it the number is typed in.

const place = document.querySelector("[data-parent]");
const parentSite = place.dataset.parent;
const guid = place.dataset.guid;
const asking = document.querySelector("form.asking");
const tell = (said) => {
  window.parent.postMessage(
    JSON.stringify({ ...said, appGuid: guid, instanceGuid: guid }),
    parentSite,
  );
};
const resize = () => {
  const height = `${Math.ceil(document.querySelector("main").getBoundingClientRect().height)}px`;
  tell({ id: 2, request: "invoke", params: { resize: [{ height }] } });
};
const read = (data) => {
  try {
    return typeof data === "string" ? JSON.parse(data) : data;
  } catch {
    return null;
  }
};

let welcome = false;

const hear = (event) => {
  if (event.origin !== parentSite || event.source !== window.parent) return;
  const said = read(event.data);
  if (said?.key === "zaf.app.registered" && !welcome) {
    welcome = true;
    if (asking) tell({ id: 1, request: "get", params: ["ticket.id"] });
    resize();
  }
  const id = said?.id === 1 ? said.result?.["ticket.id"] : undefined;
  // What was wrong once is not sent again and again.
  if (asking && /^[0-9]+$/.test(`${id}`) && !asking.querySelector(".wrong")) {
    asking.elements.ticket.value = id;
    asking.submit();
  }
};

if (window.parent !== window && guid) {
  window.addEventListener("message", hear);
  document.querySelector("details")?.addEventListener("toggle", () => { if (welcome) resize(); });
  tell({ key: "iframe.handshake", message: { version: "2.0" } });
}
