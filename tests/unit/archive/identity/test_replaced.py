"""Another post that a site publishes at the address of one that it deleted."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from archive.core.records import PageKind
from tests.builders.gull_gazette import (
    IDS,
    LIGHTS,
    NETS,
    NEW,
    TAR,
    TEXTS,
    TITLES,
    events,
    listing,
    page,
    rows,
    save,
    story,
)

OTHER = "Instead of it"
DAY = "Mon, 09 Feb 2026 10:00:00 +0000"


def feed(title, text, about):
    said = escape("".join(f"<p>{words}</p>" for words in text))
    return (
        '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item>'
        f"<title>{title}</title><link>{LIGHTS}</link><pubDate>{DAY}</pubDate><guid>{LIGHTS}</guid>"
        f"<description>{about}</description><content:encoded>{said}</content:encoded></item></channel></rss>"
    )


def read_feed(archive, *entry, hours):
    url = "https://gull.example/feed"
    save(archive, page(url, feed(*entry), hours, kind=PageKind.POSTS_FEED))


@pytest.mark.parametrize(
    ("title", "text", "edits"),
    [
        (OTHER, NEW, 0),
        (TITLES[LIGHTS], NEW, 1),
        ("The lamps are sold", TEXTS[LIGHTS], 1),
    ],
    ids=["another post", "rewritten", "another title"],
)
def test_feed_entry_of_another_post_is_no_edit_of_the_one_before(archive, title, text, edits):
    save(archive, listing(IDS), page(LIGHTS, story(LIGHTS, post_id=10), 1))
    read_feed(archive, TITLES[LIGHTS], TEXTS[LIGHTS], "The lights are settled.", hours=2)
    read_feed(archive, title, text, "The council has sold what it had.", hours=30)
    assert [kind for kind, _ in events(archive)] == ["edited"] * edits


@pytest.mark.parametrize("title", [OTHER, TITLES[LIGHTS]])
def test_post_listed_at_the_address_of_a_removed_one_is_another_if_its_title_is(archive, title):
    """A listing of REST has no texts."""
    pages = [page(url, story(url, post_id=number), 1) for url, number in IDS.items()]
    save(archive, listing(IDS), *pages, page(LIGHTS, "", 30, status=404))
    save(archive, *(page(url, story(url, post_id=IDS[url]), 31) for url in (NETS, TAR)))
    save(archive, page(LIGHTS, "", 60, status=404))
    save(archive, listing({LIGHTS: 40}, 90, {LIGHTS: title}))
    found = rows(archive, f"SELECT post_id, title FROM articles WHERE url = '{LIGHTS}' ORDER BY id")
    before, now = (10, TITLES[LIGHTS]), (40, title)
    assert [(row["post_id"], row["title"]) for row in found] == ([before, now] if title == OTHER else [now])
    assert [kind for kind, _ in events(archive)] == ["removed"]


def test_page_of_another_id_and_date_at_an_address_removes_nothing(archive):
    """A wall may have an id of its own."""
    save(archive, listing(IDS), *(page(url, story(url, post_id=number), 1) for url, number in IDS.items()))
    wall = story(LIGHTS, post_id=40, title="Members alone", text=NEW, date="2019-01-01T00:00:00")
    for hours in (30, 60, 90):
        save(archive, page(LIGHTS, wall, hours))
        save(archive, *(page(url, story(url, post_id=IDS[url]), hours + 1) for url in (NETS, TAR)))
    assert events(archive) == []


def test_another_post_at_the_address_is_another_article_and_the_old_one_is_removed(archive):
    save(archive, listing(IDS), *(page(url, story(url, post_id=number), 1) for url, number in IDS.items()))
    for hours in (30, 60):
        save(archive, page(LIGHTS, story(LIGHTS, post_id=40, title=OTHER, text=NEW), hours))
        save(archive, *(page(url, story(url, post_id=IDS[url]), hours + 1) for url in (NETS, TAR)))
    save(archive, page(LIGHTS, story(LIGHTS, post_id=40, title=OTHER, text=NEW), 90))
    here = f"SELECT post_id, title, text, gone_at FROM articles WHERE url = '{LIGHTS}' ORDER BY id"
    found = rows(archive, here)
    assert [(row["post_id"], row["title"], bool(row["gone_at"])) for row in found] == [
        (10, TITLES[LIGHTS], True),
        (40, OTHER, False),
    ]
    assert [row["text"] for row in found] == ["\n\n".join(TEXTS[LIGHTS]), "\n\n".join(NEW)]
    assert [kind for kind, _ in events(archive)] == ["removed"]
