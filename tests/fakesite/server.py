"""HTTP on the loopback: one thread for each connection, keep-alive, and a log of what was asked.

It knows sockets and HTTP/1.1. It does not know what a newspaper is. Its law: it prints nothing, one slow
visitor never keeps another waiting, and closing ends every thread it started soon.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from .faults import Wire
from .wire import Request, Response

Answer = Callable[[Request], Response]


class Server(ThreadingHTTPServer):
    """Answers requests with a function, on the loopback only, by TLS where a context is given."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, port: int, answer: Answer, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self.answer = answer
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Visit)
        if tls:  # the handshake comes with the first reading, in the thread of its connection
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection so that closing can end it."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and end it."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Visitors who hang up are no news."""

    def end(self) -> None:
        """Stop listening and break every open connection."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Visit(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def _respond(self) -> None:
        server = cast("Server", self.server)
        target = self.requestline.split(" ")[1]  # self.path would lose a double slash
        path, _, query = target.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._drain()
        response = server.answer(Request(self.command, path, query, headers))
        if response.deliver:
            self.close_connection = True
            response.deliver(Wire(self.connection, self._head, server.closing), response)
        else:
            body = b"" if self.command == "HEAD" else response.body
            self.wfile.write(self._head(response, len(response.body)) + body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = _respond  # noqa: N815 - the base class's names

    def _drain(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if length.isdigit():
            self.rfile.read(min(int(length), 1_000_000))

    def _head(self, response: Response, length: int | None) -> bytes:
        """Status line and headers; without a length the end of the body is the end of the connection."""
        known = {name.lower() for name, _ in response.headers}
        phrase = self.responses.get(response.status, ("", ""))[0]
        lines = [f"HTTP/1.1 {response.status} {phrase}", f"Date: {self.date_time_string()}"]
        lines += [] if "server" in known else ["Server: nginx"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        if length is None:
            lines.append("Connection: close")
        elif response.status != 304:
            lines.append(f"Content-Length: {length}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Never to the terminal; the site keeps its own log."""
