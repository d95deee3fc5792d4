// The frame's behaviour on every page.  All listeners sit on the document, so that
// swapped-in parts need no wiring; everything here also works without it, more slowly.
import "./zone.js";
import { startToasts } from "./toasts.js";
import { startKeys } from "./keys.js";
import { startList } from "./list.js";
import { startLive } from "./live.js";
import { startComposer } from "./composer.js";

document.documentElement.classList.add("js");

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) {
    document.getElementById("account-menu")?.hidePopover?.();
    document.getElementById(opener.dataset.openDialog)?.showModal();
  }
  const printer = event.target.closest("[data-print]");
  if (printer) window.print();
  const back = event.target.closest("[data-back]");
  if (back && history.length > 1) {
    event.preventDefault();
    history.back();
  }
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  const inPopover = event.target.closest("[popover] a");
  if (inPopover) inPopover.closest("[popover]").hidePopover?.();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-match]")) matchTyped(event.target);
});
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-match]")) matchTyped(event.target);
});

// A value that is to be pasted elsewhere; the button says that it has been done.
async function copy(button) {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  const words = button.querySelector("[data-words]");
  const before = words.textContent;
  words.textContent = "Copied";
  setTimeout(() => { words.textContent = before; }, 1600);
}
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}

// A dangerous button wakes up only when the name has been typed.
function matchTyped(input) {
  const button = input.form.querySelector("[data-needs-match]");
  if (button) button.disabled = input.value.trim() !== input.dataset.match;
}
document.querySelectorAll("[data-match]").forEach(matchTyped);

// Leaving a page with unsaved changes asks first.
let dirty = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("[data-guard]")) dirty = true;
});
document.addEventListener("submit", () => { dirty = false; });
window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

for (const shortcut of document.querySelectorAll("[data-open-dialog]")) shortcut.hidden = false;

// A week begins to be interesting at seven.
document.querySelector(".week-view")?.scrollTo(0, 7 * 48 - 8);

startToasts();
startKeys();
startList();
startLive();
startComposer();
