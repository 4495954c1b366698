"""Listings that never end are left, and what was cut off is said."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import count
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from crawler.frontier.endless import PLAUSIBLE_PAGES, Course, thread_cut
from tests.builders.crawling import Crawls
from tests.fakesite import Fault, RestClosed, SampleSite


def pages_of(course, entries):
    """Count the pages that are asked for of a listing."""
    return next(number for number, page in enumerate(entries, 1) if not course.brings(page))


@pytest.mark.parametrize("stated", [None, 0, 12, 10**6])
def test_the_same_page_for_ever_is_left_soon(stated):
    course = Course()
    course.state(stated)
    assert pages_of(course, ([1, 2] for _ in count())) <= 4
    assert "no new entry" in course.cut


@pytest.mark.parametrize(("stated", "most"), [(None, PLAUSIBLE_PAGES), (1, 11), (12, 22), (1000, 1020)])
def test_ever_new_entries_are_bounded_by_the_first_statement(stated, most):
    course = Course()

    def pages():
        for number in count():
            course.state(None if stated is None else stated + number)
            yield [number]

    assert pages_of(course, pages()) == most
    assert course.cut


def test_a_listing_of_the_stated_length_is_read_whole():
    course = Course()
    course.state(500)
    assert all(course.brings([number]) for number in range(500))
    assert course.cut is None


@dataclass(slots=True, kw_only=True)
class Listing(Fault):
    """A listing whose pages are made up: `entries(number)` are put behind the sound ones."""

    entries: object
    pages: int

    def answer(self, request, ordinary):
        response = ordinary()
        number = next((int(part[5:]) for part in request.query.split("&") if part.startswith("page=")), 1)
        headers = [(n, v) for n, v in response.headers if not n.lower().startswith("x-wp-")]
        body = json.dumps(self.entries(number)).encode()
        told = [("X-WP-Total", str(100 * self.pages)), ("X-WP-TotalPages", str(self.pages))]
        return replace(
            response, status=200, body=body if number > 1 else response.body, headers=headers + told
        )


def crawl(site, tmp_path):
    crawls = Crawls(tmp_path, site.url)
    crawls.program("crawl")
    (run,) = crawls.rows("SELECT outcome, sentence, requests FROM runs")
    problems = crawls.rows("SELECT url FROM problems WHERE code = 'endless-listing' AND ended_at IS NULL")
    held = crawls.rows("SELECT count(*) AS n FROM articles WHERE text IS NOT NULL")[0]["n"]
    assert held >= len([article for article in site.articles if not article.protected])
    return run, problems


@pytest.mark.parametrize(
    ("entries", "pages", "match"),
    [
        (lambda number: [{"id": 1, "link": "/x"}], 10**6, "/wp-json/wp/v2/posts?*"),
        (lambda number: [{"id": 10**6 + number}] * 100, 2, "/wp-json/wp/v2/comments*"),
        (lambda number: [], 10**6, "/wp-json/wp/v2/posts?*"),
    ],
    ids=["the same for ever", "ever new", "nothing for ever"],
)
def test_a_rest_listing_whose_totals_lie_is_left(entries, pages, match, tmp_path):
    with SampleSite(articles=6, comments=10) as site:
        site.faults.add(Listing(match=match, entries=entries, pages=pages))
        run, problems = crawl(site, tmp_path)
    assert run["requests"] < 90
    if pages > 2:
        assert (run["outcome"], len(problems)) == ("partial", 1), run
        assert "was left" in run["sentence"]


@dataclass(slots=True, kw_only=True)
class EndlessIndex(Fault):
    """A sitemap index that names two further ones, for ever."""

    site: SampleSite

    def answer(self, request, _ordinary):
        page = self.site._ordinary(replace(request, path="/wp-sitemap.xml", query=""))
        name = request.path.removesuffix(".xml")
        more = "".join(f"<sitemap><loc>{self.site.url}{name}-{n}.xml</loc></sitemap>" for n in (1, 2))
        return replace(
            page, status=200, body=page.body.replace(b"</sitemapindex>", f"{more}</sitemapindex>".encode())
        )


def test_sitemaps_that_name_ever_new_ones_are_left(tmp_path):
    with SampleSite(articles=6, comments=10) as site:
        site.faults.add(RestClosed())
        site.faults.add(EndlessIndex(match="/wp-sitemap-x*", site=site))
        site.faults.add(EndlessIndex(match="/wp-sitemap.xml", site=site))
        site.faults.add(EndlessIndex(match="/wp-sitemap-?.xml", site=site))
        site.faults.add(EndlessIndex(match="/wp-sitemap-?-*", site=site))
        run, problems = crawl(site, tmp_path)
    assert run["requests"] < 250
    assert (run["outcome"], len(problems)) == ("partial", 1), run


@pytest.mark.parametrize(
    ("pages", "comments", "stated", "ends"),
    [
        (5, 10_000, 1, False),
        (60, 3_000, 3_000, False),
        (60, 3_000, 1_600, False),
        (30, 1_500, 12, True),
        (900, 45_000, None, False),
        (1_000, 50_000, None, True),
        (1_000, 50_000, 50_000, True),
    ],
)
def test_thread_is_walked_as_far_as_its_article_states(pages, comments, stated, ends):
    assert (thread_cut(pages, comments, stated) is not None) == ends


@dataclass(slots=True, kw_only=True)
class EndlessThread(Fault):
    """A thread each of whose pages shows a new comment and leads to a further page."""

    def answer(self, request, ordinary):
        path, _, number = request.path.partition("/comment-page-")
        number = int(number.strip("/") or 1)
        markup = "".join(
            f'<li class="comment" id="comment-{10**6 + number * 40 + n}"><cite class="fn">Ann</cite>'
            f'<div class="comment-content"><p>Letter {number} {n}.</p></div></li>'
            for n in range(40)
        )
        further = f'<a href="{path}/comment-page-{number + 1}">Newer</a>'
        more = f'<ol class="comment-list">{markup}</ol>{further}</body>'
        return replace(ordinary(), status=200, body=self.page.replace(b"</body>", more.encode(), 1))

    page: bytes


def test_thread_of_ever_new_comments_is_left(tmp_path):
    with SampleSite(articles=6, comments=10) as site:
        article = next(each for each in site.articles if not each.protected)
        path = urlsplit(article.url).path if "://" in article.url else article.url
        with urlopen(site.url + path) as answer:
            page = answer.read()
        site.faults.add(RestClosed())
        site.faults.add(EndlessThread(match=f"{path}*", page=page))
        run, problems = crawl(site, tmp_path)
    assert run["requests"] < 120
    assert (run["outcome"], len(problems)) == ("partial", 1), run
    assert "was left" in run["sentence"]
