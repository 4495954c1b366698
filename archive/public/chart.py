"""Bars and lines over time, as numbers a template draws in SVG. Pure. Beside every chart stands its table.

Drawn by the server: so a chart is there without JavaScript, in print and under the strictest
Content-Security-Policy, and a screen reader has its title and its table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, TALL = 640, 120, 240
LETTER = 15
"""The height of a line of text in a chart."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: its points as SVG writes them, where its name stands, and the number of its pattern."""

    name: str
    points: str
    label: float
    pattern: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A chart of several lines, each named at its end; `steps` are heights and values of the axis."""

    title: str
    lines: tuple[Line, ...]
    steps: tuple[tuple[float, str], ...]
    years: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = TALL


def lines(title: str, spans: Sequence[str], series: Mapping[str, Mapping[str, float]]) -> Lines:
    """A chart of values in percent by year or month, as `spans` name them. Time runs evenly."""
    names = _filled([(span, 0) for span in spans]) if len(spans[0]) > 4 else _years_filled(spans)
    step = WIDTH / max(1, len(names) - 1)
    places = {name: index * step for index, (name, _) in enumerate(names)}
    top = _above(max((value for values in series.values() for value in values.values()), default=0))

    def height(value: float) -> float:
        return round(TALL - value / top * TALL, 2)

    ends = {name: height(values.get(spans[-1], 0)) for name, values in series.items()}
    labels = _apart(ends)
    drawn = tuple(
        Line(
            name=name,
            points=" ".join(f"{places[span]:.2f},{height(values.get(span, 0))}" for span in spans),
            label=labels[name],
            pattern=number,
        )
        for number, (name, values) in enumerate(series.items())
    )
    steps = tuple((height(value), f"{value:g} %") for value in (0, top / 2, top))
    return Lines(title=title, lines=drawn, steps=steps, years=_years([name for name, _ in names], step))


def _above(value: float) -> float:
    """The next round number: 1, 2 or 5 with zeros."""
    unit = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= value)


def _apart(ends: Mapping[str, float]) -> dict[str, float]:
    """Where the names of lines stand beside their ends, so that none covers another."""
    placed: dict[str, float] = {}
    lowest: float = TALL + LETTER
    for name, end in sorted(ends.items(), key=lambda pair: -pair[1]):
        lowest = placed[name] = round(min(end, lowest - LETTER), 2)
    return placed


def _years_filled(spans: Sequence[str]) -> list[tuple[str, int]]:
    first, last = int(min(spans)), int(max(spans))
    return [(f"{year:04}", 0) for year in range(first, min(last, first + 200) + 1)]


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
