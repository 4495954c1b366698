"""One thread in the markup of many themes: whatever a theme wraps around them, the comments read the same.

The thread is invented; only the shapes are those of the themes. Pages with more than a shape to them stand in
tests/fixtures/pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape, unescape
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.core.records import Comment, Extract, Site
from pipeline import process
from tests.builders.pages import HTML, made_page
from tests.paths import FIXTURES

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

SHAPES = {path.stem: path for path in sorted((FIXTURES / "threads").glob("*.html"))}
"""One comment in the markup of each theme, with names in braces for what changes."""
DATELESS = {"name-and-age", "disqus-list"}
"""Themes that print no date."""
FLAT = {"label-small", "media-flat"}
"""Themes that do not show who answers whom."""
NAMES = (
    *("C.", "E", "13times", "Anna-Lena Müller", "李雷", "محمد علي", "דוד", "omg -_-", "the_mayor", "O'Neil"),
    *("Otto 2009", "@ida", "x.y.z", "Ida | Marsh", "❤", "Ida, of Harwich", "JEAN", "Mr. T!", "Ida (Harwich)"),
    *("Wren & Sons", "May", "March Hare", "reader #7"),
)
WORDS = (
    ("<p>I agree.<br />\nMostly.</p>", "I agree.\nMostly."),
    ("<p>🙂</p>", "🙂"),
    ("<p>+1</p>", "+1"),
    ("<p>…</p>", "…"),
    ("<p>7</p>", "7"),
    ("<p>Reply</p>", "Reply"),
    ("<p>Yes</p>\n<p>At 5</p>", "Yes\n\nAt 5"),
    ("<p>10:30 am</p>", "10:30 am"),
    ("<p>On May 3, 2008 it rained.</p>\n<p>Twice.</p>", "On May 3, 2008 it rained.\n\nTwice."),
    ("<p>By the way, no.</p>", "By the way, no."),
    ("<p>@C. — no</p>", "@C. — no"),
    ("<p>Pingback: no</p>", "Pingback: no"),
    ("<p><strong>No.</strong> Never.</p>", "No. Never."),
    ("<p><em>Posted by nobody</em></p>", "Posted by nobody"),
    ('<p><a href="#comment-101" rel="nofollow ugc">@Ida</a> no.</p>', "@Ida no."),
    ('<p><a href="https://example.org/x" rel="nofollow ugc">Here</a></p>', "Here"),
    ("<ul>\n<li>one</li>\n<li>two</li>\n</ul>", "one\ntwo"),
    ("<p>C. wrote:</p>\n<blockquote><p>no</p></blockquote>\n<p>yes</p>", "C. wrote:\n\nno\n\nyes"),
    ("<blockquote><p>Who said so?</p></blockquote>\n<p>Nobody.</p>", "Who said so?\n\nNobody."),
    (f"<p>Lit{', lit' * 90}.</p>", f"Lit{', lit' * 90}."),
)
"""What readers call themselves and write, and how it reads."""
PING = (
    '<{tag} class="pingback even thread-even depth-1" id="comment-{id}"><div class="comment-body">Pingback: '
    '<a href="{url}" class="url" rel="ugc external nofollow">{title}</a> </div></{tag}>'
)


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


def listing(theme: str, saids: tuple[Said, ...] = (FIRST, LAST), pings: tuple[str, ...] = ()) -> str:
    """The thread in the list of its theme, and pings by their titles, as WordPress itself shows them."""
    tag = "div" if "\n<div" in SHAPES[theme].read_text(encoding="utf-8")[:200] else "ol"
    entry = "li" if tag == "ol" else "div"
    shown = [render(theme, said) for said in saids]
    shown += [
        PING.format(tag=entry, id=900 + number, url=f"https://gulls.example/{number}/", title=title)
        for number, title in enumerate(pings)
    ]
    return f'<{tag} class="commentlist">{chr(10).join(shown)}</{tag}>'


def read(thread: str) -> Extract:
    html = (
        '<html lang="en-US"><head><title>Harbour lights</title></head><body class="single postid-7"><main>'
        f'<article class="post"><h1 class="entry-title">Harbour lights</h1><div class="entry-content">{PROSE}'
        f'</div></article><div id="comments">{thread}</div></main></body></html>'
    )
    page = made_page(
        URL,
        html,
        source="gull",
        headers=HTML,
        fetched_at=datetime(2026, 1, 5, 12, tzinfo=UTC),
    )
    return process(page, Site(name="gull", url="https://gazette.example/", timezone="America/New_York"))


def facts(comment: Comment) -> tuple[str | None, ...]:
    return comment.id, comment.parent, comment.author, comment.author_url, comment.text, str(comment.kind)


def wanted(said: Said, parent: str | None) -> tuple[str | None, ...]:
    return said.id, parent, unescape(said.name), said.url, said.text, "comment"


@pytest.mark.parametrize("theme", SHAPES)
def test_the_thread_reads_the_same_in_every_theme(theme: str) -> None:
    comments = read(listing(theme)).comments
    below = None if theme in FLAT else FIRST.id
    assert list(map(facts, comments)) == [wanted(FIRST, None), wanted(ANSWER, below), wanted(LAST, None)]
    days = [] if theme in DATELESS else [(16, 41), (18, 5), (19, 20)]
    moments = [datetime(2009, 7, 29, hour, minute, tzinfo=UTC) for hour, minute in days]
    assert [comment.published for comment in comments if comment.published] == moments


@st.composite
def threads(draw: st.DrawFn) -> tuple[Said, ...]:
    """Comments and answers to them, up to four deep."""
    ids = count(101)

    def said(depth: int) -> Said:
        number = str(next(ids))
        words, text = draw(st.sampled_from(WORDS))
        answers = draw(st.integers(0, 2)) if depth < 4 else 0
        return Said(
            number,
            escape(draw(st.sampled_from(NAMES)), quote=False),
            draw(st.sampled_from([None, f"https://r{number}.example/"])),
            f"{draw(st.integers(0, 23)):02}:{draw(st.integers(0, 59)):02}",
            words,
            text,
            tuple(said(depth + 1) for _ in range(answers)),
        )

    return tuple(said(1) for _ in range(draw(st.integers(1, 3))))


def told(saids: tuple[Said, ...], parent: str | None, theme: str) -> Iterator[tuple[object, ...]]:
    """The facts and the moment of each comment, in the order of the page."""
    for said in saids:
        moment = datetime.fromisoformat(f"2009-07-29T{said.time}Z") + timedelta(hours=4)
        yield *wanted(said, None if theme in FLAT else parent), None if theme in DATELESS else moment
        yield from told(said.answers, said.id, theme)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(SHAPES)), threads(), st.lists(st.sampled_from(["Tides — The Gull", "May 3, 2008"]))
)
def test_any_thread_reads_the_same_in_every_theme(
    theme: str, saids: tuple[Said, ...], pings: list[str]
) -> None:
    comments = read(listing(theme, saids, tuple(pings))).comments
    shown = [(*facts(comment), comment.published) for comment in comments if comment.kind == "comment"]
    assert shown == list(told(saids, None, theme))
    assert [(c.id, c.parent, c.author, c.author_url, c.text) for c in comments if c.kind != "comment"] == [
        (f"{900 + number}", None, title, f"https://gulls.example/{number}/", None)
        for number, title in enumerate(pings)
    ]


@pytest.mark.parametrize(
    "says",
    [
        "sagt:",
        "a dit :",
        "ha detto:",
        "disse:",
        "schreef:",
        "napsal:",
        "говорит:",
        "より:",
        "يقول:",
        "הגיב:",
        "diyor ki:",
    ],
)
def test_the_word_behind_a_name_is_none_of_it(says: str) -> None:
    comments = read(listing("says-in-spanish").replace("dijo:", says)).comments
    assert [comment.author for comment in comments] == [FIRST.name, ANSWER.name, LAST.name]


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
