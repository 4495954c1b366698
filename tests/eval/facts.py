"""Figures of labelled pages: body, title, authors and day, ours beside trafilatura's.

Knows no files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from archive.core.records import Article
from pipeline.dates import parse
from tests.eval.labels import Labelled
from tests.eval.measure import Shares, overlap, scores

_QUOTES = str.maketrans("‘’‚‛“”„‟«»‹›–—\xa0", "''''\"\"\"\"\"\"''-- ")
_BY = re.compile(r"^(?:by|von|par|por)\s+")
_BETWEEN = re.compile(r"\s*(?:[;,/|&]|\b(?:and|und|et|y|e|en|og|och)\b)\s*")


@dataclass(frozen=True, slots=True)
class Told:
    """Article as one extractor reads it."""

    text: str
    title: str
    authors: frozenset[str]
    day: date | None


def ours(article: Article | None) -> Told:
    """Our reading of a page."""
    if article is None:
        return Told("", "", frozenset(), None)
    day = parse.day_of(article.published) if article.published else None
    return Told(article.text or "", article.title or "", _people(", ".join(article.authors)), day)


def theirs(document: Any) -> Told:
    """Reading of trafilatura; None gives an empty one."""
    day = getattr(document, "date", None)
    return Told(
        getattr(document, "text", None) or "",
        getattr(document, "title", None) or "",
        _people(getattr(document, "author", None) or ""),
        date.fromisoformat(day) if day else None,
    )


@dataclass(slots=True)
class Facts:
    """Right and wrong answers by name and share of the set, of both extractors."""

    pages: int = 0
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    right: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    wrong: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    others: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Wrong answers of authors with a name of nobody whom the label names."""
    bodies: dict[str, list[Shares]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def add(self, page: Labelled, told: dict[str, Told]) -> None:
        """Compare one page with what the extractors, by name, have read."""
        self.pages += 1
        shares = ("all", page.share, *(("WordPress",) if page.wordpress else ()))
        for who, reading in told.items():
            for name, wanted, got, good in _compared(page, reading):
                for share in shares:
                    self.asked[name, share] += who == "ours"
                    self.right[name, share, who] += good
                    self.wrong[name, share, who] += bool(got) and not good
                    if name == "authors" and not good:
                        self.others[name, share, who] += _names_another(_people(wanted), frozenset(got))
                if not good and who == "ours" and page.share == "tuned":
                    self.errors.append(f"{page.url[:90]} {name}: {wanted!r} / {got!r}"[:260])
            if page.text:
                self.bodies.setdefault(who, []).append(overlap(page.text, reading.text))

    def lines(self) -> Iterator[str]:
        """Yield the tables, a line for each name and share, ours beside trafilatura's."""
        for who, bodies in self.bodies.items():
            precision, recall, both = scores(bodies)
            yield f"body {who:<17} precision {precision:.3f}  recall {recall:.3f}  F1 {both:.3f}"
        for (name, share), asked in sorted(self.asked.items()):
            told = [f"{name:<8} {share:<10} {asked:>5}"]
            for who in ("ours", "trafilatura"):
                right, wrong = (count[name, share, who] / asked for count in (self.right, self.wrong))
                others = f", another name {self.others[name, share, who] / asked:.3f}"
                told.append(f"{who} {right:.3f}, wrong {wrong:.3f}{others if name == 'authors' else ''}")
            yield "  ".join(told)


def _compared(page: Labelled, told: Told) -> Iterator[tuple[str, Any, Any, bool]]:
    """Each labelled field: its name, what was wanted and told, and if they are the same.

    Case, white space, the kind of quotation marks, the order of authors and a "By" make no difference; of a
    day one more or less.
    """
    if page.title is not None:
        yield "title", page.title, told.title, _fold(page.title) == _fold(told.title)
    if page.authors is not None:
        people = _people(page.authors)
        yield "authors", page.authors, sorted(told.authors), people == told.authors
    if page.day is not None:
        yield "day", page.day, told.day, told.day is not None and abs((told.day - page.day).days) <= 1
    flat = re.sub(r"\s+", " ", told.text)
    for words in page.holds:
        good = re.sub(r"\s+", " ", words).strip() in flat
        yield "holds", words, "" if not good else words, good
    for words in page.lacks:
        good = re.sub(r"\s+", " ", words).strip() not in flat
        yield "lacks", words, words if not good else "", good


def _names_another(wanted: frozenset[str], told: frozenset[str]) -> bool:
    """True if a name is no part of a labelled one, and has none in it."""
    return any(not any(name in label or label in name for label in wanted) for name in told)


def _people(names: str) -> frozenset[str]:
    return frozenset(name for name in _BETWEEN.split(_BY.sub("", _fold(names))) if name)


def _fold(words: str) -> str:
    return re.sub(r"\s+", " ", words.translate(_QUOTES)).strip().casefold()
