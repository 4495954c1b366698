"""Words over time and the sites that articles cite: the right numbers, whatever is asked."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders import fixtures_archive as made
from tests.builders.room_server import Room
from tests.web.test_public_pages import Elements


def at(year: int, month: int = 1) -> datetime:
    return datetime(year, month, 5, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("words") / "news.db"
    fill = made.Filler(path)
    said = [
        (2009, 1, "A ferry."),
        (2009, 2, "The ferries, a ferry."),
        (2009, 2, "No boat."),
        (2012, 7, "A boat."),
    ]
    for number, (year, month, text) in enumerate(said, 1):
        fill.article(number, at(year, month), title=f"Story {number}", text=text, byline="Ferry Boatman")
        fill.comment(1, at(year, month), text=text, author="Ferry Boatman")
    fill.comment(1, at(2012, 8), text="Undated ferry.", published=None)
    cited = [(1, "ledger"), (1, "www.ledger"), (2, "ledger"), (4, "tides"), (4, "quayside")]
    for position, (article, name) in enumerate(cited):
        host = f"{name}.example"
        url = f"https://{host}/{position}"
        fill.insert("links", article_id=article, position=position, url=url, host=host)
    fill.finish()
    return path


@pytest.fixture(scope="module")
def room(path: Path) -> Room:
    return Room(path)


def test_shares_are_of_all_that_was_published_then(room: Room) -> None:
    for kind in ("comments", "articles"):
        answer = room.get(f"/words.json?q=ferry,+no+such,boat,ferry&kind={kind}").json()
        assert answer["terms"] == ["ferry", "no such", "boat"]
        assert answer["counts"] == [
            {"span": "2009", "total": 3, "terms": {"ferry": 2, "no such": 0, "boat": 1}},
            {"span": "2012", "total": 1, "terms": {"ferry": 0, "no such": 0, "boat": 1}},
        ], "and names are no words"
    page = room.text("/words?q=ferry,boat,no+such&kind=articles")
    assert "“<bdi>boat</bdi>” peaked in 2012, in 1e+02" not in page
    assert "“<bdi>boat</bdi>” peaked in 2012, in 100" in page
    assert "“<bdi>ferry</bdi>” peaked in 2009, in 67" in page
    assert "“<bdi>no such</bdi>” was not found" in page
    [drawn] = [json.loads(known["data-chart"]) for _, known in Elements(page).found if "data-chart" in known]
    assert (drawn["names"], drawn["spans"]) == (["ferry", "boat"], ["2009", "2012"])
    assert drawn["values"] == [[66.6667, 0], [33.3333, 100]]
    assert "/search?q=ferry&amp;kind=articles&amp;since=2009&amp;until=2009" in page


def test_months_phrases_prefixes_and_either_or_are_counted(room: Room) -> None:
    text = room.text('/words.csv?q="a ferry",boat OR ferry,ferr*,boat -no&by=month')
    rows = list(csv.reader(io.StringIO(text)))
    assert rows == [
        ["month", "comments", '"a ferry"', "boat OR ferry", "ferr*", "boat -no"],
        ["2009-01", "1", "1", "1", "1", "0"],
        ["2009-02", "2", "1", "2", "1", "0"],
        ["2012-07", "1", "0", "1", "0", "1"],
    ]


def months(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """The month of each comment that has one, as the archive has noted it."""
    noted = connection.execute("SELECT first, last, month FROM comment_months ORDER BY first")
    return [(number, month) for first, last, month in noted for number in range(first, last + 1)]


def test_the_months_of_comments_follow_what_happens_to_these(tmp_path: Path) -> None:
    fill = made.Filler(tmp_path / "archive.db")
    fill.article(1, at(2009))
    for month in (1, 1, 1, 1, 1, 2, 2, 3):
        fill.comment(1, at(2009, month))
    runs = "SELECT count(*) FROM comment_months"
    assert fill.conn.execute(runs).fetchone() == (3,), "one run for comments in a row"
    of = "SELECT id, substr(published, 1, 7) FROM comments WHERE published > '' ORDER BY id"
    for change in (
        "UPDATE comments SET published = '2011-05-05T00:00:00Z' WHERE id = 3",
        "UPDATE comments SET published = '2011-05-09' WHERE id = 3",
        "UPDATE comments SET published = NULL WHERE id IN (1, 5, 8)",
        "UPDATE comments SET published = '2009-02-01' WHERE published IS NULL",
        "DELETE FROM comments WHERE id IN (2, 6)",
        "UPDATE comments SET published = '2009-02'",
    ):
        fill.conn.execute(change)
        assert months(fill.conn) == fill.conn.execute(of).fetchall(), change
    fill.comment(1, at(2009, 2))
    fill.comment(1, at(2009, 2), published=None)
    assert months(fill.conn) == fill.conn.execute(of).fetchall()
    fill.db.close()


@pytest.mark.parametrize(
    "typed",
    [
        "",
        ",,,",
        "((",
        '"',
        "*",
        "\0",
        "x" * 10_000,
        "ferry," * 100,
        "author:ferry",
        "tag:x",
        "-ferry",
        "😀",
        "<script>",
        "=1+1,ferry",
    ],
)
def test_whatever_is_typed_is_answered(room: Room, typed: str) -> None:
    for form in ("", ".json", ".csv"):
        answer = room.get(f"/words{form}", params={"q": typed, "kind": "<b>", "by": "'"})
        assert answer.status_code == 200
        assert "<script>" not in answer.text or form
    assert "Undated" not in answer.text
    if typed.startswith("="):
        assert "'=1+1" in answer.text


def test_the_sites_that_articles_cite_are_counted_without_their_own(room: Room) -> None:
    page = room.text("/sites")
    assert "Most links lead to <bdi>ledger.example</bdi>: from 2\N{NO-BREAK SPACE}articles" in page
    assert page.index("tides<wbr>.example") > page.index(
        "ledger<wbr>.example</bdi></a></th><td>2</td><td>3</td>"
    )
    assert "quayside<wbr>.example</bdi>" not in page
    one = room.text("/sites?host=www.ledger.example")
    assert "2\N{NO-BREAK SPACE}articles link to it, from" in one
    assert one.index("Story 2") < one.index("Story 1")
    assert "Story 4" not in one
    for wanted in ("nobody.example", "[", "<script>", "x" * 5000):
        assert room.get("/sites", params={"host": wanted}).status_code == 404
    [taken] = [part for part in page.split('"') if part.startswith("/-/results.csv")]
    assert "ledger.example,3,2" in room.text(taken.replace("&amp;", "&"))
