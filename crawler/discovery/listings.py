"""Listings of REST, read to their end page by page; and listings of any kind that are left before it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from math import ceil

from archive.core import reader_guard
from archive.core.records import Page, PageKind, Problem
from crawler.crawl import Crawl
from crawler.discovery import rest
from crawler.discovery.endless import ENDLESS, Course
from crawler.discovery.paging import Paging

CLOSED = {401, 403, 404}  # how REST says that a listing is not for visitors


class NoListingError(Exception):
    """A listing that was requested and not given. `closed`: it is not open to visitors at all."""

    def __init__(self, page: Page, *, closed: bool) -> None:
        super().__init__(
            f"{page.url.partition('per_page')[0].rstrip('?&')} answered {page.error or page.status}"
        )
        self.page = page
        self.closed = closed


async def rest_pages(crawl: Crawl, kind: PageKind, url_of: Callable[[int], str]) -> AsyncIterator[Page]:
    """Yield the pages of a REST listing in order. Raises NoListingError where one is not given."""
    paging, goes_on = Paging(url_of, crawl.page_sizes), True
    course = Course()
    while goes_on:
        page = await crawl.session.fetch(kind, paging.url)
        if paging.ends_with(page):
            return
        if rest.read_array(page) is None:
            raise NoListingError(page, closed=paging.is_first and page.status in {400, *CLOSED})
        yield page
        goes_on = paging.advance(page)
        came, total = len(rest.read_array(page) or ()), rest.total(page)
        course.state(ceil(total / came) if total and came else rest.total(page, "x-wp-totalpages"))
        if goes_on and not course.brings(rest.read_ids(page) or ()):
            leave(crawl, page, course)
            return


def page_size(crawl: Crawl, route: str) -> int:
    """Return how many entries a site gives at most in one answer of a REST route."""
    return crawl.page_sizes.get(route, rest.PER_PAGE)


def leave(crawl: Crawl, page: Page, course: Course) -> None:
    """Note that a listing was left at a page, before its end."""
    url = page.url.partition("?")[0]
    crawl.report.cut_off.append(f"{url} was left: {course.cut}")
    detail = f"The listing {url} was left before its end: {course.cut}."
    reader_guard.note(page, Problem(code=ENDLESS, detail=detail, field=reader_guard.LISTING))
