"""When a source's articles and comments came, by the site's own clock. Read-only."""

from __future__ import annotations

from datetime import datetime

from archive.core.connection import Database
from archive.core.timestamps import to_text

_TIMES = """
SELECT CAST(strftime('%s', published) AS INTEGER) AS time FROM articles
WHERE source = :source AND published > :since AND published <= :until AND length(published) > 10
UNION ALL
SELECT CAST(strftime('%s', published) AS INTEGER) FROM comments
WHERE source = :source AND published > :since AND published <= :until AND length(published) > 10
ORDER BY time
"""


def published_times(db: Database, source: str, since: datetime, until: datetime) -> tuple[float, ...]:
    """Return when articles and comments of a span were published, in seconds since 1970, sorted.

    `since` and `until` are aware. Those with only a day are left out.
    """
    span = {"source": source, "since": to_text(since), "until": to_text(until)}
    times = db.execute(_TIMES, span)
    return tuple(float(time) for (time,) in times)
