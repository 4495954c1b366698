"""How the archive is: what each source holds, what is missing, and how its last run ended.

The one view that the status command, the pages and later the monitoring read. It only reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archive.records import Run
from archive.store import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """One source. `read` articles have had their page fetched; times are ISO 8601 text in UTC."""

    name: str
    url: str
    articles: int
    read: int
    comments: int
    first_published: str | None
    last_published: str | None
    last_comment: str | None
    problems: int
    last_run: Run | None

    @property
    def failing(self) -> bool:
        """Whether the last run that ended brought less than it should have."""
        return self.last_run is not None and self.last_run.outcome in {"failed", "blocked"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The whole archive at one moment."""

    at: datetime
    sources: tuple[SourceStatus, ...]


_SOURCES = """
SELECT name, sources.url, count(articles.id) AS articles, count(articles.text) AS read,
    coalesce(sum(comment_count), 0) AS comments, min(published) AS first_published,
    max(published) AS last_published, max(last_comment) AS last_comment,
    (SELECT count(*) FROM problems WHERE problems.source = name AND ended_at IS NULL) AS problems
FROM sources LEFT JOIN articles ON articles.source = name
GROUP BY name ORDER BY name
"""


def status(archive: Archive, now: datetime) -> Status:
    """Ask the archive how it is. `now` is an aware datetime and only noted."""
    return Status(
        at=now,
        sources=tuple(
            SourceStatus(**row, last_run=archive.runs.newest(row["name"]))
            for row in archive.db.query(_SOURCES)
        ),
    )
