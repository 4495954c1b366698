"""Listings of REST, fetched page by page to their end."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from math import ceil

from archive.core.records import POST, Page, PageKind
from crawler.crawl import Crawl
from crawler.discovery import rest
from crawler.discovery.paging import Paging
from crawler.discovery.rest import ContentType
from crawler.discovery.rest_ids import ListedItem
from crawler.frontier.cut_off import leave
from crawler.frontier.endless import Course
from pipeline.platforms.wordpress import rest_urls

_SHOWN_ID = re.compile(rb"\b(?:postid|page-id)-(\d{1,18})\b")
_NO_ITEM = re.compile(rb"""<body[^>]*class=["'][^"']*\b(?:home|blog|archive|search|error404)\b""")
CLOSED = {401, 403, 404}  # REST's statuses of a listing that is not for visitors


class NoListingError(Exception):
    """Listing that was requested and not given.

    `closed` is True where it is not open to visitors at all. `page` is the response.
    """

    def __init__(self, page: Page, *, closed: bool) -> None:
        url = page.url.partition("per_page")[0].rstrip("?&")
        super().__init__(f"{url} answered {page.error or page.status}")
        self.page = page
        self.closed = closed


async def rest_pages(crawl: Crawl, kind: PageKind, url_of: Callable[[int], str]) -> AsyncIterator[Page]:
    """Yield the pages of a REST listing in order.

    Raises NoListingError where one of them is not given.
    """
    paging = Paging(url_of, crawl.page_sizes)
    goes_on = True
    course = Course()
    while goes_on:
        page = await crawl.session.fetch(kind, paging.url)
        if paging.ends_with(page):
            return
        if rest.read_array(page) is None:
            closed = page.status in {400, *CLOSED}
            raise NoListingError(page, closed=paging.is_first and closed)
        yield page
        goes_on = paging.advance(page)
        came = len(rest.read_array(page) or ())
        total = rest.total(page)
        pages = ceil(total / came) if total and came else rest.total(page, "x-wp-totalpages")
        course.state(pages)
        if goes_on and not course.brings(rest.read_ids(page) or ()):
            leave(crawl, page, course.cut)
            return


async def is_type_shown(crawl: Crawl, kind: ContentType, item: ListedItem | None) -> bool:
    """Return True if visitors see the pages of a content type, by the page of one item.

    REST also lists items of types without pages; WordPress answers with a 404 or its home page then.
    """
    if kind.name == POST or kind == rest.PAGE_TYPE or item is None or item.link is None:
        return True
    seen = crawl.facts.visit(item.link)
    if seen is not None and seen.status == HTTPStatus.OK:
        return True
    page = await crawl.session.fetch(PageKind.LISTING, item.link)
    if page.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return False
    shown = _SHOWN_ID.findall(page.body)
    return item.key.encode() in shown if shown else _NO_ITEM.search(page.body) is None


def page_size(crawl: Crawl, route: str) -> int:
    """Return the site's maximum of entries in one response."""
    return crawl.page_sizes.get(route, rest_urls.PER_PAGE)
