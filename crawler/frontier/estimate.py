"""Estimate of the requests and duration of a first full crawl.

Pure arithmetic on the totals that the site states, with the count in its sentence. Does not: guess an unknown
total.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Protocol

ENTRIES_PER_LISTING = 100  # posts or comments in one REST response
RESPONSE_SECONDS = 0.5  # typical duration of one response


class SurveyCounts(Protocol):
    """Totals of a survey."""

    @property
    def posts_total(self) -> int | None:
        """Return the stated number of articles, if any."""

    @property
    def comments_total(self) -> int | None:
        """Return the stated number of comments, if any."""

    @property
    def crawl_delay(self) -> float | None:
        """Return the crawl delay of robots.txt in seconds, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Cost of a first full crawl.

    `delay` is in seconds between requests; `seconds` is for all requests in sequence.
    """

    requests: int
    delay: float
    seconds: float
    sentence: str


def estimate(site: SurveyCounts, delay: float) -> Estimate | None:
    """Return the cost of a first full crawl.

    No result where the site states no number of articles. `delay` is the configured delay in seconds.
    """
    if site.posts_total is None:
        return None
    posts = site.posts_total
    comments = site.comments_total or 0
    post_listings = ceil(posts / ENTRIES_PER_LISTING)
    comment_listings = ceil(comments / ENTRIES_PER_LISTING)
    listings = post_listings + comment_listings
    requests = posts + listings
    pace = max(delay, site.crawl_delay or 0.0)
    seconds = requests * max(pace, RESPONSE_SECONDS)
    return Estimate(
        requests=requests,
        delay=pace,
        seconds=seconds,
        sentence=(
            f"A first full crawl takes about {requests:,} requests and {duration(seconds)}: "
            f"{posts:,} pages of articles and {listings:,} listings of {ENTRIES_PER_LISTING}, "
            + (
                f"one request every {pace:g} s."
                if pace >= RESPONSE_SECONDS
                else f"each about {RESPONSE_SECONDS:g} s."
            )
        ),
    )


def duration(seconds: float) -> str:
    """Return a duration in a suitable unit, as "3 hours".

    Other examples are "40 seconds", "2 days" and "1.5 years".
    """
    for size, unit in ((31536000, "year"), (86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size:
            number = seconds / size
            shown = f"{number:.0f}"
            if number < 10:
                shown = f"{number:.1f}".removesuffix(".0")
            return f"{shown} {unit}s"
    number = max(1, round(seconds))
    return f"{number} second{'' if number == 1 else 's'}"
