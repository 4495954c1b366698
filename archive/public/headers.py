"""Middleware of the served archive: base path, trailing slash, response headers.

Our own pages bring a stricter Content-Security-Policy; Datasette's templates need inline styles,
but no inline script: ours replace the four that had one. Nothing may be loaded from another host.
"""

from __future__ import annotations

import asyncio
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


def stock_policy(datasette: Any) -> str:
    """Return the Content-Security-Policy of pages without one of ours: the operator's or the default."""
    given = (datasette.plugin_config("backissue") or {}).get("stock_csp")
    if given:
        return str(given)
    return STOCK


def guarded(app: App, room: Any, base: str, ending: Any, policy: str) -> App:
    """Return the application, with our headers unless it sets the same ones.

    `base` is Datasette's base_url. It is taken off the path here, since Datasette 0.65 writes it twice into
    some links of its own pages when a proxy leaves it on. `ending` tracks every response in progress;
    `policy` is the Content-Security-Policy of pages without one.
    """

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not room.active:
            await app(scope, receive, send)
            return

        inner = without_base(base, scope)

        async def send_guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = [_within_base(base, inner, *header) for header in message.get("headers", [])]
                message = {**message, "headers": _with_ours(headers, policy)}
            await send(message)

        leaving = asyncio.ensure_future(_leaving(scope, receive))
        answering = asyncio.ensure_future(app(inner, receive, send_guarded))
        ending.add(answering)
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():  # nobody waits for the answer: neither a query in the queue nor a download
                answering.cancel()
            await answering
        except asyncio.CancelledError:
            if not (leaving.done() or ending.is_over):
                raise
        finally:
            answering.cancel()
            leaving.cancel()

    return wrapped


async def _leaving(scope: Any, receive: Any) -> None:
    """Wait until the reader has disconnected.

    The body of a POST is received by the application itself.
    """
    message = "" if scope["method"] in ("GET", "HEAD") else await asyncio.Future()
    while message != "http.disconnect":
        message = (await receive())["type"]


def without_base(base: str, scope: Any) -> Any:
    """Return a scope whose path has no base path before it."""
    path = scope["path"]
    raw = scope.get("raw_path") or scope["path"].encode()
    if base != "/" and path == base.rstrip("/"):
        return {**scope, "path": "/", "raw_path": b"/"}
    if base == "/" or not path.startswith(base) or not raw.startswith(base.encode()):
        return scope
    return {**scope, "path": path[len(base) - 1 :], "raw_path": raw[len(base) - 1 :]}


def _within_base(base: str, inner: Any, name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return a header; Datasette's redirect to a path without its last slash gets the base path."""
    address = inner.get("raw_path") or inner["path"].encode()
    slashless = address.partition(b"?")[0].rstrip(b"/")
    if name.lower() == b"location" and slashless and value.partition(b"?")[0] == slashless:
        return name, base.encode() + value.lstrip(b"/")
    return name, value


def _with_ours(headers: list[tuple[bytes, bytes]], policy: str) -> list[tuple[bytes, bytes]]:
    there = {bytes(name).lower() for name, _ in headers}
    ours = [*_ALWAYS, (b"content-security-policy", policy.encode("latin-1", "replace"))]
    return [*headers, *((name, value) for name, value in ours if name not in there)]
