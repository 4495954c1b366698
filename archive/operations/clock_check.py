"""Check that this machine's clock is not behind the archive. Only reads.

Does not: set or correct a clock.
Invariant: an archive is written forward in time, so that no version ends before it began.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from archive.core.connection import Database
from archive.core.errors import ClockError
from archive.core.formatting import when
from archive.core.timestamps import instant

SLACK = timedelta(minutes=10)  # by how much two clocks may differ

_LAST_RUN = (
    "SELECT max(started_at, coalesce(ended_at, started_at)) FROM runs WHERE requests > 0 AND id != ?"
    " ORDER BY id DESC LIMIT 1"
)


def last_written(db: Database, *, without_run: int = 0) -> datetime | None:
    """Return the end of the newest run (aware UTC), if any.

    The newest is the one that was begun last, independent of its clock: after a clock that was ahead, one run
    is enough to continue.
    """
    row = db.execute(_LAST_RUN, [without_run]).fetchone()
    if row is None:
        return None
    return instant(row[0])


def refuse_past(db: Database, now: datetime, *, run: int) -> None:
    """Raise ClockError if the clock is behind the archive.

    `now` is aware, `run` the own run.
    """
    last = last_written(db, without_run=run)
    if last is not None and now < last - SLACK:
        raise ClockError(
            f"This machine says {when(now)} UTC, but the archive was written at {when(last)}.",
            hint="Set the clock (timedatectl), then crawl again. If it is right now but was ahead before, run"
            " `backissue crawl --trust-clock` once.",
        )
