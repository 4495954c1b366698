"""From Scrapy's responses and failures to Pages: the one place where an answer is taken down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scrapy.http import Request, Response

from archive.core.lastmod import lastmod_moment
from archive.core.records import Page, PageKind
from crawler.fetch.failures import failure_clause

MAX_CACHE_AGE_SECONDS = 86_400  # seconds
_PRIVATE = {"set-cookie"}  # headers that are about us, not about the page


def page_from_response(response: Response, source: str) -> Page:
    """An answer as a Page. The request's meta tells what was asked, and of which kind it is."""
    meta, now = response.meta, datetime.now(UTC)
    mark = meta.get("lastmod")
    return Page(
        source=source,
        kind=meta["kind"],
        url=meta["asked"],
        final_url=response.url,
        status=response.status,
        headers=tuple(_headers(response)),
        fetched_at=now,
        body=response.body,
        lastmod=None if mark and _is_older(response, mark, now) else mark,
    )


def page_from_failure(error: BaseException, request: Request, source: str) -> Page:
    """An answer that did not come, or that we were not allowed to ask for, as a Page with status 0."""
    return Page(
        source=source,
        kind=request.meta.get("kind", PageKind.ARTICLE),
        url=request.meta.get("asked", request.url),
        final_url=request.url,
        status=0,
        headers=(),
        fetched_at=datetime.now(UTC),
        body=b"",
        lastmod=request.meta.get("lastmod"),
        error=failure_clause(error),
    )


def _is_older(response: Response, mark: str, now: datetime) -> bool:
    """True if an answer comes out of a cache, and was made before the change that its mark tells of.

    Then the change is still to be seen. A cache that keeps its answers for days is not waited for.
    """
    age = (response.headers.get(b"Age") or b"").decode("latin-1").strip()
    seconds = int(age) if age.isdecimal() and len(age) < 10 else 0
    changed = lastmod_moment(mark)
    return (
        changed is not None
        and 0 < seconds < MAX_CACHE_AGE_SECONDS
        and now - timedelta(seconds=seconds) < changed
    )


def _headers(response: Response) -> list[tuple[str, str]]:
    pairs = []
    for name, values in response.headers.items():
        key = name.decode("latin-1").lower()
        if key not in _PRIVATE:
            pairs += [(key, value.decode("latin-1")) for value in values]
    return pairs
