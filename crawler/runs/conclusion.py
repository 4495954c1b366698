"""The end of a run as the recorder sees it, and the conclusion that is drawn from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from archive.core.crawl_state import CrawlState
from archive.core.records import Quality
from archive.storage.archive import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """Facts of a run that has ended. `reason` is Scrapy's, `exceptions` counts those of callbacks.

    `before` is the state at the start, `state` the one that the run would leave; `started_at` is aware UTC.
    """

    archive: Archive
    reason: str
    exceptions: int
    before: CrawlState
    state: CrawlState
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """Outcome of a run in a word and a sentence, and the state that it may leave.

    `is_relisted`: the whole list of articles was read, so that a listing's old problems are over.
    """

    outcome: str
    sentence: str
    state: CrawlState
    quality: Quality = field(default_factory=Quality)
    is_relisted: bool = False
