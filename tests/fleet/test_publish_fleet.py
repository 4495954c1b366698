"""Publishing of a fleet's archives, out of a store that is a folder; it needs no queue."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from archive.operations.publish import publish
from crawler.fleet.fence import Fence
from crawler.fleet.published_archives import fleet_origins
from crawler.fleet.shared_store import SharedStore, open_store
from crawler.fleet.travelling_files import send_files, settle_databases
from tests.builders import fixtures_archive as made

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def send(store: SharedStore, source: str, folder: Path) -> None:
    settle_databases(folder)
    fence = Fence(store, source)
    held = fence.acquire("one", 60)
    fence.release(held, send_files(store, source, held, folder)[0])


def test_the_newest_published_state_of_each_source_is_shown(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    work = tmp_path / "work"
    work.mkdir()
    made.build(work / "archive.db", count=1)
    (work / "hidden.db").write_bytes(b"")
    send(store, "one", work)
    cache, public = tmp_path / "cache", tmp_path / "public"
    sources = ["one", "two"]  # of two nothing was published yet
    done = publish(fleet_origins(store, sources, cache), public, NOW)
    assert done.copied == ("one",)
    assert publish(fleet_origins(store, sources, cache), public, NOW).number == 1
    held = Fence(store, "one").acquire("two", 60)  # a worker has it: readers need no lease
    assert publish(fleet_origins(store, sources, cache), public, NOW).number == 1
    Fence(store, "one").release(held)
    with closing(sqlite3.connect(work / "archive.db")) as archive:
        archive.execute("UPDATE articles SET title = 'Quokkas on the quay' WHERE id = 1")
        archive.commit()
    send(store, "one", work)
    assert publish(fleet_origins(store, sources, cache), public, NOW).copied == ("one",)
    files = {path.name for path in (public / "generation-000002").iterdir()}
    assert files == {"one.db", "shards.db", "in-use"}
