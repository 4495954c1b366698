"""How a spider asks one question after another, and waits for each answer.

The base of our spiders. An answer that never came, or that we were not allowed to ask for, is a
Page with status 0: what kept it away is a fact about the site.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from math import ceil
from typing import Any, Self

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Request

from archive.core import reader_guard
from archive.core.records import Page, PageKind, Problem, Seen
from crawler.discovery import feeds, rest
from crawler.discovery.endless import ENDLESS, Course
from crawler.discovery.paging import Paging
from crawler.fetch.responses import page_of, page_of_failure
from crawler.fetch.walls import Obstacles

CLOSED = {401, 403, 404}  # how REST says that a listing is not for visitors


class NoListingError(Exception):
    """The answer to a question for a listing is none. `closed`: it is not open to visitors at all."""

    def __init__(self, page: Page, *, closed: bool) -> None:
        super().__init__(
            f"{page.url.partition('per_page')[0].rstrip('?&')} answered {page.error or page.status}"
        )
        self.page = page
        self.closed = closed


class Asking(scrapy.Spider):
    """A spider that keeps to one site, `home`, and notes the sitemaps and the pace robots.txt tells."""

    home: str
    hosts: tuple[str, ...] = ()  # further hosts on which the site has its articles
    source_name = "survey"  # what the pages it fetches are filed under
    kept_away: str | None = None  # why the last question had no answer, if it had none
    robots: Any = None  # Scrapy's robot parser, once robots.txt was read

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.obstacles = Obstacles()
        self.page_sizes: dict[str, int] = {}  # the most entries that an answer of each REST route has had
        self.robots_copies: dict[str, str] = {}  # robots.txt of each host as an earlier crawl has kept it
        self.cut_off: list[str] = []  # listings that were left before their end, in words
        self._handed_on: set[int] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make a spider, as Scrapy asks."""
        spider: Self = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.robots_parsed, signal=signals.robots_parsed)
        for signal in (signals.item_scraped, signals.item_error, signals.item_dropped):
            crawler.signals.connect(spider.item_done, signal=signal)
        return spider

    def wait(self, seconds: float) -> None:
        """The site asks to be left alone for so long. Nothing is remembered by a crawl that keeps nothing."""

    def item_done(self, item: Any) -> None:
        """An item that was handed on has been kept, or could not be."""
        self._handed_on.discard(id(item))

    async def handing_on(self, items: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Hand items on, and remember which of them are still to be kept."""
        async for item in items:
            if not isinstance(item, Request):
                self._handed_on.add(id(item))
            yield item
            for unread in reader_guard.taken():
                yield unread
        for unread in reader_guard.taken():
            yield unread

    async def settled(self) -> None:
        """Wait until all that was handed on is kept, so that the facts tell it; not in a crawl that ends."""
        while self._handed_on and self.crawler.engine._slot and not self.crawler.engine._slot.closing:
            await asyncio.sleep(0.01)

    def robots_parsed(self, robotparser: Any) -> None:
        """Keep what robots.txt says."""
        self.robots = robotparser

    @property
    def named_sitemaps(self) -> tuple[str, ...]:
        """The sitemaps that robots.txt names."""
        return tuple(self.robots.rp.sitemaps) if self.robots is not None else ()

    async def ask(self, kind: PageKind, url: str, *, seen: Seen | None = None) -> Page:
        """Ask and wait; only for what has changed since the visit that was `seen`."""
        headers = feeds.validators(seen) if seen else {}
        request = Request(url, headers=headers, meta={"kind": kind, "asked": url}, dont_filter=True)
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - whatever kept the answer away is a fact about the site
            page = page_of_failure(error, request, self.source_name)
            self.obstacles.note_failure(error)
            self.kept_away = page.error
            return page
        self.kept_away = None
        page = page_of(response, self.source_name)
        self.obstacles.note_answer(page)
        return page

    async def listing(self, kind: PageKind, address: Callable[[int], str]) -> AsyncIterator[Page]:
        """The pages of a REST listing, in order. Raises NoListingError where one is not given."""
        paging, going_on = Paging(address, self.page_sizes), True
        course = Course()
        while going_on:
            page = await self.ask(kind, paging.url)
            if paging.ends_with(page):
                return
            if rest.read_array(page) is None:
                raise NoListingError(page, closed=paging.is_first and page.status in {400, *CLOSED})
            yield page
            going_on = paging.advance(page)
            came, total = len(rest.read_array(page) or ()), rest.total(page)
            course.state(ceil(total / came) if total and came else rest.total(page, "x-wp-totalpages"))
            if going_on and not course.brings(rest.read_ids(page) or ()):
                self.leave(page, course)
                return

    def page_size(self, route: str) -> int:
        """Return how many entries a site gives at most in one answer of a REST route."""
        return self.page_sizes.get(route, rest.PER_PAGE)

    def leave(self, page: Page, course: Course) -> None:
        """Note that a listing was left at a page, before its end."""
        self.leave_because(page, course.cut or "")

    def leave_because(self, page: Page, cut: str) -> None:
        """Note that a listing or a thread was left at a page, before its end, and why."""
        place = page.url.partition("?")[0]
        self.cut_off.append(f"{place} was left: {cut}")
        detail = f"The listing {place} was left before its end: {cut}."
        reader_guard.note(page, Problem(code=ENDLESS, detail=detail, field=reader_guard.LISTING))
