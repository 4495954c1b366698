"""Content of the demo newspaper at a moment, and its events.

paper.json.gz has the newspaper as it was when it was made, and a list of events. A time in it is a number of
seconds: up to 0 it counts back from the moment of making, above 0 it counts from the start of this newspaper.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from crawler.demo.story import told

NAME = "The Averil Packet"
TAGLINE = "News of the harbour and the hills since 1871"
FILE = Path(__file__).with_name("paper.json.gz")


@dataclass(frozen=True, slots=True)
class PaperTerm:
    """Author, category or tag; `kind` is also the first part of its path."""

    id: int
    kind: str
    slug: str
    name: str
    about: str = ""

    @property
    def path(self) -> str:
        """Return the path of the page that lists its articles."""
        return f"/{self.kind}/{self.slug}"


@dataclass(frozen=True, slots=True)
class PaperArticle:
    """Published article.

    Times are aware UTC; `html` has the paths of the newspaper without its origin.
    """

    id: int
    path: str
    title: str
    author: PaperTerm
    category: PaperTerm
    tags: tuple[PaperTerm, ...]
    published: datetime
    modified: datetime
    excerpt: str
    image: str
    html: str


@dataclass(frozen=True, slots=True)
class PaperComment:
    """Comment or pingback (`kind`) below an article.

    `parent` is the id of the answered comment, or 0.
    """

    id: int
    article: int
    parent: int
    kind: str
    author: str
    url: str
    published: datetime
    html: str


class Paper:
    """Newspaper from its start on; `catch_up` brings it to a moment.

    `base` is its origin, without a slash at the end; `changed` (aware UTC) is its last change. `moved` has
    the new path of each article by its old one, `strays` the comments below a page that is no article.
    """

    def __init__(self, start: datetime) -> None:
        """Begin with the content as it was made; `start` is aware."""
        content = _content()
        self.start = start.astimezone(UTC).replace(microsecond=0)
        self.base = ""
        self._made = min(datetime.fromisoformat(content["made"]), self.start)
        self.terms = {term["id"]: PaperTerm(**term) for term in content["terms"]}
        self.articles: dict[int, PaperArticle] = {}
        self.comments: dict[int, PaperComment] = {}
        self.moved: dict[str, str] = {}
        self.changed = self._made
        self._events: list[dict[str, Any]] = content["events"]
        self._done = 0
        self._apply(content)
        self.strays = [self.comment(row) for row in content["strays"]]

    def catch_up(self, now: datetime) -> int:
        """Apply every event that is due at an aware moment.

        Returns the number of events.
        """
        before, elapsed = self._done, (now - self.start).total_seconds()
        while self._done < len(self._events) and self._events[self._done]["after"] <= elapsed:
            self._apply(self._events[self._done])
            self.changed = self.moment(self._events[self._done]["after"])
            self._done += 1
        return self._done - before

    def newest(self, term: PaperTerm | None = None) -> list[PaperArticle]:
        """Return the articles under a term, or all, newest first."""
        found = (
            each for each in self.articles.values() if term in (None, each.author, each.category, *each.tags)
        )
        return sorted(found, key=_place_in_time, reverse=True)

    def thread(self, article: PaperArticle) -> list[PaperComment]:
        """Return the comments below an article, oldest first."""
        found = (comment for comment in self.comments.values() if comment.article == article.id)
        return sorted(found, key=_place_in_time)

    def conversation(self) -> list[PaperComment]:
        """Return all comments, oldest first."""
        return sorted(self.comments.values(), key=_place_in_time)

    def _apply(self, change: dict[str, Any]) -> None:
        for row in change.get("articles", ()):
            before, article = self.articles.get(row["id"]), self._article(row)
            if before is not None and before.path != article.path:
                self.moved[before.path] = article.path
            self.articles[article.id] = article
        for row in change.get("comments", ()):
            self.comments[row["id"]] = self.comment(row)
        for number in change.get("removed", ()):
            del self.comments[number]

    def comment(self, row: dict[str, Any]) -> PaperComment:
        """Return a comment of a row of the content."""
        return PaperComment(**{**row, "published": self.moment(row["published"])})

    def _article(self, row: dict[str, Any]) -> PaperArticle:
        times = {name: self.moment(row[name]) for name in ("published", "modified")}
        terms = {name: self.terms[row[name]] for name in ("author", "category")}
        return PaperArticle(
            **{**row, **times, **terms, "tags": tuple(self.terms[number] for number in row["tags"])}
        )

    def moment(self, seconds: int) -> datetime:
        """Return the moment of a time in the content, in aware UTC."""
        return (self.start if seconds > 0 else self._made) + timedelta(seconds=seconds)


def _place_in_time(each: PaperArticle | PaperComment) -> tuple[datetime, int]:
    return each.published, each.id


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(gzip.decompress(FILE.read_bytes()))
    return told(content)
