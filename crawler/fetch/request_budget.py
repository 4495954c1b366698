"""Budget of requests of one run, beyond which no request is sent.

Counts what Scrapy's statistics count: pages, robots.txt, redirects and each retry.
"""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Request


class BudgetMiddleware:
    """Middleware that refuses requests after BACKISSUE_BUDGET of them."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return an instance for a run with a budget.

        Raises NotConfigured for a run without one.
        """
        if not crawler.settings.getint("BACKISSUE_BUDGET"):
            raise NotConfigured
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Pass a request on. Raises IgnoreRequest when the budget is spent."""
        if is_spent(self.crawler):
            raise IgnoreRequest(f"{request.url} is beyond this run's budget of requests")


def is_spent(crawler: Crawler) -> bool:
    """True if a run has a budget and has no request left."""
    budget: int = crawler.settings.getint("BACKISSUE_BUDGET")
    sent: int = crawler.stats.get_value("downloader/request_count", 0)
    return 0 < budget <= sent
