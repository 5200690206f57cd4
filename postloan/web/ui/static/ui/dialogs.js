// Dialogs ask before something is done; toasts say that it was.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.querySelector(opener.dataset.dialog)?.showModal();
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement) event.target.close(); // a click beside it
  const sample = event.target.closest("[data-toast]");
  if (sample) toast(sample.dataset.toast, sample.dataset.tone);
});

// A menu closes by Escape, and when something else is clicked.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

const STAYS_MS = 6000;

// A text below the page for some seconds, read out as well; grave ones stay until they are closed.
export function toast(text, tone = "") {
  const region = document.getElementById("toasts");
  if (!region) return;
  const note = document.createElement("div");
  note.className = `toast-note${tone ? ` notice-${tone}` : ""}`;
  const said = document.createElement("span");
  said.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "link-button";
  close.textContent = region.dataset.close;
  close.addEventListener("click", () => note.remove());
  note.append(said, close);
  region.append(note);
  if (tone !== "error") setTimeout(() => note.remove(), STAYS_MS);
}

document.addEventListener("postloan:toast", (event) => toast(event.detail.text, event.detail.tone));
document.querySelector("[data-focus]")?.focus();
