"""Words with soft hyphens and spaces without width: one word on every surface, for a search and for edits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.core.letters import is_garbled, without_word_breaks
from archive.core.records import Extract, Page, PageKind, Site
from archive.identity.likeness import split_words
from archive.search.query_parser import parse_query
from archive.storage.archive import Archive
from pipeline.process import process

SITE = Site(name="paper", url="https://paper.example")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = (
    "<p>{0} The harbour office counted the barges twice, and found one more than were built.</p>"
    "<p>Three clerks were asked to explain it. Each named another one, and went to lunch.</p>"
    "<p>The barge that nobody built is moored at the third pier, to be seen on Sundays.</p>"
)
REMARK = '<div id="comments"><ol class="commentlist"><li class="comment" id="comment-7"><div class="vcard">' \
    '<cite class="fn">Ode{0}tte Vane</cite></div><div class="comment-meta"><a href="#c-7">1 March 2026' \
    ' at 12:00</a></div><div class="comment-content"><p>The Hafen{0}meister knows' \
    ' <a href="https://barge.example/a{0}b">why</a>.</p></div></li></ol></div>'  # fmt: skip


def _page(kind: PageKind, body: str, at: datetime = NOON) -> Page:
    kinds = {PageKind.POSTS: "application/json", PageKind.COMMENTS: "application/json"}
    kinds |= {PageKind.POSTS_FEED: "application/rss+xml"}
    headers = (("content-type", f"{kinds.get(kind, 'text/html')}; charset=utf-8"),)
    url = "https://paper.example/2026/03/barges/"
    return Page(
        source="paper", kind=kind, url=url, final_url=url, status=200, headers=headers, fetched_at=at,
        body=body.encode(),
    )  # fmt: skip


def _article_page(sign: str) -> str:
    head = f"<title>Hafen{sign}amt counts</title><meta property='og:type' content='article'>"
    text = BODY.format(f"The <b>Hafen{sign}amt</b> of Fluss{sign}stadt is closed.")
    tag = f'<a rel="tag" href="/tag/h/">Hafen{sign}amt</a>'
    return (
        f"<html><head>{head}</head><body><article><h1 class='entry-title'>Hafen{sign}amt counts</h1>"
        f"<div class='entry-content'>{text}</div>{tag}</article>{REMARK.format(sign)}</body></html>"
    )


def _all(extract: Extract) -> str:
    articles = [(a.title, a.authors, a.text, a.markdown, a.description, a.tags, a.written)
                for a in extract.articles]  # fmt: skip
    return repr((articles, [(c.author, c.text, c.html) for c in extract.comments]))


@pytest.mark.parametrize("sign", ["\u00ad", "&shy;", "&#173;", "\u200b", "&ZeroWidthSpace;", "\u00ad\u200b"])
def test_a_page_has_its_words_in_one_piece(sign: str) -> None:
    extract = process(_page(PageKind.ARTICLE, _article_page(sign)), SITE)
    article, comment = extract.articles[0], extract.comments[0]
    assert article.title == "Hafenamt counts"
    assert article.tags == ("Hafenamt",)
    assert "The Hafenamt of Flussstadt is closed." in str(article.text)
    assert "The **Hafenamt** of Flussstadt" in str(article.markdown)
    assert comment.author == "Odette Vane"
    assert str(comment.text).startswith("The Hafenmeister knows why")
    assert "Hafenmeister" in str(comment.html)
    plain = process(_page(PageKind.ARTICLE, _article_page("")), SITE)
    assert plain.articles[0].text == article.text
    assert plain.comments[0].text == comment.text


def test_rest_and_feeds_have_the_same_words() -> None:
    post = {
        "id": 4, "date_gmt": "2026-03-01T12:00:00", "link": "https://paper.example/2026/03/barges/",
        "type": "post", "title": {"rendered": "Hafen&shy;amt counts"},
        "content": {"rendered": BODY.format("The Hafen\u00adamt is closed.")},
    }  # fmt: skip
    told = process(_page(PageKind.POSTS, json.dumps([post])), SITE)
    remark = {
        "id": 7, "post": 4, "parent": 0, "author_name": "Ode\xadtte Vane", "date_gmt": "2026-03-01T12:00:00",
        "link": "https://paper.example/2026/03/barges/#comment-7", "type": "comment",
        "content": {"rendered": "<p>Hafen&shy;meister</p>"},
    }  # fmt: skip
    said = process(_page(PageKind.COMMENTS, json.dumps([remark])), SITE)
    feed = (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>P</title>'
        "<item><title>Hafen\u00adamt counts</title><link>https://paper.example/2026/03/barges/</link>"
        f"<content:encoded><![CDATA[{BODY.format('The Hafen&shy;amt is closed.')}]]></content:encoded></item>"
        "</channel></rss>"
    )
    fed = process(_page(PageKind.POSTS_FEED, feed), SITE)
    for extract in (told, said, fed):
        assert "\xad" not in _all(extract)
        assert "Hafen" in _all(extract), extract
    assert told.articles[0].title == fed.articles[0].title == "Hafenamt counts"
    assert said.comments[0].author == "Odette Vane"
    assert said.comments[0].text == "Hafenmeister"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Bil\u00addungs\u00adpolitik", "Bildungspolitik"),
        ("a \u00ad b", "a b"),
        ("one\n\n\u00ad\n\ntwo", "one\n\ntwo"),
        ("one\n\n\u00ad", "one\n\n"),
        ("Donau\u200bdampf\u2060schiff\ufefffahrt", "Donaudampfschifffahrt"),
        ("end.\u200bBeginning", "end.\u200bBeginning"),
        ("ភាសា\u200bខ្មែរ", "ភាសា\u200bខ្មែរ"),
        ("می\u200cخواهم 👩\u200d🚀", "می\u200cخواهم 👩\u200d🚀"),
        ("GarcÃ\u00ada", "GarcÃ\u00ada"),
    ],
)
def test_only_what_breaks_a_word_is_left_out(text: str, kept: str) -> None:
    assert without_word_breaks(text) == kept


def test_a_letter_that_was_decoded_wrongly_is_still_known() -> None:
    assert is_garbled("Garcia\u0301 said", "Garcia\u0301 said") is False
    assert is_garbled("García", without_word_breaks("GarcÃ\u00ada"))


def test_addresses_keep_their_letters() -> None:
    html = BODY.format('See <a href="https://barge.example/a\u00adb">the Hafen\u00adamt</a>.')
    page = (
        f"<html><body><article><h1>Barges</h1><div class='entry-content'>{html}</div></article></body></html>"
    )
    article = process(_page(PageKind.ARTICLE, page), SITE).articles[0]
    assert "the Hafenamt" in str(article.text)
    assert any("%C2%AD" in link or "\u00ad" in link for link in article.links)
    assert any(link in str(article.markdown) for link in article.links)


def test_nothing_but_breaks_is_nothing() -> None:
    page = _article_page("").replace("Odette Vane", "\u00ad").replace("Hafenamt</a>", "\u00ad</a>")
    extract = process(_page(PageKind.ARTICLE, page), SITE)
    assert extract.comments[0].author is None
    assert extract.articles[0].tags == ()


def test_an_archive_that_has_them_records_no_edits(tmp_path: Path) -> None:
    before = process(_page(PageKind.ARTICLE, _article_page("")), SITE)
    article, comment = before.articles[0], before.comments[0]
    old = replace(
        before,
        articles=(
            replace(article, title="Hafen\xadamt counts", tags=("Hafen\xadamt",), text=_broken(article.text)),
        ),
        comments=(replace(comment, author="Ode\xadtte Vane", text=_broken(comment.text)),),
    )
    with Archive.open(tmp_path / "a.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        archive.save(_page(PageKind.ARTICLE, _article_page("\xad")), old)
        later = _page(PageKind.ARTICLE, _article_page("\xad") + "<!-- later -->", NOON + timedelta(days=1))
        saved = archive.save(later, process(later, SITE))
        db = archive.db
        assert saved.articles_changed == saved.comments_changed == saved.comments_new == 0
        assert next(db.query("SELECT count(*) AS n FROM comments"))["n"] == 1
        assert next(db.query("SELECT count(*) AS n FROM article_versions"))["n"] == 0


def _broken(text: str | None) -> str:
    return str(text).replace("Hafen", "Hafen\xad")


def test_words_with_breaks_are_the_same_words() -> None:
    assert split_words("Hafen\xadamt, Donau\u200bschiff") == ["hafenamt", "donauschiff"]


def test_a_query_with_breaks_finds_the_word() -> None:
    assert parse_query("Hafen\xadamt") == parse_query("Hafenamt")
