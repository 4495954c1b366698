"""How a reading is compared with the truth: shingles for prose, fields exactly, comments one by one.

Knows no files. Body scores are those of the article-extraction-benchmark: 4-token shingles, averaged by page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from archive.core.records import Comment

Shares = tuple[float, float, float]
FIELDS = ("parent", "author", "author_url", "kind", "date", "body")


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """How often each run of four words occurs."""
    tokens = re.findall(r"\w+", text)
    size = min(4, max(1, len(tokens)))
    return Counter(tuple(tokens[i : i + size]) for i in range(max(0, len(tokens) - size + 1)))


def overlap(truth: str, told: str) -> Shares:
    """Right, surplus and missing shingles as shares of all."""
    wanted, found = shingles(truth), shingles(told)
    right = sum((wanted & found).values())
    surplus, missing = sum((found - wanted).values()), sum((wanted - found).values())
    total = (right + surplus + missing) or 1
    return right / total, surplus / total, missing / total


def scores(pages: Sequence[Shares]) -> Shares:
    """Precision, recall and F1 over pages."""
    precise = [tp / (tp + fp) for tp, fp, _ in pages if tp + fp]
    complete = [tp / (tp + fn) for tp, _, fn in pages if tp + fn]
    precision = sum(precise) / (len(precise) or 1)
    recall = sum(complete) / (len(complete) or 1)
    return precision, recall, 2 * precision * recall / ((precision + recall) or 1)


@dataclass(slots=True)
class Threads:
    """Right answers and questions for each field, and pages without a single error."""

    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    clean: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, page: str, truth: Sequence[dict[str, Any]], told: Sequence[Comment]) -> None:
        """Compare one page's thread with its truth."""
        before = len(self.errors)
        found = {key(c.id, c.author): c for c in told}
        wanted = {key(c["id"], c["author"]): c for c in truth}
        for name, want in wanted.items():
            got = found.get(name)
            self._count(page, "found", name, got is not None, (None, "nothing"))
            if got is not None:
                for part in FIELDS:
                    self._count(page, part, name, *_compare(part, want, got))
        for name in found.keys() - wanted.keys():
            self._count(page, "alien", name, False, ("nothing", found[name].author))
        self.pages += 1
        self.clean += len(self.errors) == before

    def _count(self, page: str, part: str, name: str, good: bool, both: tuple[Any, Any]) -> None:
        self.asked[part] += 1
        self.right[part] += good
        if not good:
            self.errors.append(f"{page} {name} {part}: wanted {both[0]!r}, got {both[1]!r}"[:240])


def key(ident: str | None, author: str | None) -> str:
    """What tells a comment on its page: its id, or for pings without one the title."""
    return ident or f"({author})"


def _compare(part: str, want: dict[str, Any], got: Comment) -> tuple[bool, tuple[Any, Any]]:
    if part == "date":
        stated = want.get("published", want.get("date"))
        return _same_moment(stated, got), (stated, str(got.published))
    told: dict[str, tuple[Any, Any]] = {
        "parent": (want["parent"], got.parent),
        "author": (_fold(want["author"]), _fold(got.author)),
        "author_url": (want["author_url"], got.author_url),
        "kind": (_is_ping(want), got.kind != "comment"),
        "body": (_fold(want.get("text", want.get("body"))), _fold(got.text)),
    }
    return told[part][0] == told[part][1], told[part]


def _is_ping(want: dict[str, Any]) -> bool:
    return bool(want.get("is_pingback", want.get("kind", "comment") != "comment"))


def _same_moment(stated: str | None, got: Comment) -> bool:
    """Equal instants where the truth has one, the same day where it has a day, the printed words else."""
    if stated is None or got.published is None:
        return stated is None and got.published is None
    try:
        moment = datetime.fromisoformat(stated)
    except ValueError:
        return _fold(stated) in (_fold(got.published_raw), None) or _digits(stated) <= _digits(
            got.published_raw
        )
    if len(stated) <= 10:
        day = got.published.date() if isinstance(got.published, datetime) else got.published
        return abs((day - moment.date()).days) <= 1
    return isinstance(got.published, date) and got.published == moment


def _digits(text: str | None) -> set[str]:
    return {number.lstrip("0") for number in re.findall(r"\d+", text or "")}


def _fold(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip()
