"""True if a source's dates of modification say that something has changed, as learned from what came of them.

Some plugins move the date at each view, so that every article would be fetched in each crawl. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

NOTE = "mark-trust"  # the bookmark of what was learned of a source
ENOUGH = 10  # visits because of such a date from which something follows
ONE_IN = 10  # so rarely something must have changed that the dates are trusted no longer
KEPT = 200  # visits after which older ones count for half
PROBES = 2  # visits in one crawl while the dates are not trusted


@dataclass(frozen=True, slots=True)
class Trust:
    """Counts of visits by moved dates: unchanged and changed."""

    same: int = 0
    changed: int = 0

    @property
    def is_lost(self) -> bool:
        """True if the dates move without a change."""
        total = self.same + self.changed
        return total >= ENOUGH and self.changed * ONE_IN < total

    def after(self, same: int, changed: int) -> Trust:
        """Return what is known after some more visits."""
        total = Trust(self.same + same, self.changed + changed)
        if total.same + total.changed <= KEPT:
            return total
        return Trust(total.same // 2, total.changed // 2)


def read(note: str | None) -> Trust:
    """Parse the stored counts; zero where there are no counts."""
    return Trust(*map(int, note.split())) if note else Trust()


def write(trust: Trust) -> str:
    """Return what was learned as a note."""
    return f"{trust.same} {trust.changed}"
