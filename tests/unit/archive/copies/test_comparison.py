"""Which texts are copies, and which share a passage."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.copies.comparison import MIN_PASSAGE_WORDS, is_copy, passage_length, without_quotations
from archive.copies.wording import MIN_COPY_WORDS, Worded, prints_of, words_of

KERB = (
    "I measured the kerb myself on Sunday with a borrowed tape and it is four inches higher than the plans"
    " say, which the council was told in writing before a single stone was laid."
)
WORDS = st.lists(st.sampled_from(["tide", "mill", "oak", "plank", "nail", "row", "ferry"]), max_size=40)


def worded(text: str) -> Worded:
    return Worded.of(words_of(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("“Don’t — EVER — do that!”", "don't ever do that"),
        ("The ﬁgures are at https://ledger.example/2009/07/the-figures?x=1 now", "the figures are at now"),
        ("Straße, naïve", "STRASSE naïve"),
    ],
)
def test_case_punctuation_and_urls_do_not_count(one: str, other: str) -> None:
    assert words_of(one) == words_of(other)


def test_characters_are_words_where_none_are_spaced() -> None:
    assert words_of("東京の港") == ("東", "京", "の", "港")
    assert worded("東京の港は静かだった").size == 2
    assert worded("the harbour 港 is calm").size == 1


def test_texts_that_differ_in_a_fifth_are_copies() -> None:
    assert is_copy(worded(KERB), worded(KERB.replace("four inches", "two feet").replace("single", "whole")))
    assert not is_copy(worded(KERB), worded(" ".join(reversed(KERB.split()))))
    half = [word if at % 2 else f"other{at}" for at, word in enumerate(KERB.split())]
    assert not is_copy(worded(KERB), worded(" ".join(half)))
    assert not is_copy(worded(KERB), worded(f"{KERB} {KERB}")), "one is twice as long"


def test_short_texts_are_no_copies() -> None:
    short = " ".join(KERB.split()[: MIN_COPY_WORDS - 1])
    assert not is_copy(worded(short), worded(short))
    assert prints_of(worded(short)) == []
    assert is_copy(*[worded(" ".join(KERB.split()[:MIN_COPY_WORDS]))] * 2)
    ten = "港の防波堤は昨夜の嵐で三か所が壊れた。"
    assert not is_copy(worded(ten), worded(ten)), "two characters count as one word"
    assert is_copy(worded(ten * 2), worded(ten * 2))


def test_a_passage_is_found_within_other_words() -> None:
    quoted = f"So much for the plans. “{KERB[30:]}” Put that on the wall and frame it, says the baker."
    assert passage_length(worded(KERB), worded(quoted)) == len(words_of(KERB[30:]))
    edited = quoted.replace("four inches", "two feet")
    assert passage_length(worded(KERB), worded(edited)) == len(words_of(KERB[30:])) - 2
    few = " ".join(KERB.split()[:14])
    assert passage_length(worded(KERB), worded(f"So {few} perhaps")) == 0
    scattered = " and then it rained for days on the quay ".join(
        " ".join(KERB.split()[at : at + 4]) for at in range(0, 30, 4)
    )
    assert passage_length(worded(KERB), worded(scattered)) == 0


def test_words_that_repeat_make_no_passage() -> None:
    """They would make the comparison take as long as the square of the text."""
    chant = worded("buy one get one " * 2000)
    assert passage_length(chant, worded("get one buy one " * 2000)) == 0
    assert is_copy(chant, worded("buy one get one " * 2000))


def test_quotations_of_the_text_above_are_left_out() -> None:
    own = "That is what I said in March and nobody came to look"
    assert without_quotations(worded(f"“{KERB}” {own}"), worded(KERB)).words == words_of(own)
    assert without_quotations(worded(own), worded(KERB)) == worded(own)
    assert without_quotations(worded(KERB), worded(KERB)).words == ()
    assert without_quotations(worded(""), worded(KERB)).words == ()


@given(WORDS, WORDS)
def test_comparison_is_symmetric(one: list[str], other: list[str]) -> None:
    texts = Worded.of(tuple(one)), Worded.of(tuple(other))
    assert is_copy(*texts) == is_copy(*reversed(texts))
    unique = Worded.of(tuple(f"{word}{at}" for at, word in enumerate(one)))
    assert passage_length(unique, unique) == (len(one) if len(one) >= MIN_PASSAGE_WORDS else 0)


@given(WORDS, st.integers(0, 10_000))
def test_copies_within_bounds_share_fingerprints(words: list[str], seed: int) -> None:
    """Two shared fingerprints make a candidate: texts with 15 % of their words edited have them."""
    dice = random.Random(seed)
    unique = [f"{word}{at}" for at, word in enumerate(words)]
    edited = list(unique)
    for at in dice.sample(range(len(unique)), int(0.15 * len(unique))):
        edited[at] = "changed"
    prints = [set(prints_of(Worded.of(tuple(each)))) for each in (unique, edited)]
    assert len(unique) < MIN_COPY_WORDS or len(prints[0] & prints[1]) >= 2
