// The page works without this: it shows at once what "Look at it first" would show.

const form = document.querySelector("[data-look-ahead]");
let waiting = 0;
let asked = 0;

async function look() {
  const mine = ++asked;
  const said = new URLSearchParams(new FormData(form));
  said.set("do", "look");
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: said, credentials: "same-origin" });
  } catch {
    return; // offline: the button still says so
  }
  if (mine !== asked || ![200, 422].includes(answer.status)) return;
  const there = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const shown of document.querySelectorAll("[data-look]")) {
    const found = there.getElementById(shown.id);
    if (found) shown.replaceChildren(...found.childNodes);
  }
}

let text = null;
if (form) {
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 450);
  });
  form.addEventListener("focusin", (into) => {
    if (into.target.matches("textarea[name$='-text']")) text = into.target;
  });
  for (const button of form.querySelectorAll("[data-put]")) {
    button.addEventListener("click", () => {
      const to = text || form.querySelector("textarea[name$='-text']");
      if (!to) return;
      to.setRangeText(button.dataset.put, to.selectionStart, to.selectionEnd, "end");
      to.focus();
      to.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}
