"""The past of a thread: comments that only others have seen, and the text of ours before we saw them.

A comment that was captured, and that no later capture of the whole thread shows, was removed between the two.
Such a row has no number of the site, so that no listing of today's numbers ever meets it. It writes
`comments`, their versions and events, and `captured_comments`, inside a transaction of its caller.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from archive.changes.text_blocks import digest_texts
from archive.core import urls
from archive.core.connection import Database
from archive.core.records import Comment
from archive.core.timestamps import to_text
from archive.files.redaction_store import HIDDEN, RedactionSet
from archive.identity.likeness import same_name, split_words
from archive.storage.past import versions as past_versions
from archive.storage.past import voices as past_voices
from archive.storage.past.looks import Absence, KnownThread, Looks
from archive.storage.past.versions import PastState, Row
from archive.storage.past.voices import CapturedComment, Voice
from archive.tables import rows
from archive.tables.captured import SEEN_BY_OTHERS, Capture, own_since
from archive.tables.events import Event
from archive.tables.merge import Value, compact


def derive_thread(
    db: Database, archive: Path, article: Row, captures: Sequence[Capture], hidden: RedactionSet
) -> None:
    """Derive the thread of an article from its captures, by time, and our own rows."""
    article_id = int(article["id"] or 0)
    voices = past_voices.gather(db, article_id, captures)
    others = [voice for voice in voices if voice.row is None]
    _settle_rows(db, article, captures, others)
    for voice in voices:
        voice.number = int(voice.row["id"] or 0) if voice.row else 0
    _name(db, article, others)
    looks = Looks(db, archive, article, KnownThread(captures, voices))
    told: list[Row] = []
    for voice in voices:
        if not voice.hidden and (voice.claims or _has_past(voice)):
            told += _write(db, article, voice, looks, hidden)
    past_versions.write_events(db, article_id, told, comments=True)
    _note_places(db, captures, voices)


def hand_over(db: Database, article_id: Value, other_id: Value) -> None:
    """Put the comments of an article that only others have seen under another one."""
    for table in ("events", "comments"):
        db.execute(f"UPDATE {table} SET article_id = ? WHERE article_id = ?", [other_id, article_id])


def has_comments_of_others(db: Database, article_id: int) -> bool:
    """True if an article has comments only others have seen."""
    sql = f"SELECT 1 FROM comments WHERE article_id = ? AND {SEEN_BY_OTHERS} LIMIT 1"
    return db.execute(sql, [article_id]).fetchone() is not None


def adopt_comment(db: Database, article_id: int, comment: Comment) -> Row | None:
    """Return the row of a comment that only others have seen and that we now see too, emptied of its past."""
    sql = f"SELECT * FROM comments WHERE article_id = ? AND {SEEN_BY_OTHERS} ORDER BY id"
    if not (found := rows.many(db, sql, article_id)):
        return None
    remark = past_voices.remark_of(comment, article_id)
    for row in found:
        if row["redaction_id"] is not None:
            if row["published"] is None or row["published"] != to_text(comment.published):
                continue
        elif not past_voices.is_one(remark, past_voices.remark_of_row(row, article_id)):
            continue
        _forget_past(db, row["id"])
        return row
    return None


def _write(db: Database, article: Row, voice: Voice, looks: Looks, hidden: RedactionSet) -> list[Row]:
    """Write the row and versions of one comment, and return the events that rest on other witnesses."""
    row = rows.one(db, "SELECT * FROM comments WHERE id = ?", voice.number) or {}
    claims = sorted(voice.claims, key=lambda claim: claim.capture.at)
    own = own_since(row) if voice.row is not None else None
    absences = looks.absences(db, voice, row)
    states = [_state(claim, hidden) for claim in claims]
    versions = []
    if own is not None:
        versions = past_versions.own_versions(db, "comment", row)
    if own is not None:
        past = past_versions.past_of_ours(versions, row, own, states, _differences)
        values = _observed(claims, own)
    else:
        past = past_versions.past_of_others(states, _differences)
        gone_at = None
        if absences and absences[-1].returned_at is None:
            gone_at = absences[-1].at
        gone_how = None
        if gone_at:
            gone_how = "removed"
        present: Row = {"gone_at": gone_at, "gone_how": gone_how}
        observed = _observed(claims, None)
        values = {**_present(article, voice, looks, hidden), **present, **observed}
    values |= past_versions.write_versions(db, "comment", row, past, versions)
    changed = {name: v for name, v in values.items() if row[name] != v}
    rows.update(db, "comments", voice.number, changed)
    whose: Row = {"article_id": article["id"], "comment_id": voice.number}
    told = past_versions.edit_events(row, past, versions, whose)
    return [*told, *_absence_events(row, absences, whose)]


def _absence_events(row: Row, absences: Sequence[Absence], whose: Row) -> list[Row]:
    told = []
    for each in absences:
        event: Row = {"source": row["source"], **whose, "version": None, "how": "removed"}
        removed: Row = {"at": each.at, "kind": Event.REMOVED.value, "since": each.since}
        told.append({**event, **removed, "witness": each.witness})
        if each.returned_at is not None:
            returned: Row = {"at": each.returned_at, "kind": Event.RETURNED.value, "since": each.at}
            told.append({**event, **returned, "witness": each.returned_by})
    return told


def _differences(before: Mapping[str, Value], after: Mapping[str, Value]) -> tuple[str, ...]:
    """Return whether a comment's author or text was changed; themes print all other fields differently."""
    changed = []
    old_name, new_name = (rows.optional_text(state["author"]) for state in (before, after))
    if old_name and new_name and not same_name(old_name, new_name):
        changed.append("author")
    if before["text"] and after["text"]:
        old_words = split_words(str(before["text"]))
        new_words = split_words(str(after["text"]))
        if old_words != new_words:
            changed.append("text")
    return tuple(changed)


def _has_past(voice: Voice) -> bool:
    """True if a comment of ours has a past from captures that were since deleted."""
    return voice.row is not None and voice.row["witness"] is not None


def _observed(claims: Sequence[CapturedComment], own: str | None) -> Row:
    if not claims or (own is not None and own <= claims[0].capture.at):
        return {"first_seen": own, "witness": None, "seen_at": None}
    first = claims[0].capture
    return {"first_seen": first.at, "witness": first.witness, "seen_at": own}


def _masked(comment: Comment, hidden: RedactionSet) -> Row:
    """Return the columns that a captured comment speaks of, without a writer's name that is hidden."""
    values = rows.comment_values(comment) | {"site_id": None, "site_parent": None, "name_redaction_id": None}
    redaction = hidden.names.get(comment.author or "")
    if redaction is not None:
        values |= {"author": HIDDEN, "author_url": None, "name_redaction_id": redaction}
    return values


def _state(claim: CapturedComment, hidden: RedactionSet) -> PastState:
    said = _masked(claim.comment, hidden)
    values = {name: said[name] for name in rows.COMMENT_VERSIONED}
    return PastState(since=claim.capture.at, witness=claim.capture.witness, values=values)


def _present(article: Row, voice: Voice, looks: Looks, hidden: RedactionSet) -> Row:
    """Return the columns of a comment that only others have seen."""
    comment = voice.newest.comment
    answered = map(looks.parent, voice.claims)
    parents = [parent for parent in answered if parent is not None]
    parent_id = None
    if parents and parents[0] is not voice:
        parent_id = parents[0].number
    return {
        **_masked(comment, hidden),
        "article_id": article["id"],
        "parent_id": parent_id,
        "origins": json.dumps(compact(dict(comment.origins))),
    }


# -- rows -------------------------------------------------------------------------------------------


def _settle_rows(db: Database, article: Row, captures: Sequence[Capture], others: Sequence[Voice]) -> None:
    """Find the row that each comment of others had before, delete those that are no comment's any more."""
    held = {
        row["id"]: dict(row)
        for row in db.query(
            f"SELECT * FROM comments WHERE article_id = ? AND {SEEN_BY_OTHERS}", [article["id"]]
        )
    }
    noted = _places(db, captures)
    for voice in others:
        places = {noted.get((claim.capture.id, claim.place)) for claim in voice.claims}
        known = places & held.keys()
        if known:
            number = min(known, key=lambda each: (held[each]["redaction_id"] is None, int(each or 0)))
            voice.row = held.pop(number)
            voice.hidden = voice.row["redaction_id"] is not None
    for number in held:
        _delete(db, number)


def _name(db: Database, article: Row, others: Sequence[Voice]) -> None:
    """Give each comment of others a row and a key derived from its first text."""
    seen: dict[str, int] = {}
    keys: list[str] = []
    for voice in others:
        said = voice.first.comment
        published = to_text(said.published)
        address = urls.key(str(article["url"]))
        key = digest_texts(
            address,
            said.kind,
            str(said.author),
            str(published),
            str(said.text),
        )
        seen[key] = seen.get(key, 0) + 1
        unique = f"^{key}"
        if seen[key] > 1:
            unique = f"{unique}.{seen[key]}"
        keys.append(unique)
    for voice, key in zip(others, keys, strict=True):
        if voice.row is not None and voice.row["key"] != key:  # they are unique: first out of the way
            rows.update(db, "comments", voice.row["id"], {"key": f"^^{voice.row['id']}"})
    for voice, key in zip(others, keys, strict=True):
        if voice.row is None:
            first = voice.first
            values: Row = {"article_id": article["id"], "source": article["source"], "key": key}
            times = {"first_seen": first.capture.at, "changed_at": first.capture.at}
            kind = {"kind": first.comment.kind.value, "witness": first.capture.witness}
            voice.number = rows.insert(db, "comments", {**values, **times, **kind})
        else:
            voice.number = int(voice.row["id"] or 0)
            rows.update(db, "comments", voice.number, {"key": key})
        voice.row = None  # it is not ours


def _delete(db: Database, number: Value) -> None:
    _forget_past(db, number)
    db.execute("DELETE FROM captured_comments WHERE comment_id = ?", [number])
    db.execute("UPDATE comments SET parent_id = NULL WHERE parent_id = ?", [number])
    db.execute("DELETE FROM comments WHERE id = ?", [number])


def _forget_past(db: Database, number: Value) -> None:
    db.execute("DELETE FROM comment_versions WHERE comment_id = ? AND witness IS NOT NULL", [number])
    db.execute("DELETE FROM events WHERE comment_id = ? AND witness IS NOT NULL", [number])


def _places(db: Database, captures: Sequence[Capture]) -> dict[tuple[int, int], Value]:
    numbers = json.dumps([each.id for each in captures])
    sql = "SELECT * FROM captured_comments WHERE capture_id IN (SELECT value FROM json_each(?))"
    found = db.query(sql, [numbers])
    return {(row["capture_id"], row["position"]): row["comment_id"] for row in found}


def _note_places(db: Database, captures: Sequence[Capture], voices: Sequence[Voice]) -> None:
    wanted = {(claim.capture.id, claim.place): voice.number for voice in voices for claim in voice.claims}
    held = _places(db, captures)
    for which in held.keys() - wanted.keys():
        db.execute("DELETE FROM captured_comments WHERE capture_id = ? AND position = ?", list(which))
    for which, number in wanted.items():
        if held.get(which) != number:
            db.execute("INSERT OR REPLACE INTO captured_comments VALUES (?, ?, ?)", [*which, number])
