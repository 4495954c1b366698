"""Promises that no other test would miss: each was once broken on purpose, and all tests stayed green.

`make mutants` breaks them again (mutants.py).
"""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from scrapy.http import HtmlResponse, Request

from archive.core.answers import tolerant_xml
from archive.core.database import connect, transaction
from archive.core.records import Article, PageKind, Surface
from archive.files import redaction_store
from archive.files.raw_pages import Pages
from archive.files.redaction_store import Hidden, Kept
from archive.operations import backup
from archive.storage.archive import Archive
from crawler.discovery import sitemaps
from crawler.fetch.responses import page_from_response
from crawler.runs.runner import settings
from pipeline import process
from tests.unit.archive.storage.test_redaction import NOON, OTHER, extract, page
from tests.unit.pipeline.test_replay import PAGE, SITE

LIMIT = 64 * 2**20  # bytes: an answer must not fill the memory of a small machine


def test_transaction_takes_its_turn_before_it_reads(tmp_path: Path) -> None:
    """One that first reads and then writes would fail at once when another process writes in between."""
    db, other = (
        connect(tmp_path / "a.db"),
        sqlite3.connect(tmp_path / "a.db", timeout=0, isolation_level=None),
    )
    db.execute("CREATE TABLE things (id INTEGER)")
    with closing(other), transaction(db), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    db.close()


def test_commits_survive_a_power_cut(tmp_path: Path) -> None:
    """NORMAL keeps the file whole after a power cut; hidden words need FULL, since two files must agree."""
    db = connect(tmp_path / "a.db")
    assert db.execute("PRAGMA synchronous").fetchone()[0] == 1
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    db.close()
    with Hidden.open(tmp_path / "hidden.db", create=True) as kept:
        kept.keep(1, [Kept(place="names", row={"name": "E"})])
        assert kept._db is not None
        assert kept._db.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_backup_is_on_the_disk_before_it_takes_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Archive.open(tmp_path / "archive.db").close()
    synced, named = [], []
    fsync, replace = os.fsync, Path.replace

    def note_sync(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    def note_replace(self: Path, target: Path) -> Path:
        named.append(list(synced))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_replace)
    backup.make(tmp_path / "archive.db", None, tmp_path / "copy", replace=False)
    assert {"archive.db", "SHA256SUMS"} <= set(named[0])
    assert synced[-1] == tmp_path.name, "and its name last of all"


def test_answer_larger_than_the_memory_is_not_taken() -> None:
    assert 0 < settings().getint("DOWNLOAD_MAXSIZE") <= LIMIT


def test_sitemap_bomb_is_not_read() -> None:
    """It is a sound sitemap but for its size, unpacked."""
    entry = b"<url><loc>https://gazette.example/a</loc></url>"
    body = b"<urlset>" + entry + b" " * sitemaps.MAX_BYTES + b"</urlset>"
    assert sitemaps.read_sitemap(page(body=gzip.compress(body, 1))) is None


def test_sitemap_reads_no_file_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2", encoding="utf-8")
    entity = f'<!DOCTYPE urlset [<!ENTITY a SYSTEM "file://{tmp_path}/secret"><!ENTITY b "expanded">]>'
    loc = "<urlset><url><loc>https://gazette.example/x&a;&b;</loc></url></urlset>"
    read = sitemaps.read_sitemap(page(body=(entity + loc).encode()))
    listed = [entry.url for entry in read.listed] if read else []
    assert "hunter2" not in str(listed)
    assert "expanded" not in str(listed)
    root, _ = tolerant_xml.parse_xml((entity + loc).encode())
    assert root is not None
    assert root.getroottree().docinfo.internalDTD is None, "the parser never sees an entity's declaration"


def test_headers_about_us_are_not_kept() -> None:
    headers = {"Set-Cookie": ["session=abc", "b=c"], "ETag": "x"}
    meta = {"kind": PageKind.ARTICLE, "asked": PAGE.url}
    response = HtmlResponse(PAGE.url, headers=headers, request=Request(PAGE.url, meta=meta), body=b"x")
    kept = page_from_response(response, "gazette").headers
    assert "session=abc" not in str(kept)
    assert ("etag", "x") in kept


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_id_beyond_sqlite_costs_one_entry(tmp_path: Path, number: int) -> None:
    """What SQLite cannot hold is no id; the other entries of the listing are saved."""
    listing = [
        {"id": each, "link": f"{OTHER}?{each}", "title": {"rendered": "T"}, "date_gmt": "2026-03-01T12:00:00"}
        for each in (number, 7)
    ]
    body = json.dumps(listing).encode()
    headers = (("content-type", "application/json"),)
    asked = page(kind=PageKind.POSTS, url="https://gazette.example/wp-json/wp/v2/posts", body=body)
    asked = type(asked)(**{name: getattr(asked, name) for name in asked.__slots__} | {"headers": headers})
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        archive.save(asked, process(asked, SITE))
        assert archive.db.execute("SELECT post_id FROM articles").fetchall() == [(7,)]


def test_page_from_before_an_edit_is_not_read_as_the_newest(tmp_path: Path) -> None:
    """After an upgrade an old page is read again; what was edited since stays as it is."""
    first = Article(url=OTHER, post_id=8, title="Before", published=NOON, text="One.")
    second = Article(url=OTHER, post_id=8, title="After", published=NOON, text="Two.")
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        archive.save(page(url=OTHER), extract(first, surface=Surface.PAGE))
        archive.save(page(2, url=OTHER), extract(second, surface=Surface.PAGE))
        later = NOON + timedelta(days=9)
        archive.save(page(url=OTHER), extract(first, surface=Surface.PAGE), again_at=later)
        assert archive.db.execute("SELECT title, text FROM articles").fetchall() == [("After", "Two.")]


def test_hidden_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Hidden.open(redaction_store.redaction_store_path(tmp_path / "archive.db"), create=True) as kept:
            kept.keep(1, [Kept(place="names", row={"name": "E"})])
            for file in tmp_path.glob("hidden.db*[!k]"):
                assert file.stat().st_mode & 0o077 == 0, file.name
    finally:
        os.umask(before)


def test_backup_chooses_its_states_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive's first, so that the copied pages have all that the copied archive was read from."""
    Archive.open(tmp_path / "archive.db").close()
    Pages.open(tmp_path / "pages.db").close()
    opened, connected = [], sqlite3.connect

    def note(place: object, *words: object, **options: object) -> sqlite3.Connection:
        if options.get("isolation_level", "") is None and "mode=ro" in str(place):
            opened.append(str(place).partition("?")[0].rpartition("/")[2])
        return connected(place, *words, **options)

    monkeypatch.setattr(sqlite3, "connect", note)
    backup.make(tmp_path / "archive.db", None, tmp_path / "copy", replace=False)
    assert opened[-2:] == ["archive.db", "pages.db"], "after a first look at what the archive is"
