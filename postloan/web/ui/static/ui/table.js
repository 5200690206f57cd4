// Tables by keyboard: j and k walk, Enter opens, x selects, / filters, n and p turn the page. Refreshed in place.

const table = () => document.querySelector("[data-table]");
const rows = () => [...(table()?.querySelectorAll("tbody tr[data-key]") ?? [])];
const isTyping = (at) => at.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable], dialog, [popover]:popover-open");

let activeKey = null; // stays with its row while the list is refreshed
const picked = new Set();

document.addEventListener("keydown", (event) => {
  if (!table() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const act = {
    j: () => step(1), k: () => step(-1),
    x: () => active()?.querySelector("[data-pick]")?.click(),
    Enter: () => event.target.closest("a, button, summary") ? false : active()?.querySelector("a[href]")?.click(),
    "/": () => document.querySelector("[data-search], .filters select, .filters input")?.focus(),
    n: () => document.getElementById("page-next")?.click(),
    p: () => document.getElementById("page-previous")?.click(),
    r: refresh,
    "?": showKeys,
  }[event.key];
  if (act && act() !== false) event.preventDefault();
});

const active = () => rows().find((row) => row.dataset.key === activeKey);

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.dataset.key === activeKey);
  const row = all[Math.min(Math.max(at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by, 0), all.length - 1)];
  activeKey = row.dataset.key;
  mark();
  (row.querySelector("a[href]") ?? row.querySelector("[data-pick]"))?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function mark() {
  for (const row of rows()) {
    row.classList.toggle("is-active", row.dataset.key === activeKey);
    const box = row.querySelector("[data-pick]");
    if (box) box.checked = picked.has(row.dataset.key);
    row.classList.toggle("is-picked", picked.has(row.dataset.key));
  }
  const bulk = document.querySelector("[data-bulk]");
  if (!bulk) return;
  bulk.classList.toggle("has-picked", picked.size > 0);
  const said = bulk.querySelector("[data-picked]");
  said.textContent = picked.size ? `${said.dataset.some}${picked.size}` : said.dataset.none;
  const all = table().querySelector("[data-pick-all]");
  if (all) all.checked = rows().length > 0 && rows().every((row) => picked.has(row.dataset.key));
}

document.addEventListener("change", (event) => {
  const isAll = event.target.matches("[data-pick-all]");
  if (!isAll && !event.target.matches("[data-pick]")) return;
  for (const row of isAll ? rows() : [event.target.closest("tr")]) picked[event.target.checked ? "add" : "delete"](row.dataset.key);
  event.stopPropagation();
  mark();
});

document.addEventListener("submit", (event) => {
  const needs = event.submitter?.matches("[data-needs-reason]") && event.target.elements.reason;
  if (event.target.matches("[data-bulk]") && !picked.size) event.preventDefault();
  if (needs && !needs.value.trim()) {
    event.preventDefault();
    needs.setCustomValidity(needs.placeholder);
    needs.reportValidity();
    needs.addEventListener("input", () => needs.setCustomValidity(""), { once: true });
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-refresh]")) refresh();
  if (event.target.closest("[data-keys]")) showKeys();
});

// The same address again; what is selected, where the reader stands and how far they have scrolled stay.
export async function refresh() {
  const list = table();
  if (!list || list.getAttribute("aria-busy") === "true") return;
  list.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(window.location.href, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["tbody", ".pager"]) put(list, page.querySelector("[data-table]"), part);
    const subtitle = document.getElementById("subtitle");
    if (subtitle && page.getElementById("subtitle")) subtitle.innerHTML = page.getElementById("subtitle").innerHTML;
    document.documentElement.classList.remove("is-offline");
  } catch {
    document.documentElement.classList.add("is-offline");
  } finally {
    list.setAttribute("aria-busy", "false");
    mark();
  }
}

function put(list, found, part) {
  const [now, then] = [list.querySelector(part), found?.querySelector(part)];
  if (!now || !then) {
    if (now || then) window.location.reload(); // from nothing to something, or back: the page as a whole
    return;
  }
  const focused = now.contains(document.activeElement) ? document.activeElement.closest("tr")?.dataset.key : null;
  const old = new Map([...now.querySelectorAll("tr[data-key]")].map((row) => [row.dataset.key, row.textContent]));
  now.replaceWith(then);
  window.htmx?.process(then);
  for (const row of then.querySelectorAll("tr[data-key]")) {
    if (old.has(row.dataset.key) && old.get(row.dataset.key) !== row.textContent) row.classList.add("has-changed");
    if (row.dataset.key === focused) row.querySelector("a[href]")?.focus({ preventScroll: true });
  }
}

function showKeys() {
  document.getElementById("keys")?.showPopover?.();
}

document.addEventListener("htmx:afterSwap", () => { picked.clear(); mark(); });
document.addEventListener("postloan:refresh", refresh);
mark();
