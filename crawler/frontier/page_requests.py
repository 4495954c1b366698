"""Fetching the pages of articles: which are due, what further pages they lead to, and where that ends.

It makes requests and hands on what comes back; what made an article due is decided by its callers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

from scrapy import signals
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from archive.changes import lastmod_trust
from archive.core import reader_guard, urls
from archive.core.records import Page, PageKind, Seen, Site
from archive.queries.fetch_history import Facts
from archive.tables.observations import ThreadLook
from crawler.discovery import endless
from crawler.fetch.offsite import is_allowed
from crawler.fetch.responses import page_of, page_of_failure
from crawler.fetch.session import Asking
from crawler.frontier import addresses, revisit_policy
from crawler.frontier.addresses import Listed

WAITING = 200  # requests that may wait in the scheduler before no more are made


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The way through the pages of one thread: where it began, and which comments it has met.

    `paged` are those of its comment pages, `shown` also those of the article's page, as ids in the markup;
    `pages` counts the comment pages.
    """

    start: str
    paged: frozenset[bytes] = frozenset()
    shown: frozenset[bytes] = frozenset()
    pages: int = 0


class Following(Asking):
    """The part of the news spider that fetches pages of articles."""

    site: Site
    facts: Facts
    first_crawl = True  # until it is known that the archive holds a whole crawl
    rest_root: str | None = None  # the root of the REST API, where it is open
    rest_comments = True  # until REST refuses to list comments: then pages alone tell them

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.started_at = datetime.now(UTC)
        self.asked: set[str] = set()  # keys of pages of articles that need no further asking in this run
        self.by_mark: dict[str, datetime] = {}  # asked for because of a moved date, with the visit before
        self.expected = 0  # of them, those that were asked for
        self.elsewhere: dict[str, set[str]] = {}  # addresses of articles on hosts that are not asked, by host

    @property
    def wants_comments(self) -> bool:
        """True if this source's comments are archived at all."""
        return self.site.comments != "none"

    @property
    def rest_tells_comments(self) -> bool:
        """True if REST lists the comments."""
        return self.rest_root is not None and self.rest_comments

    def is_article(self, entry: Listed) -> bool:
        """True if what a listing names is an article of this site."""
        if not self.is_here(entry.url):
            return False
        home = self.home if urls.same_host(entry.url, self.home) else urljoin(entry.url, "/")
        return addresses.is_article(entry, home, self.site.article_pattern)

    def is_here(self, url: str) -> bool:
        """True if an address is on a host that may be asked; another host is remembered."""
        if is_allowed(url, self.home, self.hosts):
            return True
        self.elsewhere.setdefault(urlsplit(url).netloc.lower(), set()).add(url)
        return False

    def elsewhere_told(self) -> list[str]:
        """Return a sentence for each host that has most of the site's articles and is not asked."""
        half = self.facts.count_articles() / 2
        return [
            f"{len(found):,} articles are at {host}, which is not asked; if it is the site's own, allow it"
            f' with hosts = ["{host}"] in [sources.{self.source_name}]'
            for host, found in self.elsewhere.items()
            if len(found) > half
        ]

    def requests(self, listed: Iterable[Listed], *, new: bool = True) -> Iterator[Request]:
        """Requests for those of the listed articles that are due; for such as were never seen if `new`."""
        for entry in filter(self.is_article, listed):
            seen = self.facts.visit(entry.url)
            if not (new or seen) or not revisit_policy.is_due(seen, self.started_at, lastmod=entry.lastmod):
                continue
            if seen and not revisit_policy.is_due(seen, self.started_at) and not self._may_follow_mark(seen):
                continue
            yield from self.request(seen.url if seen else entry.url, lastmod=entry.lastmod)

    def _may_follow_mark(self, seen: Seen) -> bool:
        """True if a page may be asked for only because the listing's date has moved; notes that it was."""
        trust = lastmod_trust.read(self.facts.mark(lastmod_trust.NOTE))
        if trust.is_lost and len(self.by_mark) >= lastmod_trust.PROBES and seen.url not in self.by_mark:
            return False
        self.by_mark[seen.url] = seen.fetched_at
        return True

    def request(self, url: str, *, lastmod: str | None = None, walk: Walk | None = None) -> Iterator[Request]:
        """Yield the request for a page of an article, unless this run has asked for it already.

        `walk` is the way through the pages of a thread that has led here.
        """
        key = urls.page_key(url)
        if key in self.asked or self.facts.hides(url) or not self.is_here(url):
            return
        self.asked.add(key)
        self.expected += 1
        url = urls.clean_page(url)
        meta = {"kind": PageKind.ARTICLE, "asked": url, "lastmod": lastmod, "walk": walk}
        yield Request(url, callback=self.article, errback=self.no_answer, meta=meta, dont_filter=True)

    def article(self, response: Response) -> Iterator[Any]:
        """An article's page arrived."""
        page = page_of(response, self.source_name)
        self.obstacles.note_answer(page)
        yield from self.follow(page, response.meta["walk"])

    def follow(self, page: Page, walk: Walk | None = None) -> Iterator[Any]:
        """Hand a page of an article on, and ask for its further parts and the next page of its thread.

        The pages of a thread are asked for in order, up to the first that shows no comment, or those of
        pages before it alone, so that nobody can send us on a long walk by naming a far one.
        """
        yield page
        for url in addresses.parts(page):
            yield from self.request(url)
        if not self.wants_comments or page.status != HTTPStatus.OK:
            return
        here = addresses.shown_comments(page)
        walk = walk or Walk(start=page.url)
        if not addresses.is_comment_page(page.url) or (
            addresses.shows_comments(page) and not (here and here <= walk.paged)
        ):
            thread = addresses.thread_pages(page)
            if thread.own:
                self.asked.add(urls.page_key(thread.own))
            paged = walk.paged | here if addresses.is_comment_page(page.url) else walk.paged
            pages = walk.pages + addresses.is_comment_page(page.url)
            walk = Walk(start=walk.start, paged=paged, shown=walk.shown | here, pages=pages)
            stated = self.facts.stated_comments(walk.start) if pages >= endless.THREAD_PAGES else None
            if cut := endless.thread_cut(pages, len(walk.shown), stated):
                self.leave_because(page, cut)
                yield from reader_guard.taken()
                return
            for url in thread.urls:
                if urls.page_key(url) not in self.asked:
                    yield from self.request(url, walk=walk)
                    return
        yield from self._look_at(walk, page)

    def _look_at(self, walk: Walk, page: Page) -> Iterator[ThreadLook]:
        """A thread was walked to its end: what it has shown."""
        if not self.first_crawl:
            yield ThreadLook(
                source=self.source_name,
                url=walk.start,
                shown=frozenset(number.decode() for number in walk.shown),
                looked_at=page.fetched_at,
                pings_only=self.rest_tells_comments,
            )

    def no_answer(self, failure: Failure) -> Iterator[Page]:
        """No answer came, or we were not allowed to ask: that is a fact about the page as well."""
        error = failure.value or RuntimeError("unknown failure")
        self.obstacles.note_failure(error)
        yield page_of_failure(error, failure.request, self.source_name)  # type: ignore[attr-defined]

    async def room(self) -> None:
        """Wait while the scheduler holds enough, so that a large site does not fill the memory."""
        slot = self.crawler.engine._slot
        if slot is not None and len(cast("Sized", slot.scheduler)) >= WAITING:
            await self.crawler.signals.wait_for(signals.scheduler_empty)
