"""Checking an archive against its own log: which row or page is not as it was logged.

Reads only. What changed after the last logging, by our own hand, is pending and not compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from archive.core.connection import Database
from archive.core.database import connect
from archive.files.raw_pages import raw_pages_path
from archive.proof import signing, witnesses
from archive.proof.log import (
    LIST,
    START,
    head_of,
    leaves_between,
    list_prefix,
    newest_leaves,
    seals_from,
)
from archive.proof.merkle import GrowingRoot, leaf_hash, root_of
from archive.proof.states import BATCH, PROVED_KINDS, item_ids, page_states, states_of

_LOGGED = (*PROVED_KINDS, "page", LIST)
_UNKNOWN = f"SELECT DISTINCT kind FROM proof_leaves WHERE kind NOT IN ({', '.join('?' * len(_LOGGED))})"


def differences(db: Database, archive: Path) -> Iterator[str]:
    """Yield a sentence for each row, raw page and seal that is not as it was logged."""
    yield from broken_seals(db)
    yield from broken_lists(db)
    for kind in PROVED_KINDS:
        yield from _changed_items(db, kind)
        yield from _lost_items(db, kind)
    yield from _changed_pages(db, raw_pages_path(archive))


def broken_seals(db: Database) -> Iterator[str]:
    """Yield a sentence for each seal that does not fit its leaves, its chain or its signature."""
    previous, first = START, 1
    for seal in seals_from(db, 1):
        name = f"The seal {seal.number} of {seal.at}"
        if seal.previous != previous or seal.first != first:
            yield f"{name} does not follow the seal before it."
        leaves = leaves_between(db, seal.first, seal.last)
        if root_of(leaves) != seal.root:
            yield f"{name} does not fit the log: an entry from {seal.first} to {seal.last} was changed."
        head = head_of(seal.number, seal.first, seal.last, seal.at, seal.root, seal.previous)
        if head != seal.head:
            yield f"{name} was changed."
        if seal.signature and not signing.is_signed(seal.head, seal.public_key or "", seal.signature):
            yield f"{name} has a signature that does not fit it."
        if seal.stamp and not witnesses.is_stamp_of(seal.head, seal.stamp):
            yield f"{name} has a time-stamp that does not fit it."
        if seal.ots and not witnesses.is_ots_of(seal.head, seal.ots):
            yield f"{name} has an OpenTimestamps proof that does not fit it."
        previous = seal.head
        first = seal.last + 1


def broken_lists(db: Database) -> Iterator[str]:
    """Yield a sentence for each entry of the log that lists other seals than there are."""
    heads = GrowingRoot()
    right = {}
    for seal in seals_from(db, 1):
        heads.add(leaf_hash(seal.head))
        right[seal.number] = leaf_hash(list_prefix(seal.number) + heads.root())
    for number, leaf in db.execute("SELECT item_id, leaf FROM proof_leaves WHERE kind = ?", [LIST]):
        if right.get(number) != leaf:
            yield f"The list of seals up to {number} in the log does not fit them."
    for (kind,) in db.execute(_UNKNOWN, [*_LOGGED]):
        yield f"The log has entries of an unknown kind, “{kind}”."


def _changed_items(db: Database, kind: str) -> Iterator[str]:
    for ids in item_ids(db, kind):
        pending = _pending(db, kind, ids)
        states = states_of(db, kind, ids)
        known = newest_leaves(db, kind, ids)
        for item_id in ids:
            held = states.get(item_id)
            logged = known.get(item_id, {})
            if held is None or item_id in pending:
                continue
            if not logged:
                yield f"The {kind} {item_id} was added past Backissue: the log does not know it."
                continue
            for version in sorted(held.keys() | logged.keys()):
                leaf = logged.get(version)
                if leaf and leaf.salt is None:
                    continue
                if leaf is None or not leaf.proves(kind, item_id, held.get(version)):
                    yield f"The {kind} {item_id}{_part(kind, version)} is not as it was logged."


def _part(kind: str, version: int) -> str:
    """Return which state a version is, in parentheses."""
    if kind not in {"article", "comment"}:
        return ""
    return f" (version {version})" if version else " (address or dates)"


def _pending(db: Database, kind: str, ids: list[int]) -> set[int]:
    sql = "SELECT item_id FROM proof_pending WHERE kind = ? AND item_id IN (SELECT value FROM json_each(?))"
    found = db.execute(sql, [kind, json.dumps(ids)])
    return {row[0] for row in found}


def _lost_items(db: Database, kind: str) -> Iterator[str]:
    sql = (
        "SELECT DISTINCT item_id FROM proof_leaves WHERE kind = ?"
        f" AND item_id NOT IN (SELECT id FROM {kind}s)"
        " AND item_id NOT IN (SELECT item_id FROM proof_pending WHERE kind = ?)"
    )
    found = db.execute(sql, [kind, kind])
    lost = [row[0] for row in found.fetchall()]
    for start in range(0, len(lost), BATCH):
        for item_id, logged in newest_leaves(db, kind, lost[start : start + BATCH]).items():
            if not all(leaf.withdrawn or leaf.salt is None for leaf in logged.values()):
                yield f"The {kind} {item_id} is in the log, and no longer in the archive."


def _changed_pages(db: Database, path: Path) -> Iterator[str]:
    newest = db.execute("SELECT max(item_id) FROM proof_leaves WHERE kind = 'page'").fetchone()[0]
    if newest is None:
        return
    if not path.exists():
        yield f"The raw pages at {path} are in the log, and the file is not there."
        return
    with closing(connect(path, create=False)) as pages:
        held = {number: state for number, state in page_states(pages) if number <= newest}
    logged = [row[0] for row in db.execute("SELECT DISTINCT item_id FROM proof_leaves WHERE kind = 'page'")]
    for start in range(0, len(logged), BATCH):
        for number, leaves in newest_leaves(db, "page", logged[start : start + BATCH]).items():
            state = held.pop(number, None)
            leaf = leaves.get(1)
            if leaf is None or (leaf.salt is not None and not leaf.proves("page", number, state)):
                url = state["url"] if state else "an unknown address"
                yield f"The raw page {number} of {url} is not as it was logged."
    for number, state in held.items():
        yield f"The raw page {number} of {state['url']} was added past Backissue: the log does not know it."
