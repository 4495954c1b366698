"""Entries of the public API of the system that runs a site, as proof of its articles."""

from __future__ import annotations

from collections.abc import AsyncIterator

from archive.core import urls
from archive.core.records import PageKind
from crawler.crawl import Crawl
from crawler.discovery.api_access import api_access
from crawler.discovery.front_page import FrontPage
from crawler.frontier.addresses import Listed
from crawler.frontier.endless import Course


class ApiEntries:
    """Articles that an API lists; `is_whole` is True once it was read to its end."""

    def __init__(self, crawl: Crawl, front: FrontPage) -> None:
        self.crawl = crawl
        self.front = front
        self.is_whole = False

    async def read(self) -> AsyncIterator[Listed]:
        """Yield the entries of the API's answers.

        Nothing where the system has no API, or where it is closed to visitors.
        """
        crawl = self.crawl
        access = await api_access(crawl, self.front)
        url = access.url if access else None
        course = Course()
        while access and url and urls.same_host(url, crawl.home):
            page = await access.fetch(PageKind.LISTING, url)
            entries = access.api.entries(page)
            if entries is None:
                return
            for entry in entries:
                yield Listed(url=entry.url, lastmod=entry.changed, is_post=True)
            url = access.api.following(page)
            self.is_whole = url is None and bool(entries)
            if url and not course.brings([entry.url for entry in entries]):
                crawl.report.missing_lists.append(f"{page.url} goes on without end")
                return
