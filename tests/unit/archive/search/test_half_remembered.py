"""Half-remembered sentences: what was meant is among the first, and only telling words are marked."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator

import pytest

from archive.search.engine import MARK, Ask, SearchResult, find
from archive.search.suggestions import Help, find_with_help
from tests.builders import fixtures_archive

WHO = ("My grandmother", "The baker", "An old pilot", "His cousin", "Our postman", "The organist")
DID = ("sold", "painted", "carried", "counted", "repaired", "borrowed", "forgot", "wrapped")
WHAT = ("tickets", "lanterns", "kettles", "oars", "ladders", "hymn books", "buckets")
PLACE = ("for the ferry", "at the weir", "behind the chapel", "on the long quay", "under the viaduct")
TIME = ("in the winter of the flood", "before the fair", "until the bell rang", "on Sundays")
FRAMES = (
    *(
        "all",
        "that",
        "is",
        "why",
        "she",
        "will",
        "have",
        "it",
        "for",
        "him",
        "and",
        "they",
        "in",
        "their",
        "own",
    ),
    *("way", "of", "the", "world"),
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """Four hundred short comments, each of one sentence, and two long articles with almost all words."""
    dice = random.Random(13)
    fill = fixtures_archive.Filler(tmp_path_factory.mktemp("remembered") / "archive.db")
    when = fixtures_archive.START
    for number in (1, 2):
        every = [*WHO, *DID, *WHAT, *PLACE, *TIME, *FRAMES]
        dice.shuffle(every)
        fill.article(number, when, title=f"Annals {number}", text=". ".join(every * 3))
    made = {tuple(dice.choice(part) for part in (WHO, DID, WHAT, PLACE, TIME)) for _ in range(400)}
    for sentence in sorted(made):
        said = " ".join(dice.sample(FRAMES, 3))
        fill.comment(1, when, text=f"{' '.join(sentence)}, {said}.")
    with fill.read_only() as connection:
        yield connection


def shown_comments(found: SearchResult, advice: Help) -> list[int]:
    parts = [*found.sections, *advice.nearby]
    return [int(str(hit["id"])) for part in parts if part.kind == "comments" for hit in part.hits]


def test_sentence_with_a_wrong_word_leads_to_its_comment_without_a_click(archive: sqlite3.Connection) -> None:
    """The wrong word occurs elsewhere, as in long articles that have all words."""
    dice = random.Random(5)
    rows = archive.execute("SELECT id, text FROM comments").fetchall()
    lost = []
    for row_id, text in dice.sample(rows, 60):
        words = text.rstrip(".").replace(",", "").split()
        words[dice.randrange(len(words))] = dice.choice((*DID, *WHAT[:4]))
        found, advice = find_with_help(archive, Ask(words=" ".join(words)))
        if row_id not in shown_comments(found, advice):
            lost.append(" ".join(words))
    assert lost == []


def test_few_matches_of_a_sentence_stay_and_the_others_follow(archive: sqlite3.Connection) -> None:
    text = archive.execute("SELECT text FROM comments WHERE id = 7").fetchone()[0].rstrip(".")
    found, advice = find_with_help(archive, Ask(words=text))
    assert found.total
    assert advice.instead == ""
    known = [(part.kind, hit["id"]) for part in found.sections for hit in part.hits]
    more = [(part.kind, hit["id"]) for part in advice.nearby for hit in part.hits]
    assert more
    assert not set(known) & set(more)
    assert {kind for kind, _ in more} <= {"articles", "comments"}


@pytest.mark.parametrize("typed", ["baker counted ladders chapel zeppelin", "baker counted ladders chapel"])
def test_excluded_word_is_in_no_text_with_most_of_the_words(archive: sqlite3.Connection, typed: str) -> None:
    for excluded in ("winter", "Sundays", "bell", "fair"):
        found, advice = find_with_help(archive, Ask(words=f"{typed} -{excluded}"))
        shown = shown_comments(found, advice)
        assert shown
        having = find(archive, Ask(words=excluded, kind="comments", size=500)).sections[1].hits
        assert not set(shown) & {hit["id"] for hit in having}


def test_word_that_was_typed_twice_is_counted_once(archive: sqlite3.Connection) -> None:
    _, advice = find_with_help(archive, Ask(words="the baker counted the zeppelin"))
    assert [word for word, _ in advice.words] == ["the", "baker", "counted", "zeppelin"]


def test_words_that_occur_everywhere_are_searched_but_not_marked(archive: sqlite3.Connection) -> None:
    section = find(archive, Ask(words="lanterns in the chapel")).sections[1]
    marked = {piece.partition("\x03")[0].lower() for hit in section.hits for piece in _marks(hit["excerpt"])}
    assert section.hits
    assert marked == {"lanterns", "chapel"}


@pytest.mark.parametrize("typed", ["the", "in the", '"in the winter"', "the OR in"])
def test_words_that_occur_everywhere_are_marked_where_nothing_else_is_searched(
    archive: sqlite3.Connection, typed: str
) -> None:
    section = find(archive, Ask(words=typed, kind="comments")).sections[1]
    assert section.hits
    assert all(MARK in str(hit["excerpt"]) for hit in section.hits)


def test_a_text_with_nothing_but_words_that_occur_everywhere_is_still_marked(
    archive: sqlite3.Connection,
) -> None:
    section = find(archive, Ask(words="the of zeppelin", kind="comments", match=2)).sections[1]
    assert section.hits
    assert all(MARK in str(hit["excerpt"]) for hit in section.hits)


def _marks(text: object) -> list[str]:
    return str(text).split(MARK)[1:]
