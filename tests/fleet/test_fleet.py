"""Fleets of workers that are killed, hung and cut off: each source has one at a time, and loses nothing.

`make storm STORMS=60` does it more often than the suite.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from archive.core.timestamps import instant
from archive.storage.archive import Archive
from tests.builders.crawling import Crawls
from tests.builders.patience import PATIENCE
from tests.fleet.workers import LEASE, Fleet

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]

STORMS = int(os.environ.get("BACKISSUE_STORMS", "1"))
DEEDS = 8  # disturbances of one storm
CONTENT = (
    "SELECT url, title, byline, text, markdown, published, modified, comment_count FROM articles ORDER BY 1",
    "SELECT a.url, c.key, p.key, c.kind, c.author, c.depth, c.text, c.html, c.published FROM comments c"
    " JOIN articles a ON a.id = c.article_id LEFT JOIN comments p ON p.id = c.parent_id ORDER BY 1, 2",
    "SELECT kind, count(*) FROM events GROUP BY kind ORDER BY kind",
    # Further pages of an article are not fetched again where REST gave its whole text.
    "SELECT url FROM visits WHERE url IN (SELECT url FROM articles) ORDER BY url",
    "SELECT (SELECT count(*) FROM article_versions), (SELECT count(*) FROM comment_versions)",
)


def content(archive: Path) -> list[list[tuple[object, ...]]]:
    with Archive.open(archive) as opened:
        return [opened.db.execute(sql).fetchall() for sql in CONTENT]


def undisturbed(fleet: Fleet, source: str) -> list[list[tuple[object, ...]]]:
    """The content of a source's archive, crawled by one process without a fleet."""
    folder = fleet.folder / f"plain-{source}"
    folder.mkdir()
    crawls = Crawls(folder, fleet.sites[source].url)
    crawls.crawl()
    return content(crawls.path)


def check_fence(fleet: Fleet) -> None:
    """Each publication is by who held the source, and who did not hold it sent no request."""
    for source, site in fleet.sites.items():
        states = fleet.states(source)
        claims = [(instant(state.at), state.holder) for state in states if state.holder]
        for before, after in pairwise(states):
            assert after.number == before.number + 1
            if after.holder is None:
                assert after.token == before.token, f"{source}: {after.number} is not by {before.holder}"
                assert before.holder is not None
        for visit in list(site.requests):
            earlier = [holder for at, holder in claims if at <= visit.at]
            agent = visit.headers.get("user-agent", "")
            assert earlier, f"{source} was fetched before anyone held it"
            assert f"{earlier[-1]}.example" in agent, (
                f"{source}: {agent} at {visit.at}, held by {earlier[-1]}"
            )


def check_archives(fleet: Fleet) -> None:
    for source in fleet.sites:
        folder = fleet.folder / f"copy-{source}"
        copied = fleet.run("copy", source, str(folder))
        assert copied.returncode == 0, copied.stderr
        found = content(folder / "archive.db")
        assert len(found[0]) > 10, "the whole site"
        assert found == undisturbed(fleet, source), source


def kill(fleet: Fleet, name: str) -> None:
    fleet.workers[name].kill()
    fleet.workers[name].wait()


def hang(fleet: Fleet, name: str) -> str:
    """Stop a worker amid its crawl until another one holds the source, and let it go on."""
    source = held_by(fleet, name)
    fleet.signal(name, signal.SIGSTOP)
    fleet.wait(lambda: fleet.newest(source).holder != name)
    fleet.signal(name, signal.SIGCONT)
    return source


def held_by(fleet: Fleet, name: str) -> str:
    """The source that a worker fetches; waits for it."""
    found: list[str] = []

    def fetches() -> bool:
        found[:] = [
            source
            for source, site in fleet.sites.items()
            if any(f"{name}.example" in visit.headers.get("user-agent", "") for visit in site.requests[-1:])
            and fleet.newest(source).holder == name
        ]
        return bool(found)

    fleet.wait(fetches)
    return found[0]


def is_complete(fleet: Fleet) -> bool:
    return all(fleet.newest(source).outcome.startswith("ok") for source in fleet.sites)


def test_killed_hung_and_cut_off_workers_lose_nothing(fleet: Fleet) -> None:
    fleet.start("one")
    held_by(fleet, "one")
    kill(fleet, "one")
    fleet.start("three", by_wire=True)
    source = held_by(fleet, "three")
    fleet.cut()
    fleet.start("two")
    held_by(fleet, "two")
    fleet.start("four")
    hang(fleet, "two")
    fleet.wait(lambda: fleet.newest(source).holder != "three")
    fleet.mend()
    fleet.wait(lambda: is_complete(fleet))
    shown = json.loads(fleet.run("status", "--json").stdout)
    assert {"two", "four"} <= {worker["name"] for worker in shown["workers"]}
    drained = fleet.run("drain", "two", "four")
    assert drained.returncode == 0, drained.stderr
    assert [fleet.workers[name].wait(PATIENCE) for name in ("two", "four")] == [0, 0]
    check_fence(fleet)
    check_archives(fleet)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (signal.SIGKILL, "The crawl process was killed from outside"),
        (signal.SIGSTOP, "The crawl process gave no sign of life for 2.1 seconds, so its worker ended it."),
    ],
    ids=["killed", "hung"],
)
def test_crawl_that_is_killed_or_hung_alone_is_published(
    fleet: Fleet, number: signal.Signals, sentence: str
) -> None:
    """Its worker is well: what the crawl saved stays, and the next slice goes on from there."""
    fleet.start("one")
    source = held_by(fleet, "one")
    fleet.wait(lambda: len(fleet.family("one")) == 2 and len(fleet.sites[source].requests) > 10)
    os.kill(fleet.family("one")[1], number)
    fleet.wait(lambda: fleet.newest(source).published)
    published = next(state for state in fleet.states(source) if state.published)
    assert published.outcome.startswith(f"failed: {sentence}"), published
    assert published.files
    fleet.wait(lambda: fleet.newest(source).outcome.startswith("ok"))
    check_fence(fleet)


@pytest.mark.parametrize("storm", range(STORMS))
def test_workers_disturbed_at_random_lose_nothing(fleet: Fleet, storm: int) -> None:
    """Again and again one is killed, hung or cut off, or its crawl is, until all sources are complete."""
    seed = storm + int(os.environ.get("BACKISSUE_STORM_SEED", time.time_ns() % 10**6))
    print(f"BACKISSUE_STORM_SEED={seed}")
    dice = random.Random(seed)
    names = [f"w{number}" for number in range(3)]
    for name in names:
        fleet.start(name, by_wire=name == "w2")
    for _ in range(DEEDS):
        if is_complete(fleet):
            break
        time.sleep(dice.uniform(1, 2 * LEASE))
        disturb(fleet, dice.choice(names), dice)
        revive(fleet)
    fleet.wait(lambda: revive(fleet) or is_complete(fleet))
    fleet.run("drain", "--all")
    assert [fleet.workers[name].wait(PATIENCE) for name in names] == [0, 0, 0]
    check_fence(fleet)
    check_archives(fleet)


def revive(fleet: Fleet) -> None:
    """Start a worker again whose very first connection was cut, as a supervisor does."""
    if fleet.workers["w2"].poll() == 1:
        assert re.search(r"cannot be (reached|used)", fleet.log()), fleet.log()
        fleet.start("w2", by_wire=True)


def disturb(fleet: Fleet, name: str, dice: random.Random) -> None:
    span = dice.uniform(0, 3 * LEASE)
    deed = dice.choice(("kill", "kill the crawl", "hang", "hang the crawl", "cut"))
    if deed == "kill":
        kill(fleet, name)
        fleet.start(name, by_wire=name == "w2")
    elif deed.endswith("crawl"):
        for pid in fleet.family(name)[1:]:
            os.kill(pid, signal.SIGKILL if deed.startswith("kill") else signal.SIGSTOP)
    elif deed == "hang":
        fleet.signal(name, signal.SIGSTOP)
        time.sleep(span)
        fleet.signal(name, signal.SIGCONT)
    else:
        fleet.cut()
        time.sleep(span)
        fleet.mend()
