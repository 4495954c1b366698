"""A page's text, completed by the publisher's own copy of it. Pure.

The page's text is the rule. A block that only the copy has is put behind the one that it follows there; a
block that only the page has is dropped where it is no prose and the copy covers the rest. Each part of a
divided article ends for itself.
Does not: decide whether both are of one state; `publisher_texts` does.
Invariant: each block of either has a verdict with its rule, and a block of the copy that is neither in the
text nor gone from the page is "missing", which a problem names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from archive.changes.block_alignment import (
    Alignment,
    WrittenLine,
    fold_words,
    is_furniture,
    is_prose,
    lines_of,
)
from archive.changes.variable_text import LINK
from archive.core.records import Problem, Written

MOST_LINES = 3000
"""Lines of both texts together; longer ones are not compared."""
_NAMED = 3
"""Blocks that a problem quotes."""
_QUOTE = 60
"""Characters of each."""
_ONLY_THERE = "only the publisher's text has it"
_BOTH = "the page and the publisher's text"
_ONLY_HERE = "not in the publisher's text"


@dataclass(frozen=True, slots=True)
class BlockVerdict:
    """Fate of one block, and its rule.

    The fate is "taken", "added", "missing", "kept" or "dropped".
    """

    words: str
    fate: str
    rule: str


@dataclass(frozen=True, slots=True)
class Completion:
    """A text with its missing blocks in place.

    `added` and `dropped` are those blocks as text and Markdown.
    """

    blocks: Written
    verdicts: tuple[BlockVerdict, ...] = ()
    added: Written = ()
    dropped: Written = ()

    @property
    def text(self) -> str:
        """The plain text."""
        return "\n\n".join(text for text, _ in self.blocks)

    @property
    def markdown(self) -> str:
        """The same with its structure."""
        return "\n\n".join(markdown for _, markdown in self.blocks)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Problems of blocks that are missing, or that may be no text."""
        missing = [verdict.words for verdict in self.verdicts if verdict.fate == "missing"]
        alien = [verdict.words for verdict in self.verdicts if verdict.fate == "kept"]
        found = (
            ("blocks-missing", missing, "The publisher's text has {} that the archive's lacks: {}."),
            ("blocks-alien", alien, "The text has {} that the publisher's own lacks: {}."),
        )
        return tuple(_problem(code, words, detail) for code, words, detail in found if words)


def _problem(code: str, words: Sequence[str], detail: str) -> Problem:
    return Problem(code=code, detail=detail.format(_number(words), _quoted(words)), field="text")


def _verdicts(blocks: Written, fate: str, rule: str) -> tuple[BlockVerdict, ...]:
    """Return one verdict on all blocks."""
    return tuple(BlockVerdict(text, fate, rule) for text, _ in blocks)


@dataclass(frozen=True, slots=True)
class PageBlocks:
    """A page's text, and the numbers of the blocks that end its parts.

    An article that is not divided has no `ends`.
    """

    blocks: Written
    ends: frozenset[int] = frozenset()


def to_blocks(text: str | None, markdown: str | None) -> Written | None:
    """Return the blocks of a text, () for an empty one.

    No result where text and Markdown differ.
    """
    if not text:
        return ()
    words = text.split("\n\n")
    marked = words
    if markdown:
        marked = markdown.split("\n\n")
    found: list[tuple[str, str]] = []
    at = 0
    for block in marked:
        size = 1
        if block.startswith(">"):
            size = len(block.split("\n>\n"))
        found.append(("\n\n".join(words[at : at + size]), block))
        at += size
    if at != len(words):
        return None
    return tuple(found)


def links_of(blocks: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the targets of the links of some blocks."""
    found = [link for _, markdown in blocks for link in LINK.finditer(markdown)]
    links = [link for link in found if not link[0].startswith("!")]
    targets = [link[2] for link in links if link[2]]
    return tuple(dict.fromkeys(targets))


def complete_text(
    own: Written,
    written: Written,
    earlier: PageBlocks | None = None,
    *,
    drops: bool = True,
    ends: Collection[int] = (),
    is_current: bool = False,
) -> Completion:
    """Return a page's text completed by the publisher's.

    With `earlier`, the page's text to which this copy belongs, only what that lacked is put in place, and
    only what was dropped of it is dropped: what the page has lost since, the publisher may have removed.
    Where the copy `is_current`, whatever is no text is dropped all the same. Nothing is dropped unless
    `drops`. `ends` are the numbers of the blocks that end a part of a divided article.
    """
    if not written:
        return _without_words(own)
    if not own:
        fates = _verdicts(written, "added", _ONLY_THERE)
        return Completion(written, fates, added=written)
    own_and_written = (*own, *written)
    lines = sum(text.count("\n") + 1 for text, _ in own_and_written)
    if lines > MOST_LINES:
        return _unlike(own, written, "too long to be compared")
    is_past = earlier is not None and earlier.blocks != own
    allowed = None
    if earlier is not None and is_past:
        allowed = _allowance(earlier, written, drops=drops)
    if allowed is not None and is_current:
        allowed = replace(allowed, dropped=None)
    alignment = Alignment(own, written)
    if alignment.is_apart():
        return _unlike(own, written, "nothing of the publisher's text is in the page")
    if allowed is None and alignment.is_run_together() and not alignment.unmatched():
        rule = "the page, which runs blocks together"
        return Completion(written, _verdicts(written, "taken", rule))
    return _Merge(alignment, written, allowed, drops=drops, ends=ends).result()


@dataclass(frozen=True, slots=True)
class _Allowance:
    """Folded lines that may be added, and blocks that may be dropped; null for all."""

    added: frozenset[str]
    dropped: frozenset[str] | None


def _allowance(earlier: PageBlocks, written: Written, *, drops: bool) -> _Allowance:
    past = complete_text(earlier.blocks, written, drops=drops, ends=earlier.ends)
    lines = [line for text, _ in past.added for line in text.split("\n")]
    added = frozenset(map(fold_words, lines))
    dropped = frozenset(fold_words(text) for text, _ in past.dropped)
    return _Allowance(added, dropped)


def _without_words(own: Written) -> Completion:
    """Return a page's text where the publisher's is empty.

    It is the page's prose, if there is any.
    """
    rule = "the publisher's text has no words"
    if any(map(is_prose, own)):
        return Completion(own, _verdicts(own, "kept", rule))
    return Completion((), _verdicts(own, "dropped", rule), dropped=own)


def _unlike(own: Written, written: Written, rule: str) -> Completion:
    """Return the page's text as it is, all of the publisher's missing."""
    kept = _verdicts(own, "taken", "the page")
    return Completion(own, kept + _verdicts(written, "missing", rule))


@dataclass(slots=True)
class _Changes:
    """What takes the place of a page's blocks, and what is put behind them."""

    replaced: dict[int, tuple[str, str]] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    behind: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    added: list[tuple[str, str]] = field(default_factory=list)


class _Merge:
    """Puts what a page lacks in place, and leaves out what is no text."""

    def __init__(
        self,
        alignment: Alignment,
        written: Written,
        allowed: _Allowance | None,
        *,
        drops: bool,
        ends: Collection[int],
    ) -> None:
        self.alignment = alignment
        self.own = alignment.own
        self.written = written
        self.allowed = allowed
        self.drops = drops and alignment.covers()
        self.ends = sorted({*ends, len(self.own) - 1})
        self.changes = _Changes()

    def result(self) -> Completion:
        """Return the completed text."""
        groups: dict[int, list[WrittenLine]] = {}
        for line in self.alignment.lines:
            groups.setdefault(line.block, []).append(line)
        last = min(self.alignment.claimed) - 1
        verdicts: list[BlockVerdict] = []
        for number, group in groups.items():
            verdicts.append(self._judge(self.written[number], group, last))
            places = [line.place for line in group if line.place is not None]
            last = max([last, *places])
        dropped = self._dropped()
        blocks = list(self.changes.behind.get(-1, ()))
        for number, block in enumerate(self.own):
            if number not in self.changes.removed | dropped:
                blocks.append(self.changes.replaced.get(number, block))
            blocks += self.changes.behind.get(number, ())
        blocks_dropped = tuple(self.own[number] for number in sorted(dropped))
        verdicts_on_all = (*verdicts, *self._verdicts(dropped))
        return Completion(
            blocks=tuple(blocks),
            verdicts=verdicts_on_all,
            added=tuple(self.changes.added),
            dropped=blocks_dropped,
        )

    # -- the publisher's blocks ------------------------------------------------------------------------

    def _may_add(self, line: WrittenLine) -> bool:
        return self.allowed is None or line.folded in self.allowed.added

    def _judge(self, block: tuple[str, str], group: Sequence[WrittenLine], last: int) -> BlockVerdict:
        """Return what becomes of a block of the publisher's.

        `last` is the page's block that the one before it is in.
        """
        missing = [line for line in group if line.place is None or line.is_cut]
        addable = [line for line in missing if self._may_add(line)]
        if addable and self._add(block, group, addable, last):
            return BlockVerdict("\n".join(line.words for line in addable), "added", _ONLY_THERE)
        is_found_otherwise = any(line.otherwise for line in group)
        if self.allowed is not None and (missing or is_found_otherwise):
            return BlockVerdict(block[0], "dropped", "the page has changed since")
        if missing or any(line.otherwise for line in group):
            return BlockVerdict(block[0], "missing", "worded otherwise by the page")
        return BlockVerdict(block[0], "taken", _BOTH)

    def _add(
        self, block: tuple[str, str], group: Sequence[WrittenLine], lines: Sequence[WrittenLine], last: int
    ) -> bool:
        """Put the missing lines of a block in place.

        With all of it where the page has no other block there, otherwise after the page's part of it. False
        where they would be repeated.
        """
        places = sorted({line.place for line in group if line.place is not None})
        if not places:
            if len(lines) < len(group):
                block = _part(block, lines)
            return self._put(last, block)
        missing = sum(line.place is None or line.is_cut for line in group)
        if len(lines) == missing and self._is_all(places, group):
            self.changes.replaced[places[0]] = block
            self.changes.removed.update(places[1:])
            self.changes.added.append(_part(block, lines))
            return True
        if any(line.is_cut for line in lines):
            return False
        return self._put(places[-1], _part(block, lines))

    def _put(self, place: int, block: tuple[str, str]) -> bool:
        self.changes.behind.setdefault(place, []).append(block)
        self.changes.added.append(block)
        return True

    def _is_all(self, places: Sequence[int], group: Sequence[WrittenLine]) -> bool:
        """True if some blocks of the page contain only text of a block."""
        whole = [line.folded for line in group]
        touched = self.changes.removed.union(self.changes.replaced, self.changes.behind)
        if touched.intersection(places):
            return False
        blocks = [self.own[place] for place in places]
        own = [fold_words(line) for text, _ in blocks for line in lines_of(text)]
        is_cut = {line.place for line in group if line.is_cut}
        if is_cut.issuperset(places):
            return True
        return all(any(each in line for line in whole) for each in own)

    # -- the page's ------------------------------------------------------------------------------------

    def _dropped(self) -> frozenset[int]:
        """Return the page's blocks that are no text."""
        if not self.drops:
            return frozenset()
        others = self.alignment.unmatched()
        prose = [number for number in others if is_prose(self.own[number])]
        below = self._below({*self.alignment.claimed, *prose})
        found = [number for number in others if is_furniture(self.own[number], is_below=number in below)]
        allowed = None
        if self.allowed is not None:
            allowed = self.allowed.dropped
        if allowed is None:
            return frozenset(found)
        return frozenset(each for each in found if fold_words(self.own[each][0]) in allowed)

    def _below(self, texts: Collection[int]) -> frozenset[int]:
        """Return the blocks behind all texts of their part.

        A part without any text has no such block.
        """
        found: set[int] = set()
        start = 0
        for end in self.ends:
            between = (number for number in texts if start <= number <= end)
            last = max(between, default=end)
            found.update(range(last + 1, end + 1))
            start = end + 1
        return frozenset(found)

    def _verdicts(self, dropped: frozenset[int]) -> list[BlockVerdict]:
        """Return the verdicts on blocks that only the page has."""
        first = min(self.alignment.claimed)
        found = []
        for number in self.alignment.unmatched():
            block = self.own[number]
            if number in dropped:
                found.append(BlockVerdict(block[0], "dropped", f"{_ONLY_HERE}, and no prose"))
            elif self.drops and number > first and is_prose(block):
                found.append(BlockVerdict(block[0], "kept", _ONLY_HERE))
            else:
                found.append(BlockVerdict(block[0], "taken", "the page alone"))
        return found


def _part(block: tuple[str, str], lines: Sequence[WrittenLine]) -> tuple[str, str]:
    """Return some lines of a block.

    In Markdown where that has the same lines.
    """
    words = "\n".join(line.words for line in lines)
    marked = block[1].split("\n")
    if len(marked) != len(block[0].split("\n")):
        return words, words
    return words, "\n".join(marked[line.row] for line in lines)


def _number(words: Sequence[str]) -> str:
    if len(words) == 1:
        return "1 block"
    return f"{len(words):,} blocks"


def _quoted(words: Sequence[str]) -> str:
    first = (" ".join(each.split()) for each in words[:_NAMED])
    quoted = ", ".join(f"“{each[:_QUOTE]}”" for each in first)
    if len(words) > _NAMED:
        quoted += f" and {len(words) - _NAMED:,} more"
    return quoted
