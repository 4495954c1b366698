"""`init` on sites that are not WordPress, served on the loopback, and docs/platforms.md."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from pipeline.comments.systems import system_names
from pipeline.platforms.detection import PLATFORMS
from tests.builders.patience import PATIENCE
from tests.crawl.test_identity_crawl import served
from tests.paths import ROOT

HOME = """<html lang="en"><head><title>The Gazette</title><meta name="generator" content="Ghost 5.87">
<link rel="alternate" type="application/rss+xml" href="/rss/"></head><body>
<a href="/lamps/">Lamps</a></body></html>
"""
STORY = """<html lang="en"><head><title>Lamps</title>
<meta property="og:type" content="article"><link rel="canonical" href="http://{host}/lamps/">
<meta property="article:published_time" content="2024-05-01T06:00:00Z"></head><body>
<article><h1>Lamps</h1><p>The lamps of the
mole were lit at six.</p></article><script src="https://cdn.example/ghost/comments-ui@1/umd/comments-ui.min.js"
data-ghost-comments="https://gazette.example/"></script></body></html>"""
SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url>
<loc>http://{host}/lamps/</loc><lastmod>2024-05-01</lastmod></url></urlset>"""
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>The Gazette</title><item>
<title>Lamps</title><link>http://{host}/lamps/</link></item></channel></rss>"""


def program(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scheduler.py"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_ghost_is_named_and_crawled_with_its_problem(tmp_path: Path) -> None:
    """`init` says what can be proved; the crawl keeps the article, and names where its comments are."""
    answers = {"/": ("text/html", HOME)}
    with served(answers) as host:
        answers["/lamps/"] = ("text/html", STORY.format(host=host))
        answers["/sitemap.xml"] = ("application/xml", SITEMAP.format(host=host))
        answers["/rss/"] = ("application/rss+xml", FEED.format(host=host))
        done = program("init", f"http://{host}", "--name", "gazette", "--json", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        crawl = program("crawl", "gazette", folder=tmp_path)
        assert crawl.returncode == 0, crawl.stderr
    found = json.loads(done.stdout)["found"]
    assert found["platform"] == "Ghost 5.87"
    told = " ".join(found["notes"])
    assert "It runs on Ghost 5.87." in told
    assert "by its sitemap and its feed; what both omit cannot be proved" in told
    assert "kept by Ghost, outside of the site" in told
    assert "WordPress" not in told
    with closing(sqlite3.connect(tmp_path / "archive.db")) as db:
        assert db.execute("SELECT title FROM articles").fetchall() == [("Lamps",)]
        problems = [detail for (detail,) in db.execute("SELECT detail FROM problems")]
    assert [detail for detail in problems if "kept by Ghost" in detail]


def test_page_of_platforms_lists_all_that_is_known() -> None:
    page = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| ([^|]+?) \|", page, re.MULTILINE))
    assert {platform.name for platform in PLATFORMS} <= rows
    listed = page.split("## Comment systems")[1]
    assert [name for name in system_names() if name not in listed] == []
