"""Threads of hand-made templates, and what stands below a heading of comments without being one."""

# ruff: noqa: E501  (invented markup reads better in one line)

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archive.core.records import Extract, Site
from pipeline.process import process
from tests.builders.pages import HTML, made_page

URL = "http://gazette.example/2010/06/bridge.html"
SITE = Site(name="gazette", url="http://gazette.example", timezone="UTC")
PROSE = (
    "<p>The council met on Tuesday evening to decide about the new bridge over the river, and it took long.</p>"
    "<p>Nobody had expected that the oldest of them would speak against it, and nobody answered him.</p>"
)
NOT_A_THREAD = {
    "statements": "<h3>Comments</h3><ul><li>Harbour Authority, 3 May 2010: agrees with the plan.</li><li>River Trust, 5 May 2010: is against it.</li></ul>",
    "letters in files": '<h3>Responses</h3><ul><li>Harbour Authority, 3 May 2010 (<a href="/a.pdf">PDF</a>)</li><li>River Trust, 5 May 2010 (<a href="/b.pdf">PDF</a>)</li></ul>',
    "corrections": "<h2>Comments</h2><ul><li>2010-05-03: Corrected the name of the mayor.</li><li>2010-05-05: Added the answer of the board.</li></ul>",
    "dates of events": "<p>Comments</p><ul><li>3 May 2010: Summer fair in Mill Lane</li><li>5 May 2010: Walk along the river</li></ul>",
    "lives": "<h3>Comments</h3><ul><li>Ada Moor (3 May 1910 – 5 May 2010)</li><li>Gil Strand (2 June 1920 – 7 May 2010)</li></ul>",
    "sentences": "<h2>Thoughts</h2><ol><li>The first bridge was opened on 3 May 1910 and never widened.</li><li>Since 5 May 1950 no bus may cross it.</li></ol>",
    "questions": '<h2>Responses</h2><h3><a name="1"></a>When is it closed?</h3><p>From 3 May 2010.</p><h3><a name="2"></a>When does it open?</h3><p>On 5 May 2011.</p>',
    "steps": '<div><b>Comments</b></div><p>More had to be decided.</p><a name="1"></a><p>3 May 2010 was the first day.</p><a name="2"></a><p>5 May 2010 was the last day.</p>',
    "notes": '<h3>Responses</h3><p>The board has answered in a letter.</p><h3>Notes</h3><p><a id="1"></a>City Record, 3 May 2010. Page four has it.</p>',
    "an opinion": "<h2>Kommentar</h2><ul><li>Ada Moor, 3. Mai 2010<p>Die alte Mühle muss am Fluss bleiben.</p></li></ul>",
}
SIGNED = {
    "number before the date": '<div><a name="46{0}"></a></div><div class="commentor-info"><a href="/u/{0}">{1}</a></div><div class="comment-meta">Reply #{0}<div>May {2}, 2010 - 7:28 AM</div></div><p>{3}</p>',
    "signed in French": '<div class="comment_author">Soumis par <span class="comment_author_name">{1}</span>, le lundi {2} mai 2010 à 7h28</div><div class="comment_content"><p>{3}</p></div>',
}
SAID = (("1", "Wren", 9, "It is too wide."), ("2", "Ada Moor", 11, "It is too low."))


def read(below: str) -> Extract:
    inner = f"<h1>The bridge is decided</h1>{PROSE}{below}"
    page = f"<html><head><title>The bridge is decided</title></head><body><div class='entry'>{inner}</div></body></html>"
    return process(made_page(URL, page, headers=HTML), SITE)


def words_of(found: Extract) -> str:
    [article] = found.articles
    return article.text or ""


@pytest.mark.parametrize("kind", NOT_A_THREAD)
def test_what_gives_no_readers_with_dates_and_words_is_no_thread(kind: str) -> None:
    assert read(NOT_A_THREAD[kind]).comments == ()


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        ("statements", "River Trust, 5 May 2010: is against it."),
        ("corrections", "Added the answer of the board."),
        ("dates of events", "Walk along the river"),
        ("lives", "Gil Strand"),
        ("sentences", "Since 5 May 1950 no bus may cross it."),
        ("questions", "On 5 May 2011."),
        ("steps", "5 May 2010 was the last day."),
    ],
)
def test_what_is_no_thread_stays_in_the_article(kind: str, kept: str) -> None:
    assert kept in words_of(read(NOT_A_THREAD[kind]))


def test_list_of_comments_in_a_sidebar_is_no_thread() -> None:
    entry = "<li>Ada Moor, 3 May 2010<p>The old mill was higher.</p></li>"
    assert read(f'</div><div id="sidebar"><h3>Comments</h3><ul>{entry}</ul>').comments == ()
    assert len(read(f"</div><div><h3>Comments</h3><ul>{entry}</ul>").comments) == 1


@pytest.mark.parametrize("kind", SIGNED)
def test_names_and_days_of_hand_made_signatures_are_read(kind: str) -> None:
    entries = "".join(f"<li>{SIGNED[kind].format(*each)}</li>" for each in SAID)
    found = read(f"<h3>2 Comments</h3><ul>{entries}</ul>").comments
    at = [datetime(2010, 5, day, 7, 28, tzinfo=UTC) for _, _, day, _ in SAID]
    assert [(each.author, each.published, each.text) for each in found] == [
        (name, when, words) for (_, name, _, words), when in zip(SAID, at, strict=True)
    ]


def test_answer_is_signed_by_its_author() -> None:
    answer = (
        '<li><div class="comment_author"><span class="comment_author_name">Gil</span> a répondu le lundi 9 mai 2010 à 7h30'
        '</div><div class="comment_content"><p>It is not.</p></div></li>'
    )
    first = f"<li>{SIGNED['signed in French'].format(*SAID[0])}</li>"
    found = read(f"<h3>2 Comments</h3><ul>{first}{answer}</ul>").comments
    assert [each.author for each in found] == ["Wren", "Gil"]


def test_anchor_of_comments_may_have_a_heading_of_any_language() -> None:
    said = '<a name="c7"></a><b>Wren</b> wrote on May 9, 2010:<br>It is too wide.<br>'
    found = read(f'<a name="comments"></a><h4>留言列表 (1)</h4>{said}').comments
    assert [(each.author, each.text) for each in found] == [("Wren", "It is too wide.")]


def test_only_comment_ends_where_its_block_ends() -> None:
    said = '<div><a name="167559"></a><div class="info"><div class="benutzer">Gil</div><div>06.11.2023, 13.47 Uhr</div></div><h5>A small step.</h5><p>It is too low.</p></div>'
    found = read(
        f"<div><div>Kommentare</div>{said}<div>The editors may shorten what is said.</div></div>"
    ).comments
    assert [(each.author, each.text) for each in found] == [("Gil", "A small step.\n\nIt is too low.")]
