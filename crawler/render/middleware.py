"""Middleware that has articles rendered where the source says so.

The server is asked first, as everywhere, with retries and redirects; what it sends is what the browser
opens. A wall is never opened there: no script of a challenge is run. Does not: request anything itself.
"""

from __future__ import annotations

import logging
import re
from typing import Any, Self, cast

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Request, Response

from archive.core.records import PageKind
from archive.queries.fetch_history import FetchHistory
from crawler.fetch import walls
from crawler.fetch.responses import page_from_response
from crawler.render.browser import Chromium
from crawler.render.page_requests import PageRequests, ScriptCache
from crawler.render.rendering import NoBrowserError, RenderedPage, RenderFailedError, page_in_browser
from crawler.render.script_filled import is_emptied

_HTML = re.compile(rb"\s*(?:<[!?][^>]*>\s*)*<(?:html|head|body|title|meta|script|div)\b", re.IGNORECASE)
_EMPTIED = "its scripts took away most of its words, so it was read as the server sent it"
_TYPES = {"text/html", "application/xhtml+xml"}

logger = logging.getLogger(__name__)


class RenderMiddleware:
    """Middleware that replaces a page by what its scripts make of it."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.browser = Chromium(crawler.settings["USER_AGENT"])
        self.cache = ScriptCache()
        self._lacks: str | None = None  # why no page of this run can be rendered
        crawler.signals.connect(self.browser.close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return an instance for a crawler of a rendered source; called by Scrapy."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Pass a request on. Raises NoBrowserError where its page could not be rendered."""
        if self._lacks is not None and _wants_rendering(request):
            raise NoBrowserError(self._lacks)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Return an article as its scripts leave it, any other response as it is.

        An article of which its scripts leave less than the half is returned as the server sent it.
        Raises RenderFailedError for an article that a browser cannot finish, or that lacks what its scripts
        wanted while the archive has it already: what is missing in such a page was not removed.
        """
        if not self._is_rendered(request, response):
            return response
        rendered = await self._page(response, scrolls=bool(request.meta.get("scrolls")))
        stats = self.crawler.stats
        if stats is not None:
            stats.inc_value("backissue/rendered_pages")
        if rendered.is_short and self._is_held(request):
            why = "; ".join(rendered.notes.lacks)
            raise RenderFailedError(f"a script of the page did not get all that it wanted: {why}")
        body = rendered.html.encode("utf-8", "replace")
        if rendered.shown is response and is_emptied(response.body, body):
            request.meta["unrendered"] = _EMPTIED
            return response
        request.meta["served"], request.meta["rendered"] = response, rendered.notes
        return HtmlResponse(
            rendered.shown.url,
            status=rendered.shown.status,
            headers=response.headers,
            body=body,
            encoding="utf-8",
            request=request,
        )

    async def _page(self, response: Response, *, scrolls: bool) -> RenderedPage:
        requests = PageRequests(crawler=self.crawler, served=response, cache=self.cache, scrolls=scrolls)
        try:
            rendered = await page_in_browser(self.browser, requests)
        except NoBrowserError as error:
            if self._lacks is None:
                logger.warning("No article can be read: %s.", error)
            self._lacks = str(error)
            raise
        if requests.refused_hosts:
            logger.debug("%s: not requested: %s", response.url, ", ".join(rendered.refused_hosts))
        return rendered

    def _is_rendered(self, request: Request, response: Response) -> bool:
        """True for the page of an article in HTML, and for a listing that is to be rendered; never for a
        wall."""
        if not _wants_rendering(request) or response.status != 200 or not _is_html(response):
            return False
        page = page_from_response(response.replace(request=request), "")
        return walls.obstacle_of(page) is None

    def _is_held(self, request: Request) -> bool:
        """True if the archive has the article of a request."""
        spider = cast("Any", self.crawler.spider)
        if getattr(spider, "crawl", None) is None:
            return False
        with FetchHistory(
            spider.archive, spider.site.name
        ) as facts:  # that of the crawl may be closed by now
            return facts.holds(request.meta["asked"])


def _wants_rendering(request: Request) -> bool:
    return request.meta.get("kind") is PageKind.ARTICLE or request.meta.get("renders", False)


def _is_html(response: Response) -> bool:
    named = (response.headers.get(b"Content-Type") or b"").decode("latin-1").partition(";")[0].strip().lower()
    return named in _TYPES or (not named and _HTML.match(response.body[:2000]) is not None)
