"""Search over many archives: nobody who has a match is left out, and one archive alone answers as ever."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive.operations.publish import origin_of, publish
from archive.public.library.library import ShardReader
from archive.search.engine import SEARCHED_KINDS, Ask, find, understand
from archive.search.suggestions import Help
from archive.shards import generation, merged_search, questions
from archive.shards.merged_help import search_with_help
from archive.shards.merged_search import MergedSearch, search_shards
from tests.bench_archive import Maker
from tests.builders import fixtures_archive as made
from tests.unit.archive.search.test_search import TYPED

FOUND = [
    "ferry", "footbridge library", '"night market"', "harb*", "author:priya", "by:vane ferry",
    "title:bandstand", "ferry OR orchard", "ferry -library", "tag:harbour", "source:uplands ferry", "橋",
    "gate open minutes",
    "residents", "zebra", "site:example.org", "type:page", "العبّارة",
]  # fmt: skip


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShardReader]:
    """Three archives of different words: one with every extreme, a small one, and one without substrings."""
    folder = tmp_path_factory.mktemp("shards")
    for name in ("full", "small"):
        made.build(folder / f"{name}.db", count=3)
    with closing(sqlite3.connect(folder / "small.db")) as archive:
        archive.execute("UPDATE articles SET title = 'A zebra on the quay' WHERE id = 2")
        archive.commit()
    fill = made.Filler(folder / "plain.db")
    Maker(fill, 200).everything()
    fill.finish()
    origins = [origin_of(folder / f"{name}.db", name) for name in ("full", "small", "plain")]
    assert not publish(origins, folder / "public", datetime(2026, 11, 29, tzinfo=UTC)).problems
    with closing(ShardReader(generation.folder_of(folder / "public", 1))) as opened:
        yield opened


def search(reader: ShardReader, ask: Ask, *names: str) -> MergedSearch:
    return search_shards(reader.index, names or reader.index.shards, reader.archive, ask, seconds=600)


@pytest.mark.parametrize("words", [*TYPED, *FOUND], ids=lambda text: ascii(text[:20]))
def test_whoever_has_a_match_is_a_candidate(reader: ShardReader, words: str) -> None:
    for match in (0, 2):
        ask = Ask(words=words, match=match)
        wording, meant, _ = understand(ask)
        for name in reader.index.shards:
            for part in find(reader.archive(name), ask).sections:
                if part.count:
                    assert name in reader.index.candidates(part.kind, wording, meant), (name, part.kind)


def test_a_shard_without_the_words_is_not_asked(reader: ShardReader) -> None:
    found = search(reader, Ask(words="zebra"), "small", "plain")
    assert (found.candidates, found.asked) == (1, 1)
    assert [hit["archive"] for part in found.result.sections for hit in part.hits] == ["small"]


@pytest.mark.parametrize("kind", ["all", *SEARCHED_KINDS])
@pytest.mark.parametrize("words", FOUND)
def test_one_archive_alone_answers_as_ever(reader: ShardReader, words: str, kind: str) -> None:
    for sort in ("relevance", "date"):
        ask = Ask(words=words, kind=kind, sort=sort)
        alone, merged = find(reader.archive("full"), ask), search(reader, ask, "full").result
        for one, other in zip(alone.sections, merged.sections, strict=True):
            assert len(one.hits) == len(other.hits), one.kind
            assert not other.hits or other.hits[0] == {**one.hits[0], "archive": "full"}, one.kind


def test_all_pages_together_have_every_match_once(reader: ShardReader) -> None:
    pages = [
        search(reader, Ask(words="ferry", kind="comments", page=page, size=25)).result
        for page in range(1, 40)
    ]
    found = [(hit["archive"], hit["id"]) for page in pages for hit in page.sections[1].hits]
    having = "comments_fts WHERE comments_fts MATCH 'ferry'"
    wanted = {
        (name, row[0])
        for name in reader.index.shards
        for row in reader.archive(name).execute(f"SELECT rowid FROM {having}")
    }
    assert len(found) == len(set(found)) == pages[0].sections[1].count
    assert set(found) == wanted


def test_the_newest_of_all_come_first(reader: ShardReader) -> None:
    for words in ("ferry", ""):
        hits = search(reader, Ask(words=words, kind="articles", sort="date")).result.sections[0].hits
        dates = [hit["published"] or "" for hit in hits]
        assert dates == sorted(dates, reverse=True)
        assert len({hit["archive"] for hit in hits}) > 1


def test_who_is_late_is_named(reader: ShardReader, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 0.0, 99.0])
    monkeypatch.setattr(questions.time, "monotonic", lambda: next(times, 99.0))
    found = search_shards(reader.index, ["small", "full"], reader.archive, Ask(words="residents"), seconds=5)
    assert found.late
    assert set(found.late) <= {"small", "full"}
    monkeypatch.undo()
    for name in ("small", "full"):  # later questions on the same connection are not bound by that deadline
        assert reader.archive(name).execute("SELECT count(*), sum(length(text)) FROM comments").fetchone()[0]


@pytest.mark.parametrize("words", ["ferry", "the", "ferry OR harbour", '"night market"'])
def test_archives_are_asked_for_more_where_all_they_gave_may_be_shown(
    reader: ShardReader, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    for kind in ("all", "comments"):
        asks = [Ask(words=words, kind=kind, page=page, size=6) for page in range(1, 9)]
        monkeypatch.setattr(questions, "_first_size", lambda needed, shards: needed)
        at_once = [search(reader, ask).result for ask in asks]
        monkeypatch.setattr(questions, "_first_size", lambda needed, shards: min(needed, 1))
        assert [search(reader, ask).result for ask in asks] == at_once


def with_help(reader: ShardReader, words: str, *names: str) -> tuple[MergedSearch, Help]:
    allowed = names or reader.index.shards
    return search_with_help(reader.index, allowed, reader.archive, Ask(words=words), seconds=600)


def test_a_misspelt_word_is_answered_with_the_nearest_of_all_archives(reader: ShardReader) -> None:
    merged, advice = with_help(reader, "zebbra quay")
    assert "zebra" in advice.instead
    assert merged.result.ask.words == "zebra quay"
    assert {hit["archive"] for part in merged.result.sections for hit in part.hits} == {"small"}


def test_a_spelling_of_an_archive_that_may_not_be_read_is_not_told(reader: ShardReader) -> None:
    merged, advice = with_help(reader, "zebbra", "full", "plain")
    assert (merged.result.total, advice.spelled, advice.instead) == (0, (), "")
    assert advice.words == (("zebbra", 0),)


def test_the_search_without_one_word_is_offered_with_its_count(reader: ShardReader) -> None:
    merged, advice = with_help(reader, "zebra bandstand xylophonist")
    assert merged.result.total == 0
    merged, advice = with_help(reader, "zebra xylophonist")
    [option] = advice.without
    assert (option.label, option.ask.words) == ("xylophonist", "zebra")
    assert option.count == search(reader, Ask(words="zebra")).result.total
    assert dict(advice.words)["xylophonist"] == 0


def test_a_search_that_finds_enough_has_no_help(reader: ShardReader) -> None:
    assert with_help(reader, "ferry")[1] == Help()


def matching(reader: ShardReader, name: str, kind: str, words: str) -> list[int]:
    """The matches of an archive, archived last first."""
    sql = f"SELECT rowid FROM {kind}_fts WHERE {kind}_fts MATCH ? ORDER BY rowid DESC"
    return [row_id for (row_id,) in reader.archive(name).execute(sql, [words])]


@pytest.mark.parametrize("cap", [3, 10, 40, 70])
@pytest.mark.parametrize("words", ["ferry", "market"])
def test_as_many_are_ranked_as_in_one_archive_and_it_is_said(
    reader: ShardReader, monkeypatch: pytest.MonkeyPatch, words: str, cap: int
) -> None:
    having = {name: matching(reader, name, "comments", words) for name in reader.index.shards}
    every = sum(map(len, having.values()))
    assert len([ids for ids in having.values() if ids]) > 1
    for module in (questions, merged_search):
        monkeypatch.setattr(module, "CAP", cap)
    ask = Ask(words=words, kind="comments", size=1000)
    part = search(reader, ask).result.sections[1]
    given = {name: [hit["id"] for hit in part.hits if hit["archive"] == name] for name in having}
    assert (part.more, part.partly) == (every > cap, every > cap)
    assert part.count == len(part.hits)
    if every <= cap:
        assert len(part.hits) == every
    else:
        assert cap - len(having) < len(part.hits) <= cap, "what one archive has not, another may"
    for name, ids in given.items():
        assert sorted(ids, reverse=True) == having[name][: len(ids)], "those archived last"
    pages = [search(reader, replace(ask, size=7, page=page)).result.sections[1] for page in range(1, 12)]
    paged = [(hit["archive"], hit["id"]) for page in pages for hit in page.hits]
    assert paged == [(hit["archive"], hit["id"]) for hit in part.hits]
    counted = search(reader, Ask(words=words, kind="articles")).result.sections[1]
    assert (counted.count, counted.more) == (part.count, part.more)
    by_date = search(reader, replace(ask, sort="date")).result.sections[1]
    assert (by_date.count, by_date.more, by_date.partly) == (min(every, cap), every > cap, False)
    assert len(by_date.hits) == every


def test_versions_are_not_searched_for_what_a_great_many_have_now(
    reader: ShardReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (questions, merged_search):
        monkeypatch.setattr(module, "CAP", 5)
    for kind, place in (("article_versions", 2), ("comment_versions", 3)):
        for ask in (Ask(words="ferry"), Ask(words="ferry", kind="articles")):
            part = search(reader, ask).result.sections[place]
            assert (part.count, part.more, part.hits) == (0, True, ())
        monkeypatch.undo()
        alone = [find(reader.archive(name), Ask(words="ferry", kind=kind)) for name in reader.index.shards]
        count = sum(found.sections[place].count for found in alone)
        assert search(reader, Ask(words="ferry", kind=kind)).result.sections[place].count == count
        for module in (questions, merged_search):
            monkeypatch.setattr(module, "CAP", 5)
        if count:
            assert search(reader, Ask(words="ferry", kind=kind)).result.sections[place].hits
