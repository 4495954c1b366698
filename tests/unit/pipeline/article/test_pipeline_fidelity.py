"""The words of a WordPress page, block by block and in their order, whatever stands around them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from archive.core.records import Article, Extract
from tests.unit.pipeline.test_pipeline_kinds import PROSE, article, codes, read_page

REST = '<link rel="https://api.w.org/" href="/wp-json/">'
SENTENCE = "The clerk of the harbour asked the keeper of the lamps to wait for the tide, and he did."
LONG = f"<p>{PROSE}</p>" * 3


def post(
    words: str, box: str = '<div class="entry-content">{}</div>', below: str = "", head: str = ""
) -> Extract:
    """Return what is read from a page of WordPress whose post 7 has these words in its box."""
    return read_page(
        f'<html><head><title>Lamps</title>{REST}{head}</head><body class="single postid-7">'
        '<article class="post-7 post type-post hentry"><h1 class="entry-title">Lamps</h1>'
        f"{box.format(words)}</article>{below}</body></html>"
    )


def blocks(extract: Extract) -> list[str]:
    """Return the blocks of the text that are not the long prose around what is tested."""
    return [block for block in (article(extract).text or "").split("\n\n") if block not in LONG]


@pytest.mark.parametrize("tag", ["time", "label", "output", "q", "code", "del", "s", "strike"])
@pytest.mark.parametrize("around", ["p", "div", "h3", "blockquote"])
def test_inline_element_stays_where_it_is_in_its_sentence(tag: str, around: str) -> None:
    lamp, goat = f"<{tag}>the lamp</{tag}>", f"<{tag}>the goat</{tag}>"
    words = f"<{around}>Before it {lamp} and behind it {goat}, at noon.</{around}>"
    said = [block.replace("“", "").replace("”", "") for block in blocks(post(LONG + words + LONG))]
    assert said == ["Before it the lamp and behind it the goat, at noon."]


def test_sign_of_a_table_within_code_does_not_double_its_line() -> None:
    words = "<ul><li>Lamps.</li><li>Count them by <code>find lamps -lit | wc -l</code> at dusk.</li></ul>"
    assert blocks(post(LONG + words + LONG)) == ["Lamps.\nCount them by find lamps -lit | wc -l at dusk."]


def test_words_that_a_text_repeats_are_kept_as_often() -> None:
    words = "".join(f"<p>Lamp {number} is lit at dusk.</p><p>{SENTENCE}</p>" for number in range(4))
    assert (article(post(LONG + words)).text or "").count(SENTENCE) == 4


@pytest.mark.parametrize(
    "words",
    [
        "See also the notes below.",
        'Read more: <a href="/2009/08/goat/">our report on the goat</a>',
        "Subscribe now, it is free!",
        "Posted in 1904, the letter came yesterday.",
        "Click here to ring the bell, said the sign.",
        "Tags: two of brass, one of tin",
    ],
)
def test_publishers_own_turn_of_phrase_is_text(words: str) -> None:
    plain = words.replace('<a href="/2009/08/goat/">', "").replace("</a>", "")
    assert blocks(post(f"{LONG}<p>{words}</p>")) == [plain]


@pytest.mark.parametrize("words", ["Share this:", "Advertisement", "Loading…", "3 Comments"])
def test_plugins_own_turn_of_phrase_is_no_text(words: str) -> None:
    assert blocks(post(f"{LONG}<div>{words}</div>{LONG}")) == []


@pytest.mark.parametrize("mark", ["ad-hoc", "print-only", "slider-note", "panel"])
def test_sentences_in_a_box_of_the_authors_are_text(mark: str) -> None:
    assert blocks(post(f'{LONG}<div class="{mark}"><p>{SENTENCE}</p></div>{LONG}')) == [SENTENCE]


def test_sentences_left_out_by_a_doubtful_class_are_named() -> None:
    extract = post(f'{LONG}<div class="author-note"><p>{SENTENCE}</p></div>{LONG}')
    assert blocks(extract) == []
    assert "blocks-missing" in codes(extract)
    assert SENTENCE[:40] in extract.problems[0].detail


def test_aside_of_the_text_and_source_of_a_quotation_are_text() -> None:
    words = (
        "<aside>The fee is four pennies.</aside><blockquote>It left.<footer>The mayor</footer></blockquote>"
    )
    said = "\n".join(blocks(post(LONG + words + LONG)))
    assert all(each in said for each in ("The fee is four pennies.", "It left.", "The mayor"))


def test_aside_of_links_to_other_articles_is_no_text() -> None:
    links = '<li><a href="/goat/">What the goat saw</a></li><li><a href="/fog/">What the fog hid</a></li>'
    assert blocks(post(f"{LONG}<aside><h4>Related articles</h4><ul>{links}</ul></aside>{LONG}")) == []


@pytest.mark.parametrize("mark", ["entry", "entry-inner", "postcontent", "storycontent"])
def test_older_box_is_found_where_nothing_but_a_list_is_in_it(mark: str) -> None:
    words = "".join(
        f'<li><a href="/{name}">The {name} lamp</a></li>' for name in ("first", "second", "third")
    )
    extract = post(f"<ul>{words}</ul>", box='<p class="by">by Ida</p><div class="' + mark + '">{}</div>')
    assert article(extract).text == "The first lamp\nThe second lamp\nThe third lamp"


def test_short_text_is_not_run_together_and_the_menu_of_its_parts_is_none() -> None:
    words = '<p>The part ends.</p><ul><li>One.</li></ul><nav class="pages">Pages: <a href="2/">2</a></nav>'
    assert article(post(words)).text == "The part ends.\n\nOne."


CARD = (
    '<article class="post-{0} post type-post hentry"><h3><a href="/{0}/">Goat {0}</a></h3>'
    "<p>{1}</p></article>"
)


def test_cards_of_other_posts_are_no_text() -> None:
    others = CARD.format(8, SENTENCE) + CARD.format(9, SENTENCE)
    cards = f'<section><h2>You may like</h2><div class="grid">{others}</div></section>'
    assert blocks(post(LONG, below=cards)) == []
    last = "The goat has the last word."
    assert blocks(post(f"{LONG}{cards}<p>{last}</p>")) == [last]


def test_page_that_marks_no_post_of_its_own_keeps_all() -> None:
    cards = CARD.format(8, SENTENCE)
    extract = read_page(f"<html><head>{REST}</head><body><h1>Lamps</h1><p>{PROSE}</p>{cards}</body></html>")
    assert SENTENCE in (article(extract).text or "")


def test_date_in_the_first_line_of_the_text_is_not_the_publication() -> None:
    assert article(post(f"<p>March 3, 2021</p><p>{PROSE}</p>")).published is None


TERMS = (
    '<article class="post-7 post type-post hentry category-night-watch tag-brass"><h1>Lamps</h1>'
    '<div class="entry-content">{}</div></article>'
)


@pytest.mark.parametrize(
    ("beside", "categories"),
    [
        ('<a class="kicker" href="/category/night-watch/">Nachtwache</a>', ("Nachtwache",)),
        (
            '<li class="menu-item"><a href="/category/night-watch/">At night</a></li>'
            '<p><a href="/category/night-watch/">Nachtwache</a></p>',
            ("Nachtwache",),
        ),
        ('<a href="/category/night-watch/feed/">Feed</a>', ("night watch",)),
        ('<article class="post-9 post type-post hentry category-goats"></article>', ("night watch",)),
    ],
)
def test_slug_of_a_term_gets_the_name_that_the_page_links(beside: str, categories: Sequence[str]) -> None:
    body = TERMS.format(f"<p>{PROSE}</p>")
    extract = read_page(
        f'<html><head>{REST}</head><body class="postid-7">{body}<div>{beside}</div></body></html>'
    )
    assert article(extract).categories == categories
    assert article(extract).tags == ("brass",)


def test_menu_marks_the_categories_of_the_post_shown() -> None:
    entry = '<li class="menu-item menu-item-object-category {}"><a href="/category/{}/">{}</a></li>'
    menu = entry.format("current-post-parent", "harbour", "Harbour") + entry.format("", "goats", "Goats")
    assert article(post(f"<p>{PROSE}</p>", below=f"<ul>{menu}</ul>")).categories == ("Harbour",)


def found(page: str, url: str = "https://www.gazette.example/2009/07/lights/") -> Article:
    """Return the article of a page with this head and body."""
    return article(read_page(f"<html>{page}<p>{PROSE}</p><p>{SENTENCE}</p></html>", url))


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("<title>Fridays… — The Gull</title><h1>Fridays…</h1>", "Fridays…"),
        ('<title>Fridays… — The Gull</title><h1><a href="/2009/07/lights/">Fridays…</a></h1>', "Fridays…"),
        ("<title>What the goat saw | </title>", "What the goat saw"),
        ("<title>What the goat saw | gazette</title>", "What the goat saw"),
        ("<title>What the goat saw - www.gazette.example</title>", "What the goat saw"),
    ],
)
def test_title_is_whole_and_without_the_site(page: str, title: str) -> None:
    assert found(page).title == title


@pytest.mark.parametrize(
    ("byline", "authors"),
    [
        ('<div class="entry-meta">Posted by, Ida Marsh on February 24, 2017</div>', ("Ida Marsh",)),
        (
            '<ul><li class="post-author">By <a href="../author/marsh/index.html">marsh</a></li></ul>',
            ("marsh",),
        ),
        (
            '<footer class="entry-meta"><a rel="prev" href="/a/">Goat cheered by Lamp Makers</a></footer>',
            (),
        ),
        ('<span class="byline"><a rel="author" href="/x/">Ida Marsh Ida Marsh</a></span>', ("Ida Marsh",)),
        ('<a rel="author" href="/authors/policies">Editorial policies</a>', ()),
        (
            '<ul class="voices">'
            + "".join(
                f'<li><a class="author" href="/r/{n}">Reader {chr(65 + n)}. Gull</a></li>' for n in range(12)
            )
            + "</ul>",
            (),
        ),
    ],
)
def test_byline_of_the_page_names_its_author_and_nobody_besides(
    byline: str, authors: tuple[str, ...]
) -> None:
    assert found(f"<title>Lamps</title><h1>Lamps</h1>{byline}").authors == authors


def test_ping_within_a_saved_copy_keeps_the_name_of_the_page_that_links() -> None:
    ping = (
        '<ol class="comment-list"><li id="comment-17" class="pingback depth-1"><div class="comment-body">'
        'Pingback: <a href="../../a/index.html" rel="external nofollow ugc" class="url">The Gull » Lamps</a>'
        "</div></li></ol>"
    )
    extract = post(f"<p>{PROSE}</p>", below=f'<div id="comments">{ping}</div>')
    assert [(comment.author, comment.kind.value) for comment in extract.comments] == [
        ("The Gull » Lamps", "pingback")
    ]
