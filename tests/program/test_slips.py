"""Slips of the hand: an export in the wrong place, a file of another kind. Nothing is ever lost by one."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner, Result
from lxml import etree

from archive.core import atomic_files, database
from archive.core.errors import ArchiveError, BusyError
from archive.core.locks import hold
from archive.core.records import Site
from archive.exports import marks
from archive.files.raw_pages import Pages, raw_pages_path
from archive.public.render.feed import Entry, atom
from archive.storage.archive import Archive
from crawler.demo import workspace
from scheduler import main
from tests.builders.crawling import PROGRAM
from tests.builders.fixtures_archive import START, Filler
from tests.builders.patience import PATIENCE, free_port, until
from tests.builders.room_server import Room

CONFIG = "[sources.quayside]\nurl = 'https://quayside.example'\n"
FORMS = (
    ("jsonl",),
    ("csv",),
    ("csv", "--joined"),
    ("sql",),
    ("parquet",),
    ("markdown",),
    ("folder",),
    ("db",),
    ("warc",),
    ("wacz",),
)
FOLDERS = (("csv",), ("parquet",), ("markdown",), ("folder",))
"""Those that are a folder, or packed as one file."""


def run(folder: Path, *arguments: str | Path, config: str = "backissue.toml") -> Result:
    command = ["--config", str(folder / config), *map(str, arguments)]
    return CliRunner().invoke(main, command, prog_name="backissue")


def line(folder: Path, *words: str) -> list[str]:
    """The command line of the program as a process of its own."""
    return [sys.executable, str(PROGRAM), "--config", str(folder / "backissue.toml"), *words]


def contents(folder: Path) -> dict[str, bytes]:
    files = (
        path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    )
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration, an archive of one article, and its raw pages."""
    folder = tmp_path_factory.mktemp("filled")
    fill = Filler(folder / "archive.db")
    fill.article(1, START, title="Ferry stops")
    fill.finish()
    Archive.open(folder / "archive.db").close()  # its URLs get their keys
    Pages.open(folder / "pages.db").close()
    (folder / "backissue.toml").write_text(CONFIG, encoding="utf-8")
    return folder


@pytest.fixture
def here(filled: Path, tmp_path: Path) -> Path:
    """The same, for a test to spoil, with all that may lie beside an archive."""
    folder = tmp_path / "here"
    shutil.copytree(filled, folder)
    for name in ("hidden.db", "archive.db.crawl-quayside.lock", "archive.db.before-restore"):
        (folder / name).write_bytes(b"ours")
    (folder / "soft.db").symlink_to("archive.db")
    (folder / "hard.db").hardlink_to(folder / "archive.db")
    return folder


OURS = (
    "archive.db",
    "pages.db",
    "hidden.db",
    "backissue.toml",
    "archive.db-wal",
    "archive.db-shm",
    "archive.db.crawl-quayside.lock",
    "archive.db.before-restore",
    "soft.db",
    "hard.db",
    "../here/./archive.db",
    "ARCHIVE.DB",
    ".",
    "..",
)


@pytest.mark.parametrize("form", [("jsonl",), ("db",), ("csv",), ("warc",)], ids=" ".join)
@pytest.mark.parametrize("name", OURS)
def test_no_export_takes_the_place_of_ours(here: Path, form: tuple[str, ...], name: str) -> None:
    before = contents(here)
    for options in ([], ["--force"]):
        done = run(here, "export", *form, "--output", here / name, *options)
        assert (done.exit_code, "--force" in done.stderr) == (1, False), done.output
    assert contents(here) == before


@pytest.mark.parametrize(
    ("form", "name"),
    [*((form, "out") for form in FORMS), *((form, "out.zip") for form in FOLDERS)],
)
def test_every_form_is_recognised_and_replaced_when_forced(
    here: Path, tmp_path: Path, form: tuple[str, ...], name: str
) -> None:
    place = tmp_path / name
    export = ("export", *form, "--output", place)
    assert run(here, *export).exit_code == 0
    assert marks.is_export(place)
    refused = run(here, *export)
    assert (refused.exit_code, "--force" in refused.stderr) == (1, True)
    assert run(here, *export, "--force").exit_code == 0
    assert marks.is_export(place)
    assert {path.name for path in tmp_path.iterdir()} == {"here", place.name}, "no litter"


STRANGERS: dict[str, bytes] = {
    "words": b"Dear diary, the ferry was late.\n",
    "json": b'{"title": "Mine", "url": "https://quayside.example", "comments": []}\n',
    "a script": b"-- my notes on backissue 1\nSELECT 1;\n",
    "a table": b"article_id,note\n1,mine\n",
    "zipped": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "bytes": bytes(range(256)),
}


@pytest.mark.parametrize(
    "kind", [*STRANGERS, "a database", "a zip file", "a folder", "an archive", "an export with notes"]
)
def test_what_is_no_earlier_export_stays_although_forced(here: Path, tmp_path: Path, kind: str) -> None:
    place = tmp_path / "place"
    if kind in STRANGERS:
        place.write_bytes(STRANGERS[kind])
    elif kind == "a database":
        with closing(sqlite3.connect(place)) as db:
            db.executescript("CREATE TABLE _about (name, value); CREATE TABLE letters (text)")
    elif kind == "a zip file":
        with zipfile.ZipFile(place, "w") as packed:
            packed.writestr("letter.txt", "mine")
    elif kind == "a folder":
        place.mkdir()
        (place / "manifest.json").write_text('{"name": "my web page"}')
    elif kind == "an archive":
        Archive.open(place).close()
    else:
        assert run(here, "export", "markdown", "--output", place).exit_code == 0
        (place / "notes.md").write_text("mine")
    before = contents(tmp_path)
    for form in FORMS:
        done = run(here, "export", *form, "--output", place, "--force")
        assert (done.exit_code, "so it was not replaced" in done.stderr) == (1, True), done.output
        assert "--force" not in done.stderr
    assert contents(tmp_path) == before


def test_an_export_through_a_link_leaves_the_link(here: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to("real")
    for _ in range(2):
        assert run(here, "export", "csv", "--output", tmp_path / "latest", "--force").exit_code == 0
    assert (tmp_path / "latest").is_symlink()
    assert marks.is_export(tmp_path / "real")


# -- what lies in the archive's place -------------------------------------------------------------


def foreign(path: Path, kind: str, filled: Path) -> None:
    """Put a file of some kind in the archive's place."""
    if kind == "export":
        assert run(filled, "export", "db", "--output", path).exit_code == 0
    elif kind == "pages":
        Pages.open(path).close()
    elif kind == "empty":
        path.touch()
    elif kind == "words":
        path.write_text("This is no database, but a letter to the harbour board. " * 20)
    else:
        with closing(sqlite3.connect(path)) as db:
            if kind == "other":
                db.executescript("CREATE TABLE letters (text); INSERT INTO letters VALUES ('mine')")
            elif kind == "migrated":
                db.executescript(
                    "CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set, name)"
                )
            else:
                db.execute("PRAGMA application_id = 252006674")


SAID = {
    "export": "is a portable export of an archive",
    "pages": "is the raw pages of an archive, not an archive",
    "empty": "is empty (0 bytes)",
    "words": "cannot be opened as an SQLite database",
    "other": "belongs to another program",
    "migrated": "belongs to another program",
    "application": "belongs to another program",
}
READING = (("search", "ferry"), ("status",), ("export", "jsonl"), ("backup", "copy"), ("serve",))


@pytest.mark.parametrize("kind", SAID)
def test_a_file_of_another_kind_is_named_and_left_alone(filled: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "backissue.toml").write_text(CONFIG, encoding="utf-8")
    path = tmp_path / "archive.db"
    foreign(path, kind, filled)
    before = path.read_bytes()
    with pytest.raises(ArchiveError, match=re.escape(SAID[kind])):
        Archive.open(path)
    for command in READING:
        if (kind, command[0]) == ("words", "backup"):
            continue  # it is copied like an archive that is damaged, and found out then
        done = run(tmp_path, *command)
        assert (done.exit_code, SAID[kind] in done.stderr) == (1, True), done.output
    assert path.read_bytes() == before
    left = {each.name for each in tmp_path.iterdir() if not each.name.endswith(("-wal", "-shm", ".lock"))}
    assert left == {"backissue.toml", "archive.db"}


def test_a_crawl_into_another_programs_file_is_refused(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "backissue.toml").write_text("contact = 'ida@quayside.example'\n" + CONFIG, encoding="utf-8")
    foreign(tmp_path / "archive.db", "other", filled)
    before = (tmp_path / "archive.db").read_bytes()
    command = [sys.executable, str(PROGRAM), "crawl"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, "belongs to another program" in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "archive.db").read_bytes() == before


# -- killed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [("export", "folder", "--output"), ("backup",)], ids=lambda words: words[0]
)
def test_killed_while_it_replaces_it_leaves_old_or_new(
    filled: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """At whatever moment it is killed, the place holds a whole result, and the next run leaves no litter."""
    place = tmp_path / "place"
    line = [sys.executable, str(PROGRAM), "--config", str(filled / "backissue.toml"), *command, str(place)]
    assert subprocess.run(line, check=False).returncode == 0
    whole = {path.relative_to(place) for path in place.rglob("*")}
    for moment in range(4):
        running = subprocess.Popen([*line, "--force"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        until(
            lambda running=running: len(list(tmp_path.iterdir())) > 1 or running.poll() is not None,
            "it writes",
        )
        until(
            lambda running=running, moment=moment: written(tmp_path) > moment or running.poll() is not None,
            "on",
        )
        running.kill()  # or it was done before
        running.wait()
        assert {path.relative_to(place) for path in place.rglob("*")} == whole
    assert subprocess.run([*line, "--force"], check=False).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["place"]


def written(folder: Path) -> int:
    """How many files an unfinished result has; none once it has taken its place."""
    with suppress(FileNotFoundError):
        return sum(1 for work in folder.glob(".*.unfinished") for _ in work.rglob("*"))
    return 0


def test_a_result_moved_away_by_a_killed_run_is_put_back(tmp_path: Path) -> None:
    """Where two paths cannot be exchanged in one step, a kill may come between the two renames."""
    place = tmp_path / "place"
    code = (
        "import os, sys; from pathlib import Path; from archive.core import atomic_files as places\n"
        "places._exchanged = lambda new, target: False\n"
        "plain = Path.replace\n"
        "Path.replace = lambda self, target: os.kill(os.getpid(), 9)\n"
        "with places.replaced(Path(sys.argv[1]), lambda: None) as new: new.mkdir()\n"
    )
    place.mkdir()
    (place / "old").touch()
    killed = subprocess.run([sys.executable, "-c", code, str(place)], cwd=PROGRAM.parent, check=False)
    assert (killed.returncode, place.exists()) == (-signal.SIGKILL, False)
    atomic_files.tidy(place)
    assert [path.name for path in place.iterdir()] == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["place"]


def test_a_result_that_somebody_is_making_is_not_tidied_away(tmp_path: Path) -> None:
    with atomic_files.replaced(tmp_path / "place", lambda: None) as new:
        new.write_text("half")
        atomic_files.tidy(tmp_path / "place")
        assert new.read_text() == "half"


def test_a_link_to_an_archive_is_the_same_archive(here: Path, tmp_path: Path) -> None:
    """It has one file of raw pages and one lock, whichever way it is named."""
    link = tmp_path / "link.db"
    link.symlink_to(here / "archive.db")
    assert raw_pages_path(link) == here / "pages.db"
    with hold(link, "crawl-x"), pytest.raises(BusyError), hold(here / "archive.db", "crawl-x"):
        pass


def test_a_new_archive_appears_whole(tmp_path: Path) -> None:
    """A process that is killed while it makes an archive leaves none, and none of 0 bytes."""
    code = (
        "import os, sys; from pathlib import Path; from archive.storage import open_archive as store\n"
        "plain = store.migrations.apply\n"
        "store.migrations.apply = lambda db: (plain(db), os.kill(os.getpid(), 9))\n"
        "store.OpenArchive.open(Path(sys.argv[1]))\n"
    )
    path = tmp_path / "archive.db"
    killed = subprocess.run([sys.executable, "-c", code, str(path)], cwd=PROGRAM.parent, check=False)
    assert (killed.returncode, path.exists()) == (-signal.SIGKILL, False)
    Archive.open(path).close()
    assert {each.name for each in tmp_path.iterdir()} == {"archive.db", "archive.db.migrate.lock"}


# -- without a configuration, and the demo ---------------------------------------------------------------


NEEDING = (
    ("crawl",),
    ("up",),
    ("schedule",),
    ("verify",),
    ("sources",),
    ("notify",),
    ("replay",),
    ("explain-schedule", "1"),
    ("init", "--systemd"),
)


@pytest.mark.parametrize("command", NEEDING, ids=" ".join)
def test_without_a_configuration_nothing_is_written(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """Not the sample newspaper, above all, into an archive that happens to lie there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BACKISSUE_CONFIG", raising=False)
    shutil.copy(filled / "archive.db", tmp_path)
    before = contents(tmp_path)
    done = CliRunner().invoke(main, command, prog_name="backissue")
    assert done.exit_code == 1, done.output
    assert f"There is no backissue.toml in {tmp_path}" in done.stderr
    assert "backissue init https://" in done.stderr
    assert "backissue demo" in done.stderr
    assert contents(tmp_path) == before


def test_an_archive_is_read_without_a_configuration(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(filled / "archive.db", tmp_path)
    done = CliRunner().invoke(main, ["search", "ferry"], prog_name="backissue")
    assert (done.exit_code, "Ferry stops" in done.stdout) == (0, True), done.output


@pytest.mark.parametrize("name", ["demo.toml", "demo.db"])
@pytest.mark.parametrize("kind", ["other", "words", "an archive"])
def test_the_demo_writes_over_nobodys_files(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if kind == "an archive":
        shutil.copy(filled / "archive.db", tmp_path / name)
    else:
        foreign(tmp_path / name, kind, filled)
    before = contents(tmp_path)
    done = CliRunner().invoke(main, ["demo", "--port", "1025"], prog_name="backissue")
    assert (done.exit_code, "another folder" in done.stderr) == (1, True), done.output
    assert contents(tmp_path) == before


def test_the_demo_has_files_of_its_own_and_goes_on(tmp_path: Path) -> None:
    """Beside an archive of another source, twice in one folder, it keeps its port and leaves the archive."""
    (tmp_path / "archive.db").write_bytes(b"somebody's")
    first = workspace.prepare(tmp_path, workspace.port_in(tmp_path, free_port()))
    assert first.archive == tmp_path / "demo.db"
    assert raw_pages_path(first.archive) == tmp_path / "demo-pages.db"
    with workspace.newspaper(first):
        done = run(tmp_path, "sources", config="demo.toml")
        assert (done.exit_code, first.sources[0].site.url in done.stdout) == (0, True)
    again = workspace.prepare(tmp_path, workspace.port_in(tmp_path, None))
    assert again == first
    assert (tmp_path / "archive.db").read_bytes() == b"somebody's"


# -- an archive that may only be read, is locked, or has nowhere to write --------------------------------


def deprived() -> None:
    """Take from root what lets it write where it may not: for a child, before it begins."""
    if os.geteuid() == 0:
        cap_dac_override, cap_dac_read_search, pr_capbset_drop = 1, 2, 24
        libc = ctypes.CDLL(None)
        for capability in (cap_dac_override, cap_dac_read_search):
            libc.prctl(pr_capbset_drop, capability, 0, 0, 0)


@pytest.fixture
def fixed(filled: Path, tmp_path: Path) -> Iterator[Path]:
    """An archive in a folder where nothing may be written."""
    folder = tmp_path / "fixed"
    folder.mkdir()
    for name in ("archive.db", "pages.db", "backissue.toml"):
        shutil.copy(filled / name, folder)
        (folder / name).chmod(0o444)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


def deprived_run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = line(folder, *words)
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=deprived,
        cwd="/tmp",
    )


def test_site_under_another_name_is_refused(here: Path) -> None:
    """A source that is renamed in the configuration would be crawled anew, and all of it be there twice."""
    with Archive.open(here / "archive.db") as archive:
        for url in ("https://quayside.example", "http://www.quayside.example/"):
            with pytest.raises(ArchiveError, match="as source “quayside”"):
                archive.add_source(Site(name="quay", url=url), "2026-03-01T12:00:00Z")
        assert [row["name"] for row in archive.db["sources"].rows] == ["quayside", "uplands"]
        with pytest.raises(ArchiveError, match="was archived from") as slip:
            archive.add_source(Site(name="quayside", url="https://quaysied.example"), "2026-03-01T12:00:00Z")
        assert "sources move quayside https://quaysied.example" in str(slip.value.hint)


def articles_of(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        return connection.execute("SELECT id, title, text FROM articles").fetchall()


@pytest.mark.skipif(sys.platform != "linux", reason="takes rights from root as Linux does")
def test_an_archive_that_may_only_be_read_can_be_read(fixed: Path, tmp_path: Path) -> None:
    for words in (
        ("search", "ferry"),
        ("show", "1"),
        ("status",),
        ("export", "jsonl"),
        ("export", "db", "--output", str(tmp_path / "out.db")),
        ("export", "warc", "--output", str(tmp_path / "out.warc.gz")),
        ("backup", str(tmp_path / "copy")),
    ):
        done = deprived_run(fixed, *words)
        assert done.returncode == 0, (words, done.stderr)
    assert articles_of(tmp_path / "copy" / "archive.db") == articles_of(fixed / "archive.db")
    refused = deprived_run(fixed, "redact", "article", "1", "--yes", "--reason", "x")
    assert refused.returncode == 1, refused.stderr
    assert "Traceback" not in refused.stderr
    assert {path.name for path in fixed.iterdir()} == {"archive.db", "pages.db", "backissue.toml"}


@pytest.mark.skipif(sys.platform != "linux", reason="takes rights from root as Linux does")
def test_an_archive_that_may_only_be_read_is_served(fixed: Path, tmp_path: Path) -> None:
    port = free_port()
    command = [
        sys.executable,
        str(PROGRAM),
        "--config",
        str(fixed / "backissue.toml"),
        "serve",
        "--port",
        str(port),
    ]
    log = tmp_path / "log"
    with log.open("w") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, preexec_fn=deprived)  # noqa: PLW1509
    try:
        until(lambda: server.poll() is not None or "Uvicorn running" in log.read_text(), log.read_text)
        with urlopen(f"http://127.0.0.1:{port}/search?q=ferry", timeout=PATIENCE) as answer:
            assert b"Ferry" in answer.read()
    finally:
        server.terminate()
        server.wait(PATIENCE)


def test_an_archive_that_is_locked_too_long_is_a_sentence(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program that holds the archive is no fault of ours, and waiting helps."""
    monkeypatch.setattr(database, "BUSY", 0.1)
    with closing(sqlite3.connect(here / "archive.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE articles SET title = 'x'")
        for words in (("search", "ferry"), ("status",), ("export", "jsonl"), ("redact", "--list")):
            done = run(here, *words)
            assert (done.exit_code, "Another program holds" in done.stderr) == (4, True), done.output


@pytest.mark.parametrize(
    "words", [("search", "ferry"), ("status", "--json"), ("show", "1"), ("export", "jsonl")]
)
@pytest.mark.parametrize("kind", ["full", "closed"])
def test_output_that_cannot_be_written_is_a_sentence(filled: Path, words: tuple[str, ...], kind: str) -> None:
    command = line(filled, *words)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE,
            preexec_fn=(lambda: os.close(1)) if kind == "closed" else None,
        )  # fmt: skip
    assert done.returncode == 1
    assert "Error: Standard output cannot be written: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("coding", ["ascii", "latin-1", "utf-8"])
def test_no_letter_ends_the_program(filled: Path, coding: str) -> None:
    environ = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONIOENCODING": coding,
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }
    command = line(filled, "show", "1")
    done = subprocess.run(command, env=environ, capture_output=True, check=False, timeout=PATIENCE)
    assert (done.returncode, b"Ferry stops" in done.stdout) == (0, True), done.stderr


# -- what a reader is told ---------------------------------------------------------------------------------


PLACES = (
    "/-/databases",
    "/-/databases.json",
    "/-/threads.json",
    "/-/threads",
    "/-/plugins.json?all=1",
    "/-/versions.json",
    "/-/health",
    "/-/metrics",
    "/here.json?sql=select+*+from+pragma_database_list()",
    "/here?sql=select+*+from+PRAGMA_database_list",
    "/here.json?sql=select+file+from+pragma_database_list+where+file+like+'/%'",
    "/here/articles.json?_where=(select+file+from+pragma_database_list)+is+not+null&_nocount=1",
    "/here.json?sql=select+nosuch(1)",
    "/nosuch",
)


@pytest.mark.parametrize("place", PLACES)
def test_no_answer_names_a_path_of_this_machine(filled: Path, tmp_path: Path, place: str) -> None:
    shutil.copy(filled / "archive.db", tmp_path / "here.db")
    answer = Room(tmp_path / "here.db").get(place)
    for path in (
        str(tmp_path),
        str(PROGRAM.parent),
        sys.prefix,
        sys.base_prefix,
        os.path.realpath(sys.executable),
    ):
        assert path not in answer.text
    if "_where" in place:
        assert answer.json()["rows"] == []


def test_atom_is_well_formed_for_any_text() -> None:
    """Every character that SQLite may hold, in every place of an entry."""
    text = (
        "".join(map(chr, [*range(0xD800), *range(0xE000, 0x11000), 0x1FFFE, 0x10FFFF])) + "]]>&amp;<b \ud800"
    )
    entry = Entry(link=f"https://x.example/{text}", title=text, updated="2009-07", author=text, text=text)
    read = etree.fromstring(atom(text, text, text, [entry]).body.encode())
    names = [each.tag.rpartition("}")[2] for each in read.iter()]
    assert names.count("entry") == 1
    updated = read.findtext("{*}entry/{*}updated")
    assert datetime.fromisoformat(str(updated)).tzinfo is not None
