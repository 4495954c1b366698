"""Every form of export, read back by another library and compared with the archive, row by row."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import random
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from markdown_it import MarkdownIt
from pyarrow import parquet
from sqlite_utils import Database as Tables
from warcio.archiveiterator import ArchiveIterator

from archive.core.records import Page, PageKind
from archive.exports import as_pages, as_parquet
from archive.exports.selection import LEFT, TAKEN, Selection, Snapshot, described
from archive.exports.target import SUMS
from archive.files import raw_pages as pages
from archive.files.raw_pages import Pages
from archive.queries import articles as reading
from archive.storage.archive import Archive
from scheduler import main
from tests.builders.fixtures_archive import Filler, attacked, changed
from tests.builders.patience import PATIENCE
from tests.paths import ROOT

csv.field_size_limit(10_000_000)
NOON = datetime(2019, 5, 4, 12, tzinfo=UTC)
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1")
HOSTILE = (
    *FORMULAS,
    "one\r\ntwo\rthree\nfour",
    "\"quoted\", 'quoted'; and a comma",
    "before\0after",
    "\u202eالعبّارة تعود\u202c 🛶 e\u0301 \u2028 \x85 \x1b[2J",
    "# heading\n\n- list\n1. one\n> quote\n---\n***",
    "<script>alert(1)</script> [link](javascript:alert(1)) `code` &lt; **bold**\nnext line\\",
    "'; DROP TABLE comments; --",
    "tide " * 200_000,
)
SLUGS = (
    "../../../etc/passwd",
    "Harbour",
    "harbour",
    "HARBOUR.php",
    "con",
    "NUL.html",
    "%2e%2e%2f%00",
    "عودة-العبارة",
    "x" * 3000,
    "?p=12",
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive of everything that is hard to take along, and its raw pages."""
    folder = tmp_path_factory.mktemp("town")
    fill = Filler(folder / "archive.db")
    for number, slug in enumerate(SLUGS, 1):
        url = f"https://quayside.example/{slug}"
        fill.article(number, NOON, title=f"Story: #{number} ‘yes’", url=url)
        fill.insert("addresses", source="quayside", url=url, article_id=number, first_seen="2019-05-04")
    for number, text in enumerate(HOSTILE):
        fill.comment(1, NOON + timedelta(minutes=number), text=text, author=text[:50], position=number)
    fill.thread(2, NOON, 40)
    up: int | None = None
    for level in range(30):
        site_id, parent = f"deep-{level}", f"deep-{level - 1}" if level else None
        up = fill.comment(3, NOON, parent_id=up, site_id=site_id, site_parent=parent, text=f"Level {level}.")
    attacked(fill, NOON + timedelta(days=40))
    changed(fill, NOON + timedelta(days=400))
    fill.article(900, NOON, source="uplands", title="Snow on the pass", published=None)
    fill.insert("links", article_id=1, position=0, url="https://ledger.example/", host="ledger.example")
    fill.insert("article_parts", article_id=1, part=1, text="One part.")
    fill.finish()
    with Pages.open(pages.raw_pages_path(folder / "archive.db")) as kept:
        for page in raw_pages():
            kept.keep(page)
    (folder / "backissue.toml").write_text("[sources.quayside]\nurl = 'https://quayside.example'\n")
    return folder


def raw_pages() -> list[Page]:
    headers = (("content-type", "text/html; charset=UTF-8"), ("content-length", "3"), ("x-note", "caf\xe9"))
    noise = random.Random(7).randbytes(200_000)
    own, moved = "https://quayside.example/harbour", "https://quayside.example/Harbour"

    def page(url: str, final: str, day: int, body: bytes, status: int = 200, kind: str = "article") -> Page:
        at = NOON + timedelta(days=day)
        return Page(
            source="quayside", kind=PageKind(kind), url=url, final_url=final, status=status,
            headers=headers, fetched_at=at, body=body,
        )  # fmt: skip

    return [
        page(own, own, 0, b"<html>first \x00\xff</html>"),
        page(own, own, 1, b"<html>second</html>"),
        page(own, own, 2, b"<html>first \x00\xff</html>"),
        page("https://quayside.example/?p=12", moved, 3, b"<html>moved</html>"),
        page("https://quayside.example/gone", "https://quayside.example/gone", 4, b"<html>no</html>", 404),
        page("https://quayside.example/feed/", "https://quayside.example/feed/", 5, noise, kind="posts"),
    ]


def export(town: Path, *arguments: str | Path) -> Result:
    command = ["--config", str(town / "backissue.toml"), "export", *map(str, arguments)]
    return CliRunner().invoke(main, command, prog_name="backissue")


def exported(town: Path, form: str, place: Path, *arguments: str) -> Path:
    done = export(town, form, "--output", place, *arguments)
    assert done.exit_code == 0, done.output
    return place


def joined(town: Path, *options: str) -> list[list[str]]:
    text = export(town, "csv", "--joined", *options).stdout_bytes.decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def rows(path: Path, table: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def ids(town: Path, *limits: str) -> list[int]:
    """The articles that an export with these limits takes."""
    return sorted({int(line[0]) for line in joined(town, *limits)[1:]})


def is_whole(folder: Path) -> dict[str, Any]:
    """Check the sums of all files, and return the manifest."""
    told = dict(reversed(line.split("  ", 1)) for line in (folder / SUMS).read_text().splitlines())
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {SUMS}
    assert found == set(told)
    for name, digest in told.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return manifest


# -- what is taken --------------------------------------------------------------------------------


def test_every_table_is_taken_or_left_on_purpose_and_described(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "archive.db") as archive:
        tables = {
            name
            for name in Tables(archive.db.conn).table_names()
            if "_fts" not in name and "_substrings" not in name
        }
    assert tables == {*TAKEN, *LEFT}
    assert described().keys() >= TAKEN.keys()


@pytest.mark.parametrize(
    ("limits", "taken"),
    [
        (("--source", "uplands"), {900}),
        (("--since", "2019-06", "--until", "2019"), {107}),
        (("--since", "2020-06-07", "--until", "2020-06-07"), {109}),
        (("--since", "2019-06-13T12:00:00Z", "--until", "2019-06-13T12:00:00Z"), {107}),
        (("--query", '"Level 29"'), {3}),
        (("--query", "title:bridge"), {110}),
        (("--query", '"Level 29" OR title:bridge', "--since", "2020"), {110}),
        (("--query", "nosuchwordanywhere"), set()),
    ],
)
def test_an_export_is_limited_as_a_search_is(town: Path, limits: tuple[str, ...], taken: set[int]) -> None:
    assert set(ids(town, *limits)) == taken


def test_a_tag_or_category_limits_an_export(town: Path) -> None:
    with closing(sqlite3.connect(town / "archive.db")) as db:
        sql = "SELECT article_id FROM article_tags JOIN tags ON tags.id = tag_id WHERE name = 'harbour'"
        tagged = [row[0] for row in db.execute(sql)]
    assert ids(town, "--tag", "Harbour") == sorted(tagged) != []


def test_a_part_of_an_archive_is_whole_in_itself(town: Path, tmp_path: Path) -> None:
    path = exported(town, "db", tmp_path / "part.db", "--query", '"Level 29" OR title:bridge')
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        held = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TAKEN}
    assert (held["articles"], held["sources"], held["article_versions"], held["comment_versions"]) == (
        2,
        1,
        2,
        1,
    )
    assert held["authors"] <= 2


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (("--source", "quaysid"), "It has: quayside, uplands."),
        (("--since", "yesterdy"), "“yesterdy” is not a date for --since."),
        (("--query", "!!!"), "can be searched for"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_is_written(
    town: Path, tmp_path: Path, limits: tuple[str, ...], said: str
) -> None:
    done = export(town, "jsonl", "--output", tmp_path / "out", *limits)
    assert (done.exit_code, said in done.stderr, list(tmp_path.iterdir())) == (1, True, [])


def test_an_export_sees_one_state_whatever_is_saved_meanwhile(town: Path, tmp_path: Path) -> None:
    path = exported(town, "folder", tmp_path / "copy") / "archive.db"
    with Archive.open(path) as archive, Snapshot.open(path, Selection()) as snapshot:
        archive.db.execute("UPDATE comments SET text = 'Changed meanwhile.'")
        archive.db.execute("DELETE FROM links")
        assert "Changed meanwhile." not in {row[12] for row in snapshot.rows("comments")}
        assert snapshot.count("links") == 2


# -- tables ---------------------------------------------------------------------------------------


def as_cells(row: tuple[Any, ...]) -> list[str]:
    return ["" if value is None else str(value) for value in row]


def test_raw_csv_gives_back_every_table(town: Path, tmp_path: Path) -> None:
    folder = exported(town, "csv", tmp_path / "csv", "--raw")
    for table in TAKEN:
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            names, *lines = list(csv.reader(file))
        expected = sorted((as_cells(row) for row in rows(town / "archive.db", table)), key=repr)
        assert sorted(lines, key=repr) == expected, table
        assert set(names) <= set(described()[table]["columns"])
    manifest = is_whole(folder)
    assert (manifest["form"], manifest["raw"], manifest["filters"]) == ("csv", True, {})
    assert manifest["counts"]["comments"] == len(rows(town / "archive.db", "comments"))
    assert (manifest["archive"], manifest["program"][:10]) == ("archive.db", "backissue ")


def test_csv_for_a_spreadsheet_holds_no_formula(town: Path) -> None:
    bare = joined(town, "--raw")
    safe = joined(town)
    changed = {
        cell
        for old, new in zip(bare, safe, strict=True)
        for cell, to in zip(old, new, strict=True)
        if cell != to
    }
    assert changed >= set(FORMULAS)
    for old, new in zip(bare, safe, strict=True):
        for cell, shown in zip(old, new, strict=True):
            assert shown == cell or (shown == f"'{cell}" and cell[0] in "=+-@\t\r\n＝")
            assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


def test_the_joined_csv_has_a_row_for_each_comment_and_each_article_without(town: Path) -> None:
    lines = joined(town, "--raw")
    columns = ", ".join(f"{table}s.{column}" for table, _, column in (n.partition("_") for n in lines[0]))
    sql = f"SELECT {columns} FROM articles LEFT JOIN comments ON comments.article_id = articles.id"
    with closing(sqlite3.connect(town / "archive.db")) as db:
        order = "ORDER BY articles.id, comments.published, comments.id"
        assert lines[1:] == [as_cells(row) for row in db.execute(f"{sql} {order}")]
    assert {"article_text", "comment_text", "comment_parent_id"} <= set(lines[0])


def test_the_sql_dump_loads_into_a_plain_sqlite(town: Path, tmp_path: Path) -> None:
    dump = exported(town, "sql", tmp_path / "dump.sql").read_bytes().decode()
    assert "fts5" not in dump
    with closing(sqlite3.connect(tmp_path / "new.db")) as db:
        db.executescript(dump)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index'").fetchone()[0] > 20
    for table in TAKEN:
        assert rows(tmp_path / "new.db", table) == rows(town / "archive.db", table), table


def test_parquet_gives_back_every_table_in_bounded_row_groups(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_parquet, "GROUP_ROWS", 20)
    folder = exported(town, "parquet", tmp_path / "parquet")
    for table in TAKEN:
        file = parquet.ParquetFile(folder / f"{table}.parquet")
        found = sorted((tuple(row.values()) for row in file.read().to_pylist()), key=repr)
        assert found == rows(town / "archive.db", table), table
        assert file.num_row_groups == -(-len(found) // 20)
    field = parquet.read_schema(folder / "comments.parquet").field("parent_id")
    assert field.metadata[b"description"] == b"The comment it answers, in this archive."
    assert is_whole(folder)["form"] == "parquet"


@pytest.mark.parametrize("form", ["csv", "parquet", "folder"])
def test_a_data_set_describes_itself_in_three_forms(town: Path, tmp_path: Path, form: str) -> None:
    folder = exported(town, form, tmp_path / form, "--since", "2009")
    is_whole(folder)
    package = json.loads((folder / "datapackage.json").read_text())
    croissant = json.loads((folder / "croissant.json").read_text())
    citation = yaml.safe_load((folder / "CITATION.cff").read_text())
    assert "since 2009" in package["description"] == croissant["description"] == citation["abstract"]
    paths = {each["path"]: each for each in package["resources"]}
    assert {each["contentUrl"] for each in croissant["distribution"]} == set(paths)
    for path, each in paths.items():
        data = (folder / path).read_bytes()
        assert each["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert each["bytes"] == len(data)
    records = {each["name"]: each for each in croissant["recordSet"]}
    if form == "folder":
        assert (list(paths), records) == (["archive.db"], {})
        return
    assert set(records) == set(TAKEN) == {each["name"].replace("-", "_") for each in paths.values()}
    for table, record in records.items():
        fields = paths[f"{table}.{form}"]["schema"]["fields"]
        assert [field["name"] for field in fields] == [field["name"] for field in record["field"]]
        if form == "csv":
            with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
                assert next(csv.reader(file)) == [field["name"] for field in fields]


def test_without_pagefind_a_site_says_what_to_install(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pagefind_bin", None)
    done = export(town, "site", "--output", tmp_path / "site")
    assert (done.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "backissue[site]" in done.output


def test_a_static_site_has_a_page_for_each_article(town: Path, tmp_path: Path) -> None:
    folder = exported(town, "site", tmp_path / "site")
    is_whole(folder)
    with Archive.open(town / "archive.db") as archive:
        numbers = {row[0] for row in archive.db.execute("SELECT id FROM articles")}
    assert {int(path.stem) for path in (folder / "article").iterdir() if "-" not in path.stem} == numbers
    pages = [*folder.glob("*.html"), *folder.glob("*/*.html")]
    linked = {
        (page.parent / link).resolve()
        for page in pages
        for link in re.findall(r'(?:href|src)="((?:\.\./)?[\w/-]+\.(?:html|css|js))', page.read_text())
    }
    assert not [path for path in linked if not path.exists()]
    assert set(pages) <= linked | {folder / "index.html"} | {folder / "search.html"}
    assert exported(town, "site", folder, "--force") == folder


def test_without_pyarrow_parquet_says_what_to_install(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    done = export(town, "parquet", "--output", tmp_path / "out")
    assert (done.exit_code, "backissue[parquet]" in done.stderr, list(tmp_path.iterdir())) == (1, True, [])


def test_the_portable_file_holds_all_tables_their_meaning_and_right_checksums(
    town: Path, tmp_path: Path
) -> None:
    path = exported(town, "db", tmp_path / "portable.db")
    assert [file.name for file in tmp_path.iterdir()] == ["portable.db"]
    for table in TAKEN:
        assert rows(path, table) == rows(town / "archive.db", table), table
    with closing(sqlite3.connect(path)) as db:
        names = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert names == {*TAKEN, "_about", "_columns", "_checksums"}
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert db.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        about = dict(db.execute("SELECT name, value FROM _about"))
        assert (about["form"], about["archive"], about["filters"]) == ("db", "archive.db", "{}")
        told = set(db.execute('SELECT "table", "column" FROM _columns WHERE description <> \'\''))
        assert told == {
            (table, row[1]) for table in TAKEN for row in db.execute(f"PRAGMA table_info({table})")
        }


def test_the_checksums_are_made_as_the_manual_says(town: Path, tmp_path: Path) -> None:
    path = exported(town, "db", tmp_path / "archive-export.db")
    manual = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", manual, re.DOTALL)
    assert found
    run = [sys.executable, "-c", found[1]]
    well = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Counter(line.split()[-1] for line in well.stdout.splitlines()) == {"ok": len(TAKEN)}
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE comments SET text = text || '.' WHERE id = 1")
    ill = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [line for line in ill.stdout.splitlines() if not line.endswith("ok")] == ["comments CHANGED"]


# -- articles -------------------------------------------------------------------------------------


def test_json_lines_give_back_every_article_and_comment(town: Path) -> None:
    articles = [json.loads(line) for line in export(town, "jsonl").stdout.split("\n")[:-1]]
    with closing(sqlite3.connect(town / "archive.db")) as db:
        held = db.execute("SELECT url, title, text FROM articles ORDER BY id").fetchall()
        below = Counter(db.execute("SELECT author, text FROM comments").fetchall())
    assert [(line["url"], line["title"], line["text"]) for line in articles] == held
    found = [(comment["author"], comment["text"]) for line in articles for comment in line["comments"]]
    assert Counter(found) == below


def test_markdown_files_have_names_that_every_file_system_takes(town: Path, tmp_path: Path) -> None:
    folder = exported(town, "markdown", tmp_path / "markdown")
    manifest = is_whole(folder)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*.md")]
    assert len(names) == manifest["counts"]["articles"] == len(rows(town / "archive.db", "articles"))
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert re.fullmatch(r"(\d{4}/\d\d|undated)/[\w-]+\.md", name), name
        assert name == name.lower()
        assert len(name.encode()) < 255
        assert not re.search(r"/(con|nul)\.md$", name)
    assert {"2019/05/harbour.md", "2019/05/harbour-3.md", "2019/05/con-.md"} <= set(names)


def rendered(text: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).render(text)


def shown(text: str) -> str:
    """The words of a text as a reader of Markdown sees them: runs of blanks are one."""
    return " ".join(text.replace("\0", "\ufffd").split())


def test_markdown_gives_back_facts_text_and_thread(town: Path, tmp_path: Path) -> None:
    import lxml.html

    folder = exported(town, "markdown", tmp_path / "markdown")
    held = {}
    with Archive.open(town / "archive.db") as archive:
        for article in reading.iterate_articles(archive.db):
            held[article.id] = article
    by_url = {article.article.url: article for article in held.values()}
    for path in folder.rglob("*.md"):
        if path.name == "README.md":
            continue
        _, front, body = path.read_bytes().decode().split("---\n", 2)
        facts = yaml.safe_load(front)
        article = by_url.pop(facts["url"])
        assert (facts["title"], facts["authors"]) == (article.article.title, list(article.article.authors))
        assert facts["tags"] == list(article.article.tags)
        assert facts["comments"] == len(article.comments)
        assert (article.article.markdown or "") in body
        if not article.comments:
            continue
        thread = lxml.html.fromstring(rendered(body.split("\n## Comments ")[1]))
        assert not thread.xpath(
            "//script | //img | //a[not(starts-with(@href, 'http'))] | //h1 | //h3 | //ul"
        )
        words = shown(thread.text_content())
        for comment in article.comments:
            assert shown(comment.comment.text or "") in words
            assert shown(comment.comment.author or "No name") in words
    assert not by_url


def test_markdown_nests_answers_as_quotes_up_to_a_depth(town: Path, tmp_path: Path) -> None:
    folder = exported(town, "markdown", tmp_path / "markdown", "--query", '"Level 29"')
    (page,) = folder.rglob("2019/**/*.md")
    text = page.read_text()
    assert "\n> Level 0.\n>\n> > **" in text
    assert re.search(r"\n(> ){12}\*\*[^\n]+ · to \w[^\n]+\n(> ){11}>\n(> ){12}Level 29\.\n", text)


# -- the folder for Datasette ---------------------------------------------------------------------

ONLY_ITS_OWN = """
import sys
from pathlib import Path

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ImportError(f"no {name} here")

sys.meta_path.insert(0, Absent())
sys._called_from_test = True  # Datasette then looks for no installed plugin
from datasette.cli import cli
try:
    cli(["serve", FOLDER, "--get", PAGE])
finally:
    archive = sys.modules.get("archive.public")
    print("\\nroom:", archive and Path(archive.__file__).parents[2].name, file=sys.stderr)
"""


def datasette_alone(folder: Path, page: str, absent: set[str]) -> subprocess.CompletedProcess[str]:
    """Ask for a page of a Datasette that knows no Backissue and lacks some distributions."""
    modules = {module for module, names in packages_distributions().items() if absent & set(names)} | absent
    program = f"ABSENT, FOLDER, PAGE = {modules!r}, {str(folder)!r}, {page!r}\n{ONLY_ITS_OWN}"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def needed_by(*names: str) -> set[str]:
    """The installed distributions that some others need, and what those need."""
    installed = {name for found in packages_distributions().values() for name in found}
    found, new = set(), set(names)
    while new:
        lines = [line for name in new for line in requires(name) or () if "extra ==" not in line]
        new = {re.split(r"[^\w.-]", line)[0] for line in lines} & installed - found
        found |= new
    return found


def test_the_folder_opens_its_own_reading_room_in_a_plain_datasette(town: Path, tmp_path: Path) -> None:
    folder = exported(town, "folder", tmp_path / "folder")
    assert is_whole(folder)["counts"]["articles"] == len(rows(town / "archive.db", "articles"))
    required = {line.split("<")[0] for line in (folder / "requirements.txt").read_text().splitlines()}
    assert {"datasette", "nh3"} <= required
    done = datasette_alone(
        folder, "/search?q=%22Level+29%22", needed_by("backissue") - required - needed_by(*required)
    )
    assert "room: room" in done.stderr
    assert "Level" in done.stdout
    assert re.search(r'<a href="/comment/\d+">', done.stdout)
    for table in TAKEN:
        assert rows(folder / "archive.db", table) == rows(town / "archive.db", table), table
    assert rows(folder / "archive.db", "comment_months") == rows(town / "archive.db", "comment_months") != []


def test_without_the_rooms_libraries_the_folder_still_shows_described_tables(
    town: Path, tmp_path: Path
) -> None:
    folder = exported(town, "folder", tmp_path / "folder", "--source", "uplands")
    done = datasette_alone(folder, "/archive/articles", {"nh3", "markdown-it-py"})
    assert "requirements.txt" in done.stderr
    assert "Snow on the pass" in done.stdout
    assert "Its address on the site." in done.stdout


# -- raw pages ------------------------------------------------------------------------------------


def records(stream: Any) -> list[tuple[Any, bytes]]:
    return [
        (record, record.content_stream().read()) for record in ArchiveIterator(stream, check_digests="raise")
    ]


def test_pages_are_parquet_with_every_raw_page_and_its_digest(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_pages, "GROUP_PAGES", 1)
    monkeypatch.setattr(as_pages, "FILE_GROUPS", 2)
    folder = exported(town, "pages", tmp_path / "pages")
    files = sorted(folder.glob("pages-*.parquet"))
    told = [row for file in files for row in parquet.read_table(file).to_pylist()]
    kept = raw_pages()
    newest: dict[tuple[str, str], str] = {}
    for page in kept:
        at = f"{page.fetched_at:%Y-%m-%dT%H:%M:%SZ}"
        newest[page.source, page.url] = max(at, newest.get((page.source, page.url), ""))
    assert [(row["url"], row["body"]) for row in told] == [(page.url, page.body) for page in kept]
    assert all(hashlib.sha256(row["body"]).hexdigest() == row["digest"] for row in told)
    assert {(row["source"], row["url"]): row["fetched_at"] for row in told if row["newest"]} == newest
    assert sum(row["newest"] for row in told) == len(newest)
    assert {parquet.ParquetFile(file).num_row_groups for file in files[:-1]} == {2}
    assert is_whole(folder)["counts"] == {"pages": len(told), "files": len(files)}


def test_the_warc_holds_every_page_as_it_was_kept(town: Path, tmp_path: Path) -> None:
    path = exported(town, "warc", tmp_path / "archive.warc.gz")
    with path.open("rb") as file:
        (info, about), *found = records(file)
    assert info.rec_type == "warcinfo"
    assert b"Set-Cookie headers" in about
    kept, first = raw_pages(), {}
    told = [(record, body) for record, body in found if record.rec_type != "metadata"]
    for page, (record, body) in zip(kept, told, strict=True):
        header = record.rec_headers.get_header
        at = f"{page.fetched_at:%Y-%m-%dT%H:%M:%SZ}"
        assert (header("WARC-Target-URI"), header("WARC-Date")) == (page.final_url, at)
        assert record.rec_headers.protocol == "WARC/1.1"
        assert record.http_headers.get_statuscode() == str(page.status)
        assert record.http_headers.get_header("content-length") == str(len(page.body))
        assert record.http_headers.get_header("x-orig-content-length") == "3"
        if page.body in first:
            assert (record.rec_type, body) == ("revisit", b"")
            assert (header("WARC-Refers-To-Target-URI"), header("WARC-Refers-To-Date")) == first[page.body]
        else:
            assert (record.rec_type, body) == ("response", page.body)
            first[page.body] = (page.final_url, at)
    ((beside, via),) = [(record, body) for record, body in found if record.rec_type == "metadata"]
    assert via == b"via: https://quayside.example/?p=12\r\n"
    assert beside.rec_headers.get_header("WARC-Target-URI") == "https://quayside.example/Harbour"


def test_a_part_of_the_raw_pages_is_that_of_its_articles(town: Path, tmp_path: Path) -> None:
    path = exported(town, "warc", tmp_path / "part.warc.gz", "--query", "Harbour OR Level", "--until", "2019")
    with path.open("rb") as file:
        urls = [record.rec_headers.get_header("WARC-Target-URI") for record, _ in records(file)]
    assert "https://quayside.example/harbour" in urls
    assert "https://quayside.example/feed/" not in urls
    assert "https://quayside.example/gone" not in urls


def test_the_wacz_leads_from_its_index_to_every_page(town: Path, tmp_path: Path) -> None:
    path = exported(town, "wacz", tmp_path / "archive.wacz")
    with zipfile.ZipFile(path) as packed:
        stored = {info.filename for info in packed.infolist() if info.compress_type == zipfile.ZIP_STORED}
        assert all(info.extra for info in packed.infolist()), "or ReplayWeb.page misreads zip64"
        about = json.loads(packed.read("datapackage.json"))
        digest = json.loads(packed.read("datapackage-digest.json"))
        files = {resource["path"]: packed.read(resource["path"]) for resource in about["resources"]}
        assert digest["hash"] == f"sha256:{hashlib.sha256(packed.read('datapackage.json')).hexdigest()}"
        assert {*files, "datapackage.json", "datapackage-digest.json"} == set(packed.namelist())
    assert (about["profile"], about["wacz_version"]) == ("data-package", "1.1.1")
    assert stored == {"archive/data.warc.gz", "indexes/index.cdx.gz"}
    for part in about["resources"]:
        data = files[part["path"]]
        assert part["bytes"] == len(data)
        assert part["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    lines = gzip.decompress(files["indexes/index.cdx.gz"]).decode().splitlines()
    assert lines == sorted(lines)
    assert len(lines) == len(raw_pages())
    for line in lines:
        key, at, entry = line.split(" ", 2)
        facts = json.loads(entry)
        start = int(facts["offset"])
        one = files["archive/data.warc.gz"][start : start + int(facts["length"])]
        ((record, _),) = records(io.BytesIO(one))
        assert record.rec_headers.get_header("WARC-Target-URI") == facts["url"]
        assert record.rec_headers.get_header("WARC-Payload-Digest") == facts["digest"]
        assert re.sub(r"\D", "", record.rec_headers.get_header("WARC-Date")) == at
        assert key.startswith("example,quayside)/")
        assert (record.rec_type == "revisit") is (facts["mime"] == "warc/revisit")
    block = files["indexes/index.idx"].decode().splitlines()[1]
    assert block.startswith(" ".join(lines[0].split(" ")[:2]))
    header, *listed = [json.loads(line) for line in files["pages/pages.jsonl"].decode().splitlines()]
    assert header["format"] == "json-pages-1.0"
    assert [(page["id"], page["url"], page["ts"][:10]) for page in listed] == [
        ("3", "https://quayside.example/harbour", "2019-05-06"),
        ("10", "https://quayside.example/Harbour", "2019-05-07"),
    ]


def test_without_raw_pages_a_warc_says_where_they_should_be(town: Path, tmp_path: Path) -> None:
    exported(town, "folder", tmp_path / "copy")
    (tmp_path / "backissue.toml").write_text(
        "archive = 'copy/archive.db'\n[sources.quayside]\nurl = 'https://quayside.example'\n"
    )
    done = export(tmp_path, "warc", "--output", tmp_path / "out.warc.gz")
    assert (done.exit_code, "There are no raw pages at" in done.stderr) == (1, True)
    assert not (tmp_path / "out.warc.gz").exists()


# -- how a result takes its place -----------------------------------------------------------------


@pytest.mark.parametrize("form", ["jsonl", "csv", "db", "wacz"])
def test_what_is_there_stays_unless_it_is_an_export_and_force_is_said(
    town: Path, tmp_path: Path, form: str
) -> None:
    place = exported(town, form, tmp_path / "out", "--source", "uplands")
    before = contents(tmp_path)
    again = export(town, form, "--output", place)
    assert (again.exit_code, "--force" in again.stderr) == (1, True)
    assert contents(tmp_path) == before
    exported(town, form, place, "--force")
    assert contents(tmp_path) != before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_that_is_no_export_and_a_device_are_never_replaced(town: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Keep me.")
    for form, place in (("csv", tmp_path / "mine"), ("jsonl", tmp_path / "mine"), ("db", Path("/dev/null"))):
        done = export(town, form, "--output", place, "--force")
        assert (done.exit_code, "Choose another place." in done.stderr) == (1, True)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "Keep me."


def test_a_folder_may_be_a_zip_file(town: Path, tmp_path: Path) -> None:
    path = exported(town, "markdown", tmp_path / "archive.zip", "--source", "uplands")
    with zipfile.ZipFile(path) as packed:
        packed.extractall(tmp_path / "unpacked")
    assert is_whole(tmp_path / "unpacked")["filters"] == {"source": "uplands"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.zip", "unpacked"]


def test_forms_of_several_files_cannot_go_to_standard_output(town: Path) -> None:
    for form in ("csv", "db"):
        assert "--output" in export(town, form, "--output", "-").stderr
    assert export(town, "sql", "--joined").exit_code == 2
    assert gzip.decompress(export(town, "warc", "--output", "-").stdout_bytes).startswith(b"WARC/1.1")


def program(town: Path, *arguments: str) -> list[str]:
    config = str(town / "backissue.toml")
    return [sys.executable, str(ROOT / "scheduler.py"), "--config", config, "export", *arguments]


@pytest.mark.parametrize("form", ["jsonl", "csv", "markdown", "folder", "site", "db", "warc", "wacz"])
def test_a_full_disk_is_said_and_leaves_nothing(town: Path, tmp_path: Path, form: str) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run(
        program(town, form, "--output", str(tmp_path / "out")),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=small,
    )
    assert (done.returncode, list(tmp_path.iterdir())) == (1, []), done.stderr
    assert re.match(r"Error: .*out cannot be written: .*\nHint: Is the disk full", done.stderr)


def test_a_full_disk_behind_standard_output_is_said_too(town: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            program(town, "jsonl"), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Standard output cannot be written: No space left on device.")
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_export_leaves_nothing(town: Path, tmp_path: Path, number: int) -> None:
    code = 0
    while code == 0:  # an export that was done before the signal came is made again
        (tmp_path / "out.zip").unlink(missing_ok=True)
        running = subprocess.Popen(
            program(town, "folder", "--output", str(tmp_path / "out.zip")),
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - & of a shell ignores it
        )
        while not list(tmp_path.iterdir()) and running.poll() is None:
            time.sleep(0.001)
        running.send_signal(number)
        code = running.wait(PATIENCE)
    assert code == 130
    assert list(tmp_path.iterdir()) == []
