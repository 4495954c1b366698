"""One changed byte in any of ten thousand rows, of each table that the chain covers, is named by the check.

All rows are changed at once, each at a random place of a random column, and each must be named by itself.
"""

from __future__ import annotations

import random
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.files.raw_pages import Pages, raw_pages_path
from archive.proof.check import differences
from archive.proof.log import log_changes, seal_log
from archive.storage.archive import Archive
from tests.bench_archive import build
from tests.builders.pages import made_page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
COMMENTS = 9_000
PAGES = 1_200
LIFE = ("source", "first_seen", "gone_at", "gone_how")
ARTICLE = ("title", "byline", "published", "text", "description", "changed_at")
COMMENT = ("author", "published", "text", "html", "changed_at")
COVERED = {
    "articles": ("id", "article", (*ARTICLE, "url", *LIFE)),
    "comments": ("id", "comment", (*COMMENT, "key", "site_id", *LIFE)),
    "article_versions": ("article_id", "article", ("title", "published", "text", "since")),
    "comment_versions": ("comment_id", "comment", ("author", "published", "text", "since")),
    "links": ("article_id", "article", ("url",)),
    "article_tags": ("article_id", "article", ("tag_id",)),
    "events": ("id", "event", ("at", "source", "since", "how", "old_url", "new_url", "witness", "version")),
    "captures": ("id", "capture", ("source", "witness", "at", "url", "comments")),
    "captured_comments": ("capture_id", "capture", ("comment_id",)),
    "pages": ("id", "raw page", ("source", "kind", "url", "final_url", "headers", "fetched_at")),
}
"""Tables, the column of the item that a row belongs to, what it is called, and columns that are proved."""

PLACED = {"links", "article_tags", "captured_comments"}
"""Tables whose rows are known by their item and position."""

CAPTURES = """
INSERT INTO captures (source, article_id, witness, at, url, url_key, comments)
SELECT source, id, 'Harbour Library', '2015-03-01T00:00:00Z', url, url, 7 FROM articles
"""
SHOWN = """
INSERT INTO captured_comments SELECT captures.id, comments.id, comments.id FROM captures
JOIN comments USING (article_id) WHERE comments.id % 50 = 0
"""


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed archive of more than ten thousand rows, with raw pages."""
    folder = tmp_path_factory.mktemp("sealed")
    build(folder, COMMENTS)
    path = folder / "archive.db"
    with Pages.open(raw_pages_path(path)) as pages:
        for number in range(PAGES):
            pages.keep(made_page(f"https://quayside.example/{number}/", f"<p>Page {number} of it.</p>"))
    with Archive.open(path) as archive:
        archive.db.execute(CAPTURES)
        archive.db.execute(SHOWN)
        log_changes(archive.db, path)
        seal_log(archive.db, NOON)
        assert [*differences(archive.db, path)] == []
    return path


@pytest.fixture
def path(sealed: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may damage."""
    for file in sealed.parent.glob("*.db"):
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(tmp_path / file.name)) as copy:
            source.backup(copy)
    return tmp_path / sealed.name


def changed(value: str | int, dice: random.Random) -> str | int:
    """Return a value in which one character is another one."""
    if isinstance(value, int):
        return value + 1000
    place = dice.randrange(len(value))
    return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]


def change_rows(file: Path, table: str, dice: random.Random) -> set[int]:
    """Change one byte of each row of a table past Backissue; return the ids of its items."""
    item, _, columns = COVERED[table]
    with closing(sqlite3.connect(file)) as db:
        triggers = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            db.execute(f"DROP TRIGGER {name}")
        key = "rowid" if table not in PLACED else None
        names = ", ".join(columns)
        primary = key or f"{item}, position"
        keys = primary.split(", ")
        rows = db.execute(f"SELECT {item}, {primary}, {names} FROM {table}").fetchall()
        for row in rows:
            known = row[1 : 1 + len(keys)]
            values = dict(zip(columns, row[1 + len(keys) :], strict=True))
            able = [name for name, value in values.items() if value not in (None, "")]
            _change_one(db, table, dict(zip(keys, known, strict=True)), values, able, dice)
        db.commit()
    return {row[0] for row in rows}


def _change_one(db, table, keys, values, able, dice) -> None:
    """Change one of the columns that the schema lets be changed."""
    where = " AND ".join(f"{name} IS ?" for name in keys)
    for column in dice.sample(able, len(able)):
        try:
            value = changed(values[column], dice)
            db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", [value, *keys.values()])
        except sqlite3.IntegrityError:
            continue
        return
    raise AssertionError((table, keys))


@pytest.mark.parametrize("table", COVERED)
def test_changed_byte_of_every_row_is_named(path: Path, table: str) -> None:
    file = raw_pages_path(path) if table == "pages" else path
    items = change_rows(file, table, random.Random(7))
    assert items
    what = COVERED[table][1]
    with Archive.open(path) as archive:
        sentences = [*differences(archive.db, path)]
    named = {int(found[1]) for each in sentences if (found := re.match(rf"The {what} (\d+) ", each))}
    assert named == items


def test_changed_name_of_a_tag_is_named_for_each_of_its_articles(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        tagged = "SELECT article_id FROM article_tags WHERE tag_id = ?"
        [tag] = db.execute("SELECT id FROM tags WHERE kind = 'tag' LIMIT 1").fetchone()
        articles = {row[0] for row in db.execute(tagged, [tag])}
        db.execute("UPDATE tags SET name = name || 's' WHERE id = ?", [tag])
        db.commit()
    with Archive.open(path) as archive:
        sentences = [*differences(archive.db, path)]
    assert {int(re.findall(r"\d+", each)[0]) for each in sentences} == articles


def test_rows_are_ten_thousand_and_more(sealed: Path) -> None:
    with closing(sqlite3.connect(sealed)) as db:
        tables = [table for table in COVERED if table != "pages"]
        counts = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
    assert all(counts)
    assert sum(counts) + PAGES > 10_000


def test_changed_byte_of_every_body_is_named(path: Path) -> None:
    dice = random.Random(7)
    file = raw_pages_path(path)
    with closing(sqlite3.connect(file)) as db:
        bodies = db.execute("SELECT digest, body FROM bodies").fetchall()
        for digest, body in bodies:
            place = dice.randrange(len(body))
            spoilt = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
            db.execute("UPDATE bodies SET body = ? WHERE digest = ?", [spoilt, digest])
        db.commit()
    with Pages.open(file) as pages:
        altered = {each.digest for each in pages.altered()}
    assert altered == {digest for digest, _ in bodies}


@pytest.mark.parametrize("column", ["leaf", "item_id", "version", "kind"])
def test_changed_byte_of_any_log_entry_is_named(path: Path, column: str) -> None:
    """Entries are changed one at a time, some of them, since one is enough to break its seal."""
    dice = random.Random(column)
    with closing(sqlite3.connect(path)) as db:
        [most] = db.execute("SELECT max(id) FROM proof_leaves").fetchone()
        for entry in dice.sample(range(1, most + 1), 2):
            [value] = db.execute(f"SELECT {column} FROM proof_leaves WHERE id = ?", [entry]).fetchone()
            spoilt = bytes([value[0] ^ 1]) + value[1:] if column == "leaf" else changed(value, dice)
            db.execute(f"UPDATE proof_leaves SET {column} = ? WHERE id = ?", [spoilt, entry])
            db.commit()
            with Archive.open(path) as archive:
                assert [*differences(archive.db, path)], (column, entry)
            db.execute(f"UPDATE proof_leaves SET {column} = ? WHERE id = ?", [value, entry])
            db.commit()


@pytest.mark.parametrize("column", ["number", "first", "last", "at", "root", "previous", "head"])
def test_changed_byte_of_a_seal_is_named(path: Path, column: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        [value] = db.execute(f"SELECT {column} FROM proof_seals").fetchone()
        is_bytes = isinstance(value, bytes)
        spoilt = bytes([value[0] ^ 1]) + value[1:] if is_bytes else changed(value, random.Random(7))
        db.execute(f"UPDATE proof_seals SET {column} = ?", [spoilt])
        db.commit()
    with Archive.open(path) as archive:
        assert any(each.startswith("The seal") for each in differences(archive.db, path))
