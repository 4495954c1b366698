"""Measuring by turns: each variant once in each round, and the median of the rounds."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Measure = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of a table: what was measured, its value, and how many times the baseline that is.

    `bound` is what the ratio should be at most, None where there is no goal.
    """

    what: str
    value: float
    unit: str
    ratio: float | None = None
    bound: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What one bench has measured."""

    title: str
    corpus: str
    figures: tuple[Figure, ...]
    note: str = ""


def by_turns(variants: Mapping[str, Measure], rounds: int) -> dict[str, list[float]]:
    """Return what each variant measured in each round; the order turns from round to round."""
    names = list(variants)
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            gc.collect()
            found[name].append(variants[name]())
    return found


def compared(
    variants: Mapping[str, Measure], rounds: int, unit: str, bounds: Mapping[str, float] | None = None
) -> tuple[Figure, ...]:
    """Return a figure for each variant; ratios are to the first one, round by round."""
    found = by_turns(variants, rounds)
    base = found[next(iter(found))]
    return tuple(
        Figure(
            what=name,
            value=statistics.median(values),
            unit=unit,
            ratio=statistics.median(one / other for one, other in zip(values, base, strict=True)),
            bound=(bounds or {}).get(name),
        )
        for name, values in found.items()
    )


def cpu_milliseconds(work: Callable[[], object], times: int) -> Measure:
    """Return a measure of this process's CPU time for each of so many pieces of work."""

    def measured() -> float:
        began = time.process_time()
        work()
        return (time.process_time() - began) * 1000 / times

    return measured
