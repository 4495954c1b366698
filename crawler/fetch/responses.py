"""Conversion of Scrapy's responses and failures to Pages, the only one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from scrapy.http import Request, Response

from archive.core import rendered
from archive.core.lastmod import lastmod_moment
from archive.core.records import Page, PageKind
from crawler.fetch.failures import failure_clause

MAX_CACHE_AGE_SECONDS = 86_400  # seconds
_PRIVATE = {"set-cookie"}  # headers that are about us, not about the page


def page_from_response(response: Response, source: str) -> Page:
    """Return a response as a Page.

    The request's meta has the requested URL (`asked`), the `kind` of page and the listing's `lastmod`. The
    `lastmod` is dropped where the response is older than that change. Where a browser has made the body,
    meta has what the server sent (`served`), and the notes on the rendering (`rendered`). Where a browser was
    tried in vain, meta has the reason (`unrendered`), a clause.
    """
    meta = response.meta
    now = datetime.now(UTC)
    lastmod: str | None = meta.get("lastmod")
    is_outdated = lastmod is not None and _is_older(response, lastmod, now)
    page = Page(
        source=source,
        kind=meta["kind"],
        url=meta["asked"],
        final_url=response.url,
        status=response.status,
        headers=tuple(_headers(response)),
        fetched_at=now,
        body=response.body,
        lastmod=None if is_outdated else lastmod,
    )
    sent: Response | None = meta.get("served")
    if sent is None:
        clause: str | None = meta.get("unrendered")
        return (
            page
            if clause is None
            else replace(page, headers=rendered.unrendered_headers(page.headers, clause))
        )
    served = replace(
        page,
        kind=PageKind.SERVED,
        final_url=sent.url,
        headers=tuple(_headers(sent)),
        body=sent.body,
        lastmod=None,
    )
    return replace(page, headers=rendered.headers(page.headers, meta["rendered"]), served=served)


def page_from_failure(error: BaseException, request: Request, source: str) -> Page:
    """Return a failed or forbidden request as a Page with status 0.

    `error` is the reason as a clause.
    """
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


def _is_older(response: Response, lastmod: str, now: datetime) -> bool:
    """True if a cached response was made before the change in `lastmod`.

    Then the change is still to be seen. A cache that keeps a response for days is not waited for.
    """
    header = response.headers.get(b"Age") or b""
    age = header.decode("latin-1").strip()
    is_valid = age.isdecimal() and len(age) < 10
    seconds = int(age) if is_valid else 0
    changed = lastmod_moment(lastmod)
    if changed is None or not 0 < seconds < MAX_CACHE_AGE_SECONDS:
        return False
    return now - timedelta(seconds=seconds) < changed


def _headers(response: Response) -> list[tuple[str, str]]:
    pairs = []
    for name, values in response.headers.items():
        key = name.decode("latin-1").lower()
        if key not in _PRIVATE and not rendered.is_our_header(key):
            pairs += [(key, value.decode("latin-1")) for value in values]
    return pairs
