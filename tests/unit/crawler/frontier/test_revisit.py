"""When a page is due again: the rule, its cache in the archive, a crawl by it, and what it is worth."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner

from archive.core.records import Article, Comment, Extract, PageKind, Seen, Site, Surface
from archive.core.timestamps import to_text
from archive.queries.fetch_history import FetchHistory
from archive.storage.archive import Archive
from crawler.frontier import revisit_policy
from crawler.frontier.due_dates import decide_due
from scheduler import main
from tests.builders.crawling import Crawls
from tests.builders.pages import made_page
from tests.fakesite import RestClosed, SampleSite
from tests.revisits.arrivals import Habits, threads
from tests.revisits.play import TICK, fixed, play, rule

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def seen(**more):
    return Seen(**({"url": "https://gazette.example/x", "status": 200, "fetched_at": NOW} | more))


def pause(**more):
    return revisit_policy.decide(seen(**more)).at - NOW


# -- the rule -------------------------------------------------------------------------------------------


def test_a_page_never_seen_is_due():
    assert revisit_policy.is_due(None, NOW)


def test_a_page_whose_listing_shows_another_mark_of_change_is_due():
    assert revisit_policy.is_due(seen(lastmod="1", published=NOW), NOW, lastmod="2")
    assert not revisit_policy.is_due(seen(lastmod="1", published=NOW), NOW, lastmod="1")


def test_a_page_that_a_wrong_clock_has_seen_in_the_future_is_due():
    assert revisit_policy.is_due(seen(), NOW - DAY)


def test_the_pause_grows_with_age_and_shrinks_with_the_thread():
    fresh, week, year = (pause(published=NOW - days * DAY) for days in (0, 7, 365))
    assert HOUR < fresh < 3 * HOUR < DAY < week < year < 30 * DAY
    busy = pause(published=NOW - 365 * DAY, comments_day=20, comments_month=20, comments_year=20)
    slow = pause(published=NOW - 365 * DAY, comments_year=20)
    assert busy < 5 * HOUR < DAY < slow < year
    assert pause(published=date(1990, 1, 1), edits=5) < pause(published=date(1990, 1, 1))


def test_what_is_expected_to_wait_costs_what_a_request_is_worth():
    facts = seen(published=NOW - 30 * DAY, comments_day=3, comments_month=40, comments_year=40)
    days = (revisit_policy.decide(facts).at - NOW) / DAY
    assert revisit_policy.rate(facts) * days * days / 2 == pytest.approx(
        revisit_policy.REQUEST_WORTH_COMMENT_DAYS
    )


@pytest.mark.parametrize("premise", [{"comments_told": True}, {"comments_open": False}])
def test_pages_are_looked_at_more_rarely_where_looking_finds_no_new_comments(premise):
    facts = {"published": NOW - 9 * DAY, "comments_day": 9, "comments_month": 30, "comments_year": 30}
    assert pause(**facts, **premise) > 10 * pause(**facts)
    assert pause(published=NOW, **premise) < DAY  # edits come early


def test_failures_make_the_pause_longer_and_a_listing_does_not_shorten_it():
    assert pause(failures=1) == HOUR < pause(failures=4) < pause(failures=99) == revisit_policy.MAX_PAUSE
    assert not revisit_policy.is_due(seen(failures=1, lastmod="1"), NOW, lastmod="2")


def test_what_the_server_asked_for_is_obeyed():
    assert pause(status=503, failures=1, retry_at=NOW + DAY) == DAY
    assert pause(status=503, failures=9, retry_at=NOW + DAY) > DAY


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (
            {
                "published": NOW - DAY,
                "last_comment": NOW - 3 * HOUR,
                "comments_day": 4,
                "comments_month": 5,
                "comments_year": 5,
            },
            "Its thread had last grown 3 hours before the last visit, by 4 comments in a day;"
            " such a page is visited every 4.8 hours.",
        ),
        (
            {"published": NOW - 3 * DAY, "edits": 2},
            "The article was 3 days old at the last visit and had no comments, and it was edited 2 times;"
            " such a page is visited every 16 hours.",
        ),
        (
            {"published": date(2016, 3, 1), "comments_told": True, "comments_year": 9},
            "A listing or feed of the site shows its new comments. The article was 10 years old at the last"
            " visit; such a page is visited every 55 days.",
        ),
        (
            {"status": 404, "failures": 3},
            "Its page answered 404 (3 times in a row); such a page is requested again after 4 hours.",
        ),
        (
            {"status": 429, "failures": 1, "retry_at": NOW + DAY},
            "Its page answered 429, and the server requested a wait until then.",
        ),
    ],
)
def test_it_is_said_why(facts, why):
    assert revisit_policy.decide(seen(**facts)).why == why


def test_a_later_page_of_a_thread_waits_for_the_first_one():
    assert revisit_policy.decide(seen(url="https://gazette.example/x/comment-page-2")).at is None


# -- its cache in the archive ---------------------------------------------------------------------------

SITE = Site(name="gazette", url="https://gazette.example")
URL = "https://gazette.example/a"


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, to_text(NOW))
        yield archive


def save(archive, at, *, comments=(), status=200, headers=(), **article):
    page = made_page(URL, b"x", status=status, headers=headers, fetched_at=at)
    told = [Article(**({"url": URL, "text": "Text.", "published": NOW} | article))] * (status == 200)
    archive.save(page, Extract(surface=Surface.PAGE, articles=tuple(told), comments=tuple(comments)))


def comment(number, at):
    return Comment(id=str(number), published=at, text=f"Comment {number}.")


def kept(archive):
    [row] = archive.db.query("SELECT due_at, due_why, retry_at FROM visits")
    return row


def facts(archive):
    with FetchHistory(archive.path, "gazette") as facts:
        return facts.visit(URL)


def due(archive, now):
    with FetchHistory(archive.path, "gazette") as facts:
        return [seen.url for seen in facts.due_visits(now)]


def test_what_is_decided_is_kept_beside_the_visit_and_read_by_its_time(archive):
    save(archive, NOW)
    decide_due(archive, SITE)
    decided = revisit_policy.decide(facts(archive))
    assert kept(archive) == {"due_at": to_text(decided.at), "due_why": decided.why, "retry_at": None}
    assert due(archive, decided.at - HOUR) == []
    assert due(archive, decided.at) == [URL]
    assert due(archive, NOW - DAY) == [URL], "a clock was wrong"


def test_facts_that_change_empty_the_cache_and_the_same_facts_do_not(archive):
    save(archive, NOW, comments=[comment(1, NOW)])
    decide_due(archive, SITE)
    first = kept(archive)
    listing = made_page(URL + "/api", b"x", kind=PageKind.COMMENTS, fetched_at=NOW + HOUR)
    archive.db.execute("UPDATE articles SET post_id = 7")
    for number, emptied in ((1, False), (2, True)):
        told = replace(comment(number, NOW), post_id=7)
        archive.save(listing, Extract(surface=Surface.PAGE, comments=(told,)))
        row = archive.db.execute("SELECT due_why FROM visits WHERE url = ?", [URL]).fetchone()
        assert row == (None if emptied else first["due_why"],)
    decide_due(archive, SITE)
    save(archive, NOW + DAY)
    assert due(archive, NOW + 99 * DAY) == []


def test_new_rules_or_another_premise_decide_everything_anew_once(archive, monkeypatch):
    save(archive, NOW)
    decide_due(archive, SITE)
    polled = kept(archive)
    archive.db.execute("UPDATE visits SET due_why = 'By rules of old.'")
    decide_due(archive, SITE)
    assert kept(archive)["due_why"] == "By rules of old."
    monkeypatch.setattr(revisit_policy, "RULES_VERSION", "next")
    decide_due(archive, SITE)
    assert kept(archive) == polled
    archive.note_state("gazette", comments_read_at=NOW)
    decide_due(archive, SITE)
    assert kept(archive)["due_at"] > polled["due_at"]


def test_the_facts_count_what_came_before_the_last_look(archive):
    came = [NOW - age for age in (HOUR, 2 * HOUR, 9 * DAY, 99 * DAY, 999 * DAY)]
    undated = Comment(id="9", text="When was this?")
    save(archive, NOW, comments=[*(comment(*one) for one in enumerate(came)), undated], comments_open=True)
    found = facts(archive)
    assert (found.comments_day, found.comments_month, found.comments_year) == (3, 4, 5)
    assert (found.last_comment, found.comments_open, found.edits) == (NOW - HOUR, True, 0)
    save(archive, NOW + DAY, text="Another text.")
    assert (facts(archive).comments_day, facts(archive).edits) == (0, 1)


def test_new_comments_count_as_told_only_by_what_is_read_as_lately_as_the_rest(archive):
    for crawled, comments, told in ((NOW, NOW, True), (NOW + DAY, NOW, True), (NOW + 3 * DAY, NOW, False)):
        archive.note_state("gazette", crawled_at=crawled, comments_read_at=comments)
        with FetchHistory(archive.path, "gazette") as facts:
            assert facts.comments_told is told
    with FetchHistory(archive.path, "gazette", comments=False) as facts:
        assert facts.comments_told


def test_until_when_the_server_asked_to_wait_is_a_fact(archive):
    save(archive, NOW, status=503, headers=(("retry-after", "86400"),))
    assert facts(archive).retry_at == NOW + DAY
    save(archive, NOW + DAY)
    assert facts(archive).retry_at is None


# -- as a crawl does it ---------------------------------------------------------------------------------


def test_where_nothing_tells_of_new_comments_threads_are_polled_and_it_is_explained(tmp_path):
    with SampleSite(articles=8, comments=40) as site:
        for match in ("/wp-json*", "*rest_route*", "/comments/feed*"):
            site.faults.add(RestClosed(match=match))
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        undecided = "SELECT count(*) AS n FROM visits WHERE kind = 'article' AND due_why IS NULL"
        assert crawls.rows(undecided) == [{"n": 0}]
        article = next(one for one in site.articles if not one.protected)
        number = site.reply(article.id, 0, "Late reader", "Only now did I read this.", at=datetime.now(UTC))
        [before] = told(crawls, article.url)
        assert not before["facts"]["comments_told"]
        with Archive.open(crawls.path) as archive:
            long_ago = "UPDATE visits SET fetched_at = '2020-01-01T00:00:00Z' WHERE url = ?"
            archive.db.execute(long_ago, [article.url])
        requests = len(site.requests)
        assert crawls.crawl().saved.comments_new == 1
        asked = [request.path for request in site.requests[requests:] if "/archives/" in request.path]
        assert asked == [article.url.removeprefix(site.url)]
        assert crawls.rows("SELECT author FROM comments WHERE key = ?", str(number))
        [after] = told(crawls, article.url)
        assert after["facts"]["comments_day"] == before["facts"]["comments_day"] + 1
        assert "Its thread had last grown" in explained(crawls, article.url).stdout
        assert explained(crawls, "999").exit_code == 1


def explained(crawls, *words):
    config = crawls.folder / "backissue.toml"
    return CliRunner().invoke(main, ["--config", str(config), "explain-schedule", *words])


def told(crawls, article):
    return json.loads(explained(crawls, article, "--json").stdout)


# -- what it is worth -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [11, 12])
def test_it_captures_comments_early_for_few_requests(seed):
    site = threads(seed, old=1000, daily=0.5, days=20, habits=Habits())
    polled = play(site, 20, rule())
    fed = play(site, 20, rule(), feed=True)
    interval = play(site, 20, fixed(len(site) / polled.daily))
    tick = TICK * 24
    assert fed.share_within(tick) >= 0.99
    assert fed.daily <= 0.03 * len(site) / TICK
    assert interval.requests == pytest.approx(polled.requests, rel=0.1)
    assert interval.missed >= 5 * polled.missed
