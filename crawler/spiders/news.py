"""The one spider: finds what is new on a WordPress news site and fetches it, page by page.

It decides what to ask and in which order: listings one after another, the pages of articles through
Scrapy's scheduler in between. What an answer says is read elsewhere (the surfaces' own files for
addresses, the pipeline for content), and what the archive holds comes in as facts.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Request

from archive.core.database import is_locked, locked
from archive.core.records import PageKind
from archive.queries.fetch_history import Facts
from archive.tables.observations import APART
from crawler.config.config import Source, load
from crawler.discovery import feeds
from crawler.fetch import backoff
from crawler.frontier import revisit_policy
from crawler.frontier.addresses import Listed
from crawler.sync.comment_sweep import Sweep

logger = logging.getLogger(__name__)
DOUBTED = 50  # articles that were missed, of which one crawl asks for the pages
WAITING_CHANGES = 20  # articles with a change that waits, of which one crawl asks for the pages
ROBOTS = "robots"  # the bookmark of what robots.txt said
PAGE_SIZES = "page-sizes"  # the bookmark of how many entries REST gives at most, by route


class NewsSpider(Sweep):
    """Crawls one source: `scrapy crawl news -a source=NAME`."""

    name = "news"

    def __init__(self, source: Source, archive: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.site = source.site
        self.home = source.site.url
        self.hosts = source.hosts
        self.source_name = source.site.name
        self.archive = archive
        self.verify_tls = source.verify_tls

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
        settings.set("DOWNLOAD_VERIFY_CERTIFICATES", source.verify_tls, priority="spider")
        path = Path(settings["BACKISSUE_ARCHIVE"])
        return super().from_crawler(crawler, source=source, archive=path, **kwargs)

    async def start(self) -> AsyncIterator[Any]:
        """Everything a crawl asks for: listings first, then the pages that they and the facts make due."""
        with Facts(self.archive, self.source_name, comments=self.wants_comments) as self.facts:
            self.robots_copies.update(json.loads(self.facts.mark(ROBOTS) or "{}"))
            self.page_sizes.update(json.loads(self.facts.mark(PAGE_SIZES) or "{}"))
            self.first_crawl = self.facts.cursor("crawl") is None
            by_hand = self.settings.get("BACKISSUE_RUN") is None  # else the clock has claimed it
            if seconds := backoff.left(self.facts.mark, self.started_at, by_hand=by_hand):
                self.crawler.stats.set_value("backissue/left_alone", seconds)
                return
            try:
                async for item in self.handing_on(self._steps()):
                    yield item
                await self.settled()
            except sqlite3.OperationalError as error:
                if not is_locked(error):
                    raise
                self.crawler.stats.set_value("backissue/fault", locked(self.archive))
        await asyncio.sleep(0.1)  # the last items end first, else Scrapy sees only 5 s later that all is done

    def wait(self, seconds: float) -> None:
        """Remember that the site asks to be left alone for so long."""
        self.marks |= backoff.asked(seconds, datetime.now(UTC))

    async def _steps(self) -> AsyncIterator[Any]:
        talk = None
        if self.wants_comments:
            talk = await self.hear(PageKind.COMMENTS_FEED, feeds.comments_url(self.home))
        # On a 304 of the comments feed no post has changed either: the sweep can have the other request.
        spared = talk is not None and talk.page.status == HTTPStatus.NOT_MODIFIED and self.may_spare()
        news = None if spared else await self.hear(PageKind.POSTS_FEED, feeds.posts_url(self.home))
        silent = spared or (news is not None and news.silent)
        for step in (
            self.posts(news, silent=silent),
            self.comments(talk),
            self._unread(),
            self._doubted(),
            self.all_threads(),
            self._revisits(),
            self.sweep(),
        ):
            if not await self.is_walled_off():
                async for item in self._guarded(step):
                    yield item
        self.refusals += self.elsewhere_told()
        self.marks |= backoff.after(self.rung is None, self.facts.mark(backoff.REFUSED), datetime.now(UTC))
        self.cursors["crawl"] = self.started_at
        self.marks[ROBOTS] = json.dumps(self.robots_copies)
        self.marks[PAGE_SIZES] = json.dumps(self.page_sizes)
        if not self.refusals:
            self.cursors["feeds"] = datetime.now(UTC)

    async def _guarded(self, step: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Yield what a step yields; a fault of ours in one step does not keep the others from their turn."""
        try:
            async for item in step:
                yield item
        except Exception as error:
            logger.exception("A fault of ours ended a part of the crawl of %s.", self.source_name)
            self.crawler.stats.inc_value(f"spider_exceptions/{type(error).__name__}")
            self.crawler.stats.inc_value("spider_exceptions/count")
            self.crawler.stats.inc_value("backissue/listings_lost")

    async def _unread(self) -> AsyncIterator[Request]:
        """The articles that are listed but were never read, and those that a verification has named."""
        await self.settled()
        for url, modified in self.facts.unread_articles(self.site.article_pattern):
            if revisit_policy.is_due(self.facts.visit(url), self.started_at):
                for request in self.request(url, lastmod=modified):
                    yield request
                await self.room()
        for request in self.requests(Listed(url=url) for url in self.facts.lacking_articles()):
            yield request

    async def _doubted(self) -> AsyncIterator[Request]:
        """The articles that were missed, with a page that should be good, and those whose change waits."""
        await self.settled()
        before = self.started_at - APART
        missed = [
            url for url in self.facts.doubted_articles(before=before, limit=DOUBTED) if self._may_ask(url)
        ]
        known = self.facts.good_article() if missed else None
        for url in [*([known] if known else []), *missed]:
            for request in self.request(url):
                yield request
        for url in self.facts.waiting_articles(before=before, limit=WAITING_CHANGES):
            if self._may_ask(url):
                for request in self.request(url):
                    yield request

    def _may_ask(self, url: str) -> bool:
        """True if the page of an article was good when it was last asked for, or is due."""
        seen = self.facts.visit(url)
        return seen is None or not seen.failures or revisit_policy.is_due(seen, self.started_at)

    async def _revisits(self) -> AsyncIterator[Any]:
        """The articles whose time has come again, with their whole thread, so that edits are seen."""
        for seen in self.facts.due_visits(self.started_at):
            if not revisit_policy.is_due(seen, self.started_at):
                continue
            for request in self.request(seen.url, lastmod=seen.lastmod):
                yield request
                post = self.facts.post_of(seen.url)
                if post is not None and self.wants_comments and self.rest_tells_comments:
                    async for page in self.comments_by_rest(post=post):
                        yield page
            await self.room()


def spider_of(crawler: Crawler) -> NewsSpider:
    """The crawler's spider. Raises NotConfigured where it is another one, to which news do not apply."""
    if not isinstance(crawler.spider, NewsSpider):
        raise NotConfigured("this component is for crawls of news")
    return crawler.spider
