"""Fleets of workers that are killed, hung and cut off: each source has one at a time, and loses nothing.

`make fleet-storm MINUTES=60` does it for longer than the suite.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from archive.core.timestamps import instant
from archive.storage.archive import Archive
from crawler.fleet.fence import Fence, SourceState
from crawler.fleet.shared_store import open_store
from crawler.fleet.travelling_files import bring_files
from tests.builders.patience import until
from tests.fakesite import SampleSite
from tests.fleet.engines import BUCKET, Wire, object_store, postgresql, require_engines, store_environment
from tests.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

STORM_SECONDS = 60 * float(os.environ.get("BACKISSUE_STORM", "0"))
LEASE = 3
NAMES = ("oak", "elm", "ash", "fir")
CONTENT = (
    "SELECT url, title, text, published FROM articles ORDER BY url",
    "SELECT a.url, c.source_key, c.author, c.text, c.published FROM comments c JOIN articles a"
    " ON a.id = c.article_id ORDER BY 1, 2, 4",
    "SELECT kind, count(*) FROM events GROUP BY kind",
)


class Fleet:
    """Sites, engines and workers."""

    def __init__(self, folder: Path, sites: dict[str, SampleSite], queue: str, store_port: int) -> None:
        self.folder, self.sites, self.queue = folder, sites, queue
        self.wires = [Wire(int(queue.rpartition(":")[2].partition("/")[0])), Wire(store_port)]
        self.environ = {**os.environ, **store_environment(store_port)}
        self.cut_environ = {**os.environ, **store_environment(self.wires[1].port)}
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.store_url = f"s3://{BUCKET}/{folder.name}"

    def config(self, name: str, queue: str) -> Path:
        lines = [f"contact = 'https://{name}.example'", "[fleet]", f"queue = '{queue}'"]
        lines += [f"store = '{self.store_url}'", f"lease = '{LEASE}s'", "slice = '1h'"]
        for source, site in self.sites.items():
            lines += [f"[sources.{source}]", f"url = '{site.url}'", "delay = 0.25", "every = '1m'"]
        path = self.folder / f"{name}.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    def command(self, name: str, *words: str, queue: str = "") -> list[str]:
        config = self.config(name, queue or self.queue)
        return [sys.executable, str(ROOT / "scheduler.py"), "--config", str(config), "fleet", *words]

    def start(self, name: str, *, by_wire: bool = False) -> None:
        queue = self.queue
        if by_wire:
            port = queue.rpartition(":")[2].partition("/")[0]
            queue = queue.replace(port, str(self.wires[0].port))
        words = ["work", "--name", name, "--slots", "1", "--folder", str(self.folder / "work")]
        with (self.folder / "log").open("ab") as log:
            self.workers[name] = subprocess.Popen(
                self.command(name, *words, queue=queue),
                env=self.cut_environ if by_wire else self.environ,
                stdout=log,
                stderr=log,
            )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = self.command("desk", *words)
        return subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)

    def family(self, name: str) -> list[int]:
        """A worker's process and those of its crawls."""
        pid = self.workers[name].pid
        found = [pid]
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                number, _, rest = entry.read_text().partition(" ")
                if int(rest.rpartition(")")[2].split()[1]) == pid:
                    found.append(int(number))
        return found

    def signal(self, name: str, number: signal.Signals) -> None:
        for pid in self.family(name):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def states(self, source: str) -> list[SourceState]:
        store = open_store(self.store_url)
        names = store.names(f"{source}/states")
        return [SourceState.from_json(store.read(f"{source}/states/{name}") or b"") for name in names]

    def newest(self, source: str) -> SourceState:
        return Fence(open_store(self.store_url), source).newest()

    def log(self) -> str:
        return (self.folder / "log").read_text()[-5000:]

    def wait(self, true: Callable[[], object]) -> None:
        until(true, self.log)

    def end(self) -> None:
        for name in self.workers:
            self.signal(name, signal.SIGKILL)
        for worker in self.workers.values():
            worker.wait()


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[str, int]]:
    require_engines()
    with postgresql() as queue, object_store() as port:
        yield queue, port


@pytest.fixture
def fleet(engines: tuple[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    for name, value in store_environment(engines[1]).items():
        monkeypatch.setenv(name, value)
    with ExitStack() as opened:
        sites = {
            name: opened.enter_context(SampleSite(articles=20, comments=30, seed=seed, life=False))
            for seed, name in enumerate(NAMES, 1)
        }
        fleet = Fleet(tmp_path, sites, *engines)
        opened.callback(fleet.end)
        yield fleet


def content(archive: Path) -> list[list[tuple[object, ...]]]:
    with Archive.open(archive) as opened:
        return [opened.db.execute(sql).fetchall() for sql in CONTENT]


def undisturbed(fleet: Fleet, source: str) -> list[list[tuple[object, ...]]]:
    """The content of a source's archive, crawled by one process without a fleet."""
    folder = fleet.folder / f"plain-{source}"
    folder.mkdir()
    config = folder / "backissue.toml"
    config.write_text(f"[sources.{source}]\nurl = '{fleet.sites[source].url}'\ndelay = 0\n", encoding="utf-8")
    command = [sys.executable, str(ROOT / "scheduler.py"), "--config", str(config), "crawl", "--no-progress"]
    subprocess.run(command, check=True, capture_output=True)
    return content(folder / "archive.db")


def check_fence(fleet: Fleet) -> None:
    """No worker has sent a request to a source while another one held it."""
    for source, site in fleet.sites.items():
        claims = [(instant(state.at), state.holder) for state in fleet.states(source) if state.holder]
        for visit in list(site.requests):
            before = [holder for at, holder in claims if at <= visit.at]
            agent = visit.headers.get("user-agent", "")
            assert before, f"{source} was fetched before anyone held it"
            assert f"{before[-1]}.example" in agent, f"{source}: {agent} at {visit.at}, held by {before[-1]}"


def check_archives(fleet: Fleet) -> None:
    for source in fleet.sites:
        folder = fleet.folder / f"copy-{source}"
        bring_files(open_store(fleet.store_url), source, fleet.newest(source), folder, None)
        assert content(folder / "archive.db") == undisturbed(fleet, source), source


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
    for wire in fleet.wires:
        wire.cut()
    fleet.start("two")
    held_by(fleet, "two")
    fleet.start("four")
    hang(fleet, "two")
    fleet.wait(lambda: fleet.newest(source).holder != "three")
    for wire in fleet.wires:
        wire.mend()
    fleet.wait(lambda: is_complete(fleet))
    shown = json.loads(fleet.run("show", "--json").stdout)
    assert {"two", "four"} <= {worker["name"] for worker in shown["workers"]}
    drained = fleet.run("drain", "two", "four")
    assert drained.returncode == 0, drained.stderr
    assert [fleet.workers[name].wait(60) for name in ("two", "four")] == [0, 0]
    check_fence(fleet)
    check_archives(fleet)


@pytest.mark.skipif(not STORM_SECONDS, reason="`make fleet-storm` runs it, for as long as one wants")
def test_storm(fleet: Fleet) -> None:
    """Workers killed, hung and cut off at random, again and again."""
    dice = random.Random(time.time())
    names = [f"w{number}" for number in range(4)]
    for name in names:
        fleet.start(name, by_wire=name == "w3")
    ends = time.monotonic() + STORM_SECONDS
    while time.monotonic() < ends:
        time.sleep(dice.uniform(1, 3 * LEASE))
        name = dice.choice(names)
        deed = dice.choice(("kill", "hang", "cut"))
        if deed == "kill":
            kill(fleet, name)
            fleet.start(name, by_wire=name == "w3")
        elif deed == "hang":
            fleet.signal(name, signal.SIGSTOP)
            time.sleep(dice.uniform(0, 4 * LEASE))
            fleet.signal(name, signal.SIGCONT)
        else:
            for wire in fleet.wires:
                wire.cut()
            time.sleep(dice.uniform(0, 4 * LEASE))
            for wire in fleet.wires:
                wire.mend()
    fleet.wait(lambda: is_complete(fleet))
    fleet.run("drain", "--all")
    for worker in fleet.workers.values():
        worker.wait(120)
    check_fence(fleet)
    check_archives(fleet)
