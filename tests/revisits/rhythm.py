"""A month of a newspaper with days, nights and weekends, for schedules: when its articles and comments come.

The threads are those of `arrivals`; an article waits for the hours of a newsroom, a comment for its reader to
be awake. Both shapes are assumptions: a newsroom that works on weekdays, and readers of one country.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from crawler.schedule.learned import Auto
from tests.revisits.arrivals import Habits, threads

EPOCH = 1767571200.0  # Monday, 5 January 2026, 0:00 UTC
DAY = 86400.0
STUDIED, MEASURED = 56, 30  # days
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


def _at_hour(dice: Random, time: float, shape: Sequence[float], weekend: float) -> float:
    """Return the first moment from `time` on, in days, at which somebody is there."""
    if time < 0:
        return time
    while dice.random() >= shape[int(time % 1 * 24)] * (weekend if int(time) % 7 >= 5 else 1.0):
        time += dice.random() / 16
    return time
