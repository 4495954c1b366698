"""Session of an audit: it has a budget of requests, and an answer that is none ends what depends on it."""

from __future__ import annotations

from archive.core.records import Page, PageKind, Seen
from crawler.discovery.listings import NoListingError
from crawler.fetch import request_budget
from crawler.fetch.session import Session

FORBIDDEN = "Forbidden by robots.txt"  # as Scrapy says it


class BudgetSpentError(Exception):
    """The run has no request left."""


class AuditSession(Session):
    """Session with a site that is audited."""

    async def fetch(self, kind: PageKind, url: str, *, seen: Seen | None = None) -> Page:
        """Fetch a URL. Raises BudgetSpentError, and NoListingError where the site is in trouble."""
        page = await super().fetch(kind, url, seen=seen)
        if page.status == 0 and self.crawler is not None and request_budget.is_spent(self.crawler):
            raise BudgetSpentError
        if kind is not PageKind.ARTICLE and _is_trouble(page):
            raise NoListingError(page, closed=False)
        return page


def _is_trouble(page: Page) -> bool:
    """True if an answer says that the site is in trouble, and nothing about what was requested."""
    return (page.status in {0, 429} and page.error != FORBIDDEN) or page.status >= 500
