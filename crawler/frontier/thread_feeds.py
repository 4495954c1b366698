"""Feeds of one article's thread, where the system that runs the site has them.

The feed gives each comment with its number, instant and parent, also where the page is filled in by a script.
It is read to its end before any comment counts as missing. Does not: contain any system
(`pipeline/platforms`), or decide removals. Invariant: a page that brings nothing new ends a feed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from archive.core.answers import reader_guard
from archive.core.records import Page, PageKind
from archive.tables.observations import ThreadLook
from crawler.crawl import Crawl
from crawler.fetch.offsite import is_allowed
from crawler.fetch.responses import page_from_failure, page_from_response
from pipeline.platforms import feed_pages


class ThreadFeeds:
    """Feeds of threads in one crawl."""

    def __init__(self, crawl: Crawl) -> None:
        self.crawl = crawl
        self._articles: set[str] = set()

    def request(self, page: Page) -> Iterator[Request]:
        """Yield the request for the feed of the thread below an article's page, nothing without one."""
        platform = self.crawl.platform
        url = platform.thread_feed(page) if platform and platform.thread_feed else None
        if url is None or page.url in self._articles:
            return
        if is_allowed(url, self.crawl.home, self.crawl.session.hosts):
            self._articles.add(page.url)
            yield self._ask(url, {"article": page.url, "first": url, "number": 1, "shown": frozenset()})

    def tells(self, article: str) -> bool:
        """True if the feed of an article's thread was requested, which shows what the thread lacks."""
        return article in self._articles

    def _ask(self, url: str, walk: dict[str, Any]) -> Request:
        meta = {"kind": PageKind.COMMENTS_FEED, "asked": url, "walk": walk}
        return Request(url, callback=self._arrived, errback=self._failed, meta=meta, dont_filter=True)

    def _arrived(self, response: Response) -> Iterator[Any]:
        page = page_from_response(response, self.crawl.source)
        yield page
        yield from reader_guard.taken()
        walk = response.meta["walk"]
        links = feed_pages.read_comment_links(page)
        if links is None:
            return
        named = frozenset(number for number, _ in links)
        shown = walk["shown"] | named
        number = walk["number"] + 1
        following = feed_pages.following_url(page, walk["first"], number, len(shown), self.crawl.platform)
        if following and named - walk["shown"] and (feed_pages.stated_total(page) or 0) > len(shown):
            yield self._ask(following, {**walk, "number": number, "shown": shown})
        elif not self.crawl.is_first:
            yield ThreadLook(
                source=self.crawl.source, url=walk["article"], shown=shown, looked_at=page.fetched_at
            )

    def _failed(self, failure: Failure) -> Iterator[Page]:
        """Yield the page of a failed or forbidden request."""
        error = failure.value or RuntimeError("unknown failure")
        yield page_from_failure(error, failure.request, self.crawl.source)  # type: ignore[attr-defined]
