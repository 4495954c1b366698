"""Progress of a run: a bar on a terminal, otherwise plain lines.

Written to standard error, so that standard output stays free for data; an idle crawl shows nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from archive.cli.console import say
from archive.core.records import Page, PageKind
from archive.storage.coverage_records import Proof
from crawler.spiders.source import SourceSpider

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

    from crawler.audit.findings import Findings

LINE_SECONDS = 10.0  # the pause between plain lines
QUIET_SECONDS = 1.0  # a shorter crawl shows nothing


class Progress:
    """Extension that shows the progress of a run.

    It counts the saved pages of a crawl, or the proved months of an audit.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("BACKISSUE_PROGRESS", True):
            raise NotConfigured
        if not isinstance(crawler.spider, SourceSpider) or not crawler.spider.is_crawl():
            raise NotConfigured("only runs of a source show their progress")
        self.spider = crawler.spider
        self.began = self.shown = time.monotonic()
        self.findings: Findings | None = getattr(self.spider, "findings", None)  # those of an audit
        self.console: Console | None = None
        self.done = 0
        self.bar: Bar | None = None
        crawler.signals.connect(self.item_saved, signal=signals.item_scraped)
        crawler.signals.connect(self.close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return an instance for a crawler; Scrapy calls it."""
        return cls(crawler)

    def item_saved(self, item: object) -> None:
        """Count a saved item, and show the progress when it is time."""
        if self.findings is not None:
            self.done += isinstance(item, Proof)
        else:
            is_page = isinstance(item, Page) and item.kind is PageKind.ARTICLE
            self.done += is_page
        now = time.monotonic()
        if now - self.began < QUIET_SECONDS or not self._expected:
            return
        if self.console is None:
            from rich.console import Console  # noqa: PLC0415  (slow to import, and most crawls are idle)

            self.console = Console(stderr=True)
        if self.console.is_terminal:
            self._draw()
        elif now - self.shown >= LINE_SECONDS:
            self.shown = now
            say(f"{self.spider.site.name}: {self._counts()}")

    def close(self) -> None:
        """Remove the bar; the caller of the run prints its outcome."""
        if self.bar is not None:
            self.bar.stop()

    @property
    def _expected(self) -> int:
        if self.findings is not None:
            return self.findings.expected
        return self.spider.report.pages_expected

    @property
    def _noun(self) -> str:
        if self.findings is None:
            return "pages read"
        return "months checked"

    def _counts(self) -> str:
        comments = self.spider.report.saved.comments_new
        progress = f"{self.done:,} of {self._expected:,} {self._noun}"
        return f"{progress}, {comments:,} new comments"

    def _draw(self) -> None:
        from rich.progress import (  # noqa: PLC0415  (only a terminal shows it)
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.progress import Progress as Bar  # noqa: PLC0415

        if self.bar is None:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn(f"{self._noun} · {{task.fields[comments]:,}} comments ·"),
                TimeElapsedColumn(),
            )
            self.bar = Bar(*columns, console=self.console, transient=True)
            self.task = self.bar.add_task(self.spider.site.name, total=None, comments=0)
            self.bar.start()
        comments = self.spider.report.saved.comments_new
        self.bar.update(self.task, completed=self.done, total=self._expected, comments=comments)
