"""Charts over time, as numbers that uPlot draws in the reader's browser (static/chart.js). Pure.

Time runs evenly: months without anything are there, as nought. Every chart is followed by its table, which is
the chart for those who cannot see it and where no script may run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_BARS = 160
"""More bars than that are no longer seen apart: then each stands for a year."""
LONGEST = 200
"""Years a chart may span; a date that a site made up draws no longer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Values over time.

    `shape` is "bars" for one series or "lines" for several; `unit` "month" or "year", and `spans` name
    them ("2009-07", "2009"). `series` are names with one value for each span, in percent if `percent`.
    """

    title: str
    shape: str
    unit: str
    spans: tuple[str, ...]
    series: Mapping[str, tuple[float, ...]]
    percent: bool = False

    @property
    def top(self) -> float:
        """The highest value."""
        every = (value for values in self.series.values() for value in values)
        return max(every, default=0)

    @property
    def numbers(self) -> list[tuple[str, float]]:
        """The spans of the first series that have anything, for a table."""
        first = next(iter(self.series.values()), ())
        pairs = zip(self.spans, first, strict=True)
        return [(span, value) for span, value in pairs if value]

    @property
    def data(self) -> str:
        """Return the chart's data for static/chart.js, as JSON."""
        data = {
            "shape": self.shape,
            "unit": self.unit,
            "percent": self.percent,
            "spans": self.spans,
            "names": list(self.series),
            "values": list(self.series.values()),
        }
        return json.dumps(
            data,
            ensure_ascii=False,
            separators=(",", ":"),
        )


def bars(title: str, name: str, months: Sequence[tuple[str, int]]) -> Chart:
    """Return a chart of numbers by month ("2009-07"); `name` labels the numbers."""
    filled = _filled(months)
    unit = "month"
    if len(filled) > MAX_BARS:
        filled = _by_year(filled)
        unit = "year"
    return Chart(
        title=title, shape="bars", unit=unit, spans=tuple(filled), series={name: tuple(filled.values())}
    )


def lines(title: str, spans: Sequence[str], series: Mapping[str, Mapping[str, float]]) -> Chart:
    """Return a chart of values in percent by month or year, as `spans` name them."""
    unit = "year"
    if len(spans[0]) > len("2009"):
        unit = "month"
    rounded = {}
    for name, values in series.items():
        rounded[name] = tuple(round(values.get(span, 0), 4) for span in spans)
    return Chart(title=title, shape="lines", unit=unit, spans=tuple(spans), series=rounded, percent=True)


def _filled(months: Sequence[tuple[str, int]]) -> dict[str, int]:
    known = dict(months)
    first = _number(min(known))
    last = _number(max(known))
    longest = first + 12 * LONGEST
    until = min(last, longest)
    names = map(_name, range(first, until + 1))
    return {name: known.get(name, 0) for name in names}


def _number(month: str) -> int:
    year = int(month[:4])
    return year * 12 + int(month[5:7]) - 1


def _name(number: int) -> str:
    year, month = divmod(number, 12)
    return f"{year:04}-{month + 1:02}"


def _by_year(months: Mapping[str, int]) -> dict[str, int]:
    years: dict[str, int] = {}
    for month, value in months.items():
        year = month[:4]
        years[year] = years.get(year, 0) + value
    return years
