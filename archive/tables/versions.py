"""Versions: the values that an edit replaced.

A crawl reads one edit on several surfaces, a title in a listing and the text on the page a little later.
What is read so close together is one version: the state between never was. It writes only the versions and
the ledger, inside a transaction of its caller.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from archive.core.connection import Database
from archive.core.records import Surface
from archive.core.timestamps import instant
from archive.tables import events, rows
from archive.tables.change_detection import LISTS_WATCHED
from archive.tables.events import Event
from archive.tables.merge import Value

EDITED = "edited"
RE_EXTRACTED = "re-extracted"
REBUILT = "site rebuilt"
"""Why a version was replaced: by the publisher, because the same page is read better now, or since the site
has all articles under other ids, as after an import."""
UNSETTLED = "unsettled"
"""Cause of a version that a redesign or another zone may have made: the ledger tells it once settled."""
REARRANGED = "rearranged"
"""Cause of a reply's version that hangs elsewhere in its thread, since a comment above it was removed."""
TOGETHER = timedelta(minutes=30)  # within which edits of different fields of one article are one


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Provenance of one reading: surface, time and cause.

    `at` and `received`, when the site sent it, are ISO 8601 UTC; they differ for a page that is read again.
    """

    surface: Surface
    at: str
    received: str
    cause: str = EDITED

    @property
    def proves(self) -> bool:
        """True if the reading proves presence on the site.

        A feed may be stale, and a page that is read again is old.
        """
        return self.cause == EDITED and self.surface is not Surface.FEED


def is_outdated(db: Database, kind: str, row_id: Value, reading: Reading) -> bool:
    """True if an item was edited after a re-read page.

    The page's content is then outdated.
    """
    if reading.cause == EDITED:
        return False
    sql = (
        f"SELECT 1 FROM {kind}_versions AS v JOIN {kind}s AS item ON item.id = v.{kind}_id"
        f" WHERE item.id = ? AND v.cause != ? AND v.witness IS NULL AND {replaced_at(kind)} > ?"
    )
    return rows.one(db, sql, row_id, RE_EXTRACTED, reading.received) is not None


def replaced_at(kind: str) -> str:
    """Return SQL for when we saw what replaced our version `v` of `item`.

    Its `until` is earlier where another witness saw a state in between.
    """
    return (
        f"coalesce((SELECT min(later.since) FROM {kind}_versions AS later WHERE later.{kind}_id = v.{kind}_id"
        " AND later.version > v.version AND later.witness IS NULL), item.changed_at)"
    )


def store_version(db: Database, old: Mapping[str, Value], edited: tuple[str, ...], reading: Reading) -> bool:
    """Store the old state as a version; False if merged."""
    if _joined(db, old, edited, reading):
        return False
    lists_now = lists(db, old["id"])
    version = {name: old[name] for name in rows.ARTICLE_VERSIONED} | lists_now
    _insert(db, "article", old, version, edited, reading)
    return True


def lists(db: Database, article_id: Value) -> dict[str, Value]:
    """Return an article's lists for a version, as JSON."""
    held = {name: rows.held_list(db, name, article_id) for name in LISTS_WATCHED}
    return {name: _as_json(values) for name, values in held.items()}


def keep_comment(db: Database, old: Mapping[str, Value], edited: tuple[str, ...], reading: Reading) -> None:
    """Keep the state of a comment in the row `old`."""
    version = {name: old[name] for name in rows.COMMENT_VERSIONED}
    _insert(db, "comment", old, version, edited, reading)


def _insert(
    db: Database,
    kind: str,
    old: Mapping[str, Value],
    said: Mapping[str, Value],
    edited: tuple[str, ...],
    reading: Reading,
) -> None:
    """Insert a version; record an event where the publisher edited."""
    until = max(reading.at, rows.must(str(old["changed_at"])))  # by a clock that was put back
    times: dict[str, Value] = {"since": old["changed_at"], "until": until}
    which: dict[str, Value] = {f"{kind}_id": old["id"], "version": old["version_count"]}
    why = {"changed": _as_json(edited), "cause": reading.cause}
    rows.insert(db, f"{kind}_versions", {**which, **times, **why, **said})
    if reading.cause == EDITED:
        replaced = {"version": old["version_count"], "since": old["changed_at"]}
        events.note(db, Event.EDITED, kind, old, reading.at, **replaced)


def _joined(db: Database, old: Mapping[str, Value], edited: tuple[str, ...], reading: Reading) -> bool:
    """Join an edit to the newest version if recent, unless one of its fields is edited again."""
    own = "article_id = ? AND witness IS NULL"
    sql = f"SELECT * FROM article_versions WHERE {own} ORDER BY version DESC LIMIT 1"
    last = rows.one(db, sql, old["id"])
    causes = {reading.cause}
    if reading.cause == UNSETTLED:
        causes.add(EDITED)
    if last is None or last["cause"] not in causes:
        return False
    elapsed = instant(reading.at) - instant(str(old["changed_at"]))
    if elapsed > TOGETHER:
        return False
    changed = json.loads(str(last["changed"]))
    if set(changed) & set(edited):
        return False
    names = _as_json((*changed, *edited))
    rows.update(db, "article_versions", last["id"], {"changed": names})
    return True


def _as_json(values: tuple[str, ...]) -> str:
    return json.dumps(values, ensure_ascii=False)
