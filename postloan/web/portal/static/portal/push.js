// Notifications of the portal: the borrower asks for them on this device, and may stop them.

const box = document.querySelector("[data-push]");

function bytes(text) {
  const padded = text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4);
  return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
}

function show(state) {
  for (const part of box.querySelectorAll("[data-push-state]")) part.hidden = part.dataset.pushState !== state;
}

async function tell(address, body) {
  const token = box.querySelector("[name=csrfmiddlewaretoken]").value;
  const answer = await fetch(address, { method: "POST", headers: { "X-CSRFToken": token }, body });
  if (!answer.ok) throw new Error(`the portal answered ${answer.status}`);
}

async function begin() {
  const worker = await navigator.serviceWorker.register(box.dataset.worker, { scope: box.dataset.scope });
  const held = await worker.pushManager.getSubscription();
  show(held ? "on" : "off");
  box.querySelector("[data-push-start]").addEventListener("click", async () => {
    try {
      const options = { userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key) };
      const made = await worker.pushManager.subscribe(options);
      await tell(box.dataset.start, JSON.stringify(made));
      show("on");
    } catch {
      show("none");
    }
  });
  box.querySelector("[data-push-stop]").addEventListener("click", async () => {
    const made = await worker.pushManager.getSubscription();
    await made?.unsubscribe();
    await tell(box.dataset.stop, "");
    show("off");
  });
}

if (box && "serviceWorker" in navigator && "PushManager" in window) begin().catch(() => show("none"));
else if (box) show("none");
