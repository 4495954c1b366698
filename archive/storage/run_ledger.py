"""The run ledger: one row for each run, from its start, and one for each planned time without a crawl.

It writes only `runs`. A planned time belongs to whoever writes its row first, so two schedulers never make
two crawls of it. A row without an end whose process has ended is closed as interrupted; the caller then owns
the source's lock, so that no living run can be meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from archive.core.connection import Database
from archive.core.database import transaction
from archive.core.errors import NotFoundError
from archive.core.records import Quality, Run, Saved
from archive.core.timestamps import instant, optional_instant, to_text
from archive.files.own_files import beside_bytes
from archive.tables import rows
from archive.tables.merge import Value

_MADE = "coalesce(outcome, '') NOT IN ('overlapped', 'coalesced', 'missed')"
CRAWLED = f"kind = 'crawl' AND {_MADE}"
"""Which rows of `runs` are crawls, as a condition in SQL."""

KEPT = 24  # planned times without a crawl that have a row each; more at once, after a long absence, share one
_COUNTS = tuple(name for name in Saved.__slots__ if name != "unproven")  # the problems report that
_QUALITY = tuple(Quality.__slots__)


class Ledger:
    """Ledger of runs of one archive.

    All times are aware, and stored in whole seconds.
    """

    def __init__(self, db: Database) -> None:
        self.db = db

    # -- planned times --------------------------------------------------------------------------------

    def last_tick(self, source: str, now: datetime) -> datetime | None:
        """Return the last planned time with a row, if any.

        One in the future is from a wrong clock.
        """
        sql = "SELECT max(planned_at) AS at FROM runs WHERE source = ? AND planned_at <= ?"
        row = rows.one(self.db, sql, source, to_text(now))
        if row is None:
            return None
        return optional_instant(rows.optional_text(row["at"]))

    def claim(self, source: str, trigger: str, now: datetime, planned: datetime | None) -> int | None:
        """Open a run for a planned time; return its id.

        No result where another scheduler has been faster.
        """
        with transaction(self.db):
            if planned is not None and self._is_taken(source, planned):
                return None
            ticks = int(planned is not None)
            return self._insert(
                {
                    "source": source,
                    "trigger": trigger,
                    "planned_at": to_text(planned),
                    "ticks": ticks,
                    "started_at": to_text(now),
                }
            )

    def note(self, source: str, ticks: Sequence[datetime], outcome: str, why: str, now: datetime) -> None:
        """Store planned times without a crawl, the earliest first.

        One row each, or one for many.
        """
        if len(ticks) > KEPT:
            span = f"{to_text(ticks[0])} to {to_text(ticks[-1])}"
            sentence = f"{len(ticks):,} planned times, {span}: {why}"
            self._note(source, ticks[-1], outcome, sentence, now, len(ticks))
            return
        with transaction(self.db):
            for tick in ticks:
                sentence = why[:1].upper() + why[1:]
                self._note(source, tick, outcome, sentence, now, 1)

    def _note(
        self, source: str, tick: datetime, outcome: str, sentence: str, now: datetime, ticks: int
    ) -> None:
        with transaction(self.db):
            if not self._is_taken(source, tick):
                self._insert(
                    {
                        "source": source,
                        "trigger": "schedule",
                        "planned_at": to_text(tick),
                        "ticks": ticks,
                        "started_at": to_text(now),
                        "ended_at": to_text(now),
                        "outcome": outcome,
                        "sentence": sentence,
                    }
                )

    def _is_taken(self, source: str, tick: datetime) -> bool:
        sql = "SELECT 1 FROM runs WHERE source = ? AND planned_at = ?"
        return rows.one(self.db, sql, source, to_text(tick)) is not None

    def _insert(self, row: dict[str, Value]) -> int:
        return rows.insert(self.db, "runs", row)

    # -- crawls ---------------------------------------------------------------------------------------

    def begin(
        self, source: str, trigger: str, now: datetime, run_id: int | None = None, *, kind: str = "crawl"
    ) -> int:
        """Open or continue the claimed run; return its id.

        `kind` is "crawl" or "verify". The caller owns the source's lock; other runs of this source that have
        no end are closed.
        """
        with transaction(self.db):
            self.close_abandoned(source, now)
            if run_id is None:
                row: dict[str, Value] = {
                    "source": source,
                    "kind": kind,
                    "trigger": trigger,
                    "started_at": to_text(now),
                }
                return self._insert(row)
            again = {"started_at": to_text(now), "ended_at": None, "outcome": None, "sentence": None}
            rows.update(self.db, "runs", run_id, again)
            return run_id

    def close_abandoned(self, source: str, now: datetime) -> None:
        """Close runs of a source that ended without a result.

        The caller owns the source's lock.
        """
        with transaction(self.db):
            self.db.execute(
                "UPDATE runs SET ended_at = ?, outcome = 'interrupted',"
                " sentence = 'The process ended without a word; what it had saved is kept.'"
                " WHERE source = ? AND ended_at IS NULL",
                [to_text(now), source],
            )

    def end(self, run: Run) -> None:
        """Close a run with its outcome, counts and sentence."""
        values: dict[str, Value] = {name: getattr(run.saved, name) for name in _COUNTS}
        values |= {name: getattr(run.quality, name) for name in _QUALITY}
        values |= {
            "ended_at": to_text(run.ended_at),
            "outcome": run.outcome,
            "requests": run.requests,
            "bytes": run.bytes,
            "sentence": run.sentence,
            "file_bytes": self._file_bytes(),
        }
        with transaction(self.db):
            rows.update(self.db, "runs", run.id, values)

    def _file_bytes(self) -> int:
        """Return the bytes of the archive and its log files, once the log is folded in."""
        sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        archive = Path(self.db.execute("PRAGMA database_list").fetchone()[2])
        held_bytes = int(self.db.execute(sql).fetchone()[0])
        return held_bytes + beside_bytes(archive)

    def settle(self, run_id: int, outcome: str, sentence: str, now: datetime) -> bool:
        """Store how a run ended, unless its process did.

        Returns True where that was needed.
        """
        with transaction(self.db):
            found = self.db.execute(
                "UPDATE runs SET ended_at = ?, outcome = ?, sentence = ? WHERE id = ? AND ended_at IS NULL",
                [to_text(now), outcome, sentence, run_id],
            )
            return found.rowcount > 0

    def withdraw(self, run_id: int, sentence: str, now: datetime) -> None:
        """Store that a claimed run was skipped for another.

        Where no planned time was claimed, nothing was owed to the ledger, and the row is deleted.
        """
        with transaction(self.db):
            self.db.execute("DELETE FROM runs WHERE id = ? AND planned_at IS NULL", [run_id])
            values = {"ended_at": to_text(now), "outcome": "overlapped", "sentence": sentence}
            rows.update(self.db, "runs", run_id, values)

    # -- reading --------------------------------------------------------------------------------------

    def get(self, run_id: int) -> Run:
        """Return the run of an id. Raises NotFoundError."""
        row = rows.one(self.db, "SELECT * FROM runs WHERE id = ?", run_id)
        if row is None:
            raise NotFoundError(f"The run ledger has no row {run_id}.")
        return _run(row)

    def newest(self, source: str, *, kind: str = "crawl") -> Run | None:
        """Return a source's newest run of a kind, if any."""
        sql = f"SELECT * FROM runs WHERE source = ? AND kind = ? AND {_MADE} ORDER BY id DESC LIMIT 1"
        row = rows.one(self.db, sql, source, kind)
        if not row:
            return None
        return _run(row)

    def qualities(self, source: str) -> Iterator[Quality]:
        """Return the extraction counts of a source's crawls, newest first."""
        names = ", ".join(_QUALITY)
        sql = f"SELECT {names} FROM runs WHERE source = ? AND pages_read > 0 ORDER BY id DESC"
        return map(_quality, self.db.query(sql, [source]))

    def threads_short(self, source: str, since: datetime) -> int:
        """Return the number of articles with fewer stored comments than their page states."""
        sql = (
            "SELECT count(DISTINCT articles.id) AS n FROM visits JOIN articles ON articles.id = article_id"
            " WHERE visits.source = ? AND kind = 'article' AND fetched_at >= ? AND good_at = fetched_at"
            " AND comment_count < comments_stated"
        )
        row = rows.one(self.db, sql, source, to_text(since))
        if not row:
            return 0
        return int(row["n"] or 0)


def _run(row: dict[str, Value]) -> Run:
    return Run(
        id=int(row["id"] or 0),
        source=str(row["source"]),
        kind=str(row["kind"]),
        trigger=str(row["trigger"]),
        started_at=instant(str(row["started_at"])),
        ended_at=optional_instant(rows.optional_text(row["ended_at"])),
        outcome=rows.optional_text(row["outcome"]),
        requests=int(row["requests"] or 0),
        bytes=int(row["bytes"] or 0),
        saved=Saved(**{name: int(row[name] or 0) for name in _COUNTS}),
        sentence=rows.optional_text(row["sentence"]),
        planned_at=optional_instant(rows.optional_text(row["planned_at"])),
        ticks=int(row["ticks"] or 0),
        quality=_quality(row),
    )


def _quality(row: dict[str, Value]) -> Quality:
    return Quality(**{name: int(row[name] or 0) for name in _QUALITY})
