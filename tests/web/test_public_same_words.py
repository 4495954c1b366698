"""The same words elsewhere, on the pages: the timeline of a text, and texts under several names."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest

from archive.copies.update import update_copies
from archive.storage.archive import Archive
from tests.builders import fixtures_archive as made
from tests.builders.fixtures_archive import START
from tests.builders.room_server import Room

TIDE = (
    "The tide mill stood still for nine winters because nobody could agree"
    " who was to pay for its wheel of oak"
)
NAMES = ("Marten <b>", "noor", "Priya K.", "Priya K.")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("copies") / "news.db"
    fill = made.Filler(path)
    for number, name in enumerate(NAMES, 1):
        fill.article(
            number, START + timedelta(days=number), title=f"Story {number}", text=f"About story {number}."
        )
        text = TIDE.replace("nine", ("nine", "ten")[number % 2])
        fill.comment(number, START + timedelta(days=10 - number), text=text, author=name, gone_at=None)
    end = "So said the board.\n\nIt has not turned since, and its house is let to people who like the quiet."
    fill.article(5, START, title="The mill", text=f"{TIDE}. {end}")
    fill.comment(1, START + timedelta(days=30), text="Thanks!", author="noor")
    fill.finish()
    with Archive.open(path) as archive:
        update_copies(archive.db, archive.path)
        archive.db.execute("UPDATE comments SET gone_at = '2010-01-01T00:00:00Z' WHERE id = 3")
    return path


@pytest.fixture(scope="module")
def room(path: Path) -> Room:
    return Room(path)


def test_an_article_and_a_comment_lead_to_the_same_words(room: Room) -> None:
    page = room.text("/article/1")
    assert 'href="/comment/1/same-words">The same words in 4\xa0other places</a>' in page
    assert page.count("same-words") == 2, "nothing but the link and that of the footer"
    assert 'href="/article/5/same-words">The same words in 4\xa0other places</a>' in room.text("/article/5")


def test_the_timeline_has_each_place_the_earliest_first(room: Room) -> None:
    page = room.text("/comment/2/same-words")
    places = ["/article/5", "/comment/4", "/comment/3", "/comment/2", "/comment/1"]
    assert sorted(places, key=lambda place: page.index(f'<h3><a href="{place}"')) == places
    assert "In 5\xa0places, under 4 names" in page
    assert "Equal words prove nothing about who wrote them" in page
    assert page.count("removed</span>") == 1
    assert "a passage of 21\xa0words" in page
    assert "Marten &lt;b&gt;" in page
    assert "No other article or comment" in room.text("/comment/5/same-words")
    assert room.get("/comment/99/same-words").status_code == 404


def test_texts_under_several_names_are_listed(room: Room) -> None:
    page = room.text("/same-words")
    assert 'href="/comment/4/same-words">4\xa0comments under 3\xa0names</a>' in page
    assert "prove nothing" in page
    assert 'href="/same-words"' in room.text("/people")


def test_both_are_csv(room: Room) -> None:
    for page in ("/comment/2/same-words", "/same-words"):
        link = room.text(page).partition('Export: <a href="')[2].partition('"')[0].replace("&amp;", "&")
        answer = room.get(link)
        assert answer.status_code == 200
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert len(rows) == (5 if "comment" in page else 1)
    assert rows[0]["names"] == "3"


def test_an_archive_that_was_never_compared_says_so(tmp_path: Path) -> None:
    fill = made.Filler(tmp_path / "news.db")
    fill.article(1, START)
    fill.finish()
    page = Room(tmp_path / "news.db").text("/same-words")
    assert "1\xa0text is yet to be compared" in page
