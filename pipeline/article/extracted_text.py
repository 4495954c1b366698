"""Text that trafilatura extracted, searched for pieces of a page.

Pure. Invariant: the work for all pieces of a page is bounded.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from pipeline.html.dom import fold
from pipeline.markdown.writer import Block

_SHORT = 16
"""Folded letters below which a piece must be a line of its own to count as extracted."""
_SEARCHES = 300
"""Pieces that are looked for in all of the text, beside those that stand in its order."""
_BUDGET = 200_000_000
"""Characters that are looked at in search of all pieces; a real article takes a thousandth."""


class ExtractedText:
    """Extracted blocks as one folded string, searched in order."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.budget = _BUDGET
        self._searches = _SEARCHES
        self._starts: list[int] = []
        self._at = 0
        self._used: set[int] = set()
        parts: list[str] = []
        size = 0
        for block in blocks:
            self._starts.append(size)
            lines = block.text.split("\n")
            if block.kind == "table":
                lines = re.split(r"\n| \| ", block.text)
            folded = "\n".join(map(fold, lines))
            parts.append(folded)
            size += len(folded) + 1
        self._folded = "\n".join(parts) + "\n"
        self._lines = Counter(self._folded.split("\n"))

    def find(self, words: str, *, once: bool) -> int | None:
        """Return the number of the block that holds the words, -1 for none said, None for none found.

        A place counts for one piece where `once` is true: words that the box repeats are wanted twice.
        """
        first = next(filter(None, map(fold, words.split("\n"))), None)
        if first is None:
            return -1
        is_short = len(first) < _SHORT
        if self.budget <= 0 or (is_short and not self._lines[first]):
            return None
        wanted = first
        if is_short:
            wanted = f"\n{first}\n"
        found = self._find_in_order(wanted, len(first), once=once)
        if found < 0:
            found = self._find_anywhere(wanted)
        if found < 0 and is_short and self._begins_with(first):
            found = 0
        if found < 0:
            return None
        if once:
            self._used.add(found)
        self._at = max(self._at, found)
        if is_short:
            found += 1  # the line begins behind the line break
        return bisect_right(self._starts, found) - 1

    def _find_in_order(self, wanted: str, length: int, *, once: bool) -> int:
        """Return a place behind the piece before, or -1."""
        start = max(0, self._at - 1)
        found = self._folded.find(wanted, start)
        if once and found in self._used:
            found = self._folded.find(wanted, found + length)
        end = found
        if found < 0:
            end = len(self._folded)
        self.budget -= end - start
        return found

    def _find_anywhere(self, wanted: str) -> int:
        """Return the first place in the whole text, or -1."""
        if self._searches <= 0:
            return -1
        self._searches -= 1
        self.budget -= len(self._folded)
        found = self._folded.find(wanted)
        if found in self._used:
            return -1
        return found

    def _begins_with(self, line: str) -> bool:
        """True if a line is first, and without a piece."""
        return 0 not in self._used and self._folded.startswith(f"{line}\n")
