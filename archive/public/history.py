"""What the archive knows about change: the states of one item, and what changed lately. Only reads.

A superseded state is a row of a version table, the newest one the item's own row. `changed` and
`cause` of a state tell of the step to the next.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from archive.public.diff import compare, excerpt, folded, words
from archive.public.text import names, when
from archive.public.web import Row, one, rows

LONGEST = 100
"""States of one item that are listed."""

_ARTICLE = (
    "version, since, until, changed, cause, title, byline, published, modified, text, markdown, description"
)
_COMMENT = "version, since, until, changed, cause, author, author_url, published, text, html"
_FIELDS = {
    "article": ("title", "byline", "published", "description"),
    "comment": ("author", "author_url", "published"),
}


def states(connection: sqlite3.Connection, kind: str, item: Row) -> list[Row]:
    """All states of an article or comment, oldest first; the last is the present one."""
    columns = _ARTICLE if kind == "article" else _COMMENT
    past = rows(
        connection,
        f"SELECT {columns} FROM {kind}_versions WHERE {kind}_id = ? ORDER BY version DESC LIMIT ?",
        item["id"],
        LONGEST,
    )[::-1]
    number = past[-1]["version"] + 1 if past else 1
    since = past[-1]["until"] if past else item["first_seen"]
    return [*past, {**item, "version": number, "since": since, "until": None, "changed": None, "cause": None}]


def state_at(known: list[Row], day: str) -> Row | None:
    """The state that stood at the end of a day, or None before the first was seen."""
    return next((state for state in reversed(known) if state["since"] <= day + "~"), None)


def step(kind: str, old: Row, new: Row) -> Row:
    """What changed from one state to the next, ready to be shown."""
    fields = [
        {"name": name.replace("_", " "), "parts": words(_shown(name, old), _shown(name, new))}
        for name in _FIELDS[kind]
        if (old[name] or "") != (new[name] or "")
    ]
    blocks = compare(old["text"], new["text"])
    text = folded(blocks) if any(block.changed for block in blocks) else []
    return {"old": old, "new": new, "fields": fields, "text": text}


def _shown(name: str, state: Row) -> str:
    value = str(state[name] or "")
    return when(value).striptags() if name == "published" else value


def recent(connection: sqlite3.Connection, show: str, *, size: int, page: int) -> list[Row]:
    """Edits and removals of both kinds, newest first, with a glimpse of each; one more than `size`."""
    parts = [sql for what, sql in _RECENT if show in ("", what)]
    reach = size * page + 1
    union = " UNION ALL ".join(f"SELECT * FROM ({sql} LIMIT {reach})" for sql in parts)
    found = rows(
        connection, f"SELECT * FROM ({union}) ORDER BY at DESC LIMIT ? OFFSET ?", size + 1, size * (page - 1)
    )
    return [{**row, **_glimpse(connection, row)} for row in found]


_RECENT = (
    (
        "edited",
        "SELECT until AS at, 'edited' AS what, 'article' AS kind, v.article_id AS id, v.article_id, a.title,"
        " a.byline AS author, v.changed, v.version, v.title AS old_title, v.text AS old_text"
        " FROM article_versions AS v JOIN articles AS a ON a.id = v.article_id WHERE cause = 'edited'"
        " ORDER BY until DESC",
    ),
    (
        "edited",
        "SELECT until AS at, 'edited' AS what, 'comment' AS kind, c.id, c.article_id, a.title,"
        " c.author, v.changed, v.version, NULL AS old_title, v.text AS old_text"
        " FROM comment_versions AS v JOIN comments AS c ON c.id = v.comment_id"
        " JOIN articles AS a ON a.id = c.article_id WHERE cause = 'edited' ORDER BY until DESC",
    ),
    (
        "removed",
        "SELECT gone_at AS at, 'removed' AS what, 'article' AS kind, id, id AS article_id, title,"
        " byline AS author, NULL AS changed, NULL AS version, NULL AS old_title, text AS old_text"
        " FROM articles WHERE gone_at IS NOT NULL ORDER BY gone_at DESC",
    ),
    (
        "removed",
        "SELECT c.gone_at AS at, 'removed' AS what, 'comment' AS kind, c.id, c.article_id, a.title,"
        " c.author, NULL AS changed, NULL AS version, NULL AS old_title, c.text AS old_text"
        " FROM comments AS c JOIN articles AS a ON a.id = c.article_id WHERE c.gone_at IS NOT NULL"
        " ORDER BY c.gone_at DESC",
    ),
)


def _glimpse(connection: sqlite3.Connection, row: Row) -> Row:
    """Which fields changed, and the first changed words; for a removal, how the text began."""
    text = row.pop("old_text") or ""
    if row["what"] == "removed":
        return {"fields": [], "parts": (("same", text[:200] + ("…" if len(text) > 200 else "")),)}
    new = _next(connection, row)
    if row["old_title"] and new["title"] and row["old_title"] != new["title"]:
        return {"fields": names(row["changed"]), "parts": words(row["old_title"], new["title"])}
    return {"fields": names(row["changed"]), "parts": excerpt(text, new["text"])}


def _next(connection: sqlite3.Connection, row: Row) -> dict[str, Any]:
    kind, title = row["kind"], "title" if row["kind"] == "article" else "NULL AS title"
    following = one(
        connection,
        f"SELECT {title}, text FROM {kind}_versions WHERE {kind}_id = ? AND version = ?",
        row["id"],
        row["version"] + 1,
    )
    present = following or one(connection, f"SELECT {title}, text FROM {kind}s WHERE id = ?", row["id"])
    return present or {"title": None, "text": None}
