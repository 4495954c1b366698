"""Forms of a sentence: what is like it, and that the work for any two sentences is bounded."""

from __future__ import annotations

import random
import re

import pytest

from archive.changes import sentences, text_blocks
from archive.changes.sentences import LONGEST_GAP, SentenceChange
from archive.core import letters


def change(*runs: str) -> SentenceChange:
    """Return a change whose forms share these words."""
    return SentenceChange(old="was", new="is", runs=tuple(tuple(run.split()) for run in runs))


def by_pattern(runs: tuple[tuple[str, ...], ...], words: list[str]) -> bool:
    """The same as a regular expression, which is too slow for many gaps."""
    gap = rf"(?:\S+ ){{0,{LONGEST_GAP}}}"
    numbers = [
        "".join(r"\S+ " if any(map(str.isdigit, word)) else f"{word} " for word in run) for run in runs
    ]
    return bool(re.fullmatch(gap.join(numbers), "".join(f"{word} " for word in words)))


def test_form_of_a_sentence_has_its_words_in_order_with_short_gaps() -> None:
    dice = random.Random(3)
    outcomes = set()
    for _ in range(3000):
        runs = [" ".join(dice.choices("ab7", k=dice.randrange(3))) for _ in range(dice.randrange(1, 4))]
        words = dice.choices("abc7", k=dice.randrange(24))
        expected = by_pattern(change(*runs).runs, words)
        assert change(*runs).is_like(words) is expected, (runs, words)
        outcomes.add(expected)
    assert outcomes == {True, False}


@pytest.mark.parametrize("gaps", [10, 20, 40])
def test_work_for_a_sentence_with_many_gaps_is_bounded(gaps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pattern with gaps tries all ways to divide the words."""
    calls = []
    is_at = sentences._is_at
    monkeypatch.setattr(sentences, "_is_at", lambda *asked: calls.append(1) or is_at(*asked))
    words = ["a", "b"] * 2 * gaps + ["end"] * 9
    assert not change(*["a"] * gaps).is_like(words)
    assert len(calls) <= gaps * (len(words) + LONGEST_GAP + 1)


@pytest.mark.parametrize("stars", [10**3, 10**5])
def test_word_of_very_many_stars_is_no_starred_word(stars: int) -> None:
    """Stars before and after those of a word could be divided in a great many ways."""
    assert letters.is_starred("a rope", "a r**e")
    assert not letters.is_starred("word here", "*" * stars + "ab here")
    assert not letters.is_starred("*" * stars + "ab here", "w**d here")


def changed(before: str, after: str) -> list[tuple[str, str]]:
    compared = text_blocks.compare(text_blocks.blocks(before), text_blocks.blocks(after))
    return [(each.old, each.new) for hunk in compared.hunks for each in sentences.changed_sentences(hunk)]


def test_a_sentence_within_a_paragraph_is_found() -> None:
    before = "The ferry leaves at nine. Good morning, dear reader of ours. It is back at noon, as ever."
    after = "The ferry leaves at nine. Good evening, dear reader of ours. It is back at noon, as ever."
    assert changed(before, after) == [
        ("Good morning, dear reader of ours.", "Good evening, dear reader of ours.")
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("so it is " * 5_000 + "here.", "so it is " * 5_000 + "there."),
        ("It is so. " * 5_000 + "And here.", "It is so. " * 5_000 + "And there."),
    ],
)
def test_long_sentences_are_not_compared(before: str, after: str) -> None:
    """A comparison takes the square of their length."""
    assert changed(before, after) == []
