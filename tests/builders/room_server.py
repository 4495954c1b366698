"""Datasette as the tests of the pages use it: in this process for most, a real server for the browser."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datasette.app import Datasette
from datasette.plugins import pm

import archive.public as plugin
from archive.operations import serve
from archive.public.sql import stock
from tests.builders.patience import PATIENCE, free_port, until
from tests.builders.require import need
from tests.paths import ROOT

PLUGINS = ROOT / ".cache" / "plugins" / "bin" / "python"
UNHURRIED = {"sql_time_limit_ms": 60_000}  # no page is refused because the machine is busy

if not pm.is_registered(plugin):
    pm.register(plugin, "backissue")


class Room:
    """A Datasette in this process; `get` asks it for a page."""

    def __init__(self, *paths: Path, settings: dict[str, Any] | None = None, **options: Any) -> None:
        files = [str(path) for path in paths]
        self.datasette = Datasette(files=files, settings=UNHURRIED | (settings or {}), **options)
        OPEN.append(self)

    def get(self, path: str, **options: Any) -> Any:
        async def ask() -> Any:
            await self.datasette.invoke_startup()
            return await self.datasette.client.get(path, **options)

        return asyncio.run(ask())

    def text(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return str(answer.text)

    def close(self) -> None:
        """End its threads and worker processes, and close its databases."""
        stock.pool_of(self.datasette).close()
        if self.datasette.executor is not None:
            self.datasette.executor.shutdown()
        for database in self.datasette.databases.values():
            database.close()


OPEN: list[Room] = []
"""Rooms of the present module; `tests/conftest.py` closes them after it."""


def close_rooms() -> None:
    """Close all rooms: one process that runs all tests may not open more than 1,024 files."""
    while OPEN:
        OPEN.pop().close()


@contextmanager
def serving(archive: Path, log: Path, **options: Any) -> Iterator[str]:
    """A real server on the loopback, started as `backissue serve` starts it; gives its address."""
    port, unhurried = free_port(), {name: str(value) for name, value in UNHURRIED.items()}
    command = serve.command(archive, port=port, settings=unhurried, **options)
    address = serve.local_url(port=port, base_url=options.get("base_url", "/"))
    with _running(command, address, log) as base:
        yield base


@contextmanager
def serving_with_plugins(archive: Path, log: Path, **options: Any) -> Iterator[str]:
    """A real server on the loopback in the environment of `make plugins`; gives its address."""
    need("plugins", missing=[] if PLUGINS.is_file() else ["datasette-mcp"])
    port, unhurried = free_port(), {name: str(value) for name, value in UNHURRIED.items()}
    command = serve.command(archive, port=port, settings=unhurried, **options)
    with _running([str(PLUGINS), *command[1:]], serve.local_url(port=port), log) as base:
        yield base


@contextmanager
def serving_library(published: Path, log: Path) -> Iterator[str]:
    """The library of a folder, served by the program itself on the loopback; gives its address."""
    port = free_port()
    command = [sys.executable, str(ROOT / "scheduler.py"), "serve", str(published), "--port", str(port)]
    with _running(command, serve.local_url(port=port), log) as base:
        yield base


@contextmanager
def _running(command: list[str], address: str, log: Path) -> Iterator[str]:
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
    try:
        until(lambda: server.poll() is not None or _answers(address), log.read_text)
        assert server.poll() is None, log.read_text()
        yield address.rstrip("/")
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE):
            return True
    except OSError:
        return False
