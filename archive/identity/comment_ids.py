"""Which comment an id names: the recorded one, another one, or one of its own page only.

Some systems number comments again on each page, and a rebuilt site numbers all of them again. An id is
believed only if the comment agrees with the one recorded under it. It writes only `comments.key`, `site_id`
and `site_parent`, inside a transaction of its caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from archive.core.connection import Database
from archive.core.records import Comment, Problem, Surface
from archive.core.timestamps import from_text, to_text
from archive.identity.claims import Remark
from archive.identity.verdict import is_same_comment, is_same_utterance
from archive.tables import rows
from archive.tables.captured import SEEN_BY_US
from archive.tables.change_detection import RELATIVE
from archive.tables.merge import Value
from archive.tables.versions import EDITED, Reading

CHUNK = 500  # values in one query, below SQLite's limit of 999 variables in old builds

Row = dict[str, Value]


@dataclass(slots=True)
class Named:
    """Comments by their storage keys; `held` are the stored rows.

    `local` counts those whose ids are valid on their own page alone.
    """

    by_key: dict[str, Comment] = field(default_factory=dict)
    held: dict[str, Row] = field(default_factory=dict)
    local: int = 0

    def problems(self) -> tuple[Problem, ...]:
        """Return the problem of ids not unique within the site."""
        if not self.local:
            return ()
        number = "1 comment has an id"
        if self.local > 1:
            number = f"{self.local:,} comments have ids"
        detail = f"{number} that another comment of the site has. All are kept, known by their articles."
        return (Problem(code="comment-ids-shared", detail=detail, field="comments"),)


def name(db: Database, source: str, article_id: int, by_key: dict[str, Comment], reading: Reading) -> Named:
    """Return an article's comments by storage key.

    `by_key` has them by their ids.
    """
    held = held_by_key(db, source, list(by_key))
    clashing = {key for key, row in held.items() if not _agrees(row, by_key[key], article_id, reading)}
    unknown = by_key.keys() - held.keys()
    doubtful = {key: by_key[key] for key in clashing | unknown}
    known = _same_words(db, article_id, doubtful, by_key)
    if reading.surface is Surface.REST and reading.cause == EDITED:
        clashing_rows = {key: held[key] for key in clashing}
        _renumber(db, clashing_rows, known)
        return Named(by_key=by_key, held=held_by_key(db, source, list(by_key)))
    if not clashing:
        return Named(by_key=by_key, held=held)
    return _localized(db, source, article_id, by_key, held, clashing | unknown, known)


def held_by_key(db: Database, source: str, keys: Sequence[str]) -> dict[str, Row]:
    """Return the rows of the comments with these keys."""
    held: dict[str, Row] = {}
    for some in chunks(keys):
        marks = ", ".join("?" * len(some))
        sql = f"SELECT * FROM comments WHERE source = ? AND key IN ({marks})"
        held |= {str(row["key"]): row for row in db.query(sql, [source, *some])}
    return held


def chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Return portions of a list that are small enough for one query."""
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]


def _localized(
    db: Database,
    source: str,
    article_id: int,
    by_key: Mapping[str, Comment],
    held: Mapping[str, Row],
    doubtful: set[str],
    known: Mapping[str, Row],
) -> Named:
    """Key doubtful comments by article and id."""

    def key_of(key: str) -> str:
        if key not in doubtful:
            return key
        if key in known:
            return str(known[key]["key"])
        return f"@{article_id}/{key}"

    keys = {key: key_of(key) for key in by_key}
    named = Named(local=sum(keys[key].startswith("@") for key in doubtful))
    for key, comment in by_key.items():
        if key in known:  # its text is recorded under another id, which stays
            comment = replace(comment, id=None, parent=None)
        elif key in doubtful:
            fallback = f"@{article_id}/{comment.parent}"
            parent = comment.parent and keys.get(comment.parent, fallback)
            comment = replace(comment, id=None, parent=parent)
        named.by_key[keys[key]] = comment
    named.held = {key: row for key, row in held.items() if key not in doubtful}
    own_keys = [keys[key] for key in by_key if key in doubtful]
    named.held |= held_by_key(db, source, own_keys)
    return named


def _renumber(db: Database, clashing: Mapping[str, Row], known: Mapping[str, Row]) -> None:
    """Renumber comments as REST does; others lose these ids."""
    for row in clashing.values():
        parked = {"key": f"~was:{row['id']}", "site_id": None}
        rows.update(db, "comments", row["id"], parked)
    for key, row in known.items():
        rows.update(db, "comments", row["id"], {"key": key, "site_id": key})
        db.execute("UPDATE comments SET site_parent = ? WHERE parent_id = ?", [key, row["id"]])


def _same_words(
    db: Database, article_id: int, doubtful: Mapping[str, Comment], shown: Mapping[str, Comment]
) -> dict[str, Row]:
    """Return stored comments equal to doubtful ones, by their keys.

    A comment that is shown under its own id as well is another one.
    """
    moments = {}
    for key, comment in doubtful.items():
        if comment.id is not None and isinstance(comment.published, datetime):
            moments[str(to_text(comment.published))] = key
    found: dict[str, Row] = {}
    for some in chunks(list(moments)):
        marks = ", ".join("?" * len(some))
        sql = (
            "SELECT * FROM comments WHERE article_id = ? AND redaction_id IS NULL"
            f" AND {SEEN_BY_US} AND published IN ({marks})"
        )
        for row in db.query(sql, [article_id, *some]):
            key = moments[str(row["published"])]
            other = _remark_of_row(row)
            own_key = str(row["key"])
            taken = own_key in shown and own_key not in doubtful
            remark = _remark(doubtful[key], article_id)
            if not taken and is_same_utterance(remark, other):
                found[key] = row
    return {key: row for key, row in found.items() if str(row["key"]) != key}


def _agrees(row: Row, comment: Comment, article_id: int, reading: Reading) -> bool:
    """True if a comment is the recorded one of its id.

    Hidden comments are not compared.
    """
    if comment.id is None or row["redaction_id"] is not None:
        return True
    is_reread = reading.cause != EDITED or row["name_redaction_id"] is not None
    if is_reread and row["article_id"] == article_id:
        return True
    return is_same_comment(_remark(comment, article_id), _remark_of_row(row))


def _remark(comment: Comment, article_id: int) -> Remark:
    relative = dict(comment.origins).get("published") == RELATIVE
    published = comment.published
    if relative:
        published = None
    return Remark(article=article_id, author=comment.author, published=published, text=comment.text)


def _remark_of_row(row: Row) -> Remark:
    said = {name: rows.optional_text(row[name]) for name in ("author", "published", "text")}
    return Remark(
        article=int(row["article_id"] or 0),
        author=said["author"],
        published=from_text(said["published"]),
        text=said["text"],
    )
