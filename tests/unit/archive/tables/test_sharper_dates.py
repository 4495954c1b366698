"""A day yields to the instant that another surface tells of it, in either order."""

from __future__ import annotations

import pytest

from archive.core.records import Surface
from archive.tables.change_detection import drop_no_changes
from archive.tables.merge import merge

DAY, INSTANT = "2024-06-08", "2024-06-08T06:30:00Z"
PAGE, FEED = {"published": "page:time"}, {"published": "feed:entry"}


@pytest.mark.parametrize("fill_only", [frozenset[str](), frozenset({"published"})])
@pytest.mark.parametrize("instant", [INSTANT, "2024-06-07T22:30:00Z", "2024-06-09T03:00:00Z"])
def test_instant_of_a_feed_sharpens_the_day_of_a_page(instant: str, fill_only: frozenset[str]) -> None:
    told = merge(
        {"published": DAY},
        PAGE,
        {"published": instant},
        FEED,
        surface=Surface.FEED,
        watched=frozenset({"published"}),
        fill_only=fill_only,
    )
    assert told.values == {"published": instant}
    assert told.edited == ()


@pytest.mark.parametrize(
    ("held", "said", "is_taken"),
    [
        (INSTANT, DAY, False),  # the page says the day again: nothing new
        (INSTANT, "2024-06-12", True),  # another day
        (DAY, "2024-06-12", True),
        (DAY, "soon", True),
        (None, DAY, True),
    ],
)
def test_day_of_a_page_never_blunts_an_instant(held: str | None, said: str, is_taken: bool) -> None:
    told = merge(
        {"published": held},
        FEED if held == INSTANT else PAGE,
        {"published": said},
        PAGE,
        surface=Surface.PAGE,
        watched=frozenset({"published"}),
    )
    assert told.values == ({"published": said} if is_taken else {})


@pytest.mark.parametrize(
    ("held", "said", "is_taken"),
    [
        ("page:time", "page:htmldate", False),  # a theme that prints no date
        ("page:htmldate", "page:time", True),
        ("page:htmldate", "page:htmldate", True),
        ("page:htmldate, agreed", "feed:entry", True),
    ],
)
def test_guessed_date_gives_way_and_is_no_edit(held: str, said: str, is_taken: bool) -> None:
    old = {"published": "2024-06-01"}
    told = merge(
        old,
        {"published": held},
        {"published": DAY},
        {"published": said},
        surface=Surface.PAGE,
        watched=frozenset({"published"}),
    )
    told = drop_no_changes(old, {"published": held}, told)
    assert (told.values, told.edited) == ({"published": DAY} if is_taken else {}, ())
