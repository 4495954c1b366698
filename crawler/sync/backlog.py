"""Backlog of a source: articles that were never read, that are doubted, or that are due again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from scrapy.http import Request

from archive.tables.observations import APART
from crawler.crawl import Crawl
from crawler.frontier import revisit_policy
from crawler.frontier.addresses import Listed
from crawler.frontier.frontier import Frontier
from crawler.sync.comment_sync import CommentSync

DOUBTED_ARTICLES = 50  # that were missed, of which one crawl requests the pages
PENDING_ARTICLES = 20  # with a change that waits, of which one crawl requests the pages


class Backlog:
    """The known articles of a source whose pages are wanted."""

    def __init__(self, crawl: Crawl, frontier: Frontier, comments: CommentSync) -> None:
        self.crawl = crawl
        self.frontier = frontier
        self.comments = comments

    async def unread(self) -> AsyncIterator[Request]:
        """Yield requests for articles that are listed but were never read, and those an audit has named."""
        crawl = self.crawl
        await crawl.settled()
        for url, modified in crawl.facts.unread_articles(crawl.site.article_pattern):
            if revisit_policy.is_due(crawl.facts.visit(url), crawl.started_at):
                for request in self.frontier.request(url, lastmod=modified):
                    yield request
                await crawl.session.wait_for_room()
        lacking = (Listed(url=url) for url in crawl.facts.lacking_articles())
        for request in self.frontier.requests(lacking):
            yield request

    async def doubted(self) -> AsyncIterator[Request]:
        """Yield requests for missed articles, with a page that should be good, and for pending changes."""
        crawl = self.crawl
        await crawl.settled()
        before = crawl.started_at - APART
        doubted = crawl.facts.doubted_articles(before=before, limit=DOUBTED_ARTICLES)
        missed = [url for url in doubted if self._may_request(url)]
        known = crawl.facts.good_article() if missed else None
        pending = crawl.facts.waiting_articles(before=before, limit=PENDING_ARTICLES)
        for url in [*([known] if known else []), *missed, *filter(self._may_request, pending)]:
            for request in self.frontier.request(url):
                yield request

    async def revisits(self) -> AsyncIterator[Any]:
        """Yield requests for articles that are due again, with their whole thread, so that edits are seen."""
        crawl = self.crawl
        for seen in crawl.facts.due_visits(crawl.started_at):
            if not revisit_policy.is_due(seen, crawl.started_at):
                continue
            for request in self.frontier.request(seen.url, lastmod=seen.lastmod):
                yield request
                post = crawl.facts.post_of(seen.url)
                if post is not None and crawl.wants_comments and crawl.rest.tells_comments:
                    async for page in self.comments.by_rest(post=post):
                        yield page
            await crawl.session.wait_for_room()

    def _may_request(self, url: str) -> bool:
        """True if the page of an article was good when it was last requested, or is due."""
        seen = self.crawl.facts.visit(url)
        return seen is None or not seen.failures or revisit_policy.is_due(seen, self.crawl.started_at)
