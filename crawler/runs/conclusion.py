"""End of a run as the recorder sees it, and its conclusion."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from archive.core.crawl_state import CrawlState
from archive.core.records import Quality
from archive.storage.archive import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """Facts of a run that has ended.

    `reason` is Scrapy's, `exceptions` is the number of exceptions in callbacks. `before` is the state at the
    start, `state` the one that the run would leave; `started_at` is aware UTC.
    """

    archive: Archive
    reason: str
    exceptions: int
    before: CrawlState
    state: CrawlState
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """Conclusion of a run: outcome, sentence, and the state it may leave.

    `is_relisted` is True where the whole list of articles was fetched, which ends a listing's old problems.
    """

    outcome: str
    sentence: str
    state: CrawlState
    quality: Quality = field(default_factory=Quality)
    is_relisted: bool = False
