"""An article without a text has none: the frame of its page is never taken for it, and nothing is an edit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.core.records import Site
from archive.storage.archive import Archive
from pipeline.process import process
from tests.builders.pages import HTML, made_page

URL = "https://gazette.example/2026/03/ice/"
SITE = Site(name="gazette", url="https://gazette.example")
IMAGE = '<figure class="wp-block-image"><img src="/ice.jpg" alt="Ice on the river"></figure>'
TEXT = "<p>Ice came down the river on Sunday, and it took the bridge.</p>"
HEAD = """<html lang="en"><head><title>Ice – The Gazette</title><meta property="og:type" content="article">
</head><body class="single single-post postid-7"><a class="skip-link screen-reader-text" href="#content">Skip
to content</a><header class="site-header"><p class="site-title"><a href="/">The Gazette</a></p><p>News of the
river and of the town, every day since 1893</p><nav><ul><li><a href="/">Home</a></li></ul></nav></header>"""
FOOT = """<aside class="widget-area"><h2>Recent Posts</h2><ul><li><a href="/a">The bridge is closed again for
the whole of the summer</a></li></ul></aside><footer><p>Copyright 2026 The Gazette. All rights reserved by the
publisher, and proudly powered by what it is powered by, hoping to please.</p></footer></body></html>"""


def page(inner, box="entry-content"):
    body = f"""{HEAD}<main id="content"><article class="post-7 post hentry"><header class="entry-header">
    <h1 class="entry-title">Ice</h1>
    <time class="entry-date" datetime="2026-03-01T10:00:00Z">March 1, 2026</time>
    </header><div class="{box}">{inner}</div><footer class="entry-footer">Posted in <a href="/category/river"
    rel="category tag">River</a></footer></article></main>{FOOT}"""
    return made_page(
        URL,
        body,
        headers=HTML,
        fetched_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize("box", ["entry-content", "wp-block-post-content", "box-17"])
@pytest.mark.parametrize(
    "inner",
    [
        "",
        "<p>&nbsp;</p>",
        IMAGE,
        f'{IMAGE}<div class="sharedaddy">Share this: <a href="#">Mail</a></div>',
        "<script>var ice = 1;</script><!-- nothing -->",
    ],
    ids=["empty", "blank", "image", "shared image", "script"],
)
def test_article_without_words_has_empty_text(inner, box):
    extract = process(page(inner, box), SITE)
    assert [article.text for article in extract.articles] == [""]
    assert extract.articles[0].title == "Ice"
    assert not extract.problems


@pytest.mark.parametrize("box", ["entry-content", "wp-block-post-content", "box-17"])
def test_a_video_alone_is_a_text_of_its_line(box):
    extract = process(page('<iframe src="https://video.example/1"></iframe>', box), SITE)
    assert [article.text for article in extract.articles] == ["[Embedded frame: https://video.example/1]"]
    assert not extract.problems


@pytest.mark.parametrize("box", ["entry-content", "box-17"])
@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (TEXT, "Ice came down the river on Sunday, and it took the bridge."),
        (f"{IMAGE}{TEXT}", "Ice came down the river on Sunday, and it took the bridge."),
    ],
)
def test_short_article_keeps_its_text(inner, text, box):
    assert process(page(inner, box), SITE).articles[0].text == text


def test_text_beside_an_empty_box_is_kept():
    beside = f'<div class="entry-content"></div><div class="story"><p>{"Ice came down. " * 20}</p></div>'
    assert process(page(beside, "frame"), SITE).articles[0].text.startswith("Ice came down.")


def test_missing_text_is_no_edit_and_replaces_nothing(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-02T00:00:00Z")
        first, empty = page(TEXT), page(IMAGE)
        archive.save(first, process(first, SITE))
        later = replace(empty, fetched_at=first.fetched_at + timedelta(hours=1))
        assert not archive.save(later, process(later, SITE)).articles_changed
        assert next(archive.db.query("SELECT text FROM articles"))["text"].startswith("Ice came")
        assert archive.db["events"].count == 0


def test_frame_read_by_older_rules_is_replaced(tmp_path):
    """What older rules took for a text goes when the kept page is read again by these."""
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-02T00:00:00Z")
        kept = page(IMAGE)
        old = process(kept, SITE)
        article = replace(old.articles[0], text="Skip to content", markdown="Skip to content")
        archive.save(kept, replace(old, articles=(article,)))
        archive.save(kept, process(kept, SITE), again_at=kept.fetched_at + timedelta(days=1))
        assert next(archive.db.query("SELECT text FROM articles"))["text"] == ""
