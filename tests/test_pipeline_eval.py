"""The ruler itself: a measure that cannot fail measures nothing."""

from __future__ import annotations

import pytest

from archive.core.records import Article, Comment
from tests.eval.labels import Labelled, compare
from tests.eval.measure import Threads, overlap, scores

TRUTH = {
    "id": "1",
    "parent": None,
    "author": "E",
    "author_url": None,
    "date": None,
    "is_pingback": False,
    "body": "Yes.",
}


def test_equal_texts_score_one_and_strange_ones_nothing() -> None:
    assert scores([overlap("one two three four five", "one two three four five")]) == (1.0, 1.0, 1.0)
    assert scores([overlap("one two three four five", "six seven eight nine ten")])[2] == 0.0


def test_half_a_text_is_precise_and_incomplete() -> None:
    precision, recall, _ = scores([overlap("a b c d e f g h", "a b c d e")])
    assert precision == 1.0
    assert recall < 0.5


def test_a_thread_is_clean_only_without_errors() -> None:
    threads = Threads()
    threads.add("good", [TRUTH], [Comment(id="1", author="E", text="Yes.")])
    threads.add("bad", [TRUTH], [Comment(id="1", author="F", text="Yes."), Comment(id="2", author="X")])
    assert (threads.pages, threads.clean) == (2, 1)
    assert [error.split()[2].rstrip(":") for error in threads.errors] == ["author", "alien"]


@pytest.mark.parametrize(
    ("label", "authors", "same"),
    [
        ("Von Ida Marsh und Tove  REED", ("Tove Reed", "Ida Marsh"), True),
        ("Ida Marsh", ("Ida Marsh", "Tove Reed"), False),
        ("Ida Marsh", (), False),
    ],
)
def test_a_label_is_met_by_the_same_people_in_any_order(
    label: str, authors: tuple[str, ...], same: bool
) -> None:
    page = Labelled(url="https://g.example/a", body=b"", share="tuned", title=None, authors=label)
    article = Article(url=page.url, authors=authors)
    assert [good for _, _, good in compare(page, article)] == [same]
