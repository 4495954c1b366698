"""The nearest name to a misspelt one."""

from __future__ import annotations

import pytest

from archive.core.nearest_name import nearest

NAMES = ("Marge", "Dilys O'Mara", "Ansel Threadgould", "url")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Omara", "Dilys O'Mara"),  # a part that is close is nearer than a whole that is less
        ("Dilys Omara", "Dilys O'Mara"),
        ("marg", "Marge"),
        ("treadgould", "Ansel Threadgould"),
        ("ulr", "url"),
    ],
)
def test_nearest_name_is_that_with_the_fewest_slips(typed: str, meant: str) -> None:
    assert nearest(typed, NAMES) == f" (did you mean “{meant}”?)"


@pytest.mark.parametrize("typed", ["", "zzzzz", "url"])
def test_what_is_like_no_other_name_has_no_near_one(typed: str) -> None:
    assert nearest(typed, NAMES) == ""
