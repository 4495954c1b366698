"""Requests of a page's scripts, sent by us: with our delay, robots.txt, limits, guards and user agent.

The browser itself reaches no server. What it wants is requested through Scrapy as any other page, or not at
all: only the site's own host and those that the user allows, only what may change nothing there, and no
pictures, fonts, sounds, style sheets, or frames of another origin. Cookies are neither kept nor sent.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from archive.core.records import PageKind
from crawler.fetch.failures import RobotsRefusalError, failure_clause
from crawler.fetch.offsite import is_allowed
from crawler.fetch.session import session_of

if TYPE_CHECKING:
    from playwright.async_api import Request as BrowserRequest
    from playwright.async_api import Route

MAX_REQUESTS = 60  # of one page's scripts
MAX_WANTED = 400  # with those that are refused; then the page is given up
MAX_NAVIGATIONS = 3  # of one page, by script
MAX_PAGE_BYTES = 32 * 2**20  # of all that one page's scripts get
MAX_CACHE_BYTES = 32 * 2**20
MAX_LACKS = 5  # clauses that are recorded of one page
_TEMPORARY = {408, 425, 429}
_REFUSALS = {403, 451}
_DATA = {"xhr", "fetch"}
_CACHED = {"script"}
_WANTED = _DATA | _CACHED | {"document", "other"}
_NEVER_SENT = {"cookie", "host", "user-agent", "accept-encoding", "content-length", "connection", "origin"}
_NEVER_GIVEN = {b"set-cookie", b"content-encoding", b"content-length", b"transfer-encoding", b"connection"}
_REFUSED = "blockedbyclient"
_KEPT = "aborted"  # of a page's own navigation: the browser then keeps the page that it shows

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class ScriptCache:
    """Scripts that several pages of one run have in common, by URL."""

    answers: dict[str, Response] = field(default_factory=dict)
    bytes: int = 0

    def keep(self, response: Response, url: str) -> None:
        """Keep a script, unless the site forbids it or there is no room."""
        control = (response.headers.get(b"Cache-Control") or b"").decode("latin-1").lower()
        has_room = self.bytes + len(response.body) <= MAX_CACHE_BYTES
        if response.status == 200 and "no-store" not in control and has_room and url not in self.answers:
            self.answers[url] = response
            self.bytes += len(response.body)


@dataclass(slots=True, kw_only=True)
class PageRequests:
    """What one page in the browser requests.

    `served` is the server's answer that becomes the page; `shown` is that, or the answer to the last page to
    which a script has led. A script that only writes another URL into the address bar changes neither, since
    the server may not know such a URL. `pending` requests have no answer yet; `wanted`
    counts all, `sent` and `bytes` those that were sent. `refused_hosts` are other hosts that were wanted.
    `lacks` are clauses on what the page did not get; `is_short` is True if another visit may get it. With
    `stays`, no script leads to another page any more. With `scrolls`, the page is a list that is followed to
    its end.
    """

    crawler: Crawler
    served: Response
    cache: ScriptCache
    scrolls: bool = False
    pending: int = 0
    wanted: int = 0
    sent: int = 0
    bytes: int = 0
    navigations: int = 0
    shown: Response = field(init=False)
    refused_hosts: set[str] = field(default_factory=set)
    lacks: list[str] = field(default_factory=list)
    is_short: bool = False
    stays: bool = False
    _answering: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.shown = self.served

    async def answer(self, route: Route, wanted: BrowserRequest) -> None:
        """Answer a request of the browser; nothing is raised into it."""
        task = asyncio.current_task()
        if task is not None:
            self._answering.add(task)
        self.pending += 1
        self.wanted += 1
        try:
            response = await self._response(wanted)
            if response is None:
                await route.abort(_KEPT if _is_page(wanted) else _REFUSED)
            else:
                await route.fulfill(
                    status=response.status, headers=_given_headers(response), body=response.body
                )
        except Exception as error:  # noqa: BLE001 - the page may be closed by now, which ends its requests
            logger.debug("A request of a page was left: %s", error)
            with suppress(Exception):
                await route.fallback()  # into the browser's dead network; playwright waits for an answer
        finally:
            self.pending -= 1
            if task is not None:
                self._answering.discard(task)

    async def end(self) -> None:
        """Leave the requests that have no answer yet; what was sent for them is received for nobody."""
        left = list(self._answering)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _response(self, wanted: BrowserRequest) -> Response | None:
        """Return the answer to a request, None where it is refused."""
        if wanted.resource_type == "stylesheet":  # a page may wait for it, and nothing is seen here
            return Response(wanted.url, headers={"Content-Type": "text/css"})
        is_page = _is_page(wanted)
        if is_page and self.navigations == 0:
            self.navigations = 1
            return self.served
        if not self._may_be_sent(wanted, is_page=is_page):
            return None
        if wanted.resource_type in _CACHED and (known := self.cache.answers.get(wanted.url)):
            return known
        response = await self._fetched(wanted)
        if is_page and response is not None:
            self.shown = response
        return response

    def _may_be_sent(self, wanted: BrowserRequest, *, is_page: bool) -> bool:
        session = session_of(self.crawler)
        parts = urlsplit(wanted.url)
        if parts.scheme not in {"http", "https"} or wanted.resource_type not in _WANTED:
            return False
        if is_page and self.stays:
            return False
        if wanted.is_navigation_request() and not is_page and not _is_own_frame(wanted):
            return False
        if not is_allowed(wanted.url, session.home, (*session.hosts, *session.render_hosts)):
            self.refused_hosts.add(parts.netloc.lower())
            if is_page:
                self.lack(f"a script leads to {parts.netloc}, which is another site")
            return False
        if not _changes_nothing(wanted):
            return False
        self.navigations += is_page
        if self.navigations > MAX_NAVIGATIONS:
            self.lack("a script leads to other pages without end", is_short=True)
            return False
        if self.sent >= MAX_REQUESTS or self.bytes >= MAX_PAGE_BYTES:
            limit = f"{MAX_REQUESTS} requests or {MAX_PAGE_BYTES // 2**20} MiB"
            self.lack(f"its scripts wanted more than {limit}", is_short=True)
            return False
        return True

    async def _fetched(self, wanted: BrowserRequest) -> Response | None:
        self.sent += 1
        headers = {name: value for name, value in wanted.headers.items() if _is_sent(name)}
        request = Request(
            wanted.url,
            method=wanted.method,
            headers=headers,
            body=wanted.post_data_buffer or b"",
            meta={
                "kind": PageKind.LISTING,
                "asked": wanted.url,
                "part_of": self.served.url,
                "max_retry_times": 1,
            },
            dont_filter=True,
        )
        try:
            response = await asyncio.shield(self._download(request))
        except Exception as error:  # noqa: BLE001 - whatever kept it away is a fact about the page
            is_for_good = isinstance(error, RobotsRefusalError)
            why = "robots.txt forbids it" if is_for_good else failure_clause(error)
            self.lack(f"{_named(wanted)} was not received: {why}", is_short=not is_for_good)
            return None
        self.bytes += len(response.body)
        if response.status >= 500 or response.status in _TEMPORARY:
            self.lack(f"{_named(wanted)} answered {response.status}", is_short=True)
        elif (
            response.status in _REFUSALS
        ):  # for a while, or always: some pages ask for more than visitors get
            self.lack(f"{_named(wanted)} answered {response.status}")
        if wanted.resource_type in _CACHED:
            self.cache.keep(response, wanted.url)
        return response

    async def _download(self, request: Request) -> Response:
        engine: Any = self.crawler.engine
        response: Response = await engine.download_async(request)
        return response

    @property
    def is_endless(self) -> bool:
        """True if the page's scripts request without end."""
        return self.wanted > MAX_WANTED

    def lack(self, clause: str, *, is_short: bool = False) -> None:
        """Record what the page did not get; `is_short` where another visit may get it."""
        self.is_short |= is_short
        if clause not in self.lacks and len(self.lacks) < MAX_LACKS:
            self.lacks.append(clause)


def _is_page(wanted: BrowserRequest) -> bool:
    """True for the page itself, False for a frame and for what a page requests."""
    return wanted.is_navigation_request() and wanted.frame.parent_frame is None


def _is_own_frame(wanted: BrowserRequest) -> bool:
    """True for a frame of the page's own origin."""
    frame = wanted.frame
    while frame.parent_frame is not None:
        frame = frame.parent_frame
    ours, theirs = urlsplit(frame.url), urlsplit(wanted.url)
    return (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)


def _named(wanted: BrowserRequest) -> str:
    parts = urlsplit(wanted.url)
    return f"{parts.netloc}{parts.path}"[:200]


def _is_sent(name: str) -> bool:
    """True if a header of the browser's request is sent by us as well."""
    return name not in _NEVER_SENT and not name.startswith(("sec-", ":", "proxy-", "if-"))


def _given_headers(response: Response) -> dict[str, str]:
    """Return the headers of a response for the browser.

    It has our answer, whose codings are undone, so that a script on another host's data may read it.
    """
    found: dict[str, str] = {}
    for name, values in response.headers.items():
        if name.lower() not in _NEVER_GIVEN:
            found[name.decode("latin-1").lower()] = b", ".join(values).decode("latin-1")
    found.setdefault("access-control-allow-origin", "*")
    return found


def _changes_nothing(wanted: BrowserRequest) -> bool:
    """True for a GET, and for a query of GraphQL, which is sent by POST."""
    if wanted.method in {"GET", "HEAD"}:
        return True
    if wanted.method != "POST" or wanted.resource_type not in _DATA:
        return False
    try:
        body = json.loads(wanted.post_data_buffer or b"")
    except ValueError:
        return False
    queries = body if isinstance(body, list) else [body]
    return bool(queries) and all(map(_is_query, queries))


def _is_query(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    query = body.get("query")
    return isinstance(query, str) and query.lstrip().startswith(("query", "{"))
