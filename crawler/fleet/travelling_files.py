"""Files of a source between a worker's disk and the shared store, in blocks.

A block is named by its sender and its SHA-256 and never changed, so a quiet crawl of a large archive sends
what changed and no more. Each file is copied as it is after its last transaction: the crawl has ended, and
its write-ahead log is merged first. A file takes its name on the disk when it is whole and its blocks have
their sums.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import zstandard

from archive.core.errors import DamagedError
from crawler.fleet.fence import FencedState, SourceFile, block_name
from crawler.fleet.shared_store import SharedStore

BLOCK_BYTES = 1 << 20
_LEFT_OUT = (".lock", "-wal", "-shm", "-journal")
_LEVEL = 3


def bring_files(store: SharedStore, source: str, state: FencedState, folder: Path, older: Path | None) -> int:
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
            for name_of_block in file.blocks:
                block = known.get(name_of_block.partition("-")[2])
                if block is None:
                    block = _fetched(store, source, name_of_block)
                    read += len(block)
                out.write(block)
        new.replace(folder / name)
    return read


def send_files(
    store: SharedStore, source: str, state: FencedState, folder: Path
) -> tuple[dict[str, SourceFile], int]:
    """Write a folder's files to the store for the holder of a state.

    Returns the files and the bytes sent; blocks of the state's own files are there already.
    """
    there = {block.partition("-")[2]: block for file in state.files.values() for block in file.blocks}
    files, sent = {}, 0
    packer = zstandard.ZstdCompressor(level=_LEVEL)
    for path in _files(folder):
        blocks = []
        for digest, block in _blocks_of(path):
            if digest not in there:
                packed = packer.compress(block)
                there[digest] = block_name(state.number, digest)
                store.replace(f"{source}/blocks/{there[digest]}", packed)
                sent += len(packed)
            blocks.append(there[digest])
        files[path.name] = SourceFile(bytes=path.stat().st_size, blocks=tuple(blocks))
    return files, sent


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


def _fetched(store: SharedStore, source: str, name: str) -> bytes:
    packed = store.read(f"{source}/blocks/{name}")
    try:
        block = zstandard.decompress(packed, max_output_size=BLOCK_BYTES) if packed else b""
    except zstandard.ZstdError:
        block = b""
    if hashlib.sha256(block).hexdigest() != name.partition("-")[2]:
        raise DamagedError(
            f"A block of {source} in {store.url} is missing or altered: {name}.",
            hint="The worker that has it may still have its folder; else an earlier state can be copied.",
        )
    return block
