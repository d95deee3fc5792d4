// The message list: how many are selected, ranges with Shift, which row is open.
let last = null;

function boxes() { return [...document.querySelectorAll("#rows [name=uid]")]; }

function show() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked);
  const list = document.querySelector(".list");
  if (!list) return;
  list.classList.toggle("selecting", chosen.length > 0);
  const count = list.querySelector("[data-count]");
  if (count) count.textContent = chosen.length ? `${chosen.length} selected` : "";
  const every = list.querySelector("[data-all]");
  if (every) {
    every.checked = chosen.length > 0 && chosen.length === all.length;
    every.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
  for (const box of all) box.closest("[data-row]").classList.toggle("chosen", box.checked);
}

function range(to) {
  const all = boxes();
  const from = all.indexOf(last);
  const at = all.indexOf(to);
  if (from < 0 || at < 0) return;
  for (const box of all.slice(Math.min(from, at), Math.max(from, at) + 1)) box.checked = to.checked;
}

function markOpen() {
  const match = location.pathname.match(/\/(\d+)$/);
  for (const row of document.querySelectorAll("#rows > [data-row]")) {
    const open = Boolean(match) && row.dataset.row === match[1];
    row.classList.toggle("open", open);
    const link = row.querySelector("[data-open]");
    if (open) {
      row.classList.remove("unread");
      link?.setAttribute("aria-current", "true");
    } else link?.removeAttribute("aria-current");
  }
}

export function startList() {
  document.addEventListener("click", (event) => {
    const box = event.target.closest("#rows [name=uid]");
    if (box) {
      if (event.shiftKey && last) range(box);
      last = box;
      show();
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-all]")) {
      for (const box of boxes()) box.checked = event.target.checked;
      show();
    }
  });
  document.addEventListener("selection", show);
  document.addEventListener("htmx:after:swap", () => {
    markOpen();
    show();
    document.body.classList.toggle("reading", Boolean(document.querySelector(".reader .message")));
  });
  document.addEventListener("htmx:after:history:push", markOpen);
  markOpen();
  show();
}
