"""The run ledger's pen: a row for the crawl from its start, and an outcome in words at its end.

It holds the source's lock for as long as the crawl lives, so that no two runs of one source overlap,
whoever started them. What counts as which outcome is decided in `outcome`, by pure functions.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

from archive.changes import lastmod_trust, upheaval
from archive.core.database import transaction
from archive.core.errors import ArchiveError, BusyError
from archive.core.locks import PATIENCE, hold, lock_of
from archive.core.records import Page, PageKind, Quality, Saved
from archive.core.timestamps import to_text
from archive.queries import discovery_status, quality_drift
from archive.storage.archive import Archive
from archive.tables import rows, visits
from crawler.fetch import backoff
from crawler.frontier.due_dates import decide_due
from crawler.runs.outcome import Ended, kept_cursors, outcome_of
from crawler.spiders.news import spider_of

_CHANGED = """
SELECT articles.changed_at > ? AS changed FROM visits JOIN articles ON articles.id = article_id
WHERE visits.source = ? AND visits.url = ? AND good_at >= ?
"""


class RunLog:
    """Opens the run when the crawl is made, and closes it when the spider closes."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.spider = spider_of(crawler)
        site = self.spider.site
        path = Path(crawler.settings["BACKISSUE_ARCHIVE"])
        self._open = ExitStack()
        self._open.enter_context(hold(path, lock_of(site.name), wait=PATIENCE))
        self.archive = self._open.enter_context(Archive.open(path))
        self.started_at = datetime.now(UTC)
        self.archive.add_source(site, to_text(self.started_at) or "")
        self.archive.set_cursor(
            site.name, discovery_status.TLS, "" if self.spider.verify_tls else discovery_status.UNVERIFIED
        )
        decide_due(self.archive, site)
        claimed = crawler.settings.get("BACKISSUE_RUN")
        self.run_id = self.archive.runs.begin(site.name, "hand", self.started_at, claimed)
        crawler.stats.set_value("backissue/run", self.run_id)
        crawler.signals.connect(self.lose, signal=signals.item_error)
        crawler.signals.connect(self.lose, signal=signals.item_dropped)
        crawler.signals.connect(self.close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make one for a crawl of a source. Raises BusyError while another run of the source lives."""
        return cls(crawler)

    def lose(self, item: object) -> None:
        """Count a page that could not be saved: a fault of ours, and no such run is told to be well."""
        self.crawler.stats.inc_value("backissue/lost")
        if not isinstance(item, Page) or item.kind is not PageKind.ARTICLE:
            self.crawler.stats.inc_value("backissue/listings_lost")

    def close(self, reason: str) -> None:
        """Write the outcome, and let the lock go. Where that cannot be written, the stats say so."""
        with self._open:
            try:
                self._write(reason)
            except (ArchiveError, BusyError) as error:
                self.crawler.stats.set_value("backissue/fault", error)

    def _write(self, reason: str) -> None:
        """Write the outcome, and keep how far the listings were read."""
        spider, stats = self.spider, self.crawler.stats.get_stats()
        quality = self._quality()
        earlier = self.archive.runs.qualities(spider.site.name)
        with transaction(self.archive.db):
            found = upheaval.settle(self.archive.db, spider.site.name, datetime.now(UTC))
        for name, number in (("articles", found.articles), ("comments", found.comments)):
            edits = stats.get(f"backissue/{name}_changed", 0)
            self.crawler.stats.set_value(f"backissue/{name}_changed", max(0, edits - number))
        ended = Ended(
            reason=reason,
            rung=spider.rung,
            refusals=(*spider.refusals, *spider.cut_off),
            saved=Saved(**{name: stats.get(f"backissue/{name}", 0) for name in Saved.__slots__}),
            stats=stats,
            quality=quality,
            relisted="posts-all" in spider.cursors,
            drift=quality_drift.alarm(quality, earlier),
            upheaval=found.sentence,
            obstacle=spider.obstacles.sentence,
        )
        outcome, sentence = outcome_of(ended)
        cursors = kept_cursors(ended, outcome, spider.cursors)
        notes = {name: to_text(moment) or "" for name, moment in cursors.items()} | spider.marks
        if "backissue/refused" in stats:
            before = rows.bookmark(self.archive.db, spider.site.name, backoff.REFUSED)
            notes |= backoff.after(True, before, datetime.now(UTC))
        notes |= self._learned()
        for name, note in notes.items():
            self.archive.set_cursor(spider.site.name, name, note)
        decide_due(self.archive, spider.site)
        if ended.relisted and outcome in {"ok", "partial"}:
            visits.end_unread(self.archive.db, spider.site.name, self.started_at, datetime.now(UTC))
        self.archive.coverage.settle(spider.site.name, datetime.now(UTC))
        self.archive.runs.end(
            replace(
                self.archive.runs.get(self.run_id),
                ended_at=datetime.now(UTC),
                outcome=outcome,
                requests=stats.get("downloader/request_count", 0),
                bytes=stats.get("downloader/response_bytes", 0),
                saved=ended.saved,
                sentence=sentence,
                quality=quality,
            )
        )

    def _learned(self) -> dict[str, str]:
        """The note of whether moved dates of modification meant a change in this run."""
        name, since = self.spider.site.name, to_text(self.started_at) or ""
        found = [
            rows.one(self.archive.db, _CHANGED, to_text(before), name, url, since)
            for url, before in self.spider.by_mark.items()
        ]
        changed = sum(bool(row["changed"]) for row in found if row)
        if not any(found):
            return {}
        trust = lastmod_trust.read(rows.bookmark(self.archive.db, name, lastmod_trust.NOTE))
        return {
            lastmod_trust.NOTE: lastmod_trust.write(trust.after(sum(map(bool, found)) - changed, changed))
        }

    def _quality(self) -> Quality:
        """Return the counts of this run's extraction."""
        stats = self.crawler.stats.get_stats()
        counts = {name: stats.get(f"backissue/{name}", 0) for name in Quality.__slots__}
        short = self.archive.runs.threads_short(self.spider.site.name, self.started_at)
        return Quality(**{**counts, "threads_short": short})
