"""A town's archive with everything that is hard to take along, and helpers to export it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archive.core.records import Page, PageKind
from archive.exports.target import SUMS
from archive.files import raw_pages as pages
from archive.files.raw_pages import Pages
from scheduler import main
from tests.builders.fixtures_archive import Filler, attacked, changed
from tests.builders.pages import made_page

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


def make_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
        return made_page(
            url,
            body,
            source="quayside",
            kind=PageKind(kind),
            final_url=final,
            status=status,
            headers=headers,
            fetched_at=at,
        )

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
