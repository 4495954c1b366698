"""From Scrapy's responses and failures to Pages: the one place where an answer is taken down."""

from __future__ import annotations

from datetime import UTC, datetime

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response

from archive.records import Page, PageKind

_PRIVATE = {"set-cookie"}  # headers that are about us, not about the page


def page_of(response: Response, source: str) -> Page:
    """An answer as a Page. The request's meta tells what was asked, and of which kind it is."""
    meta = response.meta
    return Page(
        source=source,
        kind=meta["kind"],
        url=meta["asked"],
        final_url=response.url,
        status=response.status,
        headers=tuple(_headers(response)),
        fetched_at=datetime.now(UTC),
        body=response.body,
        lastmod=meta.get("lastmod"),
    )


def page_of_failure(error: BaseException, request: Request, source: str) -> Page:
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
        error=_words(error),
    )


def _headers(response: Response) -> list[tuple[str, str]]:
    pairs = []
    for name, values in response.headers.items():
        key = name.decode("latin-1").lower()
        if key not in _PRIVATE:
            pairs += [(key, value.decode("latin-1")) for value in values]
    return pairs


def _words(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text if isinstance(error, IgnoreRequest) else f"{type(error).__name__}: {text}"[:500]
