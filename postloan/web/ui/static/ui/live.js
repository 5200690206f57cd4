// Live pages: one stream for all that a page follows (data-topic). Without a stream the page asks by itself.

import { refresh } from "./table.js";

const TICK_MS = 1000; // a part that is alive ([data-live]) asks this often while nothing tells it
const TICKS_TOLD = 5; // and every fifth time while it is told: clocks go on
const LIST_MS = 10000; // a list
const CALM_MS = 1000; // and is refreshed no more often than this where it is told

const followed = () => new Set([...document.querySelectorAll("[data-topic]")].map((part) => part.dataset.topic));
let stream = null;
let isTold = false; // whether the stream is open
let hasBegun = false;
let ticks = 0;
let refreshedAt = 0;
let due = null;

function listen() {
  const topics = [...followed()].sort();
  if (!topics.length || !window.EventSource) return;
  stream = new EventSource(`/live/changes?topics=${topics.join(",")}`);
  stream.addEventListener("here", () => {
    isTold = true;
    if (!hasBegun && document.querySelector("[data-table][data-topic]")) refreshSoon(); // what changed while it was opened
    hasBegun = true;
  });
  stream.addEventListener("changed", (event) => {
    isTold = true;
    for (const topic of JSON.parse(event.data).topics) changed(topic);
  });
  stream.addEventListener("error", () => { isTold = false; });
}

function changed(topic) {
  for (const part of document.querySelectorAll(`[data-live][data-topic="${topic}"]`)) window.htmx?.trigger(part, "tick");
  if (document.querySelector(`[data-table][data-topic="${topic}"]`)) refreshSoon();
  document.dispatchEvent(new CustomEvent("postloan:changed", { detail: { topic } }));
}

function refreshSoon() {
  if (due !== null || document.hidden) return;
  const wait = Math.max(0, refreshedAt + CALM_MS - Date.now());
  due = setTimeout(() => {
    due = null;
    refreshedAt = Date.now();
    refresh();
  }, wait);
}

// Clocks and what no stream tells of go on by asking, as long as somebody looks.
setInterval(() => {
  if (document.hidden) return;
  const parts = document.querySelectorAll("[data-live]");
  ticks += 1;
  for (const part of parts) if (!isTold || !part.dataset.topic || ticks % TICKS_TOLD === 0) window.htmx?.trigger(part, "tick");
  if (!isTold && document.querySelector("[data-table][data-topic]") && Date.now() - refreshedAt > LIST_MS) refreshSoon();
}, TICK_MS);

// Who comes back to a page sees what is, not what was.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && document.querySelector("[data-table][data-topic]")) refreshSoon();
});

window.addEventListener("pagehide", () => stream?.close());
window.addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
listen();
