"""Walls before a whole site, new or archived before: named everywhere, and nothing of them kept."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.notifications.conditions import conditions
from archive.queries import health
from archive.storage.archive import Archive
from tests.builders.crawling import Crawls
from tests.builders.room_server import Room
from tests.builders.site_walls import CASES, Walled, robots
from tests.crawl.test_identity_crawl import make_due
from tests.fakesite import SampleSite
from tests.fakesite.wire import page

MET = (
    "Cloudflare 403", "402 JSON", "WordPress login", "consent host", "maintenance 503", "robots for us",
    "parked",
)  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[SampleSite]:
    with SampleSite(articles=4, comments=4) as site:
        yield site


@pytest.fixture(scope="module")
def archived(site: SampleSite, tmp_path_factory: pytest.TempPathFactory) -> Crawls:
    crawls = Crawls(tmp_path_factory.mktemp("archived"), site.url)
    crawls.crawl()
    return crawls


def forget(crawls: Crawls) -> None:
    """Let all be due, robots.txt be read again, and no wait be left."""
    make_due(crawls)
    with Archive.open(crawls.path) as archive:
        archive.db.execute("DELETE FROM crawl_state WHERE name IN ('robots', 'wait_until', 'pause_until')")


@pytest.mark.parametrize("name", MET)
def test_wall_is_named_everywhere_and_nothing_is_kept(site, archived, tmp_path, name):
    case = CASES[name]
    wall = site.faults.add(Walled(reply=case.reply))
    first = Crawls(tmp_path, site.url)
    before = archived.content()
    forget(archived)
    asked = len(site.requests)
    for crawls in (first, archived):
        done = crawls.program("crawl")
        assert done.returncode == 3
        assert case.says in done.stderr
    site.faults.remove(wall)
    assert len(site.requests) - asked <= 2 * 15
    assert first.rows("SELECT * FROM articles") == []
    assert archived.content() == before
    assert archived.rows("SELECT * FROM events") == []
    told = json.loads(archived.program("status", "--json").stdout)["sources"][0]
    assert told["wall"] == case.kind
    assert told["surfaces"].startswith("No access since 20")
    assert case.says in told["surfaces"]
    for crawls in (first, archived):
        assert case.says in html.unescape(Room(crawls.path).text("/coverage"))


@pytest.mark.parametrize("name", ["Kasada", "Cloudflare 503", "DDoS-Guard"])
def test_wall_with_the_status_of_a_passing_error_is_asked_once(site, tmp_path, name):
    """No retry helps against it, so no URL is requested twice."""
    wall = site.faults.add(Walled(reply=CASES[name].reply))
    asked = len(site.requests)
    done = Crawls(tmp_path, site.url).program("crawl")
    site.faults.remove(wall)
    assert CASES[name].says in done.stderr
    targets = [request.target for request in site.requests[asked:]]
    assert len(targets) == len(set(targets))
    assert len(targets) <= 15


def noticed(path: Path) -> dict[str, bool]:
    """Return what notifications say of the source, and whether it is well."""
    with Archive.open(path) as archive:
        found = conditions(health.archive_health(archive, datetime.now(UTC)))
        return {
            each.good if each.well else each.bad: each.well for each in found if each.subject == "source site"
        }


def test_end_of_a_wall_is_told(site, archived):
    """After the walls of the other test, or after one of its own."""
    wall = site.faults.add(Walled(reply=CASES["Cloudflare 403"].reply))
    forget(archived)
    archived.program("crawl")
    site.faults.remove(wall)
    assert noticed(archived.path) == {"site is not open to this crawler (challenge)": False}
    before = archived.content()
    forget(archived)
    run = archived.crawl()
    assert (run.sentence or "").startswith("The site is open again; before that, no access since 20")
    assert archived.content() == before
    assert archived.rows("SELECT * FROM events") == []
    assert noticed(archived.path) == {"site has recovered": True}
    assert "No access" not in archived.program("status").stdout
    assert "open again" not in (archived.crawl().sentence or "")


def test_robots_for_ai_crawlers_alone_is_no_wall(site, tmp_path):
    rules = "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n"
    wall = site.faults.add(Walled(reply=robots(rules)))
    crawls = Crawls(tmp_path, site.url)
    assert crawls.crawl().outcome == "ok"
    site.faults.remove(wall)


def test_pages_refused_for_long_are_counted_in_status(site, tmp_path):
    """One that began to be refused today is not yet among them."""
    crawls = Crawls(tmp_path, site.url)
    crawls.crawl()
    urls = [str(row["url"]) for row in crawls.rows("SELECT url FROM articles ORDER BY id LIMIT 3")]
    paths = {url.removeprefix(site.url): status for url, status in zip(urls, (403, 451, 403), strict=True)}

    def refuse(request):
        status = paths.get(request.path)
        return None if status is None else page("No entry.", status)

    wall = site.faults.add(Walled(reply=refuse))
    for _ in range(2):
        forget(crawls)
        crawls.program("crawl")
    site.faults.remove(wall)
    assert "been refused" not in crawls.program("status").stdout
    with Archive.open(crawls.path) as archive:
        sql = "UPDATE problems SET first_seen = '2026-02-01T12:00:00Z' WHERE url IN (?, ?)"
        archive.db.execute(sql, urls[:2])
    said = (
        "2 pages have been refused for a week or longer (HTTP 403, 451),"
        " the first since 2026-02-01 12:00 UTC; what the archive has of them stays."
    )
    assert said in crawls.program("status").stdout
    assert said in html.unescape(Room(crawls.path).text("/coverage"))
    assert crawls.rows("SELECT * FROM events") == []
    forget(crawls)
    crawls.crawl()
    assert "been refused" not in crawls.program("status").stdout


def test_verification_names_the_wall(site, archived):
    forget(archived)
    wall = site.faults.add(Walled(reply=CASES["Akamai"].reply))
    done = archived.program("verify")
    site.faults.remove(wall)
    assert CASES["Akamai"].says in done.stdout + done.stderr
