"""The run ledger: one row for each crawl, from its start, so that none can end unseen.

It writes only `runs`. A row without an end whose process is gone is closed by the next run as
interrupted; the caller holds the source's lock, so that no living run can be meant.
"""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from archive import rows
from archive.database import transaction
from archive.merge import Value
from archive.records import Run, Saved
from archive.times import instant, to_text

_COUNTS = tuple(Saved.__slots__)


class Ledger:
    """The `runs` table of one archive."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def begin(self, source: str, trigger: str, now: datetime) -> int:
        """Open a run and return its id; close those of this source that ended without a word."""
        with transaction(self.db):
            self.db.execute(
                "UPDATE runs SET ended_at = ?, outcome = 'interrupted',"
                " sentence = 'The process ended without a word; what it had saved is kept.'"
                " WHERE source = ? AND ended_at IS NULL",
                [to_text(now), source],
            )
            return rows.insert(
                self.db, "runs", {"source": source, "trigger": trigger, "started_at": to_text(now)}
            )

    def end(self, run: Run) -> None:
        """Close a run with its outcome, counts and sentence."""
        values = {name: getattr(run.saved, name) for name in _COUNTS}
        values |= {
            "ended_at": to_text(run.ended_at),
            "outcome": run.outcome,
            "requests": run.requests,
            "bytes": run.bytes,
            "sentence": run.sentence,
        }
        with transaction(self.db):
            rows.update(self.db, "runs", run.id, values)

    def newest(self, source: str) -> Run | None:
        """The run of a source that started last, or None."""
        row = rows.one(self.db, "SELECT * FROM runs WHERE source = ? ORDER BY id DESC LIMIT 1", source)
        return _run(row) if row else None


def _run(row: dict[str, Value]) -> Run:
    return Run(
        id=int(row["id"] or 0),
        source=str(row["source"]),
        trigger=str(row["trigger"]),
        started_at=instant(str(row["started_at"])),
        ended_at=instant(str(row["ended_at"])) if row["ended_at"] else None,
        outcome=None if row["outcome"] is None else str(row["outcome"]),
        requests=int(row["requests"] or 0),
        bytes=int(row["bytes"] or 0),
        saved=Saved(**{name: int(row[name] or 0) for name in _COUNTS}),
        sentence=None if row["sentence"] is None else str(row["sentence"]),
    )
