"""Bars over time, as numbers a template draws in SVG. Pure. Beside every chart stands its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 120
MOST = 160
"""More bars than that are no longer seen apart: then each stands for a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: where it stands and what it says."""

    x: float
    width: float
    height: float
    label: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A chart: its bars from left to right, its highest value, and the years below it."""

    title: str
    unit: str
    bars: tuple[Bar, ...]
    top: int
    years: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT


def bars(title: str, months: Sequence[tuple[str, int]]) -> Bars:
    """A chart of values by month ("2009-07"). Months that are not named stand empty: time runs evenly."""
    filled = _filled(months)
    unit = "month"
    if len(filled) > MOST:
        filled, unit = _by_year(filled), "year"
    step = WIDTH / len(filled)
    top = max(1, *(value for _, value in filled))
    drawn = tuple(
        Bar(
            x=round(index * step, 2),
            width=round(max(step * 0.8, 0.8), 2),
            height=round(value / top * HEIGHT, 2),
            label=label,
            value=value,
        )
        for index, (label, value) in enumerate(filled)
        if value
    )
    return Bars(
        title=title, unit=unit, bars=drawn, top=top, years=_years([label for label, _ in filled], step)
    )


def _filled(months: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    known = dict(months)
    first, last = (_number(min(known)), _number(max(known)))
    names = (
        f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, min(last, first + 12 * 200) + 1)
    )
    return [(name, known.get(name, 0)) for name in names]


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _by_year(months: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    years: dict[str, int] = {}
    for month, value in months:
        years[month[:4]] = years.get(month[:4], 0) + value
    return list(years.items())


def _years(labels: Sequence[str], step: float) -> tuple[tuple[float, str], ...]:
    """The years that are written below: so many that they do not run into one another."""
    starts = [
        (round(i * step, 2), label[:4])
        for i, label in enumerate(labels)
        if i == 0 or label[:4] != labels[i - 1][:4]
    ]
    every = -(-len(starts) // 8)
    return tuple(start for index, start in enumerate(starts) if index % every == 0 and start[0] < WIDTH - 20)
