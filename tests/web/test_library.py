"""One reading room over many archives: its pages, who may read, and new generations, by a real Datasette."""

from __future__ import annotations

import csv
import io
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.operations.publish import origin_of, publish
from archive.operations.serve import library_server
from archive.public.library.library import library_of
from archive.shards import generation
from tests.builders import fixtures_archive as made
from tests.builders.patience import until
from tests.builders.room_server import UNHURRIED, Room

NAMES = ("courier", "gazette")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    made.build(folder / "courier.db", count=3)
    shutil.copyfile(folder / "courier.db", folder / "gazette.db")
    with closing(sqlite3.connect(folder / "gazette.db")) as archive:
        archive.execute("UPDATE articles SET title = 'A zebra on the quay' WHERE id = 2")
        archive.commit()
    issue(folder)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "here"))


def issue(folder: Path) -> None:
    publish([origin_of(folder / f"{name}.db", name) for name in NAMES], folder / "public", datetime.now(UTC))


class Served(Room):
    """The library of a folder, in this process."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.datasette = library_server(folder / "public", settings=UNHURRIED, **options)

    def close(self) -> None:
        library = library_of(self.datasette)
        assert library
        library.close()


@pytest.fixture(scope="module")
def served(template: Path) -> Iterator[Served]:
    with closing(Served(template)) as library:
        yield library


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/search",
        "/search?q=ferry",
        "/search?q=ferry&sort=date&kind=comments",
        "/changes",
        "/changes?show=edited",
        "/coverage",
    ],
)
def test_every_link_of_a_page_leads_to_a_page(served: Served, path: str) -> None:
    links = set(re.findall(r'href="(/[^"#]*)', served.text(path)))
    assert any(link.startswith("/archives/") for link in links) or path == "/search"
    kinds = {re.sub(r"\d+|courier|gazette", "N", link.partition("?")[0]): link for link in links}
    for link in kinds.values():
        answer = served.get(link.replace("&amp;", "&"))
        assert answer.status_code in (200, 302), (link, answer.status_code)


def test_a_hit_names_its_archive_and_leads_into_its_room(served: Served) -> None:
    page = served.text("/search?q=zebra")
    assert "/archives/gazette/article/2" in page
    assert "/archives/courier/article/2" not in page
    assert "A zebra on the quay" in served.text("/archives/gazette/article/2")
    told = served.get("/search.json?q=zebra").json()
    assert told["archives"] == {"of": 2, "candidates": 2, "asked": 2, "late": []}  # both have substrings
    assert [hit["archive"] for hit in told["results"]] == ["gazette"]
    assert told["results"][0]["page"] == "http://localhost/archives/gazette/article/2"
    assert "http://localhost/archives/gazette/article/2" in served.get("/search.atom?q=zebra").text


def test_results_of_all_archives_are_a_csv_with_their_texts(served: Served) -> None:
    assert 'href="/search.csv?q=zebra"' in served.text("/search?q=zebra")
    answer = served.get("/search.csv?q=zebra+OR+ferry&kind=articles")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "search-zebra-or-ferry-" in answer.headers["content-disposition"]
    [names, *lines] = csv.reader(io.StringIO(answer.text))
    rows = [dict(zip(names, line, strict=True)) for line in lines]
    assert {row["archive"] for row in rows} == set(NAMES)
    told = served.get("/search.json?q=zebra+OR+ferry&kind=articles").json()
    assert len(rows) == told["counts"]["articles"]["count"]
    zebra = next(row for row in rows if row["title"] == "A zebra on the quay")
    assert zebra["page"] == "http://localhost/archives/gazette/article/2"
    assert len(zebra["text"]) > 100
    assert "\x02" not in answer.text


def test_a_misspelt_word_and_one_word_too_many_are_helped(served: Served) -> None:
    page = served.text("/search?q=zebbra")
    assert "Nothing matches “zebbra”. These are results for “zebra”." in page
    assert "/archives/gazette/article/2" in page
    page = served.text("/search?q=zebra+xylophonist")
    assert "Without one word:" in page
    assert 'href="/search?q=zebra"' in page


def test_changes_of_all_come_in_one_order(served: Served) -> None:
    page = served.text("/changes")
    assert "<bdi>courier</bdi>" in page
    assert "<bdi>gazette</bdi>" in page
    alone = served.text("/archives/courier/changes")
    for what in ("edited", "removed", "returned"):
        assert 2 * alone.count(f'<span class="state">{what}') == page.count(f'<span class="state">{what}')
    days = re.findall(r"<updated>([^<]+)</updated>", served.get("/changes.atom").text)[1:]
    assert days == sorted(days, reverse=True)
    assert len(days) > 4


def test_a_pasted_url_is_looked_up_in_the_archive_of_its_site(served: Served) -> None:
    place = served.get("/search?q=https://www.quayside.example/2015/a-b/").headers["location"]
    assert place.startswith("/archives/courier/lookup?url=")
    assert (
        served.get("/search?q=https://elsewhere.example/night-market/").headers["location"]
        == "/search?q=night+market"
    )


def test_who_may_not_read_one_archive_learns_nothing_of_it(template: Path, tmp_path: Path) -> None:
    rules = tmp_path / "metadata.json"
    rules.write_text('{"title": "Our papers", "databases": {"gazette": {"allow": false}}}')
    with closing(Served(template, metadata=rules)) as library:
        for path in (
            "/",
            "/search?q=quay",
            "/changes",
            "/coverage",
            "/coverage.json",
            "/search.json?q=zebra",
        ):
            answer = library.get(path)
            assert answer.status_code == 200
            assert "gazette/" not in answer.text
            assert "zebra on" not in answer.text
        assert "Our papers" in library.text("/")
        assert library.get("/archives/gazette/").status_code == 403
        assert library.get("/archives/courier/").status_code == 200
    rules.write_text('{"allow": {"id": "editor"}}')
    with closing(Served(template, metadata=rules)) as library:
        answer = library.get("/")
        assert answer.status_code == 403
        assert "This page is not open to everyone" in answer.text
        assert "view-" not in answer.text


def test_below_a_base_path_all_links_stay_there(template: Path) -> None:
    with closing(Served(template, base_url="/papers/")) as library:
        for path in ("/", "/search?q=zebra", "/archives/gazette/", "/changes"):
            links = re.findall(r'(?:href|src|action)="(/[^"]*)"', library.text(path))
            assert links
            assert all(link.startswith("/papers/") for link in links), path
        assert "/papers/archives/gazette/article/2" in library.text("/search?q=zebra")


def test_a_url_with_a_last_slash_leads_to_the_same_page(template: Path) -> None:
    with closing(Served(template, base_url="/papers/")) as library:
        for path in ("/search/?q=zebra", "/archives/gazette/article/2/", "/archives/gazette/search/"):
            answer = library.get(path)
            there = path.replace("/?", "?").rstrip("/")
            assert (answer.status_code, answer.headers["location"]) == (302, f"/papers{there}")


def test_nothing_but_published_archives_can_be_asked(served: Served) -> None:
    assert served.get("/archives/none/").status_code in (302, 404)
    assert served.get("/archives/../courier.db").status_code == 404
    assert served.get("/_memory?sql=select+1").status_code == 403


def test_a_new_generation_is_shown_and_a_request_under_way_keeps_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.public.library.library.LOOK_SECONDS", 0.0)
    with closing(Served(folder)) as served:
        library = library_of(served.datasette)
        assert library
        with library.reading() as first:
            with closing(sqlite3.connect(folder / "courier.db")) as archive:
                archive.execute("UPDATE articles SET title = 'Quokkas on the quay' WHERE id = 1")
                archive.commit()
            issue(folder)
            until(lambda: "Quokkas" in served.text("/search?q=quokkas"), "the new generation is shown")
            assert "Quokkas" in served.text("/archives/courier/article/1")
            count = "SELECT count(*) FROM articles WHERE title LIKE 'Quokkas%'"
            assert first.ask(lambda reader: reader.archive("courier").execute(count).fetchone()) == (0,)
            assert first.folder.exists()
        issue(folder)
        assert generation.numbers(folder / "public") == [2]
