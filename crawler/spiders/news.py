"""The one spider: finds what is new on a WordPress news site and fetches it, page by page.

It decides what to ask and in which order. What an answer says is read elsewhere (`crawler.wordpress`
for addresses, the pipeline for content), and what the archive holds comes in as facts. Listings are
asked one after another; the pages of articles go through Scrapy's scheduler in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sized
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from archive.facts import Facts
from archive.records import Page, PageKind, Seen
from crawler import addresses, feeds, rest, revisit, sitemaps
from crawler.addresses import Listed
from crawler.answers import page_of, page_of_failure
from crawler.config import Source, load
from crawler.guard import same_site

OVERLAP = timedelta(hours=2)  # WordPress compares local times: in the repeated autumn hour a bound is 1 h off
RELIST = timedelta(days=1)  # how long listings of what was modified stand for a listing of everything
WAITING = 200  # requests that may wait in the scheduler before no more are made


class NoListingError(Exception):
    """The answer to a question for a listing is none."""


class NewsSpider(scrapy.Spider):
    """Crawls one source: `scrapy crawl news -a source=NAME`."""

    name = "news"

    def __init__(self, source: Source, archive: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.site = source.site
        self.home = source.site.url
        self.archive = archive
        self.started_at = datetime.now(UTC)
        self.facts: Facts
        self.rung: str | None = None  # the surface that named the articles: rest, sitemap or feed
        self.rest_root: str | None = None  # the root of the REST API, where it is open
        self.sitemaps: tuple[str, ...] = ()  # as robots.txt names them
        self.asked: set[str] = set()  # pages of articles that need no further asking in this run
        self.expected = 0  # of them, those that were asked for
        self.refusals: list[str] = []  # listings that were not given, and how
        self.cursors: dict[str, datetime] = {}  # what this run has read completely, for the run log to keep

    @classmethod
    def from_crawler(cls, crawler: Crawler, source: str | Source = "", **kwargs: Any) -> Self:
        """Make a spider for a source, and set the crawl's pace and name from its configuration."""
        settings = crawler.settings
        if isinstance(source, str):
            config = load(None)
            source = config.source(source)
            settings.set("BACKISSUE_ARCHIVE", str(config.archive), priority="spider")
        if source.contact:
            settings.set("USER_AGENT", f"{settings['USER_AGENT']} (+{source.contact})", priority="spider")
        settings.set("DOWNLOAD_DELAY", source.delay, priority="spider")
        spider: Self = super().from_crawler(
            crawler, source=source, archive=Path(settings["BACKISSUE_ARCHIVE"]), **kwargs
        )
        crawler.signals.connect(spider.robots_parsed, signal=signals.robots_parsed)
        return spider

    def robots_parsed(self, robotparser: Any) -> None:
        """Keep the sitemaps that robots.txt names."""
        self.sitemaps = tuple(robotparser.rp.sitemaps)

    async def start(self) -> AsyncIterator[Any]:
        """Everything a crawl asks for: listings first, then the pages that they and the facts make due."""
        with Facts(self.archive, self.site.name) as self.facts:
            for step in (self._posts, self._comments, self._unread, self._revisits):
                async for item in step():
                    yield item
            self.cursors["crawl"] = self.started_at
        await asyncio.sleep(0.1)  # the last items end first, else Scrapy sees only 5 s later that all is done

    # -- discovery: REST, else sitemaps, else feeds ------------------------------------------------

    async def _posts(self) -> AsyncIterator[Any]:
        for way in (self._posts_by_rest, self._posts_by_sitemap, self._posts_by_feed):
            async for item in way():
                yield item
            if self.rung:
                return

    async def _posts_by_rest(self) -> AsyncIterator[Any]:
        """Everything once a day, in between only what was modified since the last reading."""
        since, everything = self.facts.cursor("posts"), self.facts.cursor("posts-all")
        recent = since is not None and everything is not None and self.started_at - everything < RELIST
        after = since - OVERLAP if since and recent else None
        for root in rest.roots(self.home):
            try:
                async for page in self._listing(
                    PageKind.POSTS, partial(rest.posts_url, root, modified_after=after)
                ):
                    yield page
                    for request in self._requests(rest.read_posts(page) or (), new=self.rest_root is None):
                        yield request
                    self.rung, self.rest_root = "rest", root
            except NoListingError:
                if self.rest_root:
                    return
                continue
            self.cursors |= {"posts": self.started_at} | ({} if recent else {"posts-all": self.started_at})
            return

    async def _posts_by_sitemap(self) -> AsyncIterator[Request]:
        waiting = list(self.sitemaps or sitemaps.candidates(self.home))
        seen: set[str] = set()
        while waiting and len(seen) < sitemaps.MAX_FILES:
            url = waiting.pop(0)
            if url in seen or not same_site(url, self.home):
                continue
            seen.add(url)
            sitemap = sitemaps.read(await self._ask(PageKind.LISTING, url))
            if sitemap is None:
                continue
            waiting = [*sitemap.sitemaps, *(waiting if self.sitemaps or not sitemap.sitemaps else ())]
            for request in self._requests(sitemap.listed):
                self.rung = "sitemap"
                yield request
                await self._room()
            self.rung = "sitemap" if any(map(self._is_article, sitemap.listed)) else self.rung

    async def _posts_by_feed(self) -> AsyncIterator[Any]:
        """Back through the pages of the feed: to its end the first time, later to what is known.

        A feed's own facts are handed on after the articles it names, since it may name what is no article.
        """
        number, known = 1, set[str]()
        while True:
            page = await self._ask(PageKind.POSTS_FEED, feeds.posts_url(self.home, number))
            listed = [entry for entry in feeds.read_posts(page) or () if entry.url not in known]
            if not listed:
                return
            self.rung = "feed"
            requests = list(self._requests(listed))
            for request in requests:
                for item in self._follow(await self._ask(PageKind.ARTICLE, request.url)):
                    yield item
            yield page
            if not requests and self.facts.cursor("crawl"):
                return
            known.update(entry.url for entry in listed)
            number += 1

    # -- comments ------------------------------------------------------------------------------------

    async def _comments(self) -> AsyncIterator[Any]:
        if self.rest_root:
            last = self.facts.cursor("comments")
            async for page in self._comments_by_rest(after=last - OVERLAP if last else None):
                yield page
            if not self.refusals:
                self.cursors["comments"] = self.started_at
        async for item in self._comments_by_feed():
            yield item

    async def _comments_by_rest(self, **which: Any) -> AsyncIterator[Page]:
        root = self.rest_root or ""
        try:
            async for page in self._listing(PageKind.COMMENTS, partial(rest.comments_url, root, **which)):
                unknown = [post for post in rest.read_commented(page) if self.facts.address_of(post) is None]
                if unknown:  # static pages that readers comment on: their threads are wanted as well
                    listing = await self._ask(PageKind.POSTS, rest.pages_url(root, sorted(unknown)))
                    if rest.read_array(listing):
                        yield listing
                yield page
        except NoListingError as refusal:
            self.refusals.append(str(refusal))

    async def _comments_by_feed(self) -> AsyncIterator[Any]:
        """The newest comments of the site, and of the pings, which REST does not list."""
        url = feeds.comments_url(self.home)
        page = await self._ask(PageKind.COMMENTS_FEED, url, seen=self.facts.visit(url))
        mentions = feeds.read_comments(page) or ()
        unknown = self.facts.unknown_comments(mention.comment_id for mention in mentions)
        if mentions or page.status == 304:
            yield page
        if self.facts.cursor("crawl") is None:
            return  # a first crawl asks for every page anyway
        for address in sorted({mention.article for mention in mentions if mention.comment_id in unknown}):
            for request in self._request(address):
                yield request

    # -- pages of articles ---------------------------------------------------------------------------

    async def _unread(self) -> AsyncIterator[Request]:
        """The articles that are listed but were never read."""
        for url in self.facts.unread_articles():
            if revisit.is_due(self.facts.visit(url), self.started_at):
                for request in self._request(url):
                    yield request
                await self._room()

    async def _revisits(self) -> AsyncIterator[Any]:
        """The articles whose time has come again, with their whole thread, so that edits are seen."""
        for seen in self.facts.article_visits():
            if addresses.is_comment_page(seen.url) or not revisit.is_due(seen, self.started_at):
                continue
            for request in self._request(seen.url, lastmod=seen.lastmod):
                yield request
                post = self.facts.post_of(seen.url)
                if self.rest_root and post is not None:
                    async for page in self._comments_by_rest(post=post):
                        yield page
            await self._room()

    def _requests(self, listed: Iterable[Listed], *, new: bool = True) -> Iterator[Request]:
        """Requests for those of the listed articles that are due; for such as were never seen if `new`."""
        for entry in filter(self._is_article, listed):
            seen = self.facts.visit(entry.url)
            if (new or seen) and revisit.is_due(seen, self.started_at, lastmod=entry.lastmod):
                yield from self._request(entry.url, lastmod=entry.lastmod)

    def _request(self, url: str, *, lastmod: str | None = None) -> Iterator[Request]:
        """The request for a page of an article, unless this run has asked for it already."""
        if url in self.asked or not same_site(url, self.home):
            return
        self.asked.add(url)
        self.expected += 1
        meta = {"kind": PageKind.ARTICLE, "asked": url, "lastmod": lastmod}
        yield Request(url, callback=self.article, errback=self.no_answer, meta=meta)

    def article(self, response: Response) -> Iterator[Any]:
        """An article's page arrived."""
        yield from self._follow(page_of(response, self.site.name))

    def _follow(self, page: Page) -> Iterator[Any]:
        """Hand a page of an article on, and ask for the next page of its thread.

        The pages of a thread are asked for in order, up to the first that shows no comment, so that
        nobody can send us on a long walk by naming a far one.
        """
        yield page
        if addresses.is_comment_page(page.url) and not addresses.shows_comments(page):
            return
        thread = addresses.thread_pages(page)
        if thread.own:
            self.asked.add(thread.own)
        for url in thread.urls:
            if url not in self.asked:
                yield from self._request(url)
                return

    def no_answer(self, failure: Failure) -> Iterator[Page]:
        """No answer came, or we were not allowed to ask: that is a fact about the page as well."""
        error = failure.value or RuntimeError("unknown failure")
        yield page_of_failure(error, failure.request, self.site.name)  # type: ignore[attr-defined]

    # -- asking --------------------------------------------------------------------------------------

    async def _listing(self, kind: PageKind, address: Callable[[int], str]) -> AsyncIterator[Page]:
        """The pages of a REST listing, in order. Raises NoListingError where one is not given."""
        number = count = 1
        while number <= count:
            page = await self._ask(kind, address(number))
            if rest.read_array(page) is None:
                raise NoListingError(f"{page.url} answered {page.error or page.status}")
            yield page
            count, number = rest.page_count(page), number + 1

    async def _ask(self, kind: PageKind, url: str, *, seen: Seen | None = None) -> Page:
        """Ask for a listing and wait for it, only for news if it was `seen`. No answer has status 0."""
        headers = feeds.validators(seen) if seen else {}
        request = Request(url, headers=headers, meta={"kind": kind, "asked": url}, dont_filter=True)
        try:
            response = await self.crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - whatever kept the answer away is a fact about the site
            return page_of_failure(error, request, self.site.name)
        return page_of(response, self.site.name)

    async def _room(self) -> None:
        """Wait while the scheduler holds enough, so that a large site does not fill the memory."""
        slot = self.crawler.engine._slot
        if slot is not None and len(cast("Sized", slot.scheduler)) >= WAITING:
            await self.crawler.signals.wait_for(signals.scheduler_empty)

    def _is_article(self, entry: Listed) -> bool:
        return same_site(entry.url, self.home) and addresses.is_article(
            entry.url, self.home, self.site.article_pattern
        )


def spider_of(crawler: Crawler) -> NewsSpider:
    """The crawler's spider. Raises NotConfigured where it is another one, to which news do not apply."""
    if not isinstance(crawler.spider, NewsSpider):
        raise NotConfigured("this component is for crawls of news")
    return crawler.spider
