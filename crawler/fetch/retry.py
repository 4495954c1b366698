"""Retry of requests, and the wait that a server requests.

Uses HTTP and the crawl's pace. Does not: depend on what is fetched, or why.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from typing import Self

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Request, Response
from scrapy.utils.asyncio import call_later
from scrapy.utils.misc import load_object

from archive.core import timestamps
from archive.core.records import PageKind
from crawler.fetch.responses import page_from_response
from crawler.fetch.session import report_of, session_of
from crawler.fetch.walls import is_wall

logger = logging.getLogger(__name__)
MAX_RETRY_AFTER_SECONDS = 300.0  # a server that requests a longer wait ends the crawl
REFUSAL_STATUSES = {403, 429, 503}
MAX_RETRIES_OF_A_PAGE = 1  # for a response with a page and Retry-After, as of a maintenance plugin
MAX_THREAD_WAIT_SECONDS = 30.0  # a comment system that requests a longer wait is queried at a later crawl
MAX_REFUSALS = 20  # in a row, after which the crawl ends


class PatienceMiddleware:
    """Middleware that retries a request after a temporary error.

    A challenge or a block is none, whatever its status: it gets no second request. The wait doubles each time
    and is never shorter than Retry-After. The whole crawl waits: meanwhile no other request is sent to that
    host. A server that requests more than MAX_RETRY_AFTER_SECONDS stops the crawl, and no other begins for as
    long as requested. MAX_REFUSALS refusals in a row stop the crawl as well.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.crawler = crawler
        self.statuses = {429, *map(int, settings.getlist("RETRY_HTTP_CODES"))}
        faults = settings.getlist("RETRY_EXCEPTIONS")
        self.faults = tuple(map(load_object, faults))
        self.base = settings.getfloat("BACKISSUE_RETRY_WAIT", 2.0)
        self._refusals = 0
        self._until = 0.0  # on the monotonic clock: nothing is sent before
        self._closing: asyncio.Task[None] | None = None  # closing waits for this very request to end

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return an instance for a crawler; Scrapy calls it."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the response, or the retry after a wait."""
        if request.meta.get("kind") is PageKind.THREAD:
            return await self._of_server(request, response)
        self._refusals = self._refusals + 1 if response.status in REFUSAL_STATUSES else 0
        if self._refusals == MAX_REFUSALS:
            logger.warning("%d requests in a row were refused: the crawl ends here", MAX_REFUSALS)
            report_of(self.crawler).refused_requests = MAX_REFUSALS
            self._give_up()
        asked = retry_after_seconds(response, datetime.now(UTC))
        may_help = asked or response.status in self.statuses
        if self._closing or not may_help:
            return response
        if asked is not None and asked > MAX_RETRY_AFTER_SECONDS:
            logger.warning("%s requests a wait of %.0f s: the crawl ends here", request.url, asked)
            session_of(self.crawler).postpone(asked)
            session_of(self.crawler).note_refusal(response)
            report_of(self.crawler).retry_after_seconds = asked
            self._give_up()
            return response
        if _is_of_wall(response):
            if asked:
                self._hold(request, asked)
            return response
        most = None if response.status in self.statuses else MAX_RETRIES_OF_A_PAGE
        retried = await self._again(request, f"status {response.status}", asked, most)
        return retried or response

    async def _of_server(self, request: Request, response: Response) -> Request | Response:
        """Return the response of a comment system, or the request to retry once after a wait.

        After any refusal, the crawl of the site continues.
        """
        asked = retry_after_seconds(response, datetime.now(UTC))
        is_patient = asked is None or asked <= MAX_THREAD_WAIT_SECONDS
        may_help = response.status in self.statuses and is_patient and not _is_of_wall(response)
        if self._closing or not may_help:
            return response
        retried = await self._again(request, f"status {response.status}", asked, MAX_RETRIES_OF_A_PAGE)
        return retried or response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Return the retry after a broken connection, if any."""
        if isinstance(exception, self.faults):
            is_of_thread = request.meta.get("kind") is PageKind.THREAD
            return await self._again(
                request, exception, None, MAX_RETRIES_OF_A_PAGE if is_of_thread else None
            )
        return None

    async def _again(
        self, request: Request, reason: str | Exception, asked: float | None, most: int | None = None
    ) -> Request | None:
        """Wait, and return the request to retry, unless it was the last retry.

        `asked` is the server's Retry-After in seconds, `most` the maximum number of retries; both have
        defaults.
        """
        spider = _spider(self.crawler)
        again = get_retry_request(request, spider=spider, reason=reason, max_retry_times=most)
        if again is not None:
            tried: int = again.meta["retry_times"]
            pause = self.base * 2.0 ** (tried - 1)
            seconds = max(pause, asked or 0.0)
            self._hold(request, seconds)
            await asyncio.sleep(seconds)
        return again

    def _hold(self, request: Request, seconds: float) -> None:
        """Send no more requests to this host for `seconds`, even queued ones."""
        downloader = self.crawler.engine.downloader
        now = time.monotonic()
        slot = downloader.slots.get(request.meta.get("download_slot", ""))
        self._until = max(self._until, now + seconds)
        if slot is None:
            return
        if slot.latercall:
            slot.latercall.cancel()
        seconds_left = self._until - now
        slot.latercall = call_later(seconds_left, downloader._latercall, slot)

    def _give_up(self) -> None:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self.crawler.stop_async())


def _spider(crawler: Crawler) -> Spider:
    if crawler.spider is None:
        raise RuntimeError("the crawler has no spider")
    return crawler.spider


def _is_of_wall(response: Response) -> bool:
    request = Request(response.url, meta={"kind": PageKind.LISTING, "asked": response.url})
    return is_wall(page_from_response(response.replace(request=request), ""))


def retry_after_seconds(response: Response, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header, if valid.

    `now` is aware UTC; an HTTP date in the header is counted from it.
    """
    header = response.headers.get(b"Retry-After") or b""
    return timestamps.retry_after(header.decode("latin-1"), now)
