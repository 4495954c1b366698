"""A day yields to the instant that another surface tells of it, in either order."""

from __future__ import annotations

import pytest

from archive.core.records import Surface
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
