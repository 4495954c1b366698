"""How long a host is left alone, as a pure function; and a crawl that does not begin before its time."""

from datetime import UTC, datetime, timedelta

from archive.core.crawl_state import CrawlState
from archive.storage.archive import Archive
from crawler.fetch import backoff
from crawler.fetch.session import Session
from tests.builders.crawling import Crawls
from tests.fakesite import SampleSite, TooMany

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_sites_wish_holds_for_all_our_pauses_for_the_clock():
    asked = CrawlState(wait_until=NOON + timedelta(minutes=10))
    assert backoff.seconds_left(asked, NOON + timedelta(minutes=4), by_hand=True) == 360
    assert backoff.seconds_left(asked, NOON + timedelta(minutes=11), by_hand=True) == 0
    ours = backoff.after(CrawlState(), NOON, refused=True)
    assert backoff.seconds_left(ours, NOON, by_hand=False) == 300
    assert backoff.seconds_left(ours, NOON, by_hand=True) == 0


def test_pauses_grow_with_refusals_and_end_with_a_list():
    state, pauses = CrawlState(), []
    for _ in range(6):
        state = backoff.after(state, NOON, refused=True)
        pauses.append(backoff.seconds_left(state, NOON, by_hand=False) / 60)
    assert pauses == [5, 10, 20, 40, 60, 60]
    state = backoff.after(state, NOON, refused=False)
    assert backoff.seconds_left(state, NOON, by_hand=False) == 0


def test_nobody_is_asked_to_stay_away_for_ever():
    session = Session("https://gazette.example", source="gazette")
    session.postpone(1e9)
    now = datetime.now(UTC)
    assert session.wait_until <= now + timedelta(hours=24)
    forever = CrawlState(wait_until=now + timedelta(days=9999))
    assert backoff.seconds_left(forever, now, by_hand=True) == 0


def test_before_the_time_that_the_site_has_asked_for_nothing_is_asked(tmp_path):
    with SampleSite(articles=5, comments=5) as site:
        crawls = Crawls(tmp_path, site.url)
        fault = site.faults.add(TooMany(match="/feed*", retry_after=3600))
        assert crawls.crawl(expect=3).outcome == "blocked"
        site.faults.remove(fault)
        asked = len(site.requests)
        run = crawls.crawl(expect=3)
        assert (run.outcome, len(site.requests)) == ("blocked", asked)
        assert "left alone" in run.sentence
        with Archive.open(crawls.path) as archive:
            archive.db.execute(
                "UPDATE crawl_state SET value = '2026-01-01T00:00:00Z' WHERE name = 'wait_until'"
            )
        assert crawls.crawl().outcome == "ok"
        site.faults.add(TooMany(match="/wp-json*", retry_after=3600))
        crawls.program("verify")
        asked = len(site.requests)
        assert crawls.crawl(expect=3).outcome == "blocked"
        assert "left alone" in crawls.program("verify").stdout
        assert len(site.requests) == asked, "what a verification was told is heeded by all"
