"""Wrong commands, as people type them: each is an error that says what was meant, and changes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.files.desk_records import ENVIRONMENT
from archive.files.desk_store import Desk
from archive.files.raw_pages import Pages
from archive.operations.ports import wait_until_answering
from archive.operations.serve import open_desks
from archive.storage.archive import Archive
from scheduler import main
from tests.builders.crawling import PROGRAM
from tests.builders.fixtures_archive import START, Filler
from tests.builders.patience import PATIENCE, free_port

USAGE, ERROR = 2, 1
WRONG: dict[str, tuple[int, str]] = {
    "serch ferry": (USAGE, "did you mean “search”?"),
    "stauts": (USAGE, "did you mean “status”?"),
    "search": (USAGE, "Give WORDS to search for"),
    "search ferry --since blah": (ERROR, "“blah” is not a date for --since"),
    "search ferry --since 2009-13": (ERROR, "“2009-13” is not a date for --since"),
    "search ferry --since 2999": (ERROR, "in the future"),
    "search ferry --source quaysid": (ERROR, "did you mean “quayside”?"),
    "search ferry --in artcles": (USAGE, "did you mean “articles”?"),
    "search ferry --limit -1": (USAGE, "1<=x<=1000"),
    "search ferry --jsn": (USAGE, "'--json'"),
    "search --saved nosuch": (ERROR, "There is no saved search “nosuch”"),
    "show 99999": (ERROR, "has no article 99999"),
    "show articl 1": (USAGE, "did you mean “article”?"),
    "show https://elsewhere.example/x": (ERROR, "does not cover this site"),
    "export parqet": (USAGE, "did you mean “parquet”?"),
    "export csv out": (USAGE, "--output out"),
    "export csv --source quaysid": (ERROR, "did you mean “quayside”?"),
    "export csv --output nowhere/out": (ERROR, "nowhere"),
    "crawl quaysid": (ERROR, "did you mean “quayside”?"),
    "verify quaysid": (ERROR, "did you mean “quayside”?"),
    "replay quaysid": (ERROR, "did you mean “quayside”?"),
    "sources rename quaysid other": (ERROR, "did you mean “quayside”?"),
    "status --jsn": (USAGE, "'--json'"),
    "backup": (USAGE, "Missing argument 'DIR'"),
    "backup nowhere/deep": (ERROR, "nowhere does not exist"),
    "restore nowhere": (USAGE, "'nowhere' does not exist"),
    "restore .": (ERROR, "SHA256SUMS is missing"),
    "redact coment 1 --reason x": (USAGE, "did you mean “comment”?"),
    "redact comment 99999 --reason x --yes": (ERROR, "has no comment 99999"),
    "redact comment 1": (USAGE, "--reason"),
    "unredact 77": (ERROR, "There is no redaction 77"),
    "import nosuch.warc": (ERROR, "no file or folder nosuch.warc"),
    "serve --port 99999": (USAGE, "1<=x<=65535"),
    "serve --host nosuch.invalid": (ERROR, "not an address of this machine"),
    "serve . --desk": (USAGE, "Published archives have no desks"),
    "serve nosuch": (USAGE, "'nosuch' does not exist"),
    "explain nosuch.html": (ERROR, "nosuch.html cannot be read"),
    "prove 99999": (USAGE, "article ID, comment ID or a URL"),
    "same-words 99999": (USAGE, "article ID, comment ID or a URL"),
    "visitor kye": (USAGE, "'key'"),
    "publish": (USAGE, "Missing option '--to'"),
    "desk ad Anna": (USAGE, "'add'"),
    "desk remove nosuch --yes": (ERROR, "no reader has a desk yet"),
    "init not-a-url": (ERROR, "neither a URL nor a known site"),
    "schedule now": (USAGE, "unexpected extra argument (now)"),
    "--config nosuch.toml status": (ERROR, "nosuch.toml does not exist"),
    "--log-format tetx status": (USAGE, "did you mean “text”?"),
    # options that are mistyped, at the wrong command or without a value
    "search ferry --sicne 2009": (USAGE, "'--since'"),
    "search ferry --since": (USAGE, "'--since' requires an argument"),
    "status --source quayside": (USAGE, "No such option '--source'"),
    "doctor --ofline": (USAGE, "Did you mean '--offline'?"),
    "notify --tset": (USAGE, "'--test'"),
    "export parquet --joined": (USAGE, "--joined and --raw are for csv."),
    "search ferry --limit ten": (USAGE, "'ten' is not a valid integer."),
    "verify --budget 5": (USAGE, "x>=20"),
    # arguments that are swapped, missing or too many
    "show 1 comment": (USAGE, "Give a URL, a number, or `comment` and a number"),
    "show comment abc": (ERROR, "“abc” is neither a number nor the URL of a comment"),
    "export jsonl csv": (USAGE, "--output csv"),
    "unredact": (USAGE, "`backissue redact --list` prints them"),
    "unredact one": (USAGE, "'one' is not a valid integer."),
    "redact article comment 1 --reason x --yes": (ERROR, "“comment” is neither a number nor the URL"),
    "sources move quayside": (USAGE, "Missing argument 'NEW_URL'"),
    "desk list Anna": (USAGE, "unexpected extra argument (Anna)"),
    "config chekc": (USAGE, "Did you mean 'check'?"),
    # dates that are none or in the wrong order
    "search ferry --until 2009-02-30": (ERROR, "“2009-02-30” is not a date for --until"),
    "search ferry --since 2012 --until 2009": (ERROR, "Swap them."),
    "export csv --since 31/12/2009": (ERROR, "“31/12/2009” is not a date for --since"),
    # names that are unknown
    "search ferry --author Nobody": (ERROR, "Nobody named “Nobody” wrote anything"),
    "search ferry --type pst": (ERROR, "did you mean “post”?"),
    "export csv --tag nosuch": (ERROR, "No article has the tag or category “nosuch”"),
    "explain-schedule 99999": (ERROR, "No page of “99999” has been visited"),
    "init longwarjournl": (ERROR, "did you mean “longwarjournal”?"),
    "replay --from nosuch": (ERROR, "nosuch has no result of `backissue reextract`"),
    # addresses that are none
    "show ftp://quayside.example/x": (ERROR, "nothing from ftp://quayside.example/x"),
    "init https://": (ERROR, "it names no host"),
    "sources move quayside ftp://quayside.example": (ERROR, "does not begin with https://"),
    "serve --host 127.0.0.1:8001": (ERROR, "is not an address of this machine"),
    # folders for files, files for folders, and files of another kind
    "backup archive.db": (USAGE, "'archive.db' is a file"),
    "serve archive.db": (USAGE, "'archive.db' is a file"),
    "serve --metadata archive.db": (USAGE, "no metadata of Datasette. Give an object in JSON or YAML"),
    "serve --metadata nosuch.json": (USAGE, "'nosuch.json' does not exist"),
    "--config archive.db status": (ERROR, "A configuration is a text in TOML"),
    "--config . status": (USAGE, "'.' is a directory"),
    "explain .": (ERROR, "Give the file of a saved page"),
    "export wacz --output out.zip": (ERROR, "such as out.wacz"),
    "export csv --output out.csv": (ERROR, "add --joined for one file"),
    "export jsonl --output out.zip": (ERROR, "such as out.jsonl"),
    "export markdown --output out.md": (ERROR, "Give the name of a folder or of a .zip file."),
    "reextract archive.db out": (ERROR, "archive.db has no kept pages"),
    "publish nosuch --to public": (ERROR, "There is no archive at nosuch"),
    "seal --make-key backissue.toml": (ERROR, "backissue.toml already exists"),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and an archive of one article."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BACKISSUE_CONFIG", raising=False)
    fill = Filler(tmp_path / "archive.db")
    fill.article(1, START, title="Ferry stops")
    fill.finish()
    Archive.open(tmp_path / "archive.db").close()
    Pages.open(tmp_path / "pages.db").close()
    (tmp_path / "backissue.toml").write_text("[sources.quayside]\nurl = 'https://quayside.example'\n")
    return tmp_path


def run(line: str) -> Result:
    return CliRunner().invoke(main, line.split(), prog_name="backissue")


def test_wrong_commands_say_what_is_meant_and_change_nothing(here: Path) -> None:
    before = {path.name for path in here.iterdir()}
    for line, (code, said) in WRONG.items():
        done = run(line)
        told = done.stderr
        assert done.exit_code == code, (line, done.exit_code, told, done.exception)
        assert said in told, (line, told)
        assert "Traceback" not in told, line
        assert not done.stdout, (line, done.stdout)
    names = {path.name.removesuffix("-wal").removesuffix("-shm") for path in here.iterdir()}
    assert {name for name in names if not name.endswith(".lock")} <= before


def test_desk_is_made_listed_renewed_and_removed(here: Path) -> None:
    done = run("desk add Anna")
    link = done.stdout.strip()
    assert (done.exit_code, link.partition("#key=")[0]) == (0, "http://127.0.0.1:8001/desk")
    assert "[desk] open = true" in done.stderr
    assert (here / "desk.db").stat().st_mode & 0o077 == 0
    assert run("desk add Anna").exit_code == ERROR
    assert "did you mean “Anna”?" in run("desk renew Ana").stderr
    assert run("desk renew Anna").stdout.strip() != link
    assert "127.0.0.1:8001, where `serve` listens without --port" in done.stderr
    assert '"items": 0' in run("desk list --json").stdout
    assert run("desk remove Anna").exit_code == USAGE
    assert run("desk remove Anna --yes").exit_code == 0
    assert "No reader has a desk yet" in run("desk list").stderr


def test_renewed_key_ends_shared_lists_only_when_told(here: Path) -> None:
    run("desk add Anna")
    with Desk.open(here / "desk.db") as desk:
        for title in ("Harbour", "Ferry"):
            desk.share(1, title=title, kind="", tag="", now=START)
    kept = run("desk renew Anna")
    assert "2 shared lists can still be read" in kept.stderr
    assert "desk renew Anna --unshare" in kept.stderr
    assert '"shares": 2' in run("desk renew Anna --json").stdout
    ended = run("desk renew Anna --unshare")
    assert "2 shared lists ended." in ended.stderr
    assert '"shares": 0' in run("desk list --json").stdout
    assert "shared list" not in run("desk renew Anna --unshare").stderr


def test_link_of_a_desk_names_where_the_pages_are_served(here: Path) -> None:
    port = free_port()
    command = [sys.executable, str(PROGRAM), "serve", "--desk", "--base-path", "news", "--port", str(port)]
    server = subprocess.Popen(command, cwd=here, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert wait_until_answering("127.0.0.1", port, PATIENCE)
        done = run("desk add Anna")
    finally:
        server.terminate()
        server.wait(PATIENCE)
    base = f"http://127.0.0.1:{port}/news"
    assert done.stdout.startswith(f"{base}/desk#key=")
    assert f"It begins with {base}, where the pages were last served." in done.stderr
    (here / "backissue.toml").write_text(
        "public_url = 'https://archive.example.org'\n[sources.quayside]\nurl = 'https://quayside.example'\n"
    )
    assert run("desk renew Anna").stdout.startswith("https://archive.example.org/desk#key=")


def test_damaged_desk_does_not_keep_the_pages_from_being_served(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    run("desk add Anna")
    (here / "desk.db").write_bytes(b"torn" * 4096)
    open_desks(here / "archive.db", "http://127.0.0.1:8001/")
    assert os.environ[ENVIRONMENT] == "1"


def test_collections_of_a_renamed_archive_are_named(here: Path) -> None:
    run("desk add Anna")
    for old, new in (("archive.db", "news.db"), ("pages.db", "news-pages.db")):
        (here / old).rename(here / new)
    config = (here / "backissue.toml").read_text()
    (here / "backissue.toml").write_text(f"archive = 'news.db'\n{config}")
    told = run("doctor --offline").stdout
    assert "desk.db has readers' collections, but its archive is not here." in told
    assert "If that archive is now news.db, stop the pages and call the file news-desk.db." in told
    assert "desk.db is of an archive that has been renamed or moved" in run("desk renew Anna").stderr
    assert "desk.db is of an archive that has been renamed or moved" in run("desk list").stderr
    (here / "desk.db").rename(here / "news-desk.db")
    assert "its archive is not here" not in run("doctor --offline").stdout


def test_desk_is_backed_up_looked_at_and_restored(here: Path) -> None:
    run("desk add Anna")
    assert run("backup saved").exit_code == 0
    assert (here / "saved" / "desk.db").exists()
    doctor = run("doctor --offline")
    assert "desk.db is sound, and only its owner can read it." in doctor.stdout
    (here / "desk.db").chmod(0o644)
    assert "Others may read desk.db" in run("doctor --offline").stdout
    run("desk remove Anna --yes")
    assert run("restore saved --force").exit_code == 0
    assert "Anna" in run("desk list").stdout
    assert (here / "desk.db").stat().st_mode & 0o077 == 0
    assert run("export csv --output desk.db --force").exit_code == ERROR
    with (here / "desk.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    assert run("doctor --offline").exit_code != 0
    assert run("backup again").exit_code == ERROR


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["search", ""], "search"),
        (["search", "ferry", "--source", ""], "--source"),
        (["export", "jsonl", "--query=", "--output", "x.jsonl"], "--query"),
        (["redact", "comment", "1", "--reason", "", "--yes"], "--reason"),
        (["sources", "move", "quayside", ""], "quayside"),
    ],
)
def test_an_empty_value_is_refused_and_never_means_all(here: Path, words: list[str], place: str) -> None:
    before = sorted(here.iterdir())
    done = CliRunner().invoke(main, words)
    assert (done.exit_code, f"an empty value after `{place}`" in done.stderr) == (USAGE, True), done.output
    assert sorted(here.iterdir()) == before


def test_empty_words_after_two_dashes_are_words(here: Path) -> None:
    assert "empty value" not in CliRunner().invoke(main, ["search", "--", "--since="]).output


@pytest.mark.parametrize("form", ["csv", "folder", "site"])
def test_an_export_is_not_restored_as_a_backup(here: Path, form: str) -> None:
    assert run(f"export {form} --output given").exit_code == 0
    held = (here / "archive.db").read_bytes() if (here / "archive.db").exists() else b""
    told = run("restore given --force")
    assert (told.exit_code, "given is an export, and no backup" in told.stderr) == (ERROR, True), told.output
    assert "`backissue backup`" in told.stderr
    assert not held or (here / "archive.db").read_bytes() == held


def test_import_of_no_pages_names_the_reason_alone(here: Path) -> None:
    (here / "notes.txt").write_text("hello\n", encoding="utf-8")
    told = run("import notes.txt")
    assert "Read 0 of 0" not in told.output
    assert "notes.txt: It is of no kind that can be imported" in told.stderr
