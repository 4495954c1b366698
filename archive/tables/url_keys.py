"""The keys of the URLs in an archive: added where missing, and twin rows merged.

A migration is SQL alone, and a key is computed by `urls`. So an archive that was written before there were
keys gets them here, when it is opened: once, in one transaction. It writes `visits`, `addresses`, the
URLs of `problems`, and the keys of `coverage_gaps`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from archive.core import urls
from archive.core.connection import Database
from archive.core.database import transaction
from archive.tables.merge import Value

Row = dict[str, Value]
OWN_KEY = (
    "(SELECT url_key FROM addresses"
    " WHERE addresses.source = articles.source AND addresses.url = articles.url)"
)
"""SQL for the key of an article's own URL."""
_UNKEYED = (
    "SELECT EXISTS (SELECT 1 FROM visits INDEXED BY visits_unkeyed WHERE url_key IS NULL)"
    " OR EXISTS (SELECT 1 FROM addresses INDEXED BY addresses_unkeyed WHERE url_key IS NULL)"
)


def fill_url_keys(db: Database) -> None:
    """Fill missing URL keys, and merge rows with equal keys."""
    if not db.execute(_UNKEYED).fetchone()[0]:
        return
    with transaction(db):
        for twins in _twins(db, "addresses"):
            _settle_addresses(db, twins)
        for twins in _twins(db, "visits"):
            _settle_visits(db, twins)
        for number, url in db.execute("SELECT id, key FROM coverage_gaps WHERE key LIKE '%://%'").fetchall():
            change = "UPDATE OR REPLACE coverage_gaps SET key = ? WHERE id = ?"
            db.execute(change, [urls.page_key(url), number])


def respell(db: Database, source: str, old: str, new: str) -> None:
    """Update a page's URL in visits, problems and refused texts."""
    for table in ("visits", "problems", "refused_texts"):
        db.execute(f"UPDATE OR REPLACE {table} SET url = ? WHERE source = ? AND url = ?", [new, source, old])


def _twins(db: Database, table: str) -> Iterator[list[Row]]:
    """Yield rows grouped by page where a key is missing."""
    stored = db.query(f"SELECT rowid AS number, * FROM {table}")
    found = [{**row, "url_key": urls.page_key(str(row["url"]))} for row in stored]
    found.sort(key=_page)
    for _, rows in groupby(found, _page):
        yield list(rows)


def _page(row: Row) -> tuple[str, str]:
    return str(row["source"]), str(row["url_key"])


def _settle_addresses(db: Database, twins: list[Row]) -> None:
    """Keep the article's own URL, or the earliest row."""
    own = "SELECT 1 FROM articles WHERE source = ? AND url = ?"

    def rank(row: Row) -> tuple[bool, str]:
        found = db.execute(own, [row["source"], row["url"]])
        is_alias = found.fetchone() is None
        return is_alias, str(row["first_seen"])

    best = min(twins, key=rank)
    _drop(db, "addresses", (row for row in twins if row is not best))
    first = min(str(row["first_seen"]) for row in twins)
    change = "UPDATE addresses SET url_key = ?, first_seen = ? WHERE rowid = ?"
    values = [best["url_key"], first, best["number"]]
    db.execute(change, values)


def _settle_visits(db: Database, twins: list[Row]) -> None:
    """Keep the newest good visit, with the best facts of all."""

    def rank(row: Row) -> tuple[str, str]:
        return str(row["good_at"] or ""), str(row["fetched_at"])

    best = max(twins, key=rank)
    others = [row for row in twins if row is not best]
    _drop(db, "visits", others)
    for row in others:
        respell(db, str(row["source"]), str(row["url"]), str(best["url"]))
    newest = sorted(twins, key=rank, reverse=True)
    changes = [str(row["changed_at"]) for row in twins if row["changed_at"]]
    facts: Row = {
        "url_key": best["url_key"],
        "article_id": _first(newest, "article_id"),
        "first_fetched": min(str(row["first_fetched"]) for row in twins),
        "changed_at": max(changes, default=None),
        "times": sum(int(row["times"] or 0) for row in twins),
        "lastmod": _first(newest, "lastmod"),
    }
    names = ", ".join(f"{name} = ?" for name in facts)
    values = [*facts.values(), best["number"]]
    db.execute(f"UPDATE visits SET {names} WHERE rowid = ?", values)


def _drop(db: Database, table: str, rows: Iterable[Row]) -> None:
    for row in rows:
        db.execute(f"DELETE FROM {table} WHERE rowid = ?", [row["number"]])


def _first(rows: list[Row], name: str) -> Value:
    given = (row[name] for row in rows if row[name] is not None)
    return next(given, None)
