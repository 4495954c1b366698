"""Sync of the files of articles: pictures, documents and sound, within their limits.

New files first, then those that are due again, each by a conditional request. A file is asked for on the
site's own hosts only, as every other URL. Does not: keep a file.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

from archive.core.records import Page, PageKind, Seen
from archive.queries.wanted_files import WantedFile, wanted_files
from crawler.crawl import Crawl

logger = logging.getLogger(__name__)


class FileSync:
    """Sync of one source's files in one crawl."""

    def __init__(self, crawl: Crawl) -> None:
        self.crawl = crawl

    async def run(self) -> AsyncIterator[Page]:
        """Yield the responses of the files that are due, until the crawl's budget of bytes is spent.

        Nothing where the source keeps no files. What is left is due in the next crawl.
        """
        crawl = self.crawl
        media = crawl.site.media
        if media is None:
            return
        await crawl.session.wait_for_rest()  # the articles that show them must be saved first
        await crawl.settled()
        due = list(wanted_files(crawl.facts.archive, crawl.source, media.kinds, crawl.started_at))
        left = media.crawl_bytes
        for number, wanted in enumerate(due):
            if left <= 0 or crawl.session.is_closing or crawl.session.wait_until is not None:
                logger.info("%s: %d files are left for the next crawl.", crawl.source, len(due) - number)
                return
            page = await crawl.session.fetch(
                PageKind.FILE, wanted.url, seen=_visit(wanted), max_bytes=media.file_bytes
            )
            left -= len(page.body)
            yield page


def _visit(wanted: WantedFile) -> Seen | None:
    """Return the earlier visit to a file, for a conditional request."""
    seen = wanted.seen
    if seen is None:
        return None
    return Seen(
        url=wanted.url,
        status=200,
        fetched_at=seen.looked_at,
        etag=seen.etag,
        last_modified=seen.last_modified,
    )
