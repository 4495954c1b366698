"""Versions that only other witnesses saw: before our first observation, and between our states.

What we saw ourselves is never changed, except for its numbers, for the start of its first state, and for the
end of a state after which another witness saw one that we never did. All of it follows from the captures and
our own rows alone, so that their order of arrival does not matter. It writes `article_versions`,
`comment_versions` and `events`, inside a transaction of its caller.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from archive.core.connection import Database
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
    """The states of an item that others saw, the oldest first.

    `states` came before our first own one, or before the present row of an item that only others have seen;
    `until` is when the state after the last of them was seen, and `since` since when our first own state is
    recorded. `between` has those after our own versions, by the place of the version: 0 for our first one.
    """

    states: tuple[PastState, ...]
    until: str
    since: str
    between: Mapping[int, tuple[PastState, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A state of others as the version `number`, and its end.

    `after` has the number of our own version that it replaced, and the start of that one. With `is_told` our
    own event records the edit that ended it.
    """

    number: int
    until: str
    state: PastState
    after: tuple[int, str] | None = None
    is_told: bool = False


def own_versions(db: Database, kind: str, row: Row) -> list[Row]:
    """Return the versions of an "article" or "comment" that we saw ourselves, the oldest first."""
    if not is_ours(row):
        return []
    sql = f"SELECT * FROM {kind}_versions WHERE {kind}_id = ? AND witness IS NULL ORDER BY version"
    return list(db.query(sql, [row["id"]]))


def past_of_others(seen: Sequence[PastState], differences: Differences) -> Past:
    """Return the past of an item that only others have seen, whose last state is the present row's."""
    states = merge_states(seen, differences)
    last = states[-1]
    return Past(states=tuple(states[:-1]), until=last.since, since=last.since, between={})


def past_of_ours(
    own: Sequence[Row], row: Row, since: str, seen: Sequence[PastState], differences: Differences
) -> Past:
    """Return the past of an item that we saw first at `since`; `own` are its own versions, `row` its row.

    What others saw after our newest own state is no past.
    """
    chain = [*own, row]
    starts = [since, *(str(version["since"]) for version in own[1:])]
    ends = starts[1:]
    if own:
        ends.append(str(row["changed_at"]))
    earlier = [state for state in seen if state.since < since]
    before = _before(chain[0], since, earlier, differences)
    between = {}
    for place, (start, end) in enumerate(zip(starts, ends, strict=False)):
        within = [state for state in seen if start < state.since < end]
        found = _between(chain[place], chain[place + 1], within, differences)
        if found:
            between[place] = found
    return replace(before, between=between)


def write_versions(db: Database, kind: str, row: Row, past: Past, own: Sequence[Row]) -> Row:
    """Write the versions of an "article" or "comment" that others saw; return the columns to update.

    `own` are its own versions.
    """
    numbers, placed = _in_order(past, own, row)
    wanted = [_version_row(each) for each in placed]
    _replace(db, kind, row["id"], wanted, numbers)
    _set_spans(db, kind, past, own, row)
    if own:
        _renumber_events(db, kind, row, numbers, past.since)
    values: Row = {"version_count": len(placed) + len(own) + 1}
    if not own:
        values["changed_at"] = past.since
    return values


def _version_row(placed: _Placed) -> Row:
    return {
        "version": placed.number,
        "since": placed.state.since,
        "until": placed.until,
        "changed": json.dumps(placed.state.changed),
        "cause": CAPTURED,
        "witness": placed.state.witness,
        **placed.state.values,
    }


def edit_events(row: Row, past: Past, own: Sequence[Row], whose: Mapping[str, Value]) -> list[Row]:
    """Return the events of the edits that others saw, for `write_events`."""
    told = []
    event: Row = {"kind": "edited", "source": row["source"], **whose, "how": None}
    for each in _in_order(past, own, row)[1]:
        if each.after is not None:
            replaced: Row = {"version": each.after[0], "since": each.after[1]}
            told.append({"at": each.state.since, **event, **replaced, "witness": each.state.witness})
        if not each.is_told:
            replaced = {"version": each.number, "since": each.state.since}
            told.append({"at": each.until, **event, **replaced, "witness": each.state.witness})
    return told


def write_events(db: Database, article_id: Value, wanted: Sequence[Row], *, comments: bool) -> None:
    """Let the events that rest on other witnesses be these, for an article itself or for its comments."""
    negation = ""
    if comments:
        negation = "NOT "
    which = f"article_id = ? AND witness IS NOT NULL AND comment_id IS {negation}NULL"
    names = "at, kind, source, article_id, comment_id, version, since, how, witness"
    held = list(db.query(f"SELECT {names} FROM events WHERE {which} ORDER BY id", [article_id]))
    ordered = sorted(wanted, key=_order_of_event)
    if held == ordered:
        return
    db.execute(f"DELETE FROM events WHERE {which}", [article_id])
    for event in ordered:
        rows.insert(db, "events", event)


def _order_of_event(event: Row) -> tuple[str, str, str]:
    return str(event["at"]), str(event["comment_id"]), str(event["kind"])


def merge_states(seen: Sequence[PastState], differences: Differences) -> list[PastState]:
    """Return successive states that differ, out of all that were seen, the oldest first."""
    states: list[PastState] = []
    for state in seen:
        last = None
        changed: tuple[str, ...] = ()
        if states:
            last = states[-1]
            changed = differences(last.values, state.values)
        if last and not changed:
            filled = {
                name: said if said is not None else state.values[name] for name, said in last.values.items()
            }
            states[-1] = replace(last, values=filled)
            continue
        if last:
            states[-1] = replace(last, changed=changed)
        states.append(state)
    return states


def _before(own: Row, since: str, seen: Sequence[PastState], differences: Differences) -> Past:
    """Return the past of an item that we saw first as `own`, at `since`."""
    states = merge_states(seen, differences)
    if not states:
        return Past(states=(), until=since, since=since, between={})
    last = states[-1]
    changed = differences(last.values, own)
    if not changed:
        return Past(states=tuple(states[:-1]), until=last.since, since=last.since, between={})
    states[-1] = replace(last, changed=changed)
    return Past(states=tuple(states), until=since, since=since, between={})


def _between(
    old: Row, new: Row, seen: Sequence[PastState], differences: Differences
) -> tuple[PastState, ...]:
    """Return the states that others saw between two of our own, and that are neither of both."""
    if not seen:
        return ()
    first = PastState(since="", witness="", values={name: old[name] for name in seen[0].values})
    states = merge_states([first, *seen], differences)[1:]
    while states and not (changed := differences(states[-1].values, new)):
        states.pop()
    if states:
        states[-1] = replace(states[-1], changed=changed)
    return tuple(states)


def _in_order(past: Past, own: Sequence[Row], row: Row) -> tuple[dict[Value, int], list[_Placed]]:
    """Return the number of each own version by its present one, and the states of others at theirs."""
    ends = [*(state.since for state in past.states[1:]), past.until]
    spans = enumerate(zip(past.states, ends, strict=False), start=1)
    placed = [_Placed(number=number, until=until, state=state) for number, (state, until) in spans]
    numbers: dict[Value, int] = {}
    number = len(placed)
    for place, (version, (start, end)) in enumerate(zip(own, _spans(past, own, row), strict=True)):
        number += 1
        numbers[version["version"]] = number
        after: tuple[int, str] | None = (number, start)
        states = past.between.get(place, ())
        for state, until in zip(states, [*(each.since for each in states[1:]), end], strict=False):
            number += 1
            is_last = state is states[-1]
            placed.append(_Placed(number=number, until=until, state=state, after=after, is_told=is_last))
            after = None
    return numbers, placed


def _spans(past: Past, own: Sequence[Row], row: Row) -> list[tuple[str, str]]:
    """Return for each own version its start, and when we saw the next one ourselves."""
    starts = [past.since, *(str(version["since"]) for version in own[1:])] if own else []
    ends = [*starts[1:], str(row["changed_at"])]
    return list(zip(starts, ends, strict=False))


def _replace(
    db: Database, kind: str, item: Value, wanted: Sequence[Row], numbers: Mapping[Value, int]
) -> None:
    table = f"{kind}_versions"
    sql = f"SELECT * FROM {table} WHERE {kind}_id = ? AND witness IS NOT NULL ORDER BY version"
    held = [dict(row) for row in db.query(sql, [item])]
    pairs = zip(held, wanted, strict=False)
    same = len(held) == len(wanted) and all(row.items() >= each.items() for row, each in pairs)
    if not same:
        db.execute(f"DELETE FROM {table} WHERE {kind}_id = ? AND witness IS NOT NULL", [item])
    for old, new in numbers.items():  # by way of negative ones, since they are unique
        if old != new:
            where = f"{kind}_id = ? AND version = ? AND witness IS NULL"
            db.execute(f"UPDATE {table} SET version = ? WHERE {where}", [-new, item, old])
    db.execute(f"UPDATE {table} SET version = -version WHERE {kind}_id = ? AND version < 0", [item])
    for each in [] if same else wanted:
        rows.insert(db, table, {f"{kind}_id": item, **each})


def _set_spans(db: Database, kind: str, past: Past, own: Sequence[Row], row: Row) -> None:
    """Extend our own versions until another witness saw the next state."""
    for place, (version, (start, end)) in enumerate(zip(own, _spans(past, own, row), strict=True)):
        between = past.between.get(place)
        until = max(end, str(version["since"]))
        if between:
            until = between[0].since
        times = {"since": start, "until": until}
        if any(version[name] != at for name, at in times.items()):
            rows.update(db, f"{kind}_versions", version["id"], times)


def _renumber_events(db: Database, kind: str, row: Row, numbers: Mapping[Value, int], since: str) -> None:
    whose = "article_id = ? AND comment_id IS NULL"
    if kind == "comment":
        whose = "comment_id = ?"
    which = f"{whose} AND kind = 'edited' AND witness IS NULL"
    for old, new in numbers.items():
        if old != new:
            sql = f"UPDATE events SET version = ? WHERE {which} AND version = ?"
            db.execute(sql, [-new, row["id"], old])
    db.execute(f"UPDATE events SET version = -version WHERE {which} AND version < 0", [row["id"]])
    first = min(numbers.values())
    sql = f"UPDATE events SET since = ? WHERE {which} AND version = ? AND since IS NOT ?"
    db.execute(sql, [since, row["id"], first, since])
