"""How far a crawl is, on the terminal: a bar with counts where there is one, else plain lines.

It writes to standard error, so that standard output stays free for data; an idle crawl shows nothing.
"""

from __future__ import annotations

import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from archive.cli.console import say
from archive.core.records import Page, PageKind
from crawler.spiders.news import spider_of

EVERY = 10.0  # seconds between plain lines
PATIENCE = 1.0  # seconds a crawl may take before anything is shown


class Progress:
    """Follows the pages as they are saved."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("BACKISSUE_PROGRESS", True):
            raise NotConfigured
        self.spider = spider_of(crawler)
        self.stats = crawler.stats
        self.began = self.told = time.monotonic()
        self.console = Console(stderr=True)
        self.done = 0
        self.bar: Bar | None = None
        crawler.signals.connect(self.page_saved, signal=signals.item_scraped)
        crawler.signals.connect(self.close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make one for a crawler, as Scrapy asks."""
        return cls(crawler)

    def page_saved(self, item: object) -> None:
        """Count a page that was saved, and show it when it is time."""
        self.done += isinstance(item, Page) and item.kind is PageKind.ARTICLE
        now = time.monotonic()
        if now - self.began < PATIENCE or not self.spider.expected:
            return
        if self.console.is_terminal:
            self._draw()
        elif now - self.told >= EVERY:
            self.told = now
            say(f"{self.spider.site.name}: {self._counts()}")

    def close(self) -> None:
        """Take the bar away; the outcome is told by whoever started the crawl."""
        if self.bar is not None:
            self.bar.stop()

    def _counts(self) -> str:
        comments = self.stats.get_value("backissue/comments_new", 0)
        return f"{self.done:,} of {self.spider.expected:,} pages read, {comments:,} new comments"

    def _draw(self) -> None:
        if self.bar is None:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("pages · {task.fields[comments]:,} comments ·"),
                TimeElapsedColumn(),
            )
            self.bar = Bar(*columns, console=self.console, transient=True)
            self.task = self.bar.add_task(self.spider.site.name, total=None, comments=0)
            self.bar.start()
        comments = self.stats.get_value("backissue/comments_new", 0)
        total = self.spider.expected
        self.bar.update(self.task, completed=self.done, total=total, comments=comments)
