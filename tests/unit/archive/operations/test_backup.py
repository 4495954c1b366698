"""Backups: whole, sound, made while a crawl writes, and good for going on after the worst."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.core.errors import BusyError, DamagedError
from archive.core.locks import hold
from archive.files.raw_pages import Pages
from archive.operations import backup, integrity, restore
from archive.storage.archive import Archive
from scheduler import main
from tests.builders import fixtures_archive as made
from tests.builders.crawling import PROGRAM, Crawls
from tests.builders.patience import PATIENCE, until
from tests.fakesite import SampleSite


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive with its raw pages and its configuration."""
    folder = tmp_path_factory.mktemp("template")
    with SampleSite(articles=5, comments=10) as site:
        crawls = Crawls(folder, site.url)
        crawls.crawl()
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "here"))


def program(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(
        main, ["--config", str(folder / "backissue.toml"), *words], prog_name="backissue"
    )


def contents(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        rows = list(connection.iterdump())
    connection.close()
    return [row for row in rows if '"checks"' not in row]


def snapshot(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


# -- there ----------------------------------------------------------------------------------------


def test_a_backup_has_everything_and_anybody_can_check_it(folder: Path, tmp_path: Path) -> None:
    done = program(folder, "backup", str(tmp_path / "b"), "--json")
    assert done.exit_code == 0, done.output
    files = {file["name"]: file for file in json.loads(done.stdout)["files"]}
    assert set(files) == {"archive.db", "pages.db", "backissue.toml"}
    assert {path.name for path in (tmp_path / "b").iterdir()} == {*files, "SHA256SUMS"}
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o700
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path / "b", check=True)
    for name in ("archive.db", "pages.db"):
        assert contents(tmp_path / "b" / name) == contents(folder / name)
    status = json.loads(program(folder, "status", "--json").stdout)
    assert [(check["name"], check["ok"]) for check in status["checks"]] == [("backup", True)]


def test_while_a_writer_never_rests_the_copy_is_one_state_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made.build(tmp_path / "archive.db", count=5)
    monkeypatch.setattr(backup, "STEP", 5)  # so that many writes fall between the first page and the last
    stop, number = threading.Event(), [0]

    def write() -> None:
        connection = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE)
        while not stop.is_set():
            number[0] += 1
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE articles SET language = ?", [number[0]])
            connection.execute("UPDATE comments SET permalink = ? WHERE article_id < 4", [number[0]])
            connection.execute("COMMIT")
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        until(lambda: number[0] > 3, "it writes")
        before = number[0]
        backup.make(path, None, tmp_path / "b", replace=False)
        during = number[0] - before
    finally:
        stop.set()
        writer.join()
    assert during > 1, "it was written to meanwhile"
    with sqlite3.connect(tmp_path / "b" / "archive.db") as connection:
        seen = connection.execute(
            "SELECT language FROM articles UNION SELECT permalink FROM comments WHERE article_id < 4"
        ).fetchall()
    assert len(seen) == 1


OF_PAGES = "SELECT url FROM articles WHERE json_extract(origins, '$.text') LIKE 'page:%'"
"""Articles whose text is a page's: that of divided articles is REST's."""


def test_a_backup_made_during_a_crawl_holds_a_raw_page_for_all_that_it_read(tmp_path: Path) -> None:
    with SampleSite(articles=150, comments=30) as site:
        crawls = Crawls(tmp_path, site.url, {"delay": 0.3})  # it takes much longer than the backup
        crawl = subprocess.Popen(crawls.command("crawl"), cwd=tmp_path, stderr=subprocess.DEVNULL)
        try:
            until(lambda: len(site.asked("/archives/*")) > 3, "pages are read")
            done = crawls.program("backup", str(tmp_path / "b"))
        finally:
            crawl.send_signal(signal.SIGTERM)
            crawl.wait(PATIENCE)
    assert done.returncode == 0, done.stderr
    with (
        Archive.open(tmp_path / "b" / "archive.db") as archive,
        Pages.open(tmp_path / "b" / "pages.db") as pages,
    ):
        read = {row["url"] for row in archive.db.query(OF_PAGES)}
        assert 0 < len(read) < 100
        assert read <= {page.url for page in pages.newest_of_each("site")}


def test_what_is_in_the_way_stays(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "novel.txt").write_text("mine", encoding="utf-8")
    for options in ([], ["--force"]):
        done = program(folder, "backup", str(own), *options)
        assert (done.exit_code, "is not just a backup, so it was not replaced" in done.stderr) == (1, True)
    assert (own / "novel.txt").read_text(encoding="utf-8") == "mine"
    assert program(folder, "backup", str(tmp_path / "b")).exit_code == 0
    before = snapshot(tmp_path / "b")
    again = program(folder, "backup", str(tmp_path / "b"))
    assert (again.exit_code, "--force" in again.stderr, snapshot(tmp_path / "b")) == (1, True, before)
    assert program(folder, "backup", str(tmp_path / "b"), "--force").exit_code == 0
    assert snapshot(tmp_path / "b") != before, "the first backup was noted in the archive"
    assert {path.name for path in tmp_path.iterdir()} == {"own", "b", "here"}
    nowhere = program(folder, "backup", str(tmp_path / "none" / "b"))
    assert (nowhere.exit_code, "does not exist" in nowhere.stderr) == (1, True)


def test_two_backups_of_one_archive_do_not_meet(folder: Path, tmp_path: Path) -> None:
    with hold(folder / "archive.db", "backup"), pytest.raises(BusyError):
        backup.make(folder / "archive.db", None, tmp_path / "b", replace=False)


def test_a_disk_without_room_is_noticed_before_anything_is_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: used._replace(free=1000))
    done = program(folder, "backup", str(tmp_path / "b"))
    assert done.exit_code == 1
    assert "has only 1.0 kB" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"here"}


def test_a_disk_that_fills_meanwhile_leaves_nothing_half_done(folder: Path, tmp_path: Path) -> None:
    before = contents(folder / "archive.db")
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "backup", str(tmp_path / "b")],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)),
    )
    assert done.returncode == 1
    assert "could not be written" in done.stderr
    assert "Hint: Is the disk full" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"here"}
    assert contents(folder / "archive.db") == before


def spoil(path: Path) -> None:
    """Overwrite the middle of a database, as a failing disk does."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(20_000))


def test_a_damaged_archive_is_not_backed_up_and_health_says_so(folder: Path, tmp_path: Path) -> None:
    spoil(folder / "pages.db")
    done = program(folder, "backup", str(tmp_path / "b"))
    assert done.exit_code == 1
    assert "pages.db is damaged" in done.stderr
    assert not (tmp_path / "b").exists()
    status = program(folder, "status")
    assert status.exit_code == 3
    assert "pages.db is damaged" in status.stdout


def test_an_index_that_disagrees_with_its_table_is_damage(folder: Path, tmp_path: Path) -> None:
    with sqlite3.connect(folder / "archive.db") as connection:
        connection.execute("DROP TRIGGER articles_fts_update")
        connection.execute("UPDATE articles SET text = 'another' WHERE id = 1")
    connection.close()
    with pytest.raises(DamagedError, match="articles_fts does not agree"):
        backup.make(folder / "archive.db", None, tmp_path / "b", replace=False)


def test_killed_in_the_middle_it_leaves_no_backup_and_the_next_one_is_made(
    folder: Path, tmp_path: Path
) -> None:
    code = (
        "import os, signal; from pathlib import Path; from archive.operations import backup\n"
        "backup.flushed = lambda path: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"backup.make(Path('archive.db'), None, Path({str(tmp_path / 'b')!r}), replace=False)"
    )
    environ = {**os.environ, "PYTHONPATH": str(PROGRAM.parent)}
    killed = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "b").exists()
    assert program(folder, "backup", str(tmp_path / "b")).exit_code == 0
    restore.check(tmp_path / "b")
    assert {path.name for path in tmp_path.iterdir()} == {"here", "b"}


def test_forced_backup_keeps_what_the_archive_has_lost(folder: Path, tmp_path: Path) -> None:
    """A backup by the clock took the place of the only copy of the raw pages."""
    target = tmp_path / "b"
    assert program(folder, "backup", str(target)).exit_code == 0
    for name in ("pages.db", "pages.db-wal", "pages.db-shm"):
        (folder / name).unlink(missing_ok=True)
    before = (target / "pages.db").read_bytes()
    refused = program(folder, "backup", str(target), "--force")
    assert refused.exit_code == 1
    assert "has pages.db, but the archive has lost it" in refused.stderr
    assert (target / "pages.db").read_bytes() == before


# -- and back -------------------------------------------------------------------------------------


@pytest.fixture
def kept(folder: Path, tmp_path: Path) -> Path:
    """A backup of the archive."""
    backup.make(folder / "archive.db", folder / "backissue.toml", tmp_path / "kept", replace=False)
    return tmp_path / "kept"


def test_after_a_lost_disk_the_backup_searches_and_the_next_crawl_goes_on(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    with SampleSite(articles=6, comments=10) as site:
        crawls = Crawls(old, site.url)
        crawls.crawl()
        assert crawls.program("backup", str(tmp_path / "b")).returncode == 0
        held = crawls.content()
        shutil.rmtree(old)
        restored = subprocess.run(
            [sys.executable, str(PROGRAM), "restore", str(tmp_path / "b")],
            cwd=new, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert restored.returncode == 0, restored.stderr
        assert f"is restored, with {len(held['articles'])} articles" in restored.stdout
        again = Crawls(new, site.url)
        assert again.content() == held
        before = len(site.requests)
        assert again.crawl().outcome == "ok"
    assert not [asked for asked in site.requests[before:] if asked.path.startswith("/archives/")]
    assert again.content()["articles"] == held["articles"]
    assert again.program("search", "the").returncode == 0
    with sqlite3.connect(new / "archive.db") as connection:
        assert integrity.faults(connection) == []


def test_restore_never_writes_over_an_archive_but_moves_it_aside_when_told(folder: Path, kept: Path) -> None:
    with sqlite3.connect(folder / "archive.db") as connection:
        connection.execute("UPDATE articles SET title = 'Changed since'")
    connection.close()
    before = snapshot(folder)
    refused = program(folder, "restore", str(kept))
    assert (refused.exit_code, "--force" in refused.stderr) == (1, True)
    assert {name: digest for name, digest in snapshot(folder).items() if "lock" not in name} == {
        name: digest for name, digest in before.items() if "lock" not in name
    }
    done = program(folder, "restore", str(kept), "--force")
    assert done.exit_code == 0, done.output
    assert contents(folder / "archive.db") == contents(kept / "archive.db")
    with sqlite3.connect(folder / "archive.db.before-restore") as connection:
        assert connection.execute("SELECT DISTINCT title FROM articles").fetchall() == [("Changed since",)]
    connection.close()
    assert "archive.db.before-restore" in done.stderr


def test_a_second_forced_restore_keeps_what_the_first_set_aside(folder: Path, kept: Path) -> None:
    """The first restore's `.before-restore` is the only copy of what was live."""
    for title in ("Live", "Crawled since"):
        with closing(sqlite3.connect(folder / "archive.db")) as connection, connection:
            connection.execute("UPDATE articles SET title = ?", [title])
        done = program(folder, "restore", str(kept), "--force")
        assert done.exit_code == 0, done.output
    found = []
    for name in ("archive.db.before-restore", "archive.db.before-restore-2"):
        with closing(sqlite3.connect(folder / name)) as connection:
            found += connection.execute("SELECT DISTINCT title FROM articles").fetchall()
    assert found == [("Live",), ("Crawled since",)]


@pytest.mark.parametrize("step", ["os.link", "Path.replace", "shutil.copyfile"])
@pytest.mark.parametrize("nth", [1, 2])
def test_restore_killed_leaves_what_was_live(folder: Path, kept: Path, step: str, nth: int) -> None:
    """There is an archive at each moment, all of what was live has its names, and a second try ends well."""
    for name, table, column in (("archive", "articles", "title"), ("pages", "pages", "lastmod")):
        with closing(sqlite3.connect(folder / f"{name}.db")) as connection, connection:
            connection.execute(f"UPDATE {table} SET {column} = 'Live'")
    code = (
        "import os, shutil, signal; from pathlib import Path; from archive.operations import restore\n"
        f"left, real = [{nth}], {step}\n"
        "def step(*words):\n"
        "    left[0] -= 1\n"
        "    if not left[0]: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return real(*words)\n"
        f"{step} = step\n"
        f"restore.restore_backup(Path({str(kept)!r}), Path('archive.db'), replace=True)"
    )
    environ = {**os.environ, "PYTHONPATH": str(PROGRAM.parent)}
    killed = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environ, check=False)
    assert killed.returncode == -signal.SIGKILL

    def live() -> set[tuple[str]]:
        found = set()
        for name, sql in (
            ("archive", "SELECT 'a' || title FROM articles"),
            ("pages", "SELECT lastmod FROM pages"),
        ):
            for path in [folder / f"{name}.db", *folder.glob(f"{name}.db.before-restore*")]:
                if not path.name.endswith(("-wal", "-shm")):
                    with closing(sqlite3.connect(path)) as connection:
                        found |= set(connection.execute(sql))
        return found & {("aLive",), ("Live",)}

    assert (folder / "archive.db").exists()
    assert len(live()) == 2
    done = program(folder, "restore", str(kept), "--force")
    assert done.exit_code == 0, done.output
    assert len(live()) == 2
    assert not list(folder.glob(".*.new"))


def test_restored_hidden_texts_are_for_their_owner_alone(folder: Path, kept: Path) -> None:
    program(folder, "redact", "article", "1", "--reason", "x", "--yes")
    backup.make(folder / "archive.db", None, folder.parent / "more", replace=False)
    assert program(folder, "restore", str(folder.parent / "more"), "--force").exit_code == 0
    assert (folder / "hidden.db").stat().st_mode & 0o077 == 0


def test_a_restore_sets_aside_files_the_backup_lacks(folder: Path, kept: Path) -> None:
    """Hidden words of one archive must not lie beside another, whose redactions have the same numbers."""
    (folder / "hidden.db").write_bytes(b"kept for later")
    assert program(folder, "restore", str(kept), "--force").exit_code == 0
    assert not (folder / "hidden.db").exists()
    assert (folder / "hidden.db.before-restore").read_bytes() == b"kept for later"


@pytest.mark.parametrize("other", ["an export", "a list of checksums", "a backup with notes", "the archive"])
def test_a_forced_backup_replaces_only_a_backup(folder: Path, kept: Path, tmp_path: Path, other: str) -> None:
    place = tmp_path / "place"
    if other == "an export":
        assert program(folder, "export", "csv", "--output", str(place)).exit_code == 0
    elif other == "a list of checksums":
        place.mkdir()
        (place / "SHA256SUMS").write_text("0  disk.iso\n")
    elif other == "a backup with notes":
        shutil.copytree(kept, place)
        (place / "notes.txt").write_text("mine")
    else:
        place = folder
        shutil.copy(kept / "SHA256SUMS", folder)
    before = snapshot(place)
    done = program(folder, "backup", str(place), "--force")
    assert done.exit_code == 1, done.output
    assert snapshot(place) == before


def test_restore_takes_the_place_of_a_ruined_archive_and_of_what_lies_beside_it(
    folder: Path, kept: Path
) -> None:
    with sqlite3.connect(folder / "archive.db") as connection:
        connection.execute("UPDATE articles SET title = 'Of another file'")
        connection.commit()
        log = (folder / "archive.db-wal").read_bytes()
    connection.close()
    (folder / "archive.db").write_bytes(os.urandom(50_000))
    (folder / "archive.db-wal").write_bytes(log)
    done = program(folder, "restore", str(kept), "--force")
    assert done.exit_code == 0, done.output
    assert contents(folder / "archive.db") == contents(kept / "archive.db")


def test_an_archive_in_use_is_not_replaced(folder: Path, kept: Path) -> None:
    reader = sqlite3.connect(f"file:{folder / 'archive.db'}?mode=ro", uri=True)
    reader.execute("SELECT count(*) FROM articles").fetchone()
    done = program(folder, "restore", str(kept), "--force")
    assert (done.exit_code, "is in use by another program" in done.stderr) == (1, True)
    reader.close()
    assert program(folder, "restore", str(kept), "--force").exit_code == 0


@pytest.mark.parametrize("harm", ["spoiled", "incomplete", "none"])
def test_a_backup_that_is_not_as_it_was_made_is_not_restored(
    folder: Path, kept: Path, tmp_path: Path, harm: str
) -> None:
    if harm == "spoiled":
        spoil(kept / "pages.db")
    elif harm == "incomplete":
        (kept / "archive.db").unlink()
    else:
        (kept / "SHA256SUMS").unlink()
    before = contents(folder / "archive.db")
    done = program(folder, "restore", str(kept), "--force")
    assert done.exit_code == 1
    assert "is not as it was made" in done.stderr or "is not a backup" in done.stderr
    assert contents(folder / "archive.db") == before
