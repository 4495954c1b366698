"""A page as its site sent it, out of what a web archive made of it: without banner, with its own links.

Pure. What is kept raw stays as it was received; this is what is read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from archive.core.records import Page

_MOMENT = r"(\d{14}|(?<=/web/)\d{4,13})(?:[a-z]{2}_)?"
_WRAPPED = re.compile(rf"^https?://[^/]+/(?:[^/?#]+/){{0,2}}{_MOMENT}/(https?:/{{1,2}}.+)$", re.IGNORECASE)
_LINK = re.compile(
    rb"(?:(?:https?:)?(?://|\\/\\/)[^/\\\"'\s<>()]{1,200})?(?:(?:/[\w.-]{1,60}){0,2}/\d{14}|/web/\d{4,13})(?:[a-z]{2}_)?/(?=https?:/)",
    re.IGNORECASE,
)
_INSERTS = (
    (b"<!-- begin wayback toolbar insert -->", b"<!-- end wayback toolbar insert -->"),
    (b"<!-- wb insert -->", b"<!-- end wb insert -->"),
    (b"<!-- file archived on", b"-->"),
    (b"<!-- playback timings", b"-->"),
)
"""What a web archive puts in, by its beginning and end, in lower case."""
_SCRIPTS = b"<!-- end wayback rewrite js include -->"
_MARK = b"<!-- "


def unwrap(page: Page) -> Page:
    """Return a page with the URL, time and body that a web archive has wrapped, as they were."""
    match = _WRAPPED.match(page.url)
    if match:
        url = re.sub(r"^(https?:)/(?!/)", r"\1//", match[2])
        page = replace(page, url=url, final_url=url, fetched_at=_moment(match[1]) or page.fetched_at)
    return replace(page, body=_body(page.body))


def _body(body: bytes) -> bytes:
    if _MARK in body.lower():
        for begin, end in _INSERTS:
            body = _without(body, begin, end)
        body = _without(body, b"<head>", _SCRIPTS) if _SCRIPTS in body.lower() else body
    return _LINK.sub(b"", body)


def _without(body: bytes, begin: bytes, end: bytes) -> bytes:
    """Return a body without the part from the first of one text up to another one."""
    lower = body.lower()
    start = lower.find(begin)
    stop = lower.find(end, start + len(begin)) if start >= 0 else -1
    return body if stop < 0 else body[:start] + body[stop + len(end) :]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
