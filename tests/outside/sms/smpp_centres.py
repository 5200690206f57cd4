"""An SMS centre on loopback, in a thread of the test."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from postloan.outside.sms.demo_centre import Centre, Faults, ReceivedSms, serve_sms


class RunningCentre:
    """A centre with its port; what it received is in `texts`."""

    def __init__(self, port: int = 0, faults: Faults | None = None) -> None:
        self.texts: list[ReceivedSms] = []
        self.centre = Centre(keep=self.texts.append, faults=faults or Faults())
        self.listening = socket.create_server(("127.0.0.1", port))
        self.port = self.listening.getsockname()[1]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.task = self.loop.create_task(serve_sms(centre=self.centre, listening=self.listening))
        try:
            self.loop.run_until_complete(self.task)
        except asyncio.CancelledError:
            pass
        for session in list(self.centre.sessions):
            session.transport.abort()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    def say(self, *, sender: str, text: str) -> None:
        """Let a phone send a text to whoever is bound."""
        [session] = self.centre.sessions
        self.loop.call_soon_threadsafe(lambda: session.send_text(sender=sender, recipient="10690", text=text))

    def stop(self) -> None:
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.task.cancel)
            self.thread.join(5)
        self.listening.close()  # also where it was stopped before it served


@contextmanager
def running_centre(**more) -> Iterator[RunningCentre]:
    centre = RunningCentre(**more)
    try:
        yield centre
    finally:
        centre.stop()
