"""Session with one site: one request at a time, each response awaited.

A response that never arrived, or whose request was not allowed, is a Page with status 0: the reason is a fact
about the site. Does not: decide what is fetched, or save anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sized
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from archive.core.crawl_report import CrawlReport
from archive.core.crawl_state import RobotsCopy
from archive.core.records import Page, PageKind, Seen
from crawler.fetch.obstacles import Obstacles
from crawler.fetch.responses import page_from_failure, page_from_response
from crawler.fetch.transport import SITE_API
from crawler.fetch.validators import validators

MAX_HOST_PAUSE = timedelta(days=1)  # a site that requests a longer one is crawled again after a day
WAIT_SECONDS = 0.05  # between two checks of the queue
QUEUED_REQUESTS = 200  # that may wait in the scheduler before no more are made


class Session:
    """Session of one crawl with the site at `home`, and its obstacles.

    `hosts` are further hosts on which the site has its articles; `source` is the source's name in each Page.
    `robots` is Scrapy's parser of robots.txt, None before it was read; `robots_copies` are the copies that an
    earlier crawl has cached, by host. `render_hosts` are further hosts from which the scripts of a rendered
    page may have data. `servers` are the URLs of comment systems that may be asked for threads, `resting` are
    those that are left alone for now, `secrets` the operator's keys by the short names of systems or
    SITE_API. `wait_until` (aware UTC) is the moment before which the site wants no further request. `failure`
    is why the last request had no response, None if it had one.
    """

    def __init__(self, home: str, *, source: str, hosts: tuple[str, ...] = ()) -> None:
        self.home = home
        self.hosts = hosts
        self.source = source
        self.render_hosts: tuple[str, ...] = ()
        self.servers: set[str] = set()
        self.resting: set[str] = set()
        self.secrets: dict[str, str] = {}
        self.obstacles = Obstacles()
        self.robots: Any = None
        self.robots_copies: dict[str, RobotsCopy] = {}
        self.wait_until: datetime | None = None
        self.failure: str | None = None
        self.crawler: Crawler | None = None

    def attach(self, crawler: Crawler) -> None:
        """Send requests through a crawler from now on."""
        self.crawler = crawler
        crawler.signals.connect(self.robots_parsed, signal=signals.robots_parsed)

    def robots_parsed(self, robotparser: Any, request: Request) -> None:
        """Store the parser of the site's robots.txt; the callback of Scrapy's signal."""
        if request.meta.get("kind") is not PageKind.THREAD and "part_of" not in request.meta:
            self.robots = robotparser

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """Return the URLs of the sitemaps in robots.txt."""
        if self.robots is not None:
            return tuple(self.robots.rp.sitemaps)
        return ()

    @property
    def renders(self) -> bool:
        """True if the source's articles are read as a browser shows them."""
        return self.crawler is not None and self.crawler.settings.getbool("BACKISSUE_RENDER")

    async def fetch(
        self,
        kind: PageKind,
        url: str,
        *,
        seen: Seen | None = None,
        renders: bool = False,
        scrolls: bool = False,
        key_parameter: str | None = None,
    ) -> Page:
        """Fetch a URL; with `seen`, only if it changed since that visit.

        `renders` has a listing rendered as well, where the source's articles are; with `scrolls` to the end
        of its list. With `key_parameter`, the operator's key for the site's API is sent in that parameter.
        Raises nothing: an exception is a Page with status 0.
        """
        headers = validators(seen) if seen else {}
        meta = {"kind": kind, "asked": url, "renders": renders, "scrolls": scrolls}
        if key_parameter is not None:
            meta["secret"] = (SITE_API, key_parameter)
        request = Request(url, headers=headers, meta=meta, dont_filter=True)
        try:
            response = await self._engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - a failed request is a fact about the site
            page = page_from_failure(error, request, self.source)
            self.obstacles.note_failure(error, kind)
            self.failure = page.error
            return page
        self.failure = None
        page = page_from_response(response, self.source)
        self.obstacles.note_answer(page)
        return page

    async def fetch_file(self, seen: Seen, *, max_bytes: int) -> Page:
        """Fetch a file of an article, if it changed since the visit that is `seen`.

        Its response has no effect on the state of the site's pages. Raises nothing, as `fetch`.
        """
        meta = {"kind": PageKind.FILE, "asked": seen.url, "download_maxsize": max_bytes}
        request = Request(seen.url, headers=validators(seen), meta=meta, dont_filter=True)
        try:
            response = await self._engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - a failed request is a fact about the file
            return page_from_failure(error, request, self.source)
        return page_from_response(response, self.source)

    async def ask(self, request: Request) -> Page:
        """Send a request to a comment system; what keeps it from us is no obstacle of the site.

        Raises nothing: an exception is a Page with status 0.
        """
        try:
            response = await self._engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - a failed request is a fact about that server
            return page_from_failure(error, request, self.source)
        return page_from_response(response, self.source)

    def note_refusal(self, response: Response) -> None:
        """Count a response that ends the crawl as an obstacle."""
        request = Request(response.url, meta={"kind": PageKind.LISTING, "asked": response.url})
        self.obstacles.note_answer(page_from_response(response.replace(request=request), self.source))

    def postpone(self, seconds: float) -> None:
        """Record that the site requests a wait of `seconds`, at most MAX_HOST_PAUSE."""
        wait = min(MAX_HOST_PAUSE, timedelta(seconds=seconds))
        self.wait_until = datetime.now(UTC) + wait

    @property
    def is_closing(self) -> bool:
        """True if the crawl was requested to end."""
        slot = self._engine._slot
        return slot is None or slot.closing is not None

    async def wait_until_fetched(self) -> None:
        """Wait until every requested page has been fetched, except in a closing crawl."""
        slot = self._engine._slot
        while not self.is_closing and (len(cast("Sized", slot.scheduler)) or slot.inprogress):
            await asyncio.sleep(WAIT_SECONDS)

    async def wait_for_room(self) -> None:
        """Wait while the scheduler's queue is full, which bounds the memory."""
        slot = self._engine._slot
        if slot is not None and len(cast("Sized", slot.scheduler)) >= QUEUED_REQUESTS:
            await self._crawler.signals.wait_for(signals.scheduler_empty)

    @property
    def _crawler(self) -> Crawler:
        if self.crawler is None:
            raise RuntimeError("the session has no crawler")
        return self.crawler

    @property
    def _engine(self) -> Any:
        return self._crawler.engine


def session_of(crawler: Crawler) -> Session:
    """Return the session of a crawler's spider.

    Scrapy's own tools (`scrapy fetch`, `scrapy shell`) have a spider without a source; it gets a session
    whose `home` is "".
    """
    return cast("Session", _equipped(crawler).session)


def report_of(crawler: Crawler) -> CrawlReport:
    """Return the report of a crawler's run, one of its own for Scrapy's tools."""
    return cast("CrawlReport", _equipped(crawler).report)


def _equipped(crawler: Crawler) -> Any:
    spider: Any = crawler.spider
    if not hasattr(spider, "session"):
        spider.session, spider.report = Session("", source=""), CrawlReport()
    return spider
