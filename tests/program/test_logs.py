"""What the program says while it works: in two forms, in UTC, and without anybody's secrets."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.cli.console import VOICE
from archive.cli.log_format import as_text, format_json, masked
from tests.builders.crawling import PROGRAM
from tests.builders.patience import PATIENCE, free_port, until
from tests.fakesite import SampleSite, TooMany

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("asked http://reader:hunter2@site.example/a", "asked http://***@site.example/a"),
        ("asked https://reader:hunt@er2@site.example/a", "asked https://***@site.example/a"),
        ("https://site.example/?q=ida@x.example", "https://site.example/?q=ida@x.example"),
        ("https://site.example/@ida/1", "https://site.example/@ida/1"),
        ("https://site.example/back#access_token=a-b&n=1", "https://site.example/back#access_token=***&n=1"),
        ("https://site.example/#key-findings", "https://site.example/#key-findings"),
        ("GET /feed?token=abc123&page=2 gave 403", "GET /feed?token=***&page=2 gave 403"),
        ("https://site.example/?api_key=abc#top", "https://site.example/?api_key=***#top"),
        ("https://site.example/?access_token=a-b.c", "https://site.example/?access_token=***"),
        ("told slack://T0/B1/xyz and more", "told slack://*** and more"),
        ("“ftp://ida:word@x/y” cannot be archived", "“ftp://***@x/y” cannot be archived"),
        ("such as s3://bucket/archives", "such as s3://bucket/archives"),
        ("told mailtos://desk:hunter2@mail.example?to=a", "told mailtos://***"),
        ("https://hooks.slack.com/services/T0/B1/xyz", "https://hooks.slack.com/***"),
        ("https://api.telegram.org/bot123:abc/send", "https://api.telegram.org/bot***"),
        ("Authorization: Basic cmVhZGVyOmh1bnRlcjI=", "Authorization: ***"),
        ("{b'Set-Cookie': [b'session=abc']}", "{b'Set-Cookie': ***"),
        ("sent Bearer abcdefgh.ijkl-mnopq", "sent Bearer ***"),
        ("https://site.example/2009/07/key-findings/?page=2", "https://site.example/2009/07/key-findings/?page=2"),
        ("https://site.example/a?author=june&monkey=1", "https://site.example/a?author=june&monkey=1"),
        ("/2009/07/cookie-recipes/ and /bot-attacks/", "/2009/07/cookie-recipes/ and /bot-attacks/"),
        ("a basic error; the code is 7", "a basic error; the code is 7"),
    ],
)  # fmt: skip
def test_secrets_are_masked_and_nothing_else(text: str, shown: str) -> None:
    assert masked(text) == shown


def record(name: str, level: int, message: str, **more: object) -> logging.LogRecord:
    made = logging.LogRecord(name, level, __file__, 1, message, (), None)
    made.__dict__ |= {"created": 0.0, "process": 7, **more}
    return made


def test_a_line_of_the_log_has_its_time_in_utc_and_no_page_steers_the_terminal() -> None:
    line = as_text(record("crawler.fetch.offsite", logging.WARNING, "odd title \x1b[2J\nnext"))
    assert line == "1970-01-01T00:00:00Z WARNING crawler.fetch.offsite: odd title  [2J next"
    value = json.loads(format_json(record("crawler.fetch.offsite", logging.WARNING, "odd \x1b title\nnext")))
    assert value == {
        "time": "1970-01-01T00:00:00Z",
        "level": "warning",
        "logger": "crawler.fetch.offsite",
        "process": 7,
        "message": "odd   title\nnext",
    }


def test_what_the_program_says_to_a_person_stands_bare() -> None:
    assert as_text(record(VOICE, logging.INFO, "Looking at it …")) == "Looking at it …"
    value = json.loads(format_json(record(VOICE, logging.ERROR, "It is not there.", hint="Make it.")))
    assert (value["message"], value["hint"], value["level"]) == ("It is not there.", "Make it.", "error")


def crawl(
    folder: Path, site: SampleSite, *options: str, zone: str = "UTC"
) -> subprocess.CompletedProcess[str]:
    (folder / "backissue.toml").write_text(
        f"[sources.town]\nurl = '{site.url}'\ndelay = 0\n", encoding="utf-8"
    )
    return subprocess.run(
        [sys.executable, str(PROGRAM), *options, "crawl"],
        cwd=folder,
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_a_crawl_logs_as_json_in_utc_and_one_line_a_page_when_asked(tmp_path: Path) -> None:
    with SampleSite(articles=4, comments=6) as site:
        done = crawl(tmp_path, site, "--log-format", "json", "--log-level", "debug", zone="Asia/Kathmandu")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    pages = [line["message"].split()[2] for line in lines if line["logger"] == "pipeline.item_pipeline"]
    articles = [url for url in pages if "/archives/" in url]
    assert len(articles) == len(set(articles)) == 4
    assert all(re.fullmatch(TIME, line["time"]) for line in lines)
    now = datetime.now(UTC)
    assert all(abs(now - datetime.fromisoformat(line["time"])) < timedelta(minutes=5) for line in lines)


def test_a_warning_is_one_line_with_its_time_and_origin(tmp_path: Path) -> None:
    with SampleSite(articles=2, comments=0) as site:
        site.faults.add(TooMany(match="/archives/*", retry_after=3600))
        done = crawl(tmp_path, site)
    line, outcome = done.stderr.splitlines()
    assert outcome.startswith("town: blocked. ")
    assert re.match(rf"{TIME} WARNING crawler.fetch.retry: http://\S+ requests a wait of 3600 s", line)


def test_the_server_and_the_crawls_of_the_clock_log_in_the_same_form(tmp_path: Path) -> None:
    with SampleSite(articles=2, comments=0) as site:
        (tmp_path / "backissue.toml").write_text(
            f"[sources.town]\nurl = '{site.url}'\ndelay = 0\n", encoding="utf-8"
        )
        log = tmp_path / "log"
        with log.open("wb") as output:
            running = subprocess.Popen(
                [sys.executable, str(PROGRAM), "up", "--port", str(free_port())],
                cwd=tmp_path,
                env={**os.environ, "BACKISSUE_LOG_FORMAT": "json"},
                stdout=output,
                stderr=output,
            )
        try:
            until(
                lambda: b"Ctrl-C ends it" in log.read_bytes() and b"town: ok" in log.read_bytes(),
                log.read_text,
            )
        finally:
            running.terminate()
            running.wait(PATIENCE)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert len({line["process"] for line in lines}) >= 2
    assert {line["level"] for line in lines if "town: ok" in line["message"]} == {"info"}


def test_a_program_that_falls_over_says_so_in_the_same_form(tmp_path: Path) -> None:
    code = "from archive.cli import log_format as logs; logs.begin('json', None); open('http://a:b@c/none')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROGRAM.parent, capture_output=True, text=True, check=False
    )
    (line,) = done.stderr.splitlines()
    value = json.loads(line)
    assert (value["level"], "http://***@c" in value["message"]) == ("critical", True)
    assert "Traceback" in value["exception"]
    assert "a:b" not in line
