"""Sync of the files of articles: new ones, and those that are due again, within the budget of a crawl."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from archive.core.records import Page
from crawler.config.keys.file_keys import FileLimits
from crawler.crawl import Crawl
from crawler.fetch.failures import OF_HOST
from crawler.fetch.walls import obstacle_of

MAX_FILE_REFUSALS = 5  # of one host in a row, after which its other files wait for the next crawl


class FileSync:
    """Sync of one source's files."""

    def __init__(self, crawl: Crawl, limits: FileLimits) -> None:
        self.crawl = crawl
        self.limits = limits
        self._refusals: Counter[str] = Counter()

    async def due(self, *, with_revisits: bool) -> AsyncIterator[Page]:
        """Yield the responses for files never requested; with `with_revisits` also for due ones.

        A crawl without news revisits them once a day.
        """
        crawl, limits = self.crawl, self.limits
        if not limits.kinds:
            return
        await crawl.session.wait_until_fetched()  # their pages name the files
        await crawl.settled()
        wanted = crawl.facts.due_files(
            limits.kinds, crawl.started_at, limit=limits.per_crawl, with_revisits=with_revisits
        )
        for seen in wanted:
            host = urlsplit(seen.url).netloc
            if crawl.session.is_closing:
                return
            if self._refusals[host] >= MAX_FILE_REFUSALS:
                continue
            page = await crawl.session.fetch_file(seen, max_bytes=limits.bytes)
            self._refusals[host] = self._refusals[host] + 1 if _is_refused(page) else 0
            yield page


def _is_refused(page: Page) -> bool:
    """True if a host did not answer, or with a wall: it will do so for its other files, too."""
    return page.error in OF_HOST or obstacle_of(page) is not None
