"""Crawls of sites that send hostile answers: one answer never ends a crawl, and the rest is archived."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from archive.core.answers.reader_guard import CODES
from tests.builders.crawling import Crawls
from tests.builders.hostile import DEEP, DIGITS
from tests.fakesite import Fault, Hang, Missing, RestClosed, SampleSite

Change = Callable[..., object]


@dataclass(slots=True, kw_only=True)
class Changed(Fault):
    """An answer changed by a function."""

    change: Change

    def answer(self, _request, ordinary):
        return self.change(ordinary())


@pytest.fixture(scope="module")
def newspaper() -> Iterator[SampleSite]:
    with SampleSite(articles=8, comments=20) as site:
        yield site


@pytest.fixture
def site(newspaper: SampleSite) -> Iterator[SampleSite]:
    yield newspaper
    newspaper.faults.clear()


def body(new: bytes) -> Change:
    return lambda response: replace(response, body=new)


def before(end: bytes, put: bytes) -> Change:
    return lambda response: replace(response, body=response.body.replace(end, put + end))


def typed(content_type: str) -> Change:
    def change(response):
        headers = [(n, v) for n, v in response.headers if n.lower() != "content-type"]
        return replace(response, headers=[*headers, ("Content-Type", content_type)])

    return change


def valued(name: str, value: str) -> Change:
    """Give one field of the first entry of a listing a value, as JSON writes it."""

    def change(response):
        entries = json.loads(response.body)
        if not isinstance(entries, list) or not entries:
            return response
        first = dict(entries[0], id=987_654_321) | {name: "HERE"}
        text = json.dumps([*entries, first]).replace('"HERE"', value)
        return replace(response, body=text.encode())

    return change


POSTS, COMMENTS, TYPES = "/wp-json/wp/v2/posts*", "/wp-json/wp/v2/comments*", "/wp-json/wp/v2/types*"
FEEDS, TALK, MAPS, ARTICLES = "/feed*", "/comments/feed*", "/wp-sitemap-posts*", "/archives/*"
DOWN: dict[str, tuple[str, ...]] = {
    "rest": (), "sitemap": ("/wp-json*",), "feed": ("/wp-json*", "*sitemap*"),
    "listing": ("/wp-json*", "*sitemap*", "/feed*"),
}  # fmt: skip
GUID = b"?p=" + DIGITS + b"#comment-" + DIGITS
ROBOTS = b"User-agent: \xff\x00\nCrawl-delay: nan\nSitemap: http://[\n"
LD = b"<script type='application/ld+json'>"
LINK = (
    b"<item><title>x</title><link>https://[</link><guid>?p="
    + DIGITS
    + b"#comment-"
    + DIGITS
    + b"</guid></item>"
)
CASES: dict[str, tuple[str, str, Change]] = {
    "surrogate in the feed": ("rest", FEEDS, before(b"</title>", b"&#55357;")),
    "surrogate in the feed alone": ("feed", FEEDS, before(b"</title>", b"&#55357;")),
    "beyond Unicode in the feed": ("feed", FEEDS, before(b"</title>", b"&#1114112;")),
    "surrogate in the comments feed": ("rest", TALK, before(b"</title>", b"&#xD83D;")),
    "many digits in the feed": ("feed", FEEDS, before(b"</channel>", LINK)),
    "many digits in the comments feed": ("sitemap", TALK, before(b"</channel>", LINK)),
    "an open comment in the feed": ("rest", FEEDS, before(b"</channel>", b"<!-- ")),
    "entities in the feed": ("feed", FEEDS, before(b"<rss", b"<!DOCTYPE r [<!ENTITY a 'b'>]>")),
    "no bytes of text in the feed": ("rest", FEEDS, body(bytes(range(256)) * 50)),
    "charset rot13 of the feed": ("feed", FEEDS, typed("text/xml; charset=rot13")),
    "a tag in the sitemap": ("sitemap", MAPS, before(b"</urlset>", b"<a:b>")),
    "a broken link in the sitemap": ("sitemap", MAPS, before(b"</urlset>", b"<url><loc>http://[</loc></url>")),
    "a deep sitemap": ("sitemap", MAPS, before(b"</urlset>", b"<url>" * 20_000)),
    "a sitemap that is packed wrongly": ("rest", "*sitemap*", body(b"\x1f\x8b" + bytes(90))),
    "deep JSON of types": ("rest", TYPES, body(DEEP)),
    "deep JSON among posts": ("rest", POSTS, valued("slug", DEEP.decode())),
    "deep JSON for comments": ("rest", COMMENTS, body(DEEP)),
    "a long number among posts": ("rest", POSTS, valued("slug", DIGITS.decode())),
    "an id of 2^63": ("rest", POSTS, valued("id", str(1 << 63))),
    "a comment id of 2^63": ("rest", COMMENTS, valued("id", str(1 << 63))),
    "a comment below 2^63": ("rest", COMMENTS, valued("post", str(1 << 63))),
    "half a character in a title": ("rest", POSTS, valued("title", '{"rendered": "\\ud83d"}')),
    "half a character in a link": ("rest", POSTS, valued("link", '"https://x.example/\\ud83d"')),
    "a date of the year 0": ("rest", COMMENTS, valued("date_gmt", '"0000-13-99T99:99:99"')),
    "NaN among posts": ("rest", POSTS, valued("author", "NaN")),
    "a list where an object should be": ("rest", POSTS, valued("_embedded", "[[[]]]")),
    "charset rot13 of pages": ("rest", ARTICLES, typed("text/html; charset=rot13")),
    "charset hex of pages": ("sitemap", ARTICLES, typed("text/html; charset=hex")),
    "charset undefined of pages": ("rest", ARTICLES, typed("text/html; charset=undefined")),
    "a base that is none": ("rest", ARTICLES, before(b"</head>", b"<base href='http://['>")),
    "deep JSON-LD": ("rest", ARTICLES, before(b"</head>", LD + DEEP + b"</script>")),
    "a surrogate in pages": ("rest", ARTICLES, before(b"</p>", b"&#55357;&#1114112;")),
    "a deep front page": ("listing", "/", before(b"</body>", b"<div>" * 20_000)),
    "a broken link on the front page": ("listing", "/", before(b"</body>", b"<a rel=next href='http://['>x</a>")),
    "robots.txt of no text": ("rest", "/robots.txt", body(ROBOTS)),
    "robots.txt with long numbers": ("rest", "/robots.txt", body(b"User-agent: *\nCrawl-delay: " + DIGITS)),
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class EndlessHeaders(Hang):
    """Headers without end, for as long as anybody listens."""

    sent: int = 0

    def _deliver(self, wire, _response):
        wire.send(b"HTTP/1.1 200 OK\r\n")
        while not wire.closing.is_set():
            wire.send(b"X-Filler: " + b"x" * 1000 + b"\r\n")
            self.sent += 1012


def test_headers_without_end_are_left_alone(site: SampleSite, tmp_path: Path) -> None:
    """What the sockets have room for is sent in vain; without a bound it would go on until the timeout."""
    article = next(article for article in site.articles if not article.protected)
    fault = EndlessHeaders(match=article.url.removeprefix(site.url))
    site.faults.add(fault)
    crawls = Crawls(tmp_path, site.url)
    crawls.crawl(expect=3)
    assert fault.sent < fault.hits * 32 * 2**20
    (visit,) = crawls.rows("SELECT status FROM visits WHERE url = ?", article.url)
    assert visit == {"status": 0}


@pytest.mark.parametrize("name", CASES)
def test_one_hostile_answer_ends_no_crawl(name: str, site: SampleSite, tmp_path: Path) -> None:
    rung, match, change = CASES[name]
    for path in DOWN[rung]:
        site.faults.add(RestClosed() if "json" in path else Missing(match=path))
    site.faults.add(Changed(match=match, change=change))
    crawls = Crawls(tmp_path, site.url)
    done = crawls.program("crawl")
    assert done.returncode in (0, 3), done.stderr
    (run,) = crawls.rows("SELECT outcome, sentence FROM runs")
    assert run["outcome"] in {"ok", "partial"}, run
    shown = site.readable
    if rung == "feed":  # no feed lists static pages
        shown = [article.url for article in site.articles if article.url in shown]
    wanted = {site.url + url.removeprefix(site.url) for url in shown}
    held = {row["url"] for row in crawls.rows("SELECT url FROM articles WHERE text IS NOT NULL")}
    assert held == wanted
    codes = ", ".join("?" * len(CODES))
    assert not crawls.rows(f"SELECT url, detail FROM problems WHERE code IN ({codes})", *CODES)
