"""Discovery of articles: by REST where it is open, else by sitemaps, else by the feed, else by listing pages.

A chain of strategies: each is tried when those before it give nothing. It yields the listings that say more
than a URL, for the archive to keep, and requests for the pages that are due. Nothing is listed while the feed
of posts says that nothing has changed, but once a day all the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from archive.core import urls
from archive.core.records import Page
from crawler.crawl import Crawl
from crawler.discovery import feeds
from crawler.discovery.feeds import FeedAnswer
from crawler.discovery.front_page import FrontPage
from crawler.discovery.page_strategies import FeedStrategy, ListingStrategy
from crawler.discovery.rest_strategy import RestStrategy
from crawler.discovery.sitemap_strategy import SitemapStrategy
from crawler.frontier.addresses import Listed
from crawler.frontier.frontier import Frontier

RELIST = timedelta(days=1)  # how long listings of what was modified stand for a listing of everything


class Discovery:
    """The strategies that find a site's articles, in the order in which they are tried."""

    def __init__(self, crawl: Crawl, frontier: Frontier, front: FrontPage) -> None:
        self.crawl = crawl
        self.frontier = frontier
        self.front = front
        self.by_sitemap = SitemapStrategy(crawl, frontier)
        self.by_rest = RestStrategy(crawl, frontier, front, self.by_sitemap)
        self.by_feed = FeedStrategy(crawl, frontier)
        self.by_listing = ListingStrategy(crawl, frontier)

    async def posts(self, feed: FeedAnswer | None, *, is_silent: bool) -> AsyncIterator[Any]:
        """Yield what the first strategy brings that names articles; nothing new where all is silent.

        `feed` is the answer of the feed of posts, None where it was not fetched.
        """
        crawl, before = self.crawl, self.crawl.before
        is_recent = crawl.is_within(RELIST, before.posts_listed_at)
        crawl.rest.lists_comments = before.rest_lists_comments is not False
        if is_recent and is_silent:
            crawl.report.surface, crawl.rest.root = before.surface, before.rest_root
        else:
            async for item in self._by_first_open(is_recent, feed):
                yield item
            self._note_read(is_recent)
        if crawl.rest.root and feed is not None and feed.is_mute:
            crawl.note(posts_feed_missing_at=crawl.started_at)  # REST tells of edits as well, in one request
        if feed is not None and feed.is_feed and crawl.report.surface not in {"feed", None}:
            for request in self.frontier.requests(await self._only_in_feed(feed.page)):
                yield request
            yield feed.page  # after the articles it names, since it may name what is no article

    def _note_read(self, is_recent: bool) -> None:
        crawl, surface = self.crawl, self.crawl.report.surface
        if surface and not is_recent and not crawl.report.missing_lists:
            crawl.note(posts_listed_at=crawl.started_at)
        crawl.note(surface=surface, rest_root=crawl.rest.root)
        if surface:
            crawl.note(**{f"{surface}_read_at": crawl.started_at})

    async def _by_first_open(self, is_recent: bool, feed: FeedAnswer | None) -> AsyncIterator[Any]:
        strategies = (
            self.by_rest.find(recent=is_recent),
            self.by_sitemap.find(),
            self.by_feed.find(feed),
            self.by_listing.find(),
        )
        for found in strategies:
            async for item in found:
                yield item
            if self.crawl.report.surface or await self.front.is_walled_off():
                return
        if self.crawl.session.failure:  # even from the front page
            self.crawl.report.missing_lists.append(self.crawl.session.failure)

    async def _only_in_feed(self, feed: Page) -> list[Listed]:
        """Return the articles that a feed names and the listing did not, as one out of a cache does."""
        await self.crawl.settled()
        facts = self.crawl.facts
        named = (replace(entry, url=urls.clean(entry.url)) for entry in feeds.read_posts_feed(feed) or ())
        return [
            entry
            for entry in named
            if not facts.holds(entry.url)
            and (entry.post_id is None or facts.address_of(entry.post_id) is None)
        ]
