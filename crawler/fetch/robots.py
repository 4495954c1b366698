"""Middleware for robots.txt by RFC 9309, with a cache and Crawl-delay.

Uses HTTP and the crawl's pace. Does not: depend on what is fetched, or why.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.utils.misc import build_from_crawler
from twisted.internet.defer import Deferred

from archive.core.answers import reader_guard
from archive.core.crawl_state import RobotsCopy
from crawler.fetch.failures import RobotsRefusalError, failure_clause
from crawler.fetch.offsite import is_allowed
from crawler.fetch.retry import MAX_RETRY_AFTER_SECONDS
from crawler.fetch.session import session_of
from pipeline.platforms.wordpress.rest_urls import other_spellings

MAX_ROBOTS_AGE = timedelta(hours=24)  # how long a copy may be used, RFC 9309 section 2.4
MAX_ROBOTS_BYTES = 500 * 1024  # bytes of it that must be read, RFC 9309 section 2.5
logger = logging.getLogger(__name__)
_NOTHING = b"User-agent: *\nDisallow: /"
_AGENT = re.compile(r"^\s*user-agent\s*:([^#\n]*)", re.IGNORECASE | re.MULTILINE)
_GROUP = re.compile(
    r"^\s*user-agent\s*:\s*[^*\s][^\n]*\n(?:(?!\s*user-agent)[^\n]+\n?)+", re.IGNORECASE | re.MULTILINE
)
_LETS_IN = re.compile(r"^\s*(?:allow\s*:\s*/\s*|disallow\s*:\s*)$", re.IGNORECASE | re.MULTILINE)


class RobotsMiddleware(RobotsTxtMiddleware):
    """Middleware that obeys robots.txt by RFC 9309.

    A 4xx means that there is no robots.txt, a 5xx or no response that nothing is allowed. A Crawl-delay
    longer than the configured delay slows the crawl; one longer than MAX_RETRY_AFTER_SECONDS forbids it,
    since it would never end. A cached copy is valid for a day, or for the Cache-Control max-age of the
    response if that is shorter; a 5xx is never cached.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._unread: dict[str, str] = {}  # why robots.txt could not be read, by host
        self._whom: dict[str, str] = {}  # to whom a host forbids what it forbids us

    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        """Refuse a forbidden request, and any while robots.txt is unreadable.

        Raises IgnoreRequest.
        """
        try:
            await super().process_request(request)
        except IgnoreRequest as error:
            netloc = urlsplit(request.url).netloc
            if why := self._unread.get(netloc):
                raise IgnoreRequest(f"{why}, so nothing is fetched") from None
            raise RobotsRefusalError(str(error), self._whom.get(netloc, "")) from None

    def process_request_2(self, rp: Any, request: Request) -> None:
        """Refuse a forbidden request, by any URL of the same REST response.

        Raises IgnoreRequest, also where the rules take too long to apply.
        """
        try:
            with reader_guard.bounded(reader_guard.CPU_SECONDS):
                super().process_request_2(rp, request)
                for url in other_spellings(request.url):
                    super().process_request_2(rp, request.replace(url=url))
        except reader_guard.TooLongError as error:
            raise IgnoreRequest(f"robots.txt cannot be applied: {error}, so nothing is fetched") from None

    async def robot_parser(self, request: Request) -> Any:
        """Return the parser of a host's robots.txt, cached while it is valid."""
        netloc = urlsplit(request.url).netloc
        cached = None if netloc in self._parsers else self._kept.get(netloc)
        copy = read_copy(cached, datetime.now(UTC))
        if copy is not None:
            self._parsers[netloc] = Deferred()
            await self._obey(copy, netloc, request)
        return await super().robot_parser(request)

    @property
    def _kept(self) -> dict[str, RobotsCopy]:
        return session_of(self.crawler).robots_copies

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        self._kept.pop(netloc, None)
        if response.status < 500:
            self._kept[netloc] = write_copy(response, datetime.now(UTC))
        await self._obey(response, netloc, request)

    async def _obey(self, response: Response, netloc: str, request: Request) -> None:
        has_rules = response.status < 400 and not _is_html(response)
        body = response.body[:MAX_ROBOTS_BYTES] if has_rules else b""
        self._whom[netloc] = refused_crawlers(body.decode("latin-1"))
        if response.status >= 500:
            body = _NOTHING
            self._unread[netloc] = f"robots.txt answered {response.status}"
            self._note_obstacle(response, netloc)
        try:
            with reader_guard.bounded(reader_guard.CPU_SECONDS):
                parser = build_from_crawler(self._parserimpl, self.crawler, body)
                delay = parser.crawl_delay(self._default_useragent)
        except (Exception, reader_guard.TooLongError) as error:
            logger.warning("robots.txt of %s cannot be read.", netloc, exc_info=error)
            body = _NOTHING
            delay = None
            self._unread[netloc] = "robots.txt cannot be read"
        if delay is not None and delay > MAX_RETRY_AFTER_SECONDS:
            body = _NOTHING
            self._unread[netloc] = f"robots.txt requires {delay:g} s between requests"
        elif delay is not None:
            self._slow_down(delay)
        await super()._parse_robots(response.replace(body=body), netloc, request)

    def _note_obstacle(self, response: Response, netloc: str) -> None:
        """Count an error in place of robots.txt as an obstacle."""
        session = session_of(self.crawler)
        if is_allowed(f"https://{netloc}/", session.home, session.hosts):
            session.note_refusal(response)

    def _slow_down(self, delay: float) -> None:
        downloader = self.crawler.engine.downloader
        downloader._delay = max(downloader._delay, delay)  # for slots that are still to be made
        for slot in downloader.slots.values():
            slot.delay = max(slot.delay, delay)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        super()._robots_error(exc, netloc)
        if not isinstance(exc, IgnoreRequest):
            session = session_of(self.crawler)
            if is_allowed(f"https://{netloc}/", session.home, session.hosts):
                session.obstacles.note_failure(exc)
            self._unread[netloc] = f"{netloc} cannot be reached: {failure_clause(exc)}"
            parser = build_from_crawler(self._parserimpl, self.crawler, _NOTHING)
            self._parsers[netloc] = parser


def refused_crawlers(robots: str) -> str:
    """Return whom a robots.txt forbids what it forbids us.

    As "to all crawlers". It names us, or all crawlers, or all but those that it lets in by name.
    """
    agents = [name.strip().casefold() for name in _AGENT.findall(robots)]
    if any(name.startswith("backissue") for name in agents):
        return "to the user agent “Backissue”, by name"
    welcomed = [group for group in _GROUP.findall(robots) if _LETS_IN.search(group)]
    return "to all crawlers but a few that it names" if welcomed else "to all crawlers"


def write_copy(response: Response, now: datetime) -> RobotsCopy:
    """Return a response as a RobotsCopy, with the end of its validity.

    `until` is aware UTC; equal to `now` where Cache-Control forbids a cache.
    """
    header = (response.headers.get(b"Cache-Control") or b"").decode("latin-1")
    stated = re.search(r"max-age=(\d{1,9})", header)
    lasts = MAX_ROBOTS_AGE
    if stated:
        lasts = min(lasts, timedelta(seconds=int(stated[1])))
    if "no-store" in header or "no-cache" in header:
        lasts = timedelta(0)
    body = response.body[:MAX_ROBOTS_BYTES].decode("latin-1")
    until = now + lasts
    return RobotsCopy(url=response.url, status=response.status, until=until, body=body)


def read_copy(copy: RobotsCopy | None, now: datetime) -> Response | None:
    """Return a cached robots.txt as a response, unless it has expired."""
    if copy is None:
        return None
    left = copy.until - now
    if not timedelta(0) < left <= MAX_ROBOTS_AGE:  # longer only by a clock that was wrong
        return None
    body = copy.body.encode("latin-1")
    return Response(copy.url, status=copy.status, body=body)


def _is_html(response: Response) -> bool:
    return response.body.lstrip()[:1] == b"<"
