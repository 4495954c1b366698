"""A bound for what a form of a desk may send, before anything reads it."""

from __future__ import annotations

from typing import Any

from archive.public.headers import App

LARGEST_FORM_BYTES = 4 * 2**20
_PLACES = ("/saved", "/desk", "/shared")
_ANSWER = b"This is more than a desk takes at once (4 MB). Nothing was kept."


class TooLargeError(Exception):
    """A form has more bytes than it may have."""


def with_bounded_forms(app: App) -> App:
    """Return the application, which never reads more than 4 MB of a form of ours."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith(_PLACES):
            await app(scope, receive, send)
            return
        left, has_begun = LARGEST_FORM_BYTES, False

        async def counted() -> Any:
            nonlocal left
            message = await receive()
            left -= len(message.get("body") or b"")
            if left < 0:
                raise TooLargeError
            return message

        async def sent(message: Any) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            if is_small := _announced(scope) <= LARGEST_FORM_BYTES:
                await app(scope, counted, sent)
        except TooLargeError:
            if has_begun:
                raise
            is_small = False
        if not is_small:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            await send({"type": "http.response.body", "body": _ANSWER})

    return wrapped


def _announced(scope: Any) -> int:
    """Return the length that a request announces, 0 for no number."""
    given = dict(scope.get("headers") or []).get(b"content-length", b"")
    return int(given) if given.isdigit() and len(given) < 20 else 0
