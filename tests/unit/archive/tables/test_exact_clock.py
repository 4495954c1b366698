"""The time of a comment: a feed names its zone, and a page that prints local time in words does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.core.records import Article, Comment, Extract, PageKind, Site, Surface
from archive.storage.archive import Archive
from tests.builders.pages import made_page

SITE = Site(name="gazette", url="https://gazette.example")
URL = "https://gazette.example/ice/"
TRUE = datetime(2026, 3, 1, 15, 15, 20, tzinfo=UTC)
LOCAL = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)  # what a page of New York prints, taken for UTC


def said(published, rule, surface):
    comment = Comment(id="7", author="Ida", text="Ice.", published=published, origins=(("published", rule),))
    article = Article(url=URL, title="Ice", text="Ice came.")
    if surface is Surface.FEED:
        return Extract(surface=surface, comments=(replace(comment, post_id=3),))
    return Extract(surface=surface, articles=(replace(article, post_id=3),), comments=(comment,))


def page(kind, hours):
    moment = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hours)
    url = URL if kind is PageKind.ARTICLE else f"{SITE.url}/comments/feed/"
    return made_page(url, b"x", kind=kind, fetched_at=moment)


@pytest.mark.parametrize("rule", ["page:title", "page:printed", "page:date-class"])
@pytest.mark.parametrize("order", ["page first", "feed first"])
def test_time_of_feed_stands_above_printed_one(tmp_path, rule, order):
    by_page = (page(PageKind.ARTICLE, 0), said(LOCAL, rule, Surface.PAGE))
    by_feed = (page(PageKind.COMMENTS_FEED, 1), said(TRUE, "feed:pubDate", Surface.FEED))
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-02T00:00:00Z")
        archive.save(page(PageKind.ARTICLE, 0), replace(by_page[1], comments=()))
        for round_of in range(2):
            for seen, extract in (by_page, by_feed) if order == "page first" else (by_feed, by_page):
                again = replace(seen, fetched_at=seen.fetched_at + timedelta(days=round_of))
                assert archive.save(again, extract).comments_changed == 0
        row = next(archive.db.query("SELECT published, version_count FROM comments"))
        assert row == {"published": "2026-03-01T15:15:20Z", "version_count": 1}
        [problem, *_] = archive.db.query("SELECT code, detail FROM problems ORDER BY ended_at")
        assert problem["code"] == "times-in-another-zone"
        assert "-5:00 from those of the feed" in problem["detail"]


@pytest.mark.parametrize("minutes", [0, 7])
def test_printed_time_of_the_configured_zone_is_no_problem(tmp_path, minutes):
    printed = TRUE.replace(second=0) + timedelta(minutes=minutes)
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-02T00:00:00Z")
        archive.save(page(PageKind.ARTICLE, 0), said(printed, "page:printed", Surface.PAGE))
        archive.save(page(PageKind.COMMENTS_FEED, 1), said(TRUE, "feed:pubDate", Surface.FEED))
        assert list(archive.db.query("SELECT * FROM problems")) == []


def test_marked_time_of_page_stands_above_feed(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-02T00:00:00Z")
        archive.save(page(PageKind.ARTICLE, 0), said(TRUE, "page:datetime", Surface.PAGE))
        archive.save(page(PageKind.COMMENTS_FEED, 1), said(LOCAL, "feed:pubDate", Surface.FEED))
        assert next(archive.db.query("SELECT published FROM comments"))["published"] == "2026-03-01T15:15:20Z"
