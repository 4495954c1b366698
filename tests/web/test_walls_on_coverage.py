"""The coverage page names the wall before a whole site, of each kind, for a new archive and an old one."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.core.crawl_state import Closure, WallKind
from archive.core.records import Site
from archive.storage.archive import Archive
from archive.tables import crawl_states
from crawler.fetch.failures import RobotsRefusalError
from crawler.fetch.obstacles import Obstacles
from crawler.fetch.walls import HELP
from tests.builders import fixtures_archive as made
from tests.builders.room_server import Room
from tests.builders.site_walls import CASES
from tests.unit.crawler.fetch.test_obstacles import PATHS, ask

SINCE = datetime(2026, 3, 1, 12, tzinfo=UTC)


def met(name: str) -> Closure:
    """Return what a crawl records of a wall."""
    obstacles = Obstacles()
    if CASES[name].kind == "robots":
        refusal = RobotsRefusalError("Forbidden by robots.txt", "to every crawler")
        for kind in PATHS.values():
            obstacles.note_failure(refusal, kind)
    else:
        ask(obstacles, CASES[name].reply, PATHS)
    obstacle, sentence = obstacles.found or pytest.fail(f"{name} is no wall")
    return Closure(kind=obstacle.kind, sentence=sentence, since=SINCE)


@pytest.fixture(scope="module", params=["new", "old"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of nothing yet, and one of forty articles."""
    file = tmp_path_factory.mktemp("walls") / "news.db"
    if request.param == "old":
        return made.build(file, count=40)
    with Archive.open(file) as archive:
        archive.add_source(Site(name="gull", url="https://gull.example"), SINCE.isoformat())
    return file


@pytest.fixture(scope="module")
def room(path: Path) -> Room:
    return Room(path)


def words_of(page: str) -> str:
    """Return the text of a page on one line."""
    return " ".join(html.unescape(re.sub("<[^>]*>", "", page)).split())


@pytest.mark.parametrize("name", CASES)
def test_coverage_page_names_the_wall(path: Path, room: Room, name: str) -> None:
    closure = met(name)
    with Archive.open(path) as archive:
        [(source,)] = archive.db.execute("SELECT name FROM sources LIMIT 1").fetchall()
        before = crawl_states.load(archive.db, source)
        crawl_states.save_state(archive.db, source, before, replace(before, closure=closure))
        archive.db.conn.commit()
    shown = words_of(room.text("/coverage"))
    head = f"{closure.state.capitalize()} since 2026-03-01 12:00 UTC: "
    assert head + " ".join(closure.sentence.split()) in shown
    assert CASES[name].says in shown
    assert HELP[WallKind(CASES[name].kind)] in shown
    with Archive.open(path) as archive:
        crawl_states.save_state(archive.db, source, replace(before, closure=closure), before)
        archive.db.conn.commit()
    assert "since 2026-03-01" not in words_of(room.text("/coverage"))
