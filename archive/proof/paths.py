"""Paths of hashes from entries of the log to the head of one seal.

A link leads from a hash to one that is known: the head of that seal, or what an earlier link begins with. An
earlier seal is reached through the seals after it, or where these are many through the list of seals that a
later one has among its entries. It only reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive.core.connection import Database
from archive.proof.log import LIST, LogSeal, head_prefix, leaves_between, list_prefix, seal_leaves
from archive.proof.merkle import Step, root_of, steps_to_root

_LONGEST = 8
"""Seals in a chain; the way through a list takes about as many bytes."""
_LISTED = "SELECT item_id, id FROM proof_leaves WHERE kind = ? AND id BETWEEN ? AND ? ORDER BY id DESC"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofLink:
    """Steps from a hash, `node`, to one that is known before it."""

    node: bytes
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class _SealList:
    """The entry `id` of the log, under the seal `holder`, that lists all seals up to `number`."""

    number: int
    id: int
    holder: LogSeal


def links_to_head(db: Database, seals: Sequence[LogSeal], wanted: set[int]) -> list[ProofLink]:
    """Return links from the roots of the wanted seals, by number, to the head of the last seal.

    `seals` are all from the first that is wanted.
    """
    if len(seals) > _LONGEST and (found := _newest_list(db, seals)):
        alone = [seal.number for seal in seals if seal.number in wanted and seal.number > found.number]
        first = min([found.holder.number, *alone])
        chain = [seal for seal in seals if seal.number >= first]
        listed = [seal for seal in seals if seal.number in wanted and seal.number < first]
        return [*_chained(chain, wanted | {found.holder.number}), *_through_list(db, found, listed)]
    return [*_chained(seals, wanted)]


def steps_in_seal(leaves: Sequence[bytes], seal: LogSeal, number: int) -> list[Step]:
    """Return the steps from an entry of the log to the root of its seal, which has these leaves."""
    return steps_to_root(leaves, number - seal.first)


def _newest_list(db: Database, seals: Sequence[LogSeal]) -> _SealList | None:
    row = db.execute(_LISTED, [LIST, seals[0].first, seals[-1].last]).fetchone()
    if row is None:
        return None
    holder = next(seal for seal in seals if seal.first <= row[1] <= seal.last)
    return _SealList(number=row[0], id=row[1], holder=holder)


def _chained(seals: Sequence[LogSeal], wanted: set[int]) -> Iterator[ProofLink]:
    """Yield links from the wanted seals through those after them."""
    steps: list[Step] = []
    for seal in reversed(seals):
        if seal.number in wanted:
            if steps:
                yield ProofLink(node=seal.head, steps=steps)
            yield ProofLink(node=seal.root, steps=[_to_head(seal)])
            steps = []
        steps = [(_prefix(seal) + seal.root, b""), *steps]


def _through_list(db: Database, found: _SealList, listed: Sequence[LogSeal]) -> Iterator[ProofLink]:
    """Yield links from seals through an entry that lists them."""
    if not listed:
        return
    heads = seal_leaves(db, found.number)
    holder = found.holder
    leaves = leaves_between(db, holder.first, holder.last)
    entry = (b"\0" + list_prefix(found.number), b"")
    yield ProofLink(node=root_of(heads), steps=[entry, *steps_in_seal(leaves, holder, found.id)])
    for seal in listed:
        path = steps_to_root(heads, seal.number - 1)
        yield ProofLink(node=seal.root, steps=[_to_head(seal), (b"\0", b""), *path])


def _to_head(seal: LogSeal) -> Step:
    return (_prefix(seal), seal.previous)


def _prefix(seal: LogSeal) -> bytes:
    return head_prefix(seal.number, seal.first, seal.last, seal.at)
