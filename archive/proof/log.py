"""The log of digests, and the seals over it.

A leaf is logged for each state that the log does not end with already. A seal covers the leaves since the
seal before it: the root of their Merkle tree, chained to that seal's head. One of its leaves lists all
earlier seals, so that a short path leads from any of them to it. What is sealed can only be added to. Writes
only `proof_leaves`, `proof_seals` and `proof_pending`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from archive.core.connection import Database
from archive.core.database import connect, transaction
from archive.core.timestamps import to_text
from archive.files.raw_pages import raw_pages_path
from archive.proof.merkle import leaf_hash, root_of
from archive.proof.states import BATCH, PROVED_KINDS, State, encoded, page_states, states_of

SALT_BYTES = 16
MAX_LEAVES = 2**16  # under one seal: a path of 16 steps, and a proof that reads no more than 2 MiB
START = bytes(32)
"""What the first seal is chained to."""
LIST = "seals"
"""The kind of a leaf that lists seals; its item is the number of the last of them."""

NewState = tuple[int, int, State | None]
"""Item, version and state that the log is to end with; no state where it was withdrawn."""

_NEWEST = (
    "SELECT item_id, version, withdrawn, salt, leaf, max(id) FROM proof_leaves"
    " WHERE kind = ? AND item_id IN (SELECT value FROM json_each(?)) GROUP BY item_id, version"
)
_LOGGED = "DELETE FROM proof_pending WHERE kind = ? AND item_id IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """Newest leaf of one state. `salt` is None where it was deleted."""

    version: int
    withdrawn: bool
    salt: bytes | None
    leaf: bytes

    def proves(self, kind: str, item_id: int, state: State | None) -> bool:
        """True if it is the digest of a state."""
        if self.salt is None:
            return False
        return self.leaf == digest(kind, item_id, self.version, state, self.salt)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSeal:
    """One seal: leaves `first` to `last` (ids, inclusive), at a time in ISO 8601 UTC.

    `stamp` is of an RFC 3161 authority. `ots` is an OpenTimestamps file, `ots_pending` while it names no
    block.
    """

    number: int
    first: int
    last: int
    at: str
    root: bytes
    previous: bytes
    head: bytes
    public_key: str | None
    signature: bytes | None
    authority: str | None
    stamp: bytes | None
    ots: bytes | None
    ots_pending: bool

    @property
    def witness_rank(self) -> tuple[bool, bool, bool, bool]:
        """Return how well others can date the seal; a larger value is better."""
        has_block = self.ots is not None and not self.ots_pending
        return self.stamp is not None, has_block, self.ots is not None, self.signature is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealSignature:
    """Signature of a seal's head (DER), and the public key of it (PEM)."""

    public_key: str
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SealStamp:
    """Time-stamp of a seal's head (RFC 3161, DER), and the URL of its authority."""

    authority: str
    stamp: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SealBlockProof:
    """OpenTimestamps file of a seal's head; `ots_pending` while it names no block."""

    ots: bytes
    ots_pending: bool


SealWitness = SealSignature | SealStamp | SealBlockProof
"""What others can check a seal by. The fields are columns of `proof_seals`."""


def digest(kind: str, item_id: int, version: int, state: State | None, salt: bytes) -> bytes:
    """Return the leaf hash of a state under a salt."""
    return leaf_hash(salt + encoded(kind, item_id, version, state))


def head_of(number: int, first: int, last: int, at: str, root: bytes, previous: bytes) -> bytes:
    """Return the head of a seal: SHA-256 of a two byte, its numbers, its time, its root, the head before."""
    return hashlib.sha256(head_prefix(number, first, last, at) + root + previous).digest()


def head_prefix(number: int, first: int, last: int, at: str) -> bytes:
    """Return what is hashed before the root of a seal."""
    return b"\2" + f"{number} {first} {last} {at}\n".encode()


def list_prefix(number: int) -> bytes:
    """Return what the leaf that lists seals up to a number has before the root over their heads."""
    return f"{LIST} {number}\n".encode()


def newest_leaves(db: Database, kind: str, ids: list[int]) -> dict[int, dict[int, Leaf]]:
    """Return the newest leaf of each logged state, by item and version."""
    found: dict[int, dict[int, Leaf]] = {}
    for item_id, version, withdrawn, salt, leaf, _ in db.execute(_NEWEST, [kind, json.dumps(ids)]):
        leaf = Leaf(version=version, withdrawn=bool(withdrawn), salt=salt, leaf=leaf)
        found.setdefault(item_id, {})[version] = leaf
    return found


def log_changes(db: Database, archive: Path) -> int:
    """Log all states and raw pages that are new or changed; return how many leaves were added."""
    added = 0
    while pending := db.execute(f"SELECT kind, item_id FROM proof_pending LIMIT {BATCH}").fetchall():
        with transaction(db):
            for kind in PROVED_KINDS:
                ids = [item_id for each, item_id in pending if each == kind]
                if ids:
                    added += _log_items(db, kind, ids)
                    db.execute(_LOGGED, [kind, json.dumps(ids)])
    return added + _log_pages(db, raw_pages_path(archive))


def _log_items(db: Database, kind: str, ids: list[int]) -> int:
    known = newest_leaves(db, kind, ids)
    states = states_of(db, kind, ids)
    return _add(db, kind, _unlogged(kind, ids, known, states))


def _unlogged(
    kind: str,
    ids: list[int],
    known: Mapping[int, Mapping[int, Leaf]],
    states: Mapping[int, Mapping[int, State] | None],
) -> Iterator[NewState]:
    """Yield the states that the log does not end with, in the order of the ids."""
    for item_id in ids:
        logged = known.get(item_id, {})
        held = states.get(item_id, {})
        if held is None:  # hidden: what was logged stays, and can no longer be compared
            continue
        for version, state in held.items():
            leaf = logged.get(version)
            if leaf is None or leaf.withdrawn or not leaf.proves(kind, item_id, state):
                yield item_id, version, state
        for version in logged.keys() - held.keys():
            if not logged[version].withdrawn:
                yield item_id, version, None


def _log_pages(db: Database, path: Path) -> int:
    if not path.exists():
        return 0
    newest = db.execute("SELECT max(item_id) FROM proof_leaves WHERE kind = 'page'").fetchone()[0] or 0
    with closing(connect(path, create=False)) as pages, transaction(db):
        return _add(db, "page", ((number, 1, state) for number, state in page_states(pages, above=newest)))


def relog_pages(db: Database, path: Path, numbers: Collection[int]) -> None:
    """Log some raw pages again that are in the log."""
    logged = {row[0] for row in db.execute("SELECT item_id FROM proof_leaves WHERE kind = 'page'")}
    wanted = logged & set(numbers)
    with closing(connect(path, create=False)) as pages, transaction(db):
        states = page_states(pages)
        _add(db, "page", ((number, 1, state) for number, state in states if number in wanted))


def _add(db: Database, kind: str, states: Iterable[NewState]) -> int:
    """Add leaves in one statement; return how many."""
    leaves = (
        (kind, item_id, version, state is None, salt, digest(kind, item_id, version, state, salt))
        for item_id, version, state in states
        for salt in (os.urandom(SALT_BYTES),)
    )
    sql = "INSERT INTO proof_leaves (kind, item_id, version, withdrawn, salt, leaf) VALUES (?, ?, ?, ?, ?, ?)"
    return db.conn.executemany(sql, leaves).rowcount


def seal_log(db: Database, now: datetime) -> list[LogSeal]:
    """Seal all leaves that no seal covers; return the new seals, if any.

    `now` is aware.
    """
    made = []
    with transaction(db):
        last = newest_seal(db)
        top = db.execute("SELECT coalesce(max(id), 0) FROM proof_leaves").fetchone()[0]
        if last and last.last < top:
            top = _list_seals(db, last.number)
        while (done := last.last if last else 0) < top:
            until = min(done + MAX_LEAVES, top)
            last = _seal_next(db, last, until, now)
            made.append(last)
    return made


def _list_seals(db: Database, number: int) -> int:
    """Add the leaf that lists all seals, up to a number; return its id."""
    root = root_of(seal_leaves(db, number))
    leaf = leaf_hash(list_prefix(number) + root)
    sql = "INSERT INTO proof_leaves (kind, item_id, version, leaf) VALUES (?, ?, 1, ?)"
    return db.execute(sql, [LIST, number, leaf]).lastrowid or 0


def seal_leaves(db: Database, number: int) -> list[bytes]:
    """Return the leaf hashes of the heads of all seals up to a number."""
    heads = db.execute("SELECT head FROM proof_seals WHERE number <= ? ORDER BY number", [number])
    return [leaf_hash(head) for (head,) in heads.fetchall()]


def is_seal_due(db: Database, now: datetime) -> bool:
    """True if no seal was made on this day of UTC yet."""
    last = newest_seal(db)
    if last is None:
        return True
    return last.at[:10] < (to_text(now) or "")[:10]


def _seal_next(db: Database, before: LogSeal | None, last: int, now: datetime) -> LogSeal:
    number = 1
    first = 1
    previous = START
    if before:
        number = before.number + 1
        first = before.last + 1
        previous = before.head
    at = to_text(now) or ""
    root = root_of(leaves_between(db, first, last))
    head = head_of(number, first, last, at, root, previous)
    db.execute(
        "INSERT INTO proof_seals (number, first, last, at, root, previous, head)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [number, first, last, at, root, previous, head],
    )
    return _seal(db.execute("SELECT * FROM proof_seals WHERE number = ?", [number]).fetchone())


def leaves_between(db: Database, first: int, last: int) -> list[bytes]:
    """Return the leaf hashes of a span of the log, both ends included."""
    sql = "SELECT leaf FROM proof_leaves WHERE id BETWEEN ? AND ? ORDER BY id"
    found = db.execute(sql, [first, last])
    return [row[0] for row in found.fetchall()]


def newest_seal(db: Database) -> LogSeal | None:
    """Return the newest seal, if any."""
    row = db.execute("SELECT * FROM proof_seals ORDER BY number DESC LIMIT 1").fetchone()
    if not row:
        return None
    return _seal(row)


def seals_from(db: Database, number: int) -> Iterator[LogSeal]:
    """Yield the seals from a number on, in order."""
    for row in db.execute("SELECT * FROM proof_seals WHERE number >= ? ORDER BY number", [number]):
        yield _seal(row)


def pending_seals(db: Database, most: int) -> list[LogSeal]:
    """Return the newest seals whose OpenTimestamps file names no block yet, at most so many."""
    sql = "SELECT * FROM proof_seals WHERE ots_pending ORDER BY number DESC LIMIT ?"
    found = db.execute(sql, [most])
    return [_seal(row) for row in found.fetchall()]


def attach(db: Database, number: int, witness: SealWitness) -> None:
    """Store what witnesses a seal, in place of an earlier one of its kind."""
    values = asdict(witness)
    names = ", ".join(f"{name} = ?" for name in values)
    with transaction(db):
        db.execute(f"UPDATE proof_seals SET {names} WHERE number = ?", [*values.values(), number])


def _seal(row: tuple[object, ...]) -> LogSeal:
    names = ("number", "first", "last", "at", "root", "previous", "head")
    more = ("public_key", "signature", "authority", "stamp", "ots", "ots_pending")
    columns = (*names, *more)
    values: dict[str, Any] = dict(zip(columns, row, strict=True))
    values["ots_pending"] = bool(values["ots_pending"])
    return LogSeal(**values)
