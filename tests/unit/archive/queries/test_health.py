"""How the archive says how it is: to people, to programs that watch it, and to Prometheus."""

# ruff: noqa: E501  (a table of cases reads better with a case a line)

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families

from archive.core.records import Run, Saved
from archive.core.timestamps import instant, to_text
from archive.queries import health
from archive.queries.health import CrawlRun, Crawls, SourceState, judge_source
from archive.storage import checks
from archive.storage.archive import Archive
from scheduler import main
from tests.builders import fixtures_archive as made
from tests.builders.crawling import PROGRAM
from tests.builders.patience import PATIENCE, until
from tests.builders.room_server import Room
from tests.fakesite import SampleSite

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return made.build(tmp_path / "archive.db", count=3)


@pytest.fixture
def archive(path: Path):
    with Archive.open(path) as archive:
        archive.db.execute("DELETE FROM runs")
        archive.db.execute("DELETE FROM run_totals")
        yield archive


def run(archive: Archive, outcome: str | None, at: datetime, sentence: str = "", **saved: int) -> None:
    """A run of half an hour, as a crawl writes it; without an outcome it is under way."""
    run_id = archive.runs.begin("quayside", "schedule", at)
    if outcome:
        archive.runs.end(
            Run(
                id=run_id,
                source="quayside",
                trigger="schedule",
                started_at=at,
                ended_at=at + HOUR / 2,
                outcome=outcome,
                requests=5,
                saved=Saved(**saved),
                sentence=sentence,
            )
        )


def quayside(archive: Archive, now: datetime) -> health.SourceStatus:
    return next(source for source in health.archive_health(archive, now).sources if source.name == "quayside")


# -- what is said of a source ---------------------------------------------------------------------


def crawl(number: int, sentence: str = "Nothing new.") -> CrawlRun:
    return CrawlRun(
        id=number, started_at=f"2026-03-01T{number:02}:00:00Z", ended_at=f"2026-03-01T{number:02}:30:00Z", sentence=sentence
    )  # fmt: skip


@pytest.mark.parametrize(
    ("crawls", "state", "words"),
    [
        (Crawls(), SourceState.NEW, "not been crawled yet"),
        (Crawls(running=crawl(1)), SourceState.OK, "running since 2026-03-01 01:00 UTC"),
        (Crawls(good=crawl(1, "3 new articles.")), SourceState.OK, "ended well. 3 new articles."),
        (Crawls(bad=crawl(2, "No list."), first_bad=crawl(2)), SourceState.FAILING, "The crawl of 2026-03-01 02:00 UTC failed. No list."),
        (Crawls(good=crawl(1), bad=crawl(4, "No list."), first_bad=crawl(2)), SourceState.FAILING, "Every crawl since 2026-03-01 02:00 UTC failed. No list."),
        (Crawls(bad=crawl(2), first_bad=crawl(2), running=crawl(3)), SourceState.FAILING, "failed"),
        (Crawls(good=crawl(1), fruitless=health.FAILED_RUNS - 1), SourceState.OK, "ended well"),
        (Crawls(good=crawl(1), fruitless=health.FAILED_RUNS), SourceState.LATE, "since 2026-03-01 01:00 UTC, at 3 planned times"),
        (Crawls(fruitless=health.FAILED_RUNS), SourceState.LATE, "No crawl ended well yet"),
        (Crawls(good=crawl(1), fruitless=9, running=crawl(2)), SourceState.OK, "running since"),
        (Crawls(good=crawl(1), next_run=NOON), SourceState.OK, "ended well"),
        (Crawls(good=crawl(1), next_run=NOON - health.GRACE), SourceState.OK, "ended well"),
        (Crawls(good=crawl(1), next_run=NOON - HOUR), SourceState.LATE, "due at 2026-03-01 11:00 UTC and did not begin"),
        (Crawls(running=crawl(1), next_run=NOON - HOUR), SourceState.LATE, "did not begin"),
        (Crawls(bad=crawl(2), first_bad=crawl(2), dropped=True), SourceState.IDLE, "no longer"),
    ],
)  # fmt: skip
def test_a_source_is_judged_by_its_newest_runs_and_the_clocks_plan(
    crawls: Crawls, state: SourceState, words: str
) -> None:
    said, sentence = judge_source(crawls, NOON)
    assert said is state
    assert words in sentence


def test_the_ledger_tells_since_when_a_source_fails_and_when_it_recovers(archive: Archive) -> None:
    assert quayside(archive, NOON).state is SourceState.NEW
    run(archive, "ok", NOON)
    assert quayside(archive, NOON).state is SourceState.OK
    for hour in (1, 2, 3):
        run(archive, ("failed", "interrupted", "blocked")[hour - 1], NOON + hour * HOUR, f"Trouble {hour}.")
    source = quayside(archive, NOON + 4 * HOUR)
    assert (source.state, source.well) == (SourceState.FAILING, False)
    assert source.failing_since == to_text(NOON + HOUR)
    assert source.last_good == to_text(NOON)
    assert "Trouble 3." in source.sentence
    run(archive, "partial", NOON + 4 * HOUR)
    source = quayside(archive, NOON + 5 * HOUR)
    assert (source.state, source.failing_since) == (SourceState.OK, None)
    run(archive, None, NOON + 5 * HOUR)
    assert quayside(archive, NOON + 5 * HOUR).running_since == to_text(NOON + 5 * HOUR)


def test_planned_times_that_come_to_nothing_make_a_source_late_but_not_those_of_a_long_run(
    archive: Archive,
) -> None:
    run(archive, "ok", NOON)
    during = [NOON + minutes * timedelta(minutes=1) for minutes in (5, 10, 15, 20)]
    archive.runs.note("quayside", during, "overlapped", "a crawl was under way.", NOON)
    assert quayside(archive, NOON + HOUR).state is SourceState.OK
    after = [NOON + HOUR * hours for hours in (1, 2, 3)]
    archive.runs.note("quayside", after, "missed", "nothing ran.", NOON + 4 * HOUR)
    assert quayside(archive, NOON + 4 * HOUR).state is SourceState.LATE


def test_a_clock_that_stands_still_is_noticed_and_a_source_it_leaves_out_is_not(archive: Archive) -> None:
    run(archive, "failed", NOON)
    checks.plan(archive.db, "uplands", "@hourly", NOON + HOUR)
    told = health.archive_health(archive, NOON)
    assert {source.name: source.state for source in told.sources} == {
        "quayside": SourceState.IDLE,
        "uplands": SourceState.NEW,
    }
    assert told.ok
    told = health.archive_health(archive, NOON + 2 * HOUR)
    assert not told.ok
    assert "uplands: A crawl was due" in told.troubles[0]
    checks.plan_only(archive.db, ["quayside"])
    assert {source.next_run for source in health.archive_health(archive, NOON).sources} == {None}


def test_damage_that_a_check_found_and_a_disk_that_is_nearly_full_are_troubles(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks.note_check(archive.db, "integrity", NOON, ok=True, sentence="Sound.")
    assert health.archive_health(archive, NOON).ok
    checks.note_check(archive.db, "integrity", NOON + HOUR, ok=False, sentence="A page is damaged.")
    told = health.archive_health(archive, NOON)
    assert told.troubles == ("A page is damaged.",)
    assert [(check.at, check.ok) for check in told.checks] == [(to_text(NOON + HOUR), False)]
    monkeypatch.setattr(health, "LEAST_FREE", 2**62)
    assert "MB left" in health.archive_health(archive, NOON).troubles[1]


def test_the_sums_over_the_ledger_follow_every_change_of_it(archive: Archive) -> None:
    run(archive, "ok", NOON, articles_new=3)
    run(archive, "ok", NOON + HOUR, articles_new=4, gone=1)
    run(archive, None, NOON + 2 * HOUR)
    again = archive.runs.begin("quayside", "schedule", NOON + 3 * HOUR)
    archive.runs.settle(again, "failed", "It hung.", NOON + 4 * HOUR)
    archive.db.execute("UPDATE runs SET outcome = 'blocked' WHERE id = ?", [again])
    totals = {row["outcome"]: row for row in archive.db.query("SELECT * FROM run_totals")}
    counted = archive.db.query(
        "SELECT outcome, count(*) AS runs, sum(requests) AS requests, sum(articles_new) AS articles_new,"
        " sum(gone) AS gone, sum(strftime('%s', ended_at) - strftime('%s', started_at)) AS seconds"
        " FROM runs WHERE outcome IS NOT NULL GROUP BY outcome"
    )
    for row in counted:
        total = totals.pop(row["outcome"])
        assert {name: total[name] for name in row} == row
    assert [row["runs"] for row in totals.values()] == [0], "a failure that was none after all"


# -- the command ----------------------------------------------------------------------------------


def status(path: Path, *options: str) -> Result:
    config = path.with_name("backissue.toml")
    config.write_text("[sources.quayside]\nurl = 'http://127.0.0.1'\n", encoding="utf-8")
    return CliRunner().invoke(main, ["--config", str(config), "status", *options], prog_name="backissue")


def test_the_status_is_a_table_with_sentences_and_a_code_for_monitoring(
    archive: Archive, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(archive, "ok", NOON, "3 new articles.")
    checks.note_check(archive.db, "backup", NOON, ok=True, sentence="All of it is in /backups.")
    well = status(path)
    assert well.exit_code == 0
    assert "quayside  ok" in well.stdout
    assert "ended well. 3 new articles." in well.stdout
    assert "Backup, 2026-03-01 12:00 UTC: All of it is in /backups." in well.stdout
    run(archive, "failed", NOON + HOUR, "No list of articles\x1b[2J could be read.")
    ill = status(path)
    assert ill.exit_code == 3
    assert "quayside  FAILING" in ill.stdout
    assert "quayside: The crawl of 2026-03-01 13:00 UTC failed. No list of articles" in ill.stdout
    assert "\x1b" not in ill.output
    assert "free on the disk." in ill.stdout
    monkeypatch.setattr(health, "LEAST_FREE", 2**62)
    assert "free on the disk, too little." in status(path).stdout
    value = json.loads(status(path, "--json").stdout)
    assert (value["ok"], value["sources"][0]["state"]) == (False, "failing")


# -- over HTTP ------------------------------------------------------------------------------------


def test_the_health_page_says_the_same_as_the_command_and_by_its_status(archive: Archive, path: Path) -> None:
    run(archive, "ok", NOON)
    room = Room(path)
    well = room.get("/-/health")
    assert (well.status_code, well.json()["ok"]) == (200, True)
    assert well.headers["content-type"] == "application/json; charset=utf-8"
    assert well.headers["cache-control"] == "no-store"
    run(archive, "failed", NOON + HOUR, "No list.")
    ill = room.get("/-/health")
    assert ill.status_code == 503
    command = json.loads(status(path, "--json").stdout)
    assert {**ill.json(), "at": 0, "files": 0} == {**command, "at": 0, "files": 0}


def test_the_metrics_are_what_prometheus_reads(archive: Archive, path: Path) -> None:
    run(archive, "ok", NOON, articles_new=3)
    run(archive, "failed", NOON + HOUR)
    answer = Room(path).get("/-/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["backissue_healthy",] == 0
    assert found["backissue_source_state", "failing", "quayside"] == 1
    assert found["backissue_source_state", "ok", "quayside"] == 0
    assert found["backissue_last_success_timestamp_seconds", "quayside"] == NOON.timestamp()
    assert ("backissue_last_success_timestamp_seconds", "uplands") not in found
    assert found["backissue_runs_total", "ok", "quayside"] == 1
    assert found["backissue_requests_total", "quayside"] == 10
    assert found["backissue_articles_new_total", "quayside"] == 3
    assert found["backissue_run_seconds_total", "quayside"] == 3600
    rows = archive.db.execute("SELECT count(*) FROM articles WHERE source = 'quayside'").fetchone()
    assert found["backissue_articles", "quayside"] == rows[0]
    assert found["backissue_removed", "article", "quayside"] == 1
    assert found["backissue_problems", "no-text", "quayside"] == 1
    assert found["backissue_missing", "quayside"] == 3
    assert ("backissue_missing", "uplands") not in found, "never verified"
    assert found["backissue_oldest_proof_timestamp_seconds", "quayside"] == instant(made.SEEN).timestamp()
    assert found["backissue_file_bytes", "archive"] == path.stat().st_size
    negotiated = Room(path).get("/-/metrics", headers={"accept": "application/openmetrics-text"})
    assert negotiated.headers["content-type"].startswith("application/openmetrics-text")
    assert negotiated.text.endswith("# EOF\n")


def test_health_answers_while_a_crawl_writes(archive: Archive, path: Path) -> None:
    room, stop = Room(path), threading.Event()

    def write() -> None:
        with sqlite3.connect(path, isolation_level=None, timeout=PATIENCE) as connection:
            while not stop.is_set():
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("UPDATE articles SET comment_count = comment_count + 1")
                connection.execute("COMMIT")
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        answers = [room.get(page).status_code for page in ("/-/health", "/-/metrics") * 10]
    finally:
        stop.set()
        writer.join()
    assert set(answers) == {200}


def test_an_archive_that_cannot_be_read_or_is_not_there_yet_is_not_well(tmp_path: Path) -> None:
    blank = tmp_path / "archive.db"
    blank.touch()
    waiting = Room(blank).get("/-/health")
    assert (waiting.status_code, waiting.json()["ok"]) == (503, False)
    older = made.empty(tmp_path / "older.db")
    with sqlite3.connect(older) as connection:
        connection.execute("DROP TABLE checks")
    connection.close()
    for page in ("/-/health", "/-/metrics"):
        answer = Room(older).get(page)
        assert answer.status_code == 503
        assert "cannot be read" in answer.text


def test_who_may_not_read_the_archive_may_not_ask_how_it_is(path: Path) -> None:
    room = Room(path, metadata={"allow": {"id": "editor"}})
    assert room.get("/-/health").status_code == room.get("/-/metrics").status_code == 403


def test_what_is_asked_every_few_seconds_is_counted_by_indexes_made_for_it(archive: Archive) -> None:
    plan = [row[3] for row in archive.db.execute(f"EXPLAIN QUERY PLAN {health._SOURCES}").fetchall()]
    steps = [step for step in plan if step.startswith(("SCAN", "SEARCH"))]
    assert "USING INDEX sqlite_autoindex_sources_1" in steps.pop(0)
    used = (
        "articles_held",
        "articles_unread",
        "comments_removed",
        "articles_source_published",
        "problems_open",
    )
    assert all(any(f"INDEX {index} (source=?)" in step for index in used) for step in steps), steps


# -- the clock ------------------------------------------------------------------------------------


def test_a_clock_that_was_killed_is_seen_by_all_who_ask(tmp_path: Path) -> None:
    with SampleSite(articles=2, comments=0) as site:
        (tmp_path / "backissue.toml").write_text(
            f"[sources.town]\nurl = '{site.url}'\ndelay = 0\nschedule = '@daily'\n", encoding="utf-8"
        )
        clock = subprocess.Popen(
            [sys.executable, str(PROGRAM), "schedule"], cwd=tmp_path, stderr=subprocess.DEVNULL
        )
        try:
            until(
                lambda: (tmp_path / "archive.db").exists() and outcome(tmp_path / "archive.db"),
                "it has crawled",
            )
        finally:
            clock.kill()
            clock.wait()
    room = Room(tmp_path / "archive.db")
    (source,) = room.get("/-/health").json()["sources"]
    assert (source["state"], source["schedule"]) == ("ok", "@daily")
    due = datetime.fromisoformat(source["next_run"])
    assert (due.hour, due.minute) == (0, 0)
    with Archive.open(tmp_path / "archive.db") as archive:
        assert health.archive_health(archive, due).ok
        (late,) = health.archive_health(archive, due + HOUR).sources
        assert (late.state, late.sentence[:19]) == (SourceState.LATE, "A crawl was due at ")


def outcome(path: Path) -> object:
    with sqlite3.connect(path) as connection:
        try:
            found = connection.execute("SELECT outcome FROM runs WHERE outcome IS NOT NULL").fetchone()
        except sqlite3.OperationalError:  # the schema is just being made
            return None
        finally:
            connection.rollback()
    connection.close()
    return found
