"""The queries of docs/cookbook.md run on the sample newspaper, and docs/schema.md agrees with the schema."""

from __future__ import annotations

import re
import sqlite3

import pytest

from tests import schema
from tests.builders import fixtures_archive
from tests.paths import ROOT

PAGE = ROOT / "docs" / "cookbook.md"
QUERIES = re.findall(r"([^\n]+):\n\n```sql\n(.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
VALUES = {
    "since": "1990-01-01",
    "until": "2100-01-01",
    "moment": "2099-01-01T00:00:00Z",
}
MAY_BE_EMPTY = {
    "What is missing, and why",
    "Comments that left the same URL under different names (a hint, never a proof)",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    path = fixtures_archive.build(tmp_path_factory.mktemp("cookbook") / "archive.db", count=20)
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


@pytest.mark.parametrize(("question", "sql"), QUERIES, ids=[question for question, _ in QUERIES])
def test_cookbook_query_returns_rows(archive: sqlite3.Connection, question: str, sql: str) -> None:
    (author,) = archive.execute("SELECT name FROM authors LIMIT 1").fetchone()
    (words,) = archive.execute(
        "SELECT substr(title, 1, instr(title || ' ', ' ') - 1) FROM articles"
        " WHERE title GLOB '[A-Z]*' ORDER BY id LIMIT 1"
    ).fetchone()
    (article,) = archive.execute(
        "SELECT article_id FROM events WHERE article_id IS NOT NULL LIMIT 1"
    ).fetchone()
    rows = archive.execute(sql, {**VALUES, "author": author, "words": words, "article": article}).fetchall()
    assert rows or question in MAY_BE_EMPTY


def test_cookbook_has_twenty_queries() -> None:
    assert len(QUERIES) == 20


def test_schema_page_equals_generated_page() -> None:
    """`python -m tests.schema` writes it."""
    assert schema.PAGE.read_text(encoding="utf-8") == schema.page()
