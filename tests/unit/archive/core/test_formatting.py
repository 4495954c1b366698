"""CSV is what Python's own module writes."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.core.formatting import csv_line

CELLS = st.none() | st.integers() | st.floats() | st.binary() | st.text() | st.text('a",;\r\n\t \0')


def expected(row: list[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(row)
    return out.getvalue()


@given(st.lists(CELLS))
def test_line_is_that_of_the_csv_module(row: list[object]) -> None:
    assert csv_line(row) == expected(row)


@pytest.mark.parametrize("row", [[], [""], [None], ["", ""], ['"'], ["a\rb"], [" a"], ["é,\ud800"]])
def test_line_of_a_corner(row: list[object]) -> None:
    assert csv_line(row) == expected(row)
