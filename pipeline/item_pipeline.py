"""The glue between Scrapy and the archive.

Each Page is kept raw, read, and saved.

The raw page is kept first; every later fault can be corrected by reading it again. This is the only file of
this room that depends on Scrapy.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self, cast

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from archive.core.answers.reader_guard import CODES, Unread, problem_of
from archive.core.crawl_report import CrawlReport
from archive.core.errors import ArchiveError, BusyError, LockedError
from archive.core.records import POST, Extract, OverlapLost, Page, PageKind, Problem, Quality, Saved, Site
from archive.files.media import Media
from archive.files.media import beside as media_beside
from archive.files.raw_pages import Pages, raw_pages_path
from archive.storage import files
from archive.storage.archive import Archive
from archive.storage.coverage_records import Proof, TypeCount
from archive.tables import visits
from archive.tables.observations import Look
from archive.tables.visits import GOOD
from pipeline.crawl_reader import Begun, CrawlReader
from pipeline.extractor_version import extractor_version
from pipeline.reading import InterruptedReadingError

Item = Page | Look | Proof | TypeCount | OverlapLost | Unread

LOCK_WAIT_SECONDS = 300.0  # for another program that has locked the archive
PAUSE_SECONDS = 5.0  # between two tries
BLOCKING_MILLISECONDS = 2000  # for which SQLite may wait in one try, while all other work waits

logger = logging.getLogger(__name__)


class ItemPipeline:
    """Keeps, reads and saves what the spider fetches, one page at a time, in order."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.report: CrawlReport = cast("Any", crawler.spider).report
        pauses = crawler.settings.getfloat("DOWNLOAD_DELAY") > 0
        self.reader = CrawlReader(stopping=lambda: not crawler.crawling, pauses=pauses)
        path = Path(crawler.settings["BACKISSUE_ARCHIVE"])
        self.archive = Archive.open(path)
        self.pages = Pages.open(raw_pages_path(path))
        self.archive.db.execute(f"PRAGMA busy_timeout = {BLOCKING_MILLISECONDS}")
        self._turn = asyncio.Lock()  # one item after another, in the order of arrival
        self._said: set[str] = set()
        self._patience_seconds = crawler.settings.getfloat("BACKISSUE_LOCK_WAIT", LOCK_WAIT_SECONDS)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make one for a crawler; called by Scrapy."""
        return cls(crawler)

    def close_spider(self) -> None:
        """Close both files, and end the workers."""
        self.reader.close()
        self.pages.close()
        self.archive.close()

    async def process_item(self, item: Item) -> Item:
        """Keep, read and save one page, or record a check of stored comments or the site's count.

        Items are taken in their order. Where another program has locked the archive, it is waited for; where
        the archive cannot be written, the report states it, and from there on nothing is tried or requested.
        """
        begun = None
        if isinstance(item, Page) and self.report.fault is None:
            begun = self.reader.begin(item, self._site)
        try:
            async with self._turn:
                return await self._take_when_free(item, begun)
        finally:
            if begun is not None:
                begun.cancel()  # where nothing could be saved

    @property
    def _site(self) -> Site:
        site: Site = cast("Any", self.crawler.spider).site
        return site

    async def _take_when_free(self, item: Item, begun: Begun | None) -> Item:
        end = time.monotonic() + self._patience_seconds
        try:
            while self.report.fault is None:
                try:
                    await self._take(item, begun)
                except LockedError:
                    if time.monotonic() > end or self._is_closing():
                        raise
                    self._say_once("Another program holds the archive; the crawl waits for it.")
                    await asyncio.sleep(PAUSE_SECONDS)
                else:
                    return item
            raise DropItem("The archive cannot be written.", log_level="DEBUG")
        except (ArchiveError, BusyError) as error:
            self.report.fault = error
            raise DropItem(str(error), log_level="DEBUG") from error

    def _say_once(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            logger.warning("%s", sentence)

    def _is_closing(self) -> bool:
        """True if the crawl is to end.

        Then nothing is waited for.
        """
        if self.crawler.engine is None:
            return True
        slot = self.crawler.engine._slot
        return slot is None or slot.closing is not None

    async def _take(self, item: Item, begun: Begun | None) -> None:
        if isinstance(item, Proof):
            self.archive.coverage.note(item)
        elif isinstance(item, TypeCount):
            self.archive.coverage.note_type(item)
        elif isinstance(item, OverlapLost):
            self.archive.note_state(item.source, overlap_lost_at=item.at)
        elif isinstance(item, Unread):
            visits.note_unread(self.archive.db, item)
            self._count_unread((item.problem,))
        elif isinstance(item, Page) and item.kind is PageKind.FILE:
            with Media.open(media_beside(self.archive.path)) as media:
                self.report.saved += files.save_file(self.archive.db, media, item)
        elif isinstance(item, Page):
            await self._save(item, begun)
        else:
            self.report.saved += self.archive.note_look(item)

    async def _save(self, page: Page, begun: Begun | None) -> None:
        if page.served is not None:
            self.pages.keep(page.served)
        kept = None
        if page.body:
            kept = self.pages.keep(page, extractor_version())
        try:
            extract = await self.reader.read(page, self._site, begun)
        except InterruptedReadingError:  # no visit is noted, so that the next crawl reads it
            self.report.listings_lost += page.kind is not PageKind.ARTICLE
            return
        saved = self._saved(page, extract)
        if kept is not None:
            is_article = page.kind is PageKind.ARTICLE
            is_refused = is_article and (bool(saved.unproven) or not extract.articles)
            self.pages.note_saved(kept, is_refused=is_refused)
        good = (page.status in GOOD and not saved.unproven) or bool(saved.missed or saved.gone)
        if page.kind is PageKind.ARTICLE:
            self.report.pages_good += good
            self.report.pages_failed += not good
            self.report.pages_unproven += bool(saved.unproven) and not good
        self.report.saved += saved
        if not saved.unproven:
            self.report.quality += quality_of(page, extract)
        if page.kind is PageKind.POSTS:
            self.report.posts_listed += sum(each.type in {None, POST} for each in extract.articles)
        logger.debug("%s %s %s: %s", page.kind.value, page.status, page.url, _told(saved))

    def _saved(self, page: Page, extract: Extract) -> Saved:
        """Save an extract.

        Where a value is one that SQLite cannot keep, save that as the page's problem.
        """
        try:
            saved = self.archive.save(page, extract)
        except (ValueError, OverflowError) as error:
            problem = problem_of(error, page)
            extract = Extract(surface=extract.surface, problems=(problem,))
            saved = self.archive.save(page, extract)
        self._count_unread(extract.problems)
        if page.kind is not PageKind.ARTICLE and any(problem.code in CODES for problem in extract.problems):
            self.report.listings_lost += 1
        return saved

    def _count_unread(self, problems: Iterable[Problem]) -> None:
        self.report.unread.update(problem.code for problem in problems if problem.code in CODES)


def _told(saved: Saved) -> str:
    """Return a log line on what a page added."""
    counts = {name: getattr(saved, name) for name in Saved.__slots__}
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "nothing new"


def quality_of(page: Page, extract: Extract) -> Quality:
    """Return extraction counts of an article's first page.

    Zeros for any other page.
    """
    if page.kind is not PageKind.ARTICLE or page.status != HTTPStatus.OK:
        return Quality()
    if any(article.further or article.part > 1 for article in extract.articles):
        return Quality()
    if any(problem.code == "password-protected" for problem in extract.problems):
        return Quality()  # it gives no text to anybody
    article = next(iter(extract.articles), None)
    return Quality(
        pages_read=1,
        texts_missing=article is None or not article.text,
        dates_missing=article is None or article.published is None,
        authors_missing=article is None or not article.authors,
    )
