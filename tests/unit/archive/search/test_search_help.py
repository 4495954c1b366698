"""Search that finds: other spellings, half-remembered sentences, every script, links, and what to do next."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.core.formatting import in_quotes
from archive.search import substrings
from archive.search.engine import MARK, UNMARK, Ask, SearchResult, find, whole
from archive.search.query_parser import parse_query
from archive.search.suggestions import find_with_help
from archive.search.vocabulary import distance, nearest_word
from archive.search.word_forms import base_form, other_forms
from tests import bench_languages
from tests.builders import fixtures_archive

COMMENTS = (
    "The harbour board met on the quay without Barnaby O’Brien.",
    "An e-mail from the U.S. office said the F-16 was late.",
    "Co-operation with the naïve bürgermeister of Straßenhof failed.",
    "My grandmother sold tickets for the ferry in winter.",
    "The organisation’s archivist kept every ferry timetable.",
    "Reports from Łódź and ёлка markets, said μάχη readers.",
)

SCRIPTS = {
    "zh": ("昨天渡轮在旧码头停运，居民感到不满。", "旧码头", "渡轮"),
    "ja": ("港の渡し船は昨日から運休している。", "渡し船", "運休"),
    "th": ("เรือข้ามฟากหยุดให้บริการเมื่อวานนี้", "ข้ามฟาก", "เรือ"),
    "ko": ("여객선이 어제부터 운항을 멈추었습니다.", "여객선", "운항"),
    "ar": ("عادت العبّارة إلى الرصيف القديم بعد الشتاء.", "رصيف", "شتاء"),
    "he": ("המעבורת חזרה לרציף הישן אחרי החורף.", "רציף", "חורף"),
    "fa": ("کشتی‌ها دیروز به اسکله برگشتند.", "اسکله", "کشتی"),
    "ru": ("Вчера паромная переправа закрылась на ремонт.", "паром", "ремонт"),
    "el": ("Τα πορθμεία σταμάτησαν χθες στο παλιό λιμάνι.", "πορθμεί", "λιμάν"),
    "hi": ("कल पुरानी गोदी पर नौका सेवा बंद रही।", "गोदी", "नौका"),
    "de": ("Die Donaudampfschifffahrtsgesellschaft meldete Verspätungen.", "schifffahrt", "gesellschaft"),
    "fi": ("Lautturiliikenne keskeytyi eilen vanhalla laiturilla.", "liikenne", "laituri"),
}


@pytest.mark.parametrize(
    "typed", ["grandmother sold tickets ferry winter", "harbour board met quay", "ferry late again news"]
)
def test_texts_with_most_of_the_words_are_more_than_are_shown(
    archive: sqlite3.Connection, typed: str
) -> None:
    found, advice = find_with_help(archive, Ask(words=typed))
    assert 0 < found.total <= 3
    assert advice.most is None or advice.most.count > found.total


def test_a_short_wrong_word_is_left_out_and_not_respelled(archive: sqlite3.Connection) -> None:
    """“lat” is one letter from “late” and others; most likely another word was meant."""
    assert nearest_word(archive, "lat") is None
    found, advice = find_with_help(archive, Ask(words="My gran sold tickets lat the ferry in winter"))
    shown = [hit["excerpt"] for part in found.sections for hit in part.hits]
    assert "have at least" in advice.instead
    assert any("tickets" in text for text in shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("harbour", "“harbour”"),
        ('"harbour board"', "“‘harbour board’”"),
        ("foo:“bar baz”", "“foo:‘bar baz’”"),
        ('a "b" and "c" 5"', "“a ‘b’ and ‘c’ 5’”"),
        ('"never closed', "“‘never closed”"),
        ("„Hafen“ «port»", "“‘Hafen’ ‘port’”"),
    ],
)
def test_quotation_marks_within_quoted_text_are_single(text: str, shown: str) -> None:
    assert in_quotes(text) == shown


@pytest.mark.parametrize(
    "typed", ['""', "“”", '"harbour board', 'nosuch:"harbour board"', '"zebra crossing" zebra', '"!!!"']
)
def test_no_sentence_about_a_query_nests_double_quotation_marks(
    archive: sqlite3.Connection, typed: str
) -> None:
    found, advice = find_with_help(archive, Ask(words=typed))
    told = " ".join([*found.notes, advice.instead])
    assert not re.search(r"“[^”]*[\"“]|“”", told), told


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """One English article with comments, and one article with a comment in each of twelve languages."""
    fill = fixtures_archive.Filler(tmp_path_factory.mktemp("help") / "archive.db")
    when = fixtures_archive.START
    fill.article(1, when, title="Ferry news", text="The ferry was late again.")
    for text in COMMENTS:
        fill.comment(1, when, text=text, html=f"<p>{text}</p>")
    for number, (language, (text, *_)) in enumerate(SCRIPTS.items(), 10):
        fill.article(number, when, title=language, text=text, language=language)
        fill.comment(number, when, text=text)
    with fill.read_only() as connection:
        yield connection


def comments_of(found: SearchResult) -> list[str]:
    return [str(hit["excerpt"]).replace(MARK, "").replace(UNMARK, "") for hit in found.sections[1].hits]


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("O'Brien", 0),
        ("O’Brien", 0),
        ("obrien", 0),
        ("email", 1),
        ("e-mail", 1),
        ("U.S.", 1),
        ("US office", 1),
        ("F-16", 1),
        ("F16", 1),
        ("cooperation", 2),
        ("co-operation", 2),
        ("naive", 2),
        ("strassenhof", 2),
        ("organisation", 4),
        ("organisation’s", 4),
        ("organizations", 4),
        ("harbor", 0),
        ("archivist's", 4),
        ("елка", 5),
        ("ёлка", 5),
        ("μαχη", 5),
    ],
)
def test_other_spelling_finds_the_same_comment(archive: sqlite3.Connection, typed: str, number: int) -> None:
    assert COMMENTS[number] in comments_of(find(archive, Ask(words=typed, kind="comments")))


@pytest.mark.parametrize("language", SCRIPTS)
def test_word_inside_a_text_is_found_in_every_script(archive: sqlite3.Connection, language: str) -> None:
    text, *typed = SCRIPTS[language]
    for words in typed:
        for kind in ("articles", "comments"):
            found = find(archive, Ask(words=words, kind=kind))
            part = found.sections[0 if kind == "articles" else 1]
            shown = [str(hit["excerpt"]).replace(MARK, "").replace(UNMARK, "") for hit in part.hits]
            assert [words for words in shown if text[:20] in words] == shown != []
            assert any(MARK in str(hit["excerpt"]) for hit in part.hits)
            rows = archive.execute(*whole(archive, Ask(words=words), kind)).fetchall()
            assert len(rows) == part.count == 1


@pytest.mark.parametrize("language", ["zh", "ja", "th", "ko", "ar", "ru"])
def test_every_pair_of_letters_finds_what_a_substring_search_finds(
    archive: sqlite3.Connection, language: str
) -> None:
    text = SCRIPTS[language][0]
    pairs = {text[at : at + 2] for at in range(len(text) - 1)}
    for typed in sorted(pair for pair in pairs if pair.isalpha()):
        expected = {
            row[0] for row in archive.execute("SELECT id FROM comments WHERE instr(text, ?)", [typed])
        }
        hits = find(archive, Ask(words=typed, kind="comments")).sections[1].hits
        assert {hit["id"] for hit in hits} >= expected, typed


@pytest.mark.parametrize("language", bench_languages.LANGUAGES)
def test_words_and_parts_of_words_are_found_as_by_a_substring_search(tmp_path: Path, language: str) -> None:
    assert set(bench_languages.LANGUAGES) == set(SCRIPTS)
    score = bench_languages.measure(tmp_path, language, comments=300, queries=15)
    assert score.recall >= 0.95


def test_word_of_another_script_can_be_excluded(archive: sqlite3.Connection) -> None:
    both = find(archive, Ask(words="渡轮", kind="comments")).sections[1].count
    without = find(archive, Ask(words="渡轮 -旧码头", kind="comments")).sections[1].count
    assert (both, without) == (1, 0)


def test_english_archive_has_no_index_of_substrings(tmp_path: Path) -> None:
    fill = fixtures_archive.Filler(tmp_path / "archive.db")
    fill.article(1, fixtures_archive.START, text="Plain words — “quoted”, 5 € and 🙂.")
    fill.comment(1, fixtures_archive.START, text="Another plain remark…")
    wording = parse_query("partisan quay")
    assert substrings.widen(fill.conn, wording) is wording
    assert fill.conn.execute("SELECT count(*) FROM articles_substrings_docsize").fetchone() == (0,)
    fill.db.close()


def test_substring_index_follows_every_change(tmp_path: Path) -> None:
    fill = fixtures_archive.Filler(tmp_path / "archive.db")
    fill.article(1, fixtures_archive.START, text="plain", language=None)
    number = fill.comment(1, fixtures_archive.START, text="Schiffbau")
    steps = (
        ("UPDATE articles SET language = 'de-AT'", {number}),
        ("UPDATE comments SET text = 'Bootsbau'", set()),
        ("UPDATE comments SET text = 'Schiffbau und 渡轮'", {number}),
        ("UPDATE articles SET language = 'en'", {number}),
        ("UPDATE comments SET text = 'ships'", set()),
    )
    match = 'SELECT rowid FROM comments_substrings WHERE comments_substrings MATCH \'"chi" AND "hif"\''
    for sql, expected in steps:
        fill.conn.execute(sql)
        assert {row[0] for row in fill.conn.execute(match)} == expected, sql
        fill.conn.execute("INSERT INTO comments_substrings(comments_substrings) VALUES ('integrity-check')")
    fill.conn.execute("DELETE FROM comments")
    fill.conn.execute("INSERT INTO comments_substrings(comments_substrings) VALUES ('rebuild')")
    fill.db.close()


@pytest.mark.parametrize("language", ["en", "en-GB", None, "de"])
def test_substring_index_has_exactly_the_texts_of_its_view(tmp_path: Path, language: str | None) -> None:
    """Whichever test of a text comes first: scripts at their first and last letters, and what is none."""
    texts = ["", "plain", "café", "\u2000“quoted”…", "\u036f", "\u0370", "\u1fff", "\u2bff", "\u2c00"]
    texts += ["\ud7ff", "\ue000"]
    texts += ["\uf900", "\ufdff", "\ufe70", "\ufefe", "\uff00", "\uffef", "🙂", "\U00020000", "\U0003ffff"]
    texts += ["a\0码头", "“码头”", "x" * 50 + "\u0439"]
    fill = fixtures_archive.Filler(tmp_path / "archive.db")
    for number, text in enumerate((*texts, None), 1):
        fill.article(number, fixtures_archive.START, text="plain", language=language)
        fill.conn.execute("UPDATE articles SET title = ? WHERE id = ?", [text, number])
        fill.comment(number, fixtures_archive.START, text=text)
        changed = fill.comment(number, fixtures_archive.START, text="plain")
        fill.conn.execute("UPDATE comments SET text = ? WHERE id = ?", [text, changed])
    for kind in ("articles", "comments"):
        held = fill.conn.execute(f"SELECT id FROM {kind}_substrings_docsize ORDER BY id").fetchall()
        assert held == fill.conn.execute(f"SELECT id FROM {kind}_substrings_texts ORDER BY id").fetchall()
        fill.conn.execute(f"INSERT INTO {kind}_substrings({kind}_substrings) VALUES ('integrity-check')")
    fill.conn.execute("DELETE FROM comments")
    assert fill.conn.execute("SELECT count(*) FROM comments_substrings_docsize").fetchone() == (0,)
    fill.db.close()


def test_wrong_word_shows_texts_with_most_of_the_words(archive: sqlite3.Connection) -> None:
    found, advice = find_with_help(
        archive, Ask(words="grandmother sold boats for the ferry", kind="comments")
    )
    assert comments_of(found)[0] == COMMENTS[3]
    assert "at least" in advice.instead
    assert ("boats", 0) in advice.words
    assert [(option.label, option.count) for option in advice.without] == [("boats", 1)]
    again = find(archive, found.ask)
    assert [part.count for part in again.sections] == [part.count for part in found.sections]


def test_wrong_quotation_shows_texts_with_most_of_its_words(archive: sqlite3.Connection) -> None:
    found, advice = find_with_help(archive, Ask(words="“grandmother bought tickets for the ferry”"))
    assert comments_of(found)[0] == COMMENTS[3]
    assert advice.instead


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("harbuor", "harbour"),
        ("granmother", "grandmother"),
        ("tikcets", "tickets"),
        ("archivst", "archivist"),
        ('"harbour bord met"', "harbour board met"),
        ('"sold tikcets"', "sold tickets"),
        ('"bord harbour"', "harbour board"),
    ],
)
def test_misspelt_word_shows_results_for_the_nearest_one(
    archive: sqlite3.Connection, typed: str, meant: str
) -> None:
    found, advice = find_with_help(archive, Ask(words=typed))
    assert found.total
    assert in_quotes(typed) in advice.instead
    assert meant in " ".join(comments_of(found))


def test_search_with_results_is_never_replaced(archive: sqlite3.Connection) -> None:
    ask = Ask(words="ferry")
    found, advice = find_with_help(archive, ask)
    assert found == find(archive, ask)
    assert not advice.instead


def test_word_without_a_near_one_has_no_suggestion(archive: sqlite3.Connection) -> None:
    found, advice = find_with_help(archive, Ask(words="zzzzqqqq"))
    assert (found.total, advice.spelled, advice.instead) == (0, (), "")
    assert nearest_word(archive, "") is None
    assert nearest_word(archive, "a" * 1000) is None


@pytest.mark.parametrize(
    ("one", "other", "letters"),
    [("quay", "quay", 0), ("quay", "qauy", 1), ("harbor", "harbour", 1), ("", "abc", 3)],
)
def test_distance_counts_slips(one: str, other: str, letters: int) -> None:
    assert distance(one, other) == distance(other, one) == letters


@pytest.mark.parametrize("name", ["tag", "source", "site", "type"])
def test_a_filter_that_is_to_exclude_is_left_out_and_named(name: str) -> None:
    wording = parse_query(f"ferry -{name}:harbour")
    assert wording.filters == ()
    assert [note for note in wording.notes if f"“-{name}:harbour” was left out" in note]


def test_unknown_operator_is_named() -> None:
    [note] = parse_query("commentr:vane ferry").notes
    assert "“commentr:”" in note
    assert not parse_query("10:30 https://quayside.example/a author:vane site:a.example").notes


def test_forms_of_a_word_are_few_and_never_the_word() -> None:
    for word in ("ferry", "US", "co-operation", "x" * 500, "е" * 40, "α" * 40, "", "-", "a b"):
        forms = other_forms(word)
        assert len(forms) <= 12
        assert word.lower() not in [form.lower() for form in forms]
    assert [base_form(word) for word in ("ferry's", "quays'", "'s", "bus")] == ["ferry", "quays", "'s", "bus"]


def test_links_of_comments_are_rows_and_found_by_site(tmp_path: Path) -> None:
    fill = fixtures_archive.Filler(tmp_path / "archive.db")
    fill.article(1, fixtures_archive.START)
    html = (
        '<p>See <a href="https://www.Ledger.example:8443/a?b=1&amp;c=2#d" rel="nofollow">this</a>,'
        ' <a class="x" href="http://tides.example">that</a>, <a href="/local">here</a>,'
        ' <a href="mailto:a@b.example">mail</a> and <a href="https://broken.example'
    )
    one = fill.comment(1, fixtures_archive.START, html=html, author_url="http://www.gull.example/me")
    other = fill.comment(1, fixtures_archive.START, text="no link")
    rows = fill.conn.execute(
        "SELECT comment_id, place, url, host FROM comment_links ORDER BY place, position"
    )
    assert rows.fetchall() == [
        (one, "name", "http://www.gull.example/me", "gull.example"),
        (one, "text", "https://www.Ledger.example:8443/a?b=1&c=2#d", "ledger.example"),
        (one, "text", "http://tides.example", "tides.example"),
        (one, "text", "https://broken.example", "broken.example"),
    ]
    for typed in ("site:ledger.example", "site:https://www.ledger.example/x", "link:gull.example"):
        hits = find(fill.conn, Ask(words=typed, kind="comments")).sections[1].hits
        assert [hit["id"] for hit in hits] == [one], typed
    fill.conn.execute("UPDATE comments SET html = NULL, author_url = NULL WHERE id = ?", [one])
    assert fill.conn.execute("SELECT count(*) FROM comment_links").fetchone() == (0,)
    fill.conn.execute("UPDATE comments SET html = ? WHERE id = ?", [html, other])
    fill.conn.execute("DELETE FROM comments WHERE id = ?", [other])
    assert fill.conn.execute("SELECT count(*) FROM comment_links").fetchone() == (0,)
    fill.db.close()


def test_an_old_archive_gets_the_links_and_substrings_of_what_it_holds(tmp_path: Path) -> None:
    fill = fixtures_archive.Filler(tmp_path / "archive.db", schemas=-2)
    fill.article(1, fixtures_archive.START)
    fill.comment(1, fixtures_archive.START, text="旧码头", html='<a href="https://ledger.example/1902">x</a>')
    fill.comment(1, fixtures_archive.START, author_url="https://gull.example")
    fill.finish()
    fixtures_archive.empty(tmp_path / "archive.db")
    with sqlite3.connect(tmp_path / "archive.db") as connection:
        hosts = connection.execute("SELECT host FROM comment_links ORDER BY comment_id").fetchall()
        assert hosts == [("ledger.example",), ("gull.example",)]
        assert find(connection, Ask(words="码头", kind="comments")).sections[1].count == 1
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        assert "comment_links_due" not in names
