"""Readers' desks: finds that are kept, noted, exported and shared, and what no other reader may see."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.files.desk_records import MOST_ITEMS, Item
from archive.files.desk_store import Desk, desk_path
from archive.files.redaction_store import Hidden, Kept, redaction_store_path
from archive.public.desk import session
from tests.builders import fixtures_archive as made
from tests.builders.room_server import Room

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
OPEN = {"plugins": {"backissue": {"desk": True}}}
HERE = {"origin": "http://localhost"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.build(tmp_path_factory.mktemp("built") / "news.db", count=6)


@pytest.fixture
def path(built: Path, tmp_path: Path) -> Path:
    with sqlite3.connect(built) as connection:
        connection.execute("VACUUM INTO ?", [str(tmp_path / "news.db")])
    connection.close()
    return tmp_path / "news.db"


@pytest.fixture
def room(path: Path) -> Room:
    return Room(path, metadata=OPEN)


class Visitor:
    """A browser with its cookies, which sends forms as a page of ours does."""

    def __init__(self, room: Room, path: Path | None = None, name: str = "") -> None:
        self.room, self.cookies = room, dict[str, str]()
        if path is not None:
            with Desk.open(desk_path(path), create=True) as desk:
                self.key = desk.add_reader(name, NOW)
            answer = self.post("/desk", key=f"http://localhost/desk#key={self.key}")
            assert (answer.status_code, answer.headers["location"]) == (303, "/saved")

    def get(self, address: str) -> Any:
        return self.ask("GET", address)

    def text(self, address: str) -> str:
        answer = self.get(address)
        assert answer.status_code == 200, (address, answer.status_code, answer.text[:300])
        return str(answer.text)

    def post(self, address: str, headers: dict[str, str] | None = None, **form: str) -> Any:
        if not self.cookies.get("ds_csrftoken"):
            self.get("/desk")
        form["csrftoken"] = self.cookies["ds_csrftoken"]
        return self.ask("POST", address, data=form, headers=HERE if headers is None else headers)

    def ask(self, method: str, address: str, **options: Any) -> Any:
        headers = dict(options.pop("headers", {}))
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())

        async def asking() -> Any:
            await self.room.datasette.invoke_startup()
            client = self.room.datasette.client
            return await client.request(method, address, headers=headers, follow_redirects=False, **options)

        answer = asyncio.run(asking())
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def item(self, name: str = "") -> tuple[str, str]:
        """The id and revision of the first item on the desk."""
        page = self.text(f"/saved?show={name}")
        found = re.search(r'name="id" value="(\d+)"><input type="hidden" name="revision" value="(\d+)"', page)
        assert found, page
        return found[1], found[2]


@pytest.fixture
def anna(room: Room, path: Path) -> Visitor:
    return Visitor(room, path, "Anna")


@pytest.fixture
def bela(room: Room, path: Path) -> Visitor:
    return Visitor(room, path, "Bela")


def comment_of(path: Path) -> int:
    """A comment that stands on the site."""
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT id FROM comments WHERE gone_at IS NULL AND kind = 'comment' ORDER BY id LIMIT 1"
        return int(connection.execute(sql).fetchone()[0])


def test_finds_are_kept_with_notes_and_tags(anna: Visitor, path: Path) -> None:
    for name in ("article:1", f"comment:{comment_of(path)}", "search:q=ferry&kind=comments&page=3"):
        answer = anna.post("/saved/keep", item=name, back="/article/1?page=1")
        assert answer.status_code == 303
    assert answer.headers["location"] == "/article/1?page=1"
    assert 'value="article:1" aria-pressed="true">Saved' in anna.text("/article/1")
    assert 'value="search:q=ferry&amp;kind=comments" aria-pressed="true"' in anna.text(
        "/search?q=ferry&kind=comments"
    )
    number, revision = anna.item("kind:search")
    anna.post("/saved/change", id=number, revision=revision, do="save", note="ask <b>", tags="harbour, 1987")
    page = anna.text("/saved?show=tag:1987")
    assert "ask &lt;b&gt;" in page
    assert page.count('name="revision"') == 1
    assert anna.text("/saved").count('name="revision"') == 3
    number, revision = anna.item("tag:1987")
    anna.post("/saved/change", id=number, revision=revision, do="remove")
    assert anna.text("/saved").count('name="revision"') == 2


def test_button_removes_what_it_has_kept(anna: Visitor) -> None:
    script = {**HERE, "accept": "application/json"}
    assert anna.post("/saved/keep", script, item="article:1").json() == {"ok": True, "saved": True}
    assert anna.post("/saved/keep", script, item="article:1").json() == {"ok": True, "saved": True}
    assert anna.text("/saved").count('name="revision"') == 1
    assert anna.post("/saved/keep", script, drop="article:1").json() == {"ok": True, "saved": False}
    assert "Nothing saved yet" in anna.text("/saved")


def test_desks_are_closed_unless_the_operator_opens_them(path: Path) -> None:
    closed = Room(path)
    Visitor(Room(path, metadata=OPEN), path, "Anna")
    visitor = Visitor(closed)
    assert closed.get("/desk").status_code == 404
    assert "Open your desk" not in closed.text("/saved")
    assert visitor.get("/shared/" + "x" * 32).status_code == 404
    assert "set-cookie" not in closed.get("/article/1").headers


def test_nobody_reads_another_readers_desk(anna: Visitor, bela: Visitor, room: Room) -> None:
    anna.post("/saved/keep", item="article:1")
    number, revision = anna.item()
    anna.post("/saved/change", id=number, revision=revision, do="save", note="secretly", tags="mine")
    for form in ("change", "share"):
        bela.post(f"/saved/{form}", id=number, revision="2", do="remove", note="x", tags="", end="1")
    assert "secretly" not in bela.text("/saved")
    assert "secretly" in anna.text("/saved")
    assert "secretly" not in room.text("/saved")
    assert room.get("/saved.json").status_code == 404
    assert bela.get("/saved.json").json() == {"items": []}
    assert room.get("/news-desk").status_code == 404
    assert "no-store" in anna.get("/saved").headers["cache-control"]


def test_shared_list_is_read_by_its_link_until_it_ends(anna: Visitor, bela: Visitor, room: Room) -> None:
    for item in ("article:1", "article:2"):
        anna.post("/saved/keep", item=item)
    number, revision = anna.item()
    anna.post("/saved/change", id=number, revision=revision, do="save", note="look here", tags="quay")
    anna.post("/saved/share", show="tag:quay", title="The quay, for Bela")
    page = anna.text("/saved")
    [link] = re.findall(r'href="http://localhost(/shared/[^"]+)"', page)
    shown = room.text(link)
    assert "look here" in shown
    assert "The quay, for Bela" in shown
    assert shown.count('class="headline"') == 1
    assert json.loads(room.text(f"{link}.json"))["items"][0]["note"] == "look here"
    bela.post("/saved/import", shared=link.rpartition("/")[2])
    assert "look here" in bela.text("/saved")
    [end] = re.findall(r'name="end" value="(\d+)"', page)
    bela.post("/saved/share", end=end)
    assert room.get(link).status_code == 200
    anna.post("/saved/share", end=end)
    assert room.get(link).status_code == 404
    assert "look here" in bela.text("/saved")


def test_selection_is_exported_in_every_form(anna: Visitor, path: Path) -> None:
    for item in ("article:1", f"comment:{comment_of(path)}", "search:q=ferry"):
        anna.post("/saved/keep", item=item)
    number, revision = anna.item("kind:search")
    anna.post("/saved/change", id=number, revision=revision, do="save", note="=1+1", tags="")
    table = anna.get("/saved.csv")
    assert re.search(r'"saved-\d{4}-\d\d-\d\d\.csv"', table.headers["content-disposition"])
    assert "'=1+1" in table.text
    assert len(table.text.splitlines()) >= 4
    assert anna.get("/saved.excel?show=kind:search").content.startswith(b"\xef\xbb\xbfkind,")
    assert "saved-search-" in anna.get("/saved.excel?show=kind:search").headers["content-disposition"]
    assert len(anna.get("/saved.json").json()["items"]) == 3
    assert "](http://localhost/article/1)" in anna.text("/saved.md")
    assert anna.text("/saved.bib").count("@article{") == 2
    assert anna.text("/saved.ris").count("TY  - ") == 2
    assert len(anna.get("/saved.csl").json()) == 2


def test_browsers_list_and_export_are_taken_in(anna: Visitor, bela: Visitor) -> None:
    items = [
        {"kind": "article", "path": "/article/1", "title": "kept words", "note": "n", "tags": "a, b"},
        {"kind": "search", "path": "/search?q=ferry", "saved": "2026-05-01T08:00:00.123Z"},
        {"kind": "comment", "path": "/comment/99999", "note": "it was here"},
        {"kind": "article", "path": "javascript:alert(1)"},
        "nonsense",
    ]
    answer = anna.post("/saved/import", items=json.dumps({"items": items}))
    assert answer.headers["location"] == "/saved?added=3&unread=2&lost=1"
    page = anna.text(answer.headers["location"])
    assert "kept words" not in page
    assert "it was here" in page
    assert "no longer in this archive" in page
    assert 'saved <time datetime="2026-05-01T08:00:00Z">' in page
    bela.post("/saved/import", items=anna.text("/saved.json"))
    assert bela.get("/saved.json").json()["items"] == anna.get("/saved.json").json()["items"]
    wrong = anna.post("/saved/import", items="{no list")
    assert (wrong.status_code, "This is no list of saved items" in wrong.text) == (400, True)
    assert "{no list" in wrong.text


def test_redaction_reaches_every_collection(anna: Visitor, path: Path) -> None:
    number = comment_of(path)
    anna.post("/saved/keep", item=f"comment:{number}")
    with closing(sqlite3.connect(path)) as connection:
        [(said,)] = connection.execute("SELECT text FROM comments WHERE id = ?", [number]).fetchall()
        connection.execute(
            "INSERT INTO redactions (id, kind, reason, at) VALUES (9, 'comment', 'Names a minor', ?)",
            [made.SEEN],
        )
        connection.execute("UPDATE comments SET redaction_id = 9 WHERE id = ?", [number])
        connection.commit()
    with closing(sqlite3.connect(desk_path(path))) as desk:
        assert said not in "\n".join(desk.iterdump())
    for page in ("/saved", "/saved.json", "/saved.csv", "/saved.bib", "/saved.md"):
        text = anna.text(page)
        assert said[:40] not in text, page
    assert "hidden by the operator" in anna.text("/saved")
    assert "Names a minor" in anna.text("/saved")


def test_removed_and_lost_items_stay_as_tombstones(anna: Visitor, path: Path) -> None:
    anna.post("/saved/keep", item=f"article:{made.GONE}")
    anna.post("/saved/keep", item="article:5")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE articles SET first_seen = '2999-01-01T00:00:00Z' WHERE id = 5")
        connection.commit()
    page = anna.text("/saved")
    assert "removed from the site" in page
    assert '<span class="headline">Article 5</span>' in page  # the id belongs to a later article now
    assert "no longer in this archive" in page


def test_text_of_two_windows_is_not_lost(anna: Visitor) -> None:
    anna.post("/saved/keep", item="article:1")
    number, revision = anna.item()
    anna.post("/saved/change", id=number, revision=revision, do="save", note="first window", tags="")
    second = anna.post("/saved/change", id=number, revision=revision, do="save", note="second one", tags="t")
    assert second.status_code == 409
    assert "first window" in second.text
    assert "second one" in second.text
    assert "first window" in anna.text("/saved")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://elsewhere.example"},
        {"sec-fetch-site": "cross-site", **HERE},
        {"origin": "null"},
        {},
    ],
)
def test_forms_of_other_sites_change_nothing(anna: Visitor, headers: dict[str, str]) -> None:
    assert anna.post("/saved/keep", headers, item="article:1").status_code == 403
    assert Visitor(anna.room).post("/desk", headers, key=anna.key).status_code == 403
    assert "Nothing saved yet" in anna.text("/saved")


def test_form_without_its_token_changes_nothing(anna: Visitor) -> None:
    answer = anna.ask("POST", "/saved/keep", data={"item": "article:1"}, headers=HERE)
    assert answer.status_code == 403
    assert "Nothing saved yet" in anna.text("/saved")


def test_key_is_in_no_file_and_its_cookie_is_closed_to_scripts(anna: Visitor, path: Path) -> None:
    for file in path.parent.glob("*desk.db*"):
        assert anna.key.encode() not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0, file
    again = Visitor(anna.room)
    header = again.post("/desk", key=anna.key).headers["set-cookie"]
    assert "HttpOnly; SameSite=Lax" in header
    assert (
        "Secure"
        in again.post("/desk", {"x-forwarded-proto": "https", **HERE}, key=anna.key).headers["set-cookie"]
    )
    wrong = Visitor(anna.room).post("/desk", key="x" * 43)
    assert (wrong.status_code, "opens no desk" in wrong.text) == (403, True)
    again.post("/saved/leave")
    assert "They stay in this browser" in again.text("/saved")


def test_new_key_ends_the_old_one(anna: Visitor, path: Path) -> None:
    with Desk.open(desk_path(path)) as desk:
        desk.renew_key("Anna")
    assert "They stay in this browser" in anna.text("/saved")
    late = anna.post("/saved/keep", {**HERE, "accept": "application/json"}, item="article:1")
    assert (late.status_code, late.json()["ok"]) == (403, False)


def test_reader_is_an_actor_for_permissions(path: Path) -> None:
    private = Room(path, metadata={**OPEN, "allow": {"reader": ["Anna"]}})
    anna, bela = Visitor(private, path, "Anna"), Visitor(private, path, "Bela")
    assert private.get("/article/1").status_code == 403
    assert 'href="/desk"' in private.get("/article/1").text
    assert bela.get("/article/1").status_code == 403
    assert anna.get("/article/1").status_code == 200
    assert anna.get("/-/actor.json").json()["actor"]["id"] == "reader:Anna"


def test_too_many_and_too_large_are_refused_and_nothing_is_lost(
    anna: Visitor, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna.post("/saved/keep", item="article:1")
    with Desk.open(desk_path(path)) as desk:
        reader = desk.reader_named("Anna").id
        many = (
            Item(kind="search", reference=f"q={number}", first_seen="", saved_at="2026-01-01T00:00:00Z")
            for number in range(MOST_ITEMS - 1)
        )
        assert desk.keep(reader, many) == MOST_ITEMS - 1
    full = anna.post("/saved/keep", {**HERE, "accept": "application/json"}, item="article:2")
    assert (full.status_code, "room for 5,000 items" in full.json()["error"]) == (413, True)
    large = anna.post("/saved/import", items="x" * (4 * 2**20))
    assert (large.status_code, "more than a desk takes" in large.text) == (413, True)

    async def pieces() -> Any:
        for _ in range(9):
            yield b"x" * 2**19

    form = {"content-type": "application/x-www-form-urlencoded", **HERE}
    streamed = anna.ask("POST", "/saved/import", content=pieces(), headers=form)
    assert streamed.status_code == 413
    monkeypatch.setattr(session, "WRITES_A_MINUTE", 3)
    often = [anna.post("/saved/share", title="x").status_code for _ in range(3)]
    assert often[-1] == 429
    assert "5,000" in anna.text("/saved")


def test_desk_that_may_not_be_written_is_read(anna: Visitor, path: Path) -> None:
    anna.post("/saved/keep", item="article:1")
    with closing(sqlite3.connect(desk_path(path))) as writer:
        writer.execute("BEGIN IMMEDIATE")
        session.WRITER_PATIENCE_SECONDS = 0.1
        try:
            busy = anna.post("/saved/keep", {**HERE, "accept": "application/json"}, item="article:2")
        finally:
            session.WRITER_PATIENCE_SECONDS = 5.0
        assert busy.status_code == 503
        assert anna.text("/saved").count('name="revision"') == 1


def test_full_disk_and_read_only_file_keep_what_was_typed(anna: Visitor, path: Path) -> None:
    """A page of SQLite more than there may be is what a full disk is to it."""
    anna.post("/saved/keep", item="article:1")
    number, revision = anna.item()
    known = Desk.open

    def narrow(*args: Any, **options: Any) -> Desk:
        desk = known(*args, **options)
        pages = desk.db.execute("PRAGMA page_count").fetchone()[0]
        desk.db.execute(f"PRAGMA max_page_count = {pages}")
        return desk

    typed = "a long note. " * 300
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Desk, "open", narrow)
        for _ in range(9):
            answer = anna.post("/saved/change", id=number, revision=revision, do="save", note=typed, tags="")
            items = json.dumps([{"path": f"/search?q={text}", "note": typed} for text in range(40)])
            answer = anna.post("/saved/import", items=items)
    assert (answer.status_code, "Is its disk full" in answer.text) == (507, True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("archive.core.database.is_writable", lambda _: False)
        fixed = anna.post("/saved/change", id=number, revision="9", do="save", note="kept here", tags="")
    assert fixed.status_code in (409, 507)
    assert "kept here" in fixed.text


def test_writers_at_once_lose_nothing(path: Path) -> None:
    """Eight threads, each with a connection of its own, as a server has them."""
    with Desk.open(desk_path(path), create=True) as desk:
        desk.add_reader("Anna", NOW)
        reader = desk.reader_named("Anna").id

    def write(number: int) -> None:
        for at in range(10):
            item = Item(kind="search", reference=f"q={number}-{at}", first_seen="", saved_at=made.SEEN)
            with Desk.open(desk_path(path)) as own:
                own.keep(reader, [item])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    with Desk.open(desk_path(path)) as desk:
        assert len(desk.items(reader)) == 80


def test_back_leads_nowhere_else(anna: Visitor) -> None:
    for back in ("//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "/a\r\nb: c"):
        answer = anna.post("/saved/keep", item="article:1", back=back)
        assert answer.headers["location"] == "/saved", back


def test_desks_work_below_a_base_path(path: Path) -> None:
    room = Room(path, metadata=OPEN, settings={"base_url": "/news/"})
    with Desk.open(desk_path(path), create=True) as desk:
        key = desk.add_reader("Anna", NOW)
    visitor = Visitor(room)
    visitor.get("/news/desk")
    answer = visitor.post("/news/desk", key=key)
    assert answer.headers["location"] == "/news/saved"
    assert "Path=/news/;" in answer.headers["set-cookie"]
    kept = visitor.post("/news/saved/keep", item="article:1", back="/news/article/1")
    assert kept.headers["location"] == "/news/article/1"
    assert 'href="/news/article/1"' in visitor.text("/news/saved")
    visitor.post("/news/saved/import", items=json.dumps([{"path": "/news/comment/1", "note": "x"}]))
    assert 'href="/news/comment/1"' in visitor.text("/news/saved")


def test_readers_file_is_no_other_archives(tmp_path: Path) -> None:
    assert desk_path(tmp_path / "archive.db").name == "desk.db"
    assert desk_path(tmp_path / "news.db").name == "news-desk.db"


SCRIPT = {**HERE, "accept": "application/json"}


@pytest.mark.parametrize(
    "address", ["/desk", "/saved/keep", "/saved/change", "/saved/share", "/saved/import"]
)
def test_form_that_is_no_utf8_is_refused(anna: Visitor, address: str) -> None:
    token = anna.cookies["ds_csrftoken"].encode()
    form = {"content-type": "application/x-www-form-urlencoded", **HERE}
    answer = anna.ask("POST", address, content=b"csrftoken=" + token + b"&key=\xff&item=\xfe", headers=form)
    assert (answer.status_code, "UTF-8" in answer.text) == (400, True)


def test_too_long_note_or_tags_are_refused_with_what_was_typed(anna: Visitor) -> None:
    anna.post("/saved/keep", item="article:1")
    number, revision = anna.item()
    for note, tags in (("n" * 4001, "a"), ("x", "t" * 61), ("x", ",".join(map(str, range(21))))):
        answer = anna.post("/saved/change", id=number, revision=revision, do="save", note=note, tags=tags)
        assert answer.status_code == 413
        assert f">{note}</p>" in answer.text
        assert f"Tags: {tags}" in answer.text
    assert anna.item() == (number, revision)


def test_text_is_kept_where_the_item_or_the_desk_was_closed_meanwhile(anna: Visitor, path: Path) -> None:
    anna.post("/saved/keep", item="article:1")
    number, revision = anna.item()
    form = {"id": number, "revision": revision, "do": "save", "note": "typed <b>here</b>", "tags": ""}
    anna.post("/saved/keep", drop="article:1")
    removed = anna.post("/saved/change", **form)
    assert (removed.status_code, "typed &lt;b&gt;here" in removed.text) == (409, True)
    with Desk.open(desk_path(path)) as desk:
        desk.renew_key("Anna")
    closed = anna.post("/saved/change", **form)
    assert (closed.status_code, "typed &lt;b&gt;here" in closed.text) == (403, True)


@pytest.mark.parametrize("show", ["kind:bogus", "tag:" + "x" * 30_000, "tag:", "all"])
def test_only_a_selection_of_the_desk_is_shared(anna: Visitor, show: str) -> None:
    anna.post("/saved/keep", item="article:1")
    answer = anna.post("/saved/share", title="x", show=show)
    assert (answer.status_code, "no such selection" in answer.text) == (400, True)
    assert "/shared/" not in anna.text("/saved")
    removed = anna.post("/saved/change", id=anna.item()[0], do="remove", show=show)
    assert removed.headers["location"] == "/saved"


def test_page_behind_the_last_one_of_a_shared_list_is_the_last_one(anna: Visitor, room: Room) -> None:
    anna.post("/saved/keep", item="article:1")
    anna.post("/saved/share", title="Finds")
    [link] = set(re.findall(r"/shared/[\w-]{20,}", anna.text("/saved")))
    assert 'href="/article/1"' in room.text(f"{link}?page=7")


def test_lists_of_others_are_read_as_far_as_they_can_be(anna: Visitor) -> None:
    given = [
        {"path": "/article/2", "saved": "0001-01-01T00:00:00+23:00", "note": "n" * 4001},
        {"path": "/article/3", "tags": ["harbour", 7, "night"]},
        {"path": "/article/4", "tags": "t" * 61},
    ]
    added = anna.post("/saved/import", SCRIPT, items=json.dumps(given)).json()
    assert (added["added"], added["cut"]) == (3, 2)
    assert "harbour, night" in anna.text("/saved")
    wrong = anna.post("/saved/import", SCRIPT, items="no list")
    assert (wrong.status_code, "no list" in wrong.json()["error"]) == (400, True)


def test_what_is_not_in_the_archive_cannot_be_saved(anna: Visitor) -> None:
    assert anna.post("/saved/keep", SCRIPT, item="article:999999999999999999").status_code == 404
    assert "Nothing saved yet" in anna.text("/saved")


def test_desk_beside_another_archive_names_none_of_its_articles(anna: Visitor, path: Path) -> None:
    """Another archive has the same ids for other articles, seen before or after."""
    anna.post("/saved/keep", item="article:1")
    anna.post("/saved/keep", item="article:2")
    with closing(sqlite3.connect(path)) as connection:
        for number, witness in ((1, None), (2, "Library")):
            sql = "UPDATE articles SET first_seen = '2001-01-01T00:00:00Z', witness = ? WHERE id = ?"
            connection.execute(sql, [witness, number])
        connection.commit()
    page = anna.text("/saved")
    assert '<span class="headline">Article 1</span>' in page
    assert 'href="/article/2"' in page  # an import has given it an earlier time


def test_damaged_desk_is_reported_and_never_taken_for_no_desk(anna: Visitor, path: Path) -> None:
    anna.post("/saved/keep", item="article:1")
    for file in path.parent.glob("news-desk.db*"):
        file.write_bytes(b"no database" * 1000)
    for address in ("/saved", "/saved.csv", "/shared/" + "x" * 32):
        answer = anna.get(address)
        assert (answer.status_code, "cannot be opened now" in answer.text) == (503, True), address
    assert anna.post("/saved/keep", SCRIPT, item="article:2").status_code == 503
    assert anna.get("/article/1").status_code == 200


def test_file_of_desks_is_denied_where_it_is_served_by_mistake(anna: Visitor, path: Path) -> None:
    """As by `datasette serve *.db`, also to an actor who may see everything."""
    anna.post("/saved/keep", item="article:1")
    open_to_all = {**OPEN, "databases": {"news-desk": {"allow": True}}}
    room = Room(path, desk_path(path), metadata=open_to_all)
    for address in ("", "/readers.json", ".json?sql=select+*+from+secret", "/items/1.json", ".db"):
        assert room.get(f"/news-desk{address}").status_code == 403, address
    assert "readers" not in room.text("/-/data")
    with Hidden.open(redaction_store_path(path), create=True) as hidden:
        hidden.keep(1, [Kept(place="comments", row={"text": "hidden words"})])
    beside = Room(path, redaction_store_path(path), metadata=OPEN)
    assert beside.get("/news-hidden/kept.json").status_code == 403
    assert room.get("/news/articles.json").status_code == 200


def test_markdown_of_a_list_runs_nothing(anna: Visitor) -> None:
    anna.post("/saved/keep", item="article:1")
    number, revision = anna.item()
    note = "<script>alert(1)</script>\r\n\r- [here](javascript:alert(1))"
    anna.post("/saved/change", id=number, revision=revision, do="save", note=note, tags="<b>")
    text = anna.text("/saved.md")
    assert text.count("\n") == 1
    assert r"\<script>alert(1)\</script> - \[here\](javascript:alert(1)) #\<b>" in text


def test_list_of_a_browser_is_cited_without_a_desk(path: Path) -> None:
    """The archive writes it from its own rows, and takes neither notes nor what is no list of ours."""
    nobody = Visitor(Room(path, metadata=OPEN))
    places = ("/article/1", "/comment/2", "/search?q=ferry", "/article/99999", "https://elsewhere.example/")
    items = json.dumps({"items": [{"path": place, "title": "Forged", "note": "mine"} for place in places]})
    answer = nobody.post("/saved.bib", items=items, show="1987")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["cache-control"]
    assert "saved-1987" in answer.headers["content-disposition"]
    assert answer.text.count("@article{") == 2
    assert "http://localhost/article/1" in answer.text
    assert not {"Forged", "mine", "elsewhere"} & set(answer.text.replace("/", " ").split())
    assert nobody.post("/saved.ris", items=items).text.count("TY  - ") == 2
    assert nobody.post("/saved.bib", items="[1").status_code == 400
    assert nobody.post("/saved.bib", {"origin": "https://elsewhere.example"}, items=items).status_code == 403
    assert not desk_path(path).exists()
