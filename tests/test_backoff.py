"""How long a host is left alone, as a pure function; and a crawl that does not begin before its time."""

from datetime import UTC, datetime, timedelta

from crawling import Crawls

from archive.storage.archive import Archive
from crawler.fetch import backoff
from tests.fakesite import SampleSite, TooMany

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_what_a_site_asks_for_is_heeded_by_everyone_and_our_own_pauses_by_the_clock_alone():
    asked = backoff.asked(600, NOON)
    assert backoff.left(asked.get, NOON + timedelta(minutes=4), by_hand=True) == 360
    assert backoff.left(asked.get, NOON + timedelta(minutes=11), by_hand=True) == 0
    ours = backoff.after(True, None, NOON)
    assert backoff.left(ours.get, NOON, by_hand=False) == 300
    assert backoff.left(ours.get, NOON, by_hand=True) == 0


def test_pauses_grow_with_each_refusal_up_to_an_hour_and_end_with_a_list():
    marks, pauses = {}, []
    for _ in range(6):
        marks |= backoff.after(True, marks.get(backoff.REFUSED), NOON)
        pauses.append(backoff.left(marks.get, NOON, by_hand=False) / 60)
    assert pauses == [5, 10, 20, 40, 60, 60]
    marks |= backoff.after(False, marks[backoff.REFUSED], NOON)
    assert backoff.left(marks.get, NOON, by_hand=False) == 0


def test_nobody_is_asked_to_stay_away_for_ever():
    forever = backoff.asked(1e9, NOON)
    assert backoff.left(forever.get, NOON, by_hand=True) == 24 * 3600
    assert backoff.left({backoff.ASKED: "2126-01-01T00:00:00Z"}.get, NOON, by_hand=True) == 0


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
                "UPDATE cursors SET value = '2026-01-01T00:00:00Z' WHERE name = ?", [backoff.ASKED]
            )
        assert crawls.crawl().outcome == "ok"
        site.faults.add(TooMany(match="/wp-json*", retry_after=3600))
        crawls.program("verify")
        asked = len(site.requests)
        assert crawls.crawl(expect=3).outcome == "blocked"
        assert "left alone" in crawls.program("verify").stdout
        assert len(site.requests) == asked, "what a verification was told is heeded by all"
