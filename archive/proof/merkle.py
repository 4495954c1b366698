"""Merkle trees as RFC 6962 defines them, over SHA-256.

A leaf's hash is SHA-256 of a zero byte and its data, a node's that of a one byte and its two halves; a list
is divided at the largest power of two below its length. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256(b"").digest()
"""The root of no leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf, 32 bytes."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node, 32 bytes."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, level by level."""
    level = list(leaves) or [EMPTY]
    while len(level) > 1:
        alone = level[-1:] if len(level) % 2 else []  # the last of an odd number goes up as it is
        level = [*map(node_hash, level[::2], level[1::2]), *alone]
    return level[0]


class GrowingRoot:
    """The root of a list that grows, at any time, without its leaves."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []  # whole trees with their sizes, the largest first

    def add(self, leaf: bytes) -> None:
        """Add a leaf hash to the end of the list."""
        size = 1
        while self._peaks and self._peaks[-1][0] == size:
            leaf = node_hash(self._peaks.pop()[1], leaf)
            size *= 2
        self._peaks.append((size, leaf))

    def root(self) -> bytes:
        """Return the root over all leaves that were added."""
        roots = [root for _, root in self._peaks] or [EMPTY]
        node = roots.pop()
        while roots:
            node = node_hash(roots.pop(), node)
        return node


Step = tuple[bytes, bytes]
"""What a hash is put between, to be hashed again."""


def steps_to_root(leaves: Sequence[bytes], index: int) -> list[Step]:
    """Return what leads from a leaf hash to the root, as `audit_path` does."""
    steps = []
    last = len(leaves) - 1
    for sibling in audit_path(leaves, index):
        is_right = index % 2 == 1 or index == last
        while is_right and index and index % 2 == 0:  # it goes up alone
            index //= 2
            last //= 2
        steps.append((b"\1" + sibling, b"") if is_right else (b"\1", sibling))
        index //= 2
        last //= 2
    return steps


def audit_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes that lead from a leaf to the root, the lowest first.

    `index` counts from 0. Raises IndexError outside of the list.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} among {len(leaves)}")
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*audit_path(leaves[:half], index), root_of(leaves[half:])]
    return [*audit_path(leaves[half:], index - half), root_of(leaves[:half])]
