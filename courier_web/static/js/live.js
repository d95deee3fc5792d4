// New mail appears by itself: one event stream per tab, and a minute's polling as fallback.
const POLL = 60000;
let source;
let wait = 1000;

async function open() {
  const url = document.body.dataset.events;
  if (!url || !("EventSource" in window)) return;
  let ticket;
  try {
    const answer = await fetch("/mail/ticket", { headers: { Accept: "text/plain" } });
    if (!answer.ok || answer.redirected) return;
    ticket = await answer.text();
  } catch { return retry(); }
  source = new EventSource(`${url}?ticket=${encodeURIComponent(ticket)}`);
  source.addEventListener("open", () => { wait = 1000; document.documentElement.dataset.live = "on"; });
  source.addEventListener("mailbox", () => refresh());
  source.addEventListener("error", () => {
    document.documentElement.dataset.live = "off";
    if (source.readyState === EventSource.CLOSED || wait > 4000) { source.close(); retry(); } else wait *= 2;
  });
}

function retry() {
  setTimeout(open, wait);
  wait = Math.min(wait * 2, POLL);
}

// How many rows are shown already stays shown; the open one stays open.
let pending = false;
export function refresh() {
  const list = document.querySelector("[data-live-list]");
  if (!list || pending || document.hidden) { waiting = Boolean(list); return; }
  if (document.querySelector("#rows [name=uid]:checked")) { waiting = true; return; }   // never move rows under a selection
  pending = true;
  const before = new Set([...document.querySelectorAll("#rows > [data-row]")].map((row) => row.id));
  const done = () => { pending = false; announce(before); };
  // htmx names the source as HX-Target here, not the target: the server must hear it from us.
  const headers = { "HX-Target": "section#list" };
  htmx.ajax("GET", list.dataset.liveList, { target: "#list", swap: "outerMorph", headers }).then(done, done);
}

// For ears: how many came; the focus stays where it is.
function announce(before) {
  const fresh = [...document.querySelectorAll("#rows > [data-row].unread")].filter((row) => !before.has(row.id));
  const place = document.getElementById("announce");
  if (place && fresh.length && before.size) place.textContent = fresh.length === 1 ? "1 new message" : `${fresh.length} new messages`;
}

let waiting = false;
export function startLive() {
  if (!document.querySelector("[data-live-list]") && !document.body.dataset.events) return;
  open();
  setInterval(() => { if (document.documentElement.dataset.live !== "on") refresh(); }, POLL);
  document.addEventListener("change", (event) => {
    if (waiting && event.target.matches("#rows [name=uid]") && !document.querySelector("#rows [name=uid]:checked")) { waiting = false; refresh(); }
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && waiting) { waiting = false; refresh(); } });
  window.addEventListener("pagehide", () => source?.close());
}
