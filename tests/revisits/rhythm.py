"""A month of a newspaper with days, nights and weekends, for schedules: when its articles and comments come.

The threads are those of `arrivals`; an article waits for the hours of a newsroom, a comment for its reader to
be awake. Both shapes are assumptions: a newsroom that works on weekdays, and readers of one country. Their
nights are deeper than real ones: on ten real pages that were looked at, an hour of the night brought a fifth
as many comments as one at noon. Shallower nights leave a schedule less to learn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from crawler.schedule.learned import Auto
from tests.revisits.arrivals import Habits, threads

EPOCH = 1767571200.0  # Monday, 5 January 2026, 0:00 UTC
DAY = 86400.0
STUDIED, MEASURED = 56, 30  # days
_STEPS_AN_HOUR = 4
_FEWEST = 0.02  # items that are still to come, below which the bound leaves them out
_AWAKE = (0.25, 0.15, 0.1, 0.08, 0.08, 0.12, 0.25, 0.5, 0.8, *(1.0,) * 12, 0.9, 0.7, 0.45)
_AT_WORK = (*(0.01,) * 6, 0.2, 0.5, *(1.0,) * 9, 0.7, 0.4, *(0.1,) * 5)
_WEEKEND = {"reader": 0.6, "newsroom": 0.15}


def newspaper(seed: int, daily: float) -> list[float]:
    """Return the times of a paper's articles and comments, in seconds since 1970, sorted.

    They begin at EPOCH, for STUDIED and MEASURED days; `daily` is the number of new articles.
    """
    dice = Random(seed)
    days = STUDIED + MEASURED
    times = []
    for thread in threads(seed, old=3000, daily=daily, days=days, habits=Habits()):
        published = _at_hour(dice, thread.published, _AT_WORK, _WEEKEND["newsroom"])
        late = max(0.0, published - thread.published)
        times += [
            published,
            *(_at_hour(dice, came + late, _AWAKE, _WEEKEND["reader"]) for came in thread.comments),
        ]
    return sorted(EPOCH + time * DAY for time in times if 0 <= time < days)


def bound(seed: int, daily: float) -> float:
    """Return the least possible share of the crawls of a fixed interval with the same mean delay.

    That of one who knows the whole trace but for the minute of each item: how many comments each article will
    get, every comment at once, and the hours of readers and newsroom. Crawls as dense as the root of a rate
    have the least mean delay; their share is the square of the mean root, divided by the mean rate. Only one
    who knew the items' minutes beforehand could do better.
    """
    habits, days = Habits(), STUDIED + MEASURED
    site = threads(seed, old=3000, daily=daily, days=days, habits=habits)
    steps = MEASURED * 24 * _STEPS_AN_HOUR
    rates = [0.0] * steps
    for thread in site:
        firsts = len(thread.comments) * (1 - habits.replies)
        _spread(rates, thread.published, firsts, habits.scale, habits.fall)
        for came in thread.comments:
            _spread(rates, came, habits.replies, habits.reply_scale, 1.0)
    shaped = [
        rate * _AWAKE[_hour(step)] * _of_day(step, _WEEKEND["reader"]) + _articles(step, daily)
        for step, rate in enumerate(rates)
    ]
    mean_root = sum(map(math.sqrt, shaped)) / steps
    return mean_root**2 / (sum(shaped) / steps)


def bound_of_hours() -> float:
    """Return the same for one who knows the hours of readers alone."""
    week = [rate * (_WEEKEND["reader"] if day >= 5 else 1.0) for day in range(7) for rate in _AWAKE]
    return (sum(map(math.sqrt, week)) / len(week)) ** 2 / (sum(week) / len(week))


def played(times: Sequence[float], rule: Auto) -> tuple[int, float]:
    """Return the number of crawls in the measured days and the mean delay, in minutes.

    Each crawl knows what came before it. The rhythm is studied once, on the days before.
    """
    begin = EPOCH + STUDIED * DAY
    rhythm = rule.study([time for time in times if time < begin], begin)
    assert rhythm is not None
    measured = [time for time in times if time >= begin]
    crawls, seconds = rule.played(rhythm, measured, begin, begin + MEASURED * DAY)
    return crawls, seconds / 60


def _spread(rates: list[float], begin: float, count: float, scale: float, fall: float) -> None:
    """Add `count` items with the delays of `arrivals` after `begin` to the rate of each step."""
    first = STUDIED * 24 * _STEPS_AN_HOUR
    at = max(first, math.ceil(begin * 24 * _STEPS_AN_HOUR))
    before = _late_share((at / 24 / _STEPS_AN_HOUR - begin) / scale, fall)
    for step in range(at - first, len(rates)):
        if count * before < _FEWEST:
            return
        after = _late_share(((step + 1 + first) / 24 / _STEPS_AN_HOUR - begin) / scale, fall)
        rates[step] += count * (before - after)
        before = after


def _articles(step: int, daily: float) -> float:
    return daily / (24 * _STEPS_AN_HOUR) * _AT_WORK[_hour(step)] * _of_day(step, _WEEKEND["newsroom"])


def _hour(step: int) -> int:
    return step // _STEPS_AN_HOUR % 24


def _late_share(scales: float, fall: float) -> float:
    return (1 + max(0.0, scales)) ** -fall


def _of_day(step: int, weekend: float) -> float:
    return weekend if step // (24 * _STEPS_AN_HOUR) % 7 >= 5 else 1.0


def _at_hour(dice: Random, time: float, shape: Sequence[float], weekend: float) -> float:
    """Return the first moment from `time` on, in days, at which somebody is there."""
    if time < 0:
        return time
    while dice.random() >= shape[int(time % 1 * 24)] * (weekend if int(time) % 7 >= 5 else 1.0):
        time += dice.random() / 16
    return time
