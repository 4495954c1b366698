"""Crawls that would not end, and crawls that bring nothing: each is bounded, and the ledger tells of it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.core.crawl_report import CrawlReport
from archive.core.records import Quality, Saved, Site
from archive.queries import health
from archive.queries.quality_drift import SAMPLE, USUAL, alarm
from archive.storage.archive import Archive
from crawler.runs.outcome import Ended, outcome_of
from tests.builders.crawling import Crawls
from tests.fakesite import Empty, EmptyList, Endless, Hang, Missing, RestClosed, SampleSite


@pytest.fixture
def site() -> Iterator[SampleSite]:
    with SampleSite(articles=12, comments=30) as site:
        yield site


@pytest.fixture
def crawls(tmp_path: Path, site: SampleSite) -> Crawls:
    return Crawls(tmp_path, site.url)


# -- a site that never ends ---------------------------------------------------------------------------


def limited(crawls: Crawls, enough: Callable[[], object]) -> subprocess.CompletedProcess[str]:
    """A crawl that ends at its limit: a second, and more where the machine is too slow to get there in it."""
    for seconds in (1, 10, 100):
        crawls.options["limit"] = f"{seconds}s"
        done = crawls.program("crawl")
        if enough():
            break
    return done


def test_a_calendar_without_end_is_left_at_the_time_limit(site: SampleSite, crawls: Crawls) -> None:
    for fault in (
        RestClosed(),
        Missing(match="*sitemap*"),
        Missing(match="*feed*"),
        Missing(match="/archives/*"),
    ):
        site.faults.add(fault)
    site.faults.add(Endless(match="/"))
    site.faults.add(Endless(match="/page/*"))
    crawls.options["delay"] = 0.02
    done = limited(crawls, lambda: len(site.asked("/page/*")) > 3)
    sentence = "The time limit ended the crawl before the site returned anything to save."
    assert done.returncode == 3
    assert f"site: failed. {sentence}" in done.stderr
    assert (
        crawls.rows(
            "SELECT * FROM crawl_state WHERE name IN ('posts_read_at', 'posts_listed_at', 'crawled_at')"
        )
        == []
    )


def test_what_was_read_before_the_limit_is_kept_and_the_next_crawl_goes_on(tmp_path: Path) -> None:
    with SampleSite(articles=60, comments=0) as site:
        crawls = Crawls(tmp_path, site.url, {"delay": 0.2})
        crawls.values["crawler.fetch.time_limit.CLOSING_SECONDS"] = 3.0  # seconds more
        oldest = min(site.articles, key=lambda article: article.id)
        site.faults.add(Hang(match=oldest.url.removeprefix(site.url)))
        done = limited(crawls, lambda: len(site.asked("/archives/*")) > 3)
        site.faults.clear()
        assert done.returncode == 130
        assert "interrupted. The time limit ended the crawl early; the next crawl" in done.stdout
        [first] = crawls.rows("SELECT count(text) AS n FROM articles")
        crawls.options = {"delay": 0}
        crawls.crawl()
        [then] = crawls.rows("SELECT count(text) AS n FROM articles")
        assert 0 < int(str(first["n"])) < int(str(then["n"]))
        assert then["n"] == len(site.readable)


def test_parts_that_an_interrupted_crawl_did_not_reach_are_fetched_by_the_next_one(tmp_path: Path) -> None:
    with SampleSite(articles=60, comments=0) as site:
        _crawl_parts(site, Crawls(tmp_path, site.url))


def _crawl_parts(site: SampleSite, crawls: Crawls) -> None:
    site.faults.add(RestClosed())
    divided = next(article for article in site.articles if article.pages > 1)
    further = divided.url.removeprefix(site.url) + "/*"
    site.faults.add(Hang(match=further))
    crawls.values["crawler.fetch.time_limit.CLOSING_SECONDS"] = 3.0  # seconds more
    limited(crawls, lambda: site.asked(further))
    site.faults.clear()
    site.faults.add(RestClosed())
    crawls.options = {}
    crawls.crawl()
    [row] = crawls.rows("SELECT text FROM articles WHERE url = ?", divided.url)
    assert [each for each in divided.paragraphs if each not in str(row["text"])] == []
    asked = len(site.asked(further))
    crawls.crawl()
    assert len(site.asked(further)) == asked, "and not again"


def test_pages_of_a_thread_that_an_interrupted_crawl_did_not_reach_are_fetched_too(tmp_path: Path) -> None:
    further, count = "*/comment-page-*", "SELECT count(*) AS n FROM comments"
    for folder in ("ended", "whole"):
        (tmp_path / folder).mkdir()
    with SampleSite(articles=30) as site:
        ended, whole = (Crawls(tmp_path / folder, site.url) for folder in ("ended", "whole"))
        site.faults.add(RestClosed())
        whole.crawl()
        site.faults.add(Hang(match=further))
        asked = len(site.asked(further))
        ended.values["crawler.fetch.time_limit.CLOSING_SECONDS"] = 3.0  # seconds more
        limited(ended, lambda: len(site.asked(further)) > asked)
        site.faults.clear()
        site.faults.add(RestClosed())
        ended.options = {}
        ended.crawl()
        assert ended.rows(count) == whole.rows(count)


def test_a_crawl_that_does_not_heed_its_limit_is_ended_by_force(site: SampleSite, crawls: Crawls) -> None:
    site.faults.add(Hang(match="/archives/*"))
    crawls.values["crawler.fetch.time_limit.CLOSING_SECONDS"] = 3.0  # seconds more
    done = limited(crawls, lambda: site.asked("/archives/*"))
    assert done.returncode == 1
    assert "Timeout" in done.stderr, "and says where it hung"
    site.faults.clear()
    crawls.options = {}
    crawls.crawl()
    outcomes = crawls.rows(
        "SELECT outcome, sentence FROM (SELECT * FROM runs ORDER BY id DESC LIMIT 2) ORDER BY id"
    )
    assert [row["outcome"] for row in outcomes] == ["interrupted", "ok"]
    assert outcomes[0]["sentence"] == "The process ended without a word; what it had saved is kept."


# -- a site that gives nothing ------------------------------------------------------------------------


def test_an_empty_list_of_articles_fails_the_crawl_and_moves_no_mark(
    site: SampleSite, crawls: Crawls
) -> None:
    crawls.crawl()
    [read] = crawls.rows("SELECT pages_read, texts_missing, dates_missing, authors_missing FROM runs")
    assert read == {"pages_read": 13, "texts_missing": 0, "dates_missing": 0, "authors_missing": 0}, (
        "of twelve articles and two static pages one asks for a password"
    )
    with Archive.open(crawls.path) as archive:
        archive.note_state("site", posts_listed_at=datetime.now(UTC) - timedelta(days=2))
    marks = crawls.rows("SELECT * FROM crawl_state WHERE name LIKE 'posts_%_at'")
    site.faults.add(EmptyList(match="/wp-json/wp/v2/posts*"))
    run = crawls.crawl(expect=3)
    assert (run.outcome, run.sentence) == ("failed", "The site answered, but its list of articles is empty.")
    assert crawls.rows("SELECT * FROM crawl_state WHERE name LIKE 'posts_%_at'") == marks


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Empty(match="/*.php"), "None of the 14 pages that were read has a text."),
        (Missing(match="/*.php"), "None of the 14 requested pages could be fetched."),
        (Empty(match="/*"), "No list of articles could be read"),
    ],
    ids=["empty pages", "no pages", "nothing at all"],
)
def test_a_crawl_that_brings_nothing_has_failed(
    site: SampleSite, crawls: Crawls, fault: Empty | Missing, sentence: str
) -> None:
    site.faults.add(replace(fault))
    run = crawls.crawl(expect=3)
    assert run.outcome == "failed"
    assert (run.sentence or "").startswith(sentence)


def ended(failed: int = 0, good: int = 0) -> Ended:
    report = CrawlReport(surface="rest", pages_failed=failed, pages_good=good)
    return Ended(reason="finished", report=report)


def test_two_pages_that_fail_say_nothing_of_the_site() -> None:
    assert outcome_of(ended(failed=2)) == ("partial", "Nothing new. Missing: 2 pages could not be fetched.")
    refused = CrawlReport(surface="rest", pages_failed=2, pages_unproven=1)
    lack = "1 page could not be fetched; 1 page did not prove to be the article, to be read again"
    assert outcome_of(Ended(reason="finished", report=refused))[1] == f"Nothing new. Missing: {lack}."
    assert outcome_of(ended(failed=3))[0] == "failed"
    assert outcome_of(ended(failed=3, good=1))[0] == "partial"


def test_a_limit_is_a_failure_only_where_nothing_had_come() -> None:
    late = CrawlReport(surface="rest", limit_seconds=60.0)
    saved, good = replace(late, saved=Saved(comments_new=1)), replace(late, pages_good=1)
    outcomes = [outcome_of(Ended(reason="shutdown", report=report))[0] for report in (late, saved, good)]
    assert outcomes == ["failed", "interrupted", "interrupted"]


# -- a site that gives less ---------------------------------------------------------------------------


def pages(read: int, **missing: int) -> Quality:
    return Quality(pages_read=read, **missing)


def test_pages_that_give_less_than_before_make_a_crawl_partial_however_well_it_went() -> None:
    drift = alarm(pages(20, texts_missing=9), [pages(400, texts_missing=4)])
    assert drift == "Check the newest pages: 9 of the last 20 pages gave no text (before: 4 of 400)."
    outcome = outcome_of(replace(ended(good=20), drift=drift))
    assert outcome == ("partial", f"Nothing new. {drift}")


def test_the_alarm_stands_in_the_health_until_the_pages_are_well_again(tmp_path: Path) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(Site(name="gazette", url="https://gazette.example"), "2026-01-01T00:00:00Z")
        troubles = []
        for quality in (pages(200), pages(3, texts_missing=3), pages(20, texts_missing=20), pages(60)):
            run = archive.runs.get(archive.runs.begin("gazette", "hand", noon))
            archive.runs.end(replace(run, ended_at=noon, outcome="ok", quality=quality))
            troubles.append(health.archive_health(archive, noon).troubles)
    drift = "gazette: Check the newest pages: 20 of the last 20 pages gave no text (before: 3 of 203)."
    assert [found for found in troubles if found] == [(drift,)]


@pytest.mark.parametrize("name", ["texts_missing", "dates_missing", "authors_missing", "threads_short"])
def test_each_of_the_four_is_watched(name: str) -> None:
    assert alarm(pages(30, **{name: 20}), [pages(300, **{name: 30})])
    assert not alarm(pages(30, **{name: 5}), [pages(300, **{name: 30})])


def test_a_site_that_never_had_authors_raises_no_alarm() -> None:
    assert alarm(pages(50, authors_missing=50), [pages(500, authors_missing=500)]) is None
    assert alarm(pages(50, authors_missing=50), []) is None


def test_without_a_past_most_pages_must_give_a_text_and_a_date() -> None:
    assert alarm(pages(SAMPLE, texts_missing=11), [])
    assert alarm(pages(SAMPLE, dates_missing=11), [pages(USUAL - 1)])
    assert alarm(pages(SAMPLE, texts_missing=10), []) is None


def test_runs_of_a_few_pages_count_together_until_they_make_a_sample() -> None:
    bad, good = pages(4, dates_missing=4), pages(50)
    assert alarm(bad, [bad] * 2 + [good] * 3) is None, "12 of the last 62 is less than a fifth"
    assert alarm(bad, [bad] * 4 + [good] * 3)
    assert alarm(bad, []) is None


def test_chance_alone_raises_no_alarm_where_half_of_the_pages_lack_something() -> None:
    past = [pages(500, authors_missing=250)]
    assert alarm(pages(20, authors_missing=15), past) is None
    assert alarm(pages(20, authors_missing=19), past)
