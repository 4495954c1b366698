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
