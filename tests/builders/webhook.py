"""A webhook on the loopback, as services of notifications have one: it keeps what it was sent."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.builders.patience import PATIENCE


class Webhook:
    """Listens while it is entered. `status` is what it answers, to titles with `word` in them; refused
    messages are not kept.
    """

    def __init__(self) -> None:
        self.status = 200
        self.word = ""
        self.messages: list[dict[str, Any]] = []
        self.refused = 0
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status = hook.status if hook.word in message["title"] else 200
                if status == 200:
                    hook.messages.append(message)
                else:
                    hook.refused += 1
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        patient = f"cto={PATIENCE:g}&rto={PATIENCE:g}"
        return f"json://reader:sesame@127.0.0.1:{self._server.server_port}/hook?{patient}"

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.messages]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
