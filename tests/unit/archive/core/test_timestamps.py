"""Times as text."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from archive.core.timestamps import is_span, last_day


@pytest.mark.parametrize(
    ("span", "day"),
    [
        ("1990", "1990-12-31"),
        ("2024-02", "2024-02-29"),
        ("2023-02", "2023-02-28"),
        ("2009-07-15", "2009-07-15"),
    ],
)
def test_a_span_ends_with_its_last_day(span: str, day: str) -> None:
    assert last_day(span) == day


def test_last_day_of_each_month_is_the_day_before_the_next() -> None:
    day = date(2019, 12, 31)
    while day.year < 2025:
        span = f"{day:%Y-%m}"
        assert is_span(span)
        assert last_day(span) == day.isoformat()
        first = day + timedelta(days=1)
        day = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
