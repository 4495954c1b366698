"""Changes, versions, people, coverage, feeds and citations: what the pages of change and context say."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.public.render import diff
from archive.public.render.chart import LONGEST, MAX_BARS, bars
from archive.public.render.citations import citations
from archive.public.render.feed import Entry, atom
from tests.builders import fixtures_archive as made
from tests.builders.room_server import Room
from tests.web.test_public_pages import Elements, words

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return Room(made.build(tmp_path_factory.mktemp("history") / "news.db", count=20))


def spoken(parts: object) -> str:
    marks = {"same": "{}", "del": "[-{}-]", "ins": "{{+{}+}}"}
    return "".join(marks[kind].format(text) for kind, text in parts)  # type: ignore[attr-defined]


def test_words_are_compared_word_by_word() -> None:
    assert (
        spoken(diff.diff_words("It opens in March.", "It opens in early April."))
        == "It opens in [-March-]{+early April+}."
    )
    assert spoken(diff.diff_words("a b", "a b")) == "a b"
    assert spoken(diff.diff_words("plant to close", "plant, at last")) == "plant[- to close-]{+, at last+}"
    assert spoken(diff.diff_words("", "new")) == "{+new+}"


@settings(max_examples=150, deadline=None)
@given(*[st.text(alphabet="ab c.\n", max_size=40)] * 2)
def test_a_comparison_holds_both_texts_whole(old: str, new: str) -> None:
    parts = diff.diff_words(old, new)
    squeezed = [re.sub(r"\s+", "", text) for text in (old, new)]
    for skipped, whole in (("ins", squeezed[0]), ("del", squeezed[1])):
        assert re.sub(r"\s+", "", "".join(text for kind, text in parts if kind != skipped)) == whole
    kept = [text for block in diff.diff_paragraphs(old, new) for kind, text in block.parts if kind != "del"]
    assert re.sub(r"\s+", "", "".join(kept)) == squeezed[1]


def test_what_is_far_from_a_change_is_folded_away() -> None:
    old = "\n\n".join("abcdefghij")
    runs = diff.folded(diff.diff_paragraphs(old, old.replace("d", "X")))
    assert ["".join(block.parts[0][1] for block in run) for run in runs] == ["abcdXe", "fghij", ""]
    assert diff.folded([]) == [[]]


def test_words_of_a_huge_paragraph_are_not_compared_one_by_one() -> None:
    long = " ".join(f"w{number}" for number in range(1001))
    assert diff.diff_words(long, f"{long} more") == (("del", long), ("ins", f"{long} more"))
    short = long.rpartition(" ")[0]
    assert diff.diff_words(short, short) == (("same", short),)


def test_changes_say_what_was_edited_and_removed_newest_first(room: Room) -> None:
    said = words(room.text("/changes"))
    places = [
        said.index(text)
        for text in (
            "seen on 6 November 2026",
            "seen on 5 November 2026",
            "back on the site , seen on 4 November 2026 · removed since 3 November 2026",
            "its URL leads to another article , seen on 3 November 2026",
            "seen on 2 November 2026",
            "moved , seen on 1 November 2026",
            "seen on 30 October 2026",
            "put behind a password , seen on 1 February 2016 · with 1 comment",
        )
    ]
    assert places == sorted(places)
    assert re.search(r"The bridge will open in\s*April\s*May", said)
    assert "edited ," not in words(room.text("/changes?show=removed"))
    assert "The article that was taken down" not in words(room.text("/changes?show=edited"))
    assert "seen on 5 November 2026" in words(room.text("/changes?show=removed"))
    assert words(room.text("/changes")).count("seen on 1 February 2016 · with 1 comment") == 1
    assert room.get("/changes?show=%00&page=x&since=yesterday&until=%ff&source=%00").status_code == 200
    assert "No such changes further back" in words(room.text("/changes?page=99"))


def test_changes_are_narrowed_by_kind_source_and_span_of_time(room: Room) -> None:
    def count(query: str) -> int:
        return len(re.findall("seen on", words(room.text(f"/changes?{query}"))))

    assert count("since=2026-11-03&until=2026-11-05") == 3
    assert count("until=2016") == 2
    assert count("since=2026-11&show=edited") == 2
    assert (count("source=quayside"), count("source=uplands")) == (9, 0)
    page = room.text("/changes?show=edited&since=2026&source=quayside&page=2")
    assert 'href="/changes?show=edited&amp;source=quayside&amp;since=2026"' in page.replace("&#38;", "&amp;")


def test_an_edit_of_tags_alone_shows_them(tmp_path: Path) -> None:
    fill = made.Filler(tmp_path / "news.db")
    fill.article(1, made.START, title="Oak", version_count=2, markdown="Oak.", text="Oak.")
    now = fill.conn.execute("SELECT title, byline, published, description, text FROM articles").fetchone()
    said = dict(zip(("title", "byline", "published", "description", "text"), now, strict=True))
    span = {"since": "2020-01-01T00:00:00Z", "until": "2020-02-01T00:00:00Z", "cause": "edited"}
    lists = {"tags": '["planks"]', "categories": None, "links": "[]", "changed": '["tags"]'}
    fill.insert("article_versions", article_id=1, version=1, **said, **span, **lists)
    facts = {"source": "quayside", "version": 1, "since": span["since"]}
    fill.insert("events", at=span["until"], kind="edited", article_id=1, **facts)
    fill.finish()
    room = Room(tmp_path / "news.db")
    for path in ("/changes", "/article/1/versions"):
        page = room.text(path)
        assert "<del>planks, </del><ins>" in page, path
        assert "categories" not in page, path


def test_a_filter_that_is_no_date_is_named(room: Room) -> None:
    for typed in ("lately", "2009-13", "2009-02-30"):
        page = room.text(f"/changes?since={typed}")
        assert f"“<bdi>{typed}</bdi>” is not a date such as 2009, 2009-07 or 2009-07-15" in page
        assert f"“{typed}” is not a date" in room.text(f"/search?q=ferry&until={typed}")
    assert "is not a date" not in room.text("/changes?since=2009-02-28&until=2026")


def test_home_has_the_last_removal_beside_any_number_of_edits(tmp_path: Path) -> None:
    fill = made.Filler(tmp_path / "news.db")
    fill.article(1, made.START)
    for number in range(9):
        kind = "moved" if number else "removed"
        facts = {"source": "quayside", "article_id": 1, "old_url": "a", "new_url": "b"}
        fill.insert("events", at=f"2020-01-0{number + 1}T00:00:00Z", kind=kind, **facts)
    fill.finish()
    page = Room(tmp_path / "news.db").text("/")
    told = re.findall(r'<span class="state">(moved|removed)</span>', page)
    assert told == ["moved"] * 4 + ["removed"]


def test_every_change_can_be_reached_page_by_page(tmp_path: Path) -> None:
    fill = made.Filler(tmp_path / "news.db")
    fill.article(1, made.START)
    for number in range(95):
        at = f"2020-01-01T00:{number // 60:02d}:{number % 60:02d}Z"
        fill.insert(
            "events", at=at, kind="moved", source="quayside", article_id=1, old_url="a", new_url=f"n{number}"
        )
    fill.finish()
    room, path, seen = Room(tmp_path / "news.db"), "/changes", []
    while path:
        page = room.text(path)
        seen += re.findall(r"<ins>n(\d+)</ins>", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert seen == [str(number) for number in reversed(range(95))]


def test_versions_show_each_step(room: Room) -> None:
    page = room.text(f"/article/{made.EDITED}/versions")
    assert "From version 2 to 3, seen on 2 November 2026" in words(page)
    assert "<del>April</del><ins>May</ins>" in page
    first = room.text(f"/article/{made.EDITED}/versions?version=1")
    assert "<del>March</del><ins>April</ins>" in first
    assert re.search(r"<del>mayor\s*</del><ins>council\s*</ins>", first)
    assert "No changes since" in words(room.text("/article/1/versions"))
    for strange in ("version=99", "version=x", "version=%3Cb%3E"):
        assert room.get(f"/article/{made.EDITED}/versions?{strange}").status_code == 200
    assert room.get("/article/99999/versions").status_code == 404


def test_a_version_can_be_read(room: Room) -> None:
    here = f"/article/{made.EDITED}"
    then = words(room.text(f"{here}?version=1"))
    assert "The bridge will open in March" in then
    assert "Version 1 , shown from 12 May 2015" in then
    assert "the mayor said" in then or "mayor" in then
    assert "Version" not in words(room.text(f"{here}?version=3")).split("comments")[0]


def test_an_article_and_its_thread_can_be_read_as_they_stood(room: Room) -> None:
    here = f"/article/{made.EDITED}/as-of?at"
    early, before, after = (
        words(room.text(f"{here}={at}")) for at in ("2015-05-14", "2026-11-02T07:29:59Z", "2026-11-06")
    )
    assert "As of the end of 14 May 2015" in early
    assert "The bridge will open in March" in early
    assert "The bridge will open in April" in before
    assert "As of 2 November 2026, 07:29 UTC" in before
    assert "An earlier wording of this remark" in before
    assert "The bridge will open in May" in after
    assert "An earlier wording of this remark" not in after
    counts = [int(re.search(r"(\d+)\s+comments", said)[1]) for said in (before, after)]  # type: ignore[index]
    assert counts[0] - counts[1] == 1, "one was removed"
    assert "The archive had not seen it by 1 January 2001" in words(room.text(f"{here}=2001-01-01"))
    assert "is not a date" in words(room.text(f"{here}=yesterday"))
    gone = words(room.text(f"/article/{made.GONE}/as-of?at=2016-03-01"))
    assert "it was found removed on 1 February 2016" in gone
    for strange in (
        "=%00",
        "=%ff",
        "=2026-13-45",
        "=99999-01-01",
        "",
        "=2026-11-06&page=99",
        "=2026-11-06T10:00:00",
    ):
        assert room.get(here + strange).status_code == 200, strange
    assert room.get("/article/99999/as-of?at=2020-01-01").status_code == 404


def test_a_long_thread_as_it_stood_is_read_page_by_page(room: Room) -> None:
    page = room.text(f"/article/{made.CROWDED}/as-of?at=2030-01-01&page=2")
    assert "Page 2 of 25" in words(page)


def test_a_comment_has_versions_too(room: Room) -> None:
    number = re.search(r"/comment/(\d+)/versions", room.text(f"/article/{made.EDITED}"))
    assert number
    assert "An earlier wording" in room.text(number[0])


@pytest.mark.parametrize(
    "address",
    [
        "/changes.atom",
        "/changes.atom?show=removed",
        "/changes.atom?since=2026&source=quayside",
        "/search.atom?q=ferry",
        "/search.atom?q=owned&kind=comments",
        "/search.atom?q=mayor&state=changed",
        "/search.atom?q=nothingatall",
        "/search.atom",
    ],
)
def test_feeds_are_read_by_a_feed_reader(room: Room, address: str) -> None:
    answer = room.get(address)
    tree = ET.fromstring(answer.text)
    assert tree.tag == f"{ATOM}feed"
    assert tree.findtext(f"{ATOM}id", "").startswith("http://localhost/")
    read = feedparser.parse(answer.content)
    assert not read.bozo
    links = [entry.link for entry in read.entries]
    assert len(links) == len(set(links))
    assert [entry.updated for entry in read.entries] == sorted(
        (entry.updated for entry in read.entries), reverse=True
    )
    assert bool(links) == ("nothing" not in address)


def test_a_hit_in_an_earlier_version_says_so_and_leads_to_the_edit(room: Room) -> None:
    page = room.text("/search?q=%22earlier+wording%22")
    assert "in an earlier version , edited on 6 November 2026" in words(page)
    assert "Deleted from comments" in words(page)
    place = re.search(r'href="(/comment/\d+/versions\?version=1)"', page)
    assert place
    assert "<del>" in room.text(place[1])
    answer = room.get("/search.json?q=%22earlier+wording%22").json()
    [hit] = answer["results"]
    assert hit["page"].endswith(place[1])
    assert (hit["version"], hit["replaced_at"]) == (1, "2026-11-06T10:00:00Z")
    assert answer["counts"]["comment_versions"] == {"count": 1, "more": False}
    lines = room.text("/search.csv?q=%22earlier+wording%22").splitlines()
    assert lines[1].endswith(",1,2026-11-06T10:00:00Z")


def test_a_feed_bears_what_xml_forbids() -> None:
    strange = "\x00\x0b]]>&<\ud800\ufffe\U0001f642"
    entry = Entry(
        link=f"http://x/{strange}", title=strange, updated="2009-07-09", author=strange, text=strange
    )
    body = atom(strange, f'http://x/"{strange}', "http://x/", [entry]).body
    found = ET.fromstring(body)
    assert found.findtext(f"{ATOM}entry/{ATOM}updated") == "2009-07-09T00:00:00Z"
    assert found.findtext(f"{ATOM}entry/{ATOM}title") == "]]>&<\U0001f642"


def test_people_and_tags_have_pages(room: Room) -> None:
    article = room.text(f"/article/{made.SINGLE}")
    author, tag = re.search(r'href="(/author/\d+)"', article), re.search(r'href="(/tag/\d+)"', article)
    assert author
    assert tag
    for address in (author[1], tag[1]):
        assert "One remark below the line" in room.text(address)
        assert room.get(f"{address}?page=999").status_code == 200
    name = re.search(r'class="name" href="([^"]+)"', article)
    assert name
    page = words(room.text(name[1]))
    assert made.LONG_NAME in page
    assert "A name is not a person" in page
    for nobody in (
        "/commenter",
        "/commenter?name=",
        "/commenter?name=nobody",
        "/commenter?name=%00",
        "/commenter?name=%ed%a0%80",
        "/author/999",
        "/tag/999",
    ):
        assert room.get(nobody).status_code == 404, nobody


def test_coverage_counts_every_month(room: Room) -> None:
    page = room.text("/coverage")
    said = words(page)
    assert re.search(r"2015-05 10 1 1 [\d,]+ 0", said), said
    assert "no-text , once" in said
    assert "Nothing new; 12 requests in 70 seconds." in said
    drawn = [json.loads(known["data-chart"]) for _, known in Elements(page).found if "data-chart" in known]
    assert [chart["names"] for chart in drawn] == [["Articles"], ["Comments"]]
    assert drawn[0]["spans"][-1] == "2015-05"
    assert drawn[0]["values"][0][-1] == 10


def test_coverage_says_what_the_site_has_and_what_is_missing(room: Room) -> None:
    said = words(room.text("/coverage"))
    assert "1 of 3 months complete (oldest check: 20 November 2026); 3 items are missing." in said
    assert "2015-05 11 10 1,204 1,202 3 0 20 November 2026" in said
    assert "2015-06 0 0 – – 0 0 20 November 2026 , not since" in said
    assert "The comments of 1 month cannot be checked: REST gives no list" in said
    assert re.search(r"2015-05: article 4711 quayside.example/\?p=4711 ?: ?Its page answered 403.", said), (
        said
    )
    assert "The site counts more than it shows" not in said, "what is withheld is not missing"
    assert "Uplands Gazette: Not compared with the site yet" in said


def test_time_runs_evenly_in_a_chart() -> None:
    drawn = bars("x", "Articles", [("2009-11", 2), ("2010-02", 4)])
    assert drawn.spans == ("2009-11", "2009-12", "2010-01", "2010-02")
    assert drawn.series == {"Articles": (2, 0, 0, 4)}
    assert (drawn.unit, drawn.top, drawn.numbers) == ("month", 4, [("2009-11", 2), ("2010-02", 4)])
    long = bars("x", "Articles", [("1900-01", 1), ("2020-01", 1)])
    assert long.unit == "year"
    assert len(long.spans) == 121 <= MAX_BARS
    silly = bars("x", "Articles", [("0001-01", 1), ("9999-12", 1)])
    assert len(silly.spans) <= LONGEST + 1


def test_citations_escape_by_the_rules_of_each_form() -> None:
    article = {
        "id": 7,
        "title": "50% of {nothing} | [all] & \\more",
        "byline": "Ada Brindle, Tomas Quill",
        "url": "https://a.example/x?a=1|b{c}",
        "source": "quayside",
        "source_title": "The Quayside Courier",
        "published": "2009-07-09T14:50:00Z",
        "changed_at": "2009-07-10T00:00:00Z",
    }
    forms = dict(citations(article, "http://here/article/7"))
    plain, bibtex, wikipedia = forms["Plain"], forms["BibTeX"], forms["Wikipedia"]
    assert plain.startswith("Ada Brindle, Tomas Quill: “50% of")
    assert r"title = {50\% of \{nothing\} | [all] \& \textbackslash{}more}" in bibtex
    assert "author = {Ada Brindle and Tomas Quill}" in bibtex
    assert (
        "|title=50% of &#123;nothing&#125; &#124; &#91;all&#93; &#38; &#92;more".replace("&#92;", "\\")
        in wikipedia
    )
    assert "|url=https://a.example/x?a=1%7Cb%7Bc%7D" in wikipedia


def test_the_article_page_offers_what_can_be_taken_away(room: Room) -> None:
    page = room.text(f"/article/{made.EDITED}")
    assert "@article{backissue110" in page.replace("&#34;", '"')
    for found in re.findall(r'href="(/news/[^"]+)"', page):
        assert room.get(found.replace("&amp;", "&")).status_code == 200, found


def test_a_long_masthead_names_the_sources_and_the_operator_may_name_it(room: Room, tmp_path: Path) -> None:
    assert 'class="home" href="/">The Quayside Courier and Uplands Gazette</a>' in room.text("/search")
    fresh = Room(made.empty(tmp_path / "a.db"))
    assert 'class="home" href="/">Backissue</a>' in fresh.text("/search")
