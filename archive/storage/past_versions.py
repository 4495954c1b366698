"""Versions that only other witnesses saw: states before our own first look, put before our own versions.

What we saw ourselves is never changed, except for its numbers and for since when its first state is known.
All of it follows from the captures and our own rows alone, so that the order in which they came does not
matter. It writes `article_versions`, `comment_versions` and `events`, inside a transaction of its caller.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from archive.tables import rows
from archive.tables.captured import CAPTURED, is_ours
from archive.tables.merge import Value

Row = dict[str, Value]
Differences = Callable[[Mapping[str, Value], Mapping[str, Value]], tuple[str, ...]]
"""What of an earlier state a later one has changed, so that a reader would miss it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastState:
    """One state of an item as other witnesses saw it, since `since` (ISO 8601 UTC).

    `values` has the columns of a version; `changed` what the next state changed of them.
    """

    since: str
    witness: str
    values: Mapping[str, Value]
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The states of an item before the present row, the oldest first, and since when its first own state is
    known. `until` is when the state after the last one was seen."""

    states: tuple[PastState, ...]
    until: str
    since: str


def write_versions(db: Database, kind: str, row: Row, past: Past) -> Row:
    """Write the earlier versions of an "article" or "comment"; return the columns of its row to update."""
    own = _own_versions(db, kind, row["id"]) if is_ours(row) else []
    numbers = {version["version"]: len(past.states) + place for place, version in enumerate(own, start=1)}
    wanted = [
        {
            "version": place,
            "since": state.since,
            "until": until,
            "changed": json.dumps(state.changed),
            "cause": CAPTURED,
            "witness": state.witness,
            **state.values,
        }
        for place, (state, until) in enumerate(_with_end(past), start=1)
    ]
    _replace(db, kind, row["id"], wanted, numbers)
    if own:
        if own[0]["since"] != past.since:
            rows.update(db, f"{kind}_versions", own[0]["id"], {"since": past.since})
        _renumber_events(db, kind, row, numbers, past.since)
    values: Row = {"version_count": len(past.states) + len(own) + 1}
    if not own:
        values["changed_at"] = past.since
    return values


def first_own(db: Database, kind: str, row: Row) -> Row:
    """Return the first state that we saw ourselves: an own version, or the present row."""
    own = _own_versions(db, kind, row["id"])
    return own[0] if own else row


def edit_events(row: Row, past: Past, whose: Mapping[str, Value]) -> list[Row]:
    """Return the events of the edits between states, for `write_events`."""
    return [
        {
            "at": until,
            "kind": "edited",
            "source": row["source"],
            **whose,
            "version": place,
            "since": state.since,
            "how": None,
            "witness": state.witness,
        }
        for place, (state, until) in enumerate(_with_end(past), start=1)
    ]


def write_events(db: Database, article_id: Value, wanted: Sequence[Row], *, comments: bool) -> None:
    """Let the events that rest on other witnesses be these, for an article itself or for its comments."""
    which = f"article_id = ? AND witness IS NOT NULL AND comment_id IS {'NOT ' if comments else ''}NULL"
    names = "at, kind, source, article_id, comment_id, version, since, how, witness"
    held = list(db.query(f"SELECT {names} FROM events WHERE {which} ORDER BY id", [article_id]))
    ordered = sorted(
        wanted, key=lambda event: (str(event["at"]), str(event["comment_id"]), str(event["kind"]))
    )
    if held == ordered:
        return
    db.execute(f"DELETE FROM events WHERE {which}", [article_id])
    for event in ordered:
        rows.insert(db, "events", event)


def merge_states(seen: Sequence[PastState], differences: Differences) -> list[PastState]:
    """Return successive states that differ, out of all that were seen, the oldest first."""
    states: list[PastState] = []
    for state in seen:
        last = states[-1] if states else None
        changed = differences(last.values, state.values) if last else ()
        if last and not changed:
            filled = {
                name: said if said is not None else state.values[name] for name, said in last.values.items()
            }
            states[-1] = PastState(since=last.since, witness=last.witness, values=filled)
            continue
        if last:
            states[-1] = PastState(
                since=last.since, witness=last.witness, values=last.values, changed=changed
            )
        states.append(state)
    return states


def before(own: Row, since: str, seen: Sequence[PastState], differences: Differences) -> Past:
    """Return the past of an item that we saw first as `own`, at `since`."""
    states = merge_states(seen, differences)
    if not states:
        return Past(states=(), until=since, since=since)
    last = states[-1]
    changed = differences(last.values, own)
    if not changed:
        return Past(states=tuple(states[:-1]), until=last.since, since=last.since)
    states[-1] = PastState(since=last.since, witness=last.witness, values=last.values, changed=changed)
    return Past(states=tuple(states), until=since, since=since)


def _with_end(past: Past) -> list[tuple[PastState, str]]:
    ends = [*(state.since for state in past.states[1:]), past.until]
    return list(zip(past.states, ends, strict=bool(past.states))) if past.states else []


def _own_versions(db: Database, kind: str, item: Value) -> list[Row]:
    sql = f"SELECT * FROM {kind}_versions WHERE {kind}_id = ? AND witness IS NULL ORDER BY version"
    return list(db.query(sql, [item]))


def _replace(
    db: Database, kind: str, item: Value, wanted: Sequence[Row], numbers: Mapping[Value, int]
) -> None:
    table = f"{kind}_versions"
    sql = f"SELECT * FROM {table} WHERE {kind}_id = ? AND witness IS NOT NULL ORDER BY version"
    held = [dict(row) for row in db.query(sql, [item])]
    same = len(held) == len(wanted) and all(
        all(row[name] == value for name, value in each.items())
        for row, each in zip(held, wanted, strict=True)
    )
    if not same:
        db.execute(f"DELETE FROM {table} WHERE {kind}_id = ? AND witness IS NOT NULL", [item])
    for old, new in numbers.items():  # by way of negative ones, since they are unique
        if old != new:
            where = f"{kind}_id = ? AND version = ? AND witness IS NULL"
            db.execute(f"UPDATE {table} SET version = ? WHERE {where}", [-new, item, old])
    db.execute(f"UPDATE {table} SET version = -version WHERE {kind}_id = ? AND version < 0", [item])
    for each in [] if same else wanted:
        rows.insert(db, table, {f"{kind}_id": item, **each})


def _renumber_events(db: Database, kind: str, row: Row, numbers: Mapping[Value, int], since: str) -> None:
    whose = "comment_id = ?" if kind == "comment" else "article_id = ? AND comment_id IS NULL"
    which = f"{whose} AND kind = 'edited' AND witness IS NULL"
    for old, new in numbers.items():
        if old != new:
            sql = f"UPDATE events SET version = ? WHERE {which} AND version = ?"
            db.execute(sql, [-new, row["id"], old])
    db.execute(f"UPDATE events SET version = -version WHERE {which} AND version < 0", [row["id"]])
    first = min(numbers.values())
    sql = f"UPDATE events SET since = ? WHERE {which} AND version = ? AND since IS NOT ?"
    db.execute(sql, [since, row["id"], first, since])
