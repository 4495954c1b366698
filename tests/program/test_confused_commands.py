"""Commands that somebody has confused: each ends with a clear sentence, and everything stays as it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.files.raw_pages import Pages
from archive.storage.archive import Archive
from scheduler import main
from tests.builders.crawling import PROGRAM
from tests.builders.fixtures_archive import START, Filler
from tests.builders.static_site import StaticSite

CONFIG = "contact = 'you@example.org'\n[sources.quayside]\nurl = 'https://quayside.example'\n"


def run(folder: Path, *words: str) -> Result:
    """Run the program with the configuration of a folder; {here} in a word stands for that folder."""
    command = ["--config", str(folder / "backissue.toml"), *(word.format(here=folder) for word in words)]
    return CliRunner().invoke(main, command, prog_name="backissue", input="")


def contents(folder: Path) -> dict[str, object]:
    """Return what lies in a folder: bytes, rows of databases, and where links lead."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = os.readlink(path)  # noqa: PTH115
        elif path.is_file() and not name.endswith(("-shm", "-wal", ".lock", "-journal")):
            found[name] = _dump(path) if path.read_bytes()[:15] == b"SQLite format 3" else path.read_bytes()
    return found


def _dump(path: Path) -> tuple[str, ...]:
    """Return the rows of a database, but for problems and notes of a run, which say what went wrong."""
    notes = ("problems", "crawl_state", "text_digests", "sqlite_sequence")
    begins = tuple(f'INSERT INTO "{name}"' for name in notes)
    with closing(sqlite3.connect(path)) as db:
        return tuple(line for line in db.iterdump() if not line.startswith(begins))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive, its raw pages, a backup, an earlier export, and files of others."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "backissue.toml").write_text(CONFIG, encoding="utf-8")
    fill = Filler(folder / "archive.db")
    fill.article(1, START, title="Ferry stops")
    fill.comment(1, START, text="The ferry was late again.", author="Old Ferryman")
    fill.finish()
    Archive.open(folder / "archive.db").close()
    Pages.open(folder / "pages.db").close()
    done = run(folder, "backup", "{here}/kept")
    assert done.exit_code == 0, done.output
    done = run(folder, "export", "jsonl", "--output", "{here}/taken.jsonl")
    assert done.exit_code == 0, done.output
    with closing(sqlite3.connect(folder / "photos.db")) as db:
        db.execute("CREATE TABLE photos (name TEXT)")
        db.execute("INSERT INTO photos VALUES ('the pier')")
        db.commit()
    (folder / "notes.txt").write_text("Call the harbour office.", encoding="utf-8")
    (folder / "photos").mkdir()
    (folder / "photos" / "pier.txt").write_text("A picture.", encoding="utf-8")
    return folder


@pytest.fixture
def here(filled: Path, tmp_path: Path) -> Path:
    """The same, for a test to spoil."""
    folder = tmp_path / "here"
    shutil.copytree(filled, folder, symlinks=True)
    return folder


CONFUSED = {
    # what was typed: a piece of the answer
    "export db --output {here}/archive.db --force": "archive",
    "export jsonl --output {here}/pages.db --force": "pages.db",
    "export csv --output {here}/kept --force": "kept",
    "export folder --output {here} --force": "here",
    "export jsonl --output {here}/backissue.toml --force": "backissue.toml",
    "export jsonl --output {here}/notes.txt --force": "notes.txt",
    "export csv --output {here}/photos --force": "photos",
    "export jsonl --output {here}/taken.jsonl": "taken.jsonl",
    "export jsonl --output {here}/new.jsonl --since yesterdayish": "yesterdayish",
    "export jsonl --output {here}/new.jsonl --source quaysied": "quayside",
    "export xlsx --output {here}/new.xlsx": "xlsx",
    "export jsonl --output {here}/no/such/folder/new.jsonl": "folder",
    "restore {here}/kept": "--force",
    "restore {here}/photos": "photos",
    "restore {here}/archive.db": "archive.db",
    "restore {here}/nowhere": "nowhere",
    "backup {here}/photos": "photos",
    "backup {here}/photos --force": "photos",
    "backup {here}": "here",
    "backup {here} --force": "here",
    "backup {here}/notes.txt --force": "notes.txt",
    "backup {here}/kept": "kept",
    "redact comment 1": "--reason",
    "redact comment 1 --reason Slip": "--yes",
    "redact comment 77777 --yes --reason Slip": "77777",
    "redact article https://quayside.example/nowhere/ --yes --reason Slip": "nowhere",
    "redact commenter Ferryman --yes --reason Slip": "Ferryman",
    "redact articel 1 --yes --reason Slip": "articel",
    "unredact 99": "99",
    "sources rename quaysied lantern": "quayside",
    "sources rename quayside quayside": "quayside",
    "sources remove quaysied --yes --with-content": "quayside",
    "sources remove quayside --with-content": "the only source",
    "sources move quayside not-a-url": "not-a-url",
    "sources move quaysied https://elsewhere.example": "quayside",
    "crawl quaysied": "quayside",
    "verify quaysied": "quayside",
    "replay quaysied --apply": "quayside",
    "import {here}/archive.db": "archive.db",
    "import {here}/photos.db": "photos.db",
    "import {here}/nowhere.warc": "nowhere.warc",
    "search --since yesterdayish ferry": "yesterdayish",
    "search --source quaysied ferry": "quayside",
    "show 77777": "77777",
    "init https://other.example --contact nonsense --force": "nonsense",
    "publish {here}/archive.db --to {here}/photos": "photos",
    "publish {here}/photos.db --to {here}/public": "photos.db",
}


@pytest.mark.parametrize("typed", CONFUSED)
def test_confused_command_is_answered_and_loses_nothing(here: Path, typed: str) -> None:
    before = contents(here)
    done = run(here, *typed.split())
    assert done.exit_code not in {0, 130}, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert "Traceback" not in done.output
    assert CONFUSED[typed] in done.output
    assert contents(here) == before


def test_configuration_that_init_replaces_is_kept_aside(here: Path) -> None:
    before = (here / "backissue.toml").read_bytes()
    first, second = (here / f"backissue.toml.before-init{ending}" for ending in ("", "-2"))
    first.write_bytes(b"still older")
    with StaticSite(["lamp-ash", "lamp-oak"]) as site:
        command = [sys.executable, str(PROGRAM), "--config", str(here / "backissue.toml"), "init", site.url]
        done = subprocess.run([*command, "--force"], capture_output=True, text=True, check=False)
    assert (done.returncode, second.name in done.stderr) == (0, True), done.stderr
    assert (first.read_bytes(), second.read_bytes()) == (b"still older", before)
    assert site.url in (here / "backissue.toml").read_text(encoding="utf-8")
    taken = run(here, "export", "jsonl", "--output", "{here}/backissue.toml.before-init", "--force")
    assert (taken.exit_code, "an earlier configuration" in taken.output) == (1, True), taken.output


FOREIGN = {
    # what the configuration names: what was typed, and a piece of the answer
    "another program's database": ("archive = 'photos.db'\n", "crawl", "photos.db"),
    "the raw pages": ("archive = 'pages.db'\n", "crawl", "pages.db"),
    "a text": ("archive = 'notes.txt'\n", "crawl", "notes.txt"),
    "a folder": ("archive = 'photos'\n", "crawl", "photos"),
    "a key that nobody knows": ("archvie = 'archive.db'\n", "crawl", "archive"),
    "no TOML": ("archive = \n", "crawl", "backissue.toml"),
}


@pytest.mark.parametrize("named", FOREIGN)
def test_configuration_of_something_else_writes_nothing(here: Path, named: str) -> None:
    said, typed, answer = FOREIGN[named]
    (here / "backissue.toml").write_text(said + CONFIG, encoding="utf-8")
    before = contents(here)
    done = run(here, typed)
    assert done.exit_code not in {0, 130}, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert answer in done.output
    assert contents(here) == before
