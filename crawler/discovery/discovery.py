"""Discovery of articles by a chain of strategies.

REST where it is open, then the API of another system, sitemaps, the feed, and listing pages: each is the
fallback of the one before. Listing pages also follow feeds and sitemaps that have only the newest. Yields the
listings that have more than URLs, for the archive to save, and requests for the pages that are due. Nothing
is listed while the feed of posts is unchanged, except once a day.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from archive.core import urls
from archive.core.records import Page
from crawler.crawl import RELIST, Crawl
from crawler.discovery import feeds
from crawler.discovery.api_strategy import ApiStrategy
from crawler.discovery.feeds import FeedAnswer
from crawler.discovery.front_page import FrontPage
from crawler.discovery.page_strategies import FeedStrategy, ListingStrategy
from crawler.discovery.rest_strategy import RestStrategy
from crawler.discovery.sitemap_strategy import SitemapStrategy
from crawler.frontier.addresses import Listed
from crawler.frontier.frontier import Frontier

REWALK = timedelta(days=30)  # interval of walks through all listing pages, where a feed lists the newest


class Discovery:
    """Strategies that find a site's articles, in the order of their use."""

    def __init__(self, crawl: Crawl, frontier: Frontier, front: FrontPage) -> None:
        self.crawl = crawl
        self.frontier = frontier
        self.front = front
        self.by_sitemap = SitemapStrategy(crawl, frontier)
        self.by_rest = RestStrategy(crawl, frontier, front, self.by_sitemap)
        self.by_api = ApiStrategy(crawl, frontier, front, self.by_sitemap)
        self.by_feed = FeedStrategy(crawl, frontier, front)
        self.by_listing = ListingStrategy(crawl, frontier)

    async def posts(self, feed: FeedAnswer | None, *, is_silent: bool) -> AsyncIterator[Any]:
        """Yield the items of the first strategy that names articles.

        Yields nothing new where `is_silent`, at most a day after a complete listing. `feed` is the response
        of the feed of posts, if it was fetched.
        """
        crawl = self.crawl
        before = self.crawl.before
        # an archive from before types lacks them
        lacks_types = before.surface == "rest" and before.types_read_at is None
        is_recent = crawl.is_within(RELIST, before.posts_listed_at) and not lacks_types
        crawl.rest.lists_comments = before.rest_lists_comments is not False
        if is_recent and is_silent:
            crawl.report.surface = before.surface
            crawl.rest.root = before.rest_root
        else:
            async for item in self._by_first_open(is_recent, feed):
                yield item
            self._note_read(is_recent)
        if crawl.rest.root and feed is not None and feed.is_mute:
            crawl.note(posts_feed_missing_at=crawl.started_at)  # REST lists edits as well, in one request
        is_other_surface = crawl.report.surface not in {"feed", None}
        if feed is not None and feed.is_feed and is_other_surface:
            for request in self.frontier.requests(await self._only_in_feed(feed.page)):
                yield request
            yield feed.page  # after the articles in it, since some entries may be no article

    def _note_read(self, is_recent: bool) -> None:
        crawl = self.crawl
        surface = self.crawl.report.surface
        if surface and not is_recent and not crawl.report.missing_lists:
            crawl.note(posts_listed_at=crawl.started_at)
        crawl.note(surface=surface, rest_root=crawl.rest.root)
        if surface:
            crawl.note(**{f"{surface}_read_at": crawl.started_at})

    async def _by_first_open(self, is_recent: bool, feed: FeedAnswer | None) -> AsyncIterator[Any]:
        before = self.crawl.before
        lacks_sitemap = is_recent and before.surface == "feed"  # within the day
        strategies = (
            self.by_rest.find(recent=is_recent),
            self.by_api.find(recent=is_recent),
            *(() if lacks_sitemap else (self.by_sitemap.find(recent=is_recent),)),
            self.by_feed.find(feed),
            self.by_listing.find(whole=self.crawl.is_first),
        )
        for found in strategies:
            async for item in found:
                yield item
            if self.crawl.report.surface or await self.front.is_walled_off():
                break
        else:
            if self.crawl.session.failure:  # even from the front page
                self.crawl.report.missing_lists.append(self.crawl.session.failure)
        is_walked = self.crawl.is_within(REWALK, before.listing_read_at)
        if self._may_lack_older() and not is_recent and not is_walked:
            async for item in self.by_listing.find(whole=True):
                yield item
            self.crawl.note(listing_read_at=self.crawl.started_at)

    def _may_lack_older(self) -> bool:
        """True if the surface that named articles has only the newest: a short feed, sitemaps of news."""
        match self.crawl.report.surface:
            case "feed":
                return not self.by_feed.is_whole
            case "sitemap":
                return not self.by_sitemap.is_whole
        return False

    async def _only_in_feed(self, feed: Page) -> list[Listed]:
        """Return the articles in a feed that are missing in the listing.

        A listing from a cache misses the newest.
        """
        await self.crawl.settled()
        facts = self.crawl.facts
        entries = feeds.read_posts_feed(feed) or ()
        named = [replace(entry, url=urls.clean(entry.url)) for entry in entries]
        unknown = [entry for entry in named if not facts.holds(entry.url)]
        return [
            entry for entry in unknown if entry.post_id is None or facts.address_of(entry.post_id) is None
        ]
