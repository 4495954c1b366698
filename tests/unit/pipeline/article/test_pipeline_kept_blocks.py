"""Every block of an article stays, whatever element holds it and whatever the theme calls the box around it.

The page and its words are invented; each block stands for a kind of markup that was met on a real page.
"""

from __future__ import annotations

import pytest

from archive.core.records import Site
from pipeline.article import extract
from tests.builders.pages import HTML, made_page
from tests.unit.pipeline.test_pipeline_kinds import PROSE, article, codes, read_page

S = "The ticket hall will be kept as it is, and nobody asked who pays for the roof."
BOXES = {
    "WordPress": '<div class="entry-content">{}</div>',
    "old": '<div class="entrybody">{}</div>',
    "unknown": '<div class="c-txt-17">{}</div>',
}
BLOCKS = {
    "division": f'<div class="x">{S}</div>',
    "division in divisions": f"<div><div><div>{S}</div></div></div>",
    "loose": S,
    "span": f"<span>{S}</span>",
    "font": f"<font>{S}</font>",
    "center": f"<center>{S}</center>",
    "big": f"<big>{S}</big>",
    "address": f"<address>{S}</address>",
    "section": f"<section><p>{S}</p></section>",
    "insertion": f"<ins><p>{S}</p></ins>",
    "aside": f"<aside><p>{S}</p></aside>",
    "heading": f"<h4>{S}</h4>",
    "mark": f"<p><mark>{S}</mark></p>",
    "ruby": f"<p>{S} <ruby>\u6f22<rp>(</rp><rt>kan</rt><rp>)</rp></ruby></p>",
    "linked paragraph": f'<p><a href="https://source.example/x">{S}</a></p>',
    "linked division": f'<div><a href="https://source.example/x">{S}</a></div>',
    "linked item": f'<ul><li><a href="https://source.example/x">{S}</a></li></ul>',
    "caption": f'<div class="wp-caption"><img src="/a.jpg"><p class="wp-caption-text">{S}</p></div>',
    "caption of a figure": f'<figure><img src="/a.jpg"><figcaption>{S}</figcaption></figure>',
    "caption in a list": (
        f'<dl class="wp-caption"><dt><img src="a.jpg"></dt><dd class="wp-caption-text">{S}</dd></dl>'
    ),
    "table": f"<table><tr><td>{S}</td></tr></table>",
    "table in a table": f"<table><tr><td>One</td><td><table><tr><td>{S}</td></tr></table></td></tr></table>",
    "table of a figure": f'<figure class="wp-block-table"><table><tr><td>{S}</td></tr></table></figure>',
    "definition": f"<dl><dt>Hall</dt><dd>{S}</dd></dl>",
    "details": f"<details><summary>More</summary>{S}</details>",
    "footnote": f'<ol class="wp-block-footnotes"><li id="fn1">{S} <a href="#r1">\u21a9</a></li></ol>',
    "footnote sign": f"<p>{S}<sup>1</sup></p>",
    "preformatted": f"<pre>{S}</pre>",
    "quotation": f"<blockquote>{S}</blockquote>",
    "breaks": f"{S}<br><br>It ends.",
    "group": f'<div class="wp-block-group"><p>{S}</p></div>',
    "columns": f'<div class="wp-block-columns"><div class="wp-block-column"><p>{S}</p></div></div>',
    "media": f'<div class="wp-block-media-text"><div><p>{S}</p></div></div>',
    "cover": f'<div class="wp-block-cover"><div class="wp-block-cover__inner"><p>{S}</p></div></div>',
}


def page(block: str, box: str) -> str:
    """Return a page of WordPress with a block between the paragraphs of its box."""
    return (
        '<html><head><title>Ferry | Courier</title><link rel="https://api.w.org/" href="/wp-json/"></head>'
        '<body class="single postid-7"><article class="post-7 post hentry"><h1 class="entry-title">Ferry</h1>'
        f"{box.format(3 * PROSE + block + 3 * PROSE)}</article></body></html>"
    )


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("block", BLOCKS)
def test_block_between_paragraphs_stays(block: str, box: str) -> None:
    extract = read_page(page(BLOCKS[block], BOXES[box]))
    assert S in (article(extract).text or "")
    assert codes(extract) == []


@pytest.mark.parametrize(
    "prompt",
    [
        "Rezept drucken",
        "Print recipe",
        "(Noch keine Bewertungen)",
        "Comments are closed.",
        "Was this page helpful?",
    ],
)
def test_prompt_of_a_plugin_is_no_text(prompt: str) -> None:
    assert prompt not in (article(read_page(page(f"<div>{prompt}</div>", BOXES["WordPress"]))).text or "")


@pytest.mark.parametrize("box", ["old", "unknown"])
def test_linked_card_is_no_text_on_a_page_of_another_system(box: str) -> None:
    card = f'<div class="x-teaser"><a href="/fog/"><img src="f.jpg"><div class="title">{S}</div></a></div>'
    html = page(card, BOXES[box]).replace('<link rel="https://api.w.org/" href="/wp-json/">', "")
    html = html.replace("post-7 post hentry", "story").replace("entry-title", "headline")
    assert S not in (article(read_page(html)).text or "")


def test_cards_of_other_articles_have_a_verdict() -> None:
    card = f'<article class="post-8 post hentry"><h3><a href="/8/">Goat</a></h3><p>{S}</p></article>'
    url = "https://courier.example/ferry/"
    answer = made_page(url, page(card, BOXES["WordPress"]), headers=HTML)
    last = extract.verdicts(answer, Site(name="courier", url=url))[-1]
    assert (last.fate, last.rule, last.words) == ("dropped", "another article of the page", f"Goat {S}")


CUT_BOXES = {
    "marked sharedaddy": '<div class="sharedaddy"><h3>Share this:</h3><ul><li>Mail</li></ul></div>',
    "marked author-box": '<div class="author-box"><p>Ada Moor is the editor.</p></div>',
    "tags and categories": '<p>Tags: <a rel="tag" href="/tag/goat/">goat</a></p>',
    "in a menu": '<nav><a href="2/">Page 2</a></nav>',
    "in the box of the comments": '<div id="respond"><p>Leave a reply</p></div>',
    "in an embed": f'<object data="map.svg"><p>{S}</p></object>',
}


@pytest.mark.parametrize("rule", CUT_BOXES)
def test_boxes_cut_before_extraction_have_a_verdict(rule: str) -> None:
    url = "https://courier.example/ferry/"
    answer = made_page(url, page(CUT_BOXES[rule], BOXES["WordPress"]), headers=HTML)
    found = extract.verdicts(answer, Site(name="courier", url=url))
    told = [(verdict.fate, bool(verdict.words)) for verdict in found if verdict.rule == rule]
    assert told == [("dropped", True)]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [(S, ["blocks-missing"]), ("Please turn JavaScript on, so that you can see the map of the port.", [])],
)
def test_sentences_for_readers_without_scripts_are_told(said: str, wanted: list[str]) -> None:
    found = read_page(page(f"<noscript><p>{said}</p></noscript>", BOXES["WordPress"]))
    assert [problem.code for problem in found.problems] == wanted


def test_teaser_with_an_anchor_is_read() -> None:
    html = _of_another_system(f'<div class="teaser"><a id="x"></a><p>{TEXT_OF_LEAD}</p></div>', "old")
    assert article(read_page(html)).text


LEAD = "The ferry company is closing its <a href='/quay/'>office on the quay</a> for the whole of the winter."
TEXT_OF_LEAD = "The ferry company is closing its office on the quay for the whole of the winter."


@pytest.mark.parametrize("box", ["old", "unknown"])
@pytest.mark.parametrize(
    "lead", [f'<p class="teaser">{LEAD}</p>', f'<div class="x-teaser"><p>{LEAD}</p></div>']
)
def test_short_lead_with_a_link_is_no_card(box: str, lead: str) -> None:
    assert TEXT_OF_LEAD in (article(read_page(_of_another_system(lead, box))).text or "")


@pytest.mark.parametrize(
    "more", [f"<h3><a href='/fog/'>Fog</a></h3><p>{S}</p>", f"<p>{S} <a href='/fog/'>More</a></p>"]
)
def test_card_with_an_excerpt_is_no_text_on_a_page_of_another_system(more: str) -> None:
    html = _of_another_system(f'<div class="teaser">{more}</div>', "old")
    assert S not in (article(read_page(html)).text or "")


def _of_another_system(block: str, box: str) -> str:
    html = page(block, BOXES[box]).replace('<link rel="https://api.w.org/" href="/wp-json/">', "")
    html = html.replace("post-7 post hentry", "story").replace("entry-title", "headline")
    return html.replace(' class="single postid-7"', "")


OWN = (
    '<main><article class="story"><h1>Ferry</h1><section>' + PROSE + "</section>{inside}</article></main>"
    '<section class="more"><h2>Read more</h2>{outside}</section>'
)
CARDS = {
    "link around all": f'<article class="card"><a href="/fog/"><h3>Fog</h3><p>{S}</p></a></article>',
    "linked headline": f'<article><h3><a href="https://courier.example/fog/">Fog</a></h3><p>{S}</p></article>',
    "headline and excerpt in a link": (
        f'<article><a href="/fog/"><header><h2>Fog</h2></header><div>{S}</div></a><b>Ada</b></article>'
    ),
    "link in a list": f'<ul><li><a href="/fog/"><h3>Fog</h3><p>{S}</p></a></li></ul>',
}
NO_CARDS = {
    "entry of a live report": f'<article><h3><a href="/ferry/12/">Noon</a></h3><p>{S}</p></article>',
    "entry with an address of its own": (
        f'<div class="live-blog"><article><h3><a href="/noon/">Noon</a></h3><p>{S}</p></article></div>'
    ),
    "author": f'<a href="/author/ada/"><h4>Ada Moor</h4><p>{S}</p></a>',
    "place in the page": f'<article><h3><a href="#noon">Noon</a></h3><p>{S}</p></article>',
    "headline without a link": f"<article><h3>Noon</h3><p>{S}</p></article>",
    "link to another site": f'<article><h3><a href="https://other.example/">Fog</a></h3><p>{S}</p></article>',
}


def of_another_system(inside: str = "", outside: str = "") -> str:
    """Return a page whose own article is an element of its own, with more in it or below it."""
    whole = OWN.format(inside=inside, outside=outside)
    return f"<html><head><title>Ferry | Courier</title></head><body>{whole}</body></html>"


def words_cut(html: str) -> list[str]:
    """Return what is cut as another article."""
    url = "https://courier.example/ferry/"
    found = extract.verdicts(made_page(url, html, headers=HTML), Site(name="courier", url=url))
    return [verdict.words for verdict in found if verdict.rule == "another article of the page"]


@pytest.mark.parametrize("card", CARDS)
def test_card_below_an_article_is_no_text(card: str) -> None:
    """It changes with the article that it leads to, which is no edit of this one."""
    html = of_another_system(outside=CARDS[card])
    assert any(S in words for words in words_cut(html))
    assert S not in (article(read_page(html)).text or "")
    assert S in (article(read_page(of_another_system(inside=f"<p>{S}</p>"))).text or "")


@pytest.mark.parametrize("card", CARDS)
def test_card_within_an_article_is_left_to_its_rules(card: str) -> None:
    assert words_cut(of_another_system(inside=CARDS[card])) == []


@pytest.mark.parametrize("block", NO_CARDS)
def test_block_that_leads_to_no_other_article_is_no_card(block: str) -> None:
    assert words_cut(of_another_system(outside=NO_CARDS[block])) == []


def test_comment_that_is_built_as_an_article_is_no_card() -> None:
    thread = f'<div id="comments"><article><h4><a href="/author/ada/">Ada</a></h4><p>{S}</p></article></div>'
    assert words_cut(of_another_system(outside=thread)) == []
