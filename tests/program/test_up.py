"""`backissue up` as a real process: it archives, serves, ends cleanly, and leaves nobody behind."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.builders.crawling import PROGRAM
from tests.builders.patience import PATIENCE, free_port, until
from tests.fakesite import SampleSite

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for left-over processes in /proc")


class Up:
    """A running `backissue demo` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "up.log"
        command = [
            sys.executable,
            str(PROGRAM),
            "demo",
            "--port",
            str(self.port),
            "--sample-port",
            str(free_port()),
        ]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=log, stderr=log, start_new_session=True
            )

    def others(self) -> set[int]:
        """The processes at work in the folder, this one not counted."""
        found = set()
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if (entry / "cwd").readlink() == self.folder and (entry / "stat").read_text().split()[
                    2
                ] != "Z":
                    found.add(int(entry.name))
            except OSError:
                continue
        return found - {self.process.pid, os.getpid()}

    def pages(self) -> int:
        """The process that serves."""
        for pid in self.others():
            with suppress(OSError):
                if b"\0serve\0" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
        raise AssertionError(self.log.read_text())

    def finds(self, words: str) -> bool:
        """Whether the served archive answers a search with an article."""
        sql = f"select+count(*)+as+n+from+articles_fts+where+articles_fts+match+'{words}'"
        try:
            address = f"http://127.0.0.1:{self.port}/demo.json?_shape=arrayfirst&sql={sql}"
            with urlopen(address, timeout=PATIENCE) as answer:
                return answer.read() not in {b"[0]", b"[]"}
        except OSError:
            return False

    def page_checks(self) -> list[tuple[int, str]]:
        """Return what was noted of the pages' process; nothing while there is no such table yet."""
        sql = "SELECT ok, sentence FROM checks WHERE name = 'pages'"
        with closing(sqlite3.connect(self.folder / "demo.db")) as connection:
            try:
                return connection.execute(sql).fetchall()
            except sqlite3.OperationalError:
                return []

    def crawling(self) -> None:
        """Wait until a crawl is under way and an article of it can be found."""
        until(lambda: self.process.poll() is not None or self.finds("council"), self.log.read_text)
        assert self.process.poll() is None, self.log.read_text()

    def sound(self) -> bool:
        for name in ("demo.db", "demo-pages.db"):
            with sqlite3.connect(self.folder / name) as connection:
                if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                    return False
        return True

    def end(self) -> None:
        for pid in (self.process.pid, *self.others()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = Up(tmp_path.resolve())
    yield running
    running.end()


def test_it_archives_and_serves_and_an_interruption_ends_it_cleanly(up: Up) -> None:
    up.crawling()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(PATIENCE) == 0, up.log.read_text()
    assert up.others() == set()
    assert not list(up.folder.glob("demo.db-*")), "nothing waits beside the file to be folded into it"
    assert up.sound()
    with sqlite3.connect(up.folder / "demo.db") as connection:
        begun = "SELECT outcome FROM runs WHERE outcome <> 'overlapped'"  # a minute may have begun meanwhile
        outcomes = connection.execute(begun).fetchall()
    assert outcomes == [("interrupted",)], "the crawl under way was asked to end, and had the time to say so"
    log = up.log.read_text()
    assert f"http://127.0.0.1:{up.port}" in log
    assert "init https://" in log, "one line says how to archive a real site"
    assert "Traceback" not in log


def test_killed_outright_it_leaves_no_child_behind(up: Up) -> None:
    up.crawling()
    assert up.others()
    up.process.kill()
    up.process.wait()
    until(lambda: not up.others(), "every child ends")
    assert up.sound()


def test_killed_pages_are_started_again(up: Up) -> None:
    """The clock and the crawl under way go on meanwhile, and status says what happened."""
    up.crawling()
    before = up.pages()
    os.kill(before, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{before}").exists() and up.finds("council"), up.log.read_text)
    assert up.process.poll() is None
    assert up.pages() != before
    until(up.page_checks, up.log.read_text)
    checks = up.page_checks()
    assert [ok for ok, _ in checks] == [0]
    assert "ended by themselves (SIGKILL)" in checks[0][1]
    assert "The pages are started again" in up.log.read_text()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(PATIENCE) == 0, up.log.read_text()
    assert up.others() == set()


def test_a_second_interruption_is_immediate(up: Up) -> None:
    up.crawling()
    for pid in up.others():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)  # nobody will end in time by themselves
    up.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert up.process.poll() is None
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(PATIENCE) == 130
    assert up.others() == set()
    assert up.sound()


def test_an_interrupted_crawl_keeps_what_it_had_and_leaves_with_130(tmp_path: Path) -> None:
    with SampleSite(articles=60, comments=0) as site, SampleSite(articles=1) as other:
        (tmp_path / "backissue.toml").write_text(
            f"[sources.one]\nurl = '{site.url}'\ndelay = 0.2\n[sources.two]\nurl = '{other.url}'\n",
            encoding="utf-8",
        )
        crawl = subprocess.Popen(
            [sys.executable, str(PROGRAM), "crawl"], cwd=tmp_path, stdout=subprocess.PIPE
        )
        until(lambda: len(site.asked("/archives/*")) > 3, "a few pages are asked for")
        crawl.send_signal(signal.SIGINT)
        told, _ = crawl.communicate(timeout=PATIENCE)
    assert crawl.returncode == 130
    assert told.startswith(b"one: interrupted."), (
        "one process stands for all sources, and the second never began"
    )
    with sqlite3.connect(tmp_path / "archive.db") as connection:
        assert connection.execute("SELECT count(*) FROM articles WHERE text IS NOT NULL").fetchone()[0] >= 3


@pytest.mark.parametrize("command", ["serve", "schedule"])
def test_what_runs_until_it_is_ended_ends_well(tmp_path: Path, command: str) -> None:
    with SampleSite(articles=1) as site:
        (tmp_path / "backissue.toml").write_text(
            f"[sources.one]\nurl = '{site.url}'\ndelay = 0\n", encoding="utf-8"
        )
        subprocess.run([sys.executable, str(PROGRAM), "crawl"], cwd=tmp_path, check=True, capture_output=True)
        port = str(free_port())
        arguments = [command, "--port", port] if command == "serve" else [command]
        log = (tmp_path / "log").open("w+b")
        running = subprocess.Popen(
            [sys.executable, str(PROGRAM), *arguments], cwd=tmp_path, stdout=log, stderr=log
        )
        told = b"startup complete" if command == "serve" else b"Archiving one"
        until(lambda: told in (tmp_path / "log").read_bytes(), (tmp_path / "log").read_text)
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) == 0, (tmp_path / "log").read_text()
        log.close()
