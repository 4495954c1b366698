"""Hostile answers: a seeded generator that mutates sound feeds, listings, sitemaps, pages and headers.

Does not: judge what is read out of them. The same seed gives the same answers.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime

from archive.core.records import Page, PageKind
from tests.builders.pages import made_page
from tests.paths import FIXTURES

FETCHED = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOME = "https://gazette.example"
THREADS = FIXTURES / "threads"
FEED = f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="x">
<channel><title>T</title>
<item><title>Ice on the quay</title><link>{HOME}/2026/03/ice/</link>
<guid isPermaLink="false">{HOME}/?p=7</guid>
<pubDate>Sun, 01 Mar 2026 10:00:00 +0000</pubDate><description>Cold &amp; clear</description></item>
<item><title>Comment by Ida</title><link>{HOME}/2026/03/ice/#comment-12</link>
<guid>{HOME}/?p=7#comment-12</guid>
<content:encoded><![CDATA[<p>In reply to <a href="{HOME}/2026/03/ice/#comment-3">Tom</a>. Yes.</p>]]>
</content:encoded>
</item></channel></rss>""".encode()
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>{HOME}/?p=7</id>
<title type="html">Ice</title>
<link href="{HOME}/2026/03/ice/"/><updated>2026-03-01T10:00:00Z</updated>
<content type="xhtml"><div>Hi</div></content>
</entry></feed>""".encode()
SITEMAP = f"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url>
<loc>{HOME}/2026/03/ice/</loc><lastmod>2026-03-01T10:00:00+00:00</lastmod></url></urlset>""".encode()
POST = {
    "id": 7, "link": f"{HOME}/2026/03/ice/", "date": "2026-03-01T10:00:00", "date_gmt": "2026-03-01T10:00:00",
    "modified_gmt": "2026-03-01T10:00:00", "title": {"rendered": "Ice"}, "content": {"protected": False},
    "comment_status": "open", "post": 7, "parent": 0, "author_name": "Ida", "author_url": "https://ida.example",
    "type": "comment", "status": "publish", "taxonomies": ["category"], "rest_base": "posts", "slug": "news",
    "_embedded": {"author": [{"name": "Ida"}], "wp:term": [[{"name": "ferry", "taxonomy": "post_tag"}]]},
}  # fmt: skip
DIGITS = b"9" * 5000
DEEP = b"[" * 100_000 + b"]" * 100_000
PIECES = (
    b"&#55357;", b"&#1114112;", b"&#x110000;", b"&#99999999999999999999;", b"&#0;", b"<a:b>", b"</a:b>",
    b"<x y=", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<!DOCTYPE a [", b"<!ENTITY x 'y'>", b"&x;",
    b"\x00", b"\xff\xfe", b"\xed\xa0\xbd", b"\xf4\x90\x80\x80", b"9"* 5000, b"["* 3000,
    b"{\"a\":"* 3000, b"<div>"* 400, b"http://[link]/", b"http://gazette.example:port/",
    b"https://gazette.example:99999/", b"javascript:x", b"\\ud83d", b"1e999", b"NaN", b"-1",
    b"9223372036854775808", b"true", b"null", b"\"", b"'", b"<", b">", b"&",
    b"<?xml encoding='rot13'?>", b"<meta charset=hex>", b"<base href='http://['>", b"0000-00-00",
    b"9999-99-99",
    b"<script type='application/ld+json'>{\"@graph\":[1,{\"@type\":7,\"author\":[[]]}]}</script>",
    b"\xe2\x80\xae", b"<li class='comment even' id='comment-99999999999999999999'>",
    b"<time datetime='\xd9\xa3'>", b"\r\n\r\n",
)  # fmt: skip
HEADERS = (
    "text/html; charset=rot13", "text/html; charset=hex", "text/html; charset=undefined",
    "text/html; charset=idna", "text/html; charset=utf-7", "text/xml; charset=utf-16",
    "text/html; charset=", "charset="+"x"* 5000, "\x00", "text/html; charset=iso-2022-jp",
    "text/html; charset=hz-gb-2312", "application/json; charset=big5",
)  # fmt: skip
VALUES: tuple[object, ...] = (
    None, True, - 1, 0, 1<< 63, 1<< 200, 1.5, float("inf"), "", "x", "\ud800", "\x00", [], {}, [[[]]],
    {"rendered": 7}, "http://[", "9"* 5000, "0001-01-01T00:00:00", "9999-12-31T23:59:59",
    ["category", []], {"author": "x"},
)  # fmt: skip


def page(kind: PageKind, body: bytes, content_type: str | None = None, status: int = 200) -> Page:
    url = f"{HOME}/2026/03/ice/"
    headers = () if content_type is None else (("content-type", content_type),)
    return made_page(url, body, kind=kind, status=status, headers=headers, fetched_at=FETCHED)


def answers(number: int, seed: int = 1) -> Iterator[Page]:
    """Yield so many hostile answers of all kinds."""
    dice = random.Random(seed)
    pages = [file.read_bytes() for file in sorted(THREADS.glob("*.html"))]
    for _ in range(number):
        kind = dice.choice(list(PageKind))
        if kind in (PageKind.POSTS, PageKind.COMMENTS):
            body = dice.choice((spoiled_json, spoiled))(dice)
        elif kind is PageKind.ARTICLE:
            body = mutated(dice.choice(pages), dice)
        else:
            body = mutated(dice.choice((FEED, ATOM, SITEMAP, *pages[:2])), dice)
        header = dice.choice(HEADERS) if dice.random() < 0.3 else None
        yield page(kind, body, header, 200 if dice.random() < 0.9 else dice.choice((0, 304, 404, 503)))


def mutated(body: bytes, dice: random.Random) -> bytes:
    """Return a body with some pieces put in, cut out, repeated or exchanged."""
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(body) + 1)
        end = min(len(body), place + dice.randint(0, 60))
        match dice.randrange(5):
            case 0 | 1:
                body = body[:place] + dice.choice(PIECES) + body[place:]
            case 2:
                body = body[:place] + body[end:]
            case 3:
                body = body[:end] + body[place:]
            case _:
                body = body[:place] + bytes(dice.randrange(256) for _ in range(3)) + body[end:]
    return body


def spoiled(dice: random.Random) -> bytes:
    """Return a listing of REST with bytes gone wrong."""
    return mutated(json.dumps([POST, POST]).encode(), dice)


def spoiled_json(dice: random.Random) -> bytes:
    """Return a listing of REST that is sound JSON with values that no WordPress sends."""
    entries = []
    for _ in range(dice.randint(1, 3)):
        entry: dict[str, object] = dict(POST)
        for name in dice.sample(sorted(entry), dice.randint(1, 5)):
            entry[name] = dice.choice(VALUES)
        entries.append(entry if dice.random() < 0.9 else dice.choice(VALUES))
    return json.dumps(entries if dice.random() < 0.9 else dice.choice(entries)).encode()
