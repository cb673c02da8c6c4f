// Parts of a page that follow changes by themselves. Each has an id, the topic that it depends on
// (data-live), the figure that it was made at (data-live-figure) and, where that is not the page
// itself, the address it is read from (data-live-from). The page works without this.

const GAP_MS = 3000; // between two readings
const DEAF_MS = 45000; // the hub gives a sign of life every 15 s
const LATER_MS = 2000; // while somebody types
const AGAIN_MS = [5000, 15000, 60000]; // after a refusal

const latest = new Map();
let source = null;
let heard = new Date();
let read = 0;
let planned = null;
let refusals = 0;
let over = false;

const status = document.createElement("p");
status.className = "live-state";
status.setAttribute("role", "status");
document.querySelector("main")?.prepend(status);

const parts = () => [...document.querySelectorAll("[data-live]")];
const clock = (moment) => `${moment.toISOString().slice(11, 16)} UTC`;

function say(text) {
  if (status.textContent !== text) status.textContent = text;
}

function lost() {
  say(`Connection lost, shows the state of ${clock(heard)}.`);
}

function signedOut() {
  over = true;
  close();
  say(`You are signed out here. This page shows the state of ${clock(heard)}; reload it to sign in.`);
}

function isStale(part) {
  const figure = latest.get(part.dataset.live);
  return figure !== undefined && figure !== part.dataset.liveFigure;
}

function isChanged(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((each) => each.selected !== each.defaultSelected);
  return field.value !== field.defaultValue;
}

// A form with something in it, a field somebody is in, a text somebody has marked: hands off.
function isInUse(part) {
  const active = document.activeElement;
  if (active && active.matches("input, textarea, select") && part.contains(active)) return true;
  const chosen = document.getSelection();
  if (chosen && !chosen.isCollapsed && part.contains(chosen.anchorNode)) return true;
  return [...part.querySelectorAll("input, textarea, select")].some((each) => each.type !== "hidden" && isChanged(each));
}

const reachable = (part) => [...part.querySelectorAll("a[href], button, summary")];

function put(part, fresh) {
  const open = [...part.querySelectorAll("details")].map((each) => each.open);
  const focused = reachable(part).indexOf(document.activeElement);
  part.replaceWith(fresh);
  [...fresh.querySelectorAll("details")].forEach((each, n) => { each.open ||= open[n] ?? false; });
  for (const link of fresh.querySelectorAll("a[data-reload]")) link.href = location.href;
  if (focused >= 0) reachable(fresh)[focused]?.focus({ preventScroll: true });
}

async function readFrom(address, stale) {
  const answer = await fetch(address, { headers: { Accept: "text/html", "X-Live": "1" }, cache: "no-store" });
  if (answer.status === 401) return signedOut();
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of stale) {
    const fresh = page.getElementById(part.id);
    if (!fresh || isInUse(part)) continue;
    latest.set(part.dataset.live, fresh.dataset.liveFigure);
    put(part, document.adoptNode(fresh));
  }
}

async function refresh() {
  planned = null;
  if (document.hidden || over) return;
  const stale = parts().filter(isStale);
  if (!stale.length) return;
  const free = stale.filter((part) => !isInUse(part));
  if (free.length < stale.length) plan(LATER_MS);
  const byAddress = new Map();
  for (const part of free) {
    const address = part.dataset.liveFrom ?? location.href;
    byAddress.set(address, [...(byAddress.get(address) ?? []), part]);
  }
  read = Date.now();
  try {
    for (const [address, some] of byAddress) await readFrom(address, some);
  } catch {
    lost();
    plan(GAP_MS);
  }
}

function plan(wait) {
  planned ??= setTimeout(refresh, Math.max(wait, read + GAP_MS - Date.now()));
}

function close() {
  source?.close();
  source = null;
}

function open() {
  const topics = new Set(parts().map((each) => each.dataset.live));
  if (source || over || document.hidden || !topics.size) return;
  const query = new URLSearchParams([...topics].map((each) => ["topic", each]));
  source = new EventSource(`/live?${query}`);
  source.addEventListener("open", () => {
    refusals = 0;
    alive();
  });
  source.addEventListener("alive", alive);
  source.addEventListener("figure", (event) => {
    alive();
    const { topic, figure } = JSON.parse(event.data);
    latest.set(topic, figure);
    plan(0);
  });
  source.addEventListener("signed-out", signedOut);
  source.addEventListener("error", () => {
    if (over || document.hidden) return;
    lost();
    // The browser tries again by itself, unless it was refused.
    if (source?.readyState !== EventSource.CLOSED) return;
    close();
    setTimeout(open, AGAIN_MS[Math.min(refusals++, AGAIN_MS.length - 1)]);
    if (refusals === 1) askWhy(`/live?${query}`);
  });
}

// An event source does not tell why it was refused.
async function askWhy(address) {
  const asked = new AbortController();
  try {
    const answer = await fetch(address, { cache: "no-store", signal: asked.signal });
    if (answer.status === 401) signedOut();
  } catch {
    // The connection is lost, as the page says already.
  } finally {
    asked.abort();
  }
}

function alive() {
  heard = new Date();
  say("");
}

setInterval(() => {
  if (!source || Date.now() - heard.getTime() < DEAF_MS) return;
  lost();
  close();
  open();
}, 5000);

// A page that nobody sees takes none of the few connections that a browser has for a host.
document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
addEventListener("pagehide", close);
addEventListener("pageshow", open);
open();
