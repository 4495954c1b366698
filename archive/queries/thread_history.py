"""History of the threads that foreign comment systems keep, for the crawler. Read-only.

Facts only; the crawler decides what is requested because of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from archive.core import urls
from archive.core.records import PageKind, Seen
from archive.core.thread_address import NATIVE, ThreadAddress, thread_of
from archive.core.timestamps import instant, optional_instant, to_text

_THREAD = """
SELECT visits.rowid AS place, visits.url, fetched_at, failures, retry_at, status, lastmod AS mark,
    (SELECT count(*) FROM comments WHERE article_id = visits.article_id AND gone_at IS NULL
        AND missed_at IS NULL AND key GLOB substr(visits.url, 10, instr(visits.url, '?') - 10) || ':*') AS
        held
FROM visits JOIN articles ON articles.id = article_id
WHERE visits.source = ? AND visits.kind = 'thread' AND articles.gone_at IS NULL
"""
_COUNTS = f"""
SELECT comments_stated AS stated,
    (SELECT count(*) FROM comments WHERE article_id = articles.id AND gone_at IS NULL AND kind = 'comment'
        AND {NATIVE}) AS held
FROM articles WHERE id = (SELECT article_id FROM addresses WHERE source = ? AND url_key = ?)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldThread:
    """Thread in a foreign comment system, as of its last visit.

    `held` is the recorded number of shown comments, `mark` the stated number that caused the thread's last
    request. `place` orders threads by their first visits.
    """

    place: int
    seen: Seen
    address: ThreadAddress
    held: int
    mark: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadCounts:
    """How many comments an article states, and how many of the site's own are held and not gone."""

    stated: int | None = None
    held: int = 0


def thread_counts(db: sqlite3.Connection, source: str, url: str) -> ThreadCounts:
    """Return the counts of the article at a URL."""
    row = db.execute(_COUNTS, [source, urls.page_key(url)]).fetchone()
    return ThreadCounts(stated=row["stated"], held=row["held"]) if row else ThreadCounts()


class ThreadHistory:
    """The threads of one source, read through a connection of the caller's."""

    def __init__(self, db: sqlite3.Connection, source: str) -> None:
        self._db = db
        self._source = source

    def newest(self, limit: int) -> list[HeldThread]:
        """Return the threads elsewhere that were visited last."""
        return self._threads(f"{_THREAD} ORDER BY fetched_at DESC LIMIT ?", limit)

    def after(self, place: int, limit: int) -> list[HeldThread]:
        """Return threads elsewhere behind a place in the order of their first visits."""
        return self._threads(f"{_THREAD} AND visits.rowid > ? ORDER BY visits.rowid LIMIT ?", place, limit)

    def failing(self, limit: int) -> list[HeldThread]:
        """Return threads elsewhere whose last visit failed, the longest ago first."""
        return self._threads(f"{_THREAD} AND failures > 0 ORDER BY fetched_at LIMIT ?", limit)

    def doubted(self, *, before: datetime, limit: int) -> list[HeldThread]:
        """Return foreign threads with comments missed before a moment but not yet removed."""
        sql = (
            f"{_THREAD} AND visits.article_id IN (SELECT article_id FROM comments WHERE comments.source = ?"
            " AND missed_at <= ? AND comments.gone_at IS NULL AND key GLOB '?*:*')"
            " ORDER BY fetched_at LIMIT ?"
        )
        return self._threads(sql, self._source, to_text(before) or "", limit)

    def named_elsewhere(self, systems: Iterable[str], *, before: datetime, limit: int) -> list[str]:
        """Return URLs of articles whose pages were read before their comment system was.

        `systems` are names of systems.
        """
        details = [f"The comments are kept by {system} %" for system in systems]
        likes = " OR ".join("detail LIKE ?" for _ in details)
        sql = (
            "SELECT visits.url FROM problems JOIN visits ON visits.source = problems.source"
            " AND visits.url = problems.url WHERE problems.source = ? AND code = 'external-comments'"
            f" AND ended_at IS NULL AND visits.kind = ? AND fetched_at < ? AND ({likes})"
            " ORDER BY fetched_at DESC LIMIT ?"
        )
        values = [self._source, PageKind.ARTICLE.value, to_text(before), *details, limit]
        if not details:
            return []
        found = self._db.execute(sql, values)
        return [row["url"] for row in found]

    def _threads(self, sql: str, *values: str | int) -> list[HeldThread]:
        found = []
        for row in self._db.execute(sql, [self._source, *values]).fetchall():
            address = thread_of(row["url"])
            if address is not None:
                seen = Seen(
                    url=row["url"],
                    status=row["status"],
                    fetched_at=instant(row["fetched_at"]),
                    failures=row["failures"],
                    retry_at=optional_instant(row["retry_at"]),
                )
                facts = {"place": row["place"], "held": row["held"], "mark": row["mark"]}
                found.append(HeldThread(seen=seen, address=address, **facts))
        return found
