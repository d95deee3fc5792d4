// The composer: saves the draft two seconds after the last key, takes dropped files.
const PAUSE = 2000;
let timer;
let saving = false;
let again = false;

function form() { return document.querySelector("[data-composer]"); }

async function save() {
  const at = form();
  if (!at || saving) { again = Boolean(at); return; }
  saving = true;
  const status = at.querySelector("[data-saved]");
  if (status) status.textContent = "Saving…";
  const data = new FormData(at);
  data.set("action", "save");
  const files = at.querySelector("input[type=file]");
  const sent = files ? files.files.length : 0;
  try {
    const answer = await fetch(at.getAttribute("action"), { method: "POST", body: data, headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    const part = new DOMParser().parseFromString(text, "text/html");
    at.querySelector("[name=draft]").value = part.querySelector("[name=draft]").value;
    const attached = part.querySelector("#attached");
    if (attached) at.querySelector("#attached").replaceWith(attached);
    if (sent && files) files.value = "";
    if (status) status.textContent = part.querySelector("[data-saved]")?.textContent || "Saved";
    at.removeAttribute("data-dirty");
  } catch {
    if (status) status.textContent = "Not saved. Trying again…";
    again = true;
  }
  saving = false;
  if (again) { again = false; schedule(5000); }
}

function schedule(delay = PAUSE) {
  clearTimeout(timer);
  timer = setTimeout(save, delay);
}

export function startComposer() {
  document.addEventListener("input", (event) => {
    const at = event.target.closest("[data-composer]");
    if (!at || event.target.type === "file") return;
    at.dataset.dirty = "";
    schedule();
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-composer]") && event.target.type === "file" && event.target.files.length) schedule(0);
  });
  document.addEventListener("click", (event) => {
    const shower = event.target.closest("[data-show]");
    if (shower) {
      const part = document.getElementById(shower.dataset.show);
      part.hidden = false;
      shower.hidden = true;
      part.querySelector("input")?.focus();
    }
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-composer]")) {
      clearTimeout(timer);
      const words = /\b(attach(ed|ment|ing)?|enclosed)\b/i;
      const own = event.target.querySelector("textarea")?.value.split("\n").filter((one) => !one.startsWith(">")).join("\n") ?? "";
      const has = event.target.querySelector("#attached li") || event.target.querySelector("input[type=file]")?.files.length;
      if (event.submitter?.value === "send" && words.test(own) && !has && !window.confirm("You mention an attachment, but none is attached. Send anyway?")) event.preventDefault();
    }
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      const at = form();
      if (!at || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      at.classList.toggle("dropping", name === "dragover");
      if (name === "drop") {
        const input = at.querySelector("input[type=file]");
        input.files = event.dataTransfer.files;
        schedule(0);
      }
    });
  }
  const copies = document.querySelector(".copies.fold");
  if (copies) copies.hidden = true;
  document.querySelectorAll("[data-composer] textarea").forEach((area) => {
    if (area.matches("[data-start]")) { area.focus(); area.setSelectionRange(0, 0); }
  });
}
