"""A web server of a few lines, for what asks one."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest


@pytest.fixture
def small_server() -> Iterator[SimpleNamespace]:
    """Answers 200 at `/healthz/` and 404 elsewhere; `asked` holds path and Host of each request."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Host"]))
            self.send_response(200 if self.path == "/healthz/" else 404)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield SimpleNamespace(port=server.server_port, asked=asked)
    server.shutdown()
    server.server_close()
