"""What a person types is understood as meant, and nothing typed is an error."""

# ruff: noqa: E501  (invented text and addresses read better in one line)

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.search import engine
from archive.search import sql as search_sql
from archive.search.engine import Ask, find, whole
from archive.search.query_parser import MAX_TERMS, parse_query
from tests.builders import fixtures_archive

TYPED = [
    "", " ", '"', '""', '"unbalanced', "AND", "OR", "NOT", "NOT NOT", "OR OR bridge", "bridge OR", "AND AND (", "((((", "))))",
    "a AND OR b", "NEAR(a b, 3)", "text:", "text: :", "title:", "author:*", "*", "**", "a*b*", "-", "--", "-*", '-"', "+", "^bridge",
    "{text} : bridge", "bridge}", "col:val", "'; DROP TABLE articles; --", "\\", "\0", "bri\0dge", "🙂", "🙂🙂 bridge", "\u202ebridge",
    "العبّارة", "שלום", "橋", "“bridge”", "«bridge»", "bridge" * 2000, "b " * 5000, "(" * 10_000, '"' * 10_001, "a OR " * 3000,
    "\ud800", "%00", "bridge\n\r\tferry", "\N{COMBINING ACUTE ACCENT}", "1e999", "NULL", "x'00'", "$$", "[]", "bridge:ferry",
    "http://quayside.example/a?b=c#d", "re-open", "don't", "C++", "2015-05-04", "tag:", "source:nobody bridge", "-bridge", "-a -b -c",
]  # fmt: skip


def every(connection: sqlite3.Connection, ask: Ask, kind: str) -> list[dict[str, Any]]:
    """All hits of one kind, as the download of a search has them."""
    cursor = connection.execute(*whole(connection, ask, kind))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = fixtures_archive.build(tmp_path_factory.mktemp("search") / "archive.db", count=20)
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    yield connection
    connection.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[fixtures_archive.Filler]:
    """An archive of three articles whose words are known."""
    fill = fixtures_archive.Filler(tmp_path / "archive.db")
    texts = [
        "The old bridge was closed.",
        "A new bridge and a ferry.",
        "Ferries run on Sunday. The quay is low; the lower quay is not.",
    ]
    for number, text in enumerate(texts, 1):
        title = ["Bridge closed", "Ferry news", "Sunday timetable"][number - 1]
        byline = ["Ada Brindle", "Tomas Quill", "Ada Brindle"][number - 1]
        fill.article(
            number, fixtures_archive.START.replace(year=2009 + number), title=title, text=text, byline=byline
        )
    fill.comment(
        1,
        fixtures_archive.START.replace(year=2012),
        author="Ada Brindle",
        text="I signed the organization's letter.",
    )
    fill.comment(
        2, fixtures_archive.START.replace(year=2013), author="noor", text="The bridge is running late."
    )
    yield fill
    fill.db.close()


def found(fill: fixtures_archive.Filler, words: str, kind: str = "articles", **more: str) -> set[int]:
    part = next(
        part for part in find(fill.conn, Ask(words=words, kind=kind, **more)).sections if part.kind == kind
    )
    ids = {int(hit["id"] or 0) for hit in part.hits}
    assert len(ids) == part.count
    return ids


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("bridge", {1, 2}),
        ("bridges", {1, 2}),
        ("BRIDGE ferry", {2}),
        ("bridge AND ferry", {2}),
        ("bridge OR ferry", {1, 2, 3}),
        ("closed OR sunday bridge", {1}),
        ("(closed OR sunday) bridge", {1}),
        ("bridge -ferry", {1}),
        ("bridge NOT ferry", {1}),
        ("-bridge", {3}),
        ('"lower quay"', {3}),
        ("“lower quay”", {3}),
        ('"quay lower"', set()),
        ('bridge -"a ferry"', {1}),
        ("clos*", {1}),
        ("title:ferry", {2}),
        ("Title: ferry", {2}),
        ("-title:ferry bridge", {1}),
        ("author:brindle", {1, 3}),
        ('by:"Ada Brindle" bridge', {1}),
        ("author:brindle text:sunday", {3}),
        ("🙂 bridge", {1, 2}),
        ("nothing-like-this", set()),
    ],
)
def test_words_mean_what_people_mean(small: fixtures_archive.Filler, words: str, ids: set[int]) -> None:
    assert found(small, words) == ids


def test_a_cut_word_meets_the_stem_that_the_index_keeps(small: fixtures_archive.Filler) -> None:
    """The index keeps “organ” for “organization”, so a plain prefix query would find nothing."""
    for cut in ("organiz*", "organiza*", "organization*"):
        assert found(small, cut, "comments") == {1}, cut
    assert found(small, "runni*", "comments") == {2}


def test_title_in_comments_asks_for_the_article_they_stand_under(small: fixtures_archive.Filler) -> None:
    assert found(small, "title:ferry", "comments") == {2}
    assert found(small, "title:ferry bridge", "comments") == {2}
    assert found(small, "title:closed bridge", "comments") == set()


def test_filters_narrow(small: fixtures_archive.Filler) -> None:
    assert found(small, "bridge", until="2010") == {1}
    assert found(small, "bridge", since="2011-03-02") == {2}
    assert found(small, "", since="2011", until="2011-03") == {2}
    assert found(small, "bridge", person="quill") == {2}
    assert found(small, "", "comments", person="ada brindle") == {1}
    assert found(small, "bridge", source="uplands") == set()
    tag = small.conn.execute(
        "SELECT name FROM article_tags JOIN tags ON id = tag_id WHERE article_id = 2"
    ).fetchone()[0]
    assert 2 in found(small, "", tag=tag.upper())
    assert 2 in found(small, f"tag:{tag}")


def test_a_date_that_is_none_is_left_out_and_said(small: fixtures_archive.Filler) -> None:
    answer = find(small.conn, Ask(words="bridge", since="soon"))
    assert answer.total == 3
    assert "soon" in answer.notes[0]


def test_snippets_mark_what_matched(small: fixtures_archive.Filler) -> None:
    for words in ("bridges", "bridg*"):
        hits = find(small.conn, Ask(words=words, kind="articles")).sections[0].hits
        assert len(hits) == 2
        assert all(f"{engine.MARK}bridge{engine.UNMARK}" in str(hit["excerpt"]) for hit in hits)


def test_relevance_puts_titles_first_and_date_puts_the_newest_first(small: fixtures_archive.Filler) -> None:
    def order(sort: str) -> list[object]:
        return [
            hit["id"]
            for hit in find(small.conn, Ask(words="bridge", kind="articles", sort=sort)).sections[0].hits
        ]

    assert order("relevance") == [1, 2]
    assert order("date") == [2, 1]


@pytest.mark.parametrize("words", TYPED, ids=lambda text: ascii(text[:20]))
def test_nothing_typed_is_an_error(archive: sqlite3.Connection, words: str) -> None:
    for kind in ("all", *engine.SEARCHED_KINDS):
        for sort in ("relevance", "date"):
            find(archive, Ask(words=words, kind=kind, sort=sort, person=words[:200], tag=words[:200]))


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet=st.one_of(st.sampled_from("\"*-():ORANDT abtitle{}^'|+"), st.characters()), max_size=60)
)
def test_no_text_whatever_is_an_error(archive: sqlite3.Connection, words: str) -> None:
    find(archive, Ask(words=words, size=2))


@pytest.fixture
def edited(small: fixtures_archive.Filler) -> fixtures_archive.Filler:
    """The same, edited: a walrus left article 1 at its second edit, an otter its comment, a seal stayed."""
    said = {"title": "Bridge closed", "byline": "Ada Brindle", "published": "2010-03-01", "changed": "[]"}
    for version, text, cause in (
        (1, "A walrus, a seal and a walrus on the bridge.", "edited"),
        (2, "A walrus, a seal on the bridge.", "edited"),
        (3, "A gannet and a seal on the bridge.", "re-extracted"),
    ):
        times = {"since": f"2020-01-0{version}T00:00:00Z", "until": f"2020-01-0{version + 1}T00:00:00Z"}
        small.insert(
            "article_versions", article_id=1, version=version, text=text, cause=cause, **said, **times
        )
    small.conn.execute("UPDATE articles SET version_count = 4, text = 'A seal on the bridge.' WHERE id = 1")
    small.insert(
        "comment_versions", comment_id=1, version=1, since="2020-01-01T00:00:00Z", until="2020-01-05T00:00:00Z",
        changed="[]", cause="edited", author="Ada Brindle", text="I saw an otter.",
    )  # fmt: skip
    small.conn.execute("UPDATE comments SET version_count = 2 WHERE id = 1")
    small.conn.execute("UPDATE comments SET gone_at = '2020-01-01T00:00:00Z' WHERE id = 2")
    return small


def test_what_was_edited_away_is_found_once_where_it_was_last_said(edited: fixtures_archive.Filler) -> None:
    [hit] = find(edited.conn, Ask(words="walrus", kind="article_versions")).sections[2].hits
    assert (hit["kind"], hit["id"], hit["version"]) == ("article version", 1, 2)
    assert hit["replaced_at"] == "2020-01-03T00:00:00Z"
    assert f"{engine.MARK}walrus{engine.UNMARK}" in str(hit["excerpt"])
    [hit] = find(edited.conn, Ask(words="otter", kind="comment_versions")).sections[3].hits
    assert (hit["kind"], hit["id"], hit["title"], hit["version"]) == (
        "comment version",
        1,
        "Bridge closed",
        1,
    )


def test_what_still_stands_or_was_only_misread_was_not_edited_away(edited: fixtures_archive.Filler) -> None:
    for words in ("seal", "bridge", "gannet"):
        assert find(edited.conn, Ask(words=words)).sections[2].count == 0, words


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        ({}, 1),
        ({"person": "brindle"}, 1),
        ({"person": "quill"}, 0),
        ({"since": "2010", "until": "2010-03"}, 1),
        ({"since": "2011"}, 0),
        ({"source": "quayside"}, 1),
        ({"source": "uplands"}, 0),
        ({"state": "changed"}, 1),
        ({"state": "removed"}, 0),
        ({"tag": "nothing"}, 0),
    ],
)
def test_what_was_edited_away_is_narrowed_like_the_rest(
    edited: fixtures_archive.Filler, narrowed: dict[str, str], count: int
) -> None:
    ask = Ask(words="walrus", **narrowed)  # type: ignore[arg-type]
    assert find(edited.conn, ask).sections[2].count == count
    assert len(list(every(edited.conn, ask, "article_versions"))) == count


def test_only_what_was_changed_or_removed(edited: fixtures_archive.Filler) -> None:
    assert found(edited, "", state="changed") == {1}
    assert found(edited, "", "comments", state="changed") == {1, 2}
    assert found(edited, "", "comments", state="removed") == {2}


def test_versions_are_not_looked_through_for_common_words_unless_asked_for(
    archive: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (engine, search_sql):
        monkeypatch.setattr(module, "CAP", 100)
    part = find(archive, Ask(words="ferry OR earlier")).sections[3]
    assert (part.count, part.more, part.hits) == (0, True, ())
    for asked in ({"kind": "comment_versions"}, {"state": "changed"}):
        assert find(archive, Ask(words="ferry OR earlier", **asked)).sections[3].count == 1  # type: ignore[arg-type]


def test_what_is_left_out_is_said() -> None:
    assert "characters" in parse_query("x" * 5000).notes[0]
    assert str(MAX_TERMS) in parse_query("ab " * 300).notes[0]
    assert "🙂" in parse_query("🙂 bridge").notes[0]


def test_pages_cut_one_order_without_gap_or_double(archive: sqlite3.Connection) -> None:
    for sort in ("relevance", "date"):
        ids = []
        for page in range(1, 8):
            ids += [
                hit["id"]
                for hit in find(archive, Ask(words="ferry", kind="comments", page=page, size=10, sort=sort))
                .sections[1]
                .hits
            ]
        assert len(ids) == len(set(ids)) == 70
        in_full = [row["id"] for row in every(archive, Ask(words="ferry", sort=sort), "comments")]
        assert in_full[:70] == ids


def test_every_gives_exactly_what_is_counted(archive: sqlite3.Connection) -> None:
    for ask in (
        Ask(words="ferry -council"),
        Ask(words="ferry", tag="harbour"),
        Ask(since="2015"),
        Ask(words="-ferry"),
        Ask(state="removed"),
    ):
        for part in find(archive, ask).sections:
            assert len(list(every(archive, ask, part.kind))) == part.count


SINCE, UNTIL = "published >= '2015-05-07'", "published <= '2015-05-15~'"
UNDER = (
    "article_id IN (SELECT article_id FROM article_tags JOIN tags ON tags.id = tag_id WHERE name = 'harbour')"
)


@pytest.mark.parametrize("cap", [search_sql.CAP, 100])
@pytest.mark.parametrize("words", ["", "ferry", "fer*", "ferry -agreed"])
def test_filters_narrow_alike_however_many_match(
    archive: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, words: str, cap: int
) -> None:
    for module in (engine, search_sql):
        monkeypatch.setattr(module, "CAP", cap)
    matched = {"": "id", "ferry": "ferry", "fer*": "fer*", "ferry -agreed": "ferry NOT agreed"}[words]
    matching = (
        f"id IN (SELECT rowid FROM comments_fts WHERE comments_fts MATCH '{matched}')" if words else "1"
    )
    for ask, condition in (
        (Ask(since="2015-05-07", until="2015-05-15"), f"{SINCE} AND {UNTIL}"),
        (Ask(since="2015-05-07"), SINCE),
        (Ask(until="2015-05-15"), UNTIL),
        (Ask(tag="Harbour"), UNDER),
        (Ask(source="quayside", state="changed"), "version_count > 1 OR gone_at IS NOT NULL"),
        (Ask(tag="harbour", until="2015-05-15"), f"{UNDER} AND {UNTIL}"),
    ):
        sql = f"SELECT id FROM comments WHERE {matching} AND ({condition})"
        meant = {row_id for (row_id,) in archive.execute(sql)}
        for sort in ("relevance", "date"):
            part = find(archive, replace(ask, words=words, kind="comments", sort=sort)).sections[1]
            assert (part.count, part.more) == (min(len(meant), cap), len(meant) > cap), ask
            assert {hit["id"] for hit in part.hits} <= meant
            assert bool(part.hits) == bool(meant)


def test_of_too_many_matches_the_newest_are_ranked_and_it_is_said(
    archive: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (engine, search_sql):
        monkeypatch.setattr(module, "CAP", 100)
    part = find(archive, Ask(words="ferry", kind="comments")).sections[1]
    assert (part.count, part.more, part.partly) == (100, True, True)
    last = archive.execute(
        "SELECT rowid FROM comments_fts WHERE comments_fts MATCH 'ferry' ORDER BY rowid DESC LIMIT 100"
    ).fetchall()
    assert {hit["id"] for hit in part.hits} <= {row_id for (row_id,) in last}
    by_date = find(archive, Ask(words="ferry", kind="comments", sort="date")).sections[1]
    newest = archive.execute(
        "SELECT id FROM comments WHERE id IN (SELECT rowid FROM comments_fts WHERE comments_fts MATCH 'ferry')"
        " ORDER BY published DESC LIMIT 1"
    ).fetchone()[0]
    assert by_date.hits[0]["id"] == newest
    narrow = [
        find(archive, Ask(words="ferry", kind="comments", since="2016", sort=s)).sections[1]
        for s in ("date", "relevance")
    ]
    assert (
        narrow[0].count
        == narrow[1].count
        == len(list(every(archive, Ask(words="ferry", since="2016"), "comments")))
    )
    assert not narrow[0].more
    dates = [str(hit["published"]) for hit in narrow[0].hits]
    assert dates == sorted(dates, reverse=True)
    assert not by_date.partly
