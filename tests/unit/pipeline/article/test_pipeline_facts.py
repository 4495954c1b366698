"""Titles, bylines and days in the shapes that themes give them: one small page for each."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archive.core.records import Article, Site
from pipeline import process
from tests.builders.pages import HTML, made_page

URL = "https://gazette.example/lights/"
PROSE = "".join(
    f"<p>The harbour council sat for the {word} evening, and the lamps of the eastern mole were lit.</p>"
    for word in ("first", "second", "third", "fourth")
)
TITLE = "The harbour council lights the lamps"
H1 = f"<h1>{TITLE}</h1>"


def read(body: str, head: str = "", url: str = URL, timezone: str = "UTC") -> Article:
    html = f"<html lang='en'><head>{head}</head><body class='single'>{body}</body></html>"
    page = made_page(
        url,
        html,
        source="gull",
        headers=HTML,
        fetched_at=datetime(2026, 1, 5, 12, tzinfo=UTC),
    )
    (article,) = process(page, Site(name="gull", url="https://gazette.example/", timezone=timezone)).articles
    return article


def og(title: str) -> str:
    return f'<meta property="og:title" content="{title}"><meta property="og:site_name" content="The Gull">'


LONG = "Harbour council votes to light the eastern mole lamps again in spring"


@pytest.mark.parametrize(
    ("shown", "declared", "wanted"),
    [
        # a card that leads to this article once more, its title cut
        (
            '<h2 class="entry-title">Harbour council votes to light…</h2>'
            f'<h1 class="entry-title"><div><a href="/local/">Local |</a></div> <span>{LONG}</span></h1>',
            LONG,
            LONG,
        ),
        # shown longer than declared, in one run of words
        (f"<h1>{LONG} and in winter</h1>", LONG, f"{LONG} and in winter"),
        (f"<h1>“All dark”: {LONG}</h1>", LONG, f"“All dark”: {LONG}"),
        # a rubric is an element of its own
        (f"<h1><span>Local</span> {LONG}</h1>", LONG, LONG),
        # a day before the declared title
        (f"<h1>{LONG}</h1>", f"11.08.2021 | {LONG}", LONG),
        # worded a little otherwise
        (f"<h1>{LONG} (5 views)</h1>", LONG.replace("again", "once more"), f"{LONG} (5 views)"),
        # a subheading that begins as the title does
        (f"<h1>{LONG}</h1><h2>Harbour council</h2>", LONG, LONG),
        (
            f'<h2>Harbour council</h2><h1 class="post_title">{LONG}!</h1>',
            f"{LONG} - Gull.example",
            f"{LONG}!",
        ),
        # a card of this article among the related ones
        (f'<h1>{LONG} and in winter</h1><h3 class="entry-title">{LONG}</h3>', LONG, f"{LONG} and in winter"),
    ],
)
def test_title(shown: str, declared: str, wanted: str) -> None:
    assert read(f"<main>{shown}{PROSE}</main>", og(f"{declared} - The Gull")).title == wanted


@pytest.mark.parametrize(
    "said", ["Lamps on the pier - Harbour - The Gull", "Lamps on the pier-HarbourㅣThe Gull"]
)
def test_rubric_and_site_behind_the_headline_are_no_part_of_a_title(said: str) -> None:
    stated = '<script type="application/ld+json">{"@type":"Article","headline":"Lamps on the pier"}</script>'
    assert read(f"<div>{PROSE}</div>", og(said) + stated).title == "Lamps on the pier"


@pytest.mark.parametrize(
    ("shown", "declared", "wanted"),
    [
        # what the readers saw, and what the head says for a search engine
        ("<h1>Lamps on every pier by May</h1>", "13 ways to light a pier", "Lamps on every pier by May"),
        ("<h1>Lamps</h1>", "13 ways to light a pier", "13 ways to light a pier"),
        ("<h1>Lamps on every pier</h1><h1>Boats on the sea wall</h1>", "13 ways", "13 ways"),
        (
            "<h1>The Gull</h1><h2>13 ways to light a pier</h2>",
            "13 ways to light a pier",
            "13 ways to light a pier",
        ),
        # no spaces between the words
        (
            "<h1>新聞の収納は引越しにも使える家具の固定</h1>",
            "新聞の収納は引越しにも使える簡単に固定",
            "新聞の収納は引越しにも使える家具の固定",
        ),
    ],
)
def test_first_heading_alone_is_the_title(shown: str, declared: str, wanted: str) -> None:
    assert read(f"<article>{shown}{PROSE}</article>", og(declared)).title == wanted


LD = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "%s", "author": %s}</script>'
    f'<meta property="og:site_name" content="The Gull"><title>{TITLE}</title>'
)
ONE = '{"@type": "Person", "name": "Ida Marsh"}'
GULL = '{"@type": "Person", "name": "The Gull"}'


@pytest.mark.parametrize(
    ("head", "body", "wanted"),
    [
        (LD % (TITLE, GULL), f'{H1}<p class="x">By Ida Marsh</p>{PROSE}', ("Ida Marsh",)),
        (LD % (TITLE, GULL), f"{H1}<p><strong>Ida Marsh</strong></p>{PROSE}", ("Ida Marsh",)),
        (LD % (TITLE, GULL), f"{H1}{PROSE}", ("The Gull",)),
        (LD % (TITLE, '{"name": "Ida Marsh @idam"}'), f"{H1}{PROSE}", ("Ida Marsh",)),
        (LD % (TITLE, ONE), f"{H1}<p>By Tove Reed</p>{PROSE}", ("Ida Marsh",)),
        (
            "",
            f"{H1}<div>Written by Ida Marsh and Tove Reed | 3 May 2021</div>{PROSE}",
            ("Ida Marsh", "Tove Reed"),
        ),
        ("", f"{H1}{PROSE}<p>It ends.<br><strong>Text:</strong> Ida Marsh</p>", ("Ida Marsh",)),
        (
            "",
            f'{H1}{PROSE}<p><b>Autor:</b> <a href="/p/7">Ida Marsh</a> <a href="/m">Mail</a></p>',
            ("Ida Marsh",),
        ),
        ("", f"{H1}<p>By the sea</p>{PROSE}", ()),
        ("", f'{H1}<p>By <a href="/p/7">Ida Marsh</a> and Tove Reed</p>{PROSE}', ("Ida Marsh", "Tove Reed")),
        ("", f"{H1}<figure><figcaption>By Tove Reed</figcaption><p>By Tove Reed</p></figure>{PROSE}", ()),
        ("", f"{H1}<div class='byline'>25 October 2023</div>{PROSE}", ()),
        (
            "",
            f'{H1}{PROSE}<div class="author-bio footer"><h3>About Ida Marsh</h3><p>She sails.</p></div>',
            ("Ida Marsh",),
        ),
        ("", f'{H1}<a href="/staff/ida-marsh/">Ida Marsh</a>{PROSE}', ("Ida Marsh",)),
        (
            '<meta name="twitter:label1" content="Written by">'
            '<meta name="twitter:data1" content="Ida Marsh">',
            f"{H1}{PROSE}",
            ("Ida Marsh",),
        ),
        (
            "",
            f'<h1 class="vcard author"><a class="fn" href="/">Gull Archive</a></h1>'
            f'<div class="post hentry">{H1}'
            f'<p class="vcard author">by <span class="fn">Ida Marsh</span></p>{PROSE}</div>',
            ("Ida Marsh",),
        ),
        (
            "",
            f'{H1}{PROSE}<ol class="commentlist">'
            '<li class="comment byuser bypostauthor even depth-1" id="comment-7">'
            '<cite class="fn">13kites</cite><div class="comment-content"><p>Thanks.</p></div></li></ol>',
            ("13kites",),
        ),
        (
            "",
            f'{H1}{PROSE}<form class="comment-form">'
            '<div class="comment-form-author"><label>Name *</label></div></form>',
            (),
        ),
        # the account that put a guest's text into the system
        (LD % (TITLE, ONE), f"{H1}<p><em>A guest column by Tove Reed.</em></p>{PROSE}", ("Tove Reed",)),
        (LD % (TITLE, '{"name": "ida.m-2"}'), f"{H1}<p>By Ida Marsh</p>{PROSE}", ("Ida Marsh",)),
        # a declaration that byline and meta element do not share
        (
            f'{LD % (TITLE, ONE)}<meta name="author" content="Tove Reed">',
            f'{H1}<p class="byline">By <a rel="author" href="/author/tove/">Tove Reed</a></p>{PROSE}',
            ("Tove Reed",),
        ),
        # the byline of another article, in its card
        (
            "",
            '<div><h3><a href="/tides/">All about tides</a></h3><p class="byline">By Olaf Tern</p></div>'
            f'{H1}<p class="byline">By Ida Marsh</p>{PROSE}',
            ("Ida Marsh",),
        ),
        # who took the picture
        (
            "",
            f'{H1}<p class="byline"><a href="https://commons.wikimedia.org/wiki/x">Olaf Tern</a></p>{PROSE}',
            (),
        ),
        # lines of metadata that mark nothing
        ("", f'{H1}<p class="postmetadata">Von I. M. am 3. Mai 2021 in Lokales</p>{PROSE}', ("I. M.",)),
        ("", f"{H1}<small>Verfasst von: <strong>gullwatch</strong> | 3. Mai</small>{PROSE}", ("gullwatch",)),
        (og(TITLE), f"{H1}<p>By The Gull</p><p>Written by: Ida Marsh</p>{PROSE}", ("Ida Marsh",)),
        (
            "",
            f"{H1}<p>Von <b>Ida Marsh</b> und <b>Tove Reed</b><br>Harwich</p>{PROSE}",
            ("Ida Marsh", "Tove Reed"),
        ),
        ("", f"{H1}<div><p>Autor <span>Ida Marsh:</span></p></div>{PROSE}", ("Ida Marsh",)),
        ("", f"{H1}<h4>Autor</h4><p>Ida Marsh</p>{PROSE}", ("Ida Marsh",)),
        (
            "",
            f'{H1}<ul class="c-author-line"><li class="c-author-line__item">Ida Marsh</li></ul>{PROSE}',
            ("Ida Marsh",),
        ),
        ("", f"{H1}{PROSE}<p>{'The tide came in. ' * 8}</p><p><em>(Ida Marsh)</em></p>", ("Ida Marsh",)),
        ("", f"{H1}<p>Harwich (dpa/lno) – The lamps were lit.</p>{PROSE}", ("dpa/lno",)),
        ("", f'{H1}<a class="author" href="/author/ida/">More from Ida Marsh</a>{PROSE}', ("Ida Marsh",)),
        (
            "",
            f'{H1}{PROSE}<div class="author__box__info"><div>About the Author - <i>Ida Marsh</i></div></div>',
            ("Ida Marsh",),
        ),
        # known by the first name, and presented below
        (
            LD % (TITLE, '{"@type": "Person", "name": "Ida"}'),
            f'{H1}{PROSE}<p class="author-bio">Ida Marsh is a pilot and writes about the harbour.</p>',
            ("Ida Marsh",),
        ),
        (
            LD % (TITLE, '{"@type": "Person", "name": "Ida"}'),
            f'{H1}{PROSE}<p class="author-bio">Ida Sails Often and writes about the harbour.</p>',
            ("Ida",),
        ),
        # a declaration of the first of several
        (
            LD % (TITLE, ONE),
            f'{H1}<p class="byline">By <a rel="author" href="/author/i/">Ida Marsh</a> and '
            f'<a rel="author" href="/author/t/">Tove Reed</a></p>{PROSE}',
            ("Ida Marsh", "Tove Reed"),
        ),
        (
            LD % (TITLE, ONE),
            f'{H1}<p class="byline"><a rel="author" href="/author/i/">Ida Marsh</a>, '
            f'<a rel="author" href="/author/d/">Online-Redaktion</a></p>{PROSE}',
            ("Ida Marsh",),
        ),
        # a name beside the date in the line of the title
        ("", f'{H1}<p class="x">03.05.2021 - Ida Marsh</p>{PROSE}', ("Ida Marsh",)),
        ("", f"<small>03.05.2021 | 13:10 Uhr | Ida Marsh</small>{H1}{PROSE}", ("Ida Marsh",)),
        ("", f"{H1}<p>Port Isaac, May 3, 2021</p>{PROSE}", ()),
        ("", f"{H1}<p>PAID CONTENT | May 3, 2021</p>{PROSE}", ()),
        # what stands behind a name
        ('<meta name="author" content="Ida Marsh, PhD">', H1 + PROSE, ("Ida Marsh",)),
        ('<meta name="author" content="Otto Reed, Jr.">', H1 + PROSE, ("Otto Reed, Jr.",)),
        ("", f'<main>{H1}<p class="byline">By IDA MARSH, The Gull</p>{PROSE}</main>', ("IDA MARSH",)),
        ("", f'{H1}<p class="byline">By Ida Marsh Special to The Gull</p>{PROSE}', ("Ida Marsh",)),
        ("", f"{H1}<p>By Ida Marsh imarsh@gazette.example</p>{PROSE}", ("Ida Marsh",)),
        ("", f'{H1}<p class="byline">Von <a href="/u/7">Ida.Marsh</a> am Samstag</p>{PROSE}', ("Ida.Marsh",)),
        ("", f"{H1}<p>By <b>Ida Marsh</b><i><a>facebook</a><a>twitter</a></i></p>{PROSE}", ("Ida Marsh",)),
        ("", f"{H1}<p>Words by Ida Marsh | Photos by Tove Reed</p>{PROSE}", ("Ida Marsh",)),
        ("", f'{H1}<a class="author" href="/author/i/">Interview: Ida Marsh</a>{PROSE}', ("Ida Marsh",)),
        ("", f"{H1}<p>Автор: Анна Лунд</p>{PROSE}", ("Анна Лунд",)),
        ("", f"{H1}<p>Door Ida Marsh op 3 mei 2021</p>{PROSE}", ("Ida Marsh",)),
        # a translator, a picture's owner, a reader, the site's newsroom
        (
            "",
            f'{H1}<p>Autor <i>Ida Marsh:</i></p><p>Übersetzung <a href="/author/t/">Tove Reed</a></p>{PROSE}',
            ("Ida Marsh",),
        ),
        ("", f'{H1}{PROSE}<div class="license-info"><i class="author-name">Tove Reed</i></div>', ()),
        ("", f'{H1}{PROSE}<div class="our-comments-list"><a class="author">Tove Reed</a></div>', ()),
        ("", f'{H1}{PROSE}<div>By <b>Tove Reed</b> on <a href="/tides/#comment-9">Tides</a></div>', ()),
        (
            '<meta name="author" content="Harbour Magazine">',
            f"{H1}<div>Ein Artikel von <b>Ida Marsh</b></div>{PROSE}",
            ("Ida Marsh",),
        ),
        # a page about the person, a picture of the user
        ("", f'{H1}<div><a href="/team/ida-marsh/">Ida Marsh</a></div>{PROSE}', ("Ida Marsh",)),
        ("", f'{H1}{PROSE}<p>{"Said of it. " * 15}<a href="/team/otto-reed/">Otto Reed</a></p>', ()),
        (
            "",
            f'{H1}<div><img class="avatar" src="//gravatar.example/0"><i></i><b>Ida Marsh</b></div>{PROSE}',
            ("Ida Marsh",),
        ),
    ],
)
def test_authors(head: str, body: str, wanted: tuple[str, ...]) -> None:
    assert read(body, head).authors == wanted


@pytest.mark.parametrize(
    ("shown", "declared"),
    [
        ("", f"{LONG} | Harbour Gazette"),
        ("", f"{LONG} - Harbour Gazette - Celebrating 18 years of news"),
        ("", f"Harbour Gazette: {LONG}".replace(": ", " - ")),
        ("<h2>Harbour Gazette</h2>", f"{LONG} | Harbour Gazette"),
        (f'<h1>{LONG}<a class="headerlink" href="#l">¶</a></h1>', LONG),
    ],
)
def test_the_name_of_the_host_with_spaces_is_no_part_of_a_title(shown: str, declared: str) -> None:
    url = "https://www.harbourgazette.example/lights/"
    assert read(f"<main>{shown}{PROSE}</main>", f"<title>{declared}</title>", url).title == LONG


EMBED = (
    '<blockquote class="photo-embed"><p>A post shared by the pier</p>'
    '<time datetime="2016-12-05T17:10:10+00:00">Dec 5, 2016</time></blockquote>'
)
UPDATED = '<time datetime="2018-03-06T19:49:32+00:00">March 6, 2018</time>'
ORIGINAL = '<time datetime="2016-12-21T18:49:10+00:00">December 21, 2016</time>'


@pytest.mark.parametrize(
    ("head", "body", "wanted"),
    [
        # of an embedded post, and of a change by the label before it
        ("", f"<article>{H1}{PROSE}{EMBED}</article>", None),
        ("", f"<article>{H1}<p>December 7, 2016</p>{PROSE}{EMBED}</article>", "2016-12-07"),
        ("", f"<article>{H1}<p>By Ida Marsh last updated {UPDATED}</p>{PROSE}</article>", None),
        ("", f"<article>{H1}<p class=byline>By Ida Marsh, updated {UPDATED}</p>{PROSE}</article>", None),
        (
            "",
            f"<article>{H1}<div><p>Updated:</p><p>{UPDATED}</p><p>Original:</p><p>{ORIGINAL}</p></div>"
            f"{PROSE}</article>",
            "2016-12-21T18:49:10+00:00",
        ),
        ("", f"{H1}<p class=byline>Edited by Ida Marsh, December 21, 2016</p>{PROSE}", "2016-12-21"),
        ("", f"{H1}<p>January 22, 2014</p>{PROSE}", "2014-01-22"),
        ("", f'{H1}<div><div>26 May, 2008 | <a href="/quests/">Quests</a></div></div>{PROSE}', "2008-05-26"),
        ("", f"{H1}{PROSE}{PROSE}{PROSE}{PROSE}{PROSE}{PROSE}{PROSE}{PROSE}<p>© 2031</p>", None),
        (
            '<meta property="article:published_time" content="2019-05-01T23:30:00-05:00">',
            f"{H1}<p>1 May 2019</p>{PROSE}",
            "2019-05-02T04:30:00+00:00",
        ),
    ],
)
def test_published(head: str, body: str, wanted: str | None) -> None:
    published = read(body, head).published
    assert (published.isoformat() if published else None) == wanted


def test_a_link_that_is_no_address_stops_nothing() -> None:
    assert (
        read(f'<h1><a href="http://[terms]">{TITLE}</a></h1>{PROSE}', f"<title>{TITLE}</title>").title
        == TITLE
    )


@pytest.mark.parametrize("sign", ["\x0c", "&#12;", "&#1;", "&#x0B;", "&#x1f", "&#65535;", "&#xFFFE;"])
def test_what_is_no_character_stops_nothing(sign: str) -> None:
    markup = f'<p>A <a href="/quay/">li{sign}nk</a>, <em>li{sign}ned</em>.</p>'
    text = read(f"<main>{H1}{PROSE}{markup}</main>").text or ""
    assert text.replace(" ", "").endswith("Alink,lined.")


def test_month_in_the_address_is_no_day():
    """A link of the page has the month as well, and a month alone reads as its first day."""
    url = "https://gull.example/2026/02/lights/"
    body = f"<html><head><link rel=canonical href='{url}'></head><body><h1>Lights</h1><p>They are lit.</p>"
    page = made_page(url, body, source="gull", fetched_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    (article,) = process(page, Site(name="gull", url="https://gull.example")).articles
    assert article.published is None


def test_links_of_what_is_no_text_are_none_of_the_article() -> None:
    also = '<p>Also read: <a href="/2026/nets/">Nets are mended by night</a></p>'
    letter = (
        '<p>The board answered in <a href="/letter/">a letter to the pilots</a>, and then again by word.</p>'
    )
    article = read(f'<article>{H1}<div class="story">{PROSE}{letter}{also}</div></article>')
    assert "Also read" not in (article.text or "")
    assert article.links == ("https://gazette.example/letter/",)


@pytest.mark.parametrize(
    "message",
    [
        "<b>Warning</b>: Undefined array key 3 in <b>/srv/www/single.php</b> on line <b>9</b><br />",
        "<p>PHP Notice: Trying to get property 'ID' of non-object in /srv/www/loop.php on line 112</p>",
        "<br /><b>Deprecated</b>: Function gull_ad() is deprecated since version 6.3.0! in "
        "<b>/srv/www/functions.php</b> on line <b>6031</b><br />",
    ],
)
def test_message_of_php_is_no_text(message: str) -> None:
    plain, printed = (
        read(f'<article>{H1}<div class="entry-content">{said}{PROSE}</div></article>')
        for said in ("", message)
    )
    assert printed.text == plain.text


def test_sentence_about_a_warning_is_text() -> None:
    said = "<p>Warning: the pilots go on strike in the harbour, and nobody waits on line 4 of the ferry.</p>"
    article = read(f'<article>{H1}<div class="entry-content">{PROSE}{said}</div></article>')
    assert "nobody waits" in (article.text or "")
