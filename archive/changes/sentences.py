"""Sentences that differ within changed paragraphs, and the words that all their forms share. Pure.

A site puts sentences of its own into the paragraphs of its articles: a greeting with the hour, the town of a
visitor, an invitation. Such a sentence is the same in other articles, but for a gap.
Does not: compare with other articles; `repeated_blocks` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

from archive.changes.text_blocks import Hunk, HunkKind, digest_texts
from archive.changes.variable_text import WORD

LEAST_WORDS = 3  # that the forms of a sentence share
LONGEST_GAP = 8  # words
_LAST = 2  # words at the end of a sentence, at least, that are hardly those of the gap
_MOST_OF = 0.6  # of the words of a sentence that another form of it has, too
_LONGEST = 200  # sentences of a paragraph, and words of a sentence, that are compared
_MOST = 4  # sentences of a paragraph that differ, beyond which it is rewritten
_END = re.compile(r"(?<=[.!?…。！？])[\"'”’»)]*\s+")


@dataclass(frozen=True, kw_only=True)
class SentenceChange:
    """One sentence in two forms; one of them is empty where it came or went.

    `runs` are the words that both have, divided by gaps.
    """

    old: str
    new: str
    runs: tuple[tuple[str, ...], ...]

    @property
    def place(self) -> str:
        """Return a digest of the shared words."""
        return digest_texts("sentence", *(" ".join(run) for run in self.runs))

    @property
    def bucket(self) -> str:
        """Return the same in all articles."""
        return f"sentence {self.place}"

    @property
    def state(self) -> str:
        """Return a digest of the new form."""
        return digest_texts(*_words(self.new))

    @property
    def box(self) -> str:
        """Return a digest of the change; of a sentence that came or went, of its last words."""
        if self.old and self.new:
            return digest_texts("sentence", self.old, "\0", self.new)
        [words] = self.runs
        last = max(_LAST, len(words) // 3)
        return digest_texts("sentence", str(bool(self.new)), *words[-last:])

    @property
    def phrases(self) -> tuple[tuple[str, ...], ...]:
        """Return words in a row that other forms of the sentence have, at least one of them."""
        if self.old and self.new:
            return (max(self.runs, key=len),)
        [words] = self.runs
        middle = (len(words) + 1) // 2
        return (words[:middle], words[middle:])

    def is_like(self, words: Sequence[str]) -> bool:
        """True if a sentence of such words is a form of this one."""
        if self.old and self.new:
            return _has_runs(self.runs, words)
        [own] = self.runs
        return _shares_ends(own, words)


def changed_sentences(hunk: Hunk) -> tuple[SentenceChange, ...]:
    """Return the changed sentences of a hunk; nothing where it is more than some sentences."""
    if hunk.kind is not HunkKind.WORDS or len(hunk.old) != len(hunk.new):
        return ()
    found = list[SentenceChange]()
    for before, after in zip(hunk.old, hunk.new, strict=True):
        changes = list(_changes(before.words, after.words))
        if None in changes:
            return ()
        found += [change for change in changes if change is not None]
    return tuple(found) if len(found) <= _MOST else ()


def is_of_box(hunk: Hunk, box: str) -> bool:
    """True if a box, of paragraphs or of a sentence, is all that a hunk changes."""
    return hunk.box == box or {change.box for change in changed_sentences(hunk)} == {box}


def sentence_words(text: str) -> Iterator[list[str]]:
    """Yield the words of each sentence, in lower case."""
    yield from map(_words, split_sentences(text))


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text, line by line."""
    return [each for line in text.split("\n") for each in _END.split(line) if each.strip()]


def _changes(before: str, after: str) -> Iterator[SentenceChange | None]:
    """Yield the sentences of a paragraph that differ, None for those that have no counterpart."""
    old = split_sentences(before)
    new = split_sentences(after)
    if max(len(old), len(new)) > _LONGEST:
        yield None
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if i1 == i2:
            yield from (_change("", each) for each in new[j1:j2])
        elif j1 == j2:
            yield from (_change(each, "") for each in old[i1:i2])
        elif i2 - i1 == j2 - j1:
            yield from map(_change, old[i1:i2], new[j1:j2])
        else:
            yield None


def _change(before: str, after: str) -> SentenceChange | None:
    runs = _shared_runs(_words(before), _words(after))
    if runs is None or sum(map(len, runs)) < LEAST_WORDS:
        return None
    return SentenceChange(old=before, new=after, runs=runs)


def _shared_runs(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[str, ...], ...] | None:
    """Return the words that two forms share, None where a gap is too wide or a form too long.

    An empty run at an end stands for a gap there.
    """
    if not old or not new:
        return (tuple(old or new),)
    if max(len(old), len(new)) > _LONGEST:
        return None
    runs: list[tuple[str, ...]] = [()]
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            runs[-1] += tuple(old[i1:i2])
        elif max(i2 - i1, j2 - j1) > LONGEST_GAP:
            return None
        else:
            runs.append(())
    return tuple(runs)


def _has_runs(runs: Sequence[Sequence[str]], words: Sequence[str]) -> bool:
    """True if words are these runs in order, with nothing but gaps between them."""
    starts = {0}
    ends = set[int]()
    for run in runs:
        ends = {start + len(run) for start in starts if _is_at(start, run, words)}
        starts = {end + gap for end in ends for gap in range(LONGEST_GAP + 1)}
    return len(words) in ends


def _is_at(start: int, run: Sequence[str], words: Sequence[str]) -> bool:
    """True if a run stands at a place; numbers are alike."""
    there = words[start : start + len(run)]
    if start + len(run) > len(words):
        return False
    return all(own == other or any(map(str.isdigit, own)) for own, other in zip(run, there, strict=True))


def _shares_ends(one: Sequence[str], other: Sequence[str]) -> bool:
    """True if two sentences are the same but for a small part within."""
    shortest = min(len(one), len(other))
    begin = _shared(one, other)
    end = _shared(one[begin:][::-1], other[begin:][::-1])
    shared = begin + end
    gap = max(len(one), len(other)) - shared
    return shared >= max(LEAST_WORDS, _MOST_OF * shortest) and gap <= LONGEST_GAP


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words two sentences share at their beginning."""
    pairs = zip(one, other, strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def _words(sentence: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(sentence)]
