"""Differences of two texts by paragraph, and by word within a paragraph. Pure.

Bounded: two paragraphs too long for the latter are shown as one removed, one added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

_LARGEST = 1_000_000
"""The product of two word counts above which no word is compared with another."""
NEAR = 0.3
"""How alike two paragraphs must be for one to count as the other, edited."""

_WORDS = re.compile(r"\w+\s*|[^\w\s]\s*|^\s+")

Part = tuple[str, str]
"""("same" | "del" | "ins", text)"""


@dataclass(frozen=True, slots=True)
class _Block:
    """One paragraph: unchanged if all its parts are "same"."""

    parts: tuple[Part, ...]

    @property
    def changed(self) -> bool:
        """True if anything in it changed."""
        return any(kind != "same" for kind, _ in self.parts)


def diff_paragraphs(old: str | None, new: str | None) -> list[_Block]:
    """Return the new text's paragraphs, and among them what was taken out."""
    before = _paragraphs(old)
    after = _paragraphs(new)
    blocks: list[_Block] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            blocks += [_Block((("same", text),)) for text in after[c:d]]
        else:
            blocks += _edited(before[a:b], after[c:d])
    return blocks


def diff_words(old: str, new: str) -> tuple[Part, ...]:
    """Return the differences of two texts within paragraphs."""
    before = _WORDS.findall(old)
    after = _WORDS.findall(new)
    if len(before) * len(after) > _LARGEST:
        return (("del", old), ("ins", new))
    parts: list[Part] = []
    old_bare = [word.rstrip() for word in before]
    new_bare = [word.rstrip() for word in after]
    for kind, a, b, c, d in SequenceMatcher(None, old_bare, new_bare, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(("same", "".join(after[c:d])))
            continue
        if a < b:
            lost = _space_lost(before, after, a, c)
            parts.append(("del", lost + "".join(before[a:b])))
        if c < d:
            parts.append(("ins", "".join(after[c:d])))
    return tuple(parts)


def _space_lost(before: list[str], after: list[str], a: int, c: int) -> str:
    """Return the space that the old text had before its word `a`, where the new one has none before `c`."""
    if not a or not c:
        return ""
    old = before[a - 1]
    new = after[c - 1]
    if new != new.rstrip():
        return ""
    return old[len(old.rstrip()) :]


def items(old: Sequence[str], new: Sequence[str]) -> tuple[Part, ...]:
    """Return the comparison of two lists, independent of their order."""
    gone = [("del", item) for item in old if item not in new]
    kept = [("same", item) for item in new if item in old]
    come = [("ins", item) for item in new if item not in old]
    parts = [*kept, *gone, *come]
    if not parts:
        return ()
    separated = [(kind, f"{item}, ") for kind, item in parts[:-1]]
    return (*separated, parts[-1])


def folded(blocks: Sequence[_Block], *, around: int = 1) -> list[list[_Block]]:
    """Runs of blocks, alternating.

    To be shown, to be folded away, to be shown, … (the first may be empty).

    Folded away are unchanged paragraphs further than `around` from any change, three or more at a time.
    """
    near = set[int]()
    for index, block in enumerate(blocks):
        if block.changed:
            near.update(range(index - around, index + around + 1))
    runs: list[list[_Block]] = [[]]
    index = 0
    while index < len(blocks):
        end = index
        while end < len(blocks) and end not in near:
            end += 1
        if end - index >= 3:
            runs += [list(blocks[index:end]), []]
            index = end
        else:
            end = max(end, index + 1)
            runs[-1] += blocks[index:end]
            index = end
    return runs


def excerpt(old: str | None, new: str | None, *, length: int = 160) -> tuple[Part, ...]:
    """Return the first change, with some text around it."""
    changed_blocks = (block for block in diff_paragraphs(old, new) if block.changed)
    changed = next(changed_blocks, None)
    if changed is None:
        return ()
    kinds = [kind for kind, _ in changed.parts]
    first = next(index for index, kind in enumerate(kinds) if kind != "same")
    parts = [(kind, text) for kind, text in changed.parts[first : first + 3]]
    if first:
        before = changed.parts[first - 1][1]
        parts.insert(0, ("same", _tail(before, length // 3)))
    if parts[-1][0] == "same":
        parts[-1] = ("same", _head(parts[-1][1], length // 3))
    return tuple((kind, text) if kind == "same" else (kind, _head(text, length)) for kind, text in parts)


def _paragraphs(text: str | None) -> list[str]:
    parts = (text or "").split("\n\n")
    return [part.strip() for part in parts if part.strip()]


def _edited(before: list[str], after: list[str]) -> Iterator[_Block]:
    """Yield paragraphs that replace others; similar ones are compared."""
    for old, new in zip_longest(before, after):
        if old is not None and new is not None and _is_near(old, new):
            yield _Block(diff_words(old, new))
            continue
        if old is not None:
            yield _Block((("del", old),))
        if new is not None:
            yield _Block((("ins", new),))


def _is_near(old: str, new: str) -> bool:
    return SequenceMatcher(None, old, new).quick_ratio() >= NEAR


def _head(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return text[:length].rsplit(" ", 1)[0] + " …"


def _tail(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    kept = text[-length:]
    return "… " + kept.split(" ", 1)[-1]
