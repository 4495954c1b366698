"""Which article a capture shows, and which articles that only others have seen are one with another.

A URL or a title with its date leads to a candidate, and its texts of any time decide. So captures that agree
with one another by a chain are one article, in any order of arrival. It only reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import product

from archive.changes.text_blocks import digest_texts
from archive.core import urls
from archive.core.connection import Database
from archive.core.records import Article, Page
from archive.core.timestamps import from_text, to_text
from archive.identity.likeness import same_date, same_text, same_title, split_words
from archive.storage.past.versions import Row
from archive.tables import rows
from archive.tables.captured import SEEN_BY_OTHERS, SEEN_BY_US
from archive.tables.merge import Value

_AT_ADDRESS = (
    "SELECT articles.* FROM addresses JOIN articles ON articles.id = article_id"
    f" WHERE addresses.source = ? AND addresses.url_key = ? AND {SEEN_BY_US}"
)
_SAME_DATE = f"SELECT * FROM articles WHERE source = ? AND published = ? AND {SEEN_BY_US} ORDER BY id"
_CAPTURED = (
    "SELECT DISTINCT articles.* FROM captures JOIN articles ON articles.id = article_id"
    " WHERE captures.source = ? AND (captures.url_key = ? OR captures.title_key = ?)"
)
_FEW = 2
"""Articles of one title and date, from which on neither is known by them."""
_FACTS = ("title", "published", "text")


def title_key(title: Value, published: Value) -> str | None:
    """Return a digest of a title with its instant (ISO 8601 UTC), if it has both."""
    if not title or not isinstance(published, str) or "T" not in published:
        return None
    return digest_texts(" ".join(split_words(str(title))), published)


def title_key_of(article: Article) -> str | None:
    """Return the title key of a captured article."""
    at = article.published
    moment = None
    if isinstance(at, datetime):
        moment = to_text(at)
    return title_key(article.title, moment)


def article_of(db: Database, page: Page, article: Article) -> Row | None:
    """Return the row of the article that a capture shows, ours first, if there is one.

    A row that is hidden is returned for its URL alone.
    """
    said = captured_facts(article)
    for url in dict.fromkeys((page.url, page.final_url)):
        for row in list(db.query(_AT_ADDRESS, [page.source, urls.key(url)])):
            if row["redaction_id"] is not None or agree([said], said_ever(db, row)):
                return row
    return _twin(db, page.source, article) or _captured(db, page, article)


def adoptable(db: Database, page: Page, article: Article) -> Row | None:
    """Return the article that only others have seen and a page of ours shows, if any."""
    key = title_key_of(article)
    for url in dict.fromkeys(map(urls.key, (article.url, page.url, page.final_url))):
        sql = f"{_CAPTURED} AND {_others('articles')} ORDER BY articles.id"
        for row in list(db.query(sql, [page.source, url, key])):
            if row["redaction_id"] is None and agree([captured_facts(article)], said_ever(db, row)):
                return row
    return None


def others_of(db: Database, row: Row) -> list[Row]:
    """Return the articles that only others have seen, and that are one with an article, by a chain too."""
    found: dict[Value, Row] = {}
    reached = [row]
    states = said_ever(db, row)
    while reached:
        near = list(_near(db, reached.pop()))
        for other in near:
            if other["id"] == row["id"] or other["id"] in found:
                continue
            theirs = said_ever(db, other)
            if agree(theirs, states):
                found[other["id"]] = other
                states += theirs
                reached = [row, *found.values()]
    return list(found.values())


def said_ever(db: Database, row: Row) -> list[Row]:
    """Return an article's titles, dates and texts of all times, from any witness."""
    sql = "SELECT title, published, text FROM article_versions WHERE article_id = ? ORDER BY version"
    versions = db.query(sql, [row["id"]])
    return [{name: row[name] for name in _FACTS}, *versions]


def captured_facts(article: Article) -> Row:
    """Return the title, date and text of a captured article, as a row has them."""
    return {"title": article.title, "published": to_text(article.published), "text": article.text}


def agree(some: Iterable[Mapping[str, Value]], others: Iterable[Mapping[str, Value]]) -> bool:
    """True if a title, date or text of two articles agrees, or if there is nothing to compare."""
    theirs = list(others)
    return any(_agrees(one, other) for one, other in product(some, theirs))


def _agrees(one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    if not any(one.values()) or not any(other.values()):
        return True
    first = {name: rows.optional_text(one[name]) for name in _FACTS}
    second = {name: rows.optional_text(other[name]) for name in _FACTS}
    if same_title(first["title"], second["title"]):
        return True
    if same_date(from_text(first["published"]), from_text(second["published"]), zones=True):
        return True
    if not first["text"] or not second["text"]:
        return False
    return same_text(first["text"], second["text"])


def _title_keys(db: Database, row: Row) -> set[str | None]:
    """Return the keys of an article's titles with its date."""
    return {title_key(state["title"], row["published"]) for state in said_ever(db, row)}


def _twin(db: Database, source: str, article: Article) -> Row | None:
    """Return the one article of ours that has, or had, the title and date of a captured one."""
    key = title_key_of(article)
    if key is None:
        return None
    same_date = db.query(_SAME_DATE, [source, to_text(article.published)])
    found = [row for row in same_date if key in _title_keys(db, row)]
    if 0 < len(found) < _FEW:
        return found[0]
    return None


def _captured(db: Database, page: Page, article: Article) -> Row | None:
    """Return the article of other captures of the same URL, or title and date; ours first."""
    sql = f"{_CAPTURED} AND redaction_id IS NULL ORDER BY {_others('articles')}, articles.id"
    values = [page.source, urls.key(page.url), title_key_of(article)]
    found = list(db.query(sql, values))
    said = captured_facts(article)
    return next((row for row in found if agree([said], said_ever(db, row))), None)


def _near(db: Database, row: Row) -> Iterator[Row]:
    """Yield the articles that only others have seen, and that share a URL, or title and date, with one."""
    sql = (
        "SELECT url_key, NULL AS title_key FROM addresses WHERE article_id = :id"
        " UNION SELECT url_key, title_key FROM captures WHERE article_id = :id"
    )
    known = db.query(sql, {"id": row["id"]})
    keys = [(each["url_key"], each["title_key"]) for each in known]
    titles = _title_keys(db, row) - {None}
    keys += [("", title) for title in sorted(map(str, titles))]
    found = f"{_CAPTURED} AND redaction_id IS NULL AND {_others('articles')} ORDER BY articles.id"
    for url, title in keys:
        same_place = db.query(found, [row["source"], url, title])
        yield from list(same_place)


def _others(table: str) -> str:
    return SEEN_BY_OTHERS.replace("witness", f"{table}.witness")
