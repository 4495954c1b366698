"""Manners towards the site: robots.txt as RFC 9309 says, and waiting as long as the server asks.

It knows HTTP and the crawl's pace; it does not know what is fetched or why.
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
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.utils.asyncio import call_later
from scrapy.utils.misc import build_from_crawler, load_object

from archive import times

logger = logging.getLogger(__name__)
LONGEST_WAIT = 300.0  # seconds we stay and wait for a server; when it asks for more, the crawl ends
_NOTHING = b"User-agent: *\nDisallow: /"


class RobotsMiddleware(RobotsTxtMiddleware):
    """Obeys robots.txt as RFC 9309 says: a 4xx means that there is none, a 5xx that nothing is allowed.

    No answer at all counts as a 5xx. A Crawl-delay longer than the configured delay slows the crawl down;
    one longer than LONGEST_WAIT forbids it, since it would never end.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._unread: str | None = None  # why robots.txt could not be read

    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        """Refuse what robots.txt forbids, and everything where it cannot be read. Raises IgnoreRequest."""
        try:
            await super().process_request(request)
        except IgnoreRequest:
            if self._unread:
                raise IgnoreRequest(f"{self._unread}, so nothing is fetched") from None
            raise

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        body = response.body if response.status < 400 and not _is_html(response) else b""
        if response.status >= 500:
            body, self._unread = _NOTHING, f"robots.txt answered {response.status}"
        delay = build_from_crawler(self._parserimpl, self.crawler, body).crawl_delay(self._default_useragent)
        if delay is not None and delay > LONGEST_WAIT:
            body, self._unread = _NOTHING, f"robots.txt asks for {delay:g} s between requests"
        elif delay is not None:
            self._slow_down(delay)
        await super()._parse_robots(response.replace(body=body), netloc, request)

    def _slow_down(self, delay: float) -> None:
        self.crawler.stats.set_value("backissue/crawl_delay", delay)
        downloader = self.crawler.engine.downloader
        downloader._delay = max(downloader._delay, delay)  # for slots that are still to be made
        for slot in downloader.slots.values():
            slot.delay = max(slot.delay, delay)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        super()._robots_error(exc, netloc)
        if not isinstance(exc, IgnoreRequest):
            self._unread = f"{netloc} does not answer ({exc or type(exc).__name__})"
            self._parsers[netloc] = build_from_crawler(self._parserimpl, self.crawler, _NOTHING)


def _is_html(response: Response) -> bool:
    return response.body.lstrip()[:1] == b"<"


class PatienceMiddleware:
    """Tries again after passing faults, longer apart each time, and no sooner than Retry-After says.

    The whole crawl waits: while it does, nothing else is asked of that host. When a server asks for more than
    LONGEST_WAIT, the crawl is stopped, and the stats say how long it asked for.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.crawler = crawler
        self.statuses = {429, *map(int, settings.getlist("RETRY_HTTP_CODES"))}
        self.faults = tuple(load_object(name) for name in settings.getlist("RETRY_EXCEPTIONS"))
        self.base = settings.getfloat("BACKISSUE_RETRY_WAIT", 2.0)
        self._until = 0.0  # on the monotonic clock: nothing is sent before
        self._closing: asyncio.Task[None] | None = None  # closing waits for this very request to end

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make one for a crawler, as Scrapy asks."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Wait and try again where the status says that this may help."""
        if response.status not in self.statuses:
            return response
        asked = retry_after(response, datetime.now(UTC))
        if asked is not None and asked > LONGEST_WAIT:
            self._give_up(asked, request.url)
            return response
        return await self._again(request, f"status {response.status}", asked) or response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Wait and try again after a broken connection."""
        return await self._again(request, exception, None) if isinstance(exception, self.faults) else None

    async def _again(self, request: Request, reason: str | Exception, asked: float | None) -> Request | None:
        again = get_retry_request(request, spider=_spider(self.crawler), reason=reason)
        if again is not None:
            tried: int = again.meta["retry_times"]
            seconds = max(self.base * 2.0 ** (tried - 1), asked or 0.0)
            self._hold(request, seconds)
            await asyncio.sleep(seconds)
        return again

    def _hold(self, request: Request, seconds: float) -> None:
        """Send nothing more to this host for so long, whatever else is waiting."""
        downloader, now = self.crawler.engine.downloader, time.monotonic()
        slot = downloader.slots.get(request.meta.get("download_slot", ""))
        self._until = max(self._until, now + seconds)
        if slot is None:
            return
        if slot.latercall:
            slot.latercall.cancel()
        slot.latercall = call_later(self._until - now, downloader._latercall, slot)

    def _give_up(self, asked: float, url: str) -> None:
        if self._closing is None:
            logger.warning("%s asks to wait %.0f s: the crawl ends here", url, asked)
            self.crawler.stats.set_value("backissue/retry_after", asked)
            self._closing = asyncio.get_running_loop().create_task(self.crawler.stop_async())


def _spider(crawler: Crawler) -> Spider:
    if crawler.spider is None:
        raise RuntimeError("a crawl without a spider")
    return crawler.spider


def retry_after(response: Response, now: datetime) -> float | None:
    """The seconds a server asks us to wait, or None if it does not."""
    return times.retry_after((response.headers.get(b"Retry-After") or b"").decode("latin-1"), now)
