"""Front page of a site: its declarations, and site-wide walls."""

from __future__ import annotations

from datetime import timedelta

from archive.core.crawl_state import Declared
from archive.core.records import Page, PageKind
from crawler.crawl import Crawl
from crawler.discovery import declared

DECLARATIONS_MAX_AGE = timedelta(days=1)  # then the front page is parsed again


class FrontPage:
    """Front page of one site in one crawl.

    It is fetched at most once, and only on demand.
    """

    def __init__(self, crawl: Crawl) -> None:
        self.crawl = crawl
        self._declared: Declared | None = None
        self._is_fetched = False

    async def declared(self) -> Declared:
        """Return the declarations of the front page, cached for a day."""
        before = self.crawl.before
        is_cached = self.crawl.is_within(DECLARATIONS_MAX_AGE, before.declared_at)
        if self._declared is None and is_cached:
            self._declared = before.declared or Declared()
        if self._declared is None:
            page = await self._fetch()
            self._declared = declared.read_declared(page, self.crawl.home)
            self.crawl.note(declared=self._declared, declared_at=self.crawl.started_at)
        return self._declared

    async def is_walled_off(self) -> bool:
        """True if the whole site is closed, its front page included.

        Some sites close only REST and the feeds.
        """
        obstacles = self.crawl.session.obstacles
        if obstacles.is_suspected and not self._is_fetched:
            await self._fetch()
        return obstacles.is_suspected

    async def _fetch(self) -> Page:
        self._is_fetched = True
        url = self.crawl.home + "/"
        return await self.crawl.session.fetch(PageKind.LISTING, url)
