"""Time limit of a crawl, which ends it by force if necessary.

On the request it saves its page, as after a signal. A process that hangs cannot respond: a watchdog outside
of Python logs where it hangs and ends it, and the next run that finds its row without an end closes that row.
"""

from __future__ import annotations

import asyncio
import faulthandler
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import call_later

from crawler.fetch.session import report_of

CLOSING_SECONDS = 600.0  # the maximum to end by itself: a Retry-After wait and a late response


class TimeLimit:
    """Extension that bounds a crawl to BACKISSUE_LIMIT seconds."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.seconds = crawler.settings.getfloat("BACKISSUE_LIMIT")
        if not self.seconds:
            raise NotConfigured
        self._stopping: asyncio.Task[None] | None = None
        grace = min(10 * self.seconds, CLOSING_SECONDS)
        faulthandler.dump_traceback_later(self.seconds + grace, exit=True)
        crawler.signals.connect(self.begin, signal=signals.spider_opened)
        crawler.signals.connect(self.end, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return an instance for a crawler; Scrapy calls it."""
        return cls(crawler)

    def begin(self) -> None:
        """Start the timer."""
        self._alarm = call_later(self.seconds, self._ask)

    def end(self) -> None:
        """Cancel the timer and the watchdog."""
        self._alarm.cancel()
        faulthandler.cancel_dump_traceback_later()

    def _ask(self) -> None:
        report_of(self.crawler).limit_seconds = self.seconds
        self._stopping = asyncio.get_running_loop().create_task(self.crawler.stop_async())
