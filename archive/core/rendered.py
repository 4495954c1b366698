"""Headers by which a page is known that a browser made: it is not the bytes that the server sent.

Pure. The site's own headers never have these names: who receives a response leaves them out.
"""

from __future__ import annotations

from dataclasses import dataclass

from archive.core.records import Page

PREFIX = "x-backissue-"
HOW = "x-backissue-rendered"
INCOMPLETE = "x-backissue-incomplete"
INCOMPLETE_CODE = "incomplete-page"
"""The problem of a page that lacks what its scripts should have filled in."""
LIST_CUT = "its list may go on"
"""What a rendered list of articles lacks that was left before its end."""
_OF_THE_BYTES = {"content-type", "content-encoding", "content-length", "etag", "last-modified"}
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderNotes:
    """What is recorded of a rendering.

    `browser` is as "Chromium/145.0.1"; `requests` and `bytes` are those of the page's scripts, without the
    page itself; `seconds` is how long it took. `lacks` are clauses on what its scripts did not get, and
    what was cut.
    """

    browser: str
    requests: int
    bytes: int
    seconds: float
    lacks: tuple[str, ...] = ()


def is_our_header(name: str) -> bool:
    """True if a header of that name, in lower case, is no header of the site."""
    return name.startswith(PREFIX)


def headers(sent: Headers, notes: RenderNotes) -> Headers:
    """Return the headers of a rendered page.

    The server's, where those that describe its bytes bear the prefix x-orig-, and ours.
    """
    kept = []
    for name, value in sent:
        if name in _OF_THE_BYTES:
            name = f"x-orig-{name}"
        kept.append((name, value))
    megabytes = notes.bytes / 1e6
    how = f"{notes.browser}; {notes.requests} requests, {megabytes:.2f} MB, {notes.seconds:.1f} s"
    ours = [("content-type", "text/html; charset=utf-8"), (HOW, how)]
    return (*ours, *kept, *((INCOMPLETE, clause) for clause in notes.lacks))


def unrendered_headers(sent: Headers, why: str) -> Headers:
    """Return the headers of a page that is as the server sent it, though it was to be rendered.

    `why` is a clause on what may lack in it.
    """
    return (*sent, (INCOMPLETE, why))


def how_rendered(page: Page) -> str | None:
    """Return how a page was rendered, as "Chromium/145.0.1; 3 requests, …"; None if it was not."""
    return page.header(HOW)


def lacks(page: Page) -> tuple[str, ...]:
    """Return clauses on what a page lacks that was to be rendered; empty where it lacks nothing."""
    return tuple(value for name, value in page.headers if name == INCOMPLETE)
