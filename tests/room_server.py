"""Datasette as the tests of the pages use it: in this process for most, a real server for the browser."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datasette.app import Datasette
from datasette.plugins import pm

import archive.public as plugin
from archive import publish

ROOT = Path(__file__).parent.parent

if not pm.is_registered(plugin):
    pm.register(plugin, "backissue")


class Room:
    """A Datasette in this process; `get` asks it for a page."""

    def __init__(self, *paths: Path, settings: dict[str, Any] | None = None, **options: Any) -> None:
        self.datasette = Datasette(files=[str(path) for path in paths], settings=settings, **options)

    def get(self, path: str, **options: Any) -> Any:
        async def ask() -> Any:
            await self.datasette.invoke_startup()
            return await self.datasette.client.get(path, **options)

        return asyncio.run(ask())

    def text(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return str(answer.text)


@contextmanager
def serving(archive: Path, log: Path, **options: Any) -> Iterator[str]:
    """A real server on the loopback, started as `backissue serve` starts it; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = publish.command(archive, port=port, **options)
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
    try:
        address = publish.address(port=port, base_url=options.get("base_url", "/"))
        _wait(address, server, log)
        yield address.rstrip("/")
    finally:
        server.terminate()
        server.wait(10)


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(log.read_text())
