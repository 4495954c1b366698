"""What a pywb replays is imported by its index, in any order and between crawls: the same rows each time.

`BACKISSUE_ORDERS=20` tries more orders than the suite.
"""

from __future__ import annotations

import os
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.builders.crawling import SOON, Crawls
from tests.builders.pywb_server import COLLECTION, pywb_server
from tests.builders.warcs import html, warc

YEARS = range(2012, 2022)
SPANS = (("2012", "2014"), ("2015", "2017"), ("2018", "2021"))
PATHS = ("/2009/07/ice.php", "/2009/08/lamp.php", "/2010/01/quay.php")
WORDS = (
    b"The harbour froze in one night, and forty boats lay as if they had been glued to a plate.",
    b"A lamp that had burned since the great flood went out, and nobody knows who paid for its oil.",
    b"Masons took up the stones of the old landing and found a cellar full of salted herring below.",
)
"""What each article says, so that none is taken for a copy of another."""
ORDERS = int(os.environ.get("BACKISSUE_ORDERS", "2"))
QUICK = {**SOON, "crawler.imports.asking.CDX_PAUSE_SECONDS": 0.0}
THREAD = """
SELECT a.url, c.key, c.author, c.text, p.key AS parent, c.witness, substr(c.first_seen, 1, 4) AS first,
    substr(c.gone_at, 1, 4) AS gone, c.version_count
FROM comments AS c JOIN articles AS a ON a.id = c.article_id LEFT JOIN comments AS p ON p.id = c.parent_id
ORDER BY 1, 2
"""
EVENTS = """
SELECT substr(e.at, 1, 4) AS at, e.kind, substr(e.since, 1, 4) AS since, e.witness, a.url, c.key
FROM events AS e JOIN articles AS a ON a.id = e.article_id LEFT JOIN comments AS c ON c.id = e.comment_id
ORDER BY 1, 2, 3, 5, 6
"""


class Site:
    """A newspaper that lives: each year readers write under its articles, and some words are removed."""

    def __init__(self) -> None:
        self.threads: dict[str, list[tuple[str, str, str]]] = {path: [] for path in PATHS}
        self.removed: set[str] = set()
        self.url, self._dice, self._number = "", random.Random(3), 10

    def pass_year(self) -> None:
        for thread in self.threads.values():
            for _ in range(2):
                self._number += 1
                words = f"Letter {self._number}, on the tide tables and the ferry of the lower quay."
                thread.append((str(self._number), f"Reader {self._number % 7}", words))
            if len(thread) > 4:
                self.removed.add(thread.pop(self._dice.randrange(len(thread) - 3))[0])

    def page(self, path: str) -> bytes:
        body = html(self.url + path, f"On {path.rpartition('/')[2]}", self.threads[path])
        body = body.replace(b'id="post-7"', f'id="post-{PATHS.index(path) + 7}"'.encode())
        body = re.sub(
            rb"<p>On .*?they said\.</p>", b"<p>%s</p>" % WORDS[PATHS.index(path)], body, flags=re.DOTALL
        )
        return re.sub(rb"July (\d+), 2009", _day, body)

    def answer(self, path: str) -> tuple[str, bytes] | None:
        if path in self.threads:
            return "text/html; charset=utf-8", self.page(path)
        if path == "/sitemap.xml":
            entries = "".join(f"<url><loc>{self.url}{each}</loc></url>" for each in PATHS)
            head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
            return "application/xml", f"{head}{entries}</urlset>".encode()
        if path == "/robots.txt":
            return "text/plain", f"Sitemap: {self.url}/sitemap.xml\n".encode()
        return ("text/html", b"<!doctype html><title>Gazette</title>") if path == "/" else None


def _day(found: re.Match[bytes]) -> bytes:
    """Return the date of a comment, one for each day."""
    return f"{date(2009, 7, 1) + timedelta(days=int(found[1])):%B %d, %Y}".encode()


@contextmanager
def running(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = site.answer(self.path)
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", found[0] if found else "text/plain")
            self.end_headers()
            self.wfile.write(found[1] if found else b"")

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def program(crawls: Crawls, *words: str) -> str:
    done = crawls.program(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def orders(dice: random.Random) -> Iterator[list[str]]:
    """Yield orders of three imports and two crawls."""
    for _ in range(ORDERS):
        steps = ["0", "1", "2", "crawl", "crawl"]
        dice.shuffle(steps)
        yield steps


@pytest.mark.parametrize("seed", [5])
def test_every_order_of_imports_and_crawls_gives_the_same_rows(tmp_path: Path, seed: int) -> None:
    with running(Site()) as site:
        kept = []
        for year in YEARS:
            site.pass_year()
            kept += [(site.url + path, year, site.page(path)) for path in PATHS]
        lost = set(site.removed)
        file = warc(tmp_path / "library.warc.gz", *kept)
        (tmp_path / "pywb").mkdir()
        with pywb_server(file, tmp_path / "pywb") as pywb:
            index = f"http://127.0.0.1:{pywb.port}/{COLLECTION}/cdx"
            found = []
            for number, steps in enumerate(orders(random.Random(seed))):
                folder = tmp_path / f"order-{number}"
                folder.mkdir()
                crawls = Crawls(folder, site.url, {"delay": 0}, dict(QUICK), contact="desk@gazette.example")
                for step in steps:
                    span = () if step == "crawl" else SPANS[int(step)]
                    words = (
                        ("import", index, "--since", *span[:1], "--until", *span[1:]) if span else ("crawl",)
                    )
                    program(crawls, *words)
                found.append((steps, crawls.rows(THREAD), crawls.rows(EVENTS)))
        first = found[0]
        for steps, thread, events in found[1:]:
            assert (thread, events) == first[1:], f"{steps} after {first[0]}"
        gone = {str(row["text"]).split(",")[0].split()[1] for row in first[1] if row["gone"]}
        assert len(lost) > 20
        assert gone == lost
        assert {row["kind"] for row in first[2]} == {"removed"}, first[2]


def test_index_without_a_key_to_go_on_with_is_read_to_its_end(tmp_path: Path) -> None:
    """A pywb ends its answer at the limit, and says nothing of the rest."""
    site = Site()
    site.url = "http://127.0.0.1:9"
    kept = []
    for year in YEARS:
        site.pass_year()
        kept += [(site.url + path, year, site.page(path)) for path in PATHS]
    file = warc(tmp_path / "library.warc.gz", *kept)
    (tmp_path / "pywb").mkdir()
    with pywb_server(file, tmp_path / "pywb") as pywb:
        index = f"http://127.0.0.1:{pywb.port}/{COLLECTION}/cdx"
        few = {**QUICK, "crawler.imports.cdx._ENTRIES": 4}
        crawls = Crawls(tmp_path, site.url, {}, few, contact="desk@gazette.example")
        program(crawls, "import", index)
    assert crawls.rows("SELECT count(*) AS n FROM captures") == [{"n": len(kept)}]
