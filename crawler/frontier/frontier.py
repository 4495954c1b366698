"""Frontier of one crawl: page requests without duplicates, and thread walks.

The revisit policy decides from facts what is due; `addresses` recognises the URLs of articles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from archive.core import lastmod, rendered, urls
from archive.core.answers import reader_guard
from archive.core.records import POST, Page, PageKind, Seen
from archive.tables.observations import ThreadLook
from crawler.crawl import Crawl
from crawler.fetch.offsite import is_allowed
from crawler.fetch.responses import page_from_failure, page_from_response
from crawler.frontier import addresses, endless, revisit_policy
from crawler.frontier.addresses import Listed
from crawler.frontier.cut_off import leave
from crawler.frontier.empty_threads import EmptyThreads
from crawler.frontier.foreign_threads import ForeignThreads
from crawler.frontier.thread_feeds import ThreadFeeds
from pipeline.platforms.wordpress import thread_urls


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Progress through the pages of one thread.

    `start` is its first URL. `paged` are the comments of its comment pages, `shown` those of the article's
    page as well, as ids in the markup; `pages` is the number of comment pages.
    """

    start: str
    paged: frozenset[bytes] = frozenset()
    shown: frozenset[bytes] = frozenset()
    pages: int = 0


class Frontier:
    """Requests for pages of articles in one run.

    `requested` are the canonical keys of the URLs that were requested in this run. `by_lastmod` maps each URL
    that only a moved date has made due to the time of the visit before (aware UTC).
    """

    def __init__(self, crawl: Crawl) -> None:
        self.crawl = crawl
        self.requested: set[str] = set()
        self.by_lastmod: dict[str, datetime] = {}
        self.threads = ForeignThreads(crawl)
        self.thread_feeds = ThreadFeeds(crawl)
        self.empty_threads = EmptyThreads(crawl)
        self._elsewhere: dict[str, set[str]] = {}  # URLs of articles on hosts that are not allowed, by host

    def is_article(self, entry: Listed) -> bool:
        """True if a listed entry is an article here."""
        if not self.crawl.site.wants_type(entry.type or POST) or not self._is_here(entry.url):
            return False
        home = self.crawl.home
        if not urls.same_host(entry.url, home):
            home = urljoin(entry.url, "/")
        lists = None
        if self.crawl.platform is not None:
            lists = self.crawl.platform.lists
        return addresses.is_article(entry, home, self.crawl.site.article_pattern, lists)

    def foreign_hosts(self) -> list[str]:
        """Return a sentence for each foreign host with most of the articles.

        Such a host may not be crawled until the user allows it.
        """
        half = self.crawl.facts.count_articles() / 2
        return [
            f"{len(found):,} articles are on {host}, which is not crawled; if it is the site's own, allow it"
            f' with hosts = ["{host}"] in [sources.{self.crawl.source}]'
            for host, found in self._elsewhere.items()
            if len(found) > half
        ]

    def requests(self, listed: Iterable[Listed], *, new: bool = True) -> Iterator[Request]:
        """Yield requests for the listed articles that are due.

        An article that the archive does not have yet is included only with `new`.
        """
        now = self.crawl.started_at
        for entry in filter(self.is_article, listed):
            seen = self.crawl.facts.visit(entry.url)
            if not (new or seen) or not revisit_policy.is_due(seen, now, lastmod=entry.lastmod):
                continue
            if seen and not revisit_policy.is_due(seen, now) and not self._may_follow_lastmod(seen):
                continue
            url = entry.url
            if seen:
                url = seen.url
            yield from self.request(url, lastmod=entry.lastmod)

    def request(self, url: str, *, lastmod: str | None = None, walk: Walk | None = None) -> Iterator[Request]:
        """Yield the request for an article's page, once in a run.

        Nothing for a duplicate, a redacted page or another host. `walk` is the progress through the thread
        that has this page.
        """
        key = urls.page_key(url)
        is_hidden = key in self.requested or self.crawl.facts.hides(url)
        if is_hidden or not self._is_here(url):
            return
        self.requested.add(key)
        self.crawl.report.pages_expected += 1
        url = urls.clean_page(url)
        meta = {"kind": PageKind.ARTICLE, "asked": url, "lastmod": lastmod, "walk": walk}
        yield Request(url, callback=self._arrived, errback=self._failed, meta=meta, dont_filter=True)

    def follow(self, page: Page, walk: Walk | None = None) -> Iterator[Any]:
        """Yield a page, and requests for its further parts and thread page.

        The pages of a thread are requested in order, up to the first that shows no comment, or only comments
        of the pages before it, so that nobody can cause a long walk by a link to a far page.
        """
        yield page
        for url in thread_urls.parts(page):
            yield from self.request(url)
        if not self.crawl.wants_comments or page.status != HTTPStatus.OK:
            return
        here = thread_urls.shown_comments(page)
        is_further = urls.is_comment_page(page.url)
        walk = walk or Walk(start=page.url)
        is_repeated = bool(here) and here <= walk.paged
        if not is_further:
            yield from self.threads.requests_for(page)
            yield from self.thread_feeds.request(page)
        if not is_further or (thread_urls.shows_comments(page) and not is_repeated):
            thread = thread_urls.thread_pages(page)
            if thread.own:
                self.requested.add(urls.page_key(thread.own))
            paged = walk.paged | here if is_further else walk.paged
            pages = walk.pages + is_further
            shown = walk.shown | here
            walk = Walk(start=walk.start, paged=paged, shown=shown, pages=pages)
            if cut := self._thread_cut(walk):
                leave(self.crawl, page, cut)
                yield from reader_guard.taken()
                return
            for url in thread.urls:
                if urls.page_key(url) not in self.requested:
                    yield from self.request(url, walk=walk)
                    return
        is_whole = not rendered.lacks(page)
        tells = walk.shown or not self.crawl.is_first
        if is_whole and tells and not self.thread_feeds.tells(walk.start):
            yield from self.empty_threads.conclude(self._thread_look(walk, page), page)

    def _thread_cut(self, walk: Walk) -> str | None:
        """Return why a thread is left before its end, if it is."""
        if walk.pages < endless.THREAD_PAGES:
            return None
        stated = self.crawl.facts.thread_counts(walk.start).stated
        return endless.thread_cut(walk.pages, len(walk.shown), stated)

    def _thread_look(self, walk: Walk, page: Page) -> ThreadLook:
        """Return the comments that a thread has shown up to its end."""
        shown = frozenset(number.decode() for number in walk.shown)
        return ThreadLook(
            source=self.crawl.source,
            url=walk.start,
            shown=shown,
            looked_at=page.fetched_at,
            pings_only=self.crawl.rest.tells_comments,
        )

    def _may_follow_lastmod(self, seen: Seen) -> bool:
        """True if a moved date alone may cause a request.

        Records the request, whose result decides on the trust in the listing's dates.
        """
        is_lost = self.crawl.before.lastmod_trust.is_lost
        if is_lost and len(self.by_lastmod) >= lastmod.PROBES and seen.url not in self.by_lastmod:
            return False
        self.by_lastmod[seen.url] = seen.fetched_at
        return True

    def _is_here(self, url: str) -> bool:
        """True if a URL is on an allowed host.

        Another host is recorded for `foreign_hosts`.
        """
        if is_allowed(url, self.crawl.home, self.crawl.session.hosts):
            return True
        host = urlsplit(url).netloc.lower()
        self._elsewhere.setdefault(host, set()).add(url)
        return False

    def _arrived(self, response: Response) -> Iterator[Any]:
        page = page_from_response(response, self.crawl.source)
        self.crawl.session.obstacles.note_answer(page)
        yield from self.follow(page, response.meta["walk"])

    def _failed(self, failure: Failure) -> Iterator[Page]:
        """Yield the page of a failed or forbidden request."""
        error = failure.value or RuntimeError("unknown failure")
        page = page_from_failure(error, failure.request, self.crawl.source)  # type: ignore[attr-defined]
        self.crawl.session.obstacles.note_failure(error, page.kind)
        yield page
