"""The fence of a source, over a folder and over an S3: one holder after the other, and no late writer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard

from archive.core.errors import DamagedError
from crawler.fleet import fence as fences
from crawler.fleet.fence import Fence, HeldError, LateWriterError
from crawler.fleet.shared_store import SharedStore, StoreError, open_store
from crawler.fleet.travelling_files import BLOCK_BYTES, bring_files, send_files
from tests.fleet.engines import BUCKET, object_store, require_libraries, require_store, store_environment


@pytest.fixture(scope="module", autouse=True)
def needed() -> None:
    require_libraries()


@pytest.fixture(scope="module")
def s3() -> Iterator[int]:
    require_store()
    with object_store() as port:
        yield port


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SharedStore:
    if request.param == "folder":
        return open_store(str(tmp_path / "store"))
    for name, value in store_environment(request.getfixturevalue("s3")).items():
        monkeypatch.setenv(name, value)
    return open_store(f"s3://{BUCKET}/{tmp_path.name}")


class Waiting:
    """A clock for one who waits, and what happens while it waits."""

    def __init__(self) -> None:
        self.now, self.meanwhile = 0.0, lambda: None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile()


def fence(store: SharedStore, waiting: Waiting | None = None) -> Fence:
    waiting = waiting or Waiting()
    return Fence(store, "town", clock=waiting, sleep=waiting.sleep)


def test_free_source_is_taken_and_given_back(store: SharedStore) -> None:
    held = fence(store).acquire("one", 60)
    assert (held.number, held.holder) == (1, "one")
    free = fence(store).release(held, {}, "ok: done")
    assert (free.number, free.holder, free.published, free.outcome) == (2, None, 2, "ok: done")
    assert fence(store).acquire("two", 60).number == 3


def test_beating_holder_keeps_its_source(store: SharedStore) -> None:
    held, waiting = fence(store).acquire("one", 60), Waiting()
    beats = iter(range(1, 100))
    waiting.meanwhile = lambda: fence(store).renew(held, next(beats))
    with pytest.raises(HeldError):
        fence(store, waiting).acquire("two", 60)
    assert fence(store).newest() == held


def test_silent_holder_loses_its_source_after_the_lease(store: SharedStore) -> None:
    held, waiting = fence(store).acquire("one", 60), Waiting()
    taken = fence(store, waiting).acquire("two", 60)
    assert waiting.now >= 60
    for late in (lambda: fence(store).release(held, {}), lambda: fence(store).renew(held, 1)):
        with pytest.raises(LateWriterError):
            late()
    assert fence(store).newest() == taken


def test_beat_after_its_own_release_is_no_loss(store: SharedStore) -> None:
    """The thread of beats ends after the release, since old states are removed between the two."""
    held = fence(store).acquire("one", 60)
    fence(store).release(held, {}, "ok: done")
    fence(store).renew(held, 1)
    taken = fence(store).acquire("two", 60)
    assert taken.number == 3
    with pytest.raises(LateWriterError):
        fence(store).release(held, {})


def test_of_many_at_once_one_holds(store: SharedStore) -> None:
    held: list[str] = []

    def give_up() -> None:
        raise HeldError("somebody else has it")

    def try_it(name: str) -> None:
        waiting = Waiting()
        waiting.meanwhile = give_up
        with suppress(HeldError):
            held.append(str(fence(store, waiting).acquire(name, 60).holder))

    threads = [threading.Thread(target=try_it, args=(f"w{number}",)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held == [fence(store).newest().holder]


def test_writer_later_than_all_kept_states_is_refused(
    store: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number that it would create was used and removed long ago."""
    monkeypatch.setattr(fences, "KEPT_STATES", 2)
    late = fence(store).acquire("one", 60)
    for _ in range(3):
        fence(store).release(fence(store).acquire("two", 60))
    fence(store).prune()
    newest = fence(store).newest()
    with pytest.raises(LateWriterError):
        fence(store).release(late, {})
    assert fence(store).newest() == newest
    fence(store).prune()
    assert len(store.names("town/states")) == 2


def test_taker_who_saw_an_empty_store_is_refused_later(
    store: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first number was used and removed while it was hung."""
    monkeypatch.setattr(fences, "KEPT_STATES", 2)
    late = fence(store)
    before = late.newest()
    for _ in range(3):
        fence(store).release(fence(store).acquire("two", 60))
    fence(store).prune()
    newest = fence(store).newest()
    monkeypatch.setattr(late, "newest", lambda: before)
    with pytest.raises(HeldError):
        late.acquire("one", 60)
    assert fence(store).newest() == newest


def write(folder: Path, content: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "archive.db").write_bytes(content)
    return folder


def test_files_travel_by_changed_blocks(store: SharedStore, tmp_path: Path) -> None:
    content = bytearray(b"a" * BLOCK_BYTES + b"b" * BLOCK_BYTES + b"rest")
    there = write(tmp_path / "there", bytes(content))
    (there / "archive.db-wal").write_bytes(b"not mine")
    held = fence(store).acquire("one", 60)
    first, _ = send_files(store, "town", held, there)
    fence(store).release(held, first)
    held = fence(store).acquire("one", 60)
    content[:3] = b"new"
    second, sent = send_files(store, "town", held, write(there, bytes(content)))
    assert list(second) == ["archive.db"]
    assert sent < 1000
    assert first["archive.db"].blocks[1:] == second["archive.db"].blocks[1:]
    state = fence(store).release(held, second)
    here = tmp_path / "here"
    assert bring_files(store, "town", state, here, there) == 0, "the worker's own folder has all blocks"
    assert bring_files(store, "town", state, tmp_path / "else", None) == len(content)
    assert (here / "archive.db").read_bytes() == (tmp_path / "else" / "archive.db").read_bytes() == content


@pytest.mark.parametrize("how", ["missing", "altered", "another"])
def test_bad_block_is_refused(store: SharedStore, tmp_path: Path, how: str) -> None:
    held = fence(store).acquire("one", 60)
    files, _ = send_files(store, "town", held, write(tmp_path / "there", b"words"))
    state = fence(store).release(held, files)
    key = f"town/blocks/{files['archive.db'].blocks[0]}"
    if how == "missing":
        store.delete(key)
    else:
        other = zstandard.compress(b"other words") if how == "another" else b"not compressed"
        store.replace(key, other)
    with pytest.raises(DamagedError):
        bring_files(store, "town", state, tmp_path / "here", None)
    assert not (tmp_path / "here" / "archive.db").exists()


def test_unnamed_blocks_are_removed_and_named_ones_stay(
    store: SharedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker sends blocks and dies; another publishes the same bytes, and they have to stay."""
    monkeypatch.setattr(fences, "KEPT_STATES", 2)
    dead = fence(store).acquire("one", 60)
    lost, _ = send_files(store, "town", dead, write(tmp_path / "there", b"words"))
    held = fence(store).acquire("two", 60)
    files, _ = send_files(store, "town", held, tmp_path / "there")
    fence(store).prune()
    both = sorted((*files["archive.db"].blocks, *lost["archive.db"].blocks))
    assert store.names("town/blocks") == both[1:], "the holder is about to name its own"
    state = fence(store).release(held, files)
    send_files(store, "town", dead, tmp_path / "there")
    for _ in range(3):
        state = fence(store).release(fence(store).acquire("two", 60))
    fence(store).prune()
    assert store.names("town/blocks") == list(files["archive.db"].blocks)
    bring_files(store, "town", state, tmp_path / "here", None)
    assert (tmp_path / "here" / "archive.db").read_bytes() == b"words"


def test_store_that_does_not_answer_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in store_environment(9).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(f"s3://{BUCKET}/x").read("key")
