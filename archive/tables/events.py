"""The ledger of what happened to articles and comments after they were first seen.

A row for each edit, removal, return and move, written in the transaction of the change itself. It states when
this archive saw it, never when the site did it. It writes only `events`, and changes a row in one case alone:
comments that were found removed before their article was found removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from archive.core.connection import Database
from archive.tables import rows
from archive.tables.merge import Value

ARTICLE_GONE = "article gone"
"""How a comment went that went with its article."""


class Event(StrEnum):
    """Event of an article or a comment."""

    EDITED = "edited"
    REMOVED = "removed"
    REDIRECTED = "redirected"  # the address of an article leads to another one
    RETURNED = "returned"
    MOVED = "moved"  # it has another address


def note(db: Database, event: Event, kind: str, row: Mapping[str, Value], at: str, **facts: Value) -> None:
    """Record an event of an "article" or "comment" row.

    `at` is ISO 8601 UTC.

    `facts` are further columns: `version` and `since` of what an edit replaced, `how` an item was removed,
    `since` when it had been doubted or removed, `old_url` and `new_url` of a move.
    """
    whose: dict[str, Value] = {"article_id": row["id"]}
    if kind == "comment":
        whose = {"article_id": row["article_id"], "comment_id": row["id"]}
    rows.insert(db, "events", {"at": at, "kind": event.value, "source": row["source"], **whose, **facts})


def went_with_article(db: Database, article_id: Value, since: str | None) -> None:
    """Correct removals of comments that went with their article."""
    if since is None:
        return
    db.execute(
        "UPDATE events SET how = ? WHERE kind = 'removed' AND how = 'removed' AND at > ? AND comment_id IN"
        " (SELECT id FROM comments WHERE article_id = ? AND gone_at > ?)",
        [ARTICLE_GONE, since, article_id, since],
    )
    db.execute(
        "UPDATE comments SET gone_how = ? WHERE article_id = ? AND gone_at > ? AND gone_how = 'removed'",
        [ARTICLE_GONE, article_id, since],
    )
