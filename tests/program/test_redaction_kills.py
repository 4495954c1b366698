"""A redaction that is ended at any moment, and a file of hidden words that is not what it was.

What an operator hides is hidden wholly or not at all, whatever ends the program; no start goes on with a
redaction that is not finished; and nothing that was hidden comes back because `hidden.db` was lost.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from archive.core.database import transaction
from archive.core.errors import ArchiveError, BusyError, DamagedError
from archive.core.locks import hold
from archive.files import redaction_store
from archive.files.raw_pages import Pages
from archive.files.redaction_store import Hidden, Kept
from archive.operations import backup, doctor
from archive.storage import redaction, redaction_work
from archive.storage.archive import Archive
from tests.builders.crawling import PROGRAM
from tests.unit.archive.storage.test_redaction import (
    CASES,
    NOON,
    OF_ARTICLE,
    OF_COMMENT,
    OF_NAME,
    crawl,
    hide,
    page,
    program,
    state,
)

EVERY = "BACKISSUE_KILLS" in os.environ  # every statement, as `make kills` wants it
NOW = datetime(2026, 3, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    crawl(folder / "archive.db")
    crawl(folder / "archive.db", day=2)
    with Pages.open(folder / "pages.db") as pages:
        pages.keep(page(body=b"<p>Perrin was seen at the tollhouse.</p>"))
    (folder / "backissue.toml").write_text(
        "contact = 'desk@gazette.example'\n[sources.gazette]\nurl = 'https://gazette.example'\n"
    )
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "here"))


def redact(path: Path, kind: str, item: str) -> None:
    """Hide something as the command does."""
    with (
        Archive.open(path) as archive,
        hold(path, redaction_work.LOCK),
        Hidden.open(redaction_store.redaction_store_path(path), create=True) as kept,
    ):
        with transaction(archive.db):
            what = item if kind == "commenter" else int(item)
            redaction.redact_item(archive.db, kept, kind, what, reason="Asked", at=NOON)
        redaction.scrub(archive.db)


def unredact(path: Path, number: int = 1) -> None:
    """Show something again as the command does."""
    with (
        Archive.open(path) as archive,
        hold(path, redaction_work.LOCK),
        Hidden.open(redaction_store.redaction_store_path(path), create=True) as kept,
    ):
        redaction.unredact_item(archive.db, kept, number)
        if redaction.redactions(archive.db):
            redaction.scrub(archive.db)


def in_child(work: Callable[[], object], count: Callable[[str], None]) -> int:
    """Do some work in a process of its own, telling each statement of its SQL; return how it ended."""
    child = os.fork()
    if not child:
        connect = sqlite3.connect

        def traced(*words: object, **options: object) -> sqlite3.Connection:
            connection = connect(*words, **options)
            connection.set_trace_callback(count)
            return connection

        sqlite3.connect = traced
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def statements(work: Callable[[], object], log: Path) -> list[str]:
    """Every statement of the SQL of some work, in order."""
    with log.open("a", encoding="utf-8") as out:
        in_child(work, lambda sql: print(sql.split()[0].upper(), file=out, flush=True))
    return log.read_text(encoding="utf-8").split("\n")


def every_kill(template: Path, place: Path, work: Callable[[Path], object]) -> Iterator[Path]:
    """Folders in which a work was killed before each of its statements that differs from the one before.

    What is killed inside of a transaction leaves the same files wherever it was: one such moment is enough,
    but for `make kills`, which takes every statement.
    """
    rehearsal = Path(shutil.copytree(template, place / "rehearsal"))
    found = statements(lambda: work(rehearsal / "archive.db"), place / "statements")
    moments = [
        number
        for number, (before, sql) in enumerate(pairwise(["", *found]))
        if EVERY or sql == "COMMIT" or before in {"COMMIT", "VACUUM"}
    ]
    assert len(moments) >= 4
    for number in moments:
        here, left = Path(shutil.copytree(template, place / f"kill-{number}")), [number]

        def count(_sql: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        ended = in_child(lambda here=here: work(here / "archive.db"), count)
        assert ended in {-signal.SIGKILL, 0}, "the last statements may be another process's"
        yield here
        shutil.rmtree(here)


def readable(path: Path, words: tuple[str, ...]) -> set[str]:
    """Which of the words any SQL can read, in tables, views and the tables of full-text indexes."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        cells = [
            cell for name in names for row in connection.execute(f"SELECT * FROM {name}") for cell in row
        ]
    held = b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells).lower()
    return {word for word in words if word.lower().encode() in held}


def written(path: Path, words: tuple[str, ...]) -> set[str]:
    """Which of the words stand in the bytes of the file, its log and its index of the log."""
    files = [path.with_name(path.name + ending) for ending in ("", "-wal", "-shm")]
    held = b"".join(file.read_bytes() for file in files if file.exists()).lower()
    return {word for word in words if word.lower().encode() in held}


def numbers(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM redactions")]


def findings(path: Path, check: str) -> list[doctor.Finding]:
    return [finding for finding in doctor.look(path, NOW) if finding.check == check]


# -- killed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CASES)
def test_redaction_killed_anywhere_is_whole_or_nothing(template: Path, tmp_path: Path, kind: str) -> None:
    """Before the next start the hidden words are out of reach of SQL; after it they are out of the bytes."""
    (command, words), before, outcomes = CASES[kind], state(template / "archive.db"), set()
    for here in every_kill(template, tmp_path, lambda path: redact(path, *command)):
        path = here / "archive.db"
        done = bool(numbers(path))
        outcomes.add(done)
        if done:
            assert readable(path, words) == set()
        else:
            assert state(path) == before
            redact(path, *command)
        Archive.open(path).close()
        assert written(path, words) == set()
        with closing(sqlite3.connect(path)) as connection:
            assert redaction_work.unfinished(connection) == []
        crawl(path, day=4)
        assert written(path, words) == set()
        unredact(path)
        assert state(path)["article_versions"] == before["article_versions"]
        assert state(path)["comment_versions"] == before["comment_versions"]
        assert written(redaction_store.redaction_store_path(path), words) == set()
    assert outcomes == {True, False}


@pytest.mark.parametrize("kind", CASES)
def test_unredaction_killed_anywhere_loses_nothing(template: Path, tmp_path: Path, kind: str) -> None:
    (command, words), before, outcomes = CASES[kind], state(template / "archive.db"), set()
    shutil.copytree(template, tmp_path / "hidden")
    redact(tmp_path / "hidden" / "archive.db", *command)
    for here in every_kill(tmp_path / "hidden", tmp_path, unredact):
        path = here / "archive.db"
        lifted = not numbers(path)
        outcomes.add(lifted)
        assert readable(path, words) == (set(words) if lifted else set())
        Archive.open(path).close()
        if not lifted:
            assert written(path, words) == set()
            unredact(path)
        assert state(path) == before
        assert written(redaction_store.redaction_store_path(path), words) == set()
    assert outcomes == {True, False}


def test_second_redaction_killed_keeps_the_first(template: Path, tmp_path: Path) -> None:
    """One lifted below another is taken again by that one, and the bytes are scrubbed after a kill too."""
    shutil.copytree(template, tmp_path / "hidden")
    for kind in ("comment", "commenter"):
        redact(tmp_path / "hidden" / "archive.db", *CASES[kind][0])
    for here in every_kill(tmp_path / "hidden", tmp_path, unredact):
        path = here / "archive.db"
        Archive.open(path).close()
        assert written(path, OF_NAME) == set()
        if 1 in numbers(path):
            assert written(path, OF_COMMENT) == set()


def test_crawl_killed_beside_hidden_words_stays_sealed(template: Path, tmp_path: Path) -> None:
    """What a crawl finds of a hidden name goes to hidden.db first, and the archive seals it after that."""
    shutil.copytree(template, tmp_path / "hidden")
    path = tmp_path / "hidden" / "archive.db"
    redact(path, *CASES["commenter"][0])
    with Archive.open(path) as archive:
        archive.db.execute("DELETE FROM comments WHERE key = '13'")
    for here in every_kill(tmp_path / "hidden", tmp_path, lambda path: crawl(path, day=4)):
        crawl(here / "archive.db", day=6)
        assert written(here / "archive.db", OF_NAME) == set()
        unredact(here / "archive.db")
        with Archive.open(here / "archive.db") as archive:
            names = [row["author"] for row in archive.db.query("SELECT author FROM comments ORDER BY key")]
        assert names == ["Barnaby Thrupp", "E", "Barnaby Thrupp"]


# -- unfinished -----------------------------------------------------------------------------------


def leave_unfinished(path: Path) -> None:
    """Hide the article and be gone before its deleted bytes are."""
    with (
        Archive.open(path) as archive,
        Hidden.open(redaction_store.redaction_store_path(path), create=True) as kept,
    ):
        redaction.redact_item(archive.db, kept, "article", 1, reason="Asked", at=NOON)


def test_unfinished_redaction_is_told_until_done(folder: Path) -> None:
    path = folder / "archive.db"
    leave_unfinished(path)
    from click.testing import CliRunner

    from scheduler import main

    status = CliRunner().invoke(main, ["--config", str(folder / "backissue.toml"), "status"])
    assert status.exit_code == 3
    assert "Redaction 1 is not finished" in status.stdout
    [finding] = findings(path, "redaction")
    assert finding.verdict == "warn"
    assert "just been finished" in finding.sentence
    assert written(path, OF_ARTICLE) == set()
    assert findings(path, "redaction") == []
    assert (
        "Redaction"
        not in CliRunner().invoke(main, ["--config", str(folder / "backissue.toml"), "status"]).stdout
    )


STARTS = {
    "search": ("search", "calm"),
    "redact": ("redact", "--list"),
    "export": ("export", "jsonl", "--output", "out.jsonl"),
    "backup": ("backup", "copy"),
    "doctor": ("doctor", "--offline"),
    "replay": ("replay",),
}


@pytest.mark.parametrize("start", STARTS)
def test_every_start_finishes_a_redaction(folder: Path, monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    monkeypatch.chdir(folder)
    leave_unfinished(folder / "archive.db")
    program(folder, *STARTS[start])
    assert written(folder / "archive.db", OF_ARTICLE) == set()
    with closing(sqlite3.connect(folder / "archive.db")) as connection:
        assert redaction_work.unfinished(connection) == []


def test_words_in_freed_pages_go_too(folder: Path) -> None:
    """What an edit or an index has left in pages that nobody uses is written over only when the file is."""
    path = folder / "archive.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE spare (said TEXT)")
        connection.executemany("INSERT INTO spare VALUES (?)", [["the kumquat cart " * 200]] * 50)
        connection.execute("DROP TABLE spare")
    with (
        Archive.open(path) as archive,
        Hidden.open(redaction_store.redaction_store_path(path), create=True) as kept,
    ):
        redaction.redact_item(archive.db, kept, "comment", 1, reason="Asked", at=NOON)
    assert readable(path, OF_COMMENT) == set()
    assert written(path, ("kumquat",)) == {"kumquat"}
    Archive.open(path).close()
    assert written(path, OF_COMMENT) == set()


def test_redaction_on_full_disk_is_finished_later(folder: Path) -> None:
    """Without room to write the file again every start says so in a sentence; SQL reads no hidden word."""
    path = folder / "archive.db"
    leave_unfinished(path)
    with Archive.open(path, finish=False) as archive:
        archive.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    limit = path.stat().st_size // 2

    def start(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(PROGRAM), *words], cwd=folder, capture_output=True, text=True, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )  # fmt: skip

    for words in (("search", "calm"), ("export", "jsonl"), ("redact", "--list"), ("crawl",), ("schedule",)):
        done = start(*words)
        assert done.returncode == 1, (words, done.stdout, done.stderr)
        assert "may still stand in deleted bytes" in done.stderr
        assert "Traceback" not in done.stderr
    assert start("status").returncode == 3
    examined = start("doctor", "--offline")
    assert examined.returncode == 3
    assert "Redaction 1 is not finished" in examined.stdout
    assert readable(path, OF_ARTICLE) == set()
    Archive.open(path).close()
    assert written(path, OF_ARTICLE) == set()


def test_reader_in_the_way_leaves_a_note(folder: Path) -> None:
    """A reader of an old state keeps the bytes in the log; the note stays until they are gone."""
    path = folder / "archive.db"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM articles").fetchone()
        leave_unfinished(path)
        Archive.open(path).close()
        with closing(sqlite3.connect(path)) as connection:
            assert [step.step for step in redaction_work.unfinished(connection)] == ["fold"]
    Archive.open(path).close()
    assert written(path, OF_ARTICLE) == set()
    assert findings(path, "redaction") == []


def test_redaction_of_an_older_program_is_finished_and_sealed(folder: Path) -> None:
    """An archive from before seals is scrubbed once, since nobody knows whether it was, and then sealed."""
    path = folder / "archive.db"
    leave_unfinished(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "DROP TABLE redaction_seals; DROP TABLE redaction_work;"
            "DELETE FROM _sqlite_migrations WHERE name = 'm017_redaction_work'"
        )
    with closing(sqlite3.connect(redaction_store.redaction_store_path(path))) as connection:
        connection.executescript(
            "DROP INDEX kept_seal; ALTER TABLE kept DROP COLUMN seal; DROP TABLE secret;"
            "DELETE FROM _sqlite_migrations WHERE name = 'm002_seals'"
        )
    Archive.open(path).close()
    assert written(path, OF_ARTICLE) == set()
    assert [finding.verdict for finding in findings(path, "hidden texts")] == ["ok"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT redaction_id FROM redaction_seals").fetchall() == [(1,)]


# -- a file that is not what it was ---------------------------------------------------------------


def drop_last(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM kept WHERE id = (SELECT max(id) FROM kept)")
        connection.commit()


def empty(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM kept")
        connection.commit()


def alter(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE kept SET row = replace(row, 'Barnaby', 'Bertram')")
        connection.commit()


def replace_by_new(file: Path) -> None:
    file.unlink()
    with Hidden.open(file, create=True) as kept:
        kept.keep(1, [Kept(place="names", row={"name": "Nobody"})])


HARMS: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "cut to nothing": lambda file: file.write_bytes(b""),
    "ruined": lambda file: file.write_bytes(os.urandom(9000)),
    "emptied": empty,
    "another": replace_by_new,
    "a row less": drop_last,
}


@pytest.mark.parametrize("harm", HARMS)
def test_lost_hidden_words_stop_everything_that_could_publish_them(folder: Path, harm: str) -> None:
    """After any loss no crawl saves, nothing is hidden or shown, and no export or backup passes for whole."""
    path, file = folder / "archive.db", folder / "hidden.db"
    hide(folder, *CASES["commenter"][0])
    shutil.copy(file, folder / "kept-aside")
    HARMS[harm](file)
    with pytest.raises(ArchiveError, match=r"hidden\.db"):
        crawl(path, day=4)
    with pytest.raises(ArchiveError, match=r"hidden\.db"):
        redact(path, "article", "1")
    with pytest.raises(ArchiveError, match=r"hidden\.db"):
        unredact(path)
    with pytest.raises(DamagedError, match=r"hidden\.db"):
        backup.make(path, None, folder / "copy", replace=False)
    assert not (folder / "copy").exists()
    assert [finding.verdict for finding in findings(path, "hidden texts")] == ["bad"]
    assert written(path, OF_NAME) == set()
    for ending in ("", "-wal", "-shm"):
        (folder / f"hidden.db{ending}").unlink(missing_ok=True)
    shutil.copy(folder / "kept-aside", file)
    crawl(path, day=6)
    assert written(path, OF_NAME) == set()
    unredact(path)
    assert written(path, OF_NAME) == set(OF_NAME)


def test_altered_hidden_words_are_not_given_back(folder: Path) -> None:
    path = folder / "archive.db"
    hide(folder, *CASES["commenter"][0])
    alter(folder / "hidden.db")
    with pytest.raises(ArchiveError, match="lacks what these redactions took out: 1"):
        unredact(path)
    assert [finding.verdict for finding in findings(path, "hidden texts")] == ["bad"]


def test_seals_tell_nothing_of_the_words(folder: Path) -> None:
    """The same name hidden in two archives has two seals, so nobody can try out names on the served file."""
    seals = []
    for _ in range(2):
        here = Path(shutil.copytree(folder, folder.with_name(f"copy-{len(seals)}")))
        hide(here, *CASES["commenter"][0])
        with closing(sqlite3.connect(here / "archive.db")) as connection:
            seals += connection.execute("SELECT seal FROM redaction_seals").fetchall()
    assert len(set(seals)) == 2


# -- backups beside it ----------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["hidden", "shown"])
@pytest.mark.parametrize("moment", ["archive.db", "pages.db", "hidden.db"])
def test_backup_beside_redaction_has_the_words_somewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch, before: str, moment: str
) -> None:
    """Whatever is hidden or shown while the files are copied, the backup is one state and gives it back."""
    path, copy = folder / "archive.db", backup._copy
    if before == "hidden":
        redact(path, *CASES["comment"][0])

    def beside(state: sqlite3.Connection, source: Path, target: Path) -> None:
        if source.name == moment:
            if before == "hidden":
                unredact(path)
            else:
                redact(path, *CASES["comment"][0])
        copy(state, source, target)

    monkeypatch.setattr(backup, "_copy", beside)
    monkeypatch.setattr("archive.core.database.BUSY", 0.1)  # the backup is a reader that keeps the log
    monkeypatch.setattr(redaction_work, "BUSY", 0.1)
    backup.make(path, None, folder / "copy", replace=False)
    place = folder / "copy" / "archive.db"
    if numbers(place):
        unredact(place)
    assert written(place, OF_COMMENT) == set(OF_COMMENT)


def test_backup_waits_for_a_redaction(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "BUSY", 0.1)
    with hold(folder / "archive.db", redaction_work.LOCK), pytest.raises(BusyError, match="redact"):
        backup.make(folder / "archive.db", None, folder / "copy", replace=False)
    assert not (folder / "copy").exists()


def test_restored_backup_without_hidden_words_sets_the_old_ones_aside(folder: Path) -> None:
    """Those belong to the archive that was there; the next redaction must not take their place."""
    program(folder, "backup", str(folder / "copy"))
    hide(folder, *CASES["comment"][0])
    program(folder, "restore", str(folder / "copy"), "--force")
    assert not (folder / "hidden.db").exists()
    assert b"kumquat" in (folder / "hidden.db.before-restore").read_bytes()
