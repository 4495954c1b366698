"""Workers of a fleet as processes, on sites, a queue and a store of the loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from crawler.fleet.fence import Fence, FencedState
from crawler.fleet.shared_store import open_store
from tests.builders.patience import until
from tests.fakesite import SampleSite
from tests.fleet.engines import BUCKET, Wire, store_environment
from tests.paths import ROOT

LEASE = 3  # seconds


class Fleet:
    """Sites, engines and workers."""

    def __init__(self, folder: Path, sites: dict[str, SampleSite], queue: str, store_port: int) -> None:
        self.folder, self.sites, self.queue = folder, sites, queue
        self.wires = [Wire(int(queue.rpartition(":")[2].partition("/")[0])), Wire(store_port)]
        self.environ = {**os.environ, **store_environment(store_port)}
        self.cut_environ = {**os.environ, **store_environment(self.wires[1].port)}
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.store_url = f"s3://{BUCKET}/{folder.name}"
        self.delay, self.lease, self.timing = 0.25, f"{LEASE}s", "every = '1m'"
        self.contact = ""  # of all workers; by default each has its own, by which sites know it
        self.urls = {source: site.url for source, site in sites.items()}

    def config(self, name: str, queue: str) -> Path:
        contact = self.contact or f"https://{name}.example"
        lines = [f"contact = '{contact}'", "[fleet]", f"queue = '{queue}'"]
        lines += [f"store = '{self.store_url}'", f"lease = '{self.lease}'", "slice = '1h'"]
        for source, url in self.urls.items():
            lines += [f"[sources.{source}]", f"url = '{url}'", f"delay = {self.delay}", self.timing]
        path = self.folder / f"{name}.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    def command(self, name: str, *words: str, queue: str = "") -> list[str]:
        config = self.config(name, queue or self.queue)
        return [sys.executable, str(ROOT / "scheduler.py"), "--config", str(config), "fleet", *words]

    def start(self, name: str, *, by_wire: bool = False, slots: int = 1) -> None:
        queue = self.queue
        if by_wire:
            port = queue.rpartition(":")[2].partition("/")[0]
            queue = queue.replace(port, str(self.wires[0].port))
        words = ["work", "--name", name, "--slots", str(slots), "--folder", str(self.folder / "work")]
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

    def workers_shown(self) -> list[dict[str, Any]]:
        return list(json.loads(self.run("status", "--json").stdout)["workers"])

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

    def cut(self) -> None:
        for wire in self.wires:
            wire.cut()

    def mend(self) -> None:
        for wire in self.wires:
            wire.mend()

    def states(self, source: str) -> list[FencedState]:
        store = open_store(self.store_url)
        names = store.names(f"{source}/states")
        return [FencedState.from_json(store.read(f"{source}/states/{name}") or b"") for name in names]

    def newest(self, source: str) -> FencedState:
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
