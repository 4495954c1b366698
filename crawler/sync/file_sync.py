"""Sync of the files of articles: new ones, and those that are due again, within the budget of a crawl."""

from __future__ import annotations

from collections.abc import AsyncIterator

from archive.core.records import Page
from crawler.config.keys.file_keys import FileLimits
from crawler.crawl import Crawl


class FileSync:
    """Sync of one source's files."""

    def __init__(self, crawl: Crawl, limits: FileLimits) -> None:
        self.crawl = crawl
        self.limits = limits

    async def due(self, *, with_revisits: bool) -> AsyncIterator[Page]:
        """Yield the responses for files never requested; with `with_revisits` also for due ones."""
        crawl, limits = self.crawl, self.limits
        if not limits.kinds:
            return
        await crawl.session.wait_until_fetched()  # their pages name the files
        await crawl.settled()
        wanted = crawl.facts.due_files(
            limits.kinds, crawl.started_at, limit=limits.per_crawl, with_revisits=with_revisits
        )
        for seen in wanted:
            if crawl.session.is_closing:
                return
            yield await crawl.session.fetch_file(seen, max_bytes=limits.bytes)
