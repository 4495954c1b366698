"""Stored counts of a source by month, for an audit. Read-only.

A month is the beginning of the archive's times ("2009-07"). Facts only; the crawler decides what is requested
because of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from archive.core import urls
from archive.core.records import POST
from archive.core.thread_address import NATIVE
from archive.core.timestamps import to_text
from archive.queries.fetch_history import FetchHistory
from archive.storage.coverage import IS_READ
from archive.storage.coverage_records import AuditKind, GapReason

# What REST lists as a comment: no pings, and no comment without an id of the site.
_LISTED = f"source = ? AND kind = 'comment' AND site_id IS NOT NULL AND {NATIVE} AND gone_at IS NULL"
_SHOWN = {
    AuditKind.ARTICLE: f"articles WHERE source = ? AND {IS_READ}",
    AuditKind.COMMENT: f"comments WHERE {_LISTED}",
}
_ROW = f"SELECT gone_at, {IS_READ} AS is_read, url FROM articles WHERE source = ?1 AND "


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Thread of an article: its stated and its stored comments.

    `pings` of those in `held` are pingbacks and trackbacks, which some sites do not count. `read_at` is when
    its page was last read, ISO 8601 in UTC.
    """

    url: str
    month: str
    stated: int | None
    held: int
    pings: int
    read_at: str


class Holdings(FetchHistory):
    """The holdings of one source, read through a connection that cannot write."""

    def looked(self) -> dict[tuple[AuditKind, str], str]:
        """Return when each month was last audited."""
        sql = "SELECT kind, month, looked_at FROM coverage WHERE source = ?"
        found = self._db.execute(sql, [self.source])
        return {(AuditKind(kind), month): at for kind, month, at in found}

    def numbers(self, kind: AuditKind) -> dict[str, int]:
        """Return the number of stored items by month."""
        sql = f"SELECT substr(published, 1, 7) AS month, count(*) FROM {_SHOWN[kind]} GROUP BY month"
        found = self._db.execute(sql, [self.source])
        return {month: number for month, number in found if month}

    def articles_of(self, first: str, last: str, until: datetime) -> list[tuple[str, int, str]]:
        """Return stored articles of months: month, site's id, URL.

        Only those that REST has listed: articles from other surfaces alone may be missing there.
        """
        listed = f"{_SHOWN[AuditKind.ARTICLE]} AND post_id IS NOT NULL AND origins LIKE '%\"rest:posts\"%'"
        sql = f"SELECT substr(published, 1, 7), post_id, url, id FROM {listed}"
        found = self._between(sql, first, last, until)
        hidden = self.hidden.articles
        return [(month, post, hidden.get(number, url)) for month, post, url, number in found]

    def comments_of(self, first: str, last: str, until: datetime) -> dict[str, str]:
        """Return stored comments of months: site's id and month."""
        sql = f"SELECT key, substr(published, 1, 7) FROM {_SHOWN[AuditKind.COMMENT]}"
        found = self._between(sql, first, last, until)
        return dict(map(tuple, found))

    def newest(self, kind: AuditKind, limit: int) -> list[str]:
        """Return the site's ids of the newest posts or comments."""
        key = "post_id" if kind is AuditKind.ARTICLE else "key"
        of_posts = f" AND type = '{POST}'" if kind is AuditKind.ARTICLE else ""
        listed = f"{_SHOWN[kind]}{of_posts} AND {key} IS NOT NULL"
        sql = f"SELECT {key} FROM {listed} ORDER BY published DESC LIMIT ?"
        newest = self._db.execute(sql, [self.source, limit])
        return [str(row[0]) for row in newest]

    def lacking_article(self, url: str, post_id: int | None = None) -> tuple[GapReason, str] | None:
        """Return why an article is missing, if it is."""
        if self.hides(url):
            return None
        row = self._one(f"{_ROW} post_id = ?2", self.source, post_id) if post_id is not None else None
        at_address = f"{_ROW} id = (SELECT article_id FROM addresses WHERE source = ?1 AND url_key = ?2)"
        row = row or self._one(at_address, self.source, urls.page_key(url))
        if row is not None and row["gone_at"] is not None:
            return GapReason.CALLED_GONE, "It was recorded as removed, but the site shows it again."
        if row is not None and row["is_read"]:
            return None
        return self._unread(row["url"] if row else url, listed=row is not None)

    def lacking_comments(self, keys: Iterable[str]) -> dict[str, tuple[GapReason, str]]:
        """Return why comments are missing, by id.

        Stored comments are left out.
        """
        found: dict[str, tuple[GapReason, str]] = {}
        for key in keys:
            row = self._one("SELECT gone_at FROM comments WHERE source = ? AND key = ?", self.source, key)
            if row is None:
                found[key] = GapReason.UNLISTED, "No crawl found it listed."
            elif row["gone_at"] is not None:
                found[key] = GapReason.CALLED_GONE, "It was recorded as removed, but the site shows it again."
        return found

    def month_of(self, url: str) -> str | None:
        """Return the month of a URL's article, if it is stored."""
        sql = (
            "SELECT substr(published, 1, 7) AS month FROM addresses JOIN articles ON articles.id = article_id"
            " WHERE addresses.source = ? AND addresses.url_key = ?"
        )
        row = self._one(sql, self.source, urls.page_key(url))
        if row is None:
            return None
        return str(row["month"])

    def threads(self) -> Iterator[Thread]:
        """Yield every read article's thread."""
        pings = "SELECT count(*) FROM comments WHERE article_id = articles.id"
        pings += " AND kind != 'comment' AND gone_at IS NULL"
        read_at = "SELECT max(good_at) FROM visits WHERE article_id = articles.id AND visits.kind = 'article'"
        sql = (
            "SELECT url, coalesce(substr(published, 1, 7), '') AS month, comments_stated AS stated,"
            f" comment_count AS held, ({pings}) AS pings, ({read_at}) AS read_at"
            " FROM articles WHERE source = ? AND gone_at IS NULL AND read_at IS NOT NULL ORDER BY id"
        )
        found = self._db.execute(sql, [self.source])
        return (Thread(**row) for row in found.fetchall())

    def comment_ids(self, url: str) -> set[str]:
        """Return the site's ids of an article's stored comments."""
        sql = (
            "SELECT site_id FROM comments WHERE site_id IS NOT NULL AND article_id ="
            " (SELECT article_id FROM addresses WHERE source = ? AND url_key = ?)"
        )
        found = self._db.execute(sql, [self.source, urls.page_key(url)])
        return {str(number) for (number,) in found}

    def _between(self, sql: str, first: str, last: str, until: datetime) -> Iterable[sqlite3.Row]:
        within = " AND published >= ? AND published < ? AND published < ?"
        values = [self.source, first, f"{last}~", to_text(until)]
        return self._db.execute(sql + within, values)

    def _unread(self, url: str, *, listed: bool) -> tuple[GapReason, str]:
        """Return why an article's URL gave no text."""
        visit = self.visit(url)
        if visit is None and not listed:
            return GapReason.UNLISTED, "No crawl found it listed."
        if visit is None:
            return GapReason.UNREAD, "It is listed, but its page has not been requested yet."
        if visit.status == 0:
            return GapReason.NO_ANSWER, "Its page did not answer."
        if visit.status != 200:
            return GapReason.REFUSED, f"Its page answered {visit.status}."
        problem = self._one(
            "SELECT code, detail FROM problems WHERE source = ? AND url = ? AND ended_at IS NULL",
            self.source,
            visit.url,
        )
        if problem is not None and problem["code"] == "password-protected":
            return GapReason.PROTECTED, "It requires a password."
        return GapReason.UNREADABLE, problem["detail"] if problem else "No article was found in its page."
