"""Front page of a site: its declarations, and site-wide walls."""

from __future__ import annotations

from datetime import timedelta

from archive.core.crawl_state import Declared
from archive.core.records import Page, PageKind
from crawler.crawl import RELIST, Crawl
from crawler.discovery import declared, listing_pages
from pipeline.platforms.adapter import Platform
from pipeline.platforms.registry import may_be_wordpress, platform_named

DECLARATIONS_MAX_AGE = timedelta(days=1)  # then the front page is parsed again


class FrontPage:
    """Front page of one site in one crawl.

    It is fetched at most once, and only on demand.
    """

    def __init__(self, crawl: Crawl) -> None:
        self.crawl = crawl
        self._declared: Declared | None = None
        self._is_fetched = False

    async def is_unchanged(self) -> bool:
        """True if the front page of a site without a feed links what it linked before.

        Only within a day of a complete listing by sitemaps or listing pages; the page is fetched for it.
        """
        before = self.crawl.before
        is_listed = before.surface in {"sitemap", "listing"}
        if before.front_links is None or not is_listed:
            return False
        if not self.crawl.is_within(RELIST, before.posts_listed_at):
            return False
        await self._fetch(renders=True)
        return self.crawl.after.front_links == before.front_links

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

    async def platform(self) -> Platform | None:
        """Return the system that runs the site, if its front page names one."""
        return platform_named((await self.declared()).platform)

    @property
    def may_have_rest(self) -> bool:
        """True unless the site is identified as run by another system than WordPress."""
        return may_be_wordpress(self.crawl.platform)

    async def is_walled_off(self) -> bool:
        """True if the site is closed, front page included.

        Some sites close only REST and the feeds.
        """
        obstacles = self.crawl.session.obstacles
        if obstacles.is_suspected and not self._is_fetched:
            await self._fetch()
        return obstacles.is_suspected

    async def _fetch(self, *, renders: bool = False) -> Page:
        self._is_fetched = True
        url = self.crawl.home + "/"
        page = await self.crawl.session.fetch(PageKind.LISTING, url, renders=renders)
        if digest := listing_pages.links_digest(listing_pages.read_listing_page(page)):
            self.crawl.note(front_links=digest)
        return page
