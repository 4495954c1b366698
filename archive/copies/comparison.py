"""Comparison of two texts by their terms.

Pure. Decides alone: the fingerprints only select the texts worth comparing.
"""

from __future__ import annotations

from collections import defaultdict

from archive.copies.wording import SHINGLE_WORDS, Worded, Words

COPY_SHARE = 0.8
"""Of the words of two copies that stand in both in the same order, at least so many."""

MIN_PASSAGE_WORDS = 16
"""Words in a row that make a passage; fewer are a turn of phrase."""

_LEAST_SHINGLES = 0.2  # of those of a copy; a fifth of its terms, evenly edited, leaves twice as many
_MAX_GAP = 8  # terms between two parts of one passage
_PASSAGE_SHARE = 0.8  # of the terms between the first and the last one of a passage, those that are the same
_MAX_PLACES = 8  # three terms that a text repeats more often are no part of a passage
_QUOTED_WORDS = 6  # in a row: so many of the text above are a quotation of it


def is_copy(one: Worded, other: Worded) -> bool:
    """True if at most a fifth of the terms differ.

    False for texts that are too short to decide.
    """
    shorter, longer = sorted((len(one.words), len(other.words)))
    is_short = not (one.is_long_enough and other.is_long_enough)
    if is_short or 2 * shorter < COPY_SHARE * (shorter + longer):
        return False
    if one.words == other.words:
        return True
    shared = len(one.distinct & other.distinct)
    fewest = min(len(one.distinct), len(other.distinct))
    if shared < _LEAST_SHINGLES * fewest:
        return False
    common = _common_length(one.words, other.words)
    return 2 * common >= COPY_SHARE * (shorter + longer)


def passage_length(one: Worded, other: Worded) -> int:
    """Return the terms of the longest shared passage, or 0."""
    common = one.distinct & other.distinct
    if len(common) * SHINGLE_WORDS < MIN_PASSAGE_WORDS:
        return 0
    size = one.size
    places = defaultdict(list)
    for at, shingle in enumerate(other.shingles):
        if shingle in common:
            places[shingle].append(at)
    longest = 0
    chains = list[_Chain]()
    for at, shingle in enumerate(one.shingles):
        if shingle not in common or len(places[shingle]) > _MAX_PLACES:
            continue
        chains = [chain for chain in chains if at - chain.here <= (_MAX_GAP + SHINGLE_WORDS) * size]
        for there in places[shingle]:
            chain = next((each for each in reversed(chains) if each.goes_on(at, there, size)), None)
            if chain is None:
                chain = _Chain(at, there, size)
                chains.append(chain)
            else:
                chain.add(at, there, size)
            longest = max(longest, chain.length())
    found = longest // size
    if found >= MIN_PASSAGE_WORDS:
        return found
    return 0


def without_quotations(text: Worded, above: Worded) -> Worded:
    """Return a text without its quotations of the text above.

    A quotation is six terms in a row or more.
    """
    width = SHINGLE_WORDS * text.size
    least = _QUOTED_WORDS * text.size - width + 1
    needed = min(least, len(text.distinct))
    if not text.distinct or len(text.distinct & above.distinct) < needed:
        return text
    quoted = set[int]()
    run = 0
    for at, shingle in enumerate(text.shingles):
        if shingle not in above.distinct:
            run = 0
            continue
        run += 1
        if run >= least:
            quoted.update(range(at - run + 1, at + width))
    if not quoted:
        return text
    return Worded.of(tuple(word for at, word in enumerate(text.words) if at not in quoted))


class _Chain:
    """Shingles that follow one another in both texts.

    `here` and `there` are the indexes of the last one.
    """

    def __init__(self, here: int, there: int, size: int) -> None:
        self.here = here
        self.there = there
        self._begins = here, there
        self._width = SHINGLE_WORDS * size
        self._same = self._width

    def goes_on(self, here: int, there: int, size: int) -> bool:
        """True if a shingle is the next one."""
        most = (_MAX_GAP + SHINGLE_WORDS) * size
        return self.here < here and 0 < there - self.there <= most

    def add(self, here: int, there: int, size: int) -> None:
        """Add the next shingle."""
        self._same += min(here - self.here, there - self.there, SHINGLE_WORDS * size)
        self.here = here
        self.there = there

    def length(self) -> int:
        """Return how many terms are the same.

        0 where too many between them differ.
        """
        begin, other_begin = self._begins
        here_span = self.here - begin
        there_span = self.there - other_begin
        span = max(here_span, there_span) + self._width
        if self._same >= _PASSAGE_SHARE * span:
            return self._same
        return 0


def _common_length(one: Words, other: Words) -> int:
    """Return the length of the longest common subsequence.

    Hyyrö, "Bit-parallel LCS-length computation revisited", 2004.
    """
    places = defaultdict[str, int](int)
    for at, word in enumerate(one):
        places[word] |= 1 << at
    all_bits = (1 << len(one)) - 1
    row = all_bits
    for word in other:
        same = row & places.get(word, 0)
        row = ((row + same) | (row - same)) & all_bits
    return len(one) - row.bit_count()
