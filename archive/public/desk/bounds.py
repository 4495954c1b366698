"""A bound for what a form of a desk may send, before anything reads it."""

from __future__ import annotations

from typing import Any

from archive.public.headers import App

LARGEST_FORM_BYTES = 4 * 2**20
_PLACES = ("/saved", "/desk", "/shared")
_TOO_LARGE = (413, b"This is more than a desk takes at once (4 MB). Nothing was kept.")
_UNREADABLE = (400, b"This form is no text in UTF-8, so nothing was kept. Reload the page and try again.")


class TooLargeError(Exception):
    """A form has more bytes than it may have."""


def with_bounded_forms(app: App) -> App:
    """Return the application, which takes forms of ours of at most 4 MB of UTF-8."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        is_form = scope["type"] == "http" and scope["method"] == "POST"
        if not is_form or not scope["path"].startswith(_PLACES):
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

        if _announced(scope) > LARGEST_FORM_BYTES:
            await _refuse(send, *_TOO_LARGE)
            return
        try:
            await app(scope, counted, sent)
        except (TooLargeError, UnicodeDecodeError) as error:
            if has_begun:
                raise
            await _refuse(send, *(_TOO_LARGE if isinstance(error, TooLargeError) else _UNREADABLE))

    return wrapped


async def _refuse(send: Any, status: int, sentence: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence})


def _announced(scope: Any) -> int:
    """Return the length that a request announces, 0 for no number."""
    headers = dict(scope.get("headers") or [])
    given = headers.get(b"content-length", b"")
    if given.isdigit() and len(given) < 20:
        return int(given)
    return 0
