"""Seals in the Bitcoin chain: promised by calendars, completed later, and checked without Backissue."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from opentimestamps.core.notary import BitcoinBlockHeaderAttestation
from opentimestamps.core.serialize import StreamDeserializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile

from archive.core.errors import ConfigError, SiteError
from archive.core.records import Article, Extract, Site, Surface
from archive.proof import log
from archive.proof.check import differences
from archive.storage.archive import Archive
from crawler.config.keys.proof_keys import ProofConfig
from crawler.runs.sealing import seal_after_run, seal_now
from scheduler import main
from tests.builders.ots_calendar import Calendar, calendar_server
from tests.builders.pages import made_page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGENT = "Backissue/test"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "archive.db"
    save(path, 1)
    return path


@pytest.fixture
def calendar() -> Iterator[Calendar]:
    with calendar_server() as calendar:
        yield calendar


def save(path: Path, number: int) -> None:
    url = f"https://gazette.example/{number}/"
    with Archive.open(path) as archive:
        archive.add_source(Site(name="gazette", url="https://gazette.example"), "2026-03-01T12:00:00Z")
        article = Article(url=url, title=f"Toll {number}", text="It rises.", published=NOON)
        archive.save(made_page(url), Extract(surface=Surface.PAGE, articles=(article,)))


def seal(path: Path, calendar: Calendar, day: int, **more: tuple[str, ...]) -> log.LogSeal:
    proof = ProofConfig(**{"calendars": (calendar.url,), **more})
    with Archive.open(path) as archive:
        seal_now(archive, proof, NOON + timedelta(days=day), agent=AGENT)
        [*_, last] = log.seals_from(archive.db, 1)
    return last


def proved(path: Path, folder: Path) -> Path:
    config = path.with_name("backissue.toml")
    config.write_text("[sources.gazette]\nurl = 'https://gazette.example'\n")
    words = ["--config", str(config), "prove", "article", "1", "--out", str(folder)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    return folder


def shown(folder: Path, script: str) -> str:
    command = [sys.executable, "-I", str(folder / script)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_promise_is_kept_until_the_calendar_names_a_block(
    path: Path, calendar: Calendar, tmp_path: Path
) -> None:
    first = seal(path, calendar, 0)
    assert (first.ots_pending, calendar.asked) == (True, ["/digest"])
    early = proved(path, tmp_path / "early")
    assert shown(early, "block.py") == f"Promised, without a block yet: {calendar.url}\n"
    assert "names no block yet" in (early / "README.txt").read_text()
    assert seal(path, calendar, 1).ots_pending, "the calendar has no block yet"
    calendar.height = 900_123
    done = seal(path, calendar, 2)
    assert not done.ots_pending
    asked = len(calendar.asked)
    seal(path, calendar, 3)
    assert len(calendar.asked) == asked, "what is complete is not asked for again"
    folder = proved(path, tmp_path / "late")
    root = calendar.merkle_root(done.head)
    assert f"Bitcoin block 900123 has the Merkle root {root}" in shown(folder, "block.py")
    assert "Proved:" in shown(folder, "verify.py")
    assert sum(file.stat().st_size for file in folder.iterdir()) < 10_000


def test_file_is_read_by_the_library_of_opentimestamps(path: Path, calendar: Calendar) -> None:
    calendar.height = 900_123
    seal(path, calendar, 0)
    done = seal(path, calendar, 1)
    read = DetachedTimestampFile.deserialize(StreamDeserializationContext(BytesIO(done.ots or b"")))
    attestations = [attestation for _, attestation in read.timestamp.all_attestations()]
    assert BitcoinBlockHeaderAttestation(900_123) in attestations


def test_head_of_another_seal_is_refused_by_the_script(
    path: Path, calendar: Calendar, tmp_path: Path
) -> None:
    seal(path, calendar, 0)
    folder = proved(path, tmp_path / "told")
    (folder / "head.bin").write_bytes(bytes(32))
    with pytest.raises(subprocess.CalledProcessError):
        shown(folder, "block.py")


def test_nothing_is_asked_unless_a_calendar_is_named(path: Path, calendar: Calendar) -> None:
    assert seal(path, calendar, 0, calendars=()).ots is None
    assert calendar.asked == []


def test_promise_of_a_calendar_that_is_not_named_is_not_followed(
    path: Path, calendar: Calendar, caplog: pytest.LogCaptureFixture
) -> None:
    with calendar_server() as other:
        calendar.promised_by = other.url
        other.height = calendar.height = 900_123
        seal(path, calendar, 0)
        assert seal(path, calendar, 1).ots_pending
        assert other.asked == []
        assert f"{other.url} promises" in caplog.text
        named = (calendar.url, other.url)
        assert not seal(path, calendar, 2, calendars=named).ots_pending


def test_one_of_two_calendars_is_enough(path: Path, calendar: Calendar) -> None:
    with calendar_server() as other:
        other.silent = True
        assert seal(path, calendar, 0, calendars=(other.url, calendar.url)).ots_pending


def test_silent_calendars_hold_up_nothing_and_are_asked_again(path: Path, calendar: Calendar) -> None:
    calendar.silent = True
    proof = ProofConfig(calendars=(calendar.url,))
    with Archive.open(path) as archive:
        seal_after_run(archive, proof, NOON, agent=AGENT)
        with pytest.raises(SiteError, match="No calendar gave a time-stamp"):
            seal_now(archive, proof, NOON, agent=AGENT)
        calendar.silent = False
        seal_after_run(archive, proof, NOON, agent=AGENT)
        last = log.newest_seal(archive.db)
    assert last is not None
    assert last.ots_pending


def test_without_the_libraries_the_extra_is_named(
    path: Path, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentimestamps.calendar", None)
    with pytest.raises(ConfigError) as refused:
        seal(path, calendar, 0)
    assert "backissue[ots]" in str(refused.value.hint)
    assert calendar.asked == []


def test_proof_of_another_head_is_named_by_the_check(path: Path, calendar: Calendar) -> None:
    seal(path, calendar, 0)
    with Archive.open(path) as archive:
        assert [*differences(archive.db, path)] == []
        archive.db.execute("UPDATE proof_seals SET ots = ?", [bytes(80)])
        assert any("OpenTimestamps proof that does not fit" in each for each in differences(archive.db, path))
