"""One thread in the markup of many themes: whatever a theme wraps around them, the comments read the same.

The thread is invented; only the shapes are those of the themes. Pages with more than a shape to them stand in
tests/fixtures/pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.records import Comment, Extract, Page, PageKind, Site
from pipeline import process

URL = "https://gazette.example/2009/07/lights/"
PROSE = (
    "<p>The harbour council sat until the last ferry had gone, and the lamps of the mole were lit.</p>" * 4
)


@dataclass(frozen=True)
class Said:
    """A comment as WordPress knows it."""

    id: str
    name: str
    url: str | None
    time: str
    words: str
    text: str
    answers: tuple[Said, ...] = ()

    def link(self) -> str:
        """What `get_comment_author_link()` prints."""
        return (
            f'<a href="{self.url}" class="url" rel="ugc external nofollow">{self.name}</a>'
            if self.url
            else self.name
        )


ANSWER = Said("102", "13kites", None, "14:05", "<p>I agree.<br />\nMostly.</p>", "I agree.\nMostly.")
FIRST = Said(
    "101",
    "Wren Alder",
    "https://wren.example/",
    "12:41",
    '<p>By the way, on May 3, 2008 it rained.</p>\n<p>A <a href="https://example.org/x">second</a> line.</p>',
    "By the way, on May 3, 2008 it rained.\n\nA second line.",
    (ANSWER,),
)
LAST = Said("103", "C.", None, "15:20", "<p>🙂</p>", "🙂")
AVATAR = '<img alt="" src="https://secure.gravatar.com/avatar/0" class="avatar avatar-48 photo" height="48">'
REPLY = '<a rel="nofollow" class="comment-reply-link" href="#respond" data-commentid="{id}">Reply</a>'

SHAPES = {path.stem: path for path in sorted((Path(__file__).parent / "fixtures" / "threads").glob("*.html"))}
"""One comment in the markup of each theme, with names in braces for what changes."""
DATELESS = {"name-and-age", "disqus-list"}
"""Themes that print no date."""
FLAT = {"label-small"}
"""Themes of the time before threads."""


def render(theme: str, said: Said, depth: int = 1, parent: str = "0") -> str:
    """One comment and its answers in the markup of a theme."""
    shape = SHAPES[theme].read_text(encoding="utf-8")
    moment = datetime.fromisoformat(f"2009-07-29T{said.time}")
    day = f"July {moment.day}, {moment.year}"
    clock = f"{moment.hour % 12 or 12}:{moment.minute:02} {'pm' if moment.hour >= 12 else 'am'}"
    answers = "".join(render(theme, answer, depth + 1, said.id) for answer in said.answers)
    return shape.format(
        id=said.id,
        parent=parent,
        classes=f"comment even thread-even depth-{depth}",
        avatar=AVATAR,
        link=said.link(),
        url=URL,
        iso=f"2009-07-29T{said.time}:00-04:00",
        day_iso="2009-07-29",
        day=day,
        clock=clock,
        dotted=moment.strftime("%m.%d.%y"),
        printed=f"{day} at {clock}",
        words=said.words,
        reply=REPLY.format(id=said.id),
        answers=f'<ol class="children">{answers}</ol>' if answers else "",
        divs=answers,
        after=answers,
    )


def listing(theme: str) -> str:
    """The thread in the list of its theme."""
    tag = "div" if "\n<div" in SHAPES[theme].read_text(encoding="utf-8")[:200] else "ol"
    return f'<{tag} class="commentlist">{render(theme, FIRST)}\n{render(theme, LAST)}</{tag}>'


def read(thread: str) -> Extract:
    html = (
        '<html lang="en-US"><head><title>Harbour lights</title></head><body class="single postid-7"><main>'
        f'<article class="post"><h1 class="entry-title">Harbour lights</h1><div class="entry-content">{PROSE}'
        f'</div></article><div id="comments">{thread}</div></main></body></html>'
    )
    page = Page(
        source="gull",
        kind=PageKind.ARTICLE,
        url=URL,
        final_url=URL,
        status=200,
        headers=(("content-type", "text/html; charset=UTF-8"),),
        fetched_at=datetime(2026, 1, 5, 12, tzinfo=UTC),
        body=html.encode(),
    )
    return process(page, Site(name="gull", url="https://gazette.example/", timezone="America/New_York"))


def facts(comment: Comment) -> tuple[str | None, ...]:
    return comment.id, comment.parent, comment.author, comment.author_url, comment.text, str(comment.kind)


def wanted(said: Said, parent: str | None) -> tuple[str | None, ...]:
    return said.id, parent, said.name, said.url, said.text, "comment"


@pytest.mark.parametrize("theme", SHAPES)
def test_the_thread_reads_the_same_in_every_theme(theme: str) -> None:
    comments = read(listing(theme)).comments
    below = None if theme in FLAT else FIRST.id
    assert list(map(facts, comments)) == [wanted(FIRST, None), wanted(ANSWER, below), wanted(LAST, None)]
    days = [] if theme in DATELESS else [(16, 41), (18, 5), (19, 20)]
    moments = [datetime(2009, 7, 29, hour, minute, tzinfo=UTC) for hour, minute in days]
    assert [comment.published for comment in comments if comment.published] == moments


def test_comments_named_by_an_anchor_in_the_list() -> None:
    thread = "".join(
        f'<li class="commententry"><a name="comment-{said.id}"></a>'
        f"<cite>{said.link()}</cite> wrote:"
        f'<p class="postStamp">{said.time} July 29, 2009</p>'
        f'<div class="commentContent">{said.words}</div></li>'
        for said in (FIRST, LAST)
    )
    comments = read(f'<ul class="commentlist">{thread}</ul>').comments
    assert list(map(facts, comments)) == [wanted(FIRST, None), wanted(LAST, None)]


@pytest.mark.parametrize(
    "other",
    [
        '<ul id="bbp-reply-9" class="forums bbp-replies"><li class="bbp-body">'
        '<div class="post-9 reply type-reply"><div class="bbp-reply-author">Tove</div>'
        '<div class="bbp-reply-content"><p>A post of a forum.</p></div></div></li></ul>',
        '<ul class="activity-list"><li id="activity-5"><div class="activity-comments"><ul>'
        '<li id="acomment-9">'
        "<p>Said on a wall.</p></li></ul></div></li></ul>",
        '<ol class="wp-block-latest-comments"><li class="wp-block-latest-comments__comment"><article>'
        '<footer><a href="/tides/#comment-88">Tove</a> on <a href="/tides/">Tides</a></footer></article></li>'
        "</ol>",
        '<div class="widget_recent_comments"><ul id="recentcomments"><li class="recentcomments">'
        '<span class="comment-author-link">Tove</span> on <a href="/tides/#comment-88">Tides</a></li></ul>'
        "</div>",
    ],
    ids=["bbpress", "buddypress", "latest-comments", "recent-comments"],
)
def test_what_is_no_thread_gives_no_comment(other: str) -> None:
    assert read(other).comments == ()
