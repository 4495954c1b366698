"""Bounds on listings that never end.

Pure. Does not: fetch, or depend on what is listed. Invariant: a listing is followed no further than
MAX_BARREN_PAGES pages without a new entry, nor than a number of pages that follows from its first stated
length, or from a plausible length for a newspaper.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable

ENDLESS = "endless-listing"
MAX_BARREN_PAGES = 3
"""Pages in a row that may have no new entry, since entries move while a listing is read."""
PLAUSIBLE_PAGES = 2000
"""Pages of a listing that states no length: 200,000 entries of REST, 20,000 of a feed."""
_GROWTH = 10
"""Pages by which a listing may grow while it is read, and for each hundred pages one more."""


THREAD_PAGES = 20
"""Pages of a thread that are read in any case: the count that an article states is often stale."""
PLAUSIBLE_THREAD_PAGES = 1000
"""Pages of a thread whose article states no number: 50,000 comments at WordPress' default."""


def thread_cut(pages: int, comments: int, stated: int | None) -> str | None:
    """Return why a thread is followed no further, if so.

    `pages` is the number of pages so far, each with comments; `comments` the number of comments on them;
    `stated` the number that the article's page states, if any.
    """
    if pages < THREAD_PAGES:
        return None
    if stated is not None and comments > 2 * stated + 200:
        return f"it has {comments:,} comments so far, and its article states {stated:,}"
    if pages >= PLAUSIBLE_THREAD_PAGES:
        return f"it continues after {pages:,} pages"
    return None


class Course:
    """Progress through one listing.

    `cut` is a clause if the listing was left before its end.
    """

    def __init__(self, barren: int = MAX_BARREN_PAGES, pages: int = PLAUSIBLE_PAGES) -> None:
        self.pages = 0
        self.cut: str | None = None
        self._barren = barren
        self._most = pages
        self._stated: int | None = None
        self._in_vain = 0
        self._known: set[Hashable] = set()

    def state(self, pages: int | None) -> None:
        """Record the number of pages that the listing states; the first counts."""
        if self._stated is None and pages is not None:
            self._stated = pages
            self._most = pages + pages // 100 + _GROWTH

    def brings(self, entries: Collection[Hashable]) -> bool:
        """True if a page's entries make another page worth a request."""
        self.pages += 1
        fresh = set(entries) - self._known
        self._known |= fresh
        self._in_vain = 0 if fresh else self._in_vain + 1
        if self._in_vain >= self._barren:
            self.cut = f"{self._in_vain} pages in a row had no new entry"
        elif self.pages >= self._most:
            end = f"where it stated {self._stated:,}" if self._stated is not None else "and states no end"
            self.cut = f"it continues after {self.pages:,} pages {end}"
        return self.cut is None
