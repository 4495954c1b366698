"""Whole crawls of sites that show something else than their articles, or have them elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from archive.core.records import Site
from archive.storage.archive import Archive
from crawler.config import writer
from pipeline import process
from tests.builders import walls
from tests.builders.crawling import PROGRAM, Crawls
from tests.builders.gull_gazette import DATES, IDS, LIGHTS, NETS, TEXTS, TITLES, story
from tests.builders.pages import HTML, made_page
from tests.builders.patience import PATIENCE
from tests.builders.static_site import StaticSite
from tests.fakesite import SampleSite
from tests.fakesite.faults import Fault


@contextmanager
def served(answers: dict[str, tuple[str, str]]) -> Iterator[str]:
    """Serve some paths, each with a type and a body, on the loopback; give host and port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = answers.get(self.path.partition("?")[0], ("", ""))
            body = text.encode()
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def at(url: str, host: str) -> str:
    return url.replace("https://gull.example", f"http://{host}")


@contextmanager
def headless() -> Iterator[tuple[str, str]]:
    """Serve a site whose REST API names articles at another host; give both hosts."""
    pages: dict[str, tuple[str, str]] = {}
    with served(pages) as front:
        for url in IDS:
            path = url.removeprefix("https://gull.example")
            pages[path] = ("text/html; charset=utf-8", story(url, canonical=at(url, front)))
        posts = [
            {
                "id": number,
                "link": at(url, front),
                "date_gmt": DATES[url],
                "modified_gmt": DATES[url],
                "title": {"rendered": TITLES[url]},
                "content": {"protected": False},
            }
            for url, number in IDS.items()
        ]
        answers = {"/wp-json/wp/v2/posts": ("application/json", json.dumps(posts))}
        answers["/"] = (
            "text/html",
            "<html><head><title>API</title></head><body>An API.</body></html>",
        )
        with served(answers) as back:
            yield back, front


def test_articles_on_another_host_are_said(tmp_path):
    with headless() as (back, front):
        run = Crawls(tmp_path, f"http://{back}").crawl(expect=3)
    assert run.outcome == "partial"
    assert f'hosts = ["{front}"]' in run.sentence


def test_init_names_the_host_of_the_articles(tmp_path):
    """It is allowed in the file, since both are on one machine; a stranger's would be a comment there."""
    with headless() as (back, front):
        config = tmp_path / "new.toml"
        command = [sys.executable, str(PROGRAM), "--config", str(config), "init", f"http://{back}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    assert f"Its articles are on {front}" in done.stdout
    assert f'hosts = ["{front}"]' in config.read_text(encoding="utf-8")


@pytest.mark.parametrize(("host", "line"), [("m.gull.example", "hosts ="), ("gull.github.io", "# hosts =")])
def test_host_of_a_stranger_is_left_to_the_user(host, line):
    block = writer.site_block("gull", "https://gull.example", hosts=(host,))
    assert f'\n{line} ["{host}"]' in block


def test_articles_on_an_allowed_host_are_read(tmp_path):
    with headless() as (back, front):
        crawls = Crawls(tmp_path, f"http://{back}", options={"hosts": [front]})
        run = crawls.crawl()
    texts = {row["title"]: row["text"] for row in crawls.rows("SELECT title, text FROM articles")}
    assert texts == {TITLES[url]: "\n\n".join(TEXTS[url]) for url in IDS}
    assert run.outcome == "ok"


TEXTS_HELD = "SELECT origins FROM articles WHERE text IS NOT NULL"


def make_due(crawls: Crawls) -> None:
    """Let the last visits be long past, so that the next crawl asks for everything."""
    with Archive.open(crawls.path) as archive:
        archive.db.execute(
            "UPDATE visits SET due_at = NULL, due_why = NULL, fetched_at = '2026-01-01T00:00:00Z'"
        )
        archive.db.execute("DELETE FROM crawl_state WHERE name IN ('posts_listed_at', 'feeds_read_at')")


@dataclass(slots=True, kw_only=True)
class Wall(Fault):
    """A site that shows a wall in place of its articles."""

    name: str = "consent, English"

    def answer(self, _request, ordinary):
        answer = ordinary()
        return replace(answer, status=200, body=walls.markup(self.name).encode())


@pytest.fixture
def site():
    with SampleSite(articles=8, comments=10) as site:
        yield site


@pytest.mark.parametrize("name", ["consent, German", "not found, Welsh"])
def test_wall_in_a_crawl_leaves_no_text_and_no_event(site, tmp_path, name):
    crawls = Crawls(tmp_path, site.url)
    wall = site.faults.add(Wall(match="*.php*", name=name))
    run = crawls.crawl(expect=3)
    assert run.outcome == "failed"
    for row in crawls.rows(TEXTS_HELD):  # an article in parts is read whole from REST
        origins = json.loads(row["origins"])
        assert origins.get("text", origins.get("*")).startswith("rest:")
    site.faults.remove(wall)
    make_due(crawls)
    crawls.crawl()
    assert crawls.rows("SELECT * FROM articles WHERE text IS NULL AND gone_at IS NULL") == []
    site.faults.add(Wall(match="*.php", name=name))
    make_due(crawls)
    crawls.program("crawl")
    assert crawls.rows("SELECT * FROM events") == []
    assert crawls.rows("SELECT * FROM problems WHERE code = 'not-this-article' AND ended_at IS NULL")


def test_comment_ids_of_each_page_are_kept_apart(tmp_path):
    answers: dict[str, tuple[str, str]] = {}
    with served(answers) as host:
        urls = {LIGHTS: at(LIGHTS, host), NETS: at(NETS, host)}
        locs = "".join(f"<url><loc>{url}</loc></url>" for url in urls.values())
        answers["/sitemap.xml"] = (
            "application/xml",
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locs}</urlset>',
        )
        for reader, (url, here) in zip(("Ann Ell", "Bo Ray"), urls.items(), strict=True):
            thread = (
                '<ol class="comment-list"><li class="comment depth-1" id="comment-1">'
                f'<cite class="fn">{reader}</cite> <time datetime="2026-02-20T1{len(reader)}:00:00Z">x</time>'
                f'<div class="comment-content"><p>{reader} has words of an own.</p></div></li></ol></body>'
            )
            page = story(url, canonical=here).replace("</body>", thread)
            answers[url.removeprefix("https://gull.example")] = ("text/html; charset=utf-8", page)
        crawls = Crawls(tmp_path, f"http://{host}")
        for _ in range(2):
            crawls.crawl()
            make_due(crawls)
    assert {row["author"] for row in crawls.rows("SELECT author FROM comments")} == {"Ann Ell", "Bo Ray"}
    assert crawls.rows("SELECT * FROM events") == []
    assert crawls.rows("SELECT * FROM problems WHERE code = 'comment-ids-shared' AND ended_at IS NULL")


class MovedZone(StaticSite):
    """A static site whose dates are those of another time zone once `moved` is True."""

    moved = False

    def page(self, name: str) -> str:
        hour = "21" if self.moved else "12"
        return str(super().page(name)).replace("2026-03-01T12:00:00Z", f"2026-03-01T{hour}:00:00Z")


def test_shift_that_a_killed_crawl_saw_is_no_edit(tmp_path):
    """The next crawl settles what was saved, before it reads the page once more."""
    names = [f"lamp-{word}" for word in ("ash", "birch", "cedar", "elm", "fir", "oak", "yew")]
    with MovedZone(names) as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        site.moved = True
        again = (
            "UPDATE visits SET fetched_at = '2020-01-01T00:00:00Z' WHERE kind = 'article' AND url {} '%yew%'"
        )
        crawls.rows(f"{again.format('NOT LIKE')} RETURNING 1")
        crawls.crawl()
        url = f"{site.url}{site.path('lamp-yew')}"
        with Archive.open(crawls.path) as archive:
            seen = made_page(
                url, site.page("lamp-yew"), source="site", headers=HTML, fetched_at=datetime.now(UTC)
            )
            archive.save(seen, process(seen, Site(name="site", url=site.url)))
            archive.runs.begin("site", "hand", datetime.now(UTC))
        crawls.rows(f"{again.format('LIKE')} RETURNING 1")
        crawls.crawl()
        assert crawls.rows("SELECT kind FROM events") == []
        [event] = crawls.rows("SELECT kind, articles FROM source_events")
        assert (event["kind"], event["articles"]) == ("dates-shifted", 7)


class Numbered(StaticSite):
    """A static site with REST, which numbers its posts from `first` on; those in `modified` are edited."""

    first = 10
    modified: tuple[str, ...] = ()

    def page(self, name: str) -> str:
        day = f"2026-02-{self.names.index(name) + 1:02}T12:00:00Z"
        return (
            str(super().page(name)).replace("2026-03-01T12:00:00Z", day).replace("The lamp", self.lamp(name))
        )

    def lamp(self, name: str) -> str:
        return "A new light" if name in self.modified else "The lamp"

    def posts(self, _method: str, path: str, _body: bytes) -> tuple[int, str, str]:
        moment = datetime.now(UTC).isoformat()[:19]
        listed = self.modified if "modified_after" in path else self.names
        entries = [
            {
                "id": self.first + self.names.index(name),
                "link": f"{self.url}{self.path(name)}",
                "date_gmt": f"2026-02-{self.names.index(name) + 1:02}T12:00:00",
                "modified_gmt": moment if name in self.modified else "2026-02-20T12:00:00",
                "title": {"rendered": f"{self.lamp(name)} of {name}"},
                "content": {"protected": False},
            }
            for name in listed
        ]
        return 200, "application/json", json.dumps(entries)


def test_ids_that_clash_are_put_right_by_a_complete_listing_and_an_edit_among_them_is_told(tmp_path):
    names = ["harvest-festival", "broken-bridge", "midnight-ferry", "council-minutes", "winter-orchard"]
    with Numbered(names) as site:
        site.answers["/wp-json/wp/v2/posts"] = site.posts
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        site.first, site.modified = 12, ("broken-bridge",)
        for _ in range(3):
            crawls.program("crawl")
        held = {row["post_id"]: row["url"] for row in crawls.rows("SELECT post_id, url FROM articles")}
        assert held == {12 + number: f"{site.url}{site.path(name)}" for number, name in enumerate(names)}
        told = crawls.rows("SELECT kind, url FROM events JOIN articles ON articles.id = article_id")
        assert told == [{"kind": "edited", "url": f"{site.url}{site.path('broken-bridge')}"}]
