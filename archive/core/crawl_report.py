"""Report of one run, filled during the run by its fetching, reading and saving parts.

It takes the place of counters in Scrapy's statistics; only what Scrapy itself counts stays there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from archive.core.errors import BackissueError
from archive.core.records import Quality, Saved


@dataclass(slots=True, kw_only=True)
class CrawlReport:
    """Outcome of a run up to now. Times are in seconds; None where nothing was recorded.

    `surface` named the articles; `missing_lists` are listings that were not given, `cut_off` those that were
    left before their end, `refused_keys` APIs that refused the operator's key, each a clause; `obstacle`
    keeps us away from the whole site or all its article pages, as sentences. `pages_unproven` are the failed
    pages that came, and did not prove to be their articles. `listings_lost` counts answers without which the
    next crawl cannot trust this one, `unread` the answers that could not be read, by problem code, `lost` the
    items that could not be saved, `faults` our own. `fault` is an error that ended the run.
    """

    run_id: int | None = None
    surface: str | None = None
    saved: Saved = field(default_factory=Saved)
    quality: Quality = field(default_factory=Quality)
    pages_expected: int = 0
    pages_good: int = 0
    pages_failed: int = 0
    pages_unproven: int = 0
    posts_listed: int = 0
    missing_lists: list[str] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)
    refused_keys: list[str] = field(default_factory=list)
    obstacle: str | None = None
    listings_lost: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    faults: int = 0
    fault: BackissueError | None = None
    refused_requests: int = 0
    retry_after_seconds: float | None = None
    pause_seconds: float | None = None
    limit_seconds: float | None = None
