"""States of articles, comments, events, captures and raw pages, in the form that is hashed.

The one place that defines which fields are proved. Version 0 of an item is its identity and its life: where
it is, since when, until when. Versions from 1 on are its text, the newest one included. A field that the
operator may hide is in no state that is still checked: hidden items have no state.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.json import Encoder

from archive.core.connection import Database
from archive.files.redaction_store import HIDDEN

State = Mapping[str, Any]
"""One state of one item: field names and values, all of them JSON."""

BATCH = 500  # items read at once
_ENCODER = Encoder(order="deterministic")  # the bytes of json.dumps, which takes six times as long
_LISTS = ("tags", "categories", "links")
_ARTICLE_WORDS = ("title", "byline", "published", "modified", "text", "markdown", "description", "image")
_COMMENT_WORDS = ("site_parent", "author", "author_url", "published", "text", "html")
_LIFE = ("source", "first_seen", "gone_at", "gone_how", "witness", "seen_at")
_ARTICLE_LIFE = ("url", *_LIFE)
_COMMENT_LIFE = ("article_id", "key", "site_id", "kind", *_LIFE)
_PAGE = ("source", "kind", "url", "final_url", "status", "headers", "fetched_at", "digest", "witness")
_ROWS = {
    "event": (
        "source", "at", "kind", "article_id", "comment_id", "version", "since", "how", "old_url", "new_url",
        "witness",
    ),
    "capture": ("source", "article_id", "witness", "at", "url", "comments"),
}  # fmt: skip
"""Kinds of items that have one state, a row, and its columns that are proved."""
_SHOWN = (
    "SELECT capture_id, comment_id FROM captured_comments"
    " WHERE capture_id IN (SELECT value FROM json_each(?)) ORDER BY capture_id, position"
)
"""The comments that captures show."""
PROVED_KINDS = ("article", "comment", *_ROWS)
"""Kinds of items in the archive itself; the table of each is named after it."""
_NAMES = (
    "SELECT article_id, name FROM article_tags JOIN tags ON tags.id = tag_id WHERE kind = '{}'"
    " AND article_id IN (SELECT value FROM json_each(?)) ORDER BY article_id, position"
)
_LISTED = {
    "tags": _NAMES.format("tag"),
    "categories": _NAMES.format("category"),
    "links": "SELECT article_id, url FROM links WHERE article_id IN (SELECT value FROM json_each(?))"
    " ORDER BY article_id, position",
}


def encoded(kind: str, item_id: int, version: int, state: State | None) -> bytes:
    """Return a state as the bytes that are hashed: JSON, keys sorted, no spaces, UTF-8.

    None is a state that the archive no longer has.
    """
    whole = {"kind": kind, "id": item_id, "version": version, "state": state}
    try:
        return _ENCODER.encode(whole)
    except UnicodeEncodeError:
        text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")


def item_ids(db: Database, kind: str) -> Iterator[list[int]]:
    """Yield all ids of a kind, some at a time, in order."""
    last = -1
    sql = f"SELECT id FROM {kind}s WHERE id > ? ORDER BY id LIMIT {BATCH}"
    while ids := [row[0] for row in db.execute(sql, [last]).fetchall()]:
        yield ids
        last = ids[-1]


def states_of(db: Database, kind: str, ids: list[int]) -> dict[int, dict[int, State] | None]:
    """Return the states of items by id and version.

    None for a hidden item, no entry for a missing one.
    """
    if kind in _ROWS:
        return _rows_of(db, kind, ids)
    words: tuple[str, ...] = _COMMENT_WORDS
    life: tuple[str, ...] = _COMMENT_LIFE
    chosen = json.dumps(ids)
    lists: dict[str, dict[int, list[str]]] = {}
    hidden = "coalesce(redaction_id, name_redaction_id)"
    if kind == "article":
        words = _ARTICLE_WORDS
        life = _ARTICLE_LIFE
        lists = _lists(db, chosen)
        hidden = "redaction_id"
    found: dict[int, dict[int, State] | None] = {}
    columns = ", ".join(("id", hidden, "version_count", *life, "changed_at", *words))
    sql = f"SELECT {columns} FROM {kind}s WHERE id IN (SELECT value FROM json_each(?))"
    for item_id, is_hidden, version, *values in db.execute(sql, [chosen]):
        if is_hidden is not None:
            found[item_id] = None
            continue
        present = dict(zip(("since", *words), values[len(life) :], strict=True))
        if kind == "article":
            present |= {name: lists[name].get(item_id, []) for name in _LISTS}
        dates = dict(zip(life, values, strict=False))
        found[item_id] = {0: dates, version or 1: present}
    sql = f"SELECT * FROM {kind}_versions WHERE {kind}_id IN (SELECT value FROM json_each(?))"
    for row in db.query(sql, [chosen]):
        _add_version(found, kind, words, row)
    return found


def _rows_of(db: Database, kind: str, ids: list[int]) -> dict[int, dict[int, State] | None]:
    columns = _ROWS[kind]
    sql = f"SELECT id, {', '.join(columns)} FROM {kind}s WHERE id IN (SELECT value FROM json_each(?))"
    found: dict[int, dict[int, State] | None] = {}
    shown: dict[int, list[int]] = defaultdict(list)
    if kind == "capture":
        for capture, comment in db.execute(_SHOWN, [json.dumps(ids)]):
            shown[capture].append(comment)
    for item_id, *values in db.execute(sql, [json.dumps(ids)]):
        state = dict(zip(columns, values, strict=True))
        if kind == "capture":
            state["shown"] = shown[item_id]
        found[item_id] = {1: state}
    return found


def _add_version(
    found: dict[int, dict[int, State] | None], kind: str, words: tuple[str, ...], row: Mapping[str, Any]
) -> None:
    states = found.get(row[f"{kind}_id"])
    if states is None:
        return
    if HIDDEN in {row["text"], row.get("author"), row.get("title")}:
        found[row[f"{kind}_id"]] = None
        return
    told_words = {name: row[name] for name in words}
    past = {"since": row["since"], **told_words}
    if kind == "article":
        past |= {name: json.loads(row[name]) if row[name] else [] for name in _LISTS}
    states[row["version"]] = past


def _lists(db: Database, chosen: str) -> dict[str, dict[int, list[str]]]:
    found = {}
    for name, sql in _LISTED.items():
        listed: dict[int, list[str]] = defaultdict(list)
        for article_id, value in db.execute(sql, [chosen]):
            listed[article_id].append(value)
        found[name] = listed
    return found


def page_states(pages: Database, *, above: int = 0) -> Iterator[tuple[int, State]]:
    """Yield what is proved of each raw page with an id above a number, in order."""
    sql = f"SELECT id, {', '.join(_PAGE)} FROM pages WHERE id > ? ORDER BY id"
    for number, *values in pages.execute(sql, [above]):
        yield number, dict(zip(_PAGE, values, strict=True))
