"""robots.txt is kept for a day at most, and read again when it may have changed."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from scrapy.http import Response

from archive.storage.archive import Archive
from crawler.fetch.robots import MAX_ROBOTS_AGE, read_copy, write_copy
from tests.builders.crawling import SOON, Crawls
from tests.fakesite import Fault, RobotsDisallow, SampleSite, Status

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "lasts"),
    [
        (None, MAX_ROBOTS_AGE),
        ("max-age=600", timedelta(minutes=10)),
        ("public, max-age=31536000", MAX_ROBOTS_AGE),
        ("no-cache", timedelta(0)),
        ("no-store, max-age=600", timedelta(0)),
    ],
)
def test_a_copy_stands_for_a_day_or_less_if_the_site_says_so(header, lasts):
    headers = {} if header is None else {"Cache-Control": header}
    body = "User-agent: *\nDisallow: /é".encode()
    text = write_copy(Response("https://a.example/robots.txt", headers=headers, body=body), NOON)
    assert read_copy(text, NOON + lasts) is None
    if lasts:
        kept = read_copy(text, NOON + lasts - timedelta(seconds=1))
        assert (kept.status, kept.body) == (200, body)


def test_a_copy_from_the_future_is_not_believed():
    text = write_copy(Response("https://a.example/robots.txt"), NOON + timedelta(days=3))
    assert read_copy(text, NOON) is None


def test_robots_txt_is_asked_for_once_a_day_and_obeyed_in_between(tmp_path):
    with SampleSite(articles=5, comments=5) as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        crawls.crawl()
        assert len(site.asked("/robots.txt")) == 1
        site.faults.add(RobotsDisallow())
        with Archive.open(crawls.path) as archive:
            archive.db.execute("DELETE FROM crawl_state WHERE name = 'robots'")
        crawls.crawl(expect=3)
        asked = len(site.requests)
        run = crawls.crawl(expect=3)
        assert "robots.txt" in run.sentence or run.outcome == "failed"
        assert len(site.requests) == asked, "what was forbidden an hour ago is still forbidden"


def test_an_error_in_place_of_robots_txt_is_not_kept(tmp_path):
    with SampleSite(articles=5, comments=5) as site:
        crawls = Crawls(tmp_path, site.url)
        fault = site.faults.add(Status(match="/robots.txt", status=500))
        crawls.crawl(expect=3)
        site.faults.remove(fault)
        assert crawls.crawl().saved.articles_new


@dataclass(slots=True, kw_only=True)
class LongRobots(Fault):
    """A robots.txt that takes long to read."""

    def answer(self, _request, ordinary):
        rules = "".join(f"Disallow: /{number}*x*y$\n" for number in range(20_000))
        return replace(ordinary(), status=200, body=f"User-agent: *\n{rules}".encode())


def test_robots_txt_that_ends_its_reader_forbids_all(tmp_path):
    """What cannot be read is no leave to fetch, no fault of ours, and named in the sentence of the run."""
    values = {**SOON, "archive.core.answers.reader_guard.CPU_SECONDS": 0.001}
    with SampleSite(articles=3, comments=3) as site:
        site.faults.add(LongRobots(match="/robots.txt"))
        crawls = Crawls(tmp_path, site.url, values=values)
        crawls.crawl(expect=3)
        assert {request.path for request in site.requests} == {"/robots.txt"}
    [run] = crawls.rows("SELECT sentence FROM runs")
    assert "robots.txt cannot be read" in run["sentence"]
    assert "error in Backissue" not in run["sentence"]
