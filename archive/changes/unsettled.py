"""Edits that may turn out to be an event of the whole source, and when the ledger records them.

Another theme or time zone changes the appearance and dates of every page, and a crawl sees a page or two at a
time. Such a difference is kept as an unsettled version, and recorded as an edit only when enough other
articles, read since, do not show it too. It runs inside a transaction of its caller.
Does not: delay a changed paragraph, what the site reports as modified, or a title or text that alone differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from archive.changes.common_ways import RETITLED
from archive.changes.differences import ways
from archive.core.connection import Database
from archive.core.records import Surface
from archive.tables import events, rows
from archive.tables.events import Event
from archive.tables.merge import Value
from archive.tables.versions import EDITED, UNSETTLED, Reading

LONGEST_UNSETTLED = timedelta(days=1)
"""How long an edit may be unsettled, where no other articles are read."""
_STRONG = ("look text", "look title", "look links", "look published")
"""Differences that are mostly the publisher's."""
_PLAIN = ("words", "look text replaced", RETITLED)
"""Differences that are the publisher's, unless most articles show them."""
_REDRESSED = 3
"""Differences of looks that are hardly the publisher's edit, if they come together."""


def unsettled_reading(
    kind: str,
    old: Mapping[str, Value],
    values: Mapping[str, Value],
    edited: tuple[str, ...],
    reading: Reading,
) -> Reading:
    """Return the reading, unsettled where a redesign may explain it.

    `kind` is "article" or "comment", `old` its row, `values` the new columns, `edited` their names.
    """
    if reading.cause != EDITED or reading.surface is not Surface.PAGE or not edited:
        return reading
    found = set(ways(kind, old, {**old, **values}, edited))
    has_strong = any(way.startswith(_STRONG) for way in found)
    is_strong = len(found) < _REDRESSED and has_strong
    told = is_strong or any(way.startswith(_PLAIN) for way in found)
    if told:
        return reading
    return replace(reading, cause=UNSETTLED)


def tell(db: Database, kind: str, version: Mapping[str, Value]) -> None:
    """Record an unsettled version as an edit."""
    sql = f"SELECT * FROM {kind}s WHERE id = ?"
    item = rows.one(db, sql, version[f"{kind}_id"]) or {}
    rows.update(db, f"{kind}_versions", version["id"], {"cause": EDITED})
    replaced = {"version": version["version"], "since": version["since"]}
    events.note(db, Event.EDITED, kind, item, str(version["until"]), **replaced)
