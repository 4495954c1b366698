"""What is new in a thread since a day or an earlier look: marked, counted, and led through."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import fixtures_archive as made
from tests.builders.room_server import Room

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOOK = "2026-03-05T06:00:00Z"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """A thread of 450 comments, one a day, of which the second was held back and came with the last."""
    path = tmp_path_factory.mktemp("fresh") / "news.db"
    fill = made.Filler(path)
    fill.article(1, DAY)
    ids = [fill.comment(1, DAY + timedelta(days=number)) for number in range(450)]
    fill.conn.execute("UPDATE comments SET first_seen = '2027-05-25T13:00:00Z' WHERE id = ?", [ids[1]])
    fill.finish()
    return Room(path)


def new(html: str) -> list[int]:
    return [int(found) for found in re.findall(r'<article class="comment new" id="comment-(\d+)"', html)]


def test_nothing_is_marked_unasked(room: Room) -> None:
    assert new(room.text("/article/1")) == []
    for since in ("yesterday", "2026", "<script>", "2026-03-01T00:00"):
        page = room.get("/article/1", params={"since": since})
        assert page.status_code == 200
        assert new(page.text) == []


def test_what_came_since_a_day_is_marked_and_led_through_over_pages(room: Room) -> None:
    since = "2027-05-20"
    page = room.text(f"/article/1?since={since}")
    assert "6\N{NO-BREAK SPACE}comments new since" in page
    assert new(page) == [2], "held back by the site: first seen since"
    assert f'href="/article/1?since={since}#comment-2">go to the first' in page
    assert f'href="/article/1?since={since}&amp;page=3#comment-446">Next new comment' in page
    assert f'href="/article/1?since={since}&amp;page=2#thread">Next</a>' in page
    last = room.text(f"/article/1?since={since}&page=3")
    assert new(last) == [446, 447, 448, 449, 450]
    assert last.count("Next new comment") == 4


def test_the_link_of_an_earlier_look_marks_only_what_came_after_it(room: Room) -> None:
    assert 'Coming back later? <a href="/article/1?since=2026-11-20T06:00:00Z#thread">' in room.text(
        "/article/1"
    )
    seen = room.text(f"/article/1?since={LOOK}")
    assert new(seen)[:3] == [2, 5, 6]
    assert "No new comments since" in room.text("/article/1?since=2030-01-01")
    everything = room.text("/article/1?since=2025-01-01")
    assert "450\N{NO-BREAK SPACE}comments new" in everything
