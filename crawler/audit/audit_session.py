"""Session of an audit, with a budget of requests.

A response in trouble ends the listing that depends on it.
"""

from __future__ import annotations

from archive.core.records import Page, PageKind, Seen
from crawler.discovery.listings import NoListingError
from crawler.fetch import request_budget
from crawler.fetch.session import Session

FORBIDDEN = "Forbidden by robots.txt"  # Scrapy's text


class BudgetSpentError(Exception):
    """Budget of requests that is spent: the run has no request left."""


class AuditSession(Session):
    """Session with the site of an audit."""

    async def fetch(
        self,
        kind: PageKind,
        url: str,
        *,
        seen: Seen | None = None,
        renders: bool = False,
        scrolls: bool = False,
        key_parameter: str | None = None,
    ) -> Page:
        """Fetch a URL, within the budget.

        Raises BudgetSpentError, and NoListingError where the site is in trouble.
        """
        page = await super().fetch(
            kind, url, seen=seen, renders=renders, scrolls=scrolls, key_parameter=key_parameter
        )
        is_sent = self.crawler is None or not request_budget.is_spent(self.crawler)
        if page.status == 0 and not is_sent:
            raise BudgetSpentError
        if kind is not PageKind.ARTICLE and _is_trouble(page):
            raise NoListingError(page, closed=False)
        return page


def _is_trouble(page: Page) -> bool:
    """True if a response shows trouble, and nothing about its URL.

    Trouble is no response, a 429 or a 5xx.
    """
    is_refused = page.status in {0, 429} and page.error != FORBIDDEN
    return is_refused or page.status >= 500
