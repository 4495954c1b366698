"""Files of a source between a worker's disk and the shared store, in blocks.

A block is named by its SHA-256 and never changed, so a quiet crawl of a large archive sends what changed
and no more. Each file is copied as it is after its last transaction: the crawl has ended, and its
write-ahead log is merged first. A file takes its name on the disk when it is whole and its blocks have
their sums.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import zstandard

from archive.core.errors import DamagedError
from crawler.fleet.fence import Fence, SourceFile, SourceState
from crawler.fleet.shared_store import SharedStore

BLOCK_BYTES = 1 << 20
ORPHAN_SECONDS = 2 * 86400.0  # a block that no kept state names is removed so long after it was written
_LEFT_OUT = (".lock", "-wal", "-shm", "-journal")
_LEVEL = 3


def bring_files(store: SharedStore, source: str, state: SourceState, folder: Path, older: Path | None) -> int:
    """Write a state's files into an empty folder; return the bytes read.

    Blocks that a folder with an older state has (`older`) are taken from there. Raises DamagedError for a
    block that is missing or altered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    read = 0
    for name, file in state.files.items():
        known = dict(_blocks_of(older / name)) if older and (older / name).exists() else {}
        new = folder / f".{name}.new"
        with new.open("wb") as out:
            for digest in file.blocks:
                block = known.get(digest)
                if block is None:
                    block = _fetched(store, source, digest)
                    read += len(block)
                out.write(block)
        new.replace(folder / name)
    return read


def send_files(
    store: SharedStore, source: str, folder: Path, known: Mapping[str, SourceFile]
) -> tuple[dict[str, SourceFile], int]:
    """Write a folder's files to the store; return them and the bytes sent.

    Blocks of `known` files are there already.
    """
    there = {digest for file in known.values() for digest in file.blocks}
    files, sent = {}, 0
    packer = zstandard.ZstdCompressor(level=_LEVEL)
    for path in _files(folder):
        digests = []
        for digest, block in _blocks_of(path):
            if digest not in there:
                packed = packer.compress(block)
                store.create(f"{source}/blocks/{digest}", packed)
                there.add(digest)
                sent += len(packed)
            digests.append(digest)
        files[path.name] = SourceFile(bytes=path.stat().st_size, blocks=tuple(digests))
    return files, sent


def prune_blocks(fence: Fence) -> int:
    """Remove blocks that no kept state names; return their number.

    One that was written a short time ago stays: somebody may be about to publish it.
    """
    store, source = fence.store, fence.source
    named = set()
    for name in store.names(f"{source}/states"):
        content = store.read(f"{source}/states/{name}")
        if content is not None:
            state = SourceState.from_json(content)
            named |= {digest for file in state.files.values() for digest in file.blocks}
    orphans = [name for name in store.older(f"{source}/blocks", ORPHAN_SECONDS) if name not in named]
    for name in orphans:
        store.delete(f"{source}/blocks/{name}")
    return len(orphans)


def settle_databases(folder: Path) -> None:
    """Merge the write-ahead logs of a folder's databases.

    Raises sqlite3.DatabaseError where one is damaged.
    """
    for path in folder.glob("*.db"):
        with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".") and not path.name.endswith(_LEFT_OUT)
    )


def _blocks_of(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield hashlib.sha256(block).hexdigest(), block


def _fetched(store: SharedStore, source: str, digest: str) -> bytes:
    packed = store.read(f"{source}/blocks/{digest}")
    block = zstandard.decompress(packed, max_output_size=BLOCK_BYTES) if packed else b""
    if hashlib.sha256(block).hexdigest() != digest:
        raise DamagedError(
            f"A block of {source} in {store.url} is missing or altered: {digest[:16]}….",
            hint="The worker that has it may still have its folder; else an earlier state can be copied.",
        )
    return block
