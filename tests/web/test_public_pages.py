"""The pages of the reading room, asked of a real Datasette: what they say, and that they bear anything."""

# ruff: noqa: E501  (invented text and addresses read better in one line)

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from archive.queries.url_lookup import is_url
from archive.search.engine import Ask
from tests.builders import fixtures_archive as made
from tests.builders.room_server import Room
from tests.unit.archive.search.test_search import TYPED


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.build(tmp_path_factory.mktemp("pages") / "news.db", count=20)


@pytest.fixture(scope="module")
def room(path: Path) -> Room:
    return Room(path)


class Elements(HTMLParser):
    """All elements of a page with their attributes, as a browser's parser would open them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def words(html: str) -> str:
    main = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))  # no-break spaces, too


def test_home_says_what_is_held_and_shows_the_newest(room: Room) -> None:
    page = room.text("/")
    said = words(page)
    assert "The Quayside Courier and Uplands Gazette" in said
    assert "30 articles and 5," in said
    assert "Nothing new; 12 requests in 70 seconds." in said
    assert "Five thousand opinions about a bandstand" in said
    assert "removed 5 November 2026" in said
    assert "edited 6 November 2026" in said
    assert '<a href="/news">Data</a>' in page


def test_search_finds_a_comment_and_leads_to_it(room: Room) -> None:
    page = room.text("/search?q=%22never+held%22&kind=comments")
    assert re.search(r"Priya|No name|gull|Marten|Old|quiet|Alder|noor|Baker", words(page))
    assert "on The bridge will open in May" in words(page).replace("  ", " ")
    link = re.search(r'href="(/comment/\d+)"', page)
    assert link
    answer = room.get(link[1])
    assert answer.status_code == 302
    assert re.fullmatch(rf"/article/{made.EDITED}#comment-\d+", answer.headers["location"])


def test_a_comment_on_a_later_page_of_its_thread_is_led_to_there(room: Room) -> None:
    ids = [
        row["id"]
        for row in rows(room, f"select id from comments where article_id = {made.CROWDED} and id % 500 = 0")
    ]
    for number in ids:
        place = room.get(f"/comment/{number}").headers["location"]
        target, _, anchor = place.partition("#")
        assert anchor == f"comment-{number}"
        assert f'id="{anchor}"' in room.text(target)


def rows(room: Room, sql: str) -> list[dict[str, int]]:
    found: list[dict[str, int]] = room.get(f"/news.json?_shape=array&sql={quote_plus(sql)}").json()
    return found


def test_the_pages_of_a_thread_hold_every_comment_once(room: Room) -> None:
    seen = []
    for page in range(1, 26):
        seen += re.findall(r'id="comment-(\d+)"', room.text(f"/article/{made.CROWDED}?page={page}"))
    assert len(seen) == len(set(seen)) == 5000
    assert "Page 25 of 25" in words(room.text(f"/article/{made.CROWDED}?page=9999"))


def test_a_deep_thread_is_indented_six_times_and_then_says_to_whom(room: Room) -> None:
    page = room.text(f"/article/{made.DEEP}")
    depth = deepest = 0
    for opened in re.findall(r'<ol class="answers">|</ol>', page):
        depth += 1 if opened.startswith("<ol") else -1
        deepest = max(deepest, depth)
    assert (depth, deepest) == (0, 6)
    assert page.count("in reply to") == 54


def test_an_article_says_its_state_in_words(room: Room) -> None:
    def said(number: int) -> str:
        return words(room.text(f"/article/{number}"))

    assert "Put behind a password, found on 1 February 2016" in said(made.GONE)
    assert "has not been fetched yet" in said(made.LISTED)
    assert "The page held no text that could be read." in said(made.LISTED)
    assert "Edited twice, last on 2 November 2026" in said(made.EDITED)
    assert "Removed from the site, found on 5 November 2026" in said(made.EDITED)
    assert "edited once" in said(made.EDITED)
    assert "in reply to a comment that is not in this archive" in said(made.EDITED)
    assert "1 mention on other sites" in said(made.EDITED)
    assert "No comments None archived" in said(made.BARE)
    assert "Lead picture (not archived)" in said(made.BARE)
    assert "1 comment " in said(made.SINGLE)
    assert made.LONG_NAME in said(made.SINGLE)
    assert "Fetched 3 times, last on 20 November 2026, 06:00 UTC" in said(made.SINGLE)


def test_the_structure_of_an_article_is_kept(room: Room) -> None:
    page = room.text("/article/1")
    for piece in (
        "<h2>What the plan says</h2>",
        "<blockquote>",
        "<li>planks: 212</li>",
        'href="https://ledger.example/1902"',
    ):
        assert piece in page


@pytest.mark.parametrize("typed", TYPED, ids=lambda text: ascii(text[:20]))
def test_no_search_is_an_error_page(room: Room, typed: str) -> None:
    text = quote_plus(typed.encode("utf-8", "surrogatepass"))
    short = text[:600].rpartition("%")[0] or text[:600]
    for rest in (
        "",
        "&kind=comments&sort=date",
        f"&person={short}&tag={short}&since={short}&state={short}&page={short}&kind={short}",
    ):
        assert room.get(f"/search?q={text}{rest}").status_code == (302 if is_url(typed) else 200)
    assert room.get(f"/search.json?q={text}").status_code == 200


def test_raw_bytes_and_strange_numbers_are_no_error_either(room: Room) -> None:
    for query in (
        "q=%ff%fe",
        "q=%00",
        "q",
        "",
        "&&&",
        "page=-1",
        "page=1e9",
        "page=99999999999999999999",
        "page=٣",
        "kind=x&sort=y",
    ):
        assert room.get(f"/search?{query}").status_code == 200, query
    for place in ("/article/999999999999999999", "/article/0", "/comment/0", "/comment/999999999999999999"):
        assert room.get(place).status_code == 404, place
    assert room.get(f"/article/{made.CROWDED}?page=%00").status_code == 200


@pytest.mark.parametrize(
    ("address", "status", "heading", "why"),
    [
        ("/nosuch", 404, "There is no such page", "This archive has nothing at this address"),
        ("/news/articles/99999", 404, "There is no such page", "Record not found"),
        (
            "/news/articles?_sort=%3Cb%3E",
            400,
            "This could not be shown",
            "Cannot sort table by &lt;b&gt;",
        ),
    ],
)
def test_what_cannot_be_shown_leads_back(
    room: Room, address: str, status: int, heading: str, why: str
) -> None:
    answer = room.get(address)
    assert answer.status_code == status
    assert f"<h1>{heading}</h1>" in answer.text
    assert why in answer.text
    assert 'action="/search"' in answer.text


def test_a_search_keeps_its_whole_address_in_its_links(room: Room) -> None:
    page = room.text("/search?q=ferry&kind=comments&sort=date&since=2015&page=2")
    for part in ("q=ferry", "kind=comments", "sort=date", "since=2015", "page=3"):
        assert re.search(rf'rel="next" href="[^"]*{part}', page), part
    assert 'value="2015"' in page


def test_csv_holds_exactly_the_results_and_arms_no_formula(room: Room) -> None:
    found = room.get("/search.json?q=ferry&kind=comments").json()
    answer = room.get("/search.csv?q=ferry&kind=comments")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(lines) == found["counts"]["comments"]["count"]
    assert lines[0]["id"] == str(found["results"][0]["id"])
    assert answer.headers["content-type"].startswith("text/csv")
    pages = [found["results"]]
    while found["next_url"]:
        found = room.get(found["next_url"].removeprefix("http://localhost")).json()
        pages.append(found["results"])
    assert [str(hit["id"]) for page in pages for hit in page] == [line["id"] for line in lines]


def test_csv_cells_that_a_spreadsheet_would_run_are_disarmed(tmp_path: Path) -> None:
    fill = made.Filler(tmp_path / "a.db")
    fill.article(1, made.START, title='=HYPERLINK("http://evil.example")', text="@SUM(1)", byline="+1")
    fill.finish()
    room = Room(tmp_path / "a.db")
    line = next(csv.DictReader(io.StringIO(room.text("/search.csv"))))
    assert [line[name][:2] for name in ("title", "text", "author")] == ["'=", "'@", "'+"]
    assert next(csv.DictReader(io.StringIO(room.text("/search.csv?raw=1"))))["text"] == "@SUM(1)"


PAGES = [
    "/", "/search", "/search?q=owned", "/search?q=owned&kind=comments", "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", "/search?tag=%22%3E%3Csvg%20onload%3Dx%3E",
    f"/article/{made.ATTACK}", f"/article/{made.ATTACK}/as-of?at=2030-01-01", f"/article/{made.ATTACK}/as-of?at=%3Cscript%3E", "/changes", "/coverage", "/article/107/versions", "/commenter?name=%3Cscript%3Edocument.title%3D%27owned%27%3C/script%3E",
    "/news/articles?id=107", "/news/comments?article_id=107", f"/news/articles/{made.ATTACK}",
]  # fmt: skip


@pytest.mark.parametrize("address", PAGES)
def test_stored_attacks_are_text(room: Room, address: str) -> None:
    page = room.text(address)
    ours = not address.startswith("/news")
    for tag, attributes in Elements(page).found:
        assert tag not in ("iframe", "object", "embed", "base"), tag
        assert ours is False or tag not in ("img", "style"), tag
        assert ours is False or tag != "svg" or attributes["role"] == "img"
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        for name in ("href", "src", "action"):
            value = (attributes.get(name) or "").strip().lower()
            assert not value.startswith(("javascript:", "data:", "vbscript:", "//")), (tag, value)
        if tag == "script" and attributes.get("type") != "application/ld+json":
            assert (attributes.get("src") or "").startswith("/-/static"), attributes


def test_a_template_in_the_text_is_text(room: Room) -> None:
    assert "{{ 7*7 }}" in words(room.text(f"/article/{made.ATTACK}"))


def test_no_page_of_ours_calls_another_host(room: Room) -> None:
    for address in ("/", "/search?q=ferry", f"/article/{made.BARE}", f"/article/{made.ATTACK}"):
        for tag, attributes in Elements(room.text(address)).found:
            if attributes.get("type") == "application/ld+json":
                continue
            if attributes.get("rel") != "alternate" and tag in (
                "link",
                "script",
                "img",
                "source",
                "video",
                "audio",
            ):
                assert (attributes.get("src") or attributes.get("href") or "").startswith("/-/"), (
                    tag,
                    attributes,
                )


def test_every_page_is_a_whole_document(room: Room) -> None:
    for address in (
        "/",
        "/search?q=ferry",
        "/article/1",
        "/article/99999",
        "/news",
        "/news/articles",
        "/news/articles/1",
        "/-/data",
        "/news/none",
    ):
        page = room.get(address).text
        tags = [tag for tag, _ in Elements(page).found]
        assert tags.count("h1") == 1 or address == "/news/none", address
        assert tags.count("main") == 1, address
        assert re.search(r'<html lang="\w+">', page), address
        assert 'class="skip" href="#main"' in page, address
        assert re.search(r"<title>[^<]+</title>", page), address


def test_ids_of_a_page_are_unique_and_labels_meet_their_fields(room: Room) -> None:
    for address in ("/", "/search?q=ferry", f"/article/{made.EDITED}"):
        elements = Elements(room.text(address)).found
        ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
        assert len(ids) == len(set(ids)), address
        assert {attributes["for"] for tag, attributes in elements if tag == "label"} <= set(ids)


def test_json_of_a_search_says_what_was_understood(room: Room) -> None:
    answer = room.get("/search.json?q=tag:harbour+ferry").json()
    assert answer["query"]["tag"] == "harbour"
    assert set(answer["query"]) == set(Ask.__dataclass_fields__)
    assert all(set(hit) >= {"id", "kind", "title", "author", "excerpt", "page"} for hit in answer["results"])
    assert "\\u0002" not in json.dumps(answer)
