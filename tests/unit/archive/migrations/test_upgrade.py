"""An archive of the first released schema, brought to the newest: whole, in one step, or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlite_utils import Database

from archive.core.timestamps import instant
from archive.migrations import migrations
from archive.operations import integrity
from archive.queries import health
from archive.search import engine
from archive.storage.archive import Archive
from archive.tables import crawl_states
from scheduler import main
from tests.builders import fixtures_archive as made
from tests.builders.room_server import Room
from tests.paths import ROOT

NAMES = [migration.name for migration in migrations.pending(Database(memory=True))]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive as the first release wrote it, with articles, threads, runs and a problem."""
    path = tmp_path_factory.mktemp("first") / "archive.db"
    fill = made.Filler(path, schemas=1)
    made.everyday(fill, 8)
    for number in range(3):
        at = f"2026-01-0{number + 1}T06:00:00Z"
        ended = at.replace("06:00", "06:05")
        outcome = ("ok", "ok", "failed")[number]
        row = {"source": "quayside", "trigger": "schedule", "started_at": at, "ended_at": ended}
        fill.insert("runs", **row, outcome=outcome, requests=7, sentence="Nothing new.")
    fill.insert(
        "problems", source="quayside", url="https://quayside.example/x", code="no-text", detail="None.",
        first_seen=made.SEEN, last_seen=made.SEEN,
    )  # fmt: skip
    fill.insert("cursors", source="quayside", name="crawl", value=made.SEEN)
    fill.finish()
    return path


@pytest.fixture
def old(first: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(first, tmp_path / "archive.db"))


def schema(path: Path) -> dict[str, object]:
    """Tables with their columns, and the text of everything else, in no order."""
    with sqlite3.connect(path) as connection:
        things = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        columns = {
            name: {tuple(row[1:]) for row in connection.execute(f"PRAGMA table_xinfo({name})")}
            for kind, name, _ in things
            if kind == "table"
        }
    connection.close()
    return {name: columns.get(name, sql) for _, name, sql in things}


def rows(path: Path, like: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the tables and columns that another archive has, but for cursors, which have moved."""
    with sqlite3.connect(path) as connection, sqlite3.connect(like) as model:
        names = [
            row[0]
            for row in model.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_%' ESCAPE '\\'"
                " AND name != 'cursors'"
            )
        ]
        found = {}
        for name in names:
            columns = ", ".join(row[1] for row in model.execute(f"PRAGMA table_info({name})"))
            found[name] = sorted(connection.execute(f"SELECT {columns} FROM {name}").fetchall(), key=repr)
    connection.close()
    model.close()
    return found


def test_an_archive_of_the_first_release_opens_searches_and_serves(
    old: Path, first: Path, tmp_path: Path
) -> None:
    with Archive.open(old) as archive:
        assert [migration.name for migration in migrations.applied(archive.db)] == NAMES
        assert integrity.faults(archive.db.conn) == []
        hits = engine.find(archive.db.conn, engine.Ask(words="council"))
        assert hits.total
        (quayside,) = (s for s in health.archive_health(archive, made.START).sources if s.name == "quayside")
        assert (quayside.articles, quayside.state) == (8, health.SourceState.FAILING)
        assert crawl_states.load(archive.db, "quayside").crawled_at == instant(made.SEEN)
        (total,) = archive.db.query("SELECT * FROM run_totals WHERE outcome = 'ok'")
        assert (total["runs"], total["requests"], total["seconds"]) == (2, 14, 600)
    assert rows(old, first) == rows(first, first), "nothing that was held is lost or changed"
    assert schema(old) == schema(made.empty(tmp_path / "fresh.db"))
    room = Room(old)
    assert "The Quayside Courier" in room.text("/search?q=ferry")
    counts = room.get("/words.json?q=ferry").json()["counts"]
    assert sum(span["total"] for span in counts) == len(rows(old, first)["comments"])
    assert room.get("/article/1").status_code == room.get("/coverage").status_code == 200
    assert room.get("/-/health").status_code == 503
    assert 'backissue_runs_total{outcome="ok",source="quayside"} 2.0' in room.text("/-/metrics")


def test_a_command_brings_it_up_to_date_by_itself(old: Path) -> None:
    config = old.with_name("backissue.toml")
    config.write_text("[sources.quayside]\nurl = 'https://quayside.example'\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["--config", str(config), "search", "council"])
    assert done.exit_code == 0, done.output
    assert "found" in done.stderr


KILLED = """
import os, signal, sys
from pathlib import Path
import archive.core.database as database
from archive.storage.archive import Archive

plain_connect, left = database.connect, [int(sys.argv[2])]

def connect(path, **options):
    db = plain_connect(path, **options)
    db.conn.set_trace_callback(count)
    return db

def count(sql):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)

database.connect = connect
Archive.open(Path(sys.argv[1]))
print(int(sys.argv[2]) - left[0])
"""


def opened_and_killed(path: Path, statement: int) -> subprocess.CompletedProcess[str]:
    """Open an archive in a process that is killed before it runs its statement of that number."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, str(path), str(statement)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_killed_in_the_middle_of_a_migration_it_is_before_or_after_it(
    first: Path, old: Path, tmp_path: Path
) -> None:
    whole = opened_and_killed(Path(shutil.copy(first, tmp_path / "whole.db")), 1_000_000)
    statements = int(whole.stdout)
    assert statements > 30, "the upgrade was counted"
    seen = set()
    for part in range(1, 9):
        shutil.copy(first, old)
        killed = opened_and_killed(old, statements * part // 9)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        with sqlite3.connect(old) as connection:
            done = [row[0] for row in connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
            assert integrity.faults(connection) == []
        connection.close()
        assert done == NAMES[: len(done)]
        between = tmp_path / f"{len(done)}.db"
        between.unlink(missing_ok=True)
        assert schema(old) == schema(made.empty(between, schemas=len(done)))
        assert rows(old, first) == rows(first, first)
        Archive.open(old).close()
        assert schema(old) == schema(tmp_path / "whole.db")
        seen.add(len(done))
    assert len(seen) > 1, "it was caught in several migrations"
