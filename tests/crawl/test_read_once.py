"""Each answer is parsed once, whoever needs what it says."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from lxml import etree

from archive.core.answers import json_text, tolerant_json, tolerant_xml
from archive.core.records import PageKind, Site
from crawler.discovery import feeds, rest, rest_ids, sitemaps
from pipeline.process import process
from tests.builders.pages import made_page

HOME = "https://gazette.example"
POST = {
    "id": 7,
    "link": f"{HOME}/2026/03/ice",
    "date_gmt": "2026-03-01T12:00:00",
    "title": {"rendered": "Ice"},
}
FEED = f"""<rss version="2.0"><channel><item><title>Ice</title><link>{HOME}/2026/03/ice</link>
<guid isPermaLink="false">{HOME}/?p=7</guid></item></channel></rss>"""
SITEMAP = f"<urlset><url><loc>{HOME}/2026/03/ice</loc></url></urlset>"


@pytest.fixture
def parses(monkeypatch):
    """Count the parses of JSON and of XML; nothing is remembered from before."""
    found = Counter()
    loads, fromstring = tolerant_json.loads, etree.fromstring

    def count_json(text):
        found["json"] += 1
        return loads(text)

    def count_xml(*args, **kwargs):
        found["xml"] += 1
        return fromstring(*args, **kwargs)

    monkeypatch.setattr(tolerant_json, "loads", count_json)
    monkeypatch.setattr(tolerant_xml.etree, "fromstring", count_xml)
    json_text._read_once.cache_clear()
    tolerant_xml._parsed_once.cache_clear()
    return found


def page(kind, body):
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return made_page(f"{HOME}/x", body, kind=kind, fetched_at=now)


def test_rest_listing_is_parsed_once(parses):
    answer = page(PageKind.POSTS, json.dumps([POST]).encode())
    assert rest.read_ids(answer) == {"7"}
    assert rest.read_posts(answer)
    assert rest_ids.read_listed_items(answer, "posts")
    assert rest.read_divided(answer) == {}
    assert process(answer, Site(name="gazette", url=HOME)).articles
    assert parses == {"json": 1}


def test_feed_is_parsed_once(parses):
    answer = page(PageKind.POSTS_FEED, FEED.encode())
    assert feeds.is_feed(answer)
    assert feeds.read_posts_feed(answer)
    assert process(answer, Site(name="gazette", url=HOME)).articles
    assert parses == {"xml": 1}


def test_sitemap_is_parsed_once(parses):
    answer = page(PageKind.LISTING, SITEMAP.encode())
    assert sitemaps.read_sitemap(answer).listed
    assert sitemaps.read_sitemap(answer).listed
    assert parses == {"xml": 1}


def test_answer_that_is_no_json_is_read_once(parses):
    answer = page(PageKind.POSTS, b"<html><p>Sorry.</p></html>")
    assert rest.read_array(answer) is None
    assert rest.read_ids(answer) is None
    assert process(answer, Site(name="gazette", url=HOME)).problems
    assert parses == {"json": 1}
