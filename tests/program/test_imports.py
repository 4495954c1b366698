"""Commands load what they need, and not what others need: cron starts them, and people wait for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archive.files.raw_pages import Pages
from archive.storage.archive import Archive
from tests.bench.site import made_site
from tests.paths import ROOT

HEAVY = {
    *("scrapy", "twisted", "trafilatura", "datasette", "dateparser", "apprise"),
    *("aiohttp", "requests", "cryptography", "rich", "procrastinate", "psycopg", "obstore"),
    *("sqlite_utils", "dateutil", "pydantic", "tldextract", "jinja2", "uvicorn", "pyarrow"),
    *("w3lib", "lxml", "cssselect", "yaml", "warcio", "nh3", "asn1crypto", "http.client", "email"),
    *("archive.storage.archive", "archive.storage.page_writer", "archive.identity", "archive.changes"),
    *("archive.changes.differences", "archive.copies.wording"),
}
URLS = {"w3lib", "http.client", "email"}
READING = URLS | {"trafilatura", "lxml", "nh3", "dateutil", "cssselect", "archive.changes"}
FETCHING = READING - {"trafilatura"} | {"scrapy", "twisted", "cryptography"}
OF_READING = (
    "pipeline.article",
    "pipeline.comments",
    "pipeline.authors",
    "pipeline.dates",
    "trafilatura",
    "nh3",
)
OF_OTHERS = (
    *("archive.public", "archive.exports", "archive.search", "archive.shards", "archive.notifications"),
    *("archive.files.desk_store", "archive.files.desk_records", "archive.copies.update", "pipeline.imports"),
    *("crawler.audit", "crawler.spiders.verify", "crawler.probe", "crawler.render", "crawler.imports"),
    *("crawler.notifications", "crawler.fleet", "crawler.daemon.dispatcher", "apscheduler", "datasette"),
    *("scrapy.extensions.feedexport", "scrapy.extensions.telnet", "ftplib", "boto3", "aiohttp", "requests"),
)
"""What a crawl that finds nothing new does without: readers of pages, and the work of other commands."""
CODE = """
import sys
from click.testing import CliRunner
import scheduler
done = CliRunner().invoke(scheduler.main, sys.argv[1:], prog_name="backissue")
may_find_nothing = {"crawl", "show", "explain-schedule"} & set(sys.argv)
assert done.exit_code in ({1} if may_find_nothing else {0, 3}), done.output
print(*sorted(sys.modules))
"""
CRAWL = """
import sys
import scheduler
try:
    scheduler.main(sys.argv[1:], prog_name="backissue")
except SystemExit as ended:
    assert not ended.code
print(*sorted(sys.modules))
"""


@pytest.mark.parametrize(
    ("words", "may"),
    [
        (("--help",), set()),
        (("--version",), {"email"}),
        (("status",), set()),
        (("search", "ferry"), set()),
        (("show", "1"), set()),
        (("sources",), {"archive.storage.archive", "email"}),
        (("same-words",), {"archive.copies.wording"}),
        (("explain-schedule", "1"), URLS | {"archive.changes"}),
        (("redact", "--list"), {"archive.storage.archive"}),
        (("export", "jsonl"), {"email"}),
        (("export", "csv", "--joined"), {"email", "yaml"}),
        (("export", "sql"), {"email"}),
        (("seal",), {"archive.storage.archive", "cryptography", "email"}),
        (("publish", "--help"), {"archive.storage.archive", "w3lib", "email"}),
        (("fleet", "--help"), {"archive.storage.archive"}),
        (("explain", "page.html"), READING),
        (("crawl", "--no-progress"), FETCHING | {"archive.storage.archive", "archive.identity"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_loads_no_more_than_it_needs(tmp_path: Path, words: tuple[str, ...], may: set[str]) -> None:
    Archive.open(tmp_path / "archive.db").close()
    Pages.open(tmp_path / "pages.db").close()
    config = tmp_path / "backissue.toml"
    config.write_text('[sources.town]\nurl = "http://127.0.0.1:9"\nlimit = "1s"\n', encoding="utf-8")
    page = (
        "<html><title>A ferry</title><article><h1>A ferry</h1><p>It came late, and left early.</p></article>"
    )
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    command = [
        sys.executable,
        "-c",
        CODE,
        *(["--config", str(config)] if words[0] not in {"--version", "--help"} else []),
        *(str(tmp_path / word) if word == "page.html" else word for word in words),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(done.stdout.splitlines()[-1].split()) <= may


def test_a_crawl_that_finds_nothing_new_loads_no_reader(tmp_path: Path) -> None:
    config = tmp_path / "backissue.toml"
    with made_site(2) as url:
        config.write_text(f'[sources.town]\nurl = "{url}"\ndelay = 0\n', encoding="utf-8")
        command = [sys.executable, "-c", CRAWL, "--config", str(config), "crawl", "--no-progress"]
        for _ in range(2):
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
    sentence, modules = done.stdout.splitlines()
    assert sentence == "town: ok. Nothing new."
    loaded = modules.split()
    unwanted = [name for name in (*OF_READING, *OF_OTHERS) if name in loaded]
    assert unwanted == []
