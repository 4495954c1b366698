"""Threads whose page shows no comment any more: a second surface is asked whether they are empty.

A theme that states no number looks alike without its last comment and without its whole list. Does not:
decide removals. Invariant: one request for such a thread, and none after several answers that prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from archive.core import urls
from archive.core.answers import reader_guard
from archive.core.records import Page, PageKind
from archive.tables.observations import ThreadLook
from crawler.crawl import Crawl
from crawler.fetch.offsite import is_allowed
from crawler.fetch.responses import page_from_response
from pipeline.platforms import feed_pages

MAX_UNPROVED = 10
"""Answers that prove nothing, after which no more feeds are requested in one crawl."""


class EmptyThreads:
    """Proofs of empty threads in one crawl."""

    def __init__(self, crawl: Crawl) -> None:
        self.crawl = crawl
        self._unproved = 0

    def conclude(self, look: ThreadLook, page: Page) -> Iterator[Any]:
        """Yield a look at a thread, or the request for its feed where that may prove it to be empty."""
        url = self._feed_of(look, page)
        if url is None:
            yield look
            return
        meta = {"kind": PageKind.COMMENTS_FEED, "asked": url, "look": look}
        yield Request(url, callback=self._arrived, errback=self._failed, meta=meta, dont_filter=True)

    def _feed_of(self, look: ThreadLook, page: Page) -> str | None:
        """Return the URL of the feed to request, if it can tell more than the page."""
        platform = self.crawl.platform
        if look.shown or look.pings_only or urls.is_comment_page(page.final_url):
            return None
        if platform is None or platform.newest_feed is None or self._unproved >= MAX_UNPROVED:
            return None
        counts = self.crawl.facts.thread_counts(look.url)
        url = platform.newest_feed(page)
        if not counts.held or url is None:
            return None
        return url if is_allowed(url, self.crawl.home, self.crawl.session.hosts) else None

    def _arrived(self, response: Response) -> Iterator[Any]:
        look: ThreadLook = response.meta["look"]
        page = page_from_response(response, self.crawl.source)
        is_empty = feed_pages.is_empty_thread(page, look.url)
        if feed_pages.read_comment_links(page) is not None:
            yield page
            yield from reader_guard.taken()
        if not is_empty:
            self._unproved += 1
        yield replace(look, empty=is_empty)

    def _failed(self, failure: Failure) -> Iterator[ThreadLook]:
        """Yield the look as it is: the page alone is known."""
        self._unproved += 1
        yield failure.request.meta["look"]  # type: ignore[attr-defined]
