// The palette: Ctrl-K or ⌘K, a few letters, Enter.

const palette = document.getElementById("palette");
const form = palette?.querySelector("[data-palette]");
const input = palette?.querySelector("input[name=text]");
const list = palette?.querySelector("[role=listbox]");
let asking = 0;
let waiting;

document.addEventListener("keydown", (event) => {
  if (!palette || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (palette.open) palette.close();
  else open();
});

document.addEventListener("click", (event) => { if (palette && event.target.closest("[data-open-palette]")) open(); });

function open() {
  palette.showModal();
  input.value = "";
  input.focus();
  ask();
}

input?.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 120); });
form?.addEventListener("submit", (event) => { event.preventDefault(); chosen()?.click(); });
input?.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const all = options();
  choose((all.indexOf(chosen()) + by + all.length) % all.length);
});

const options = () => [...list.querySelectorAll("[role=option]")];
const chosen = () => list.querySelector("[aria-selected=true]");

function choose(at) {
  const all = options();
  for (const [number, option] of all.entries()) option.setAttribute("aria-selected", String(number === at));
  if (all[at]) {
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
}

async function ask() {
  const turn = ++asking;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" });
    if (turn !== asking) return; // a later letter has been typed
    if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
    list.innerHTML = await answer.text();
    choose(0);
  } catch {
    document.documentElement.classList.add("is-offline");
  }
}
