"""A small HTTP peer on loopback: what it is asked is kept, what it answers is scripted."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Asked:
    """One request as it came."""

    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Peer:
    """A running peer. `answer` is asked for status, headers and JSON (or text) of each request."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)


Answer = Callable[[Asked], tuple[int, dict[str, str], object]]


@contextmanager
def http_peer(answer: Answer) -> Iterator[Peer]:
    peer = Peer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(address.path, address.query, headers, body)
            peer.asked.append(asked)
            status, more, said = answer(asked)
            content = said.encode() if isinstance(said, str) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | more).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    peer.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()
