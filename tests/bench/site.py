"""A made site on the loopback that costs next to nothing: pages are made and packed before the first request.

`python -m tests.bench.site PAGES` prints its URL, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.builders.theme import Theme
from tests.paths import ROOT

_FRONT = "<!DOCTYPE html><html lang='en'><title>The Gazette</title><body><h1>The Gazette</h1></body></html>"


@contextmanager
def made_site(pages: int) -> Iterator[str]:
    """Run the site in a process of its own; yield its URL."""
    command = [sys.executable, "-m", "tests.bench.site", str(pages)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        if running.stdout is None:
            raise EOFError
        try:
            yield running.stdout.readline().strip()
        finally:
            running.kill()


def _answers(base: str, pages: int) -> dict[str, bytes]:
    """Return the answer of each path, with its headers."""
    theme = Theme(base=base)
    entries = "".join(f"<url><loc>{theme.url(number)}</loc></url>" for number in range(pages))
    found = {
        "/": _answer("text/html; charset=utf-8", _FRONT.encode()),
        "/robots.txt": _answer("text/plain", f"Sitemap: {base}/sitemap.xml\n".encode()),
        "/sitemap.xml": _answer(
            "application/xml",
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode(),
        ),
    }
    for number in range(pages):
        path = theme.url(number).removeprefix(base)
        found[path] = _answer("text/html; charset=utf-8", theme.page(number))
    return found


def _answer(kind: str, body: bytes, status: str = "200 OK") -> bytes:
    packed = gzip.compress(body)
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(packed)}\r\n\r\n"
    )
    return head.encode() + packed


async def _serve(pages: int) -> None:
    answers: dict[str, bytes] = {}
    lost = _answer("text/plain", b"There is no such page.", "404 Not Found")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                writer.write(answers.get(request.split(b" ", 2)[1].decode(), lost))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    answers |= _answers(base, pages)
    sys.stdout.write(f"{base}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
