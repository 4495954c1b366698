"""What happens to a source as a whole is one event of the source, and no edit of its articles."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from archive.changes import upheaval
from archive.changes.differences import RETITLED, ways
from archive.core.database import transaction
from archive.storage.archive import Archive
from pipeline import process
from tests.builders.pages import made_page
from tests.builders.stories import NOON, SENTENCES, SITE, Story, visit

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


def test_shift_of_a_site_with_three_articles_is_one_event(archive):
    crawl(archive, [Story(number=n) for n in range(3)], NOON)
    crawl(archive, [Story(number=n, offset=5) for n in range(3)], NOON + DAY)
    assert (edits(archive), happened(archive)) == ([], [("dates-shifted", 3, 0)])


def test_dates_that_an_editor_corrects_are_no_shift_where_another_article_keeps_its_own(archive):
    crawl(archive, [Story(number=n) for n in range(4)], NOON)
    crawl(archive, [Story(number=n, offset=5 if n < 3 else 0) for n in range(4)], NOON + DAY)
    assert happened(archive) == []
    crawl(archive, [Story(number=3)], NOON + 3 * DAY)
    assert len(edits(archive)) == 3


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


TAGGED = (('href="/tag/lamps/">lamps</a>', 'href="/tag/lamps/">lamps</a><a rel="tag" href="/tag/x/">x</a>'),)


def test_redesign_seen_page_by_page_is_never_an_edit(archive):
    """Nor where a crawl is killed before its end, or only some articles have what the theme changes."""
    stories = [Story(number=n) for n in range(10)]
    for number in (7, 8, 9):
        stories[number] = replace(
            stories[number], changed=(('<a rel="tag" href="/tag/lamps/">lamps</a>', ""),)
        )
    crawl(archive, stories, NOON)
    for number in range(7):
        visit(archive, replace(stories[number], changed=TAGGED), NOON + DAY + timedelta(minutes=number))
        assert edits(archive) == []
        if number != 3:
            crawl(archive, [], NOON + DAY + timedelta(minutes=number))
            assert edits(archive) == []
    crawl(archive, stories[7:], NOON + DAY + timedelta(hours=1))
    assert edits(archive) == []
    assert happened(archive) == [("redesign", 7, 0)]


@pytest.mark.parametrize("waits", [False, True])
def test_other_tags_of_one_article_are_told_once_others_were_read(archive, waits):
    stories = [Story(number=n) for n in range(10)]
    crawl(archive, stories, NOON)
    crawl(archive, [replace(stories[2], changed=TAGGED)], NOON + DAY)
    assert edits(archive) == []
    later = [] if waits else stories[3:8]
    crawl(archive, later, NOON + DAY + (DAY if waits else timedelta(hours=1)))
    assert edits(archive) == [(3, None)]
    [event] = archive.db.query("SELECT at, version FROM events")
    assert event == {"at": "2026-03-02T12:00:00Z", "version": 1}
    assert happened(archive) == []


def test_dates_without_a_time_follow_a_shift(archive):
    """Those near midnight move by a day; the others stay."""
    timeless = ("article:published_time", "no-time")
    stories = [Story(number=n, comments=2) for n in range(6)]

    def dated(story, day):
        said = f'By <time class="entry-date">July {story.number + day}, 2009</time> '
        return replace(story, changed=(timeless, ("By <span", f"{said}<span")))

    crawl(archive, [dated(story, 9) for story in stories], NOON)
    assert {len(row["published"]) for row in archive.db.query("SELECT published FROM articles")} == {10}
    moved = [dated(replace(story, offset=13), 9 + story.number % 2) for story in stories]
    crawl(archive, moved, NOON + DAY)
    assert edits(archive) == []
    [(kind, articles, comments)] = happened(archive)
    assert (kind, articles, comments) == ("dates-shifted", 3, 12)


PROSE = "The harbour council met again on a Monday, and few came to hear it, for the wind had turned."
MORE = "Nobody from the board would say who had moved the buoys that night, nor who had paid for it."


@pytest.mark.parametrize(
    ("field", "before", "after", "way"),
    [
        ("title", "The masts", "THE MASTS", "look title"),
        ("title", "The masts", "The Gull: The masts", "look title"),
        ("title", "The masts", "The sails", RETITLED),
        ("text", f"{PROSE}\n{MORE}", f"{PROSE.replace('The h', 'T he h')}\n{MORE}", "look text letters"),
        ("text", f"{PROSE}\n{MORE}", f"PORT — {PROSE}\n{MORE}", "look text framed"),
        ("text", f"{PROSE}\n{MORE}", PROSE, "look text removed"),
        ("text", f"{PROSE}\n{MORE}", f"{PROSE.replace('Monday', 'Friday')}\n{MORE}", "words"),
        ("published", "2009-07-09T12:00:00Z", "2009-07-09T12:07:00Z", "shift 7"),
        ("published", "2009-07-09", "2009-07-10", "shift day 1"),
        ("published", "2009-07-09", "2009-07-12", "look published"),
        ("byline", "Ida Marsh", "MARSH, Ida", "look byline"),
    ],
)
def test_way_of_a_difference(field, before, after, way):
    [found] = ways("article", {field: before}, {field: after}, [field])
    assert found.startswith(way) if way == RETITLED else found == way


def test_other_format_of_names_is_a_redesign(archive):
    """Of authors, of those who comment, and of titles."""
    stories = [Story(number=n, comments=2) for n in range(8)]
    crawl(archive, stories, NOON)
    changed = (('class="fn">Reader', 'class="fn">Mx Reader'), (">Ida Marsh", ">IDA MARSH (staff)"))
    crawl(archive, [replace(story, changed=changed) for story in stories], NOON + DAY)
    assert edits(archive) == []
    assert happened(archive) == [("redesign", 8, 16)]


def test_link_to_an_article_that_moved_is_no_edit(archive):
    """Other permalinks: the same article under another address; a link to another article is an edit."""
    stories = [Story(number=n) for n in range(8)]
    there = "/archives/2009/07/story_{}/"
    said = "<p>The masts are told of <a href='https://gazette.example{}'>elsewhere</a>, in our own paper.</p>"
    crawl(archive, [replace(stories[0], fragment=said.format(there.format(1))), *stories[1:]], NOON)
    address = {"source": "gull", "article_id": 2, "first_seen": "2026-03-01T12:00:00Z"}
    url = "https://gazette.example/news/masts/"
    archive.db["addresses"].insert({**address, "url": url, "url_key": url[8:-1]})
    for link, found in (("/news/masts/", []), (there.format(2), [(1, None)])):
        for hour in range(1, 4):
            at = NOON + (len(found) + 1) * DAY + timedelta(hours=hour)
            crawl(archive, [replace(stories[0], fragment=said.format(link)), *stories[1:]], at)
        assert edits(archive) == found


@pytest.mark.parametrize("at_once", [True, False])
def test_redesign_of_titles_authors_and_texts_is_one_event(archive, at_once):
    """Capitals, a dateline before each text, names in another form, no picture; one page a crawl, or all."""
    stories = [Story(number=n, comments=2) for n in range(8)]
    crawl(archive, stories, NOON)
    dressed = [
        replace(
            story,
            changed=(
                (f'entry-title">{story.title}', f'entry-title">{story.title.upper()}'),
                ("<p>The harbour council", "<p>PORT: The harbour council"),
                (">Ida Marsh", ">MARSH, Ida"),
                ('class="fn">Reader', 'class="fn">Mx Reader'),
            ),
        )
        for story in stories
    ]
    for number, some in enumerate([dressed] if at_once else [[story] for story in dressed]):
        crawl(archive, some, NOON + DAY + timedelta(hours=number))
        assert edits(archive) == []
    assert happened(archive) == [("redesign", 8, 16)]


NOTICE = "<p>The paper moves to the old mill in the spring of this year.</p>"
SMALL = {
    "the site's name in each title": lambda story: [
        (f"{story.title}</h1>", f"{story.title} – The Gull Gazette</h1>")
    ],
    "a teaser": lambda story: [(markup, "") for markup in _paragraphs(story)[3:]],
    "one picture for all": lambda story: [(f"lamp-{story.number}.jpg", "share.jpg")],
    "a summary by rule": lambda story: [("What became of", "Read here what became of")],
    "authors in capitals": lambda story: [(">Ida Marsh<", ">IDA MARSH<")],
    "a notice below each": lambda story: [(_paragraphs(story)[4], _paragraphs(story)[4] + NOTICE)],
}  # fmt: skip


def _paragraphs(story):
    return re.findall("<p>.*?</p>", story.markup())


@pytest.mark.parametrize("name", SMALL)
def test_redesign_of_a_site_with_three_articles_is_one_event(archive, name):
    stories = [Story(number=n) for n in range(3)]
    crawl(archive, stories, NOON)
    changed = [replace(story, changed=tuple(SMALL[name](story))) for story in stories]
    for look in range(1, 8):
        crawl(archive, changed, NOON + look * DAY / 2)
    assert edits(archive) == []
    assert happened(archive) == [("redesign", 3, 0)]


@pytest.mark.parametrize("days", [(1, 1), (1, 4, 9)], ids=["not all of them", "one by one"])
def test_edits_of_a_site_with_three_articles_stay_edits(archive, days):
    stories = [Story(number=n) for n in range(3)]
    crawl(archive, stories, NOON)
    for number, day in enumerate(days):
        story = stories[number]
        stories[number] = replace(story, changed=((_paragraphs(story)[4], ""),))
        crawl(archive, stories, NOON + day * DAY)
    assert len(edits(archive)) == len(days)
    assert happened(archive) == []


def test_edits_of_the_only_visited_articles_of_a_larger_site_stay_edits(archive):
    """Three articles of the day get a correction each, while the others are not due."""
    crawl(archive, [Story(number=n) for n in range(8)], NOON)
    few = [Story(number=n) for n in range(3)]
    crawl(archive, [replace(each, changed=((_paragraphs(each)[4], ""),)) for each in few], NOON + DAY)
    assert (len(edits(archive)), happened(archive)) == (3, [])


def test_texts_of_all_articles_in_another_language_are_one_event(archive):
    stories = [Story(number=n) for n in range(7)]
    crawl(archive, stories, NOON)
    others = [
        replace(story, changed=tuple((said, f"<p>{said[3:-4][::-1]}.</p>") for said in _paragraphs(story)))
        for story in stories
    ]
    for look in range(1, 4):
        crawl(archive, others, NOON + look * DAY)
    assert (edits(archive), happened(archive)) == ([], [("redesign", 7, 0)])


def test_one_title_for_all_articles_is_one_event(archive):
    stories = [Story(number=n) for n in range(7)]
    crawl(archive, stories, NOON)
    alike = [
        replace(story, changed=((f">{story.title}</h1>", ">News of the harbour</h1>"),)) for story in stories
    ]
    crawl(archive, alike, NOON + DAY)
    assert (edits(archive), happened(archive)) == ([], [("redesign", 7, 0)])


def test_likes_that_come_below_all_comments_are_one_event(archive):
    stories = [Story(number=n, comments=2) for n in range(6)]
    crawl(archive, stories, NOON)
    for look in range(1, 4):
        liked = [
            replace(story, changed=((" of ours.</p>", f" of ours. {look} likes</p>"),)) for story in stories
        ]
        crawl(archive, liked, NOON + look * DAY)
    assert (edits(archive), happened(archive)) == ([], [("redesign", 0, 12)])


def test_wall_that_repeats_the_first_paragraph_says_nothing_new():
    """It resembles a later paragraph, and is no edit of that one."""
    first, *others = (said.format("Alder") for said in SENTENCES)
    later = first.replace("a Monday", "the Friday after that")
    before = {"text": "\n\n".join([first, *others, later])}
    walled = {"text": "\n\n".join([first, *others, first])}
    edited = {"text": "\n\n".join([first, *others, later.replace("the wind", "the tide")])}
    assert "words" not in set(ways("article", before, walled, ("text",)))
    assert set(ways("article", before, edited, ("text",))) == {"words"}


def test_number_before_each_paragraph_is_a_redesign_and_leaves_the_edit(archive):
    stories = [Story(number=n) for n in range(8)]
    crawl(archive, stories, NOON)
    numbered = [replace(story, changed=(EDIT,) if story.number == 3 else ()) for story in stories]
    for number, story in enumerate(numbered):
        first, *others = story.markup().split("<p>")
        markup = "".join([first, *(f"<p>[{n}] {paragraph}" for n, paragraph in enumerate(others, 1))])
        page = made_page(story.url, markup, source="gull", fetched_at=NOON + DAY + timedelta(minutes=number))
        archive.save(page, process(page, SITE))
    with transaction(archive.db):
        upheaval.settle(archive.db, "gull", NOON + 2 * DAY)
    assert [kind for kind, _, _ in happened(archive)] == ["redesign"]
    assert edits(archive) == [(4, None)]
