"""Health of the archive: the contents of each source, how its crawls end, and whether the scheduler runs.

The one view that `archive_health`, `/-/health`, `/-/metrics` and `doctor` read. It only reads, and counts by
indexes, so that it may be queried every few seconds while a crawl writes. What makes a source FAILING or LATE
is decided by `judge_source`, a pure function.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from archive.core.connection import Database
from archive.core.records import Quality, Run
from archive.core.timestamps import optional_instant, to_text
from archive.files.own_files import beside_bytes
from archive.files.raw_pages import raw_pages_path
from archive.queries import discovery_status
from archive.queries.growth import Growth, growth
from archive.queries.quality_drift import alarm
from archive.storage import redaction_work
from archive.storage.coverage import Coverage, Summary
from archive.storage.open_archive import OpenArchive
from archive.storage.run_ledger import Ledger
from archive.tables import crawl_states, rows

_GOOD = ("ok", "partial")
BAD = ("failed", "blocked")
GRACE = timedelta(minutes=5)  # a running scheduler records its next tick within seconds
FAILED_RUNS = 3  # ticks of the scheduler in a row that may fail, as when the machine is restarted
LONGEST_LOG_BYTES = 256 * 2**20  # of write-ahead log; the end of each crawl folds it into the archive
LEAST_FREE = 512 * 2**20  # bytes; a day of a busy site, and the write-ahead log of a long read


class SourceState(StrEnum):
    """State of a source."""

    OK = "ok"
    NEW = "new"
    IDLE = "idle"
    LATE = "late"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRun:
    """Run as `judge_source` reads it.

    Times are ISO 8601 text in UTC.
    """

    id: int
    started_at: str
    ended_at: str | None = None
    sentence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawls:
    """Ledger facts that `judge_source` reads.

    `good`, `bad` and `running` are the newest of their kind.

    `first_bad` is the first bad run after the newest good one, and `fruitless` counts the planned times since
    then that are over. `next_run` is aware: when the scheduler plans the next crawl, if one runs; `dropped`
    is True if one runs without this source.
    """

    good: CrawlRun | None = None
    bad: CrawlRun | None = None
    first_bad: CrawlRun | None = None
    running: CrawlRun | None = None
    fruitless: int = 0
    next_run: datetime | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """State of one source.

    `read` articles have had their page fetched; times are ISO 8601 text in UTC.

    `drift` is a sentence if its newest pages yield less than earlier ones, `wall` the kind of the wall
    around the whole site, such as "challenge".
    """

    name: str
    url: str
    state: SourceState
    sentence: str
    articles: int
    read: int
    comments: int
    removed_articles: int
    removed_comments: int
    first_published: str | None
    last_published: str | None
    last_comment: str | None
    problems: int
    schedule: str | None
    next_run: str | None
    running_since: str | None
    last_good: str | None
    failing_since: str | None
    last_run: Run | None
    coverage: Summary
    surfaces: str
    drift: str | None
    wall: str | None

    @property
    def well(self) -> bool:
        """True if nothing needs attention."""
        return self.state not in {SourceState.LATE, SourceState.FAILING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Sizes in bytes: archive, log, raw pages and free disk."""

    archive: int
    log: int
    pages: int
    free: int

    @property
    def low(self) -> bool:
        """True if the disk will soon be full."""
        return self.free < LEAST_FREE

    @property
    def log_is_large(self) -> bool:
        """True if the write-ahead log is unusually long."""
        return self.log > LONGEST_LOG_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Newest result of a check. `at` is ISO 8601 UTC."""

    name: str
    at: str
    ok: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """State of the whole archive.

    `troubles` are sentences; `growth` is None where the files were measured for less than a day.
    """

    at: datetime
    ok: bool
    troubles: tuple[str, ...]
    sources: tuple[SourceStatus, ...]
    files: Files
    checks: tuple[Check, ...]
    growth: Growth | None


def archive_health(archive: OpenArchive, now: datetime) -> Status:
    """Return the archive's health. Raises sqlite3.Error.

    `now` is aware.
    """
    found = list(archive.db.query(_SOURCES))
    clock = any(row["next_run"] for row in found)
    sources = tuple(_source(archive.db, row, now, clock=clock) for row in found)
    checks = tuple(_check(row) for row in archive.db.query("SELECT * FROM checks ORDER BY name"))
    if left := redaction_work.unfinished(archive.db.conn):
        sentence = f"{redaction_work.pending_sentence(left, archive.path)} The next crawl finishes it."
        checks += (Check(name="redaction", at=left[0].since, ok=False, sentence=sentence),)
    files = _files(archive.path)
    troubles = [f"{source.name}: {source.sentence}" for source in sources if not source.well]
    troubles += [f"{source.name}: {source.drift}" for source in sources if source.drift]
    troubles += [check.sentence for check in checks if not check.ok]
    if files.low:
        megabytes = files.free / 2**20
        troubles.append(f"The disk has only {megabytes:,.0f} MB left.")
    if files.log_is_large:
        megabytes = files.log / 2**20
        troubles.append(
            f"The write-ahead log has {megabytes:,.0f} MB:"
            " a program has been reading one state for very long."
        )
    held = files.archive + beside_bytes(archive.path)
    return Status(
        at=now,
        ok=not troubles,
        troubles=tuple(troubles),
        sources=sources,
        files=files,
        checks=checks,
        growth=growth(archive.db, held, files.free, now),
    )


def judge_source(crawls: Crawls, now: datetime) -> tuple[SourceState, str]:
    """Return a source's state and a sentence, judged from its newest runs."""
    good = crawls.good
    bad = crawls.bad
    first = crawls.first_bad
    if crawls.dropped:
        return SourceState.IDLE, "It is no longer archived: the clock's configuration does not name it."
    if bad and first:
        which = "The crawl of"
        if first.id != bad.id:
            which = "Every crawl since"
        said = f"{which} {_minute(first.started_at)} failed. {bad.sentence or ''}"
        return (
            SourceState.FAILING,
            said.strip(),
        )
    if crawls.next_run and now > crawls.next_run + GRACE:
        return SourceState.LATE, (
            f"A crawl was due at {_minute(crawls.next_run)} and did not begin."
            " Is `backissue up` or `backissue schedule` running?"
        )
    if crawls.running:
        return SourceState.OK, f"A crawl has been running since {_minute(crawls.running.started_at)}."
    if crawls.fruitless >= FAILED_RUNS:
        since = "yet"
        if good:
            since = f"since {_minute(good.started_at)}"
        return SourceState.LATE, f"No crawl ended well {since}, at {crawls.fruitless} planned times."
    if good:
        said = f"The crawl of {_minute(good.started_at)} ended well. {good.sentence or ''}"
        return (
            SourceState.OK,
            said.strip(),
        )
    return SourceState.NEW, "It has not been crawled yet."


# -- the facts ------------------------------------------------------------------------------------

_SOURCES = """
SELECT name, sources.url, schedule, next_run,
    count(held.source) AS articles,
    count(held.source) - (
        SELECT count(*) FROM articles INDEXED BY articles_unread WHERE source = name AND text IS NULL
    ) AS read,
    coalesce(sum(comment_count), 0) AS comments,
    count(gone_at) AS removed_articles,
    (SELECT count(*) FROM comments WHERE source = name AND gone_at IS NOT NULL) AS removed_comments,
    (SELECT min(published) FROM articles WHERE source = name) AS first_published,
    (SELECT max(published) FROM articles WHERE source = name) AS last_published,
    max(last_comment) AS last_comment,
    (SELECT count(*) FROM problems WHERE problems.source = name AND ended_at IS NULL) AS problems
FROM sources LEFT JOIN articles AS held INDEXED BY articles_held ON held.source = name
GROUP BY name ORDER BY name
"""


def _source(db: Database, row: dict[str, Any], now: datetime, *, clock: bool) -> SourceStatus:
    name = row["name"]
    crawls = _crawls(db, name, row["next_run"], clock=clock)
    state, sentence = judge_source(crawls, now)
    ledger = Ledger(db)
    closure = crawl_states.value(db, row["name"], "closure")
    return SourceStatus(
        **row,
        state=state,
        sentence=sentence,
        running_since=_start(crawls.running),
        last_good=_start(crawls.good),
        failing_since=_start(crawls.first_bad),
        last_run=ledger.newest(row["name"]),
        coverage=Coverage(db).summary(row["name"]),
        surfaces=discovery_status.surfaces_sentence(db, row["name"]),
        drift=alarm(Quality(), ledger.qualities(row["name"])),
        wall=closure and closure.kind,
    )


def _check(row: Mapping[str, Any]) -> Check:
    return Check(**{**row, "ok": bool(row["ok"])})


def _crawls(db: Database, source: str, next_run: str | None, *, clock: bool) -> Crawls:
    good = _newest(db, source, _GOOD)
    since = 0
    ended_at: str | None = ""
    if good:
        since = good.id
        ended_at = good.ended_at
    first_bad = _crawl(db, f"id > ? AND outcome IN {BAD} ORDER BY id", source, since)
    [fruitless] = db.execute(_FRUITLESS, [source, ended_at]).fetchone()
    return Crawls(
        good=good,
        bad=first_bad and _newest(db, source, BAD),
        first_bad=first_bad,
        running=_crawl(db, "ended_at IS NULL AND id > ? ORDER BY id DESC", source, since),
        fruitless=fruitless,
        next_run=optional_instant(next_run),
        dropped=clock and next_run is None,
    )


_FRUITLESS = """
SELECT coalesce(sum(ticks), 0) FROM runs WHERE source = ? AND planned_at > ? AND ended_at IS NOT NULL
"""


def _newest(db: Database, source: str, outcomes: tuple[str, ...]) -> CrawlRun | None:
    """Return the newest run of some outcomes.

    One query each, so that the index serves.
    """
    found = [_crawl(db, "outcome = ? ORDER BY id DESC", source, outcome) for outcome in outcomes]
    return max(filter(None, found), key=lambda crawl: crawl.id, default=None)


def _crawl(db: Database, where: str, source: str, value: int | str) -> CrawlRun | None:
    told = "SELECT id, started_at, ended_at, sentence FROM runs WHERE source = ? AND kind = 'crawl'"
    row = rows.one(db, f"{told} AND {where} LIMIT 1", source, value)
    if row is None:
        return None
    return CrawlRun(**row)  # type: ignore[arg-type]


def _start(crawl: CrawlRun | None) -> str | None:
    if not crawl:
        return None
    return crawl.started_at


def _files(archive: Path) -> Files:
    log = _size(archive.with_name(f"{archive.name}-wal"))
    pages = _size(raw_pages_path(archive))
    free = shutil.disk_usage(archive.parent).free
    return Files(
        archive=_size(archive),
        log=log,
        pages=pages,
        free=free,
    )


def _size(path: Path) -> int:
    if not path.exists():
        return 0
    return path.stat().st_size


def _minute(moment: datetime | str) -> str:
    if isinstance(moment, datetime):
        moment = str(to_text(moment))
    return moment.replace("T", " ")[:16] + " UTC"
