"""Sync of new comments by REST, or by the comments feed.

The feed leads to the pages of its articles. It has only the newest few; where the archive lacks all of them,
more may have appeared in between, and every thread is fetched again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from typing import Any

from scrapy.http import Request

from archive.core.records import OverlapLost, Page, PageKind
from crawler.crawl import Crawl
from crawler.discovery import feeds, rest
from crawler.discovery.feeds import FeedAnswer, Mention
from crawler.discovery.listings import NoListingError, page_size, rest_pages
from crawler.discovery.rest_strategy import OVERLAP
from crawler.frontier import revisit_policy
from crawler.frontier.frontier import Frontier
from pipeline.platforms.wordpress import rest_urls

MAX_THREADS_PER_CRAWL = 500  # threads that one crawl fetches again after a gap between two feeds


class CommentSync:
    """Sync of one site's new comments."""

    def __init__(self, crawl: Crawl, frontier: Frontier) -> None:
        self.crawl = crawl
        self.frontier = frontier

    async def new_comments(self, feed: FeedAnswer | None) -> AsyncIterator[Any]:
        """Yield the new comments.

        `feed` is the response of the comments feed, if it was fetched.
        """
        crawl = self.crawl
        if not crawl.wants_comments:
            return
        listed: set[str] = set()
        if not (feed and feed.is_silent) and crawl.rest.root:
            async for page in self._since_last_time():
                listed |= rest.read_ids(page) or set()
                yield page
        if feed is not None and not feed.is_feed and crawl.facts.visit(feed.page.url) is not None:
            yield feed.page  # its absence is a fact about the site
        if feed is None or not feed.is_feed:
            return
        mentions = feeds.read_comments_feed(feed.page) or ()
        ids = {each.comment_id for each in mentions}
        unknown = crawl.facts.unknown_comments(ids - listed)
        is_unknown = mentions and len(unknown) == len(mentions)
        all_new = is_unknown and crawl.facts.holds_comments()
        if all_new and not crawl.is_first:
            # First: were the crawl killed after the feed, the next one would have its comments already.
            yield self._lose_overlap()
        if crawl.is_first:  # requests every page anyway, and the feed adds to their comments
            await crawl.session.wait_until_fetched()
            if not crawl.session.is_closing:  # otherwise the next crawl gets it whole once more
                yield feed.page
            return
        yield feed.page
        for request in self._announced(mentions, unknown):
            yield request

    async def _since_last_time(self) -> AsyncIterator[Page]:
        crawl = self.crawl
        since = self.crawl.before.comments_read_at
        after = since - OVERLAP if since and since <= crawl.started_at else None
        crawl.rest.lists_comments = True
        async for page in self.by_rest(after=after):
            yield page
        if crawl.rest.lists_comments:
            crawl.note(comments_read_at=crawl.started_at)
        crawl.note(rest_lists_comments=crawl.rest.lists_comments)

    def _lose_overlap(self) -> OverlapLost:
        crawl = self.crawl
        crawl.rest.lists_comments = False  # perhaps a cached response: it lists no stored comment
        crawl.note(comments_read_at=crawl.before.comments_read_at, overlap_lost_at=crawl.started_at)
        return OverlapLost(source=crawl.source, at=crawl.started_at)

    def _announced(self, mentions: tuple[Mention, ...], unknown: set[str]) -> Iterator[Request]:
        """Yield requests for threads with comments that only the feed has."""
        for url in sorted({mention.article for mention in mentions if mention.comment_id in unknown}):
            visit = self.crawl.facts.visit(url)
            if visit is None or not visit.failures or revisit_policy.is_due(visit, self.crawl.started_at):
                yield from self.frontier.request(visit.url if visit else url)

    async def all_threads(self) -> AsyncIterator[Request]:
        """Yield requests for threads not fetched since the gap, some per crawl.

        The gap is `overlap_lost_at`; nothing without one, or where REST lists the comments.
        """
        lost_at = self.crawl.after.overlap_lost_at
        if lost_at is None or self.crawl.rest.tells_comments:
            return
        for seen in self.crawl.facts.visits_before(lost_at, limit=MAX_THREADS_PER_CRAWL):
            for request in self.frontier.request(seen.url, lastmod=seen.lastmod):
                yield request
            await self.crawl.session.wait_for_room()

    async def by_rest(self, **which: Any) -> AsyncIterator[Page]:
        """Yield a listing of comments, and of the static pages with comments."""
        crawl = self.crawl
        url_of = partial(rest_urls.comments_url, crawl.rest.root or "", **which)
        try:
            async for page in rest_pages(crawl, PageKind.COMMENTS, url_of):
                posts = rest.read_commented(page)
                unknown = [post for post in posts if crawl.facts.address_of(post) is None]
                if unknown:  # static pages with comments: their threads are wanted as well
                    async for listing in self._static_pages(sorted(unknown)):
                        yield listing
                yield page
        except NoListingError as refusal:
            yield refusal.page
            if refusal.closed and "post" in which:
                return  # the article is no longer open; another's comments may be
            crawl.rest.lists_comments = False
            if not refusal.closed:
                crawl.report.missing_lists.append(str(refusal))

    async def _static_pages(self, ids: Sequence[int]) -> AsyncIterator[Page]:
        """Yield listings of static pages by id.

        Each has as many ids as the site's maximum.
        """
        size = page_size(self.crawl, "pages")
        for start in range(0, len(ids), size):
            some = ids[start : start + size]
            url = rest_urls.pages_url(self.crawl.rest.root or "", some)
            listing = await self.crawl.session.fetch(PageKind.POSTS, url)
            if rest.read_array(listing):
                yield listing
