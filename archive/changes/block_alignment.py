"""Where the lines of the publisher's text are in a page's. Pure.

Allows for pages that run blocks together, cut a line short, or change its wording.
Does not: decide what is shown; `completion` does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from archive.changes.variable_text import LINK, RULE, WORD, skeleton
from archive.core.records import Written

SHORTEST_FOUND = 16
"""Folded letters below which words must be a line of their own to be found."""
_ENOUGH = 0.5
"""Share of the publisher's letters found in the page from which on what it lacks is suspect."""
_SAME, _LIKE = 0.85, 0.5
"""Likeness of two lines from which on they are one, or one that is worded otherwise."""
_PROSE = 60
"""Characters of the shortest prose."""
_LINKED = 0.5
"""Share of its words from which on a block is links."""
_MOST_PAIRS = 400
"""Pairs of lines of one text whose likeness is measured."""
_COMPARED = 200
"""Words of each."""
_SIGNS = re.compile(r"[\W_]+")
_SENTENCE = re.compile(r"[.!?…。？！؟।”\"»)]\W*$")


@dataclass(slots=True)
class WrittenLine:
    """One line of the publisher's text.

    Its block, its row there, and the page's block that has it.
    """

    block: int
    row: int
    words: str
    folded: str
    place: int | None = None
    otherwise: bool = False
    """True where the page's block has other words at its place."""
    is_cut: bool = False
    """True where the page's block has only a part of its words."""


class Alignment:
    """The publisher's lines in a page's blocks."""

    def __init__(self, own: Written, written: Written) -> None:
        self.own = own
        self.lines = []
        for number, (text, _) in enumerate(written):
            for row, words in enumerate(text.split("\n")):
                if folded := fold_words(words):
                    self.lines.append(WrittenLine(number, row, words, folded))
        self._page = _PageIndex(own)
        self._pairs = _MOST_PAIRS
        self.claimed: set[int] = set()
        """Numbers of the page's blocks that have a line."""
        self._find_lines()
        self._find_likes()

    @property
    def found(self) -> int:
        """Letters of the publisher's text that are in the page."""
        placed = [line for line in self.lines if line.place is not None]
        found = [line for line in placed if not line.otherwise]
        return sum(len(line.folded) for line in found)

    @property
    def total(self) -> int:
        """Letters of the publisher's text."""
        return sum(len(line.folded) for line in self.lines)

    def covers(self) -> bool:
        """True if most of the publisher's text is in the page."""
        return self.found >= _ENOUGH * self.total

    def is_apart(self) -> bool:
        """True if the two have nothing in common."""
        needed = min(SHORTEST_FOUND, self.total / 2)
        return not self.claimed or self.found < needed

    def is_run_together(self) -> bool:
        """True if one line of the page has several blocks."""
        within: dict[int, set[int]] = {}
        for line in self.lines:
            is_on_page = line.folded in self._page.lines
            if line.place is not None and not is_on_page and not line.is_cut:
                within.setdefault(line.place, set()).add(line.block)
        return any(len(blocks) > 1 for blocks in within.values())

    def unmatched(self) -> list[int]:
        """Return the page's blocks without a line of the publisher's."""
        known = {line.folded for line in self.lines}
        whole = "".join(line.folded for line in self.lines)

        def is_known(folded: str) -> bool:
            if folded in known:
                return True
            return len(folded) >= SHORTEST_FOUND and folded in whole

        found = []
        for number, (text, _) in enumerate(self.own):
            lines = lines_of(text)
            folded = [each for line in lines if (each := fold_words(line))]
            if folded and number not in self.claimed and not any(map(is_known, folded)):
                found.append(number)
        return found

    def _find_lines(self) -> None:
        start = 0
        for line in self.lines:
            line.place = self._page.find(line.folded, start)
            if line.place is not None:
                start = line.place
                self.claimed.add(line.place)

    def _find_likes(self) -> None:
        """Find the lines that a page cuts short or changes, each at its place."""
        ends = [len(self.own)]
        for line in reversed(self.lines):
            place = line.place
            if place is None:
                place = ends[-1]
            ends.append(place)
        before = -1
        for line, end in zip(self.lines, ends[-2::-1], strict=True):
            if line.place is None:
                self._find_like(line, range(before + 1, end))
            if line.place is not None:
                before = max(before, line.place)

    def _find_like(self, line: WrittenLine, numbers: range) -> None:
        for number in numbers:
            if number in self.claimed or self._pairs <= 0:
                continue
            self._pairs -= 1
            own_block = self.own[number][0]
            likeness, is_part = _likeness(own_block, line)
            if likeness >= _LIKE:
                line.place = number
                line.is_cut = is_part
                line.otherwise = likeness < _SAME and not is_part
                self.claimed.add(number)
                return


class _PageIndex:
    """A page's blocks, in which lines are found."""

    def __init__(self, own: Written) -> None:
        folded = ["".join(map(fold_words, lines_of(text))) for text, _ in own]
        self.whole = "".join(folded)
        self.starts: list[int] = []
        self.lines: dict[str, list[int]] = {}
        size = 0
        for at, (text, _) in enumerate(own):
            self.starts.append(size)
            size += len(folded[at])
            for line in lines_of(text):
                self.lines.setdefault(fold_words(line), []).append(at)

    def find(self, folded: str, start: int) -> int | None:
        """Return the block that has a line, if any.

        Preferably from block `start` on.
        """
        if places := self.lines.get(folded):
            later = (at for at in places if at >= start)
            return next(later, places[0])
        if len(folded) < SHORTEST_FOUND:
            return None
        found = self.whole.find(folded, self.starts[start])
        if found < 0:
            found = self.whole.find(folded)
        if found < 0:
            return None
        return bisect_right(self.starts, found) - 1


def fold_words(words: str) -> str:
    """Return the text without case, punctuation and white space."""
    return _SIGNS.sub("", words).casefold()


def lines_of(text: str) -> Iterator[str]:
    """Yield a block's lines without rules of tables."""
    return (line for line in text.split("\n") if not RULE.match(line))


def is_furniture(block: tuple[str, str], *, is_below: bool) -> bool:
    """True if a block that the publisher lacks is no text.

    Prose, tables and captions never are: a theme prints them from the publisher's other fields. Above the
    text and within it only dates and what is mostly links is; below all prose everything that is left.
    """
    text, markdown = block
    is_italic = markdown.startswith("*") and markdown.endswith("*")
    is_caption = is_italic and "\n" not in markdown
    if is_prose(block) or is_caption or markdown.startswith("|"):
        return False
    is_date = not re.search(r"[^\W\d_]", skeleton(text))
    return is_below or is_date or _linked(block) >= _LINKED


def is_prose(block: tuple[str, str]) -> bool:
    """True if a block is sentences and not mostly links."""
    text, markdown = block
    if markdown.startswith("#"):
        return False
    if len(text) < _PROSE or _linked(block) >= _LINKED:
        return False
    return bool(_SENTENCE.search(text))


def _linked(block: tuple[str, str]) -> float:
    """Return the share of the text in links."""
    words = len(WORD.findall(block[0]))
    labels = [found[1] for found in LINK.finditer(block[1])]
    linked = sum(len(WORD.findall(label)) for label in labels)
    if not words:
        return 0.0
    return min(1.0, linked / words)


def _likeness(text: str, line: WrittenLine) -> tuple[float, bool]:
    """Return a block's likeness to a line, and whether it is cut.

    The likeness is from 0 to 1. A line that is cut has only terms of the whole, in the same order.
    """
    folded = "".join(map(fold_words, lines_of(text)))
    if len(folded) >= SHORTEST_FOUND and folded in line.folded:
        return 1.0, True
    one = WORD.findall(text.lower())[:_COMPARED]
    other = WORD.findall(line.words.lower())[:_COMPARED]
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.quick_ratio() < _LIKE:
        return 0.0, False
    shared = sum(found.size for found in matcher.get_matching_blocks())
    is_part = shared == len(one) < len(other) < _COMPARED
    total = len(one) + len(other)
    return 2 * shared / total, is_part
