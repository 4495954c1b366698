"""Removals: suspected at the first check, confirmed at the second, cleared when shown again.

The text stays, flagged. Two checks must lie apart in time, and each must be of a healthy site, or an outage
would pass for a great deletion. It writes only the flags in `articles` and `comments`, the counts they
change, and the ledger, inside a transaction of its caller.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from archive.core import urls
from archive.core.connection import Database
from archive.core.records import Extract, Page, Saved
from archive.core.timestamps import instant, to_text
from archive.tables import crawl_states, events, rows
from archive.tables.captured import SEEN_BY_US
from archive.tables.events import ARTICLE_GONE, Event
from archive.tables.merge import Value
from archive.tables.observations import APART, Missing
from archive.tables.url_keys import OWN_KEY

STATUSES = {404: "removed", 410: "removed", 451: "blocked"}
"""How an article went, by the status of its page. No other refusal proves anything."""
PROTECTED = "password-protected"
"""The problem of a page that asks for a password."""
NOT_THERE = frozenset({"soft-404", "not-this-article"})
"""Problems of a page that answers 200 and does not show its article: a weaker sign than a status."""
WHOLE_THREAD = 2  # comments of a thread that are all missed at once, at least
GOOD_FOR_EACH = 3  # pages of other articles that must be good for each that is absent as well
GOOD_FOR_EACH_WEAK = 10  # the same where the page states it with status 200

_GONE = (
    "SELECT articles.* FROM addresses"
    " JOIN articles ON articles.id = article_id AND articles.url = addresses.url"
    " WHERE addresses.source = ? AND addresses.url_key = ? AND text IS NOT NULL"
)
# An article whose address shows another one: of its date, as a wall is not, or as the list witnesses.
_REPLACED = (
    "SELECT old.* FROM articles AS own JOIN articles AS old ON old.source = own.source AND old.url = own.url"
    " WHERE own.id = ? AND old.id != own.id AND old.post_id != own.post_id AND old.text IS NOT NULL"
    " AND old.gone_at IS NULL AND own.first_seen > old.first_seen AND (old.published = own.published"
    " OR old.id IN (SELECT article_id FROM unlisted WHERE shown_at IS NULL))"
)
_PART = (
    "SELECT 1 FROM visits JOIN articles ON articles.id = article_id WHERE visits.source = ?"
    f" AND visits.url_key = ? AND visits.url_key != {OWN_KEY} AND good_at IS NOT NULL"
)
_NEVER = "SELECT 1 FROM visits WHERE source = ? AND url_key = ? AND good_at IS NULL AND failures > 0"
_GOOD_AT = "SELECT max(good_at) AS at FROM visits WHERE article_id = ? AND kind = 'article'"


def seen_again(db: Database, kind: str, row: dict[str, Value], at: str) -> dict[str, Value]:
    """Return the columns of an item shown again; record its return.

    `at` is ISO 8601 UTC. An observation from before the one that missed it has no effect.
    """
    missed_at = row["missed_at"]
    gone_at = row["gone_at"]
    if missed_at is None and gone_at is None:
        return {}
    if at < str(gone_at or missed_at):
        return {}
    if kind == "article":
        db.execute("UPDATE unlisted SET shown_at = ? WHERE article_id = ?", [at, row["id"]])
    elif gone_at is None:
        # The source shows again what a check had just missed: it answers out of caches.
        crawl_states.update_state(db, str(row["source"]), stale_copy_at=instant(at))
    if gone_at is not None:
        events.note(db, Event.RETURNED, kind, row, at, since=gone_at, how=row["gone_how"])
    return {"missed_at": None, "gone_at": None, "gone_how": None}


def note_missing(db: Database, missing: Missing) -> Saved:
    """Record comments that were requested by id and not shown.

    Where a whole thread is missed, its article may be removed: that is checked first, and is one event.
    """
    missed = gone = 0
    for key in missing.ids:
        row = rows.one(
            db,
            "SELECT comments.*, articles.gone_at AS article_gone, articles.missed_at AS article_missed"
            " FROM comments JOIN articles ON articles.id = article_id"
            " WHERE comments.source = ? AND key = ? AND comments.gone_at IS NULL",
            missing.source,
            key,
        )
        if row is None:
            continue
        if not _is_second_look(row, missing.looked_at, missing.apart):
            _doubt(db, "comment", row, missing.looked_at)
            missed += 1
            continue
        if row["article_gone"] is None and _may_be_gone(db, row, missing.looked_at):
            missed += 1
            continue
        how = ARTICLE_GONE
        if row["article_gone"] is None:
            how = "removed"
        _mark_gone(db, "comment", row, missing.looked_at, how)
        count_comments(db, row["article_id"])
        gone += 1
    return Saved(missed=missed, gone=gone)


def _may_be_gone(db: Database, comment: dict[str, Value], now: datetime) -> bool:
    """True if a missed comment's article may be removed.

    Its whole thread is missed.
    """
    if comment["article_missed"] is not None:
        return True
    sql = (
        "SELECT count(*) AS n, count(missed_at) AS missed FROM comments"
        " WHERE article_id = ? AND gone_at IS NULL AND kind = 'comment'"
        f" AND {SEEN_BY_US}"
    )
    thread: dict[str, Any] = rows.one(db, sql, comment["article_id"]) or {}
    good = rows.one(db, _GOOD_AT, comment["article_id"])
    good_at = None
    if good is not None:
        good_at = good["at"]
    shown = good_at is not None and str(good_at) > str(comment["missed_at"])
    if shown or thread["n"] < WHOLE_THREAD or thread["missed"] < thread["n"]:
        return False
    article = rows.one(db, "SELECT * FROM articles WHERE id = ?", comment["article_id"])
    if article is None or article["text"] is None:
        return False
    _doubt(db, "article", article, now)
    return True


def note_absent_page(db: Database, page: Page, extract: Extract) -> Saved:
    """Record that a known article's page is absent or protected.

    Only its own page shows whether a divided article is removed, not those of its further parts. A page that
    never showed an article, and no longer exists, lacks nothing.
    """
    how = STATUSES.get(page.status)
    codes = {problem.code for problem in extract.problems}
    is_not_there = bool(codes) and codes <= NOT_THERE
    is_weak = how is None and page.status == HTTPStatus.OK and is_not_there
    if PROTECTED in codes:
        how, is_weak = "protected", False
    if how is None and not is_weak:
        return Saved()
    key = urls.page_key(page.url)
    if row := rows.one(db, _GONE, page.source, key):
        return _look(db, row, page, how or "removed", is_weak=is_weak)
    is_known = rows.one(db, _PART, page.source, key) is not None
    if how is not None and not is_known:
        is_known = rows.one(db, _NEVER, page.source, key) is not None
    if not is_known:
        return Saved()
    return Saved(missed=1)


def note_redirect(db: Database, page: Page, own: int) -> Saved:
    """Record that an article's URL leads to another, `own`, or shows it in its place."""
    key = urls.page_key(page.url)
    row = rows.one(db, f"{_GONE} AND articles.id != ?", page.source, key, own)
    if row is not None:
        return _look(db, row, page, "redirected")
    row = rows.one(db, _REPLACED, own)
    if row is None:
        return Saved()
    return _look(db, row, page, "removed")


def _look(db: Database, row: dict[str, Value], page: Page, how: str, *, is_weak: bool = False) -> Saved:
    """Doubt an article that was not shown; a second time removes it."""
    if row["gone_at"] is not None:
        return Saved(missed=1)
    if not _is_second_look(row, page.fetched_at) or not _is_well(db, row, is_weak=is_weak):
        _doubt(db, "article", row, page.fetched_at)
        return Saved(missed=1)
    _mark_gone(db, "article", row, page.fetched_at, how, page.final_url)
    good = rows.one(db, _GOOD_AT, row["id"])
    seen_at = None
    if good and good["at"]:
        seen_at = str(good["at"])
    events.went_with_article(db, row["id"], seen_at)
    return Saved(gone=1)


def count_comments(db: Database, article_id: Value) -> None:
    """Bring an article's count of comments, and the time of the last one, up to date.

    Where we have seen the article ourselves, those count that we have seen.
    """
    db.execute(
        "UPDATE articles SET (comment_count, last_comment) = (SELECT count(*), max(published)"
        " FROM comments WHERE article_id = articles.id AND gone_at IS NULL"
        " AND (witness IS NULL OR seen_at IS NOT NULL"
        " OR (articles.witness IS NOT NULL AND articles.seen_at IS NULL))) WHERE id = ?",
        [article_id],
    )


def _is_second_look(row: dict[str, Value], now: datetime, apart: timedelta = APART) -> bool:
    missed_at = row["missed_at"]
    if missed_at is None:
        return False
    return now - instant(str(missed_at)) >= apart


def _is_well(db: Database, row: dict[str, Value], *, is_weak: bool) -> bool:
    """True if the site has shown enough other articles since.

    Few of the pages visited since may be absent as well, unless the site's own list lacks the article.
    """
    if rows.one(db, "SELECT 1 FROM unlisted WHERE article_id = ? AND shown_at IS NULL", row["id"]):
        return True
    sql = (
        "SELECT count(DISTINCT CASE WHEN good_at > :since THEN article_id END) AS good,"
        " count(DISTINCT CASE WHEN failures > 0 AND missed_at IS NOT NULL AND gone_at IS NULL"
        " THEN article_id END) AS absent"
        " FROM visits JOIN articles ON articles.id = article_id"
        " WHERE visits.source = :source AND kind = 'article' AND fetched_at >= :since AND articles.id != :own"
    )
    where = {"since": row["missed_at"], "source": row["source"], "own": row["id"]}
    [pages] = db.query(sql, where)
    each = GOOD_FOR_EACH
    if is_weak:
        each = GOOD_FOR_EACH_WEAK
    return bool(pages["good"]) and pages["absent"] * each <= pages["good"]


def _doubt(db: Database, kind: str, row: dict[str, Value], now: datetime) -> None:
    if row["missed_at"] is None:
        rows.update(db, f"{kind}s", row["id"], {"missed_at": to_text(now)})


def _mark_gone(
    db: Database, kind: str, row: dict[str, Value], now: datetime, how: str, leads_to: str | None = None
) -> None:
    at = rows.must(to_text(now))
    rows.update(db, f"{kind}s", row["id"], {"gone_at": at, "gone_how": how})
    if how == "redirected":
        facts = {"old_url": row["url"], "new_url": leads_to}
        events.note(db, Event.REDIRECTED, kind, row, at, since=row["missed_at"], how=how, **facts)
    else:
        events.note(db, Event.REMOVED, kind, row, at, since=row["missed_at"], how=how)
