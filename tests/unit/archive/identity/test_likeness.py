"""Titles, dates and texts are compared in any script, and a digest leaves out what each address changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.identity.likeness import fingerprint, same_date, same_text, same_title

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Harbour lights", "HARBOUR LIGHTS!", True),
        ("Harbour lights at last", "Harbour lights at last - The Gull Gazette", True),
        ("Harbour lights settled", "Harbour lights are settled", True),
        ("港口的灯终于亮了", "港口的灯终于亮了吗", True),
        ("Harbour lights", "Page not found", False),
        ("Harbour lights", "Before you continue", False),
        ("港口的灯终于亮了", "页面不存在", False),
        ("Fog", "Log", False),
        ("Harbour lights", None, False),
        ("", "", False),
    ],
)
def test_titles_are_compared_by_their_letters(one, other, same):
    assert same_title(one, other) is same_title(other, one) is same


@pytest.mark.parametrize(
    ("other", "same", "zones"),
    [
        (NOON, True, True),
        (NOON + timedelta(hours=5), False, True),
        (NOON + timedelta(hours=5, minutes=7), False, False),
        (NOON + timedelta(days=3), False, False),
        (date(2026, 3, 1), True, True),
        (date(2026, 3, 4), False, False),
        (None, False, False),
    ],
)
def test_dates_agree_by_instant_day_or_zone(other, same, zones):
    assert (same_date(NOON, other), same_date(NOON, other, zones=True)) == (same, zones)


@given(st.text(), st.text())
def test_likeness_takes_any_text(one, other):
    assert same_text(one, other) is same_text(other, one)
    assert same_title(one, other) is same_title(other, one)
    assert fingerprint(one, other) == fingerprint(one, other)


def test_digest_leaves_out_numbers_and_its_own_address():
    wall = "Nothing at /{0}/ for the word {0}, says guard number {1}. Please go back."
    one, other = (f"https://gull.example/{slug}/" for slug in ("lights", "nets"))
    assert fingerprint(wall.format("lights", 77), one) == fingerprint(wall.format("nets", 4012), other)
    assert fingerprint("Quite another thing is said here.", one) != fingerprint(wall.format("x", 1), one)
    assert fingerprint("Too short", one) is None
