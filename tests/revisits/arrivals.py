"""When comments come: a newspaper's threads as a random process, from a seed. It knows no crawler.

The parameters were chosen to resemble threads of real WordPress sites. On nine of twelve pages that were
looked at, news and essays, half of a thread came within minutes to six days of its first comment, and nine
tenths within an hour to a hundred days; the other three, a recipe, a list and a sports page, went on
evenly for years. How large threads are, how often an old one wakes, and how often something is edited or
removed, is an assumption; each stands below with its reason. There is no day and no night.

Times are days, counted from the beginning of the time that is measured; earlier ones are negative.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How the readers of a site behave. The values are those of the site that the figures are told for."""

    typical: float = 4.0  # comments on the middling article; many have none, since sizes differ widely:
    spread: float = 1.4  # of the logarithm of sizes, so that one thread in a hundred is 25 times as large
    scale: float = 0.25  # days; with `fall`, half of the comments have come after 0.35 days, nine tenths
    fall: float = 0.8  # after 4.2 days and 99 of 100 after 79: a power law, as in the pages above
    replies: float = 0.4  # that one comment draws; they come fast, which makes the bursts
    reply_scale: float = 0.05  # days until half of the replies are there
    evergreen: float = 0.01  # the share of articles that are found by searching, as recipes are …
    evergreen_rate: float = 12.0  # … and their comments a year, for as long as they stand
    revivals: float = 0.01  # a year for each article: somebody links to it, however old it is
    revived: float = 8.0  # comments that come of it, half of them within half a day
    edits: float = 0.4  # of an article: mistakes are found early, half of them within 2.4 hours
    changes: float = 0.04  # the share of comments that are edited or removed later, half within a day


@dataclass(frozen=True, slots=True)
class Thread:
    """An article's life: when it was published, commented on, and when something in it changed."""

    published: float
    comments: list[float]
    changes: list[float]


def threads(seed: int, *, old: int, daily: float, days: float, habits: Habits) -> list[Thread]:
    """The articles of a site: `old` ones of the ten years before, and `daily` new ones for `days`."""
    dice = Random(seed)
    published = [-3650.0 * dice.random() for _ in range(old)]
    published += [days * dice.random() for _ in range(round(daily * days))]
    return [_thread(dice, day, days, habits) for day in sorted(published)]


def _thread(dice: Random, published: float, end: float, habits: Habits) -> Thread:
    life = end - published
    first = [_late(dice, habits.scale, habits.fall) for _ in range(_poisson(dice, _size(dice, habits)))]
    if dice.random() < habits.evergreen:
        first += _evenly(dice, life, habits.evergreen_rate / 365)
    for revival in _evenly(dice, life, habits.revivals / 365):
        first += [revival + _late(dice, 0.5, 1.0) for _ in range(_poisson(dice, habits.revived))]
    comments = [age for one in first for age in _with_replies(dice, one, habits) if age < life]
    changes = [_late(dice, 0.1, 1.0) for _ in range(_poisson(dice, habits.edits))]
    changes += [age + _late(dice, 1.0, 1.0) for age in comments if dice.random() < habits.changes]
    return Thread(
        published,
        sorted(published + age for age in comments),
        sorted(published + age for age in changes if age < life),
    )


def _size(dice: Random, habits: Habits) -> float:
    return habits.typical * math.exp(dice.gauss(0.0, habits.spread)) * (1 - habits.replies)


def _with_replies(dice: Random, age: float, habits: Habits) -> Iterator[float]:
    yield age
    for _ in range(_poisson(dice, habits.replies)):
        yield from _with_replies(dice, age + _late(dice, habits.reply_scale, 1.0), habits)


def _late(dice: Random, scale: float, fall: float) -> float:
    """A delay with the tail of a power law: longer than t with the probability (1 + t/scale)^-fall."""
    return scale * (dice.random() ** (-1 / fall) - 1)


def _evenly(dice: Random, life: float, rate: float) -> list[float]:
    return [life * dice.random() for _ in range(_poisson(dice, rate * life))]


def _poisson(dice: Random, mean: float) -> int:
    count, passed = 0, dice.expovariate(1.0)
    while passed < mean:
        count, passed = count + 1, passed + dice.expovariate(1.0)
    return count
