"""Recorder of runs: a row in the run ledger for each.

It has the source's lock for the whole run, so that no two runs of one source overlap, whoever started them.
Does not: conclude how a run has ended. Invariant: only the recorder writes the state that a run leaves.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from archive.changes import upheaval
from archive.copies.queue import has_waiting_texts
from archive.core.crawl_state import Closure, CrawlState, after_run
from archive.core.database import transaction
from archive.core.errors import ArchiveError, BusyError
from archive.core.locks import PATIENCE, hold, lock_of
from archive.core.records import Page, PageKind
from archive.core.timestamps import to_text
from archive.storage.archive import Archive
from archive.tables import crawl_states, visits
from crawler.frontier.due_dates import decide_due
from crawler.runs import crawl_conclusion
from crawler.runs.conclusion import Conclusion, RunEnd
from crawler.runs.sealing import seal_after_run
from crawler.spiders.news import NewsSpider
from crawler.spiders.source import SourceSpider

_COPIES_SECONDS = 60.0  # limit for comparing new texts with all others; the next run continues


class RunRecorder:
    """Extension that opens a run, and closes it with its spider."""

    def __init__(self, crawler: Crawler) -> None:
        if not isinstance(crawler.spider, SourceSpider) or not crawler.spider.is_crawl():
            raise NotConfigured("only runs of a source are recorded")
        self.crawler = crawler
        self.spider = crawler.spider
        self.site = self.spider.site
        path = Path(crawler.settings["BACKISSUE_ARCHIVE"])
        self._open = ExitStack()
        lock = hold(path, lock_of(self.site.name), wait=PATIENCE)
        self._open.enter_context(lock)
        claimed = crawler.settings.get("BACKISSUE_RUN")
        self.archive = self._open.enter_context(Archive.open(path, create=claimed is None))
        self.started_at = datetime.now(UTC)
        moment = to_text(self.started_at) or ""
        self.archive.add_source(self.site, moment)
        spider = self.spider
        self.archive.note_state(self.site.name, verifies_tls=spider.verify_tls, renders=spider.renders)
        if isinstance(self.spider, NewsSpider):
            decide_due(self.archive, self.site)
            self._settle_cut_off()
        self.before = crawl_states.load(self.archive.db, self.site.name)
        kind = self.spider.kind
        self.run_id = self.archive.runs.begin(self.site.name, "hand", self.started_at, claimed, kind=kind)
        self.spider.report.run_id = self.run_id
        crawler.signals.connect(self.lose, signal=signals.item_error)
        crawler.signals.connect(self.lose, signal=signals.item_dropped)
        crawler.signals.connect(self.close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return an instance for a run of a source.

        Raises BusyError while another run of the source is active.
        """
        return cls(crawler)

    def _settle_cut_off(self) -> None:
        """Find source-wide events in what an interrupted crawl had saved."""
        last = self.archive.runs.newest(self.site.name)
        if last is not None and last.outcome in {None, "interrupted"}:
            with transaction(self.archive.db):
                upheaval.settle(self.archive.db, self.site.name, self.started_at)

    def lose(self, item: object) -> None:
        """Count an item that could not be saved, an error of ours.

        A run with one is never complete.
        """
        self.spider.report.lost += 1
        if not isinstance(item, Page) or item.kind is not PageKind.ARTICLE:
            self.spider.report.listings_lost += 1

    def close(self, reason: str) -> None:
        """Write the outcome, and release the lock.

        An error while writing is recorded in the report.
        """
        with self._open:
            try:
                self._write(reason)
            except (ArchiveError, BusyError) as error:
                self.spider.report.fault = error

    def _write(self, reason: str) -> None:
        spider = self.spider
        report = self.spider.report
        stats = self.crawler.stats.get_stats()
        closure = self._met_closure()
        report.obstacle = None
        if closure is not None:
            report.obstacle = closure.sentence
        end = RunEnd(
            archive=self.archive,
            reason=reason,
            exceptions=stats.get("spider_exceptions/count", 0),
            before=self.before,
            state=self._state(closure),
            started_at=self.started_at,
        )
        conclusion = self._conclude(end)
        self.archive.keep_state(self.site.name, self.before, conclusion.state)
        if isinstance(spider, NewsSpider):
            self._settle(conclusion)
        ended = replace(
            self.archive.runs.get(self.run_id),
            ended_at=datetime.now(UTC),
            outcome=conclusion.outcome,
            requests=stats.get("downloader/request_count", 0),
            bytes=stats.get("downloader/response_bytes", 0),
            saved=report.saved,
            sentence=conclusion.sentence,
            quality=conclusion.quality,
        )
        self.archive.runs.end(ended)
        agent = self.crawler.settings["USER_AGENT"]
        if report.fault is None and has_waiting_texts(self.archive.db, self.archive.path):
            from archive.copies.update import update_after_run  # noqa: PLC0415  (slow to import)

            update_after_run(self.archive.db, self.archive.path, _COPIES_SECONDS)
        seal_after_run(self.archive, spider.proof, datetime.now(UTC), agent=agent)

    def _met_closure(self) -> Closure | None:
        """Return the wall that closed the site, if any."""
        obstacles = self.spider.session.obstacles
        report = self.spider.report
        found = obstacles.found
        if found is None and (report.refused_requests or report.retry_after_seconds):
            found = obstacles.last
        if found is None:
            return None
        obstacle, sentence = found
        return Closure(kind=obstacle.kind, sentence=sentence, since=self.started_at)

    def _state(self, closure: Closure | None) -> CrawlState:
        """Return the state that the run leaves.

        With the site's requested wait and its closure.
        """
        crawl = self.spider.crawl
        wait_until = self.spider.session.wait_until
        state = self.before
        if crawl is not None:
            state = crawl.after
        is_open = self.spider.session.obstacles.site.is_open
        left = after_run(self.before.closure, closure, is_open=is_open)
        state = replace(state, closure=left)
        if wait_until:
            state = replace(state, wait_until=wait_until)
        return state

    def _conclude(self, end: RunEnd) -> Conclusion:
        if isinstance(self.spider, NewsSpider):
            return crawl_conclusion.conclude_crawl(end, self.spider)
        from crawler.runs import audit_conclusion  # noqa: PLC0415  (a crawl does not need it)
        from crawler.spiders.verify import VerifySpider  # noqa: PLC0415

        if isinstance(self.spider, VerifySpider):
            return audit_conclusion.conclude_audit(end, self.spider)
        raise TypeError(f"runs of {type(self.spider).__name__} have no conclusion")

    def _settle(self, conclusion: Conclusion) -> None:
        """Decide due dates, and end solved problems and filled gaps."""
        now = datetime.now(UTC)
        decide_due(self.archive, self.site)
        if conclusion.is_relisted:
            visits.end_unread(self.archive.db, self.site.name, self.started_at, now)
        self.archive.coverage.settle(self.site.name, now)
