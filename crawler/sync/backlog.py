"""Backlog of a source: articles that are unread, doubted or due again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from scrapy.http import Request

from archive.core.records import Page, PageKind
from archive.tables.observations import APART
from crawler.crawl import Crawl
from crawler.discovery import rest
from crawler.frontier import revisit_policy
from crawler.frontier.addresses import Listed
from crawler.frontier.frontier import Frontier
from crawler.sync.comment_sync import CommentSync
from pipeline.platforms.wordpress import rest_urls

DOUBTED_ARTICLES = 50  # missed articles whose pages one crawl requests
PENDING_ARTICLES = 20  # articles with a pending change whose pages one crawl requests


class Backlog:
    """Backlog of one source in one crawl."""

    def __init__(self, crawl: Crawl, frontier: Frontier, comments: CommentSync) -> None:
        self.crawl = crawl
        self.frontier = frontier
        self.comments = comments

    async def unread(self) -> AsyncIterator[Request]:
        """Yield requests for listed articles that were never fetched.

        Also for those that an audit found missing, and for those that an interrupted crawl left halfway.
        """
        crawl = self.crawl
        await crawl.settled()
        for url, modified in crawl.facts.unread_articles(crawl.site.article_pattern):
            if revisit_policy.is_due(crawl.facts.visit(url), crawl.started_at):
                for request in self.frontier.request(url, lastmod=modified):
                    yield request
                await crawl.session.wait_for_room()
        for url in crawl.facts.interrupted_articles():
            for request in self.frontier.request(url):
                yield request
        lacking = (Listed(url=url) for url in crawl.facts.lacking_articles())
        for request in self.frontier.requests(lacking):
            yield request

    async def doubted(self) -> AsyncIterator[Any]:
        """Yield REST's response about missed articles, and requests for them and for pending changes.

        A page that should be good is requested first, as a control.
        """
        crawl = self.crawl
        await crawl.settled()
        before = crawl.started_at - APART
        for page in await self._listed_by_id(self._missed()):
            yield page
            await crawl.settled()
        missed = self._missed()
        good = crawl.facts.good_article() if missed else None
        control = [good] if good else []
        pending = crawl.facts.waiting_articles(before=before, limit=PENDING_ARTICLES)
        for url in [*control, *missed, *filter(self._may_request, pending)]:
            for request in self.frontier.request(url):
                yield request

    async def revisits(self) -> AsyncIterator[Any]:
        """Yield requests for due articles, with their whole thread.

        The thread is listed again, so that edits of comments are found.
        """
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

    def _missed(self) -> list[str]:
        """Return the URLs of articles whose second check is due."""
        before = self.crawl.started_at - APART
        doubted = self.crawl.facts.doubted_articles(before=before, limit=DOUBTED_ARTICLES)
        return [url for url in doubted if self._may_request(url)]

    async def _listed_by_id(self, missed: list[str]) -> list[Page]:
        """Return REST's response about missed articles by their ids.

        A URL that no longer shows anything may be an old one, as after a change of permalinks.
        """
        crawl = self.crawl
        numbers = {number for url in missed if (number := crawl.facts.post_of(url)) is not None}
        if crawl.rest.root is None or not numbers:
            return []
        url = rest_urls.pages_url(crawl.rest.root, sorted(numbers), kind="posts")
        page = await crawl.session.fetch(PageKind.POSTS, url)
        return [page] if rest.read_array(page) else []

    def _may_request(self, url: str) -> bool:
        """True if a page is not failing, or is due again."""
        seen = self.crawl.facts.visit(url)
        if seen is None or not seen.failures:
            return True
        return revisit_policy.is_due(seen, self.crawl.started_at)
