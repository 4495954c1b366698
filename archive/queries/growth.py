"""How fast the files of an archive grow, and when their disk is full at that pace.

The run ledger has their sizes at the end of each run. Does not: query the disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.core.connection import Database
from archive.core.formatting import size
from archive.core.timestamps import instant, to_text
from archive.tables import rows

_SPAN = timedelta(days=30)
_LEAST_SPAN = timedelta(days=1)  # in less, a first crawl would pass for the pace of years
_FORECAST_DAYS = 36_500
_FIRST = (
    "SELECT ended_at, file_bytes FROM runs WHERE file_bytes IS NOT NULL AND ended_at >= ?"
    " ORDER BY ended_at LIMIT 1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Growth of an archive's files.

    `since` is when it was measured first, ISO 8601 UTC; `full_on` the day ("2027-05-01") on which the disk is
    full at that pace, None if that is beyond a century.
    """

    bytes_a_day: int
    since: str
    full_on: str | None

    @property
    def sentence(self) -> str:
        """Return it for people."""
        if self.bytes_a_day <= 0:
            return f"They have not grown since {self.since[:10]}."
        grown = f"They have grown by {size(self.bytes_a_day)} a day since {self.since[:10]}"
        if self.full_on is None:
            return f"{grown}; at that pace the disk lasts more than a hundred years."
        return f"{grown}; at that pace the disk will be full on {self.full_on}."


def growth(db: Database, held: int, free: int, now: datetime) -> Growth | None:
    """Return the growth of the last 30 days, if more than a day of it is recorded.

    `held` and `free` are bytes, `now` is aware.
    """
    begin = to_text(now - _SPAN)
    first = rows.one(db, _FIRST, begin)
    if first is None:
        return None
    since = str(first["ended_at"])
    span = now - instant(since)
    if span < _LEAST_SPAN:
        return None
    gained = held - int(first["file_bytes"] or 0)
    pace = (gained) / (span / timedelta(days=1))
    days: float = _FORECAST_DAYS
    if pace > 0:
        days = free / pace
    full_on = None
    if days < _FORECAST_DAYS:
        full_on = (now + timedelta(days=days)).date().isoformat()
    return Growth(bytes_a_day=round(pace), since=since, full_on=full_on)
