"""`backissue up` as a real process: it archives, serves, ends cleanly, and leaves nobody behind."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

PROGRAM = Path(__file__).resolve().parents[1] / "scheduler.py"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for left-over processes in /proc")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.05)


class Up:
    """A running `backissue up` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "up.log"
        command = [
            sys.executable,
            str(PROGRAM),
            "up",
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
        found = {}
        for pid in self.others():
            try:
                found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
        return next(pid for pid, command in found.items() if b"\0serve\0" in command)

    def finds(self, words: str) -> bool:
        """Whether the served archive answers a search with an article."""
        sql = f"select+count(*)+as+n+from+articles_fts+where+articles_fts+match+'{words}'"
        try:
            with urlopen(
                f"http://127.0.0.1:{self.port}/archive.json?_shape=arrayfirst&sql={sql}", timeout=5
            ) as answer:
                return answer.read() not in {b"[0]", b"[]"}
        except (URLError, ConnectionError):
            return False

    def crawling(self) -> None:
        """Wait until a crawl is under way and an article of it can be found."""
        until(lambda: self.process.poll() is not None or self.finds("council"), "an article could be found")
        assert self.process.poll() is None, self.log.read_text()

    def sound(self) -> bool:
        for name in ("archive.db", "pages.db"):
            with sqlite3.connect(self.folder / name) as connection:
                if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                    return False
        return True

    def end(self) -> None:
        for pid in (self.process.pid, *self.others()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = Up(tmp_path.resolve())
    yield running
    running.end()


def test_it_archives_and_serves_and_an_interruption_ends_it_cleanly(up: Up) -> None:
    up.crawling()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(30) == 0, up.log.read_text()
    assert up.others() == set()
    assert up.sound()
    with sqlite3.connect(up.folder / "archive.db") as connection:
        outcomes = connection.execute("SELECT outcome FROM runs").fetchall()
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
    until(lambda: not up.others(), "every child had ended", 30)
    assert up.sound()


def test_when_the_pages_fall_it_says_so_and_ends(up: Up) -> None:
    up.crawling()
    os.kill(up.pages(), signal.SIGKILL)
    assert up.process.wait(30) == 1
    assert "The pages ended by themselves" in up.log.read_text()
    assert up.others() == set()


def test_a_second_interruption_is_immediate(up: Up) -> None:
    up.crawling()
    for pid in up.others():
        os.kill(pid, signal.SIGSTOP)  # nobody will end in time by themselves
    up.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert up.process.poll() is None
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(5) == 130
    assert up.others() == set()
    assert up.sound()
