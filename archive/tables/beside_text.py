"""Rows of what an article has beside its words: terms of custom taxonomies, embeds, files.

A row that the site no longer shows ends, and is never deleted. Does not: fetch a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlite_utils import Database

from archive.core.records import Article
from archive.tables.change_detection import EMBEDDED
from archive.tables.merge import Value
from archive.tables.rows import insert, update

FEATURED = "featured picture"


def write_beside_text(db: Database, article_id: int, article: Article, at: str) -> None:
    """Store the terms, embeds and files of an article as a page or listing states them `at` (UTC text)."""
    write_terms(db, article_id, article, at)
    write_embeds(db, article_id, article, at)
    write_files(db, article_id, article, at)


def write_terms(db: Database, article_id: int, article: Article, at: str) -> None:
    """Store the terms of custom taxonomies that a listing names; a term that it lacks ends `at` (UTC text).

    Nothing where the listing says nothing of terms.
    """
    if "terms" not in dict(article.origins):
        return
    for position, (taxonomy, name) in enumerate(article.terms):
        db.execute(
            "INSERT INTO article_terms VALUES (?, ?, ?, ?, ?, NULL) ON CONFLICT DO UPDATE SET"
            " position = excluded.position, ended_at = NULL"
            " WHERE position IS NOT excluded.position OR ended_at IS NOT NULL",
            [article_id, taxonomy, name, position, at],
        )
    held = db.execute(
        "SELECT taxonomy, name FROM article_terms WHERE article_id = ? AND ended_at IS NULL", [article_id]
    ).fetchall()
    numbers = Counter(taxonomy for taxonomy, _ in article.terms)
    for taxonomy, name in set(held) - set(article.terms):
        if numbers[taxonomy] >= EMBEDDED - 1:
            continue  # WordPress before 6.5 embeds no more
        db.execute(
            "UPDATE article_terms SET ended_at = ? WHERE article_id = ? AND taxonomy = ? AND name = ?",
            [at, article_id, taxonomy, name],
        )


def write_embeds(db: Database, article_id: int, article: Article, at: str) -> None:
    """Store the embeds that an article's page shows; one that it lacks ends `at` (UTC text).

    Nothing where no text was read. A further part of an article adds its own, and ends none.
    """
    if article.text is not None:
        stated: list[dict[str, Value]] = [{"kind": each.kind, "url": each.url} for each in article.embeds]
        _write(db, "embeds", article_id, stated, at, ends=_is_whole(article))


def write_files(db: Database, article_id: int, article: Article, at: str) -> None:
    """Store the files that an article shows or links, its featured picture first; as `write_embeds` does."""
    stated: list[dict[str, Value]] = [
        {"kind": each.kind, "url": each.url, "alt": each.alt} for each in article.files
    ]
    if article.image and article.image not in {each.url for each in article.files}:
        stated.insert(0, {"kind": FEATURED, "url": article.image, "alt": None})
    if article.text is not None:
        _write(db, "article_files", article_id, stated, at, ends=_is_whole(article))
    elif stated:
        _write(db, "article_files", article_id, stated, at, ends=False)


def _is_whole(article: Article) -> bool:
    """True if all of an article stands on the page: what is not there is not shown any more."""
    return bool(article.text) and not article.further and article.parts == 1


def _write(
    db: Database, table: str, article_id: int, stated: Sequence[dict[str, Value]], at: str, *, ends: bool
) -> None:
    sql = f"SELECT * FROM {table} WHERE article_id = ? AND ended_at IS NULL ORDER BY position"
    held = list(db.query(sql, [article_id]))
    first = 0 if ends else len(held)
    for position, row in enumerate(stated, first):
        known = next((each for each in held if all(each[name] == row[name] for name in row)), None)
        if known is None:
            insert(db, table, {"article_id": article_id, "position": position, **row, "first_seen": at})
            continue
        held.remove(known)
        if ends and known["position"] != position:
            update(db, table, known["id"], {"position": position})
    for row in held if ends else ():
        update(db, table, row["id"], {"ended_at": at})
