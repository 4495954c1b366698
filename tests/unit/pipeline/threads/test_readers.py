"""Readers of comment systems: which thread a page names, and what their answers may do to us."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from archive.core.records import Page, PageKind, Site
from archive.core.thread_address import ThreadAddress, thread_of
from pipeline import process
from pipeline.comments.systems import system_names
from pipeline.threads.readers import READERS, thread_in
from tests.builders.pages import made_page
from tests.paths import ROOT

URL = "https://gazette.example/2026/ice/"
KEYED = ("coral", "disqus", "giscus", "hyvor")
SITE = Site(name="gull", url="https://gazette.example", foreign_comments=True, thread_keys=KEYED)
REMARK = "<script>var remark_config = { host: 'https://talk.example/r/', site_id: 'gull', %s }</script>"
DISQUS = "<div id='disqus_thread'></div><script>%s</script>"
EMBED = "<script src='//gull.disqus.com/embed.js'></script>"
GHOST = "<script data-ghost-comments='https://gazette.example/' data-post-id='6f'></script>"
PRELOADS = r"""<script>window._preloads = JSON.parse("{\"post\":{\"id\":%d,\"slug\":\"%s\"}}")</script>"""
GISCUS = "<script src='https://giscus.app/client.js' data-repo='Gull/Paper' data-repo-id='R_1' %s></script>"
GITHUB = "https://api.github.com/graphql"
CORAL = """<link rel='canonical' href='/ice/'><script>var U = "talk.example/c";
Coral.createStreamEmbed({%s});</script>"""
HYVOR = "https://talk.hyvor.com/api/data/v1"
TOPIC = "<script>DiscourseEmbed = { discourseUrl: 'https://talk.example/', %s };</script>"


def page(body: str, kind: PageKind = PageKind.ARTICLE, url: str = URL, final_url: str = URL) -> Page:
    return made_page(
        url,
        body,
        source="gull",
        kind=kind,
        final_url=final_url,
        fetched_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("markup", "system", "server", "key", "site"),
    [
        (
            "<script data-isso='//talk.example/isso/' src='//talk.example/isso/js/embed.min.js'></script>"
            "<section id='isso-thread'></section>",
            *("isso", "https://talk.example/isso", "/2026/ice/", ""),
        ),
        (
            "<script src='https://talk.example/js/embed.min.js'></script>"
            "<section id='isso-thread' data-isso-id='ice'></section>",
            *("isso", "https://talk.example", "ice", ""),
        ),
        (REMARK % "x: 1", "remark42", "https://talk.example/r", URL, "gull"),
        (
            REMARK % "url: 'https://old.example/ice'",
            *("remark42", "https://talk.example/r"),
            "https://old.example/ice",
            "gull",
        ),
        (REMARK % "url: window.location.href", "remark42", "https://talk.example/r", URL, "gull"),
        (
            "<script src='https://cdn.commento.io/js/commento.js'></script>",
            *("commento", "https://commento.io", "/2026/ice/", "gazette.example"),
        ),
        (
            "<script>Waline.init({ serverURL: \"https:\\/\\/talk.example\", path: '/ice' })</script>",
            *("waline", "https://talk.example", "/ice", ""),
        ),
        (TOPIC % "topicId: 12", "discourse", "https://talk.example", "12", ""),
        (
            TOPIC % "discourseEmbedUrl: 'https://gazette.example/ice'",
            *("discourse", "https://talk.example", "https://gazette.example/ice", ""),
        ),
        (GHOST, "ghost", "https://gazette.example", "6f", ""),
        (PRELOADS % (7, "ice"), "substack", "https://gazette.example", "7", ""),
        (
            "<p id='cusdis_thread' data-host='https://talk.example' data-app-id='a' data-page-id='ice'></p>",
            *("cusdis", "https://talk.example", "ice", "a"),
        ),
        (
            DISQUS % "var disqus_shortname = 'gull'",
            "disqus",
            "https://disqus.com/api/3.0",
            f"link:{URL}",
            "gull",
        ),
        (GISCUS % "data-mapping='pathname'", "giscus", GITHUB, 'in:title "2026/ice/"', "gull/paper"),
        (
            GISCUS % "data-mapping='specific' data-term='Thick ice' data-category='News'",
            *("giscus", GITHUB, 'category:"News" in:title "Thick ice"', "gull/paper"),
        ),
        (GISCUS % "data-mapping='number' data-term='12'", "giscus", GITHUB, "number:12", "gull/paper"),
        (
            GISCUS % "data-mapping='specific' data-term='ice' data-strict='1'",
            *("giscus", GITHUB, 'in:body "d53b257ba8da274144b4d8d998f10bbc3e7d6704"', "gull/paper"),
        ),
        (
            "<giscus-widget repo='gull/paper' mapping='url'></giscus-widget>",
            *("giscus", GITHUB, f'in:title "{URL}"', "gull/paper"),
        ),
        (
            CORAL % 'rootURL: "//" + U',
            "coral",
            "https://talk.example/c",
            "url:https://gazette.example/ice/",
            "",
        ),
        (
            CORAL % "rootURL: 'https://talk.example', storyID: 'a-7'",
            *("coral", "https://talk.example", "id:a-7", ""),
        ),
        (
            "<hyvor-talk-comments website-id='7' page-id='ice'></hyvor-talk-comments>",
            *("hyvor", HYVOR, "ice", "7"),
        ),
        (
            "<script>var HYVOR_TALK_WEBSITE = 7; var HYVOR_TALK_CONFIG = { url: 'x', id: 'ice' };</script>",
            *("hyvor", HYVOR, "ice", "7"),
        ),
        (
            EMBED + DISQUS % 'this.page.identifier = "9 it\\\'s"',
            *("disqus", "https://disqus.com/api/3.0", "ident:9 it's", "gull"),
        ),
    ],
)
def test_page_names_its_thread(markup: str, system: str, server: str, key: str, site: str) -> None:
    found = thread_in(page(f"<html><body>{markup}</body></html>"), SITE)
    assert found == ThreadAddress(system=system, server=server, key=key, site=site, article=URL)
    assert thread_of(found.part(3)) == found


@pytest.mark.parametrize(
    "markup",
    [
        "<section id='isso-thread'></section>",
        "<script>var remark_config = { site_id: 'gull' }</script>",
        "<script>var remark_config = { host: host(), site_id: 'gull' }</script>",
        "<div id='cusdis_thread' data-host='https://talk.example' data-app-id='a'></div>",
        TOPIC % "discourseEmbedUrl: location.href",
        DISQUS % "",
        "<script>Waline.init({ serverURL: server })</script>",
        "<div class='fb-comments'></div>",
        GISCUS % "data-mapping='specific'",
        GISCUS % "data-mapping='og:title'",
        CORAL % "rootURL: root()",
        CORAL % 'rootURL: "//" + location.host',
        "<hyvor-talk-comments website-id='7'></hyvor-talk-comments>",
        "<script>var HYVOR_TALK_WEBSITE = 7; var HYVOR_TALK_CONFIG = { id: false };</script>",
        PRELOADS % (7, "fog"),
        "<script>window._preloads = JSON.parse(given)</script>",
        '<script>window._preloads = JSON.parse("[7]")</script>',
        f'<script>window._preloads = JSON.parse("{"[" * 9999}")</script>',
    ],
)
def test_thread_that_a_page_does_not_name_whole_is_not_guessed(markup: str) -> None:
    assert thread_in(page(f"<html><body>{markup}</body></html>"), SITE) is None


def test_each_system_is_named_once_and_documented() -> None:
    told = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8").split("## Comment systems")[1]
    for slug, reader in READERS.items():
        assert reader.system in system_names()
        assert slug == reader.system.split()[0].lower()
        assert f"\n| {reader.system}" in told


def test_comment_without_words_of_substack_keeps_its_place_and_its_answers() -> None:
    gone = {
        "id": 1,
        "body": None,
        "deleted": True,
        "children": [{"id": 2, "body": "So.\n\nNo.", "name": "Bo"}],
    }
    cut = {"id": 3, "body": "Once.", "name": "Cy", "children": [], "children_count": 2}
    part = READERS["substack"].read(thread("substack"), "", {"comments": [gone, cut]})
    found = [(each.id, each.parent, each.is_shown, each.plain) for each in part.remarks]
    assert found == [("1", None, False, None), ("2", "1", True, "So.\n\nNo."), ("3", None, True, "Once.")]
    assert part.remarks[1].link == f"{URL}/comment/2".replace("//comment", "/comment")
    assert part.withheld == 2


def answer(thread: ThreadAddress, value: object) -> Page:
    asked = READERS[thread.system].ask(thread).url
    return page(json.dumps(value), PageKind.THREAD, thread.part(1), asked)


def thread(slug: str) -> ThreadAddress:
    return ThreadAddress(system=slug, server="https://talk.example", key="5", site="gull", article=URL)


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=9),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(
                [
                    "replies",
                    "comments",
                    "data",
                    "response",
                    "id",
                    "total_replies",
                    "created",
                    "info",
                    "count",
                    "post_stream",
                    "stream",
                    "posts",
                    "user",
                    "author",
                    "objectId",
                    "success",
                    "commenters",
                    "page",
                    "meta",
                    "cursor",
                    "errno",
                    "children",
                    "post_number",
                    "search",
                    "repository",
                    "discussion",
                    "node",
                    "nodes",
                    "story",
                    "edges",
                    "pageInfo",
                    "errors",
                    "parent_ids",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("slug", READERS)
@given(value=JSON)
def test_any_answer_is_read_or_is_a_problem(slug: str, value: object) -> None:
    """Whatever stands in an answer: comments of this system, or the problem of the article."""
    found = process(answer(thread(slug), value), SITE)
    assert all(comment.id and comment.id.startswith(f"{slug}:") for comment in found.comments)
    codes = {problem.code for problem in found.problems}
    assert codes <= {"external-comments"}
    assert not (codes and found.comments)


def test_words_of_an_answer_are_cleaned_as_those_of_a_page() -> None:
    said = {
        "id": 5,
        "created": 1772362800.5,
        "author": "Ada &amp; <b>Bo</b>",
        "website": "javascript:alert(1)",
        "text": "<p>A <a href='/x'>link</a><script>alert(1)</script></p>",
        "mode": 1,
        "hidden_replies": 0,
    }
    found = process(
        answer(thread("isso"), {"total_replies": 1, "hidden_replies": 0, "replies": [said]}), SITE
    )
    [comment] = found.comments
    assert comment.id == "isso:5@1772362800"
    assert comment.author == "Ada & Bo"
    assert comment.author_url is None
    assert comment.text == "A link"
    assert comment.html is not None
    assert "script" not in comment.html
    assert 'href="https://gazette.example/x"' in comment.html
    assert comment.published == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert comment.permalink == f"{URL}#isso-5"


def test_number_of_a_removed_comment_that_is_given_again_is_another() -> None:
    def read(created: float) -> str | None:
        entry = {"id": 5, "created": created, "text": "<p>Here.</p>", "mode": 1, "hidden_replies": 0}
        value = {"total_replies": 1, "hidden_replies": 0, "replies": [entry]}
        return process(answer(thread("isso"), value), SITE).comments[0].id

    assert read(1772362800.5) != read(1772369999.5)
