"""The one spider: finds what is new on a WordPress news site and fetches it, page by page.

It decides what to ask and in which order: listings one after another, the pages of articles through
Scrapy's scheduler in between. What an answer says is read elsewhere (the surfaces' own files for
addresses, the pipeline for content), and what the archive holds comes in as facts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Request

from archive.facts import Facts
from archive.records import Page, PageKind
from crawler import feeds, rest, revisit
from crawler.asking import NoListingError
from crawler.config import Source, load
from crawler.discovery import OVERLAP
from crawler.sweep import Sweep


class NewsSpider(Sweep):
    """Crawls one source: `scrapy crawl news -a source=NAME`."""

    name = "news"

    def __init__(self, source: Source, archive: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.site = source.site
        self.home = source.site.url
        self.source_name = source.site.name
        self.archive = archive

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
        path = Path(settings["BACKISSUE_ARCHIVE"])
        return super().from_crawler(crawler, source=source, archive=path, **kwargs)

    async def start(self) -> AsyncIterator[Any]:
        """Everything a crawl asks for: listings first, then the pages that they and the facts make due."""
        with Facts(self.archive, self.source_name, comments=self.wants_comments) as self.facts:
            for step in (self.posts, self._comments, self._unread, self._revisits, self.sweep):
                async for item in step():
                    yield item
            self.cursors["crawl"] = self.started_at
        await asyncio.sleep(0.1)  # the last items end first, else Scrapy sees only 5 s later that all is done

    async def _comments(self) -> AsyncIterator[Any]:
        if not self.wants_comments:
            return
        if self.rest_root:
            last = self.facts.cursor("comments")
            async for page in self._comments_by_rest(
                after=last - OVERLAP if last and last <= self.started_at else None
            ):
                yield page
            if self.rest_comments:
                self.cursors["comments"] = self.started_at
        async for item in self._comments_by_feed():
            yield item

    async def _comments_by_rest(self, **which: Any) -> AsyncIterator[Page]:
        root = self.rest_root or ""
        try:
            async for page in self.listing(PageKind.COMMENTS, partial(rest.comments_url, root, **which)):
                unknown = [post for post in rest.read_commented(page) if self.facts.address_of(post) is None]
                if unknown:  # static pages that readers comment on: their threads are wanted as well
                    listing = await self.ask(PageKind.POSTS, rest.pages_url(root, sorted(unknown)))
                    if rest.read_array(listing):
                        yield listing
                yield page
        except NoListingError as refusal:
            if refusal.closed and "post" in which:
                return  # the article is no longer open; another's comments may be
            self.rest_comments = False
            if not refusal.closed:
                self.refusals.append(str(refusal))

    async def _comments_by_feed(self) -> AsyncIterator[Any]:
        """The newest comments of the site, and of the pings, which REST does not list."""
        url = feeds.comments_url(self.home)
        page = await self.ask(PageKind.COMMENTS_FEED, url, seen=self.facts.visit(url))
        mentions = feeds.read_comments(page) or ()
        unknown = self.facts.unknown_comments(mention.comment_id for mention in mentions)
        if mentions or page.status == 304:
            yield page
        if self.facts.cursor("crawl") is None:
            return  # a first crawl asks for every page anyway
        for address in sorted({mention.article for mention in mentions if mention.comment_id in unknown}):
            visit = self.facts.visit(address)
            if visit is None or not visit.failures or revisit.is_due(visit, self.started_at):
                for request in self.request(address):
                    yield request

    async def _unread(self) -> AsyncIterator[Request]:
        """The articles that are listed but were never read."""
        for url, modified in self.facts.unread_articles(self.site.article_pattern):
            if revisit.is_due(self.facts.visit(url), self.started_at):
                for request in self.request(url, lastmod=modified):
                    yield request
                await self.room()

    async def _revisits(self) -> AsyncIterator[Any]:
        """The articles whose time has come again, with their whole thread, so that edits are seen."""
        for seen in self.facts.due_visits(self.started_at):
            if not revisit.is_due(seen, self.started_at):
                continue
            for request in self.request(seen.url, lastmod=seen.lastmod):
                yield request
                post = self.facts.post_of(seen.url)
                if self.rest_root and post is not None and self.wants_comments and self.rest_comments:
                    async for page in self._comments_by_rest(post=post):
                        yield page
            await self.room()


def spider_of(crawler: Crawler) -> NewsSpider:
    """The crawler's spider. Raises NotConfigured where it is another one, to which news do not apply."""
    if not isinstance(crawler.spider, NewsSpider):
        raise NotConfigured("this component is for crawls of news")
    return crawler.spider
