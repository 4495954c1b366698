"""Dates of modification as listings state them, and the trust in those of a source. Pure.

Some plugins move the date at each view, so that every article would be fetched in each crawl.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

ENOUGH_VISITS = 10  # visits because of a moved date from which something follows
ONE_IN = 10  # the dates are trusted no longer where fewer visits than one in so many found a change
KEPT_VISITS = 200  # visits after which older ones count for half
PROBES = 2  # visits in one crawl while the dates are not trusted


@dataclass(frozen=True, slots=True)
class LastmodTrust:
    """Counts of visits that a moved date of modification caused: article unchanged, article changed."""

    same: int = 0
    changed: int = 0

    @property
    def is_lost(self) -> bool:
        """True if the dates move without a change."""
        total = self.same + self.changed
        return total >= ENOUGH_VISITS and self.changed * ONE_IN < total

    def after(self, same: int, changed: int) -> LastmodTrust:
        """Return the counts after some more visits."""
        total = LastmodTrust(self.same + same, self.changed + changed)
        if total.same + total.changed <= KEPT_VISITS:
            return total
        return LastmodTrust(total.same // 2, total.changed // 2)


def lastmod_moment(lastmod: str) -> datetime | None:
    """Return the moment (aware, UTC without a stated zone) of a listing's modification date, if valid."""
    try:
        moment = datetime.fromisoformat(lastmod)
    except ValueError:
        return None
    if moment.tzinfo:
        return moment
    return moment.replace(tzinfo=UTC)
