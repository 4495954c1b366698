"""The headers that every answer carries while an archive is served.

Our own pages bring a stricter Content-Security-Policy; Datasette's templates need inline styles,
but no inline script: ours replace the four that had one. Nothing may be loaded from another host.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

_SHARED = (
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
STRICT = f"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; {_SHARED}"
STOCK = f"default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self'; {_SHARED}"

_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"x-robots-tag", b"noindex"),
    (b"cross-origin-opener-policy", b"same-origin"),
]

App = Callable[[Any, Any, Any], Awaitable[None]]


def guarded(app: App, room: Any) -> App:
    """The application, with our headers where it sets none of the same name."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        async def send_guarded(message: Any) -> None:
            if message["type"] == "http.response.start" and room.active:
                message = {**message, "headers": _with_ours(list(message.get("headers", [])))}
            await send(message)

        await app(scope, receive, send_guarded if scope["type"] == "http" else send)

    return wrapped


def _with_ours(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    there = {bytes(name).lower() for name, _ in headers}
    ours = [*_ALWAYS, (b"content-security-policy", STOCK.encode())]
    return [*headers, *((name, value) for name, value in ours if name not in there)]
