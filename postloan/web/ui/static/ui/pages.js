// Small manners of every page: menu on a phone, light or dark, "why this number".

import "./dialogs.js";
import "./live.js";
import "./palette.js";
import "./table.js";

const root = document.documentElement;

document.addEventListener("click", (event) => {
  const menu = event.target.closest("[data-menu]");
  if (menu) toggleMenu(menu);
  if (event.target.closest("[data-theme-switch]")) switchTheme();
  const why = event.target.closest("a[data-why]");
  if (why && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    explain(why);
  }
});

// Filters change the address without loading the page: the language switch comes back to where the reader is now.
document.addEventListener("submit", (event) => {
  const next = event.target.matches(".languages") && event.target.elements.next;
  if (next) next.value = window.location.pathname + window.location.search;
});

let asked = null; // the figure whose explanation is open: the focus goes back to it

document.getElementById("why")?.addEventListener("toggle", (event) => {
  if (event.newState === "closed") asked?.focus({ preventScroll: true });
});

function toggleMenu(button) {
  const menu = document.querySelector(button.dataset.menu);
  const isOpen = menu.classList.toggle("is-open");
  button.setAttribute("aria-expanded", String(isOpen));
}

function switchTheme() {
  const theme = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
  root.setAttribute("data-bs-theme", theme);
  try { localStorage.setItem("theme", theme); } catch { /* private windows forget it */ }
  document.dispatchEvent(new CustomEvent("theme-switched"));
}

// The link leads to a page of its own; with a script the same fragment opens beside the figure.
async function explain(link) {
  const panel = document.getElementById("why");
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  const isFragment = answer.ok && !answer.redirected;
  if (!isFragment) {
    window.location.assign(link.href);
    return;
  }
  document.getElementById("why-content").innerHTML = await answer.text();
  panel.showPopover();
  placeBeside(panel, link);
  panel.querySelector("h2")?.focus();
  asked = link;
}

function placeBeside(panel, link) {
  if (window.innerWidth < 640) {
    panel.style.removeProperty("left");
    panel.style.removeProperty("top");
    return;
  }
  const at = link.getBoundingClientRect();
  const gap = 8;
  const left = Math.min(Math.max(gap, at.left + at.width / 2 - panel.offsetWidth / 2), window.innerWidth - panel.offsetWidth - gap);
  const below = at.bottom + gap;
  const above = at.top - gap - panel.offsetHeight;
  const top = below + panel.offsetHeight < window.innerHeight || above < gap ? below : above;
  panel.style.left = `${left}px`;
  panel.style.top = `${Math.max(gap, Math.min(top, window.innerHeight - panel.offsetHeight - gap))}px`;
}
