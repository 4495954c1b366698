"""The run ledger's pen for a verification: its row from the start, its outcome in words at its end.

It holds the source's lock like a crawl's, so that neither overlaps the other, and says on standard
error how far it is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from archive.core.errors import ArchiveError, BusyError
from archive.core.formatting import count
from archive.core.locks import PATIENCE, hold, lock_of
from archive.core.records import Saved
from archive.core.timestamps import to_text
from archive.storage.archive import Archive
from archive.storage.coverage_records import Proof, by_what
from crawler.spiders.verify import VerifySpider

EVERY = 10.0  # seconds between two lines


class VerifyLog:
    """Opens the run when the verification is made, and closes it when the spider closes."""

    def __init__(self, crawler: Crawler) -> None:
        if not isinstance(crawler.spider, VerifySpider):
            raise NotConfigured("this component is for verifications")
        self.crawler, self.spider = crawler, crawler.spider
        path = Path(crawler.settings["BACKISSUE_ARCHIVE"])
        source = self.spider.source_name
        self._open = ExitStack()
        self._open.enter_context(hold(path, lock_of(source), wait=PATIENCE))
        self.archive = self._open.enter_context(Archive.open(path))
        self.started_at = datetime.now(UTC)
        self.archive.add_source(self.spider.site, to_text(self.started_at) or "")
        self.run_id = self.archive.runs.begin(source, "hand", self.started_at, kind="verify")
        crawler.stats.set_value("backissue/run", self.run_id)
        self.looked, self.told = 0, time.monotonic()
        crawler.signals.connect(self.follow, signal=signals.item_scraped)
        crawler.signals.connect(self.lose, signal=signals.item_error)
        crawler.signals.connect(self.close, signal=signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make one for a verification. Raises BusyError while another run of the source lives."""
        return cls(crawler)

    def follow(self, item: object) -> None:
        """Count a month that was looked at, and say now and then how many there were."""
        self.looked += isinstance(item, Proof)
        shown = self.crawler.settings.getbool("BACKISSUE_PROGRESS", True)
        if shown and time.monotonic() - self.told >= EVERY:
            self.told = time.monotonic()
            sys.stderr.write(
                f"{self.spider.source_name}: {self.looked:,} of {self.spider.expected:,} looked at\n"
            )
            sys.stderr.flush()

    def lose(self) -> None:
        """Count what could not be saved: a fault of ours."""
        self.crawler.stats.inc_value("backissue/lost")

    def close(self, reason: str) -> None:
        """Write the outcome, and let the lock go. Where that cannot be written, the stats say so."""
        with self._open:
            try:
                self._write(reason)
            except (ArchiveError, BusyError) as error:
                self.crawler.stats.set_value("backissue/fault", error)

    def _write(self, reason: str) -> None:
        stats = self.crawler.stats.get_stats()
        outcome, sentence = outcome_of(reason, self.spider, stats)
        for name, note in self.spider.marks.items():  # that the site asks to be left alone
            self.archive.set_cursor(self.spider.source_name, name, note)
        self.archive.runs.end(
            replace(
                self.archive.runs.get(self.run_id),
                ended_at=datetime.now(UTC),
                outcome=outcome,
                requests=stats.get("downloader/request_count", 0),
                bytes=stats.get("downloader/response_bytes", 0),
                saved=Saved(**{name: stats.get(f"backissue/{name}", 0) for name in Saved.__slots__}),
                sentence=sentence,
            )
        )


def outcome_of(reason: str, spider: VerifySpider, stats: Mapping[str, Any]) -> tuple[str, str]:
    """How it ended: complete, incomplete, unproved, blocked, interrupted or failed; and a sentence."""
    told = _told(spider, to_the_end=reason == "finished")
    if seconds := stats.get("backissue/left_alone"):
        return "blocked", f"Nothing was asked: the site is to be left alone for another {seconds:.0f} s."
    if wait := stats.get("backissue/retry_after"):
        return "blocked", f"The site asked us to wait {wait:.0f} s, so the verification ended. {told}"
    if refusals := stats.get("backissue/refused"):
        return "blocked", f"The site refused {refusals} requests in a row, so the verification ended. {told}"
    if reason == "shutdown":
        return "interrupted", f"The verification was ended before it was done; the next one goes on. {told}"
    if reason != "finished" or stats.get("spider_exceptions/count", 0) + stats.get("backissue/lost", 0):
        return "failed", f"The verification ended because of a fault of ours ({reason}); see the log. {told}"
    if spider.missing.total():
        return "incomplete", told
    untold = spider.refusals or spider.cut_off or any(proof.unproved for proof in spider.proofs)
    return ("unproved" if untold else "complete"), told


def _told(spider: VerifySpider, *, to_the_end: bool) -> str:
    untold = {proof.month for proof in spider.proofs if proof.unproved}
    parts = [f"{count(len({proof.month for proof in spider.proofs}), 'month')} looked at{_by_what(spider)}."]
    if untold:
        parts.append(f"{count(len(untold), 'month')} cannot be proved.")
    missing = [count(number, kind) for kind, number in sorted(spider.missing.items()) if number]
    whole = to_the_end and not (untold or spider.refusals or spider.stopped_short)
    nothing = "Nothing that the site names is missing." if whole else "Nothing was found missing."
    parts.append(f"Missing: {' and '.join(missing)}." if missing else nothing)
    if spider.fed and not untold:
        parts.append(f"The feed names {count(spider.fed, 'article')}, all of them in the sitemap.")
    if spider.left_out:
        parts.append(f"Not asked for: {_left_out(spider)}.")
    if spider.stopped_short:
        less = "" if spider.proofs else " It was too small for the first month whose turn it was."
        parts.append(f"The budget is spent; the next verification goes on.{less}")
    if refused := [*spider.refusals, *spider.cut_off]:
        parts.append(f"Not told: {'; '.join(refused)}.")
    return " ".join(parts)


def _by_what(spider: VerifySpider) -> str:
    """Return which surfaces were believed."""
    return by_what((proof.kind, proof.surface) for proof in spider.proofs if not proof.unproved)


def _left_out(spider: VerifySpider) -> str:
    return ", ".join(f"{number:,} {name}" if number else name for name, number in spider.left_out.items())
