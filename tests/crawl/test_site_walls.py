"""Walls before a whole site, new or archived before: named everywhere, and nothing of them kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.notifications.conditions import conditions
from archive.queries import health
from archive.storage.archive import Archive
from tests.builders.crawling import Crawls
from tests.builders.site_walls import CASES, Walled, robots
from tests.crawl.test_identity_crawl import make_due
from tests.fakesite import SampleSite

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


def test_verification_names_the_wall(site, archived):
    forget(archived)
    wall = site.faults.add(Walled(reply=CASES["Akamai"].reply))
    done = archived.program("verify")
    site.faults.remove(wall)
    assert CASES["Akamai"].says in done.stdout + done.stderr
