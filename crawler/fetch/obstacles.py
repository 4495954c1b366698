"""Count of a crawl's obstacles: does the whole site refuse us, or every article page of it?

One rule: a site is closed where no response was open. A response of status 200 is open unless it shows the
text that other URLs show as well. Does not: name a wall.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus

from archive.core.crawl_state import WallKind
from archive.core.records import Page, PageKind
from crawler.fetch.walls import Obstacle, ShownPage, obstacle_of, obstacle_of_failure, shown_page

MIN_OBSTACLES = 3  # obstacles without any open response: then no more requests are sent
_GOOD = {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}


@dataclass(slots=True)
class ObstacleCount:
    """Obstacles and open responses of one kind of page.

    `in_a_row` are the obstacles since the last open response.
    """

    met: Counter[Obstacle] = field(default_factory=Counter)
    in_a_row: Counter[Obstacle] = field(default_factory=Counter)
    open_answers: int = 0
    _shown: dict[str, set[str]] = field(default_factory=dict)
    _has_rest: bool = False  # True if REST was among the URLs that showed one page with the text of a wall
    _repeated: Obstacle | None = None

    def note(self, obstacle: Obstacle) -> None:
        """Count an obstacle."""
        self.met[obstacle] += 1
        self.in_a_row[obstacle] += 1

    def note_good(self, page: Page, shown: ShownPage | None) -> None:
        """Count a response without an obstacle.

        `shown` is None if it is open beyond doubt.
        """
        if shown is None or shown.obstacle is None:
            self.open_answers += 1
            self.in_a_row.clear()
            return
        self._shown.setdefault(shown.digest, set()).add(page.url)
        self._has_rest |= page.kind is PageKind.POSTS and shown.obstacle.kind is not WallKind.ONE_PAGE
        self._repeated = shown.obstacle
        if len(self._shown) > 1:
            self.in_a_row.clear()

    @property
    def is_open(self) -> bool:
        """True if a response was open.

        It gave a listing, or a page that no other URL shows.
        """
        return self.is_decided or 0 < self._repeats < MIN_OBSTACLES

    @property
    def is_decided(self) -> bool:
        """True if no further response can make it closed."""
        return self.open_answers > 0 or len(self._shown) > 1

    @property
    def obstacle(self) -> Obstacle | None:
        """Return the most common obstacle, if any.

        No result if any response was open.
        """
        if self.is_open:
            return None
        found = self.met + Counter({self._repeated: self._repeats} if self._repeated else {})
        return found.most_common(1)[0][0] if found else None

    @property
    def is_suspected(self) -> bool:
        """True if MIN_OBSTACLES were met and no response was open.

        A page that other URLs show as well counts from REST on: a site may answer all but REST with one. One
        without the text of a wall counts at the end alone: its links may lead to others.
        """
        repeats = self._repeats if self._has_rest else 0
        return self.obstacle is not None and self.met.total() + repeats >= MIN_OBSTACLES

    @property
    def is_closed(self) -> bool:
        """True if MIN_OBSTACLES were met and nothing was open."""
        return self.obstacle is not None and self.met.total() + self._repeats >= MIN_OBSTACLES

    @property
    def _repeats(self) -> int:
        return len(next(iter(self._shown.values()), ()))


@dataclass(slots=True)
class Obstacles:
    """Obstacles of a crawl: of the whole site, and of its article pages."""

    site: ObstacleCount = field(default_factory=ObstacleCount)
    pages: ObstacleCount = field(default_factory=ObstacleCount)

    def note_answer(self, page: Page) -> None:
        """Count a response: an obstacle, an open page, or neither.

        Neither is a 404, or REST's own error.
        """
        counts = [self.site, self.pages] if page.kind is PageKind.ARTICLE else [self.site]
        if (obstacle := obstacle_of(page)) is not None:
            for each in counts:
                each.note(obstacle)
        elif page.status in _GOOD:
            is_decided = all(each.is_decided for each in counts)
            shown = None if is_decided else shown_page(page)
            for each in counts:
                each.note_good(page, shown)

    def note_failure(self, error: BaseException, kind: PageKind | None = None) -> None:
        """Count a response that did not arrive."""
        if (obstacle := obstacle_of_failure(error)) is not None:
            self.site.note(obstacle)
            if kind is PageKind.ARTICLE:
                self.pages.note(obstacle)

    @property
    def found(self) -> tuple[Obstacle, str] | None:
        """Return the obstacle to all pages, if any.

        To the whole site or to all article pages, with its sentence.
        """
        if (obstacle := self.site.obstacle) is not None:
            return obstacle, obstacle.sentence()
        if self.pages.is_closed and (obstacle := self.pages.obstacle) is not None:
            return obstacle, obstacle.sentence("every article page")
        return None

    @property
    def last(self) -> tuple[Obstacle, str] | None:
        """Return the obstacle since the last open response.

        With its sentence. It names a wall that appears in the middle of a crawl.
        """
        row = self.site.in_a_row
        if row.total() < MIN_OBSTACLES:
            return None
        obstacle = row.most_common(1)[0][0]
        return obstacle, obstacle.sentence(f"the last {row.total()} requests")

    @property
    def is_suspected(self) -> bool:
        """True if MIN_OBSTACLES were met and no response was open.

        Then the whole site is perhaps closed by a wall.
        """
        return self.site.is_suspected
