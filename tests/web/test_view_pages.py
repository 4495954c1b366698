"""Pages of the views of states: each row once at any depth, whatever happened to articles and comments."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive.migrations import m021_links
from archive.public.sql import view_paging
from archive.public.sql.view_paging import VIEW_KEYS
from tests.builders.fixtures_archive import START, Filler, iso

STATES = ("article_states", "comment_states")
ARTICLES, COMMENTS = 40, 400


class Lives:
    """Rows that are edited, removed and shown again, in any order."""

    def __init__(self, fill: Filler) -> None:
        self.fill, self.dice = fill, random.Random(33)

    def live(self, kind: str, number: int, article: int, start: datetime) -> tuple[int, str]:
        """Note what happened to one row; return its number of versions and when it was changed last."""
        at, since, version, is_shown = start, start, 1, True
        for _ in range(self.dice.choice((0, 0, 1, 2, 3, 6))):
            at += timedelta(hours=self.dice.randint(1, 30))
            happens = self.dice.choice(("edited", "removed")) if is_shown else "returned"
            comment = number if kind == "comment" else None
            row = {"at": iso(at), "source": "quayside", "article_id": article, "comment_id": comment}
            if happens == "edited":
                self.fill.insert(
                    f"{kind}_versions", version=version, since=iso(since), until=iso(at), changed='["text"]',
                    cause="edited", text=f"Version {version}.", **{f"{kind}_id": number},
                )  # fmt: skip
                self.fill.insert("events", kind="edited", version=version, since=iso(since), **row)
                version, since = version + 1, at
            else:
                self.fill.insert("events", kind=happens, **row)
                is_shown = happens == "returned"
        return version, iso(since)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lived") / "archive.db"
    fill = Filler(path)
    lives = Lives(fill)
    for number in range(1, ARTICLES + 1):
        fill.article(number, START, first_seen=iso(START))
    for number in range(1, COMMENTS + 1):
        fill.insert(
            "comments", id=2 * number, article_id=1 + number % ARTICLES, source="quayside", kind="comment",
            key=f"id:{number}", text="Now.", first_seen=iso(START), changed_at=iso(START), origins="{}",
        )  # fmt: skip
    for kind, step, count in (("article", 1, ARTICLES), ("comment", 2, COMMENTS)):
        for number in range(1, count + 1):
            article = number if kind == "article" else 1 + number % ARTICLES
            told = lives.live(kind, step * number, article, START)
            sql = f"UPDATE {kind}s SET version_count = ?, changed_at = ? WHERE id = ?"
            fill.conn.execute(sql, [*told, step * number])
    fill.finish()
    return path


@pytest.fixture
def connection(lived: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(lived)) as opened:
        yield opened


def definition_of(connection: sqlite3.Connection, view: str) -> str:
    return str(connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [view]).fetchone()[0])


def answered(connection: sqlite3.Connection, sql: str, definition: str) -> list[tuple[object, ...]]:
    """The rows of a page, from its one or two statements."""
    paged = view_paging.page_of_view(connection, sql, definition)
    found = connection.execute(paged.sql).fetchall()
    if paged.rest and len(found) < paged.rows:
        found += connection.execute(f"{paged.rest} {paged.rows - len(found)}").fetchall()
    return found


@pytest.mark.parametrize("view", VIEW_KEYS)
@pytest.mark.parametrize("size", [1, 7, 50])
def test_pages_at_every_depth_have_each_row_once(
    connection: sqlite3.Connection, view: str, size: int
) -> None:
    definition = definition_of(connection, view)
    rows = connection.execute(f"SELECT * FROM {view}").fetchall()
    columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA table_info({view})"))
    start = f"select {columns} from {view} limit {size}"
    walked: list[tuple[object, ...]] = []
    for offset in range(0, len(rows), size):
        page = answered(connection, f"{start} offset {offset}", definition)
        assert len(page) == min(size, len(rows) - offset), offset
        walked += page
    assert sorted(map(repr, walked)) == sorted(map(repr, rows))
    assert answered(connection, f"select count(*) from {view}", definition) == [(len(rows),)]


@pytest.mark.parametrize("view", STATES)
def test_states_are_those_of_the_former_view(connection: sqlite3.Connection, view: str) -> None:
    rows = connection.execute(f"SELECT * FROM {view}").fetchall()
    former = m021_links._ARTICLES if view == "article_states" else m021_links._COMMENTS
    connection.execute(former.replace("CREATE VIEW ", "CREATE TEMP VIEW former_"))
    assert sorted(map(repr, connection.execute(f"SELECT * FROM former_{view}"))) == sorted(map(repr, rows))
    parts = re.split(r"\bUNION ALL\b", definition_of(connection, view).partition(" AS ")[2])
    assert all(connection.execute(f"SELECT count(*) FROM ({part})").fetchone()[0] for part in parts)


@pytest.mark.parametrize("view", STATES)
def test_earlier_states_are_counted_in_an_index_alone(connection: sqlite3.Connection, view: str) -> None:
    """No row of the table is read for a page's place: neither a text nor the article or comment itself."""
    parts = re.split(r"\bUNION ALL\b", definition_of(connection, view).partition(" AS ")[2])
    key = VIEW_KEYS[view].keys[1]
    sql = f"EXPLAIN QUERY PLAN SELECT {key} FROM ({parts[2]}) ORDER BY {key} LIMIT 1 OFFSET 9"
    steps = [row[3] for row in connection.execute(sql)]
    assert f"SCAN said USING COVERING INDEX {view.partition('_')[0]}_versions_spans" in steps
    assert not [step for step in steps if "PRIMARY KEY" in step or "TEMP B-TREE" in step]
