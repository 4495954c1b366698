"""Our connection to SQLite, and what it leaves to sqlite-utils: tables by name, and applying migrations."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database as Tables

from archive.core.connection import Database
from archive.core.migrating import Migrations


@pytest.fixture
def db() -> Database:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE boats (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
    connection.execute("INSERT INTO boats (name) VALUES ('Ada'), ('Bes')")
    return Database(connection)


def test_rows_come_by_the_names_of_their_columns(db: Database) -> None:
    assert list(db.query("SELECT id, name FROM boats WHERE name > ?", ["A"])) == [
        {"id": 1, "name": "Ada"},
        {"id": 2, "name": "Bes"},
    ]
    assert list(db["boats"].rows) == list(db.query("SELECT * FROM boats"))


def test_a_statement_without_rows_is_no_query(db: Database) -> None:
    with pytest.raises(ValueError, match="not a query: DELETE"):
        db.query("DELETE FROM boats WHERE id = 9")


def test_triggers_run_for_rows_that_are_replaced(db: Database) -> None:
    """The full-text indexes rely on it."""
    db.execute("CREATE TABLE gone (name TEXT)")
    db.execute("CREATE TRIGGER t AFTER DELETE ON boats BEGIN INSERT INTO gone VALUES (old.name); END")
    db.execute("INSERT OR REPLACE INTO boats (name) VALUES ('Ada')")
    assert [row["name"] for row in db.query("SELECT name FROM gone")] == ["Ada"]


def test_a_transaction_is_undone_and_none_is_no_error(db: Database) -> None:
    db.rollback()
    db.execute("BEGIN")
    db.execute("DELETE FROM boats")
    db.rollback()
    assert db["boats"].count == 2


def test_migrations_are_noted_as_sqlite_utils_does(tmp_path: Path) -> None:
    """Either reads what the other has applied."""
    ours = Migrations("boats")

    @ours()
    def m001_first(db: Database) -> None:
        db.execute("CREATE TABLE boats (name TEXT)")

    @ours(name="m002_more")
    def more(db: Database) -> None:
        db.execute("ALTER TABLE boats ADD COLUMN berth INTEGER")

    db = Database(sqlite3.connect(tmp_path / "boats.db", isolation_level=None))
    assert [each.name for each in ours.pending(db)] == ["m001_first", "m002_more"]
    ours.apply(db, stop_before="m002_more")
    assert [each.name for each in ours.applied(db)] == ["m001_first"]
    assert [each.name for each in ours.pending(db)] == ["m002_more"]
    ours.apply(db)
    assert not ours.pending(db)
    assert Tables(db.conn)["boats"].columns_dict == {"name": str, "berth": int}
    assert ours.newer(db) == []
    assert Migrations("boats").newer(db) == ["m001_first", "m002_more"]
    assert Migrations("ships").applied(db) == []
    db.close()
