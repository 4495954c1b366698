"""A limit on the requests of one run: what goes beyond it is not sent.

It counts what Scrapy's own statistics count: pages, robots.txt, redirects and further tries alike.
"""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Request


class BudgetMiddleware:
    """Refuses requests once BACKISSUE_BUDGET of them were sent."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make one for a run that has a budget. Raises NotConfigured for others."""
        if not crawler.settings.getint("BACKISSUE_BUDGET"):
            raise NotConfigured
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let a request pass, or raise IgnoreRequest."""
        if is_spent(self.crawler):
            raise IgnoreRequest(f"{request.url} is beyond this run's budget of requests")


def is_spent(crawler: Crawler) -> bool:
    """True if a run has a budget and has no request left."""
    budget: int = crawler.settings.getint("BACKISSUE_BUDGET")
    sent: int = crawler.stats.get_value("downloader/request_count", 0)
    return 0 < budget <= sent
