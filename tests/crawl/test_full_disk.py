"""A crawl on a disk that fills: it says so in a sentence, asks nothing more, and nothing saved is lost."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.operations import integrity
from tests.builders.crawling import Crawls
from tests.fakesite import SampleSite

SMALL = 1_500_000  # bytes: room for the schema and a first listing, and not for the articles


class Disk:
    """A folder in which files cannot grow until it is told that there is room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.limit: Callable[[], None] | None = None

    def widen(self) -> None:
        """Make room."""
        self.limit = None


class Mounted(Disk):
    """A real file system of that size, in memory."""

    def widen(self) -> None:
        subprocess.run(["mount", "-o", "remount,size=64m", str(self.folder)], check=True)


@pytest.fixture(params=["a limit on files", "a small file system"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "a limit on files":
        limited = Disk(tmp_path)
        limited.limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, SMALL))
        yield limited
        return
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(tmp_path)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root may mount a file system")
    try:
        yield Mounted(tmp_path)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_crawl_on_a_full_disk_says_so_and_the_next_one_goes_on(disk: Disk) -> None:
    with SampleSite(articles=40, comments=60) as site:
        crawls = Crawls(disk.folder, site.url)
        full = subprocess.run(
            crawls.command("crawl"), cwd=disk.folder, capture_output=True, text=True, check=False,
            preexec_fn=disk.limit,
        )  # fmt: skip
        asked = len(site.requests)
        assert full.returncode == 1, full.stderr
        assert full.stderr.count("\n") == 2, full.stderr
        error, hint = full.stderr.splitlines()
        assert error.startswith("Error: ")
        assert "cannot be written" in error
        assert "make room and go on" in hint
        assert asked < 40, "it stopped asking"
        with sqlite3.connect(crawls.path) as connection:
            assert integrity.faults(connection) == []
            (before,) = connection.execute("SELECT count(*) FROM articles").fetchone()
        connection.close()
        assert before > 0, "what was saved is kept"
        disk.widen()
        run = crawls.crawl()
    assert run.outcome == "ok"
    articles = crawls.rows("SELECT id FROM articles WHERE text IS NOT NULL")
    assert len(articles) == len(site.readable)
    first = crawls.rows("SELECT outcome FROM runs ORDER BY id LIMIT 1")
    assert first[0]["outcome"] in {"failed", "interrupted"}
