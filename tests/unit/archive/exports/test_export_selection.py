"""What an export takes: whole, as a part, limited as a search is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database as Tables

from archive.exports.selection import LEFT, TAKEN, Selection, Snapshot, described
from archive.storage.archive import Archive
from tests.builders.export_town import export, exported, ids


def test_every_table_is_taken_or_left_on_purpose_and_described(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "archive.db") as archive:
        tables = {
            name
            for name in Tables(archive.db.conn).table_names()
            if "_fts" not in name and "_substrings" not in name
        }
    assert tables == {*TAKEN, *LEFT}
    assert described().keys() >= TAKEN.keys()


@pytest.mark.parametrize(
    ("limits", "taken"),
    [
        (("--source", "uplands"), {900}),
        (("--since", "2019-06", "--until", "2019"), {107}),
        (("--since", "2020-06-07", "--until", "2020-06-07"), {109}),
        (("--since", "2019-06-13T12:00:00Z", "--until", "2019-06-13T12:00:00Z"), {107}),
        (("--query", '"Level 29"'), {3}),
        (("--query", "title:bridge"), {110}),
        (("--query", '"Level 29" OR title:bridge', "--since", "2020"), {110}),
        (("--query", "nosuchwordanywhere"), set()),
    ],
)
def test_an_export_is_limited_as_a_search_is(town: Path, limits: tuple[str, ...], taken: set[int]) -> None:
    assert set(ids(town, *limits)) == taken


def test_a_tag_or_category_limits_an_export(town: Path) -> None:
    with closing(sqlite3.connect(town / "archive.db")) as db:
        sql = "SELECT article_id FROM article_tags JOIN tags ON tags.id = tag_id WHERE name = 'harbour'"
        tagged = [row[0] for row in db.execute(sql)]
    assert ids(town, "--tag", "Harbour") == sorted(tagged) != []


def test_a_part_of_an_archive_is_whole_in_itself(town: Path, tmp_path: Path) -> None:
    path = exported(town, "db", tmp_path / "part.db", "--query", '"Level 29" OR title:bridge')
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        held = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TAKEN}
    assert (held["articles"], held["sources"], held["article_versions"], held["comment_versions"]) == (
        2,
        1,
        2,
        1,
    )
    assert held["authors"] <= 2


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (("--source", "quaysid"), "It has: quayside, uplands."),
        (("--since", "yesterdy"), "“yesterdy” is not a date for --since."),
        (("--query", "!!!"), "can be searched for"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_is_written(
    town: Path, tmp_path: Path, limits: tuple[str, ...], said: str
) -> None:
    done = export(town, "jsonl", "--output", tmp_path / "out", *limits)
    assert (done.exit_code, said in done.stderr, list(tmp_path.iterdir())) == (1, True, [])


def test_an_export_sees_one_state_whatever_is_saved_meanwhile(town: Path, tmp_path: Path) -> None:
    path = exported(town, "folder", tmp_path / "copy") / "archive.db"
    with Archive.open(path) as archive, Snapshot.open(path, Selection()) as snapshot:
        archive.db.execute("UPDATE comments SET text = 'Changed meanwhile.'")
        archive.db.execute("DELETE FROM links")
        assert "Changed meanwhile." not in {row[12] for row in snapshot.rows("comments")}
        assert snapshot.count("links") == 2
