"""How many requests a first full crawl takes, and how long at the polite rate. Pure arithmetic.

It counts what the site says of itself, and says how it counted; what is not known is not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Protocol

ENTRIES_PER_LISTING = 100  # posts or comments in one REST answer
RESPONSE_SECONDS = 0.5  # seconds a site takes for one answer, about


class SurveyCounts(Protocol):
    """Counts of a survey."""

    @property
    def posts_total(self) -> int | None:
        """Articles the site says it has."""

    @property
    def comments_total(self) -> int | None:
        """Comments the site says it has."""

    @property
    def crawl_delay(self) -> float | None:
        """Return the crawl delay that robots.txt requests, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The cost of a first full crawl. `seconds` is for the requests one after another."""

    requests: int
    delay: float
    seconds: float
    sentence: str


def estimate(site: SurveyCounts, delay: float) -> Estimate | None:
    """The cost of a first full crawl, or None where the site does not say how many articles it has."""
    if site.posts_total is None:
        return None
    posts, comments = site.posts_total, site.comments_total or 0
    listings = ceil(posts / ENTRIES_PER_LISTING) + ceil(comments / ENTRIES_PER_LISTING)
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
    """A length of time in the unit that suits it: "40 seconds", "3 hours", "2 days"."""
    for size, unit in ((31536000, "year"), (86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size:
            number = seconds / size
            shown = f"{number:.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")
            return f"{shown} {unit}s"
    return f"{max(1, round(seconds))} second{'' if round(seconds) <= 1 else 's'}"
