"""Update of copies: item by item, or all at once.

Order of locks: the archive's write transaction first, then `copies.db`, as every redaction does. The queue in
the archive has each item whose text changed; it leaves the queue with its result. A `copies.db` that is
missing, or very many items in the queue, cause a full rebuild.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from archive.copies.finder import Shared, note_shared
from archive.copies.queue import has_waiting_texts, queued
from archive.copies.texts import Item, Texts
from archive.copies.wording import prints_of
from archive.core.connection import Database
from archive.core.database import read_only, transaction
from archive.core.errors import ArchiveError, BusyError
from archive.core.locks import hold
from archive.files import fingerprints
from archive.files.fingerprints import Fingerprints, TextKey

BUILD_FROM = 20_000
"""Items in the queue from which on everything is built anew: that takes less time then."""

BATCH_ITEMS = 200
_LOCK = "copies"
_STEP = 20_000
_log = logging.getLogger(__name__)

Watch = Callable[[str, int], None]
"""Is called with what is done, and how many texts were."""


def update_copies(db: Database, path: Path, *, seconds: float = 2**31, watch: Watch = lambda *_: None) -> int:
    """Compare the queued items; return how many were compared.

    After `seconds` the rest waits for the next time. Another process that does it is left alone: 0.
    """
    index = fingerprints.fingerprints_path(path)
    if not has_waiting_texts(db, path):
        return 0
    try:
        with hold(path, _LOCK):
            if not index.exists() or queued(db) >= BUILD_FROM:
                build_all(db, path, watch)
            return _empty_queue(db, index, time.monotonic() + seconds, watch)
    except BusyError:
        return 0


def rebuild_copies(db: Database, path: Path, watch: Watch = lambda *_: None) -> None:
    """Rebuild everything. Raises BusyError while another process does."""
    with hold(path, _LOCK):
        build_all(db, path, watch)
        _empty_queue(db, fingerprints.fingerprints_path(path), 2**62, watch)


def update_after_run(db: Database, path: Path, seconds: float) -> None:
    """Compare what a run saved; log errors."""
    try:
        update_copies(db, path, seconds=seconds)
    except (ArchiveError, sqlite3.DatabaseError) as error:
        hint = "`backissue same-words --rebuild` builds the index of copies anew."
        _log.warning("Copies could not be looked for: %s", error, extra={"hint": hint})


# -- item by item ---------------------------------------------------------------------------------


def _empty_queue(db: Database, index_path: Path, until: float, watch: Watch) -> int:
    done = 0
    with Fingerprints.open(index_path) as index:
        with transaction(db):
            db.conn.executemany("INSERT OR IGNORE INTO copies_queue VALUES (?, ?)", index.forgotten())
        index.db.execute("DELETE FROM forgotten")
        while time.monotonic() < until:
            with transaction(db):
                sql = f"SELECT kind, item_id FROM copies_queue LIMIT {BATCH_ITEMS}"
                items = db.conn.execute(sql).fetchall()
                if not items:
                    break
                _compare_items(db, index, items)
            done += len(items)
            watch("compared", done)
    return done


def _compare_items(db: Database, index: Fingerprints, items: list[Item]) -> None:
    texts = Texts(db.conn)
    with transaction(index.db):
        for item in items:
            prints = _prints(texts, item)
            index.replace(*item, prints)
            shared = Shared()
            for version, each in prints:
                note_shared(texts, item, version, index.candidates(each), shared)
            _forget(db, item)
            _save_copies(db, item, shared)
            _save_passages(db, item, shared)
            db.conn.execute("DELETE FROM copies_queue WHERE kind = ? AND item_id = ?", item)


def _prints(texts: Texts, item: Item) -> list[tuple[int, list[int]]]:
    """Return the distinct versions of an item with fingerprints."""
    found = {texts.own_words(*item, version): version for version in reversed(texts.versions(item))}
    prints = ((version, prints_of(text)) for text, version in found.items())
    return [(version, each) for version, each in prints if each]


# -- all at once ----------------------------------------------------------------------------------


def build_all(db: Database, path: Path, watch: Watch) -> None:
    """Build the index and all results from scratch.

    Others may write to the archive in the meantime.

    What changes meanwhile is in the queue afterwards.
    """
    place = fingerprints.fingerprints_path(path)
    building = fingerprints.building_path(place)
    fingerprints.discard(building)
    with transaction(db):
        db.execute("DELETE FROM copies_queue")
        fingerprints.discard(place)  # an interrupted build begins again
    with closing(read_only(path)) as connection:
        connection.execute("BEGIN")
        with Fingerprints.build(building) as index:
            _add_all(index, Texts(connection), watch)
            found = _compare_all(index, Texts(connection), watch)
    with transaction(db):
        if not building.exists():
            raise BusyError(
                "Something was hidden while copies were looked for, so what was found is thrown away.",
                hint="The next crawl begins again, or `backissue same-words --rebuild`.",
            )
        db.execute("DELETE FROM copies")
        db.execute("DELETE FROM passages")
        changed = set(db.conn.execute("SELECT kind, item_id FROM copies_queue").fetchall())
        whole = {item: shared.without(changed) for item, shared in found.items() if item not in changed}
        for item, shared in whole.items():
            _save_copies(db, item, shared)
        for item, shared in whole.items():
            _save_passages(db, item, shared)
        building.rename(place)
    building.with_name(f"{building.name}.migrate.lock").unlink(missing_ok=True)


def _add_all(index: Fingerprints, texts: Texts, watch: Watch) -> None:
    with transaction(index.db):
        for done, (item, version) in enumerate(texts.everything(), 1):
            if prints := prints_of(texts.own_words(*item, version)):
                index.add(TextKey(*item, version), prints)
            if done % _STEP == 0:
                watch("read", done)
        index.link_all()


def _compare_all(index: Fingerprints, texts: Texts, watch: Watch) -> dict[Item, Shared]:
    """Return what each text shares with those before it."""
    found = dict[Item, Shared]()
    for done, (number, key, prints) in enumerate(index.texts(), 1):
        item = (key.kind, key.item_id)
        if candidates := index.candidates(prints, before=number):
            shared = found.get(item) or Shared()
            note_shared(texts, item, key.version, candidates, shared)
            if shared.copies or shared.passages:
                found[item] = shared
        if done % _STEP == 0:
            watch("compared", done)
    return found


# -- results --------------------------------------------------------------------------------------


def _forget(db: Database, item: Item) -> None:
    execute = db.conn.execute
    execute("DELETE FROM copies WHERE kind = ? AND item_id = ?", item)
    execute("DELETE FROM passages WHERE kind = ? AND item_id = ?", item)
    execute("DELETE FROM passages WHERE other_kind = ? AND other_id = ?", item)


def _save_copies(db: Database, item: Item, shared: Shared) -> None:
    """Insert the copies of an item, and merge groups."""
    if not shared.copies:
        return
    execute = db.conn.execute
    members = [item, *sorted(shared.copies)]
    groups = sorted({group for each in members for group in _groups(db, each)}) or [_next_group(db)]
    group, *others = groups
    for other in others:
        execute("UPDATE copies SET copy_group = ? WHERE copy_group = ?", (group, other))
    for kind, number in members:
        execute("INSERT OR REPLACE INTO copies VALUES (?, ?, ?)", (kind, number, group))


def _save_passages(db: Database, item: Item, shared: Shared) -> None:
    sql = "INSERT OR REPLACE INTO passages VALUES (?, ?, ?, ?, ?)"
    for (kind, number), words in _one_of_each_group(db, shared):
        db.conn.execute(sql, (*item, kind, number, words))


def _one_of_each_group(db: Database, shared: Shared) -> Iterator[tuple[Item, int]]:
    """Yield the passages with one member of each group."""
    known = set[int]()
    for item, words in shared.longest_passages():
        groups = set(_groups(db, item))
        if not groups & known:
            yield item, words
        known |= groups


def _groups(db: Database, item: Item) -> list[int]:
    sql = "SELECT copy_group FROM copies WHERE kind = ? AND item_id = ?"
    return [group for (group,) in db.conn.execute(sql, item)]


def _next_group(db: Database) -> int:
    return int(db.execute("SELECT coalesce(max(copy_group), 0) + 1 FROM copies").fetchone()[0])
