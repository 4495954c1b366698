"""Discovery of articles by the public API of the system that runs the site."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from archive.core import urls
from archive.core.records import PageKind
from archive.tables.observations import Listing
from crawler.crawl import Crawl
from crawler.discovery.api_access import api_access
from crawler.discovery.front_page import FrontPage
from crawler.discovery.sitemap_strategy import SitemapStrategy
from crawler.frontier.addresses import Listed
from crawler.frontier.cut_off import leave
from crawler.frontier.endless import Course
from crawler.frontier.frontier import Frontier


class ApiStrategy:
    """Discovery of articles by an API that the front page leads to, and of those that it omits."""

    def __init__(self, crawl: Crawl, frontier: Frontier, front: FrontPage, sitemaps: SitemapStrategy) -> None:
        self.crawl = crawl
        self.frontier = frontier
        self.front = front
        self.sitemaps = sitemaps

    async def find(self, *, recent: bool) -> AsyncIterator[Any]:
        """Yield the API's answers, and requests for the due articles in them.

        To its end, or with `recent` to the first answer without a due article. Nothing where the system has
        no API, or where it is closed to visitors.
        """
        crawl = self.crawl
        access = await api_access(crawl, self.front)
        url = access.url if access else None
        course = Course()
        named: set[str] = set()
        while access and url and urls.same_host(url, crawl.home):
            page = await access.fetch(PageKind.POSTS, url)
            entries = access.api.entries(page)
            if entries is None:
                access.note_unread(page)
                if crawl.report.surface:
                    crawl.report.missing_lists.append(f"{url} answered {page.error or page.status}")
                return
            yield page
            crawl.report.surface = "api"
            listed = [Listed(url=each.url, lastmod=each.changed, is_post=True) for each in entries]
            requests = list(self.frontier.requests(listed))
            for request in requests:
                yield request
            await crawl.session.wait_for_room()
            named.update(entry.url for entry in listed)
            if recent and not requests:
                return
            url = access.api.following(page)
            if url and not course.brings([entry.url for entry in listed]):
                leave(crawl, page, course.cut)
                return
        if named and not recent:
            async for request in self._beside(named):
                yield request
            yield Listing(source=crawl.source, looked_at=datetime.now(UTC), urls=frozenset(named))

    async def _beside(self, named: set[str]) -> AsyncIterator[Any]:
        """Yield requests for what only the sitemaps list, such as pages; add all their URLs to `named`."""
        await self.crawl.settled()
        async for listed in self.sitemaps.listed():
            named.update(entry.url for entry in listed)
            unknown = [entry for entry in listed if not self.crawl.facts.holds(entry.url)]
            for request in self.frontier.requests(unknown):
                yield request
                await self.crawl.session.wait_for_room()
