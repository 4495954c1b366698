"""Pages as a site would have sent them, with what a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime

from archive.core.records import Page, PageKind

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""When pages were fetched that state no other time."""
HTML = (("content-type", "text/html; charset=utf-8"),)


def made_page(
    url: str,
    body: str | bytes = b"",
    *,
    source: str = "gazette",
    kind: PageKind = PageKind.ARTICLE,
    final_url: str | None = None,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (),
    fetched_at: datetime = NOON,
    lastmod: str | None = None,
    error: str | None = None,
) -> Page:
    """Return a page; a text as body is sent as UTF-8, and without redirects `final_url` is `url`."""
    return Page(
        source=source,
        kind=kind,
        url=url,
        final_url=url if final_url is None else final_url,
        status=status,
        headers=headers,
        fetched_at=fetched_at,
        body=body.encode() if isinstance(body, str) else body,
        lastmod=lastmod,
        error=error,
    )
