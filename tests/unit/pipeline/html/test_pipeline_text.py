"""Prose, addresses and dates: the small pure functions under all readers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.core import urls
from pipeline.dates import parse
from pipeline.html import images, sanitize

ATTACKS = [
    "<script>alert(1)</script>",
    "<p onclick=alert(1)>x</p>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVa\tScRiPt:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<img src=x onerror=alert(1)>",
    '<img class="emoji" alt="<img src=x onerror=alert(1)>">',
    '<img class="emoji" alt="&lt;img src=x onerror=alert(1)&gt;">',
    "<iframe src=javascript:alert(1)></iframe>",
    "<math><mtext></p><script>alert(1)</script>",
    "<style>@import 'javascript:alert(1)'</style>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<table background=javascript:alert(1)><tr><td>x",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a href='//evil.example' style='position:fixed'>x</a>",
    "<!--<script>alert(1)</script>-->",
]


@pytest.mark.parametrize("markup", ATTACKS)
def test_no_markup_that_acts_leaves_render(markup: str) -> None:
    html = sanitize.render(f"<p>before</p>{markup}<p>after</p>", "https://gazette.example/a").html or ""
    assert not re.search(r"<(?:script|svg|img|iframe|style|form|math|button)\b", html)
    assert not re.search(r"<[^>]*\s(?:on\w+|style|src|background)\s*=", html)
    assert not re.search(r"href=\"\s*(?:javascript|data|vbscript):", html, re.IGNORECASE)
    assert "before" in html


def test_render_keeps_paragraphs_lines_quotes_and_links() -> None:
    got = sanitize.render(
        "<p>One<br />\ntwo</p>\n<blockquote><p>Three</p></blockquote>\n<p><a href='/x'>four</a></p>",
        "https://g.example/a/",
    )
    assert got.text == "One\ntwo\n\nThree\n\nfour"
    assert got.html is not None
    assert '<a href="https://g.example/x" rel="nofollow ugc">four</a>' in got.html


@pytest.mark.parametrize("markup", [None, "", "   ", "<p></p>", "<p>&nbsp;</p>", "<script>x</script>"])
def test_nothing_is_none_and_never_empty(markup: str | None) -> None:
    assert sanitize.render(markup) == sanitize.Rendered(None, None)


def test_characters_that_are_none_are_dropped_also_where_they_are_referred_to() -> None:
    found = sanitize.render("<p>Half\x08 past&#8; ten&#xFFFE;&#65535;</p>")
    assert (found.text, found.html) == ("Half past ten", "<p>Half past ten</p>")


def test_words_that_look_like_tags_are_words() -> None:
    assert sanitize.render("<p>a href=””&gt;Azhar and 3 &lt; 4</p>").text == "a href=””>Azhar and 3 < 4"


def test_plain_decodes_entities_once() -> None:
    assert sanitize.markup_to_line("O&#8217;Brien &amp; <em>Sons</em> &amp;amp;") == "O’Brien & Sons &amp;"


@given(st.text(max_size=300))
@example("0\u3000")
@example("a\u3000\nb")
@settings(max_examples=150, deadline=None)
def test_render_of_its_own_html_is_the_same(markup: str) -> None:
    """Rendering is idempotent: what is stored would be stored again."""
    once = sanitize.render(markup, "https://g.example/")
    again = sanitize.render(once.html, "https://g.example/")
    assert again.text == once.text


A = "https://gazette.example/archives/2009/07/lights.php"


@pytest.mark.parametrize(
    ("stated", "final", "canonical"),
    [
        (A, A + "?utm_source=x&fbclid=1", A),
        (A + "/comment-page-6#comments", A, A),
        (None, A + "?replytocom=5#respond", A),
        (None, A + "?cpage=2", A),
        ("http://www.gazette.example/archives/2009/07/lights.php", A, A),
        ("https://gazette.example/", A, A),
        ("https://elsewhere.example.org/lights", A, A),
        ("/archives/2009/07/lights.php", A + "?p=1", A),
        (None, "https://gazette.example/?p=77", "https://gazette.example/?p=77"),
        (A + "/2", A + "/2", A + "/2"),
        (None, "https://gazette.example/lights/amp/", "https://gazette.example/lights/"),
        ("http://[bad", A, A),
    ],
)
def test_canonical(stated: str | None, final: str, canonical: str) -> None:
    assert urls.canonical(stated, final) == canonical


@pytest.mark.parametrize(
    ("rewritten", "origin"),
    [
        (
            "https://cdn-abc.nitrocdn.com/xYz/assets/images/optimized/rev-1a/www.gazette.example/wp-content/uploads/2026/03/a.jpg",
            "https://www.gazette.example/wp-content/uploads/2026/03/a.jpg",
        ),
        (
            "https://i0.wp.com/gazette.example/wp-content/a.jpg?resize=3",
            "https://gazette.example/wp-content/a.jpg",
        ),
        (
            "https://gazette.example/cdn-cgi/image/w=8,q=1/wp-content/a.jpg",
            "https://gazette.example/wp-content/a.jpg",
        ),
        ("/wp-content/a.jpg", "https://gazette.example/wp-content/a.jpg"),
        ("data:image/gif;base64,R0", None),
    ],
)
def test_images_are_unwrapped(rewritten: str, origin: str | None) -> None:
    assert images.unwrap_image(rewritten, A) == origin


NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("raw", "language", "moment"),
    [
        ("July 9, 2007 at 12:41 am", "en", datetime(2007, 7, 9, 4, 41, tzinfo=UTC)),
        ("July 9th, 2007 at 12:41 pm", "en", datetime(2007, 7, 9, 16, 41, tzinfo=UTC)),
        ("9 July 2007, 23:10", "en-GB", datetime(2007, 7, 10, 3, 10, tzinfo=UTC)),
        ("9. Juli 2007 um 00:41 Uhr", "de-DE", datetime(2007, 7, 9, 4, 41, tzinfo=UTC)),
        ("Do  9 Apr 2020 / 08:34", "de", datetime(2020, 4, 9, 12, 34, tzinfo=UTC)),
        ("17.07, 2011 @ 13:04", "de", datetime(2011, 7, 17, 17, 4, tzinfo=UTC)),
        ("le 9 juillet 2007 à 0:41", "fr-FR", datetime(2007, 7, 9, 4, 41, tzinfo=UTC)),
        ("26 abril 2022 a las 14:02", "es", datetime(2022, 4, 26, 18, 2, tzinfo=UTC)),
        ("9 de julio de 2007", "es", date(2007, 7, 9)),
        ("26. Mai 2008 um 21:07", "en", datetime(2008, 5, 27, 1, 7, tzinfo=UTC)),
        ("07/09/2007 12:41 am", "en-US", datetime(2007, 7, 9, 4, 41, tzinfo=UTC)),
        ("09/07/2007", "en-GB", date(2007, 7, 9)),
        ("29.07.2020 // 12:56", "de", datetime(2020, 7, 29, 16, 56, tzinfo=UTC)),
        ("2018-08-8", "en", date(2018, 8, 8)),
        ("2007年7月9日 00:41", "ja", datetime(2007, 7, 9, 4, 41, tzinfo=UTC)),
        ("2007年7月9日 午後2:05", "ja", datetime(2007, 7, 9, 18, 5, tzinfo=UTC)),
        ("2007年7月9日 上午2:05", "zh-CN", datetime(2007, 7, 9, 6, 5, tzinfo=UTC)),
        ("2007년 7월 9일 오후 2:05", "ko-KR", datetime(2007, 7, 9, 18, 5, tzinfo=UTC)),
        ("9 يوليو، 2007 الساعة 2:05 م", "ar", datetime(2007, 7, 9, 18, 5, tzinfo=UTC)),
        ("٩ يوليو ٢٠٠٧ في ٢:٠٥ ص", "ar", datetime(2007, 7, 9, 6, 5, tzinfo=UTC)),
        ("9 ביולי 2007 בשעה 14:05", "he-IL", datetime(2007, 7, 9, 18, 5, tzinfo=UTC)),
        ("9 juillet 2007 à 14 h 05 min", "fr-FR", datetime(2007, 7, 9, 18, 5, tzinfo=UTC)),
        ("2 weeks ago", "en", None),
        ("comment_date", "en", None),
        ("February 31, 2007", "en", None),
        ("", "en", None),
    ],
)
def test_printed_dates(raw: str, language: str, moment: object) -> None:
    assert parse.printed(raw, NEW_YORK, language) == moment


def test_a_day_above_twelve_settles_the_order_of_a_page() -> None:
    first = parse.tells_day_first(["3/4/2009", "25/4/2009"])
    assert parse.printed("3/4/2009", "UTC", "en-US", day_first=first) == date(2009, 4, 3)


def test_a_date_without_a_year_follows_the_article() -> None:
    assert parse.printed("Jan 2nd at 2:41 am", "UTC", "en", since=date(2019, 12, 30)) == datetime(
        2020, 1, 2, 2, 41, tzinfo=UTC
    )


@given(st.text(max_size=80), st.sampled_from(["en", "de", "xx", None, "zh-Hant"]))
@settings(max_examples=300, deadline=None)
def test_dates_never_raise(raw: str, language: str | None) -> None:
    parse.printed(raw, "Nowhere/None", language)
    parse.iso(raw, "UTC")
    parse.rfc822(raw)
    parse.relative(raw, datetime(2026, 1, 1, tzinfo=UTC), language)


@given(st.text(max_size=120))
@settings(max_examples=300, deadline=None)
def test_addresses_never_raise(url: str) -> None:
    for told in (url, "https://" + url, A + url):
        urls.clean(told)
        urls.canonical(told, A)
        urls.link_key(told)
        urls.without_part(told)
        images.unwrap_image(told, A)
