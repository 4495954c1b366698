"""Many small sites in one process, each on a port of its own, whose articles are published at given times.

`python -m tests.scale.made_sites LOG` reads one JSON line with the times (seconds since the epoch) of each
site's articles, prints the ports, and ends with its standard input. LOG gets a line for each request: when,
which site, path, status.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tests.builders.theme import WORDS
from tests.paths import ROOT

Times = Sequence[Sequence[float]]
"""When the articles of each site are published, in seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that a site has received; `at` is in seconds since the epoch."""

    at: float
    site: int
    path: str
    status: int


class MadeSites:
    """The running sites: their URLs, what they were asked, and how more articles are announced."""

    def __init__(
        self, urls: Sequence[str], log: Path, say: Callable[[Sequence[Sequence[float]]], None]
    ) -> None:
        self.urls, self._log, self.publish = urls, log, say

    def requests(self) -> list[Request]:
        """Return all requests so far, in order."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        return [Request(**json.loads(line)) for line in lines]


@contextmanager
def made_sites(times: Times, log: Path) -> Iterator[MadeSites]:
    """Run a site for each list of times, in one process of its own."""
    command = [sys.executable, "-m", "tests.scale.made_sites", str(log)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        writer, reader = running.stdin, running.stdout
        if writer is None or reader is None:
            raise EOFError

        def say(found: Times) -> None:
            writer.write(f"{json.dumps(found)}\n")
            writer.flush()

        try:
            say(times)
            ports = json.loads(reader.readline())
            yield MadeSites([f"http://127.0.0.1:{port}" for port in ports], log, say)
        finally:
            running.kill()


class _Site:
    def __init__(self, number: int, times: list[float]) -> None:
        self.number, self.times, self.base = number, times, ""

    def answer(self, path: str) -> tuple[int, str, str]:
        """Return status, content type and body at a path."""
        shown = [(place, at) for place, at in enumerate(self.times) if at <= time.time()]
        paths = {f"/story/{place}/": (place, at) for place, at in shown}
        if path in paths:
            return 200, "text/html; charset=utf-8", self._page(*paths[path])
        if path == "/":
            return 200, "text/html; charset=utf-8", "<!doctype html><title>Gazette</title><h1>Gazette</h1>"
        if path == "/robots.txt":
            return 200, "text/plain", f"Sitemap: {self.base}/sitemap.xml\n"
        if path == "/sitemap.xml":
            entries = "".join(
                f"<url><loc>{self.base}/story/{place}/</loc><lastmod>{_iso(at)}</lastmod></url>"
                for place, at in shown
            )
            head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
            return 200, "application/xml", f"{head}{entries}</urlset>"
        return 404, "text/plain", "There is no such page."

    def _page(self, place: int, at: float) -> str:
        dice = Random(f"{self.number} {place}")
        title = f"{' '.join(dice.choices(WORDS, k=5)).title()} {self.number}"
        words = "".join(f"<p>{' '.join(dice.choices(WORDS, k=60)).capitalize()}.</p>" for _ in range(6))
        return (
            f'<!doctype html><html lang="en"><head><title>{title}</title>'
            f'<link rel="canonical" href="{self.base}/story/{place}/">'
            f'<meta property="og:title" content="{title}">'
            f'<meta property="article:published_time" content="{_iso(at)}"></head>'
            f'<body class="single-post"><article class="post"><h1 class="entry-title">{title}</h1>'
            f'<div class="entry-content">{words}</div></article></body></html>'
        )


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


async def _serve(log: Path) -> None:
    sites = [_Site(number, times) for number, times in enumerate(json.loads(sys.stdin.readline()))]
    with log.open("a", encoding="utf-8", buffering=1) as notes:
        ports = [await _open(site, notes.write) for site in sites]
        sys.stdout.write(f"{json.dumps(ports)}\n")
        sys.stdout.flush()
        while line := await asyncio.to_thread(sys.stdin.readline):
            for site, times in zip(sites, json.loads(line), strict=True):
                site.times += times


async def _open(site: _Site, note: Callable[[str], object]) -> int:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while asked := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                path, at = asked.split(" ", 2)[1], time.time()
                status, kind, text = site.answer(path)
                body = text.encode()
                head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                note(f"{json.dumps({'at': at, 'site': site.number, 'path': path, 'status': status})}\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    site.base = f"http://127.0.0.1:{port}"
    return port


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
