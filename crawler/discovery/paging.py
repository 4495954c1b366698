"""How a REST listing is read to its end, also where a site gives fewer entries a page than it is asked for.

Pure. What came counts, and not what was asked for: some plugins cap a page without saying so, and WordPress
then counts the pages of comments wrongly. Invariant: a page that brings nothing new ends the listing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from archive.core.records import Page
from crawler.discovery import rest

_ROUTE = re.compile(r"/wp/v2/([\w-]+)")


def route_of(url: str) -> str:
    """Return the route of a REST request, as "comments"; "" where there is none."""
    parts = urlsplit(url)
    found = _ROUTE.search(dict(parse_qsl(parts.query)).get("rest_route", parts.path))
    return found[1] if found else ""


def from_offset(url: str, offset: int) -> str:
    """Return the URL of a listing's entries from the `offset`-th on, in place of a numbered page."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "page"]
    query.append(("offset", str(offset)))
    return urlunsplit(parts._replace(query=urlencode(query, safe="/,:")))


def covered(came: int, total: int | None, place: int, size: int | None) -> int:
    """Return how many places of a listing an answer covers that begins at `place`.

    An answer is short because the site shows some to nobody, or because it gives fewer than it is asked for:
    so it is taken where it has as many as its largest ever (`size`), or half of what was to come.
    """
    expected = rest.PER_PAGE if total is None else min(rest.PER_PAGE, total - place)
    if came == 0 or came >= expected:
        return rest.PER_PAGE
    return came if came == size or 2 * came <= expected else rest.PER_PAGE


class Paging:
    """The way through one listing. `sizes` are the most entries that an answer of each route has had."""

    def __init__(self, address: Callable[[int], str], sizes: MutableMapping[str, int]) -> None:
        self.url = address(1)
        self.is_first = True
        self._address = address
        self._sizes = sizes
        self._route = route_of(self.url)
        self._number = 1
        self._place: int | None = None  # where the next answer begins, once pages are not counted any more
        self._largest = 0
        self._seen: set[str] = set()
        self._before = b""

    def ends_with(self, page: Page) -> bool:
        """True if an answer says that there is nothing at this place."""
        return not self.is_first and rest.is_past_the_end(page, 2)

    def advance(self, page: Page) -> bool:
        """Go on behind an answer; False where it was the last one."""
        ids = rest.read_ids(page) or set()
        new = ids - self._seen
        repeated = bool(ids) and not new
        came, total = len(rest.read_array(page) or ()), rest.total(page)
        self._largest = max(self._largest, came)
        self._note_size(is_capped=self._place is not None and bool(new))
        self._seen |= ids
        self.is_first = False
        if repeated:
            return False
        if self._place is None and covered(came, total, self._begin, self._size) == rest.PER_PAGE:
            return self._count_on(page)
        return self._step_on(came, total)

    @property
    def _begin(self) -> int:
        return (self._number - 1) * rest.PER_PAGE

    @property
    def _size(self) -> int | None:
        return self._sizes.get(self._route)

    def _note_size(self, *, is_capped: bool) -> None:
        """Remember the largest answer; a cap that was proved replaces what was remembered."""
        known = self._largest if is_capped else max(self._largest, self._size or 0)
        if known:
            self._sizes[self._route] = known

    def _count_on(self, page: Page) -> bool:
        """Go to the next numbered page."""
        pages = rest.page_count(page, self._number, self._before)
        self._number, self._before = self._number + 1, page.body
        self.url = self._address(self._number)
        return self._number <= pages

    def _step_on(self, came: int, total: int | None) -> bool:
        """Go to the place behind what came."""
        begin = self._begin if self._place is None else self._place
        self._place = begin + self._largest
        self.url = from_offset(self._address(1), self._place)
        return self._place < total if total is not None else came >= self._largest > 0
