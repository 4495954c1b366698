"""Spider of news: finds and fetches the new pages of a site.

Runs the parts of a crawl in their order: feeds, articles, comments, backlog, sweep. Does not: decide what
each of them requests, or parse a response.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from archive.core.database import is_locked, locked
from archive.core.records import PageKind
from archive.queries.fetch_history import FetchHistory
from crawler.crawl import RELIST, Crawl
from crawler.discovery.discovery import Discovery
from crawler.discovery.front_page import FrontPage
from crawler.fetch import backoff
from crawler.frontier.frontier import Frontier
from crawler.spiders.source import SourceSpider
from crawler.sync.backlog import Backlog
from crawler.sync.comment_sweep import CommentSweep
from crawler.sync.comment_sync import CommentSync
from crawler.sync.feed_sync import FeedSync
from crawler.sync.file_sync import FileSync
from crawler.sync.thread_sync import ThreadSync

logger = logging.getLogger(__name__)


class NewsSpider(SourceSpider):
    """Crawl of one source: `scrapy crawl news -a source=NAME`."""

    name = "news"
    kind = "crawl"
    frontier: Frontier | None = None

    async def start(self) -> AsyncIterator[Any]:
        """Yield every request and item of a crawl.

        Listings first, then the pages that are due. Nothing while the source is to be left alone.
        """
        comments = self.site.comments != "none"
        with FetchHistory(self.archive, self.site.name, comments=comments) as facts:
            by_hand = self.settings.get("BACKISSUE_RUN") is None  # otherwise the scheduler has claimed it
            if seconds := backoff.seconds_left(facts.state, self.started_at, by_hand=by_hand):
                self.report.pause_seconds = seconds
                return
            self.crawl = self.make_crawl(facts)
            try:
                async for item in self.handoff.through(self._steps(self.crawl)):
                    yield item
                await self.handoff.settled()
            except sqlite3.OperationalError as error:
                if not is_locked(error):
                    raise
                self.report.fault = locked(self.archive)
        await asyncio.sleep(0.1)  # the last items end first; otherwise Scrapy notices the end only 5 s later

    async def _steps(self, crawl: Crawl) -> AsyncIterator[Any]:
        front = FrontPage(crawl)
        frontier = Frontier(crawl)
        discovery = Discovery(crawl, frontier, front)
        feeds = FeedSync(crawl, front)
        comments = CommentSync(crawl, frontier)
        sweep = CommentSweep(crawl)
        backlog = Backlog(crawl, frontier, comments)
        threads = ThreadSync(crawl, frontier)
        self.frontier = frontier
        talk = await feeds.fetch(PageKind.COMMENTS_FEED) if crawl.wants_comments else None
        # On a 304 of the comments feed no post has changed either: the sweep can have the other request.
        is_quiet = talk is not None and talk.page.status == HTTPStatus.NOT_MODIFIED
        is_spared = is_quiet and sweep.may_spare_feed()
        news = None if is_spared else await feeds.fetch(PageKind.POSTS_FEED)
        is_silent = is_spared or (await front.is_unchanged() if news is None else news.is_silent)
        is_listed = crawl.is_within(RELIST, crawl.before.posts_listed_at)  # before anything is listed here
        for step in (
            discovery.posts(news, is_silent=is_silent),
            comments.new_comments(talk),
            discovery.by_rest.find_modified(),
            backlog.unread(),
            backlog.doubted(),
            comments.all_threads(),
            threads.run(),
            backlog.revisits(),
            sweep.run(),
            FileSync(crawl, self.file_limits).due(with_revisits=not (is_silent and is_listed)),
        ):
            if not await front.is_walled_off():
                async for item in self._guarded(step):
                    yield item
        self.report.missing_lists += frontier.foreign_hosts()
        is_refused = self.report.surface is None
        crawl.after = backoff.after(crawl.after, datetime.now(UTC), refused=is_refused)
        robots = dict(self.session.robots_copies)
        crawl.note(crawled_at=crawl.started_at, robots=robots, page_sizes=crawl.page_sizes)
        if not self.report.missing_lists:
            crawl.note(feeds_read_at=datetime.now(UTC))

    async def _guarded(self, step: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Yield what a step yields; an error ends only that step.

        The error is ours: it is logged and counted in the report.
        """
        try:
            async for item in step:
                yield item
        except Exception:
            logger.exception("An error in Backissue ended a part of the crawl of %s.", self.site.name)
            self.report.faults += 1
            self.report.listings_lost += 1
