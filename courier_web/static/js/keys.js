// One-letter keys.  Ignored while typing and in dialogs; `?` lists them.
// A key presses a control that is on the page, so there is nothing a key can do
// that a pointer cannot.
const GO = { i: "/mail/INBOX/", s: "go:sent", d: "go:drafts", t: "/calendar/?view=agenda", a: "go:archive", c: "/calendar/" };
let prefix = "";
let prefixTimer;

const typing = (target) =>
  target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

export function press(name) {
  const control = [...document.querySelectorAll(`[data-key="${name}"]`)].find((one) => one.checkVisibility());
  if (!control) return false;
  control.focus?.({ preventScroll: true });
  control.click();
  return true;
}

function rows() { return [...document.querySelectorAll("#rows > [data-row]")]; }

export function currentRow() {
  return document.activeElement?.closest?.("[data-row]") ?? document.querySelector("[data-row].at, [data-row].open") ?? null;
}

function move(step) {
  const all = rows();
  if (!all.length) return false;
  const at = all.indexOf(currentRow());
  const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step))];
  all.forEach((row) => row.classList.toggle("at", row === next));
  next.querySelector("[data-open]")?.focus();
  next.scrollIntoView({ block: "nearest" });
  if (document.querySelector(".reader .message") && matchMedia("(min-width: 768px)").matches) next.querySelector("[data-open]")?.click();
  return true;
}

function onRow(selector) {
  const control = currentRow()?.querySelector(selector);
  control?.click();
  return Boolean(control);
}

function go(letter) {
  const place = GO[letter];
  if (!place) return false;
  if (place.startsWith("go:")) {
    const link = document.querySelector(`[data-special="${place.slice(3)}"]`);
    if (link) link.click(); else location.href = `/mail/?to=${place.slice(3)}`;
  } else location.href = place;
  return true;
}

const MAIL = {
  j: () => move(1), k: () => move(-1), o: () => onRow("[data-open]"),
  u: () => press("back"), Escape: () => press("back"),
  c: () => press("compose"), "/": () => press("search"),
  r: () => press("reply"), a: () => press("reply-all"), f: () => press("forward"),
  x: () => onRow("[type=checkbox]"), s: () => press("star") || onRow("[data-star]"),
  e: () => act("archive"), "#": () => act("trash"), "!": () => act("junk"),
  I: () => act("read"), U: () => act("unread"),
  z: () => { const undo = [...document.querySelectorAll("[data-undo]")].pop(); undo?.click(); return Boolean(undo); },
  n: () => press("next"), p: () => press("previous"),
};
const CALENDAR = {
  t: () => press("today"), c: () => press("new"), j: () => press("next"), k: () => press("previous"),
  1: () => press("view-month"), 2: () => press("view-week"), 3: () => press("view-agenda"),
};

// Selected rows first, then the open message, then the row under the cursor.
function act(name) {
  if (document.querySelector("#rows [name=uid]:checked")) return press(`bulk-${name}`);
  return press(`one-${name}`) || onRow(`[data-act="${name}"]`);
}

function star(letter) {
  if (letter === "a" || letter === "n") {
    rows().forEach((row) => { row.querySelector("[name=uid]").checked = letter === "a"; });
    document.dispatchEvent(new Event("selection"));
    return true;
  }
  return false;
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.closest?.("[data-composer]")) {
      event.preventDefault();
      press("send");
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (document.documentElement.dataset.keys === "off") return;
    if (handle(event.key)) event.preventDefault();
  });
}

function handle(key) {
  clearTimeout(prefixTimer);
  const before = prefix;
  prefix = "";
  if (before === "g") return go(key);
  if (before === "*") return star(key);
  if (key === "g" || key === "*") {
    prefix = key;
    prefixTimer = setTimeout(() => { prefix = ""; }, 1500);
    return true;
  }
  if (key === "?") {
    document.getElementById("keys")?.showModal();
    return true;
  }
  const table = location.pathname.startsWith("/calendar") ? CALENDAR : MAIL;
  return table[key]?.() ?? false;
}
