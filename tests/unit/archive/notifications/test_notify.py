"""Who is told what, and when: on a real archive, by the real library, at a webhook on the loopback."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.core.errors import ConfigError
from archive.core.locks import hold
from archive.notifications.saved_searches import SavedSearch
from archive.storage import checks
from archive.storage.archive import Archive
from crawler.config import config
from crawler.config.keys.notify_keys import Notify
from crawler.daemon.notifier import RETRY_DELAY, SEND_TIMEOUT, Notifier
from crawler.notifications.sender import SendResult, send_due, services
from crawler.schedule.cron import parse_schedule
from scheduler import main
from tests.builders import fixtures_archive as made
from tests.builders.crawling import PROGRAM, Crawls
from tests.builders.patience import PATIENCE, until
from tests.builders.webhook import Webhook
from tests.fakesite import SampleSite, Status
from tests.paths import BUILDERS
from tests.unit.archive.queries.test_health import run

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAILY = parse_schedule("0 8 * * * Europe/Berlin")
FERRY = SavedSearch(name="ferry", query='ferry "lower quay"')


@dataclass
class Desk:
    """An archive and the addresses that are told of it; each look opens it anew, as a process does."""

    path: Path
    hooks: list[Webhook]
    options: dict[str, object] = field(default_factory=dict)

    def look(self, hours: float, **options: object) -> SendResult:
        wanted = Notify(**{**self.options, **options})
        with Archive.open(self.path) as archive:
            return send_due(archive, wanted, services([hook.url for hook in self.hooks]), NOON + hours * HOUR)

    def run(self, outcome: str, hours: float, sentence: str = "") -> None:
        with Archive.open(self.path) as archive:
            run(archive, outcome, NOON + hours * HOUR, sentence)

    def sql(self, *statements: str) -> None:
        with Archive.open(self.path) as archive:
            for statement in statements:
                archive.db.execute(statement)

    def article(self, number: int, title: str, text: str | None) -> None:
        with Archive.open(self.path) as archive:
            archive.db.execute(
                "INSERT INTO articles (id, source, post_id, url, title, text, first_seen, changed_at)"
                " VALUES (?, 'quayside', ?, ?, ?, ?, '2026-03-01T00:00:00Z', '2026-03-01T00:00:00Z')",
                [number, number, f"https://quayside.example/{number}", title, text],
            )

    def comment(self, article: int, text: str, author: str = "Marten") -> None:
        with Archive.open(self.path) as archive:
            archive.db.execute(
                "INSERT INTO comments (article_id, source, key, kind, author, text, first_seen, changed_at)"
                " VALUES (?, 'quayside', hex(randomblob(8)), 'comment', ?, ?, '2026-03-01T00:00:00Z',"
                " '2026-03-01T00:00:00Z')",
                [article, author, text],
            )


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with Webhook() as hook:
        yield hook


@pytest.fixture
def desk(tmp_path: Path, hook: Webhook) -> Desk:
    fill = made.Filler(tmp_path / "archive.db")
    fill.article(1, NOON)
    fill.finish()
    return Desk(tmp_path / "archive.db", [hook])


# -- is all well? ---------------------------------------------------------------------------------


def test_a_failure_is_told_once_and_so_is_its_end(desk: Desk, hook: Webhook) -> None:
    desk.run("ok", 0)
    assert desk.look(1) == SendResult(0, ())
    for hours in (1, 2, 3):
        desk.run("failed", hours, "No list of articles\x1b[2J could be read.")
        desk.look(hours + 0.5)
    assert hook.titles == ["quayside is failing"]
    assert "The crawl of 2026-03-01 13:00 UTC failed. No list of articles" in hook.messages[0]["message"]
    assert "\x1b" not in hook.messages[0]["message"]
    assert hook.messages[0]["type"] == "failure"
    desk.run("ok", 4)
    desk.look(5)
    for hours, outcome in ((5.1, "failed"), (5.3, "ok"), (5.5, "failed"), (5.7, "ok")):
        desk.run(outcome, hours)
        desk.look(hours + 0.1)
    assert hook.titles[1:] == ["quayside has recovered"]
    desk.run("failed", 5.9)
    desk.look(5.95)
    desk.look(6)
    assert hook.titles[2:] == ["quayside is failing"], "what lasts is told"
    assert "It had been failing since 2026-03-01 13:30 UTC." in hook.messages[1]["message"]
    assert hook.messages[1]["type"] == "success"


def test_a_clock_that_stands_still_a_check_a_full_disk_and_thin_pages_are_told_too(
    desk: Desk, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.look(0)
    with Archive.open(desk.path) as archive:
        checks.plan(archive.db, "quayside", "@hourly", NOON)
        checks.plan(archive.db, "uplands", "@hourly", NOON + 9 * HOUR)
        checks.note_check(archive.db, "backup", NOON, ok=False, sentence="A page is damaged.")
    monkeypatch.setattr("archive.queries.health.LEAST_FREE", 2**62)
    monkeypatch.setattr("archive.queries.health.alarm", lambda *_: "Half of the pages gave no text.")
    desk.look(1)
    desk.look(2)
    assert hook.titles == [
        "quayside is late",
        "quayside: pages yield less than before",
        "uplands: pages yield less than before",
        "The check “backup” failed",
        "The disk is nearly full",
    ]


def test_what_could_not_be_sent_is_owed_to_that_address_alone(desk: Desk, hook: Webhook) -> None:
    with Webhook() as other:
        desk.hooks.append(other)
        desk.run("failed", 0)
        hook.status = 500
        assert desk.look(1) == SendResult(1, ("json",))
        assert (hook.refused, other.titles) == (1, ["quayside is failing"])
        hook.status = 200
        assert desk.look(2) == SendResult(1, ())
        assert (hook.titles, other.titles) == (["quayside is failing"], ["quayside is failing"])


def test_a_message_that_a_service_refuses_holds_up_no_other(desk: Desk, hook: Webhook) -> None:
    desk.options = {"searches": (FERRY,), "digest": DAILY}
    desk.look(0)
    desk.article(501, "The ferry at the lower quay", "It leaves.")
    hook.status, hook.word = 400, "ferry"
    assert desk.look(24) == SendResult(1, ("json",))
    assert (hook.refused, hook.titles) == (1, ["Digest: 1 new article"])


def test_a_message_too_long_for_a_service_is_sent_in_parts_unless_its_address_says_otherwise() -> None:
    plain, cut = services(["discord://1234567890/sesame", "discord://1234567890/sesame?overflow=truncate"])
    assert plain.target.body_maxlen < 10_000
    assert [service.target.overflow_mode for service in (plain, cut)] == ["split", "truncate"]


# -- saved searches -------------------------------------------------------------------------------


def test_new_matches_are_told_once_with_the_way_to_them(desk: Desk, hook: Webhook) -> None:
    desk.options = {"searches": (FERRY,), "public_url": "https://archive.example.org/news"}
    desk.article(500, "The ferry at the Lower Quay", "An old story.")
    assert desk.look(0) == SendResult(0, ()), "what was there before the first look is not new"
    desk.article(501, "Tide tables", "The ferry leaves from the Lower Quay @everyone.")
    desk.article(502, "Nothing", "Neither of them.")
    desk.comment(502, "Is the ferry still at the lower quay?")
    desk.look(1)
    desk.look(2)
    assert hook.titles == ["ferry: 2 new matches"]
    told = hook.messages[0]["message"]
    assert "- Tide tables" in told
    assert "https://archive.example.org/news/article/501" in told
    assert "- a comment by Marten under Nothing" in told
    assert "news/search?q=ferry+%22lower+quay%22&sort=date" in told
    assert "@everyone" not in told, "nobody on the site can call our channel"


def test_an_article_is_matched_again_when_its_text_comes_but_told_once(desk: Desk, hook: Webhook) -> None:
    desk.options = {"searches": (SavedSearch(name="tram", query="tramway", source="quayside"),)}
    desk.article(600, "Listed before the first look", None)
    desk.look(0)
    desk.article(601, "Listed after it", None)
    desk.article(602, "The tramway", None)
    desk.look(1)
    assert hook.titles == ["tram: 1 new match"]
    assert "https://quayside.example/602" in hook.messages[0]["message"], (
        "unpublished, the site's own address"
    )
    desk.sql("UPDATE articles SET text = 'The tramway rusts.' WHERE id IN (600, 601, 602)")
    desk.look(2)
    desk.look(3)
    assert hook.titles == ["tram: 1 new match", "tram: 2 new matches"]
    assert "The tramway\n" not in hook.messages[1]["message"]


def test_of_very_many_matches_the_newest_are_named_and_all_are_counted(desk: Desk, hook: Webhook) -> None:
    desk.options = {"searches": (SavedSearch(name="gull", query="kittiwake"),)}
    desk.look(0)
    for number in range(30):
        desk.comment(1, f"Kittiwake number {number}.")
    desk.look(1)
    assert hook.titles == ["gull: 30 new matches"]
    assert hook.messages[0]["message"].count("- a comment by") == 10
    assert "And 20 more." in hook.messages[0]["message"]


def test_another_query_under_the_same_name_and_one_that_comes_back_begin_anew(
    desk: Desk, hook: Webhook
) -> None:
    desk.look(0, searches=(SavedSearch(name="a", query="kittiwake"),))
    desk.comment(1, "A kittiwake and a fulmar.")
    desk.look(1, searches=(SavedSearch(name="a", query="fulmar"),))
    desk.look(2, searches=(SavedSearch(name="a", query="kittiwake"),))
    assert hook.titles == []


def test_the_archive_is_published_and_holds_no_address_and_no_words_of_a_search(desk: Desk) -> None:
    desk.look(0, searches=(SavedSearch(name="whistle", query="blower"),))
    held = str(sqlite3.connect(desk.path).execute("SELECT * FROM notified").fetchall())
    assert "search " in held
    for secret in ("sesame", "127.0.0.1", "whistle", "blower"):
        assert secret not in held


# -- the digest -----------------------------------------------------------------------------------


def test_a_digest_tells_once_a_day_what_came_changed_and_went(desk: Desk, hook: Webhook) -> None:
    desk.options = {"digest": DAILY, "public_url": "https://archive.example.org"}
    assert desk.look(0) == SendResult(0, ())
    for number in (701, 702):
        desk.article(number, f"Story {number}", "Text.")
    for article in (702, 702, 701, 1):
        desk.comment(article, "Indeed.")
    event = "INSERT INTO events (at, kind, source, article_id, how) VALUES ('2026-03-01', '{}', '{}', 1, {})"
    desk.sql(
        event.format("edited", "quayside", "NULL"),
        event.format("edited", "uplands", "NULL"),
        event.format("removed", "quayside", "'removed'"),
        event.format("removed", "quayside", "'article gone'"),
    )
    desk.look(18.9)  # 06:54 UTC, 07:54 in Berlin
    assert hook.titles == []
    desk.look(19.1)
    desk.look(20)
    assert hook.titles == ["Digest: 2 new articles, 4 new comments, 2 silent edits, 1 removal"]
    told = hook.messages[0]["message"].splitlines()
    assert told[0] == "Since 2026-03-01 12:00 UTC."
    assert "uplands: 1 silent edit" in told
    talk = told.index("Most discussed:")
    assert told[talk + 1] == "- Story 702: 2 new comments https://archive.example.org/article/702"
    assert told[told.index("Edited:") + 1].endswith("https://archive.example.org/article/1/versions")
    assert told[-1] == "All changes: https://archive.example.org/changes"


def test_digest_of_a_redesign_names_it_once(desk: Desk, hook: Webhook) -> None:
    """An archive that was told before there were such events begins with those that come."""
    desk.look(0, digest=DAILY)
    desk.sql(
        "INSERT INTO source_events (at, source, kind, detail, articles) VALUES"
        " ('2026-03-01T13:00:00Z', 'quayside', 'redesign', '{}', 12)"
    )
    desk.look(24, digest=DAILY)
    desk.look(48, digest=DAILY)
    assert hook.titles == ["Digest: 1 change of a whole site"]
    assert "The site was redesigned: 12 articles" in hook.messages[0]["message"]
    desk.sql("UPDATE notified SET value = json_remove(value, '$.source_events')")
    desk.look(72, digest=DAILY)
    assert len(hook.titles) == 1


def test_a_day_without_anything_is_not_told_unless_that_is_wanted(desk: Desk, hook: Webhook) -> None:
    desk.look(0, digest=DAILY)
    desk.look(24, digest=DAILY)
    desk.article(701, "Story", "Text.")
    desk.look(30, digest=DAILY)
    assert hook.titles == [], "the next one is tomorrow's"
    desk.look(48, digest=DAILY)
    desk.look(72, digest=DAILY, empty_digest=True)
    assert hook.titles == ["Digest: 1 new article", "Digest: nothing new"]


def test_a_digest_that_could_not_be_sent_is_whole_the_next_time(desk: Desk, hook: Webhook) -> None:
    desk.look(0, digest=DAILY)
    desk.article(701, "Story", "Text.")
    hook.status = 503
    assert desk.look(24, digest=DAILY).failed == ("json",)
    desk.article(702, "Story", "Text.")
    hook.status = 200
    desk.look(25, digest=DAILY)
    assert hook.titles == ["Digest: 2 new articles"]


# -- beside the clock -----------------------------------------------------------------------------


@dataclass
class Looks:
    """The notifier with a clock of the test's, and processes that end as the test says."""

    now: datetime = NOON
    commands: list[list[str]] = field(default_factory=list)
    started: int = 0

    def launch(self) -> subprocess.Popen[bytes]:
        self.started += 1
        return subprocess.Popen(self.commands.pop(0) if self.commands else ["true"])

    def ended(self, notifier: Notifier) -> None:
        for child in notifier.children:
            child.wait(PATIENCE)
        notifier.step()


def test_it_looks_at_the_start_after_each_crawl_and_when_a_digest_is_due() -> None:
    looks = Looks()
    notifier = Notifier(parse_schedule("0 * * * *"), looks.launch, lambda: looks.now)
    notifier.step()
    notifier.ask()
    looks.ended(notifier)
    assert looks.started == 1, "one at a time"
    notifier.step()
    looks.ended(notifier)
    notifier.step()
    assert looks.started == 2
    looks.now += HOUR
    notifier.step()
    looks.ended(notifier)
    notifier.step()
    assert looks.started == 3


def test_a_look_that_failed_or_hangs_is_ended_and_made_again_soon() -> None:
    looks = Looks(commands=[["false"], ["sleep", "600"]])
    notifier = Notifier(None, looks.launch, lambda: looks.now)
    notifier.step()
    looks.ended(notifier)
    notifier.step()
    assert looks.started == 1
    looks.now += RETRY_DELAY
    notifier.step()
    looks.now += SEND_TIMEOUT + timedelta(seconds=1)
    notifier.step()
    assert (looks.started, notifier.children) == (2, [])
    looks.now += RETRY_DELAY
    notifier.step()
    looks.ended(notifier)
    assert looks.started == 3


def test_the_clock_tells_of_a_source_that_fails_and_is_not_held_up(tmp_path: Path, hook: Webhook) -> None:
    with SampleSite(articles=2, comments=0) as site:
        site.faults.add(Status(match="*", status=404))
        crawls = Crawls(tmp_path, site.url)
        crawls.command()
        with (tmp_path / "backissue.toml").open("a") as file:
            file.write('\n[notify]\nurls = ["${HOOK}"]\n')
        clockwork, log = BUILDERS / "clockwork.py", tmp_path / "log"
        with log.open("wb") as output:
            keeper = subprocess.Popen(
                [sys.executable, str(clockwork), str(tmp_path / "backissue.toml"), "2"],
                cwd=tmp_path,
                env={**os.environ, "HOOK": hook.url},
                stderr=output,
            )
        try:
            until(lambda: "json was notified: site is failing." in log.read_text(), log.read_text)
        finally:
            keeper.send_signal(signal.SIGTERM)
            code = keeper.wait(PATIENCE)
    assert code == 0, log.read_text()
    assert hook.titles == ["site is failing"], log.read_text()
    assert "sesame" not in log.read_text()


# -- the command and its configuration ------------------------------------------------------------


def written(folder: Path, text: str) -> Path:
    file = folder / "backissue.toml"
    file.write_text(text + "\n[sources.quayside]\nurl = 'http://127.0.0.1'\n", encoding="utf-8")
    return file


def program(file: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROGRAM), "--config", str(file), *words],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_command_tells_tests_and_never_shows_an_address(desk: Desk, hook: Webhook) -> None:
    word = hook.url.partition("reader:")[2]
    file = written(
        desk.path.parent, '[notify]\nurls = ["json://reader:${HOOK}", "JSON://127.0.0.1:1/sesame"]'
    )
    shown = []
    desk.run("failed", 0)
    shown.append(program(file, "notify", HOOK=word))
    assert shown[-1].returncode == 3
    assert "json 2 could not be notified" in shown[-1].stderr
    shown.append(program(file, "notify", "--test", HOOK=word))
    assert shown[-1].returncode == 3
    assert hook.titles[1:] == ["A test"]
    with hold(desk.path, "notify"):
        shown.append(program(file, "notify", HOOK=word))
        assert shown[-1].returncode == 4
    file = written(desk.path.parent, '[notify]\nurls = ["json://reader:${HOOK}"]')
    shown.append(program(file, "notify", HOOK=word))
    assert (shown[-1].returncode, shown[-1].stderr) == (0, "No new notifications.\n")
    shown.append(program(file, "notify", "--quiet", HOOK=word))
    assert shown[-1].stderr == ""
    shown.append(program(file, "schedule"))
    assert shown[-1].returncode == 1
    assert "notify.urls needs $HOOK" in shown[-1].stderr
    assert "sesame" not in "".join(done.stdout + done.stderr for done in shown)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("[notify]\nurl = 'x'", ["notify.url: expected one of urls", "did you mean “urls”?"]),
        ("[notify]\nurls = ['secret']", ["notify.urls: expected a list of URLs", "at place 1"]),
        ("[notify]\ndigest = '0 25 * * *'", ["notify.digest: expected five crontab fields", "the hour “25”"]),
        ("[notify]\nempty_digest = 1", ["notify.empty_digest: expected true or false; found the number 1"]),
        ("[searches.a]", ["searches.a.query: expected a query as in the search box; found nothing"]),
        ("[searches.a]\nquery = '--'", ["searches.a.query", "it contains nothing to search for"]),
        ("[searches.a]\nquery = 'x'\nsource = 'quaysid'", ["searches.a.source", "did you mean “quayside”?"]),
        ("public_url = 'archive.example.org'", ["public_url: expected the URL of the published archive"]),
        ("public_url = 'https://me:secret@example.org'", ["public_url", "//…@example.org"]),
    ],
)
def test_what_cannot_be_is_refused_and_no_secret_repeated(
    tmp_path: Path, text: str, sentences: list[str]
) -> None:
    with pytest.raises(ConfigError) as refused:
        config.load_config(written(tmp_path, text))
    for sentence in sentences:
        assert sentence in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(("address", "kind"), [("slack://sesame", "slack"), ("sesame", r"\?")])
def test_an_address_that_no_service_understands_is_refused_without_repeating_it(
    address: str, kind: str
) -> None:
    with pytest.raises(ConfigError, match=rf"at place 1 \({kind}://…\)") as refused:
        services([address])
    assert "sesame" not in str(refused.value)


def test_a_saved_search_can_be_made_by_hand(desk: Desk) -> None:
    desk.article(800, "Of kittiwakes", "And of fulmars.")
    desk.article(801, "Of kittiwakes alone", "Nothing else.")
    file = written(desk.path.parent, "[searches.birds]\nquery = 'kittiwake'\nsource = 'quayside'")

    def search(*words: str) -> Result:
        return CliRunner().invoke(main, ["--config", str(file), "search", *words], prog_name="backissue")

    found = json.loads(search("--saved", "birds", "--json").stdout)
    assert sorted(hit["id"] for hit in found["hits"]) == [800, 801]
    found = json.loads(search("--saved", "birds", "fulmar", "--json").stdout)
    assert [hit["id"] for hit in found["hits"]] == [800]
    assert "did you mean “birds”?" in search("--saved", "bird").stderr
    assert "Give WORDS" in search().stderr
