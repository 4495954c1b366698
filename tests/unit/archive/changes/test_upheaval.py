"""What happens to a source as a whole is one event of the source, and no edit of its articles."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from archive.changes import upheaval
from archive.core.database import transaction
from archive.storage.archive import Archive
from tests.builders.stories import NOON, SITE, Story, visit

DAY = timedelta(days=1)
EDIT = ("paid for the eleven masts", "paid for the twelve masts")


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        yield archive


def crawl(archive, stories, at):
    for number, story in enumerate(stories):
        visit(archive, story, at + timedelta(minutes=number))
    with transaction(archive.db):
        return upheaval.settle(archive.db, "gull", at + timedelta(minutes=len(stories)))


def edits(archive):
    return [(row["article_id"], row["comment_id"]) for row in archive.db.query("SELECT * FROM events")]


def happened(archive):
    return [
        (row["kind"], row["articles"], row["comments"])
        for row in archive.db.query("SELECT * FROM source_events ORDER BY id")
    ]


def test_changed_time_zone_is_one_source_event(archive):
    stories = [Story(number=n, comments=2) for n in range(8)]
    crawl(archive, stories, NOON)
    shifted = [replace(story, offset=-5) for story in stories]
    found = crawl(archive, shifted, NOON + DAY)
    assert edits(archive) == []
    assert happened(archive) == [("dates-shifted", 8, 16)]
    assert "-5:00" in (found.sentence or "")
    [detail] = [json.loads(row["detail"]) for row in archive.db.query("SELECT detail FROM source_events")]
    assert detail["minutes"] == -300


def test_shift_of_one_page_with_its_thread_is_known_at_once(archive):
    """A crawl mostly visits a page or two: an article and its comments that move alike are proof enough."""
    stories = [Story(number=n, comments=5) for n in range(8)]
    crawl(archive, stories, NOON)
    for day, number in enumerate((2, 0, 5), 1):
        crawl(archive, [replace(stories[number], offset=-5)], NOON + day * DAY)
        assert edits(archive) == []
    assert happened(archive) == [("dates-shifted", 3, 15)]


def test_shift_in_winter_and_summer_is_one_event(archive):
    """A zone with summer time gives place to one without: some dates move by an hour more."""
    stories = [Story(number=n, comments=1) for n in range(8)]
    crawl(archive, stories, NOON)
    crawl(archive, [replace(story, offset=13 + story.number % 2) for story in stories], NOON + DAY)
    assert edits(archive) == []
    assert happened(archive) == [("dates-shifted", 8, 8)]


def test_shift_and_real_edit_leaves_the_edit(archive):
    stories = [Story(number=n) for n in range(8)]
    crawl(archive, stories, NOON)
    shifted = [replace(story, offset=2) for story in stories]
    shifted[3] = replace(shifted[3], changed=(EDIT,))
    crawl(archive, shifted, NOON + DAY)
    assert edits(archive) == [(4, None)]
    [version] = archive.db.query("SELECT changed FROM article_versions WHERE cause = 'edited'")
    assert json.loads(version["changed"]) == ["text"]


def test_shift_seen_over_several_crawls_is_one_event(archive):
    """A site's old pages are visited over days, and show the shift one after another."""
    stories = [Story(number=n) for n in range(10)]
    crawl(archive, stories, NOON)
    for first in range(0, 10, 2):
        some = [replace(story, offset=1) for story in stories[first : first + 2]]
        crawl(archive, some, NOON + DAY + timedelta(hours=first))
    assert edits(archive) == []
    assert happened(archive) == [("dates-shifted", 10, 0)]


def test_redesign_is_one_source_event(archive):
    stories = [Story(number=n) for n in range(10)]
    crawl(archive, stories, NOON)
    crawl(archive, [replace(story, plain=True) for story in stories], NOON + DAY)
    assert edits(archive) == []
    assert [kind for kind, _, _ in happened(archive)] == ["redesign"]
    causes = {row["cause"] for row in archive.db.query("SELECT cause FROM article_versions")}
    assert causes == {"redesign"}


def test_redesign_and_real_edit_leaves_the_edit(archive):
    stories = [Story(number=n) for n in range(10)]
    crawl(archive, stories, NOON)
    plain = [replace(story, plain=True) for story in stories]
    plain[6] = replace(plain[6], changed=(EDIT,))
    crawl(archive, plain, NOON + DAY)
    assert edits(archive) == [(7, None)]
    assert [kind for kind, _, _ in happened(archive)] == ["redesign"]


def test_page_read_again_weeks_later_follows_the_redesign(archive):
    """Old pages are visited rarely; one that was read since the redesign is edited all the same."""
    stories = [Story(number=n) for n in range(10)]
    crawl(archive, stories, NOON)
    crawl(archive, [replace(story, plain=True) for story in stories[:8]], NOON + DAY)
    for day in range(2, 40):
        crawl(archive, [replace(stories[0], plain=True)], NOON + day * DAY)
    crawl(archive, [replace(stories[9], plain=True)], NOON + 40 * DAY)
    assert edits(archive) == []
    assert happened(archive) == [("redesign", 9, 0)]
    added = ("</p></div></div>", "</p><p>A late note was put below by the night desk.</p></div></div>")
    crawl(archive, [replace(stories[3], plain=True, changed=(added,))], NOON + 41 * DAY)
    assert edits(archive) == [(4, None)]


def test_edits_of_few_articles_stay_edits(archive):
    stories = [Story(number=n) for n in range(10)]
    crawl(archive, stories, NOON)
    edited = [
        replace(
            story,
            changed=(("<p>In the end", f"<p>{noun} were said to be found by evening.</p>\n<p>In the end"),),
        )
        for story, noun in zip(stories, ("Ropes", "Three lamps", "Both nets", "Old sails"), strict=False)
    ]
    crawl(archive, [*edited, *stories[4:]], NOON + DAY)
    assert len(edits(archive)) == 4
    assert happened(archive) == []


def test_quiet_crawl_writes_nothing(archive):
    stories = [Story(number=n) for n in range(6)]
    crawl(archive, stories, NOON)
    assert crawl(archive, stories, NOON + DAY) == upheaval.UpheavalResult()
