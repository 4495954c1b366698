"""Threads of other systems than WordPress, as their default themes write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml.html import document_fromstring

from archive.core.records import Site
from pipeline.comments.systems import foreign_system
from pipeline.html.dom import Index
from pipeline.process import process
from tests.builders.pages import made_page
from tests.fakesite.platforms.blogger import Blogger
from tests.fakesite.platforms.drupal import Drupal
from tests.fakesite.platforms.paper import Remark, System
from tests.fakesite.platforms.six_apart import MovableType, TypePad

HOME = "https://quay.example"


@pytest.mark.parametrize(
    ("markup", "wanted"),
    [
        ('<div id="jetpack_remote_comment"><iframe src="//jetpack.wordpress.com/jetpack-comment/">', None),
        ('<script src="/js/webmention.min.js" data-page-url="/tides/"></script>', "Webmention.io"),
        ('<link rel="webmention" href="https://webmention.io/quay.example/webmention">', None),
    ],
)
def test_thread_kept_elsewhere_has_a_name(markup: str, wanted: str | None) -> None:
    """Jetpack's form writes into WordPress' own thread; a link for mentions shows none."""
    assert foreign_system(Index(document_fromstring(f"<html><body>{markup}</body></html>"))) == wanted


@pytest.mark.parametrize("make", [Drupal, MovableType, TypePad, Blogger])
def test_each_comment_has_its_words_name_and_parent(make: type[System]) -> None:
    """Answers to answers as well, and the theme's own words are nobody's."""
    system = make(base=HOME)
    story = next(story for story in system.stories if story.remarks)
    _, second, third = story.remarks
    deep = Remark(5001, "Fay Moor", "And I from the ferry.", third.at, second.id)
    late = Remark(5002, "Gil Strand", "That was a good answer.", third.at, deep.id)
    story.remarks += [deep, late]
    kind, markup = system.story_page(story)
    url = system.url(story)
    page = made_page(
        url,
        markup,
        source="quay",
        headers=(("content-type", kind),),
        fetched_at=datetime(2024, 8, 1, tzinfo=UTC),
    )
    found = process(page, Site(name="quay", url=HOME))
    texts = {comment.id: comment.text for comment in found.comments}
    told = {(each.author, each.text, texts.get(each.parent or "")) for each in found.comments}
    words = {remark.id: remark.text for remark in story.remarks}
    assert told == {
        (each.author, each.text, words.get(each.parent or 0) if system.nests else None)
        for each in story.remarks
    }
    assert found.problems == ()
    assert all(each.text not in (found.articles[0].text or "") for each in story.remarks)
