"""The doctor: a sound archive is well, and each ill is found, named, and told how to mend."""

# ruff: noqa: E501  (a table of ills reads better with one a line)

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archive.core.timestamps import to_text
from archive.files.raw_pages import Pages
from archive.operations import doctor
from archive.operations.doctor import CheckResult
from archive.queries import health
from scheduler import main
from tests.builders.crawling import PROGRAM, Crawls
from tests.fakesite import Fault, RestClosed, SampleSite, Status


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    with SampleSite(articles=5, comments=10) as site:
        crawls = Crawls(folder, site.url)
        crawls.crawl()
    assert crawls.program("backup", str(folder / "backup")).returncode == 0
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "here"))


def examined(folder: Path, *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code and the findings by their check, the worst of each, of a look without the network."""
    command = ["--config", str(folder / "backissue.toml"), "doctor", "--offline", "--json", *options]
    done = CliRunner().invoke(main, command, prog_name="backissue")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    findings = json.loads(done.stdout)["findings"]
    order = list(CheckResult)
    return done.exit_code, {
        finding["check"]: finding
        for finding in sorted(findings, key=lambda each: order.index(each["verdict"]))
    }


def sql(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_a_sound_archive_is_well_in_every_respect(folder: Path) -> None:
    code, findings = examined(folder)
    assert {finding["verdict"] for finding in findings.values()} == {"ok"}, findings
    assert code == 0
    assert set(findings) == {
        "configuration", "time zones", "libraries", "disk", "permissions", "schema", "integrity", "log",
        "clock", "source site", "backup", "raw pages", "evidence",
    }  # fmt: skip
    with sqlite3.connect(folder / "archive.db") as connection:
        assert connection.execute("SELECT ok FROM checks WHERE name = 'integrity'").fetchall() == [(1,)]
    connection.close()


@pytest.mark.parametrize(
    ("urls", "mode", "verdict", "words"),
    [
        ("json://127.0.0.1/sesame", 0o600, "ok", "Sent to: json."),
        ("json://127.0.0.1/sesame", 0o644, "warn", "Other users can read"),
        ("json://127.0.0.1/${PATH}", 0o644, "ok", "Sent to: json."),
        ("json://127.0.0.1/${BACKISSUE_NO_SUCH}", 0o600, "warn", "needs $BACKISSUE_NO_SUCH"),
        ("slack://sesame", 0o600, "warn", "apprise does not support the URL"),
    ],
)
def test_addresses_of_notifications_are_looked_at_and_not_told_anything(
    folder: Path, urls: str, mode: int, verdict: str, words: str
) -> None:
    file = folder / "backissue.toml"
    file.write_text(f"{file.read_text()}\n[notify]\nurls = ['{urls}']\n")
    file.chmod(mode)
    finding = examined(folder)[1]["notifications"]
    assert finding["verdict"] == verdict
    assert words in finding["sentence"]
    assert "sesame" not in str(finding)


def ruin(path: Path, table: str) -> None:
    """Overwrite the page with which a table begins."""
    with sqlite3.connect(path) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))


def garble_a_body(path: Path) -> None:
    sql(path, "UPDATE bodies SET body = (SELECT body FROM bodies ORDER BY digest LIMIT 1)")


@pytest.mark.parametrize(
    ("harm", "verdict", "words"),
    [
        (lambda file: None, "ok", "only its owner can read it"),
        (lambda file: file.chmod(0o644), "warn", "Others may read hidden.db"),
        (lambda file: sql(file, "DELETE FROM kept"), "bad", "lacks what these redactions took out: 1"),
        (lambda file: file.write_bytes(os.urandom(9000)), "bad", "not a database"),
        (lambda file: file.unlink(), "bad", "There is no hidden.db, but 1 redaction took"),
    ],
    ids=["well", "open to others", "emptied", "ruined", "gone"],
)
def test_what_redactions_took_out_is_looked_after(
    folder: Path, harm: Callable[[Path], object], verdict: str, words: str
) -> None:
    hide = ["--config", str(folder / "backissue.toml"), "redact", "comment", "1", "--yes", "--reason", "x"]
    assert CliRunner().invoke(main, hide, prog_name="backissue").exit_code == 0
    harm(folder / "hidden.db")
    finding = examined(folder)[1]["hidden texts"]
    assert finding["verdict"] == verdict
    assert words in finding["sentence"]
    assert bool(finding["hint"]) == (verdict != "ok")


ILLS: list[tuple[str, Callable[[Path], object], str, str, str]] = [
    ("no archive", lambda here: (here / "archive.db").unlink(), "archive", "bad", "There is no archive"),
    ("no database", lambda here: (here / "archive.db").write_bytes(os.urandom(9000)), "archive", "bad", "cannot be opened"),
    ("damage", lambda here: ruin(here / "archive.db", "links"), "integrity", "bad", ""),
    ("lost row", lambda here: sql(here / "archive.db", "DELETE FROM comments WHERE parent_id IS NULL"), "integrity", "bad", "refers to a missing row"),
    ("lost trigger", lambda here: sql(here / "archive.db", "DROP TRIGGER articles_fts_update", "UPDATE articles SET text = 'x'"), "integrity", "bad", "articles_fts does not agree"),
    ("newer", lambda here: sql(here / "archive.db", "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('backissue', 'm999', '')"), "schema", "bad", "m999"),
    ("wrong clock", lambda here: sql(here / "archive.db", f"UPDATE visits SET fetched_at = '{to_text(datetime.now(UTC) + timedelta(days=1))}'"), "clock", "bad", "This machine says"),
    ("failing", lambda here: sql(here / "archive.db", "UPDATE runs SET outcome = 'failed'"), "source site", "bad", "failed"),
    ("old backup", lambda here: sql(here / "archive.db", "UPDATE checks SET at = '2020-01-01T00:00:00Z'"), "backup", "warn", "2020-01-01"),
    ("no backup", lambda here: sql(here / "archive.db", "DELETE FROM checks"), "backup", "warn", "no backup yet"),
    ("no pages", lambda here: (here / "pages.db").unlink(), "raw pages", "warn", "There is no pages.db"),
    ("spoiled pages", lambda here: ruin(here / "pages.db", "pages_url"), "raw pages", "bad", ""),
    ("garbled body", lambda here: garble_a_body(here / "pages.db"), "raw pages", "bad", "not as it was received"),
    ("wrong configuration", lambda here: (here / "backissue.toml").write_text("sauces = 1"), "configuration", "bad", "did you mean"),
    ("open configuration", lambda here: (here / "backissue.toml").chmod(0o666), "configuration", "warn", "Other users can change"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("harm", "check", "verdict", "words"), [ill[1:] for ill in ILLS], ids=[ill[0] for ill in ILLS]
)
def test_each_ill_is_named_with_what_to_do(
    folder: Path, harm: Callable[[Path], object], check: str, verdict: str, words: str
) -> None:
    harm(folder)
    code, findings = examined(folder)
    assert findings[check]["verdict"] == verdict, findings[check]
    assert words in findings[check]["sentence"] + (findings[check]["hint"] or "")
    assert findings[check]["hint"]
    assert code == (3 if "bad" in {finding["verdict"] for finding in findings.values()} else 0)


def test_a_disk_that_is_nearly_full_and_a_long_log_are_seen(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LONGEST_LOG", -1)
    used = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: used._replace(free=10**9))
    _, findings = examined(folder)
    assert (findings["log"]["verdict"], findings["disk"]["verdict"]) == ("warn", "ok")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: used._replace(free=1000))
    monkeypatch.setattr(health, "LEAST_FREE", 0)
    assert examined(folder)[1]["disk"]["verdict"] == "warn", "less than the archive has"
    monkeypatch.setattr(health, "LEAST_FREE", 2000)
    assert examined(folder)[1]["disk"]["verdict"] == "bad"


def test_an_older_archive_is_not_brought_up_to_date_by_a_look(folder: Path) -> None:
    sql(folder / "archive.db", "DELETE FROM _sqlite_migrations WHERE name <> 'm001_first'")
    before = list(sqlite3.connect(folder / "archive.db").execute("SELECT name FROM _sqlite_migrations"))
    code, findings = examined(folder)
    assert (code, findings["schema"]["verdict"]) == (0, "warn")
    assert "backup" in findings["schema"]["hint"]
    assert (
        list(sqlite3.connect(folder / "archive.db").execute("SELECT name FROM _sqlite_migrations")) == before
    )


def test_the_full_text_check_gives_way_to_a_crawl(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECK_SECONDS", -1.0)
    _, findings = examined(folder)
    assert findings["integrity"]["verdict"] == "warn"
    assert "other programs wait" in findings["integrity"]["sentence"]


def test_every_raw_page_is_unpacked(folder: Path) -> None:
    garble_a_body(folder / "pages.db")
    with Pages.open(folder / "pages.db") as pages:
        kept = pages.db["bodies"].count
        assert len(list(pages.altered())) == kept - 1, "all but the one whose body all have now"


# -- the sites ------------------------------------------------------------------------------------


def with_sites(folder: Path, *words: str, **urls: str) -> subprocess.CompletedProcess[str]:
    lines = [f"[sources.{name}]\nurl = '{url}'\ndelay = 0\n" for name, url in urls.items()]
    (folder / "backissue.toml").write_text("".join(lines), encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(PROGRAM), "doctor", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(slots=True, kw_only=True)
class Yesterday(Fault):
    """An answer of a server whose clock is a day behind."""

    def answer(self, _request: Any, ordinary: Any) -> Any:
        response = ordinary()
        date = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
        return replace(response, headers=[*response.headers, ("Date", date)])


def test_each_site_is_asked_whether_it_lets_us_in_and_what_is_open(folder: Path) -> None:
    with (
        SampleSite(articles=2) as well,
        SampleSite(articles=2) as closed,
        SampleSite(articles=2) as shut,
        SampleSite(articles=2) as behind,
    ):
        closed.faults.add(RestClosed())
        closed.faults.add(Status(match="/feed*", status=404))
        shut.faults.add(Status(match="/robots.txt", status=503))
        behind.faults.add(Yesterday())
        done = with_sites(
            folder, "--json", well=well.url, closed=closed.url, shut=shut.url, behind=behind.url
        )
        asked = len(well.requests)
    findings = {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert findings["site well"]["verdict"] == findings["clock well"]["verdict"] == "ok"
    assert findings["surfaces well"]["sentence"] == "Open: REST, REST comments, feed, comments feed."
    assert findings["surfaces closed"]["verdict"] == "warn"
    assert "Closed: REST, REST comments, feed" in findings["surfaces closed"]["sentence"]
    assert findings["site shut"]["verdict"] == "bad"
    assert "robots.txt answered 503" in findings["site shut"]["sentence"]
    assert findings["clock behind"]["verdict"] == "warn"
    assert "differ by 86,4" in findings["clock behind"]["sentence"]
    assert done.returncode == 3
    assert asked <= 7, "a look is polite"
