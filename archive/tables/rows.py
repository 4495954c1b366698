"""Between records and rows: which fields are columns, which of them a version keeps.

It defines the column names and how values are written; when to write is decided in `storage`. Table and
column names are literals of this package, never input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from urllib.parse import urlsplit

from archive.core.connection import Database
from archive.core.records import Article, Comment, Surface
from archive.core.timestamps import to_text
from archive.tables.merge import LIST_COLUMNS, Value, rank

ARTICLE_VERSIONED = ("title", "byline", "published", "modified", "text", "markdown", "description", "image")
COMMENT_VERSIONED = ("site_parent", "author", "author_url", "published", "text", "html")

_ROWS = 50  # in one statement: of 19 columns each, below SQLite's limit of 999 variables in old builds


def must(text: str | None) -> str:
    """Return a required time's text. Raises ValueError without it."""
    if text is None:
        raise ValueError("a time is missing")
    return text


def optional_text(value: Value) -> str | None:
    """Return a column's text, or None for NULL."""
    if value is None:
        return None
    return str(value)


def optional_number(value: Value) -> int | None:
    """Return a column's whole number, or None for NULL."""
    if value is None:
        return None
    return int(value)


def article_values(article: Article) -> dict[str, Value]:
    """Return the columns of `articles` for an Article; without its type where that is not stated."""
    type_ = {}
    if article.type:
        type_ = {"type": article.type}
    comments_open = None
    if article.comments_open is not None:
        comments_open = int(article.comments_open)
    return type_ | {
        "post_id": article.post_id,
        "url": article.url,
        "title": article.title,
        "byline": ", ".join(article.authors) or None,
        "published": to_text(article.published),
        "modified": to_text(article.modified),
        "text": article.text,
        "markdown": article.markdown,
        "description": article.description,
        "language": article.language,
        "image": article.image,
        "comments_stated": article.comments_stated,
        "comments_open": comments_open,
    }


def comment_values(comment: Comment) -> dict[str, Value]:
    """Return the columns of `comments` for a Comment."""
    return {
        "site_id": comment.id,
        "site_parent": comment.parent if comment.parent != comment.id else None,
        "kind": comment.kind.value,
        "author": comment.author,
        "author_url": comment.author_url,
        "published": to_text(comment.published),
        "published_raw": comment.published_raw,
        "text": comment.text,
        "html": comment.html,
        "permalink": comment.permalink,
        "depth": comment.depth,
        "position": comment.position,
    }


def one(db: Database, sql: str, *values: Value) -> dict[str, Value] | None:
    """Return the first row of a query, if any.

    Without the savepoint that `Database.query` makes, since each page needs many queries.
    """
    cursor = db.conn.execute(sql, values)
    row = cursor.fetchone()
    if row is None:
        return None
    columns = (name for name, *_ in cursor.description)
    return dict(zip(columns, row, strict=True))


def many(db: Database, sql: str, *values: Value) -> list[dict[str, Value]]:
    """Return the rows of a query, as `one` does."""
    cursor = db.conn.execute(sql, values)
    names = [name for name, *_ in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def insert(db: Database, table: str, row: Mapping[str, Value]) -> int:
    """Insert a row and return its id."""
    names = ", ".join(row)
    marks = ", ".join("?" * len(row))
    sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"
    cursor = db.execute(sql, list(row.values()))
    return int(cursor.lastrowid or 0)


def insert_all(db: Database, table: str, new: Sequence[Mapping[str, Value]]) -> None:
    """Insert rows in order, absent columns empty.

    Many in one statement, since a full-text index is written out at the end of each.
    """
    names = list(dict.fromkeys(chain.from_iterable(new)))
    marks = f"({', '.join('?' * len(names))})"
    for start in range(0, len(new), _ROWS):
        some = new[start : start + _ROWS]
        values = [value for row in some for value in map(row.get, names)]
        db.execute(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES {', '.join([marks] * len(some))}", values
        )


def update(db: Database, table: str, row_id: Value, values: Mapping[str, Value]) -> None:
    """Update the given columns of one row; nothing if empty."""
    if values:
        names = ", ".join(f"{name} = ?" for name in values)
        sql = f"UPDATE {table} SET {names} WHERE id = ?"
        db.execute(sql, [*values.values(), row_id])


_TEXTS = frozenset({"text", "markdown"})


def fill_only(article: Article, *, again: bool = False, late: bool = False) -> frozenset[str]:
    """Return columns that a page may fill but not change.

    For a further page of an article these are all but the text of its own part; with `late`, for a response
    older than the stored one, all of them. That a page shows no text is no edit, since it may be broken;
    where it is read `again` by newer rules, those are believed.
    """
    if late:
        return frozenset(article_values(article))
    if article.further:
        columns = frozenset(article_values(article))
        if article.part > 1:
            columns -= _TEXTS
        return columns
    if article.text == "" and not again:
        return _TEXTS
    return frozenset()


def lists_to_write(
    article: Article, surface: Surface, held: Mapping[str, str]
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return lists that a surface may replace, as name: (origin, values).

    `held` are the origins of the stored lists; a list read from a more exact surface stays. An empty list
    counts only where it has an origin.
    """
    origins = dict(article.origins)
    said = {name: (origins.get(name, surface.value), getattr(article, name)) for name in LIST_COLUMNS}
    written = {}
    for name, (origin, values) in said.items():
        is_given = values or name in origins
        if is_given and rank(origin) >= rank(held.get(name)):
            written[name] = (origin, values)
    return written


def held_list(db: Database, name: str, article_id: Value) -> tuple[str, ...]:
    """Return an article's authors, tags, categories or links, in order."""
    found = db.execute(_HELD_LISTS[name], [article_id])
    return tuple(str(value) for (value,) in found)


_TERMS = (
    "SELECT name FROM article_tags JOIN tags ON tags.id = tag_id"
    " WHERE article_id = ? AND kind = '{kind}' ORDER BY position"
)
_OTHER_KIND = "kind NOT IN ('tag', 'category')"
_HELD_LISTS = {
    "authors": "SELECT name FROM article_authors JOIN authors ON authors.id = author_id"
    " WHERE article_id = ? ORDER BY position",
    "tags": _TERMS.format(kind="tag"),
    "categories": _TERMS.format(kind="category"),
    "terms": "SELECT kind || ':' || name FROM article_tags JOIN tags ON tags.id = tag_id"
    f" WHERE article_id = ? AND {_OTHER_KIND} ORDER BY position",
    "links": "SELECT url FROM links WHERE article_id = ? ORDER BY position",
    "files": "SELECT kind || ':' || url FROM article_files JOIN files ON files.id = file_id"
    " WHERE article_id = ? AND position >= 0 ORDER BY position",
    "embeds": "SELECT kind || ':' || url FROM embeds WHERE article_id = ? ORDER BY position",
}


def _write_authors(db: Database, article_id: int, names: tuple[str, ...]) -> None:
    unique = dict.fromkeys(names)
    ids = [_id_of(db, "authors", {"name": name}) for name in unique]
    _write_joins(db, "article_authors", "author_id", article_id, ids)


def _write_tags(kind: str) -> Callable[[Database, int, tuple[str, ...]], None]:
    def write(db: Database, article_id: int, names: tuple[str, ...]) -> None:
        unique = dict.fromkeys(names)
        ids = [_id_of(db, "tags", {"kind": kind, "name": name}) for name in unique]
        within = f"tag_id IN (SELECT id FROM tags WHERE kind = '{kind}')"
        _write_joins(db, "article_tags", "tag_id", article_id, ids, within)

    return write


def _write_terms(db: Database, article_id: int, terms: tuple[str, ...]) -> None:
    """Store the terms of a site's own taxonomies, each as "taxonomy:name"."""
    pairs = [term.partition(":") for term in dict.fromkeys(terms)]
    ids = [_id_of(db, "tags", {"kind": kind, "name": name}) for kind, _, name in pairs]
    within = f"tag_id IN (SELECT id FROM tags WHERE {_OTHER_KIND})"
    _write_joins(db, "article_tags", "tag_id", article_id, ids, within)


def _write_links(db: Database, article_id: int, urls: tuple[str, ...]) -> None:
    unique = enumerate(dict.fromkeys(urls))
    wanted = [(number, url, urlsplit(url).hostname or "") for number, url in unique]
    _replace(db, "links", ("position", "url", "host"), article_id, wanted)


def _write_embeds(db: Database, article_id: int, embeds: tuple[str, ...]) -> None:
    """Store the embedded objects of an article, each as "kind:URL"."""
    pairs = [embed.partition(":") for embed in dict.fromkeys(embeds)]
    wanted = []
    for at, (kind, _, url) in enumerate(pairs):
        wanted.append((at, kind, url, urlsplit(url).hostname or ""))
    _replace(db, "embeds", ("position", "kind", "url", "host"), article_id, wanted)


def _write_files(db: Database, article_id: int, files: tuple[str, ...]) -> None:
    """Store the files of an article's text, each as "kind:address"; the lead picture's row stays."""
    if held_list(db, "files", article_id) == files:
        return
    db.execute("DELETE FROM article_files WHERE article_id = ? AND position >= 0", [article_id])
    for position, (kind, _, url) in enumerate(file.partition(":") for file in dict.fromkeys(files)):
        db.execute(
            "INSERT OR IGNORE INTO files (source, url, kind) SELECT source, ?, ? FROM articles WHERE id = ?",
            [url, kind, article_id],
        )
        db.execute(
            "INSERT INTO article_files SELECT articles.id, ?, files.id FROM articles"
            " JOIN files ON files.source = articles.source WHERE articles.id = ? AND files.url = ?",
            [position, article_id, url],
        )


def _replace(
    db: Database, table: str, columns: Sequence[str], article_id: int, wanted: Sequence[tuple[Value, ...]]
) -> None:
    """Store the rows of one article in their order; write nothing if unchanged."""
    names = ", ".join(columns)
    sql = f"SELECT {names} FROM {table} WHERE article_id = ? ORDER BY position"
    held = db.execute(sql, [article_id])
    if held.fetchall() == wanted:
        return
    db.execute(f"DELETE FROM {table} WHERE article_id = ?", [article_id])
    marks = ", ".join("?" * len(columns))
    for row in wanted:
        sql = f"INSERT INTO {table} (article_id, {names}) VALUES (?, {marks})"
        db.execute(sql, [article_id, *row])


def _write_joins(
    db: Database, table: str, column: str, article_id: int, ids: list[int], within: str = "1"
) -> None:
    """Store the join rows of one article, if changed."""
    sql = f"SELECT {column} FROM {table} WHERE article_id = ? AND {within} ORDER BY position"
    held = db.execute(
        sql,
        [article_id],
    ).fetchall()
    if [row[0] for row in held] == ids:
        return
    db.execute(f"DELETE FROM {table} WHERE article_id = ? AND {within}", [article_id])
    for position, joined in enumerate(ids):
        db.execute(f"INSERT INTO {table} VALUES (?, ?, ?)", [article_id, joined, position])


def _id_of(db: Database, table: str, key: Mapping[str, str]) -> int:
    where = " AND ".join(f"{name} = ?" for name in key)
    sql = f"SELECT id FROM {table} WHERE {where}"
    found = db.execute(sql, list(key.values())).fetchone()
    if found:
        return int(found[0])
    return insert(db, table, key)


LIST_WRITERS: dict[str, Callable[[Database, int, tuple[str, ...]], None]] = {
    "authors": _write_authors,
    "tags": _write_tags("tag"),
    "categories": _write_tags("category"),
    "terms": _write_terms,
    "links": _write_links,
    "embeds": _write_embeds,
    "files": _write_files,
}
"""How each list of an article is written to its tables."""
