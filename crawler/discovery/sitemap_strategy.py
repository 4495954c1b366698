"""Discovery of articles by the site's sitemaps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from archive.core import urls
from archive.core.records import Page, PageKind
from archive.tables.observations import Listing
from crawler.crawl import Crawl
from crawler.discovery import sitemaps
from crawler.frontier.addresses import Listed
from crawler.frontier.cut_off import leave
from crawler.frontier.endless import Course
from crawler.frontier.frontier import Frontier
from pipeline.platforms.news_sitemap import is_news_sitemap

BARREN_FILES = 100  # sitemaps in a row without a new URL end the walk


class SitemapStrategy:
    """Discovery of articles by the sitemaps."""

    def __init__(self, crawl: Crawl, frontier: Frontier) -> None:
        self.crawl = crawl
        self.frontier = frontier
        self._is_partly = False  # files that did not change were left out
        self.is_whole = False  # not all of the sitemaps are of news, which have the newest only
        self._news: list[Page] = []

    async def find(self, *, recent: bool = False) -> AsyncIterator[Any]:
        """Yield requests for the due articles, then the listing of all URLs, and the sitemaps of news.

        With `recent`, at most a day after a complete listing, files that an index dates before it are not
        read again.
        """
        named: set[str] = set()
        async for listed in self.listed(self.crawl.before.posts_listed_at if recent else None):
            self.crawl.report.surface = "sitemap"
            named |= {entry.url for entry in listed}
            for request in self.frontier.requests(listed):
                yield request
                await self.crawl.session.wait_for_room()
        if self._is_partly:
            self.crawl.report.surface = "sitemap"
        if self._news:
            await self.crawl.session.wait_until_fetched()
            await self.crawl.settled()
        for page in self._news:
            yield replace(page, kind=PageKind.POSTS_FEED)  # it states titles and dates, as a feed does
        if named and self.is_whole:
            now = datetime.now(UTC)
            yield Listing(source=self.crawl.source, looked_at=now, urls=frozenset(named))

    async def listed(self, since: datetime | None = None) -> AsyncIterator[tuple[Listed, ...]]:
        """Yield the articles of the site's sitemaps, one file at a time; of those changed `since` then."""
        session = self.crawl.session
        is_named = bool(session.sitemaps)
        waiting = list(session.sitemaps or sitemaps.sitemap_candidates(self.crawl.home, self.crawl.platform))
        seen: set[str] = set()
        course = Course(barren=BARREN_FILES, pages=sitemaps.MAX_FILES)
        while waiting and len(seen) < sitemaps.MAX_FILES:
            url = waiting.pop(0)
            if url in seen or not urls.same_host(url, self.crawl.home):
                continue
            seen.add(url)
            page = await session.fetch(PageKind.LISTING, url)
            sitemap = sitemaps.read_sitemap(page, self.crawl.site.wants_type)
            found = [entry.url for entry in sitemap.listed] if sitemap else []
            if not course.brings(found):
                leave(self.crawl, page, course.cut)
                waiting.clear()
            if sitemap is None:
                continue
            if course.cut is None:
                others = waiting if is_named or not sitemap.sitemaps else []
                further = sitemap.sitemaps if since is None else sitemap.changed_since(since)
                self._is_partly |= len(further) < len(sitemap.sitemaps)
                waiting = [*further, *others]
            is_news = is_news_sitemap(page)
            self.is_whole |= bool(sitemap.listed) and not sitemap.is_cut and not is_news
            if is_news:
                self._news.append(page)
            if articles := tuple(filter(self.frontier.is_article, sitemap.listed)):
                yield articles
        self.is_whole &= not self._is_partly
