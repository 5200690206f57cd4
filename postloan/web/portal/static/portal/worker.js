// The portal's worker in the background: shows what was pushed, and opens it.

self.addEventListener("push", (event) => {
  const said = event.data ? event.data.json() : {};
  const options = { body: said.body || "", tag: said.id, data: { url: said.url || "/portal/" } };
  event.waitUntil(self.registration.showNotification(said.title || "Postloan", options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data.url));
});
