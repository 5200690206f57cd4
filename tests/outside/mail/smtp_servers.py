"""Real SMTP servers on loopback, in a thread, for the length of a test."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from postloan.outside.mail.demo_mailbox import serve_mail


@contextmanager
def smtp_server(*, handler: object) -> Iterator[int]:
    """Serve `handler` on a free port of 127.0.0.1 and yield the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    loop = asyncio.new_event_loop()
    serving = loop.create_task(serve_mail(handler=handler, listening=listening))
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([serving])))
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join(timeout=10)
        loop.close()
        listening.close()
