"""Threads without classes or ids: readers' words are comments, and never the article's text."""

from __future__ import annotations

import re

import pytest

from archive.core.records import Extract, PageKind, Site
from pipeline import process
from pipeline.comments.unmarked import _may_hold_thread
from pipeline.comments.vocabulary import VERBS
from tests.builders.hostile import page

PROSE = "".join(
    f"<p>The harbour board voted on Tuesday night to close terminal {number} before the winter comes.</p>"
    for number in range(1, 7)
)
WORDS = (
    "I have taken this ferry for thirty years and shall miss it dearly on dark mornings.",
    "Nobody asked the people on the island, as always, and nobody will ask them next time.",
    "The pilings were rotten when my father worked there, so this comes as no surprise.",
)
NAMES = ("Ida", "Tom Weaver", "13times")


def read(thread: str, lang: str = "en") -> Extract:
    body = (
        f'<html lang="{lang}"><head><title>Ice</title></head><body><h1>Ice</h1>'
        f"<div class=entry-content>{PROSE}</div>{thread}</body></html>"
    )
    return process(page(PageKind.ARTICLE, body.encode()), Site(name="gazette", url="https://gazette.example"))


def each(shape: str) -> str:
    return "".join(shape.format(name=name, words=words) for name, words in zip(NAMES, WORDS, strict=True))


SIGNED = "<p class=posted>Posted by: {name} | <a href=#c1>July 9, 2004 02:50 PM</a></p>"
FORM = "<h2>Post a comment</h2><form></form>"
SHAPES = {
    "list": ("<h3>3 Responses to Ice</h3><ol>", "<li>{name} says: <p>{words}</p></li>", "</ol>"),
    "list and break": ("<h3>3 comments</h3><ol>", "<li><b>{name}</b> says:<br>{words}</li>", "</ol>"),
    "dated": ("<h2>Comments</h2><ul>", "<li>{name} wrote on 3 May 2020:<p>{words}</p></li>", "</ul>"),
    "paragraphs": ("<h3>3 Replies</h3><div>", "<p><strong>{name} says:</strong></p><p>{words}</p>", "</div>"),
    "one paragraph": ("<h3>3 Comments</h3>", "<p>{name} says:<br>{words}</p>", ""),
    "boxes": ("<h4>3 comments</h4>", "<div>{name} said:<p>{words}</p></div>", ""),
    "posted by": ("<h3>Comments (3)</h3>", "<div><p>Posted by {name} at 10:15</p><p>{words}</p></div>", ""),
    "invited": ("", "<div><b>{name}</b> says:<p>{words}</p></div>", "<h3>Leave a Reply</h3>"),
    "form": ("<ul>", "<li>{name} says:<br>{words}</li>", "</ul><form id=commentform></form>"),
    "list alone": ("<ol>", "<li>{name} says:<p>{words}</p></li>", "</ol>"),
    "definitions": ("<h3>3 thoughts on Ice</h3><dl>", "<dt>{name} says:</dt><dd>{words}</dd>", "</dl>"),
    "signed below": ("<h2>Comments</h2>", "<p>{words}</p>" + SIGNED, ""),
    "signed below, boxes": ("<h2 id=c>Comments</h2>", "<div id=c1><p>{words}</p></div>" + SIGNED, FORM),
    "signed above": ("<h2>Comments</h2><p>Keep it civil.</p>", SIGNED + "<p>{words}</p>", ""),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_an_unmarked_thread_is_read(shape: str) -> None:
    before, block, after = SHAPES[shape]
    extract = read(before + each(block) + after)
    assert [comment.author for comment in extract.comments] == list(NAMES)
    assert [comment.text for comment in extract.comments] == list(WORDS)
    text = extract.articles[0].text or ""
    assert text.count("harbour board") == 6
    assert not [words for words in (*WORDS, *NAMES) if words in text]


@pytest.mark.parametrize(
    ("lang", "heading", "verb"),
    [
        ("de", "3 Kommentare", "schreibt"), ("de", "3 Antworten zu „Ice“", "sagt"),
        ("fr", "3 commentaires", "a dit"),
        ("es", "3 respuestas", "dijo"), ("it", "3 commenti", "scrive"), ("nl", "3 reacties", "zegt"),
        ("pt", "3 comentários", "disse"), ("sv", "3 svar", "skriver"), ("pl", "3 komentarze", "pisze"),
        ("ru", "3 комментария", "пишет"),
    ],
)  # fmt: skip
def test_other_languages_say_it_too(lang: str, heading: str, verb: str) -> None:
    extract = read(
        f"<h3>{heading}</h3><ol>"
        + each("<li>{name} VERB:<p>{words}</p></li>").replace("VERB", verb)
        + "</ol>",
        lang,
    )
    assert [(comment.author, comment.text) for comment in extract.comments] == list(
        zip(NAMES, WORDS, strict=True)
    )


def test_a_date_beside_the_name_is_the_comments() -> None:
    extract = read(
        "<h3>3 comments</h3><ol>"
        + each("<li>{name} says on 3 March 2020 at 10:15: <p>{words}</p></li>")
        + "</ol>"
    )
    assert {str(comment.published) for comment in extract.comments} == {"2020-03-03 10:15:00+00:00"}


@pytest.mark.parametrize(
    ("line", "lang"),
    [
        ("<dt>{name}, on March 3, 2020 at 10:15 Said:</dt><dd>{words}</dd>", "en"),
        ("<dt><a href=#u>{name}</a>, on <a href=#c>March 3, 2020 10:15</a> said:</dt><dd>{words}</dd>", "en"),
        ("<dt>{name} (3 March 2020, 10:15) wrote</dt><dd>{words}</dd>", "en"),
        ("<dt>{name} | am 3. März 2020 um 10:15 schrieb:</dt><dd>{words}</dd>", "de"),
    ],
)
def test_a_date_may_stand_before_the_verb(line: str, lang: str) -> None:
    extract = read("<h3>3 Comments</h3><dl>" + each(line) + "</dl>", lang)
    assert [comment.author for comment in extract.comments] == list(NAMES)
    assert [comment.text for comment in extract.comments] == list(WORDS)
    assert {str(comment.published) for comment in extract.comments} == {"2020-03-03 10:15:00+00:00"}


def test_a_verb_alone_tells_that_there_may_be_a_thread() -> None:
    """The cheap look at the source must not miss a word by which a line is read."""
    verbs = [re.sub(r"[^\w\s]", "", verb) for verb in VERBS.split("|")]
    missed = [verb for verb in verbs if not _may_hold_thread(f"<li>Ida {verb} :</li>")]
    assert not missed
    thread = (
        "<h3>Réponses</h3><ul>" + each("<li>{name} a répondu le 3 mars 2020<p>{words}</p></li>") + "</ul>"
    )
    assert [comment.author for comment in read(thread, "fr").comments] == list(NAMES)


def test_an_interview_stays_in_the_article() -> None:
    talk = each("<p>{name} says:</p><p>{words}</p>")
    extract = (
        read("").articles[0],
        process(
            page(
                PageKind.ARTICLE, f"<h1>Ice</h1><div class=entry-content>{PROSE}{talk}{PROSE}</div>".encode()
            ),
            Site(name="gazette", url="https://gazette.example"),
        ),
    )
    assert not extract[1].comments
    assert all(words in (extract[1].articles[0].text or "") for words in WORDS)


def test_a_list_that_cannot_be_told_apart_is_cut_and_said() -> None:
    extract = read("<h3>3 Comments</h3><ol>" + each("<li>{name} <i>says</i> — {words}</li>") + "</ol>")
    assert not [words for words in WORDS if words in (extract.articles[0].text or "")]
    assert extract.comments or "comments-missing" in {problem.code for problem in extract.problems}
