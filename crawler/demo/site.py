"""Server of the demo newspaper on the loopback."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from crawler.demo.paper import Paper
from crawler.demo.response import Response
from crawler.demo.routes import respond


def _utc_now() -> datetime:
    return datetime.now(UTC)


class DemoSite:
    """Newspaper on a port of 127.0.0.1, as a context manager.

    `start` (aware) is when its life began; port 0 uses a free one. Entering raises OSError where the port is
    used. `now` returns the current time (aware).
    """

    def __init__(
        self, port: int = 0, start: datetime | None = None, now: Callable[[], datetime] = _utc_now
    ) -> None:
        self.now = now
        self.paper = Paper(start or now())
        self._port = port
        self._lock = threading.Lock()
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", self._port), _handler(self.answer))
        self.paper.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    @property
    def url(self) -> str:
        """Return the origin of the newspaper, without a slash at the end."""
        return self.paper.base

    def answer(self, target: str, headers: dict[str, str]) -> Response:
        """Return the response to a GET of a path with its query.

        `headers` have names in lower case.
        """
        parts = urlsplit(target)
        with self._lock:
            self.paper.catch_up(self.now())
            response = respond(self.paper, unquote(parts.path), dict(parse_qsl(parts.query)))
        return response.unless_known(headers)


class _Server(ThreadingHTTPServer):
    """Server that waits for no visitor when it closes."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print an error of ours, none of a broken connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(answer: Callable[[str, dict[str, str]], Response]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One connection of a visitor."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 60

        def do_GET(self) -> None:
            """Send the response to GET or HEAD."""
            response = answer(self.path, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            if response.status != 304:
                self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(response.body)

        do_HEAD = do_GET  # noqa: N815 - the base class's name

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Print nothing: the terminal belongs to the archive."""

    return Handler
