"""History: the states of one item, and recent events. Read-only.

A superseded state is a row of a version table, the newest one the item's own row. `changed` and `cause` of a
state describe the step to the next. Events are recorded in the ledger, `events`.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from archive.changes.upheaval import event_sentence
from archive.public.render.diff import Part, diff_paragraphs, diff_words, excerpt, folded, items
from archive.public.render.text import names, spoken_moment
from archive.public.web import Row, first_row, rows
from archive.tables.events import ARTICLE_GONE, Event

_LONGEST = 100
"""States of one item that are listed."""
_OPENING = 200
"""How much of a text that is gone or back is shown among the changes, in characters."""

_ARTICLE = (
    "version, since, until, changed, cause, witness, title, byline, published, modified, text, markdown,"
    " description, image, tags, categories, terms, links"
)
_COMMENT = "version, since, until, changed, cause, witness, author, author_url, published, text, html"
_FIELDS = {
    "article": (
        "title",
        "byline",
        "published",
        "description",
        "image",
        "tags",
        "categories",
        "terms",
        "links",
    ),
    "comment": ("author", "author_url", "published"),
}
_LISTS = ("tags", "categories", "terms", "links")
_TERMS = (
    "SELECT kind || ':' || name AS term FROM article_tags JOIN tags ON tags.id = tag_id"
    " WHERE article_id = ? AND kind NOT IN ('tag', 'category') ORDER BY position"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFilter:
    """Filter of changes. `since` and `until` are a day, a month or a year, both inclusive."""

    show: str = ""
    source: str = ""
    since: str = ""
    until: str = ""
    page: int = 1


def states(connection: sqlite3.Connection, kind: str, item: Row) -> list[Row]:
    """Return all states of an article or comment, oldest first.

    The last is the present one.
    """
    columns = _COMMENT
    if kind == "article":
        columns = _ARTICLE
    sql = f"SELECT {columns} FROM {kind}_versions WHERE {kind}_id = ? ORDER BY version DESC LIMIT ?"
    past = rows(
        connection,
        sql,
        item["id"],
        _LONGEST,
    )[::-1]
    number = 1
    since = item["first_seen"]
    if past:
        number = past[-1]["version"] + 1
        since = past[-1]["until"]
    lists = {}
    if kind == "article":
        lists = _lists_now(connection, item["id"])
    present = {"version": number, "since": since, "until": None, "changed": None, "cause": None}
    return [*past, {**item, **lists, **present}]


def _lists_now(connection: sqlite3.Connection, article_id: int) -> Row:
    sql = "SELECT tags, categories, links FROM article_states WHERE article_id = ? ORDER BY version DESC"
    now = first_row(connection, f"{sql} LIMIT 1", article_id) or dict.fromkeys(_LISTS)
    terms = rows(connection, _TERMS, article_id)
    return {**now, "terms": json.dumps([row["term"] for row in terms], ensure_ascii=False)}


def happened(connection: sqlite3.Connection, kind: str, wanted: int) -> list[Row]:
    """Return events of an article or comment other than edits, newest first."""
    mine = "article_id = ? AND comment_id IS NULL"
    if kind == "comment":
        mine = "comment_id = ?"
    sql = f"SELECT * FROM events WHERE {mine} AND kind != 'edited' ORDER BY at DESC, id DESC LIMIT ?"
    return rows(connection, sql, wanted, _LONGEST)


def step(kind: str, old: Row, new: Row) -> Row:
    """Return the changes from one state to the next, ready for a template."""
    differing = [name for name in _FIELDS[kind] if _differ(name, old, new)]
    fields = [{"name": name.replace("_", " "), "parts": _compared(name, old, new)} for name in differing]
    blocks = diff_paragraphs(old["text"], new["text"])
    text = []
    if any(block.changed for block in blocks):
        text = folded(blocks)
    return {"old": old, "new": new, "fields": fields, "text": text}


def _differ(name: str, old: Row, new: Row) -> bool:
    """True if a field differs.

    Versions from before lists were kept do not have them.
    """
    if name in _LISTS:
        known = old[name] is not None and new[name] is not None
        if not known:
            return False
        return set(json.loads(old[name])) != set(json.loads(new[name]))
    before = old[name] or ""
    after = new[name] or ""
    return bool(before != after)


def _compared(name: str, old: Row, new: Row) -> tuple[Part, ...]:
    if name in _LISTS:
        before = json.loads(old[name])
        after = json.loads(new[name])
        return items(before, after)
    return diff_words(_shown(name, old), _shown(name, new))


def _shown(name: str, state: Row) -> str:
    value = str(state[name] or "")
    if name == "published":
        return spoken_moment(value).striptags()
    return value


def recent(connection: sqlite3.Connection, wanted: ChangeFilter, *, size: int) -> list[Row]:
    """Return recent events with excerpts, newest first.

    `size` + 1 where more exist.

    Items removed or restored with their article are left out: the article represents them.
    """
    first = size * (wanted.page - 1)
    found = listed(connection, wanted, first=first, size=size + 1)
    return [with_excerpt(connection, row) for row in found]


def with_excerpt(connection: sqlite3.Connection, row: Row) -> Row:
    """Return an event with what it changed."""
    return {**row, **_glimpse(connection, row)}


def listed(connection: sqlite3.Connection, wanted: ChangeFilter, *, first: int, size: int) -> list[Row]:
    """Return recent events without excerpts, newest first."""
    conditions = [f"how IS NOT '{ARTICLE_GONE}'"]
    values = []
    for condition, value in (
        ("kind = ?", wanted.show),
        ("source = ?", wanted.source),
        ("at >= ?", wanted.since),
        ("at <= ?", wanted.until and wanted.until + "~"),  # after every time within that day, month or year
    ):
        if value:
            conditions.append(condition)
            values.append(value)
    some = f"SELECT * FROM events WHERE {' AND '.join(conditions)} ORDER BY at DESC, id DESC LIMIT ? OFFSET ?"
    return rows(connection, f"{_TOLD.format(some=some)}", *values, size, first)


def upheavals(connection: sqlite3.Connection, wanted: ChangeFilter, *, size: int) -> list[Row]:
    """Return events of whole sources, newest first, each with a `sentence`.

    Empty where a kind is wanted.
    """
    if wanted.show or wanted.page > 1:
        return []
    sql = (
        "SELECT e.*, coalesce(s.title, s.name) AS title, s.url FROM source_events AS e"
        " JOIN sources AS s ON s.name = e.source"
        " WHERE (:source = '' OR e.source = :source) AND (:since = '' OR at >= :since)"
        " AND (:until = '' OR at <= :until || '~') ORDER BY at DESC LIMIT :size"
    )
    values = {"source": wanted.source, "since": wanted.since, "until": wanted.until, "size": size}
    found = connection.execute(sql, values)
    names = [column[0] for column in found.description]
    return [_with_sentence(dict(zip(names, row, strict=True))) for row in found]


def _with_sentence(row: Row) -> Row:
    detail = json.loads(row["detail"])
    return {**row, "sentence": event_sentence(row["kind"], detail, row["articles"], row["comments"])}


_TOLD = (
    "SELECT e.at, e.id AS event, e.kind AS what, e.how, e.since, e.version, e.old_url, e.new_url,"
    " e.witness,"
    " CASE WHEN comment_id IS NULL THEN 'article' ELSE 'comment' END AS kind,"
    " coalesce(comment_id, a.id) AS id, a.title,"
    " CASE WHEN comment_id IS NULL THEN a.byline ELSE c.author END AS author"
    " FROM ({some}) AS e JOIN articles AS a ON a.id = e.article_id"
    " LEFT JOIN comments AS c ON c.id = e.comment_id ORDER BY e.at DESC, e.id DESC"
)


def _glimpse(connection: sqlite3.Connection, row: Row) -> Row:
    """Return the first change, or the opening of what is removed or restored, or both URLs."""
    match row["what"]:
        case Event.EDITED:
            return _edit(connection, row)
        case Event.MOVED | Event.REDIRECTED:
            parts = (("del", row["old_url"] or ""), ("ins", row["new_url"] or ""))
            return {"fields": [], "parts": parts}
        case _:
            sql = f"SELECT substr(text, 1, ?) AS text FROM {row['kind']}s WHERE id = ?"
            opening = first_row(connection, sql, _OPENING + 1, row["id"]) or {}
            text = opening["text"] or ""
            shown = text
            if len(text) > _OPENING:
                shown = f"{text[:_OPENING]}…"
            return {"fields": [], "parts": (("same", shown),), "with_it": _gone_with(connection, row)}


def _gone_with(connection: sqlite3.Connection, row: Row) -> int:
    """Return how many comments went with an article."""
    if row["kind"] == "comment" or row["what"] != Event.REMOVED:
        return 0
    sql = "SELECT count(*) AS n FROM comments WHERE article_id = ? AND gone_how = ?"
    counted = first_row(connection, sql, row["id"], ARTICLE_GONE) or {"n": 0}
    return int(counted["n"])


def _edit(connection: sqlite3.Connection, row: Row) -> Row:
    """Return which fields an edit changed, and how the foremost of them."""
    old = _state(connection, row, row["version"])
    new = _state_after(connection, row)
    if old is None or new is None:
        return {"fields": [], "parts": ()}
    changed = [name for name in _FIELDS[row["kind"]] if _differ(name, old, new)]
    parts: tuple[Part, ...] = ()
    if "title" not in changed:
        parts = excerpt(old["text"], new["text"])
    if not parts and changed:
        parts = _compared(changed[0], old, new)
    fields = names(old["changed"])
    if row["witness"]:
        fields = changed
    return {"fields": fields, "parts": parts, "is_seen_after": row["witness"] and not old["witness"]}


def _state_after(connection: sqlite3.Connection, row: Row) -> Row | None:
    """Return the state that an edit led to: of an edit that we saw ourselves, the next that we saw."""
    ours = " AND witness IS NULL"
    if row["witness"]:
        ours = ""
    kind = row["kind"]
    sql = f"SELECT min(version) AS n FROM {kind}_versions WHERE {kind}_id = ? AND version > ?{ours}"
    after = first_row(connection, sql, row["id"], row["version"])
    number = 0
    if after and after["n"]:
        number = after["n"]
    return _state(connection, row, number)


def _state(connection: sqlite3.Connection, row: Row, version: int) -> Row | None:
    """Return a version of the item of an event, or its current state."""
    kind = row["kind"]
    past = f"SELECT * FROM {kind}_versions WHERE {kind}_id = ? AND version = ?"
    if found := first_row(connection, past, row["id"], version):
        return found
    lists = {}
    if kind == "article":
        lists = _lists_now(connection, row["id"])
    present = first_row(connection, f"SELECT * FROM {kind}s WHERE id = ?", row["id"])
    return present and present | lists
