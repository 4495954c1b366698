"""What only others had seen is told as theirs, on the pages of an article's past."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.room_server import Room
from tests.builders.witnessed import WORDS, Desk, article, remark
from tests.web.test_public_pages import words

LIBRARY, MUSEUM = "Harbour Library", "Quay Museum"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """An article that others saw in 2010 and 2012, and we in 2020 and 2022, each time with other words."""
    folder = tmp_path_factory.mktemp("witnesses")
    desk = Desk(folder)
    gone = remark(3)
    desk.take(0, article(gone), gone, witness=LIBRARY)
    desk.take(2, article(text=WORDS.format("middle")), witness=MUSEUM)
    desk.crawl(10, article(text=WORDS.format("upper")))
    desk.crawl(12, article(text=WORDS.format("outer")))
    desk.close()
    return Room(folder / "archive.db")


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2011-01-01", f"as {LIBRARY} had seen it by then: version 1"),
        ("2013-01-01", f"as {LIBRARY} and {MUSEUM} had seen it by then: version 2"),
        ("2020-06-01", "as this archive had seen it by then: version 3"),
        ("2023-01-01", "as this archive had seen it by then: version 4"),
        ("2001-01-01", f"Nobody is known to have seen it by 1 January 2001 . The first version was seen on"
         f" 1 January 2010, 00:00 UTC by {LIBRARY}"),
    ],
)  # fmt: skip
def test_a_past_state_is_told_as_seen_by_who_saw_it(room: Room, at: str, told: str) -> None:
    assert told in words(room.text(f"/article/1/as-of?at={at}"))


def test_an_edit_before_our_first_visit_was_between_two_observations(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.take(0, article(), witness=LIBRARY)
    desk.take(2, article(text=WORDS.format("middle")), witness=MUSEUM)
    desk.crawl(10, article(text=WORDS.format("upper")))
    desk.close()
    told = words(Room(tmp_path / "archive.db").text("/article/1"))
    assert "Edited twice, last between 1 January 2012 and 30 December 2019" in told


def test_an_edit_between_our_own_visits_is_dated_by_them(room: Room) -> None:
    assert "Edited 3 times, last on 29 December 2021" in words(room.text("/article/1"))


def test_versions_of_what_was_removed_say_that_its_words_stayed(room: Room) -> None:
    told = words(room.text("/comment/1/versions"))
    assert "removed" in told
    assert "Its words have not changed since it was first seen on 1 January 2010" in told
