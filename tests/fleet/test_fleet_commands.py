"""The commands of a fleet: what they say and do, and what they refuse in words that help."""

from __future__ import annotations

import json
import socket
import sys
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner

from archive.storage.archive import Archive
from crawler.fleet.shared_store import open_store
from crawler.fleet.travelling_files import BLOCK_BYTES
from scheduler import main
from tests.builders.patience import PATIENCE, free_port
from tests.fleet.test_fleet import held_by
from tests.fleet.workers import Fleet

pytestmark = pytest.mark.postgres


def test_fleet_without_workers_says_how_to_start_one(fleet: Fleet) -> None:
    shown = fleet.run("status")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "No worker runs. Start one: backissue fleet work" in shown.stdout
    assert json.loads(fleet.run("status", "--json").stdout)["workers"] == []
    copied = fleet.run("copy", "oak", str(fleet.folder / "copy"))
    assert (copied.returncode, "has published no archive of oak yet" in copied.stderr) == (1, True)
    copied = fleet.run("copy", "oak", str(fleet.folder))
    assert (copied.returncode, "is not empty" in copied.stderr) == (1, True)
    copied = fleet.run("copy", "aok", str(fleet.folder / "copy"))
    assert (copied.returncode, "did you mean “oak”" in copied.stderr) == (1, True)
    drained = fleet.run("drain")
    assert (drained.returncode, "--all" in drained.stderr) == (2, True)
    assert fleet.run("drain", "--all").returncode == 0


def test_crawls_move_to_idle_worker_and_back_at_drain(fleet: Fleet) -> None:
    fleet.delay = 3
    fleet.start("one", slots=4)
    fleet.wait(lambda: all(fleet.newest(source).holder == "one" for source in fleet.sites))
    fleet.wait(lambda: [len(note["sources"]) for note in fleet.workers_shown()] == [4])
    even = fleet.run("rebalance")
    assert "nothing was moved" in even.stderr, "there is nobody to hand them to"
    fleet.start("two", slots=4)
    fleet.wait(lambda: [note["name"] for note in fleet.workers_shown()] == ["one", "two"])
    names: list[str] = []

    def has_moved() -> bool:  # a worker that is slow to write its note is left alone
        handed = fleet.run("rebalance").stderr.partition("Moved: ")[2].strip(" .\n")
        names.extend(handed.split(", ") if handed else [])
        return bool(names)

    fleet.wait(has_moved)
    assert len(names) <= 2
    for name in names:
        fleet.wait(lambda name=name: any(state.holder == "two" for state in fleet.states(name)))
        before, taken = next(
            (one, other) for one, other in pairwise(fleet.states(name)) if other.holder == "two"
        )
        assert before.published == before.number, "what one had saved went along"
        assert taken.files == before.files
    refused = fleet.run("drain", "tow")
    assert (refused.returncode, "did you mean “two”" in refused.stderr) == (1, True)
    assert fleet.run("drain", "two").returncode == 0
    assert fleet.workers["two"].wait() == 0
    assert [note["name"] for note in fleet.workers_shown()] == ["one"]


def test_second_worker_of_a_name_and_folder_is_refused(fleet: Fleet) -> None:
    fleet.start("one")
    held_by(fleet, "one")
    second = fleet.run("work", "--name", "one", "--folder", str(fleet.folder / "work"))
    assert (second.returncode, "holds the lock" in second.stderr) == (4, True)
    assert fleet.workers["one"].poll() is None
    named = fleet.run("work", "--name", "Number One")
    assert (named.returncode, "small letters" in named.stderr) == (2, True)


def test_worker_whose_crawls_all_wait_heeds_a_drain(fleet: Fleet) -> None:
    """More slots than Python's usual pool has threads, and sites that take a request and never answer."""
    with ExitStack() as opened:
        ports = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(10)]
        urls = [f"http://127.0.0.1:{port.getsockname()[1]}" for port in ports]
        fleet.urls = {f"site-{number}": url for number, url in enumerate(urls)}
        fleet.start("one", slots=10)
        fleet.wait(lambda: [len(note["sources"]) for note in fleet.workers_shown()] == [10])
        assert fleet.run("drain", "one").returncode == 0
        assert fleet.workers["one"].wait(PATIENCE) == 0


def test_archive_in_a_shared_folder_can_be_copied_and_opened(fleet: Fleet) -> None:
    fleet.store_url = str(fleet.folder / "store")
    fleet.delay = 0
    fleet.start("one", slots=4)
    fleet.wait(lambda: fleet.newest("elm").outcome.startswith("ok"))
    copied = fleet.run("copy", "elm", str(fleet.folder / "copy"))
    assert copied.returncode == 0, copied.stderr
    with Archive.open(fleet.folder / "copy" / "archive.db", create=False) as archive:
        assert archive.runs.newest("elm").outcome == "ok"


def blocks(fleet: Fleet, source: str, *, but: str) -> bytes:
    """All blocks of a source in the store, but those of one file."""
    store, found = open_store(fleet.store_url), b""
    left_out = fleet.newest(source).files[but].blocks
    for name in store.names(f"{source}/blocks"):
        packed = None if name in left_out else store.read(f"{source}/blocks/{name}")
        found += zstandard.decompress(packed, BLOCK_BYTES) if packed else b""
    return found


def test_redaction_leaves_no_word_in_the_store(fleet: Fleet) -> None:
    fleet.start("one", slots=4)
    fleet.wait(lambda: fleet.newest("elm").outcome.startswith("ok"))
    assert fleet.run("copy", "elm", str(fleet.folder / "copy")).returncode == 0
    with Archive.open(fleet.folder / "copy" / "archive.db", create=False) as archive:
        sql = "SELECT id, substr(text, 1, 60) FROM articles WHERE length(text) > 100 ORDER BY id LIMIT 1"
        [(number, words)] = archive.db.execute(sql).fetchall()
    words = words.partition("\n")[0]
    redact = ["run", "elm", "redact", "article", str(number), "--yes", "--reason", "A test asked for it"]
    done = fleet.run(*redact)
    assert done.returncode == 0, done.stderr
    assert words.encode() not in blocks(fleet, "elm", but="hidden.db")
    again = fleet.run(*redact)
    assert (again.returncode, "is already hidden" in again.stderr) == (1, True), again.stderr
    assert fleet.run("copy", "elm", str(fleet.folder / "second")).returncode == 0
    with Archive.open(fleet.folder / "second" / "archive.db", create=False) as archive:
        sql = "SELECT text FROM articles WHERE id = ?"
        assert archive.db.execute(sql, [number]).fetchall() == [("[hidden]",)]


def test_run_refuses_what_fetches_and_what_is_not_there(fleet: Fleet) -> None:
    for words, code, reason in (
        (("run", "oak", "crawl"), 2, "is not one of redact, unredact, replay, seal"),
        (("run", "oak", "seal"), 1, "has published no archive of oak yet"),
        (("run", "oka", "seal"), 1, "did you mean “oak”"),
    ):
        done = fleet.run(*words)
        assert (done.returncode, reason in done.stderr) == (code, True), done.stderr


def test_queue_that_cannot_be_reached_is_a_sentence(fleet: Fleet) -> None:
    fleet.queue = f"postgresql://backissue@127.0.0.1:{free_port()}/postgres"
    for words in (("status",), ("work", "--folder", str(fleet.folder / "work"))):
        done = fleet.run(*words)
        assert done.returncode == 1, done.stderr
        assert "The fleet's queue cannot be reached" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("library", ["obstore.store", "procrastinate"])
def test_missing_extra_is_named(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("obstore")
    config = tmp_path / "backissue.toml"
    config.write_text(
        "[fleet]\nqueue = 'postgresql://127.0.0.1:9/x'\nstore = 'store'\n"
        "[sources.town]\nurl = 'http://127.0.0.1:9'\n",
        encoding="utf-8",
    )
    monkeypatch.setitem(sys.modules, library, None)
    done = CliRunner().invoke(main, ["--config", str(config), "fleet", "status"], prog_name="backissue")
    assert done.exit_code == 1, done.output
    assert "pip install 'backissue[fleet]'" in done.stderr


def test_configuration_without_a_fleet_is_named(tmp_path: Path) -> None:
    config = tmp_path / "backissue.toml"
    config.write_text("[sources.town]\nurl = 'http://127.0.0.1:9'\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["--config", str(config), "fleet", "status"], prog_name="backissue")
    assert (done.exit_code, "fleet.store: expected" in done.stderr) == (1, True), done.output
