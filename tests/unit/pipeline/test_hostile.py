"""Hostile answers through every reader: no exception leaves, and the good rest is still read."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from archive.core.answers import reader_guard, tolerant_json
from archive.core.records import Extract, Page, PageKind, Site
from crawler.discovery import feeds, listing_pages, rest, rest_ids, sitemaps
from pipeline import process
from pipeline.platforms.wordpress import thread_urls
from tests.builders.hostile import FEED, HOME, POST, SITEMAP, answers, page

SITE = Site(name="gazette", url=HOME)
CRAWLERS_OWN: tuple[Callable[[Page], Any], ...] = (
    rest.read_array, rest.read_posts, rest.read_ids, rest.read_numbers, rest.read_commented,
    rest.read_types, lambda answer: rest_ids.read_listed_items(answer, "posts"), rest.total,
    lambda answer: rest.not_shown(answer, ["7"], ["7"]), feeds.read_posts_feed,
    feeds.read_comments_feed, feeds.feed_digest,
    feeds.has_validators, sitemaps.read_sitemap, listing_pages.read_listing_page,
    thread_urls.parts, thread_urls.thread_pages,
    thread_urls.shown_comments,
)  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_noted() -> Iterator[None]:
    list(reader_guard.taken())
    yield
    list(reader_guard.taken())


def read(kind: PageKind, body: bytes) -> Extract:
    return process(page(kind, body), SITE)


def test_no_mutated_answer_makes_a_reader_fail() -> None:
    """The guard catches failures; that none is left to catch shows that the causes are mended."""
    codes = set()
    for answer in answers(3000, seed=20260301):
        codes |= {problem.code for problem in process(answer, SITE).problems}
        for reader in CRAWLERS_OWN:
            reader(answer)
    assert not codes & set(reader_guard.CODES)
    assert not [unread.problem.detail for unread in reader_guard.taken()]


REFERENCES = (
    "&#55357;",
    "&#1114112;",
    "&#xD83D;",
    "&#x110000;",
    "&#99999999999999999999;",
    "&#0;",
    "&#xFFFF;",
)


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_reference_to_no_character_costs_nothing_else(reference: str) -> None:
    body = FEED.replace(b"Cold", b"Cold" + reference.encode())
    (article, *_) = read(PageKind.POSTS_FEED, body).articles
    assert (article.title, article.description) == ("Ice on the quay", "Cold & clear")
    listed = feeds.read_posts_feed(page(PageKind.POSTS_FEED, body))
    assert listed is not None
    assert listed[0].url == f"{HOME}/2026/03/ice/"
    html = b"<title>Ice</title><article><h1>Ice</h1><p>%s</p></article>" % (b"The ferry waits. " * 20)
    found = read(PageKind.ARTICLE, html.replace(b"The ferry", b"The%s ferry" % reference.encode()))
    assert (found.articles[0].text or "").count("The ferry waits.") == 20


@pytest.mark.parametrize("tag", ["<a:b>", "</x>", "<a:b/>", "<!ENTITY", "<?x", "<1>"])
def test_a_stray_tag_in_a_sitemap_leaves_the_rest(tag: str) -> None:
    body = SITEMAP.replace(b"</urlset>", tag.encode() + b"</urlset>")
    sitemap = sitemaps.read_sitemap(page(PageKind.LISTING, body))
    assert sitemap is not None
    assert [entry.url for entry in sitemap.listed] == [f"{HOME}/2026/03/ice/"]


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    "value",
    [DEEP, '{"a":' * 50_000 + "1" + "}" * 50_000, "9" * 5000, "NaN", "-Infinity", '"\t"'],
)
def test_a_value_that_is_none_leaves_the_rest_of_a_listing(value: str) -> None:
    body = json.dumps([POST]).replace('"slug": "news"', f'"slug": {value}').encode()
    (article,) = read(PageKind.POSTS, body).articles
    assert article.post_id == 7
    assert rest.read_ids(page(PageKind.POSTS, body)) == {"7"}


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 5000, "-1", "true", "1.5", '"x"', "null"])
def test_an_id_that_is_none_costs_its_entry_alone(number: str) -> None:
    body = f'[{{"id": {number}, "link": "{HOME}/x/", "post": {number}}}, {json.dumps(POST)}]'.encode()
    answer = page(PageKind.POSTS, body)
    assert [article.post_id for article in process(answer, SITE).articles] == [7]
    listed = rest.read_posts(answer)
    assert listed is not None
    assert [entry.post_id for entry in listed] == [7]
    assert [item.id for item in rest_ids.read_listed_items(answer, "posts")] == [7]
    assert rest.read_commented(answer) == {7}


def test_a_guid_of_many_digits_is_no_id() -> None:
    body = FEED.replace(b"?p=7<", b"?p=" + b"9" * 5000 + b"<")
    listed = feeds.read_posts_feed(page(PageKind.POSTS_FEED, body))
    assert listed is not None
    assert listed[0].post_id is None
    assert read(PageKind.POSTS_FEED, body).articles[0].post_id is None


def test_json_that_is_none_is_a_value_error() -> None:
    for text in ("", "[", "[" * 100_000, "{1}", "<b>"):
        with pytest.raises(ValueError, match=r".*"):
            tolerant_json.loads(text)


# -- the guard ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("x"), reader_guard.UNREADABLE),
        (RecursionError("x"), reader_guard.UNREADABLE),
        (MemoryError(), reader_guard.GAVE_UP),
        (AttributeError("x"), reader_guard.FAULT),
        (KeyError("x"), reader_guard.FAULT),
    ],
)
def test_a_failure_is_named_for_what_it_is(
    error: Exception, code: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Mistakes of ours must not pass for the site's."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("pipeline.article.extract.parse", fail)
    caplog.set_level(logging.WARNING)
    (problem,) = read(PageKind.ARTICLE, b"<p>x").problems
    assert problem.code == code
    assert code == reader_guard.GAVE_UP or type(error).__name__ in problem.detail
    assert caplog.records
    assert code == reader_guard.GAVE_UP or caplog.records[0].exc_info


def test_a_reader_of_the_crawler_that_fails_is_noted() -> None:
    @reader_guard.reader(())
    def broken(page: Page) -> tuple[int, ...]:
        raise LookupError(page.url)

    answer = page(PageKind.LISTING, b"")
    assert broken(answer) == ()
    (unread,) = reader_guard.taken()
    assert (unread.page, unread.problem.code, unread.problem.field) == (
        answer,
        reader_guard.FAULT,
        reader_guard.LISTING,
    )


def test_a_reading_without_end_is_given_up() -> None:
    """The bound is CPU time, so a slow machine makes no difference; the loop never ends by itself."""

    def endless() -> None:
        while True:
            try:
                sum(range(1000))
            except Exception:  # noqa: BLE001 - as libraries do
                continue

    with pytest.raises(reader_guard.TooLongError), reader_guard.bounded(0.05):
        endless()
    with reader_guard.bounded(60):
        assert sum(range(3)) == 3
