"""Sentences that differ, and the bounds of comparing them: a reader may write anything."""

from __future__ import annotations

import pytest

from archive.changes import sentences, text_blocks


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
        ("a b " * 60 + "here.", "a c " * 60 + "here."),
    ],
)
def test_long_and_much_changed_sentences_are_not_compared(before: str, after: str) -> None:
    """Their comparison takes the square of their length, and a pattern of many gaps far more."""
    assert changed(before, after) == []
