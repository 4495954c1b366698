"""Finding articles: by REST where it is open, else by sitemaps, else by the feed, else by listing pages.

A ladder: each rung is used when those above it give nothing. It yields the listings that say more
than an address, for the archive to keep, and requests for the pages that are due.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sized
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

from scrapy import signals
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from archive.facts import Facts
from archive.records import Page, PageKind, Site
from crawler import addresses, feeds, listings, rest, revisit, sitemaps
from crawler.addresses import Listed
from crawler.answers import page_of, page_of_failure
from crawler.asking import Asking, NoListingError
from crawler.guard import same_site

OVERLAP = timedelta(hours=2)  # WordPress compares local times: in the repeated autumn hour a bound is 1 h off
RELIST = timedelta(days=1)  # how long listings of what was modified stand for a listing of everything
WAITING = 200  # requests that may wait in the scheduler before no more are made


def is_within(span: timedelta, moment: datetime, now: datetime) -> bool:
    """Whether a moment lies at most `span` back. One that is still to come was told by a wrong clock."""
    return timedelta(0) <= now - moment < span


class Discovery(Asking):
    """The part of the news spider that finds articles and fetches their pages."""

    site: Site
    facts: Facts
    rest_comments = True  # until a listing of comments is not given: then pages alone tell them

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.started_at = datetime.now(UTC)
        self.rung: str | None = None  # the surface that named the articles: rest, sitemap, feed or listing
        self.rest_root: str | None = None  # the root of the REST API, where it is open
        self.asked: set[str] = set()  # pages of articles that need no further asking in this run
        self.expected = 0  # of them, those that were asked for
        self.refusals: list[str] = []  # listings that were not given, and how
        self.marks: dict[str, str] = {}  # other notes for the next run
        self.cursors: dict[str, datetime] = {}  # what this run has read completely, for the run log to keep

    async def posts(self) -> AsyncIterator[Any]:
        """Climb down the ladder to the first rung that names articles."""
        for way in (self._by_rest, self._by_sitemap, self._by_feed, self._by_listing):
            async for item in way():
                yield item
            if self.rung:
                return
        if self.kept_away:  # even from the front page
            self.refusals.append(self.kept_away)

    async def _by_rest(self) -> AsyncIterator[Any]:
        """Everything once a day, in between only what was modified since the last reading."""
        since, everything = self.facts.cursor("posts"), self.facts.cursor("posts-all")
        recent = (
            since is not None and everything is not None and is_within(RELIST, everything, self.started_at)
        )
        after = since - OVERLAP if since and recent else None
        for root in rest.roots(self.home):
            try:
                async for item in self._listed_by_rest(partial(rest.posts_url, root, modified_after=after)):
                    self.rung, self.rest_root = "rest", root
                    yield item
                if self.rest_root and not recent:
                    async for item in self._beside_rest(root):
                        yield item
            except NoListingError as refusal:
                if not self.rest_root:
                    continue
                self.refusals.append(str(refusal))
                return
            self.cursors |= {"posts": self.started_at} | ({} if recent else {"posts-all": self.started_at})
            return

    async def _listed_by_rest(self, address: Callable[[int], str]) -> AsyncIterator[Any]:
        """A listing's pages, and requests: for all articles of its first page, then for the changed ones.

        Further new articles are found among those never read, once the whole listing is saved.
        """
        first = True
        async for page in self.listing(PageKind.POSTS, address):
            yield page
            for request in self.requests(rest.read_posts(page) or (), new=first):
                yield request
            first = False

    async def _beside_rest(self, root: str) -> AsyncIterator[Any]:
        """What the listing of posts leaves out: the site's own kinds of post, and what only sitemaps name."""
        types = await self.ask(PageKind.LISTING, rest.route_url(root, "types"))
        for kind in rest.read_article_types(types):
            try:
                async for item in self._listed_by_rest(partial(rest.posts_url, root, kind=kind)):
                    yield item
            except NoListingError as refusal:
                if not refusal.closed:
                    raise
        async for listed in self._in_sitemaps():
            for request in self.requests([entry for entry in listed if not self.facts.holds(entry.url)]):
                yield request
                await self.room()

    async def _by_sitemap(self) -> AsyncIterator[Request]:
        async for listed in self._in_sitemaps():
            self.rung = "sitemap"
            for request in self.requests(listed):
                yield request
                await self.room()

    async def _in_sitemaps(self) -> AsyncIterator[tuple[Listed, ...]]:
        """The articles that the site's sitemaps name, one file at a time."""
        waiting = list(self.named_sitemaps or sitemaps.candidates(self.home))
        seen: set[str] = set()
        while waiting and len(seen) < sitemaps.MAX_FILES:
            url = waiting.pop(0)
            if url in seen or not same_site(url, self.home):
                continue
            seen.add(url)
            sitemap = sitemaps.read(await self.ask(PageKind.LISTING, url))
            if sitemap is None:
                continue
            waiting = [*sitemap.sitemaps, *(waiting if self.named_sitemaps or not sitemap.sitemaps else ())]
            if articles := tuple(filter(self.is_article, sitemap.listed)):
                yield articles

    async def _by_feed(self) -> AsyncIterator[Any]:
        """Back through the pages of the feed: to its end the first time, later to what is known.

        A feed's own facts are handed on after the articles it names, since it may name what is no article.
        """
        number, known = 1, set[str]()
        while True:
            page = await self.ask(PageKind.POSTS_FEED, feeds.posts_url(self.home, number))
            listed = [entry for entry in feeds.read_posts(page) or () if entry.url not in known]
            if not listed:
                return
            self.rung = "feed"
            requests = list(self.requests(listed))
            for request in requests:
                for item in self._follow(await self.ask(PageKind.ARTICLE, request.url)):
                    yield item
            yield page
            if not requests and self.facts.cursor("crawl"):
                return
            known.update(entry.url for entry in listed)
            number += 1

    async def _by_listing(self) -> AsyncIterator[Request]:
        """Back through the front page and its older ones: to the end at first, later to what is known.

        Where the front page leads to no older one, its archives by category, tag, author or year do.
        """
        waiting, seen = [self.home + "/"], set[str]()
        while waiting and len(seen) < listings.MAX_PAGES:
            url = waiting.pop(0)
            if url in seen or not same_site(url, self.home):
                continue
            seen.add(url)
            listing = listings.read(await self.ask(PageKind.LISTING, url))
            found = [entry for entry in listing.listed if self.is_article(entry)]
            self.rung = "listing" if found else self.rung
            requests = list(self.requests(found))
            for request in requests:
                yield request
            await self.room()
            if listing.older and (requests or not self.facts.cursor("crawl")):
                waiting.insert(0, listing.older)
            elif len(seen) == 1 and not listing.older:
                waiting += listing.archives

    # -- pages of articles ---------------------------------------------------------------------------

    @property
    def wants_comments(self) -> bool:
        """Whether this source's comments are archived at all."""
        return self.site.comments != "none"

    def is_article(self, entry: Listed) -> bool:
        """Whether what a listing names is an article of this site."""
        return same_site(entry.url, self.home) and addresses.is_article(
            entry.url, self.home, self.site.article_pattern
        )

    def requests(self, listed: Iterable[Listed], *, new: bool = True) -> Iterator[Request]:
        """Requests for those of the listed articles that are due; for such as were never seen if `new`."""
        for entry in filter(self.is_article, listed):
            seen = self.facts.visit(entry.url)
            if (new or seen) and revisit.is_due(seen, self.started_at, lastmod=entry.lastmod):
                yield from self.request(entry.url, lastmod=entry.lastmod)

    def request(
        self, url: str, *, lastmod: str | None = None, shown: frozenset[bytes] = frozenset()
    ) -> Iterator[Request]:
        """The request for a page of an article, unless this run has asked for it already.

        `shown` are the comments on the page of the thread before it.
        """
        if url in self.asked or not same_site(url, self.home):
            return
        self.asked.add(url)
        self.expected += 1
        meta = {"kind": PageKind.ARTICLE, "asked": url, "lastmod": lastmod, "shown": shown}
        yield Request(url, callback=self.article, errback=self.no_answer, meta=meta, dont_filter=True)

    def article(self, response: Response) -> Iterator[Any]:
        """An article's page arrived."""
        yield from self._follow(page_of(response, self.source_name), response.meta["shown"])

    def _follow(self, page: Page, before: frozenset[bytes] = frozenset()) -> Iterator[Any]:
        """Hand a page of an article on, and ask for its further parts and the next page of its thread.

        The pages of a thread are asked for in order, up to the first that shows no comment, or those of
        the page before it, so that nobody can send us on a long walk by naming a far one.
        """
        yield page
        for url in addresses.parts(page):
            yield from self.request(url)
        if not self.wants_comments:
            return
        shown: frozenset[bytes] = frozenset()
        if addresses.is_comment_page(page.url):
            if not addresses.shows_comments(page):
                return
            shown = addresses.shown_comments(page)
            if shown and shown == before:
                return  # without paging, every page of a thread shows all of it
        thread = addresses.thread_pages(page)
        if thread.own:
            self.asked.add(thread.own)
        for url in thread.urls:
            if url not in self.asked:
                yield from self.request(url, shown=shown)
                return

    def no_answer(self, failure: Failure) -> Iterator[Page]:
        """No answer came, or we were not allowed to ask: that is a fact about the page as well."""
        error = failure.value or RuntimeError("unknown failure")
        yield page_of_failure(error, failure.request, self.source_name)  # type: ignore[attr-defined]

    async def room(self) -> None:
        """Wait while the scheduler holds enough, so that a large site does not fill the memory."""
        slot = self.crawler.engine._slot
        if slot is not None and len(cast("Sized", slot.scheduler)) >= WAITING:
            await self.crawler.signals.wait_for(signals.scheduler_empty)
