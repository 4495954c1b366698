"""Captures: pages of articles that another witness received, and what follows for the article's history.

Invariant: what a crawl of ours saves is the same with and without them. They are recorded separately, and an
article's past is derived from all of its captures and our own rows, however many came and in which order. It
writes inside a transaction of its caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from archive.core import urls
from archive.core.connection import Database
from archive.core.records import Article, Page, Saved
from archive.core.timestamps import to_text
from archive.files import captured_pages
from archive.files.redaction_store import RedactionSet
from archive.storage import tombstones
from archive.storage.past import articles as past_articles
from archive.storage.past import comments as past_comments
from archive.storage.past import matching
from archive.storage.past.versions import Row
from archive.tables import rows
from archive.tables.captured import Capture, from_json
from archive.tables.merge import Value


def _any_of(db: Database, source: str) -> bool:
    """True if the archive has captures of a source."""
    return rows.one(db, "SELECT 1 FROM captures WHERE source = ? LIMIT 1", source) is not None


def save_capture(
    db: Database,
    archive: Path,
    page: Page,
    witness: str,
    article: Article,
    comments: int,
    hidden: RedactionSet,
) -> Saved:
    """Record a capture whose text is kept with its raw page; return what is new.

    Captures of a hidden article are not recorded.
    """
    at = rows.must(to_text(page.fetched_at))
    url = urls.clean_page(page.url)
    addresses = (page.url, page.final_url, article.url)
    if any(hidden.at(page.source, each) is not None for each in addresses):
        return Saved()
    row = matching.article_of(db, page, article) or _new_article(db, page, article, at)
    if row["redaction_id"] is not None:
        return Saved()
    values: Row = {
        "source": page.source,
        "article_id": row["id"],
        "witness": witness,
        "at": at,
        "url": page.url,
        "url_key": urls.key(url),
        "title_key": matching.title_key_of(article),
        "comments": comments,
    }
    sql = "SELECT id FROM captures WHERE source = ? AND witness = ? AND url = ? AND at = ?"
    held = rows.one(db, sql, page.source, witness, page.url, at)
    if held is None:
        rows.insert(db, "captures", values)
    else:
        rows.update(db, "captures", held["id"], values)
    before = _counts(db, row["id"])
    refresh(db, archive, row["id"], hidden)
    if _absorb(db, row["id"]):
        refresh(db, archive, row["id"], hidden)
    after = _counts(db, row["id"])
    comments_new = max(0, after[1] - before[1])
    gone = max(0, after[2] - before[2])
    return Saved(
        articles_new=int("new" in row),
        articles_changed=int(after[0] != before[0]),
        comments_new=comments_new,
        gone=gone,
    )


def claim(db: Database, archive: Path, source: str, articles: Iterable[int], hidden: RedactionSet) -> None:
    """Bring the past of articles up to date that a crawl has just saved; take over the captures of each."""
    if not _any_of(db, source):
        return
    for article_id in dict.fromkeys(articles):
        _absorb(db, article_id)
        refresh(db, archive, article_id, hidden)


def claim_missed(db: Database, archive: Path, source: str, looked_at: datetime, hidden: RedactionSet) -> None:
    """Update the past of the threads in which a check of ours has just missed comments."""
    if not _any_of(db, source):
        return
    at = to_text(looked_at)
    sql = (
        "SELECT DISTINCT article_id AS id FROM comments WHERE source = ? AND (missed_at = ? OR gone_at = ?)"
        " AND EXISTS (SELECT 1 FROM captures WHERE captures.article_id = comments.article_id)"
    )
    for row in list(db.query(sql, [source, at, at])):
        refresh(db, archive, row["id"], hidden)


def adopt_article(db: Database, page: Page, article: Article) -> Row | None:
    """Return the row of an article that only others have seen, and we do now, emptied of its past."""
    if not _any_of(db, page.source):
        return None
    row = matching.adoptable(db, page, article)
    if row is not None:
        _forget_past(db, row["id"])
    return row


def refresh(db: Database, archive: Path, article_id: Value, hidden: RedactionSet) -> None:
    """Derive the past of an article from its captures; without their text nothing is changed."""
    row = rows.one(db, "SELECT * FROM articles WHERE id = ?", article_id)
    if row is None or row["redaction_id"] is not None:
        return
    captures = _captures(db, archive, row)
    if not captures:
        return
    row = past_articles.derive_article(db, row, captures)
    past_comments.derive_thread(db, archive, row, captures, hidden)
    tombstones.count_comments(db, article_id)


def _captures(db: Database, archive: Path, row: Row) -> list[Capture]:
    sql = "SELECT id, url, at, witness FROM captures WHERE article_id = ? ORDER BY at, witness, url"
    found = list(db.query(sql, [row["id"]]))
    which = [(each["url"], each["at"], each["witness"]) for each in found]
    captures = []
    for each, said in zip(found, captured_pages.said_by(archive, str(row["source"]), which), strict=True):
        if said is not None:
            article, comments = from_json(said)
            captures.append(Capture(**each, article=article, comments=comments))
    return captures


def _absorb(db: Database, article_id: Value) -> bool:
    """Take over the captures of all that is one with an article; True if there was any."""
    row = rows.one(db, "SELECT * FROM articles WHERE id = ?", article_id)
    found = []
    if row is not None and row["redaction_id"] is None:
        found = matching.others_of(db, row)
    for other in found:
        db.execute("UPDATE captures SET article_id = ? WHERE article_id = ?", [article_id, other["id"]])
        past_comments.hand_over(db, other["id"], article_id)
        _delete(db, other["id"])
    return bool(found)


def _new_article(db: Database, page: Page, article: Article, at: str) -> Row:
    values: Row = {
        "source": page.source,
        "url": urls.clean(page.url),
        "first_seen": at,
        "changed_at": at,
        "witness": "",
        "title": article.title,
        "text": article.text,
    }
    number = rows.insert(db, "articles", values)
    return {**(rows.one(db, "SELECT * FROM articles WHERE id = ?", number) or {}), "new": 1}


def _forget_past(db: Database, article_id: Value) -> None:
    db.execute("DELETE FROM article_versions WHERE article_id = ? AND witness IS NOT NULL", [article_id])
    db.execute("DELETE FROM events WHERE article_id = ? AND witness IS NOT NULL", [article_id])
    for write in rows.LIST_WRITERS.values():
        write(db, int(article_id or 0), ())


def _delete(db: Database, article_id: Value) -> None:
    """Delete an article that only others have seen, whose captures and comments are another one's now."""
    _forget_past(db, article_id)
    db.execute("DELETE FROM articles WHERE id = ?", [article_id])


def _counts(db: Database, article_id: Value) -> tuple[int, int, int]:
    """Return an article's numbers of versions, comments, removed comments."""
    thread = "SELECT count(*) FROM comments WHERE article_id = :id"
    sql = (
        "SELECT (SELECT count(*) FROM article_versions WHERE article_id = :id),"
        f" ({thread}), ({thread} AND gone_at IS NOT NULL)"
    )
    cursor = db.execute(sql, {"id": article_id})
    first, second, third = cursor.fetchone()
    return int(first), int(second), int(third)
