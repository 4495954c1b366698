"""What a desk shows: kept references with the words that the archive has for them now.

Nothing of an article or comment is kept on a desk, so what is hidden, removed or gone from the archive is
shown as the archive has it at this moment.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from archive.core.timestamps import instant, to_text
from archive.files.desk_records import ITEM_KINDS, LONGEST_REFERENCE, MOST_ITEMS, Item, named_tags
from archive.public.web import Row, rows

_SOURCE = "LEFT JOIN sources ON sources.name = articles.source"
_ARTICLES = (
    "SELECT articles.id, articles.title, articles.byline, articles.published, articles.url, articles.source,"
    " articles.seen_at, articles.witness, articles.changed_at, articles.first_seen, articles.gone_at,"
    " articles.language, articles.text,"
    " sources.title AS source_title, redactions.at AS hidden_at, redactions.reason"
    f" FROM articles {_SOURCE} LEFT JOIN redactions ON redactions.id = articles.redaction_id"
    " WHERE articles.id IN ({})"
)
_COMMENTS = (
    "SELECT comments.id, articles.title, comments.author AS byline, comments.published, articles.url,"
    " comments.permalink, comments.source, comments.changed_at, comments.first_seen, comments.gone_at,"
    " comments.seen_at, comments.witness,"
    " comments.text, sources.title AS source_title, redactions.at AS hidden_at, redactions.reason"
    f" FROM comments JOIN articles ON articles.id = comments.article_id {_SOURCE}"
    " LEFT JOIN redactions ON redactions.id = comments.redaction_id WHERE comments.id IN ({})"
)
_FIRST_SEEN = {
    "article": "SELECT id, first_seen FROM articles WHERE id IN ({})",
    "comment": "SELECT id, first_seen FROM comments WHERE id IN ({})",
}
_PORTION = 500
_EXCERPT = 240  # characters

Kept = tuple[str, str]
"""Kind and reference of something to keep."""


def kept_of(text: str) -> Kept | None:
    """Return what "comment:12" or "search:q=ferry" names, or None."""
    kind, _, reference = text.partition(":")
    if kind == "search":
        if len(reference) <= LONGEST_REFERENCE:
            return ("search", _query(reference))
        return None
    is_number = reference.isascii() and reference.isdigit() and len(reference) <= 18
    if kind in ITEM_KINDS and is_number:
        return (kind, str(int(reference)))
    return None


def kept_of_path(path: str, base: str) -> Kept | None:
    """Return what a path of our pages names, such as "/article/12", or None; `base` is the base path."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return None
    place = parts.path.removeprefix(base.rstrip("/")).strip("/")
    if place == "search":
        return kept_of(f"search:{parts.query}")
    return kept_of(place.replace("/", ":", 1))


def item_path(item: Item) -> str:
    """Return the path of an item, without the base path."""
    if item.kind != "search":
        return f"{item.kind}/{item.reference}"
    if item.reference:
        return f"search?{item.reference}"
    return "search"


def seen_now(connection: sqlite3.Connection, items: Iterable[Item]) -> list[Item]:
    """Return items with the time at which the archive first saw their rows, "" for no row."""
    wanted = list(items)
    seen: dict[str, str] = {}
    for kind, sql in _FIRST_SEEN.items():
        found = _in_portions(connection, sql, wanted, kind)
        seen |= {f"{kind}:{row['id']}": row["first_seen"] for row in found}
    return [replace(item, first_seen=seen.get(item.name, "")) for item in wanted]


def described_items(connection: sqlite3.Connection, items: Iterable[Item]) -> list[Row]:
    """Return for each item what the archive has for it now.

    `state` is "" for what is there, else "missing" or "hidden"; `cited` is the row to cite, None where there
    is nothing to cite.
    """
    wanted = list(items)
    found: dict[str, Row] = {}
    for kind, sql in (("article", _ARTICLES), ("comment", _COMMENTS)):
        found |= {f"{kind}:{row['id']}": row for row in _in_portions(connection, sql, wanted, kind)}
    return [_described(item, found.get(item.name)) for item in wanted]


def given_items(text: str, base: str, now: datetime) -> tuple[list[Item], int]:
    """Return the items of an exported list, and how many entries cannot be read.

    Their titles are left out: they are the archive's words. Raises ValueError for what is no such list.
    """
    given = json.loads(text)
    entries = given.get("items") if isinstance(given, dict) else given
    if not isinstance(entries, list):
        raise ValueError("no list of items")  # noqa: TRY004  (json.loads raises the same)
    found = [_given(entry, base, now) for entry in entries[:MOST_ITEMS]]
    items = {item.name: item for item in reversed(found) if item is not None}
    unread = found.count(None) + len(entries[MOST_ITEMS:])
    return list(reversed(items.values())), unread


def _given(entry: Any, base: str, now: datetime) -> Item | None:
    if not isinstance(entry, dict):
        return None

    def text(name: str) -> str:
        value = entry.get(name)
        if not isinstance(value, str):
            return ""
        return value.encode("utf-8", "replace").decode()

    tags = entry.get("tags")
    if isinstance(tags, list):
        entry = {**entry, "tags": ",".join(tag for tag in tags if isinstance(tag, str))}
    kept = kept_of_path(text("path"), base)
    if kept is None:
        return None
    kind, reference = kept
    saved_at = _moment(text("saved"), now)
    names = named_tags(text("tags"))
    return Item(
        kind=kind,
        reference=reference,
        first_seen="",
        note=text("note"),
        tags=names,
        saved_at=saved_at,
    )


def _moment(text: str, now: datetime) -> str:
    """Return a time in the form of the archive; now for what is no time, or has not been yet."""
    try:
        return str(to_text(min(instant(text), now)))
    except (ValueError, TypeError, OverflowError):  # a year before the first one
        return str(to_text(now))


def _described(item: Item, row: Row | None) -> Row:
    shared: Row = {
        "item": item,
        "kind": item.kind,
        "path": item_path(item),
        "note": item.note,
        "tags": item.tags,
        "saved": item.saved_at,
        "state": "",
        "date": "",
        "gone_at": None,
        "excerpt": "",
        "cited": None,
    }
    if item.kind == "search":
        words = dict(parse_qsl(item.reference)).get("q", "")
        title = "Search"
        if words:
            title = f"Search: {words}"
        return {**shared, "title": title}
    if row is None or not _is_the_row(item, row):
        named = f"{item.kind.capitalize()} {item.reference}"
        return {**shared, "title": named, "state": "missing"}
    if row["hidden_at"]:
        hidden = {"hidden_at": row["hidden_at"], "reason": row["reason"]}
        return {**shared, **hidden, "title": f"{item.kind.capitalize()} {item.reference}", "state": "hidden"}
    title = row["title"] or "Untitled"
    said = ""
    if item.kind == "comment":
        said = " ".join((row["text"] or "").split())
        title = f"{row['byline'] or 'No name'} on {title}"
    if len(said) > _EXCERPT:
        said = f"{said[: _EXCERPT - 1]}…"
    return {
        **shared,
        "title": title,
        "date": row["published"] or "",
        "gone_at": row["gone_at"],
        "excerpt": said,
        "cited": row,
    }


def _is_the_row(item: Item, row: Row) -> bool:
    """Return whether a row is the one that was saved, and no row of a later or of another archive.

    An import may have given it an earlier time since then.
    """
    if item.first_seen in (row["first_seen"], row["seen_at"]):
        return True
    if not item.first_seen or row["witness"] is None:
        return False
    return bool(row["first_seen"] < item.first_seen)


def _query(text: str) -> str:
    """Return a query string in one form, without its page."""
    pairs = [(name, value) for name, value in parse_qsl(text) if name not in ("page", "csrftoken")]
    return urlencode(pairs, errors="replace")


def _in_portions(connection: sqlite3.Connection, sql: str, items: list[Item], kind: str) -> Iterable[Row]:
    ids = [int(item.reference) for item in items if item.kind == kind]
    for start in range(0, len(ids), _PORTION):
        portion = ids[start : start + _PORTION]
        marks = ", ".join("?" * len(portion))
        yield from rows(connection, sql.format(marks), *portion)
