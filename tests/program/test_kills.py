"""Schedulers and crawls killed at random moments, and two schedulers at once: nothing is lost unseen.

`make kills KILLS=50` does it more often than the suite.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive.core.timestamps import instant
from tests.builders.patience import PATIENCE, until
from tests.fakesite import SampleSite
from tests.paths import BUILDERS

KILLS = int(os.environ.get("BACKISSUE_KILLS", "8"))
EVERY = 3  # seconds between two ticks
CLOCKWORK = BUILDERS / "clockwork.py"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


class Folder:
    """An archive of a newspaper that goes on, and the schedulers at work on it."""

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self.archive = path / "archive.db"
        self.config = path / "backissue.toml"
        self.config.write_text(f"[sources.one]\nurl = '{url}'\ndelay = 0.02\n", encoding="utf-8")
        self.log = path / "log"
        self.schedulers: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(CLOCKWORK), str(self.config), str(EVERY)]
        with self.log.open("ab") as log:
            self.schedulers.append(subprocess.Popen(command, cwd=self.path, stdout=log, stderr=log))
        return self.schedulers[-1]

    def crawls(self) -> list[int]:
        """The processes of crawls."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                alive = (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            except OSError:
                continue
            if alive and b"crawl" in words and str(self.config).encode() in words:
                found.append(int(entry.name))
        return found

    def rows(self, sql: str) -> list[sqlite3.Row]:
        if not self.archive.exists():
            return []
        connection = sqlite3.connect(self.archive, timeout=PATIENCE)
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(sql).fetchall()
        except sqlite3.OperationalError:  # the first scheduler was killed before it had made the tables
            return []
        finally:
            connection.close()

    def end(self) -> None:
        for process in self.schedulers:
            if process.poll() is None:
                process.kill()
            process.wait()
        for pid in self.crawls():
            kill(pid)

    # -- what must be true ------------------------------------------------------------------------

    def must_be_sound(self) -> None:
        for name in ("archive.db", "pages.db"):
            with sqlite3.connect(self.path / name) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        with sqlite3.connect(self.archive) as connection:
            for table in ("articles_fts", "comments_fts"):
                connection.execute(f"INSERT INTO {table}({table}, rank) VALUES ('integrity-check', 1)")

    def content(self) -> set[tuple[object, ...]]:
        """What is held, of now and of earlier: the words of articles and comments with whose they are."""
        articles, versions = (
            "SELECT id, title, text FROM articles",
            "article_id, title, text FROM article_versions",
        )
        comments = "SELECT 'comment', source || key, author, text FROM comments"
        earlier = (
            "SELECT 'comment', source || key, comment_versions.author, comment_versions.text"
            " FROM comment_versions JOIN comments ON comments.id = comment_id"
        )
        found = self.rows(f"{articles} WHERE text IS NOT NULL UNION SELECT {versions}")
        return {tuple(row) for row in [*found, *self.rows(f"{comments} UNION {earlier}")]}

    def must_have_read_what_it_kept(self) -> None:
        """Each article that was read has its raw page, and no page waits to be saved."""
        with closing(sqlite3.connect(self.path / "pages.db")) as connection:
            kept = {row[0] for row in connection.execute("SELECT url FROM pages")}
            pending = connection.execute("SELECT url FROM pages WHERE pending > 0").fetchall()
        of_pages = "json_extract(origins, '$.text') LIKE 'page:%'"  # REST gives the text of divided articles
        read = {row["url"] for row in self.rows(f"SELECT url FROM articles WHERE {of_pages}")}
        assert read
        assert read <= kept
        assert pending == []

    def must_have_told_of_every_tick(self) -> None:
        """From the first planned time that has a row to the last, each is there once; crawls are apart."""
        rows = self.rows("SELECT * FROM runs ORDER BY id")
        planned = [instant(row["planned_at"]) for row in rows if row["planned_at"]]
        first, last = planned[0], planned[-1]
        assert planned == sorted(set(planned)), told(rows)
        ticks = sum(row["ticks"] for row in rows)
        missing_before = next(row["ticks"] for row in rows if row["planned_at"]) - 1
        assert ticks - missing_before == (last - first) // timedelta(seconds=EVERY) + 1, told(rows)
        assert all(row["sentence"] for row in rows if row["ended_at"]), told(rows)
        crawled = [row for row in rows if row["outcome"] not in {"overlapped", "coalesced", "missed"}]
        # A row is opened before its turn has come, so the order is that in which they began.
        crawled.sort(key=lambda row: (row["started_at"], str(row["ended_at"])))
        for one, other in pairwise(crawled):
            assert one["ended_at"], told(rows)
            assert one["ended_at"] <= other["started_at"], told(rows)


def told(rows: list[sqlite3.Row]) -> str:
    return "\n".join(str(tuple(row)) for row in rows)


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    with SampleSite(articles=150, comments=300) as site:
        folder = Folder(tmp_path, site.url)
        yield folder
        folder.end()


def test_killed_at_random_moments_nothing_overlaps_and_nothing_is_lost(folder: Folder) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice, held = random.Random(seed), set()
    scheduler = folder.start()
    for number in range(KILLS):
        until(folder.crawls, folder.log.read_text)
        time.sleep(dice.uniform(0.0, 4.0))
        if dice.random() < 0.5:
            for pid in folder.crawls():
                kill(pid)
        if dice.random() < 0.7:
            scheduler.kill()
            scheduler.wait()
            if dice.random() < 0.5:
                until(lambda: not folder.crawls(), "the crawl sees that its parent is gone")
            scheduler = folder.start()
        now = folder.content()
        assert now or not held, f"seed {seed}, kill {number}"
        assert held <= now, f"seed {seed}, kill {number}: what was saved is there, word by word"
        held = now
    # The last scheduler may be a moment old, and a crawl of the one before may still end well: two more.
    well = "SELECT id FROM runs WHERE outcome = 'ok'"
    enough = len(folder.rows(well)) + 2
    until(lambda: len(folder.rows(well)) >= enough, folder.log.read_text)
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(PATIENCE) == 0, folder.log.read_text()
    assert folder.crawls() == []
    folder.must_be_sound()
    assert held <= folder.content(), f"seed {seed}"
    folder.must_have_read_what_it_kept()
    folder.must_have_told_of_every_tick()
    assert folder.rows("SELECT count(*) AS n FROM runs WHERE ended_at IS NULL")[0]["n"] == 0, f"seed {seed}"


def test_two_schedulers_started_at_once_make_one_ledger(folder: Folder) -> None:
    one, other = folder.start(), folder.start()
    done = "SELECT count(*) AS n FROM runs WHERE planned_at IS NOT NULL AND outcome = 'ok'"
    until(lambda: (rows := folder.rows(done)) and rows[0]["n"] >= 2, folder.log.read_text)
    one.kill()
    one.wait()
    seen = folder.rows(done)[0]["n"]
    until(lambda: folder.rows(done)[0]["n"] > seen, "the other one goes on alone")
    other.send_signal(signal.SIGTERM)
    assert other.wait(PATIENCE) == 0, folder.log.read_text()
    until(lambda: not folder.crawls(), "every crawl has ended")
    folder.must_be_sound()
    folder.must_have_told_of_every_tick()
