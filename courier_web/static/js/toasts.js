// Notices with Undo: they come with the page or with a swapped part, and go by themselves.
const STAY = 9000;
const seen = new WeakSet();

export function toast(text, { error = false } = {}) {
  const box = document.createElement("div");
  box.className = error ? "toast error" : "toast";
  box.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  document.getElementById("toasts")?.append(box);
}

function arm(box) {
  if (seen.has(box)) return;
  seen.add(box);
  let timer = setTimeout(() => box.remove(), STAY);
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("focusin", () => clearTimeout(timer));
  box.addEventListener("pointerleave", () => { timer = setTimeout(() => box.remove(), STAY); });
}

export function startToasts() {
  const place = document.getElementById("toasts");
  if (!place) return;
  const armAll = () => document.querySelectorAll("[data-toast]").forEach(arm);
  armAll();
  new MutationObserver(armAll).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) event.target.closest("[data-toast]").remove();
  });
  document.addEventListener("htmx:error", () => toast("The server cannot be reached. Please try again.", { error: true }));
  document.addEventListener("htmx:response:error", (event) => {
    const status = event.detail?.ctx?.response?.status;
    if (status === 403) toast("You are signed out, or the page is stale. Please reload.", { error: true });
    else if (status === 404) toast("That is not here any more.", { error: true });
    else toast("That did not work. Please try again.", { error: true });
  });
}
