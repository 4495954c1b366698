"""Hiding an article, a comment or a commenter's name from publication, and showing it again.

What is hidden leaves the archive for `hidden.db`; a tombstone with time and reason replaces it.
Invariant: hidden text is nowhere in the file that is served, and a crawl does not bring it back. It is done
in one transaction, or not at all; what remains to do afterwards is recorded in it (`redaction_work`). Ids,
dates and the order of a thread stay. A redaction may cover what another one covers too: each keeps what it
took itself, and what one gives back, those that remain take again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.core.connection import Database
from archive.core.database import before_commit, transaction
from archive.core.errors import ArchiveError, NotFoundError
from archive.core.timestamps import to_text
from archive.files import fingerprints, redaction_seals
from archive.files.redaction_store import HIDDEN, Hidden, Kept
from archive.storage import redaction_work as work
from archive.tables import rows
from archive.tables.merge import Value

KINDS = ("article", "comment", "commenter")

scrub = work.scrub
"""Take what was hidden out of the bytes of the file too, once it is committed."""

_OF_ARTICLE = "article_id = :id"
_VISITS = f"{_OF_ARTICLE} OR (source, url_key) IN (SELECT source, url_key FROM addresses WHERE {_OF_ARTICLE})"
_AT_ADDRESS = (
    f"(source, url) IN (SELECT source, url FROM addresses WHERE {_OF_ARTICLE}"
    f" UNION SELECT source, url FROM visits WHERE {_VISITS})"
)
_URLS = f"(SELECT url FROM addresses WHERE {_OF_ARTICLE})"
_KEYS = f"(SELECT url_key FROM addresses WHERE {_OF_ARTICLE})"
_DELETED = {
    "coverage_gaps": f"url IN {_URLS} OR key IN {_KEYS}",
    "problems": f"{_OF_ARTICLE} OR {_AT_ADDRESS}",
    "refused_texts": _AT_ADDRESS,
    "visits": _VISITS,
    "article_parts": _OF_ARTICLE,
    "publisher_texts": _OF_ARTICLE,
    "captured_comments": f"capture_id IN (SELECT id FROM captures WHERE {_OF_ARTICLE})",
    "captures": _OF_ARTICLE,
    "addresses": _OF_ARTICLE,
}
"""Rows that say nothing but what is hidden, in the order in which they go."""

_VERSION: Mapping[str, Value] = {
    "title": HIDDEN,
    "text": HIDDEN,
    **dict.fromkeys(("byline", "markdown", "description", "image", "tags", "categories", "terms", "links")),
}
_SAID: Mapping[str, Value] = {"author": HIDDEN, "author_url": None, "text": HIDDEN, "html": None}
_NAMED: Mapping[str, Value] = {"author": HIDDEN, "author_url": None}
_LISTS = ("authors", "tags", "categories", "terms", "links", "embeds", "files")
_NAMES = {"authors": ("article_authors", "author_id"), "tags": ("article_tags", "tag_id")}
"""Tables of names that articles share, and how they are joined to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """One redaction.

    `at` is ISO 8601 UTC, `item` the id of the hidden item, None for a commenter.
    """

    id: int
    kind: str
    item: int | None
    at: str
    reason: str


def redactions(db: Database) -> list[Redaction]:
    """Return all redactions, the oldest first."""
    sql = "SELECT id, kind, coalesce(comment_id, article_id) AS item, at, reason FROM redactions ORDER BY id"
    return [Redaction(**row) for row in db.query(sql)]


def redact_item(
    db: Database, hidden: Hidden, kind: str, item: int | str, *, reason: str, at: datetime
) -> Redaction:
    """Hide an article, a comment or a commenter.

    Items go by the archive's own id, a commenter by the exact name.

    `at` is aware. Raises NotFoundError for what is not there, ArchiveError for what is already hidden and
    where `hidden.db` lacks what is. Bytes that are deleted with it are left to `scrub`.
    """
    moment = rows.must(to_text(at))
    number = None
    if kind != "commenter":
        number = int(item)
    db.execute("PRAGMA secure_delete = ON")
    with transaction(db):
        hidden.check(db.conn)
        _must_be_shown(db, hidden, kind, item)
        values: dict[str, Value] = {"kind": kind, "at": moment, "reason": reason}
        if number is not None:
            values[f"{kind}_id"] = number
        new = Redaction(
            id=rows.insert(db, "redactions", values), kind=kind, item=number, at=moment, reason=reason
        )
        work.note_step(db, "scrub", new.id, moment)
        hidden.forget(new.id)  # the rest of one that was not completed
        if number is None:
            kept_name = Kept(place="names", row={"name": item})
            redaction_seals.write_seal(db, new.id, hidden.keep(new.id, [kept_name]))
        _take(db, hidden, new)
    return new


def unredact_item(db: Database, hidden: Hidden, number: int) -> Redaction:
    """Show again what a redaction has hidden.

    Raises NotFoundError for an unknown number, ArchiveError where `hidden.db` lacks what is hidden.
    """
    db.execute("PRAGMA secure_delete = ON")
    with transaction(db):
        hidden.check(db.conn, thorough=True)
        same = (each for each in redactions(db) if each.id == number)
        found = next(same, None)
        if found is None:
            raise NotFoundError(
                f"There is no redaction {number}.",
                hint="`backissue redact --list` prints them with their numbers.",
            )
        for kept in reversed(hidden.kept(number)):
            _give_back(db, kept)
        db.execute("DELETE FROM redaction_seals WHERE redaction_id = ?", [number])
        db.execute("DELETE FROM redactions WHERE id = ?", [number])
        work.note_step(db, "forget", number, found.at)
        for other in redactions(db):
            if _take(db, hidden, other):
                work.note_step(db, "scrub", other.id, other.at)
    if not db.conn.in_transaction:  # otherwise the caller's transaction may still be rolled back
        work.forget_lifted(db, hidden)
    return found


def redacted_name(hidden: Hidden, redaction: Redaction) -> str | None:
    """Return the name that a redaction of a commenter hides."""
    names = (each.row["name"] for each in hidden.kept(redaction.id) if each.place == "names")
    return next(names, None)


def _must_be_shown(db: Database, hidden: Hidden, kind: str, item: int | str) -> None:
    if kind == "commenter":
        if any(redacted_name(hidden, each) == item for each in redactions(db)):
            raise ArchiveError(f"The name “{item}” is already hidden.")
        for table in ("comments", "comment_versions"):
            if rows.one(db, f"SELECT 1 FROM {table} WHERE author = ? LIMIT 1", item):
                return
        raise NotFoundError(
            f"No comment stands under the name “{item}”.", hint="Give it exactly as the pages show it."
        )
    row = rows.one(db, f"SELECT redaction_id FROM {kind}s WHERE id = ?", item)
    if row is None:
        raise NotFoundError(
            f"The archive holds no {kind} {item}.",
            hint="The number stands in the address of its page; `backissue search WORDS` prints it too.",
        )
    if row["redaction_id"] is not None:
        raise ArchiveError(f"The {kind} {item} is already hidden, by redaction {row['redaction_id']}.")


# -- there and back -------------------------------------------------------------------------------


def _take(db: Database, hidden: Hidden, redaction: Redaction) -> bool:
    """Store and mask all that a redaction covers; False for nothing."""
    values: dict[str, Value] = {"id": redaction.item, "name": redacted_name(hidden, redaction)}
    masked = [kept for mask in _masks(redaction) for kept in _to_mask(db, *mask, values)]
    deleted = []
    if redaction.kind == "article":
        deleted = list(_to_delete(db, values))
    if not deleted and not masked:
        return False
    seal = hidden.keep(redaction.id, [*deleted, *masked])
    redaction_seals.write_seal(db, redaction.id, seal)
    before_commit(db, "merge full text", lambda: work.merge_full_text(db))
    _forget_fingerprints(db, masked)
    for kept in masked:
        rows.update(db, kept.place, kept.row["id"], kept.row["mask"])
    if redaction.kind == "article":
        _delete(db, values)
    return True


def _forget_fingerprints(db: Database, masked: list[Kept]) -> None:
    """Delete the fingerprints of texts that are hidden when this is committed."""
    items = set[tuple[str, int]]()
    for kept in masked:
        if "text" in kept.row["mask"]:
            kind = kept.place.partition("_")[0].removesuffix("s")
            column = "id"
            if kept.place.endswith("_versions"):
                column = f"{kind}_id"
            sql = f"SELECT {column} FROM {kept.place} WHERE id = ?"
            [item] = db.execute(sql, [kept.row["id"]]).fetchone()
            items.add((kind, int(item)))
    if items:
        path = Path(db.execute("PRAGMA database_list").fetchone()[2])
        before_commit(db, f"forget {sorted(items)}", lambda: fingerprints.forget_items(path, items))


def _masks(redaction: Redaction) -> Iterator[tuple[str, str, Mapping[str, Value]]]:
    """Return the columns to mask, with their replacements."""
    mark: dict[str, Value] = {"redaction_id": redaction.id}
    match redaction.kind:
        case "article":
            lists = ("tags", "categories", "terms", "links")
            plain = {name: value for name, value in _VERSION.items() if name not in lists}
            yield "articles", "id = :id", {**plain, **mark, "url": f"hidden:{redaction.item}"}
            yield "article_versions", _OF_ARTICLE, _VERSION
            yield "comments", _OF_ARTICLE, {"permalink": None}
            moved = f"{_OF_ARTICLE} OR old_url IN {_URLS} OR new_url IN {_URLS}"
            yield "events", moved, {"old_url": None, "new_url": None}
        case "comment":
            yield "comments", "id = :id", {**_SAID, **mark, "permalink": None}
            yield "comment_versions", "comment_id = :id", _SAID
        case _:
            yield "comments", "author = :name", {**_NAMED, "name_redaction_id": redaction.id}
            yield "comment_versions", "author = :name", _NAMED


def _to_mask(
    db: Database, table: str, where: str, mask: Mapping[str, Value], values: dict[str, Value]
) -> Iterator[Kept]:
    for row in db.query(f"SELECT id, {', '.join(mask)} FROM {table} WHERE {where}", values):
        if was := {name: row[name] for name in mask if row[name] != mask[name]}:
            changed = {name: mask[name] for name in was}
            yield Kept(place=table, row={"id": row["id"], "was": was, "mask": changed})


def _to_delete(db: Database, values: dict[str, Value]) -> Iterator[Kept]:
    article_id = values["id"]
    lists = {name: rows.held_list(db, name, article_id) for name in _LISTS}
    if any(lists.values()):
        yield Kept(place="lists", row={"article_id": article_id, **lists})
    for table, (join, column) in _NAMES.items():
        named_by = f"SELECT {column} FROM {join} WHERE {_OF_ARTICLE}"
        for row in db.query(f"SELECT * FROM {table} WHERE id IN ({named_by})", values):
            yield Kept(place=table, row=row)
    for table, where in _DELETED.items():
        for row in db.query(f"SELECT * FROM {table} WHERE {where}", values):
            yield Kept(place=table, row=row)


def _delete(db: Database, values: dict[str, Value]) -> None:
    """Delete rows, and authors and tags that no article uses."""
    for table, where in _DELETED.items():
        db.execute(f"DELETE FROM {table} WHERE {where}", values)
    for table, (join, column) in _NAMES.items():
        found = db.query(f"SELECT {column} FROM {join} WHERE {_OF_ARTICLE}", values)
        ids = [row[column] for row in found]
        db.execute(f"DELETE FROM {join} WHERE {_OF_ARTICLE}", values)
        for each in ids:
            unused = f"NOT EXISTS (SELECT 1 FROM {join} WHERE {column} = {table}.id)"
            db.execute(f"DELETE FROM {table} WHERE id = ? AND {unused}", [each])
    for table in ("links", "embeds", "article_files"):
        db.execute(f"DELETE FROM {table} WHERE {_OF_ARTICLE}", values)
    unused = "NOT EXISTS (SELECT 1 FROM article_files WHERE article_files.file_id = {})"
    db.execute(f"DELETE FROM file_versions WHERE {unused.format('file_versions.file_id')}")
    db.execute(f"DELETE FROM files WHERE {unused.format('files.id')}")


def _give_back(db: Database, kept: Kept) -> None:
    """Restore one row, unless another has taken its place."""
    if kept.place == "lists":
        for name in _LISTS:
            values = tuple(kept.row.get(name, ()))
            rows.LIST_WRITERS[name](db, kept.row["article_id"], values)
    elif "mask" in kept.row:
        for name, value in kept.row["was"].items():
            mask = kept.row["mask"][name]
            db.execute(
                f"UPDATE {kept.place} SET {name} = ? WHERE id = ? AND {name} IS ?",
                [value, kept.row["id"], mask],
            )
    elif kept.place != "names":
        names = ", ".join(kept.row)
        marks = ", ".join("?" * len(kept.row))
        sql = f"INSERT OR IGNORE INTO {kept.place} ({names}) VALUES ({marks})"
        db.execute(sql, list(kept.row.values()))
