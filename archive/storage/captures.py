"""Captures: pages of articles that another witness received, and what follows for the article's history.

Invariant: what a crawl of ours saves is the same with and without them. They are noted beside it, and an
article's past is derived from all of its captures and our own rows, however many came and in which order.
It writes inside a transaction of its caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from archive.changes.text_blocks import digest_texts
from archive.core import urls
from archive.core.records import Article, Page, Saved
from archive.core.timestamps import from_text, to_text
from archive.files import captured_pages
from archive.files.redaction_store import RedactionSet
from archive.identity.likeness import same_date, same_text, same_title, split_words
from archive.storage import past_articles, past_comments, tombstones
from archive.storage.past_versions import Row
from archive.tables import rows
from archive.tables.captured import SEEN_BY_OTHERS, SEEN_BY_US, Capture, from_json
from archive.tables.merge import Value

OTHERS_OF_ARTICLES = SEEN_BY_OTHERS.replace("witness", "articles.witness")
"""The same condition where captures are joined, which have a witness too."""
_AT_ADDRESS = (
    "SELECT articles.* FROM addresses JOIN articles ON articles.id = article_id"
    f" WHERE addresses.source = ? AND addresses.url_key = ? AND {SEEN_BY_US}"
)
_TWINS = f"SELECT * FROM articles WHERE source = ? AND title = ? AND published = ? AND {SEEN_BY_US} LIMIT 2"
_GROUP = (
    "SELECT articles.* FROM captures JOIN articles ON articles.id = article_id"
    f" WHERE captures.source = ? AND (url_key = ? OR title_key = ?) AND {OTHERS_OF_ARTICLES}"
    " GROUP BY articles.id ORDER BY articles.id"
)


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
    """Note a capture whose words are kept beside its raw page; return what is new by it.

    Nothing is noted of an article that is hidden.
    """
    at, url = rows.must(to_text(page.fetched_at)), urls.clean_page(page.url)
    if any(hidden.at(page.source, each) is not None for each in (page.url, page.final_url, article.url)):
        return Saved()
    row = _article_of(db, page, article) or _new_article(db, page, article, at)
    if row["redaction_id"] is not None:
        return Saved()
    values: Row = {
        "source": page.source,
        "article_id": row["id"],
        "witness": witness,
        "at": at,
        "url": page.url,
        "url_key": urls.key(url),
        "title_key": _title_key(article),
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
    after = _counts(db, row["id"])
    return Saved(
        articles_new=int("new" in row),
        articles_changed=int(after[0] != before[0]),
        comments_new=max(0, after[1] - before[1]),
        gone=max(0, after[2] - before[2]),
    )


def claim(db: Database, archive: Path, source: str, articles: Iterable[int], hidden: RedactionSet) -> None:
    """Bring the past of articles up to date that a crawl has just saved; take over the captures of each."""
    if not _any_of(db, source):
        return
    for article_id in dict.fromkeys(articles):
        row = rows.one(db, "SELECT * FROM articles WHERE id = ?", article_id)
        if row is None:
            continue
        for other in _unclaimed(db, row):
            db.execute("UPDATE captures SET article_id = ? WHERE article_id = ?", [article_id, other])
            past_comments.hand_over(db, other, article_id)
            _delete(db, other)
        refresh(db, archive, article_id, hidden)


def adopt_article(db: Database, page: Page, article: Article) -> Row | None:
    """Return the row of an article that only others have seen, and we do now, emptied of its past."""
    if not _any_of(db, page.source):
        return None
    for key in dict.fromkeys(map(urls.key, (article.url, page.url, page.final_url))):
        for row in db.query(_GROUP, [page.source, key, _title_key(article)]):
            if row["redaction_id"] is None and _agrees(row, article):
                _forget_past(db, row["id"])
                return dict(row)
    return None


def refresh(db: Database, archive: Path, article_id: Value, hidden: RedactionSet) -> None:
    """Derive the past of an article from its captures; without words for them nothing is touched."""
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


def _article_of(db: Database, page: Page, article: Article) -> Row | None:
    """Return the row of the article that a capture shows: one of ours, else one that others have seen."""
    for url in dict.fromkeys((page.url, page.final_url)):
        row = rows.one(db, _AT_ADDRESS, page.source, urls.key(url))
        if row is not None and (row["redaction_id"] is not None or _agrees_ever(db, row, article)):
            return row
    if article.title and isinstance(article.published, datetime):
        twins = list(db.query(_TWINS, [page.source, article.title, to_text(article.published)]))
        if len(twins) == 1:
            return twins[0]
    group = list(db.query(_GROUP, [page.source, urls.key(page.url), _title_key(article)]))
    agreeing = [row for row in group if _agrees(row, article)]
    for other in agreeing[1:]:
        db.execute(
            "UPDATE captures SET article_id = ? WHERE article_id = ?", [agreeing[0]["id"], other["id"]]
        )
        past_comments.hand_over(db, other["id"], agreeing[0]["id"])
        _delete(db, other["id"])
    return agreeing[0] if agreeing else None


def _agrees_ever(db: Database, row: Row, article: Article) -> bool:
    """True if a capture agrees with what an article says or said."""
    sql = "SELECT title, published, text FROM article_versions WHERE article_id = ? AND witness IS NULL"
    return _agrees(row, article) or any(_agrees(each, article) for each in db.query(sql, [row["id"]]))


def _agrees(row: Row, article: Article) -> bool:
    """True if a title, date or text agrees, or where nothing is known to compare."""
    said = {name: None if row[name] is None else str(row[name]) for name in ("title", "published", "text")}
    if not any(said.values()):
        return True
    return (
        same_title(said["title"], article.title)
        or same_date(from_text(said["published"]), article.published, zones=True)
        or (bool(said["text"] and article.text) and same_text(said["text"] or "", article.text or ""))
    )


def _title_key(article: Article) -> str | None:
    """Return a digest of a title with its instant, by which one article at two addresses is known."""
    if not article.title or not isinstance(article.published, datetime):
        return None
    return digest_texts(" ".join(split_words(article.title)), str(to_text(article.published)))


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


def _unclaimed(db: Database, row: Row) -> list[Value]:
    """Return the articles that only others have seen, and that are this one by an address and its words."""
    sql = (
        "SELECT DISTINCT articles.* FROM captures JOIN articles ON articles.id = captures.article_id"
        " JOIN addresses ON addresses.source = captures.source AND addresses.url_key = captures.url_key"
        f" WHERE addresses.article_id = ? AND articles.redaction_id IS NULL AND {OTHERS_OF_ARTICLES}"
        " ORDER BY articles.id"
    )
    found = list(db.query(sql, [row["id"]]))
    return [each["id"] for each in found if each["id"] != row["id"] and _is_one(row, each)]


def _is_one(row: Row, other: Row) -> bool:
    said = {
        name: None if other[name] is None else str(other[name]) for name in ("title", "published", "text")
    }
    moment = from_text(said["published"])
    return _agrees(row, Article(url="", title=said["title"], published=moment, text=said["text"]))


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
    """Return how many versions, comments, and removed comments an article has."""
    thread = "SELECT count(*) FROM comments WHERE article_id = :id"
    sql = (
        "SELECT (SELECT count(*) FROM article_versions WHERE article_id = :id),"
        f" ({thread}), ({thread} AND gone_at IS NOT NULL)"
    )
    first, second, third = db.execute(sql, {"id": article_id}).fetchone()
    return int(first), int(second), int(third)
