"""Fetch history of a source for the crawler: the only way back, and read-only.

Facts only; what is to be fetched because of them is decided in the crawler.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from archive.core import crawl_state, urls
from archive.core.answers.reader_guard import GAVE_UP
from archive.core.crawl_state import CrawlState
from archive.core.database import BUSY, Closing
from archive.core.records import POST, PageKind, Seen
from archive.core.thread_address import NATIVE, thread_of
from archive.core.timestamps import from_text, instant, optional_instant, to_text
from archive.files.redaction_store import RedactionSet, known
from archive.queries.thread_history import ThreadCounts, ThreadHistory, thread_counts
from archive.storage.id_gaps import NUMBERED
from archive.storage.reconciliation import VISIBLE
from archive.tables.url_keys import OWN_KEY

_PORTION = 500  # rows read at a time
A_WHILE = timedelta(minutes=10)  # by how much two clocks may differ
_PAGE = PageKind.ARTICLE.value
_AS_STORED = ("url", "status", "failures", "etag", "last_modified", "lastmod", "leads_to")  # of a visit
SETTLED = ("password-protected", "not-an-article", GAVE_UP)  # what time alone does not mend
TOLD = timedelta(days=1)  # how far behind the last whole crawl a surface that lists new comments may be


def _newer(days: int) -> str:
    """Return SQL for the comments of the last days."""
    since = f"strftime('%Y-%m-%dT%H:%M:%SZ', fetched_at, '-{days} day')"
    count = "SELECT count(*) FROM comments WHERE article_id = visits.article_id AND"
    return f"({count} published > {since}) + ({count} published IS NULL AND comments.first_seen > {since})"


_VISIT = f"""
SELECT visits.url, status, fetched_at, first_fetched, visits.changed_at, failures, retry_at, etag,
    last_modified, lastmod, leads_to, published, (SELECT count(*) FROM article_versions
        WHERE article_versions.article_id = visits.article_id AND cause = 'edited') AS edits,
    last_comment, comments_open,
    {_newer(1)} AS comments_day, {_newer(30)} AS comments_month, {_newer(365)} AS comments_year,
    due_at, visits.rowid AS place, (SELECT code FROM problems WHERE problems.source = visits.source
        AND problems.url = visits.url AND ended_at IS NULL AND code IN ('{"', '".join(SETTLED)}')) AS settled,
    (SELECT url FROM visits AS threads WHERE threads.article_id = visits.article_id
        AND threads.kind = 'thread' LIMIT 1) AS thread
FROM visits LEFT JOIN articles ON articles.id = article_id
"""


class FetchHistory(Closing):
    """The facts of one source, read through a connection that cannot write.

    `comments` is True if its comments are archived at all.
    """

    def __init__(self, archive: Path, source: str, *, comments: bool = True) -> None:
        self.source = source
        self.comments = comments
        self._archive = archive
        self._db = self._connected()

    def _connected(self) -> sqlite3.Connection:
        uri = f"{self._archive.absolute().as_uri()}?mode=ro"
        db = sqlite3.connect(uri, uri=True, timeout=BUSY)
        db.row_factory = sqlite3.Row
        return db

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def visit(self, url: str) -> Seen | None:
        """Return the facts of a URL's visit, if any."""
        sql = f"{_VISIT} WHERE visits.source = ? AND visits.url_key = ?"
        row = self._one(sql, self.source, urls.page_key(url))
        return self._seen(row) if row else None

    def page_visits(self, article: int | str) -> list[Seen]:
        """Return the visit facts of an article's pages.

        `article` is the archive's own id, or an address that perhaps never showed one.
        """
        column = "article_id"
        if isinstance(article, str):
            column = "url_key"
            article = urls.page_key(article)
        sql = f"{_VISIT} WHERE visits.source = ? AND visits.{column} = ? AND kind = ? ORDER BY place"
        found = self._db.execute(sql, [self.source, article, _PAGE])
        return [self._seen(row) for row in found]

    def due_visits(self, now: datetime) -> Iterator[Seen]:
        """Yield due visits, the longest overdue first.

        With them, those that a clock that was wrong has written down for later than now. Read in
        portions, so that no long reading keeps the writer's log from being folded back.
        """
        sql = (
            f"{_VISIT} WHERE visits.source = ? AND due_at <= ? AND (due_at, visits.rowid) > (?, ?)"
            " ORDER BY due_at, visits.rowid LIMIT ?"
        )
        last: tuple[str, int] = ("", 0)
        while rows := self._db.execute(sql, [self.source, to_text(now), *last, _PORTION]).fetchall():
            yield from map(self._seen, rows)
            last = (rows[-1]["due_at"], rows[-1]["place"])
        sql = f"{_VISIT} WHERE fetched_at > ? AND +visits.source = ? AND kind = ?"  # "+": not by its index
        soon = to_text(now + A_WHILE)
        waiting = self._db.execute(sql, [soon, self.source, _PAGE])
        yield from map(self._seen, waiting.fetchall())

    def due_types(self, now: datetime) -> list[str]:
        """Return the content types of articles that are due, or have a pending change."""
        due = "SELECT article_id FROM visits WHERE source = ? AND due_at <= ?"
        pending = "SELECT item_id FROM pending_changes WHERE source = ? AND kind = 'article'"
        sql = f"SELECT DISTINCT coalesce(type, ?) FROM articles WHERE id IN ({due} UNION {pending})"
        return self._column(sql, POST, self.source, to_text(now), self.source)

    def undecided_visits(self) -> list[Seen]:
        """Return visits whose due date is not decided yet."""
        sql = f"{_VISIT} WHERE visits.source = ? AND kind = 'article' AND due_why IS NULL LIMIT ?"
        found = self._db.execute(sql, [self.source, _PORTION])
        return [self._seen(row) for row in found]

    @cached_property
    def state(self) -> CrawlState:
        """Return the state that earlier crawls have left, as of the first call."""
        rows = self._db.execute("SELECT name, value FROM crawl_state WHERE source = ?", [self.source])
        return crawl_state.state_from_rows(dict(map(tuple, rows)))

    @cached_property
    def comments_told(self) -> bool:
        """True if REST or the comments feed lists new comments.

        That is if it was read about as recently as all other surfaces; and where no comments are wanted.
        """
        if not self.comments:
            return True
        sql = "SELECT max(good_at) FROM visits WHERE source = ? AND kind = ? AND kind <> 'article'"
        feed_read_at = optional_instant(self._value(sql, self.source, PageKind.COMMENTS_FEED.value))
        return self._is_recent(self.state.comments_read_at) or self._is_recent(feed_read_at)

    def _is_recent(self, moment: datetime | None) -> bool:
        """True if a surface was read in the last crawl."""
        if moment is None:
            return False
        crawled = self.state.crawled_at
        return crawled is None or moment >= crawled - TOLD

    @property
    def premise(self) -> str:
        """Return which surfaces list new comments, for due dates."""
        native = "told" if self.comments_told else "polled"
        return " ".join([native, *sorted(self._counted)])

    @cached_property
    def _counted(self) -> frozenset[str]:
        """Return the foreign comment systems whose counts show new comments."""
        if not self._is_recent(self.state.counts_read_at):
            return frozenset()
        return frozenset((self.state.counted_systems or "").split())

    def _are_told(self, thread: str | None) -> bool:
        """True if a surface shows new comments of an article, even of a foreign thread."""
        if not self.comments or not thread:
            return self.comments_told
        address = thread_of(thread)
        if address is None:
            return self.comments_told
        return address.system in self._counted

    @property
    def elsewhere(self) -> ThreadHistory:
        """Return the history of threads in comment systems elsewhere."""
        return ThreadHistory(self._db, self.source)

    @cached_property
    def hidden(self) -> RedactionSet:
        """Return the redactions in force. Pages of hidden articles are not requested."""
        return known(self._db, self._archive)

    def hides(self, url: str) -> bool:
        """True if an address is a hidden article's."""
        return self.hidden.at(self.source, url) is not None

    def holds(self, url: str) -> bool:
        """True if an article is stored at a URL."""
        sql = "SELECT 1 FROM addresses WHERE source = ? AND url_key = ?"
        return self._one(sql, self.source, urls.page_key(url)) is not None

    def address_of(self, post_id: int) -> str | None:
        """Return a post id's URL, if it is stored."""
        sql = "SELECT url FROM articles WHERE source = ? AND post_id = ?"
        url: str | None = self._value(sql, self.source, post_id)
        return url

    def post_of(self, url: str) -> int | None:
        """Return the post id of a URL, if stored."""
        sql = (
            "SELECT post_id FROM addresses JOIN articles ON articles.id = article_id"
            " WHERE addresses.source = ? AND addresses.url_key = ?"
        )
        post_id: int | None = self._value(sql, self.source, urls.page_key(url))
        return post_id

    def unknown_comments(self, ids: Iterable[str]) -> set[str]:
        """Return comment ids that the archive does not have."""
        sql = "SELECT 1 FROM comments WHERE source = ? AND key = ?"
        return {site_id for site_id in ids if not self._one(sql, self.source, site_id)}

    def thread_counts(self, url: str) -> ThreadCounts:
        """Return how many comments the article at a URL states, and how many are held.

        As of now, also when the facts are closed: a thread is still walked then.
        """
        with closing(self._connected()) as db:
            return thread_counts(db, self.source, url)

    def count_articles(self) -> int:
        """Return the number of stored articles of the source."""
        return int(self._value("SELECT count(*) FROM articles WHERE source = ?", self.source) or 0)

    def holds_comments(self) -> bool:
        """True if any comment of the source is stored."""
        return self._one("SELECT 1 FROM comments WHERE source = ? LIMIT 1", self.source) is not None

    def count_visible(self) -> int:
        """Return the number of comments that REST should list."""
        return int(self._value(VISIBLE, self.source) or 0)

    def unread_articles(self, pattern: str | None = None) -> list[tuple[str, str | None]]:
        """Yield URLs of listed articles without text, newest first.

        Each with its modification date from the listing: the sign of change for the visit. `pattern` leaves
        out posts that were listed before the source had its own pattern for articles.
        """
        sql = (
            "SELECT url, modified, type FROM articles WHERE source = ? AND text IS NULL AND gone_at IS NULL"
            " ORDER BY published DESC, id"
        )

        def is_wanted(url: str, type_: str) -> bool:
            if not pattern or type_ != POST:
                return True
            return re.search(pattern, urlsplit(url).path) is not None

        found = self._db.execute(sql, [self.source]).fetchall()
        return [(url, modified) for url, modified, type_ in found if is_wanted(url, type_)]

    def interrupted_articles(self) -> list[str]:
        """Return URLs of articles that the last run may have left halfway, if it was interrupted.

        Requests for further parts of a divided article, or further pages of a thread with fewer comments than
        are stated, may have ended with it. Empty after any other run.
        """
        sql = (
            "SELECT articles.url FROM (SELECT outcome, started_at FROM runs"
            " WHERE source = ?1 AND outcome IS NOT NULL ORDER BY id DESC LIMIT 1) AS run"
            " CROSS JOIN articles CROSS JOIN visits USING (source, url)"
            " WHERE run.outcome = 'interrupted' AND articles.source = ?1 AND articles.gone_at IS NULL"
            " AND (comments_stated > comment_count"
            " OR EXISTS (SELECT 1 FROM article_parts WHERE article_id = articles.id))"
            " AND visits.fetched_at >= run.started_at ORDER BY articles.id"
        )
        return self._column(sql, self.source)

    def due_files(
        self, kinds: Sequence[str], now: datetime, *, limit: int, with_revisits: bool
    ) -> list[Seen]:
        """Return files to request of articles that are on the site, those never requested first."""
        marks = ", ".join("?" * len(kinds))
        again = "OR due_at <= ?" if with_revisits else "AND ? IS NOT NULL"
        sql = (
            "SELECT url, etag, last_modified, fetched_at, status, digest FROM files"
            f" WHERE source = ? AND kind IN ({marks}) AND (due_at IS NULL {again})"
            " AND EXISTS (SELECT 1 FROM article_files JOIN articles ON articles.id = article_id"
            " WHERE file_id = files.id AND gone_at IS NULL)"
            " ORDER BY due_at IS NOT NULL, due_at, id LIMIT ?"
        )
        found = self._db.execute(sql, [self.source, *kinds, to_text(now), limit]).fetchall()
        return [_file_seen(row, now) for row in found]

    def lacking_articles(self) -> list[str]:
        """Return URLs that a verification found missing."""
        sql = (
            "SELECT url FROM coverage_gaps WHERE source = ? AND kind = 'article' AND ended_at IS NULL"
            " AND reason = 'never listed' AND url IS NOT NULL"
        )
        return self._column(sql, self.source)

    def missed_comments(self, *, before: datetime, limit: int) -> list[str]:
        """Return ids of missed comments that are not removed yet."""
        sql = (
            f"SELECT key FROM comments WHERE source = ? AND missed_at <= ? AND gone_at IS NULL AND {NATIVE}"
            " ORDER BY missed_at LIMIT ?"
        )
        return self._column(sql, self.source, to_text(before), limit)

    def doubted_articles(self, *, before: datetime, limit: int) -> list[str]:
        """Return URLs of missed articles that are not removed yet."""
        sql = (
            "SELECT url FROM articles WHERE source = ? AND missed_at <= ? AND gone_at IS NULL"
            " ORDER BY missed_at LIMIT ?"
        )
        return self._column(sql, self.source, to_text(before), limit)

    def waiting_articles(self, *, before: datetime, limit: int) -> list[str]:
        """Return URLs of articles with an old pending change."""
        sql = (
            "SELECT DISTINCT url FROM pending_changes JOIN articles ON articles.id = item_id"
            " WHERE pending_changes.source = ? AND pending_changes.kind = 'article' AND last_at <= ?"
            " AND gone_at IS NULL ORDER BY last_at LIMIT ?"
        )
        return self._column(sql, self.source, to_text(before), limit)

    def good_article(self) -> str | None:
        """Return the URL of the last good article, if any."""
        sql = (
            "SELECT articles.url FROM visits JOIN articles ON articles.id = article_id"
            " WHERE visits.source = ? AND kind = 'article' AND failures = 0 AND missed_at IS NULL"
            f" AND gone_at IS NULL AND visits.url_key = {OWN_KEY} ORDER BY good_at DESC LIMIT 1"
        )
        url: str | None = self._value(sql, self.source)
        return url

    def newest_comments(self, *, limit: int) -> list[str]:
        """Return ids of the newest comments that REST lists."""
        sql = (
            f"SELECT key FROM comments WHERE source = ? AND kind = 'comment' AND {NUMBERED}"
            " AND gone_at IS NULL AND missed_at IS NULL ORDER BY CAST(site_id AS INTEGER) DESC LIMIT ?"
        )
        return self._column(sql, self.source, limit)

    def visits_before(self, moment: datetime, *, limit: int) -> list[Seen]:
        """Return pages not visited since a moment, most active first.

        The moment is in seconds.
        """
        sql = (
            f"{_VISIT} WHERE visits.source = ? AND kind = ? AND fetched_at <= ? AND gone_at IS NULL"
            f" AND visits.url_key = {OWN_KEY} ORDER BY coalesce(last_comment, published) DESC LIMIT ?"
        )
        rows = self._db.execute(sql, [self.source, _PAGE, to_text(moment), limit])
        return [self._seen(row) for row in rows]

    def _one(self, sql: str, *values: str | int) -> sqlite3.Row | None:
        with closing(self._db.execute(sql, values)) as cursor:
            row: sqlite3.Row | None = cursor.fetchone()
            return row

    def _value(self, sql: str, *values: str | int) -> Any:
        """Return the first column of the first row, or None."""
        row = self._one(sql, *values)
        if row is None:
            return None
        return row[0]

    def _column(self, sql: str, *values: Any) -> list[str]:
        """Return the first column of all rows."""
        return [row[0] for row in self._db.execute(sql, values)]

    def _seen(self, row: sqlite3.Row) -> Seen:
        comments_open = row["comments_open"]
        if comments_open is not None:
            comments_open = bool(comments_open)
        return Seen(
            **{name: row[name] for name in _AS_STORED},
            fetched_at=instant(row["fetched_at"]),
            first_fetched=instant(row["first_fetched"]),
            changed_at=optional_instant(row["changed_at"]),
            retry_at=optional_instant(row["retry_at"]),
            published=from_text(row["published"]),
            edits=row["edits"] or 0,
            last_comment=from_text(row["last_comment"]),
            comments_day=row["comments_day"],
            comments_month=row["comments_month"],
            comments_year=row["comments_year"],
            comments_open=comments_open,
            comments_told=self._are_told(row["thread"]),
            settled=row["settled"] is not None,
        )


def _file_seen(row: sqlite3.Row, now: datetime) -> Seen:
    """Return the last visit of a file, with validators only where its bytes are kept."""
    seen = Seen(
        url=row["url"], status=row["status"] or 0, fetched_at=optional_instant(row["fetched_at"]) or now
    )
    if row["digest"] is None:
        return seen
    return replace(seen, etag=row["etag"], last_modified=row["last_modified"])
