"""REST listings, feeds and refusals; and that one comment is one comment on every surface."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.core.records import Comment, CommentKind, Extract, PageKind, Site, Surface
from pipeline import process
from tests.builders.pages import made_page
from tests.paths import FIXTURES

PAGES = FIXTURES / "pages"
URL = "https://gazette.example/archives/2009/07/harbour_lights.php"
SITE = Site(name="gull", url="https://gazette.example/", timezone="America/New_York")


def read(kind: PageKind, body: str | bytes, url: str = URL, site: Site = SITE, **more: Any) -> Extract:
    raw = body if isinstance(body, bytes) else body.encode()
    facts: dict[str, Any] = {"status": 200, "headers": (), "final_url": url} | more
    page = made_page(url, raw, source="gull", kind=kind, fetched_at=datetime(2026, 1, 5, tzinfo=UTC), **facts)
    return process(page, site)


def codes(extract: Extract) -> list[str]:
    return [problem.code for problem in extract.problems]


def rest_comment(**over: Any) -> dict[str, Any]:
    return {
        "id": 102,
        "post": 77,
        "parent": 101,
        "author_name": "13kites",
        "author_url": "",
        "date": "2009-07-10T14:05:00",
        "date_gmt": "2009-07-10T18:05:00",
        "content": {"rendered": "<p>I agree.<br />\nMostly.</p>\n"},
        "link": URL + "#comment-102",
        "status": "approved",
        "type": "comment",
    } | over


def feed_comment(extra: str = "", body: str = "<p>I agree.<br />\nMostly.</p>") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:thr="http://purl.org/syndication/thread/1.0">
<channel><title>Comments</title><item>
 <title>By: 13kites</title><link>{URL}#comment-102</link><dc:creator><![CDATA[13kites]]></dc:creator>
 <pubDate>Fri, 10 Jul 2009 18:05:00 +0000</pubDate>
<guid isPermaLink="false">https://gazette.example/?p=77#comment-102</guid>
 {extra}<content:encoded><![CDATA[{body}]]></content:encoded></item></channel></rss>"""


IN_REPLY = f'In reply to <a href="{URL}#comment-101">Wren Alder</a>.\n\n'


def page_comment() -> Comment:
    return read(PageKind.ARTICLE, (PAGES / "html5.html").read_bytes()).comments[1]


def rest() -> Comment:
    (comment,) = read(PageKind.COMMENTS, json.dumps([rest_comment()])).comments
    return comment


def feed() -> Comment:
    (comment,) = read(
        PageKind.COMMENTS_FEED, feed_comment(body=IN_REPLY + "<p>I agree.<br />\nMostly.</p>")
    ).comments
    return comment


@pytest.mark.parametrize(
    "field", ["id", "parent", "author", "author_url", "published", "text", "html", "permalink", "kind"]
)
def test_one_comment_is_equal_on_every_surface(field: str) -> None:
    assert getattr(rest(), field) == getattr(page_comment(), field) == getattr(feed(), field)


@pytest.mark.parametrize(
    "smiley", ['<img src="https://s.w.org/i.png" alt="🙂" class="wp-smiley" style="height: 1em" />', "🙂"]
)
def test_emoji_are_characters_in_feeds(smiley: str) -> None:
    (comment,) = read(PageKind.COMMENTS_FEED, feed_comment(body=f"<p>{smiley}</p>")).comments
    assert comment.text == "🙂"


def test_old_smileys_are_images_and_no_words() -> None:
    body = '<p>Fine <img src="/smilies/icon_smile.gif" alt=":-)" class="wp-smiley" /> so far</p>'
    (comment,) = read(PageKind.COMMENTS_FEED, feed_comment(body=body)).comments
    assert comment.text == "Fine so far"


def test_atom_tells_the_parent_in_an_element() -> None:
    extra = f'<thr:in-reply-to ref="{URL}#comment-55" href="{URL}#comment-55" type="text/html"/>'
    (comment,) = read(PageKind.COMMENTS_FEED, feed_comment(extra)).comments
    assert (comment.parent, dict(comment.origins)["parent"], comment.post_id) == (
        "55",
        "feed:in-reply-to",
        77,
    )


def test_a_reader_s_own_link_to_a_comment_is_no_parent() -> None:
    body = f'<p>As I said in <a href="{URL}#comment-9">my note</a> before, no.</p>'
    (comment,) = read(PageKind.COMMENTS_FEED, feed_comment(body=body)).comments
    assert comment.parent is None
    assert comment.text == "As I said in my note before, no."


@pytest.mark.parametrize(
    ("over", "field", "value"),
    [
        ({"parent": 0}, "parent", None),
        ({"author_name": ""}, "author", "Anonymous"),
        ({"author_name": "O&#8217;Brien &amp; Co"}, "author", "O’Brien & Co"),
        ({"author_url": "https://k.example/"}, "author_url", "https://k.example/"),
        ({"author_url": "javascript:alert(1)"}, "author_url", None),
        ({"type": "pingback"}, "kind", CommentKind.PINGBACK),
        ({"content": {"rendered": ""}}, "text", None),
        ({"date_gmt": None}, "published", datetime(2009, 7, 10, 18, 5, tzinfo=UTC)),
        ({"date_gmt": "0000-00-00T00:00:00", "date": ""}, "published", None),
    ],
)
def test_rest_comment(over: dict[str, Any], field: str, value: object) -> None:
    (comment,) = read(PageKind.COMMENTS, json.dumps([rest_comment(**over)])).comments
    assert getattr(comment, field) == value


@pytest.mark.parametrize("status", ["hold", "spam", "trash"])
def test_unapproved_comments_stay_out(status: str) -> None:
    assert read(PageKind.COMMENTS, json.dumps([rest_comment(status=status)])).comments == ()


POST = {
    "id": 77,
    "link": URL,
    "date_gmt": "2009-07-09T14:00:00",
    "modified_gmt": "2009-07-12T09:30:00",
    "title": {"rendered": "Lamps &#038; <em>lights</em>"},
    "content": {"protected": False},
    "comment_status": "closed",
    "_embedded": {
        "author": [{"name": "Ida Marsh"}],
        "wp:term": [
            [{"taxonomy": "category", "name": "Harbour"}],
            [{"taxonomy": "post_tag", "name": "lamps &amp; light"}],
        ],
    },
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", URL),
        ("post_id", 77),
        ("title", "Lamps & lights"),
        ("authors", ("Ida Marsh",)),
        ("published", datetime(2009, 7, 9, 14, tzinfo=UTC)),
        ("modified", datetime(2009, 7, 12, 9, 30, tzinfo=UTC)),
        ("tags", ("lamps & light",)),
        ("categories", ("Harbour",)),
        ("comments_open", False),
        ("text", None),
    ],
)
def test_rest_post(field: str, value: object) -> None:
    (article,) = read(PageKind.POSTS, json.dumps([POST])).articles
    assert getattr(article, field) == value


def test_protected_posts_are_left_out_with_a_problem() -> None:
    extract = read(PageKind.POSTS, json.dumps([POST | {"content": {"protected": True}}]))
    assert (extract.articles, codes(extract), extract.surface) == ((), ["password-protected"], Surface.REST)


FEED = f"""<?xml version="1.0"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel><title>Gull</title><item><title>Lamps &amp; lights</title><link>{URL}</link>
<comments>{URL}#comments</comments><dc:creator>Ida Marsh</dc:creator>
<pubDate>Thu, 09 Jul 2009 14:00:00 +0000</pubDate><category><![CDATA[Harbour]]></category><guid isPermaLink="false">https://gazette.example/?p=77</guid>
<description><![CDATA[<p>The council met. [&#8230;]</p>
<p>The post <a href="{URL}">Lamps</a> appeared first on
<a href="https://gazette.example">Gull</a>.</p>]]></description>
<slash:comments>3</slash:comments></item></channel></rss>"""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", URL),
        ("post_id", 77),
        ("title", "Lamps & lights"),
        ("authors", ("Ida Marsh",)),
        ("published", datetime(2009, 7, 9, 14, tzinfo=UTC)),
        ("categories", ()),  # a feed does not tell tags from categories
        ("comments_stated", 3),
        ("description", "The council met. […]"),
    ],
)
def test_feed_post(field: str, value: object) -> None:
    (article,) = read(PageKind.POSTS_FEED, FEED).articles
    assert getattr(article, field) == value


WRITTEN = [
    (
        "<p>The lamps are lit.</p><p>The board pays.</p>",
        (("The lamps are lit.",) * 2, ("The board pays.",) * 2),
    ),
    (
        '<p>Read also: <a href="/masts">the masts</a></p>',
        (("Read also: the masts", "Read also: [the masts](https://gazette.example/masts)"),),
    ),
    (
        "<ul><li>Fore</li><li><b>Main</b></li></ul>Loose words, and so on.",
        (("Fore\nMain", "- Fore\n- **Main**"), ("Loose words, and so on.",) * 2),
    ),
    (
        '<div class="sharedaddy"><a href="/x">Share it</a></div><p>The lamps are lit.</p>',
        (("The lamps are lit.",) * 2,),
    ),
    ('<figure><img src="/a.png"><figcaption>The quay</figcaption></figure>', (("The quay", "*The quay*"),)),
]
POST_FEED = FEED.replace(
    "<slash:comments>", "<content:encoded xmlns:content='c'><![CDATA[{}]]></content:encoded><slash:comments>"
)


@pytest.mark.parametrize(("markup", "blocks"), WRITTEN)
def test_copy_is_read_alike_from_rest_and_feeds(markup: str, blocks: tuple[tuple[str, str], ...]) -> None:
    (posted,) = read(PageKind.POSTS, json.dumps([POST | {"content": {"rendered": markup}}])).articles
    (fed,) = read(PageKind.POSTS_FEED, POST_FEED.replace("{}", markup)).articles
    assert (posted.written, fed.written) == (blocks, blocks)
    assert (posted.text, fed.text) == (None, None)


@pytest.mark.parametrize(
    ("content", "written"),
    [
        ({"rendered": ""}, ()),
        ({"rendered": "\n"}, ()),
        ({"rendered": '<p><img src="/a.png"></p>'}, ()),
        ({"protected": False}, None),
        (
            {"rendered": '<nav><a href="/">Menu of the site</a></nav>'},
            None,
        ),  # words, and none of the article's
    ],
)
def test_post_without_words_is_told_from_one_without_a_copy(content: dict[str, Any], written: object) -> None:
    (article,) = read(PageKind.POSTS, json.dumps([POST | {"content": content}])).articles
    assert article.written == written


@pytest.mark.parametrize(
    "end",
    [
        "<p>The board [&#8230;]</p>",
        "<p>The board [...]</p>",
        '<p>The board&hellip; <a href="/x">Continue reading <em>Lamps</em></a></p>',
        f'<p>The […]</p><p>The post <a href="{URL}">Lamps</a> appeared first on <a href="/">Gull</a>.</p>',
    ],
)
def test_feed_that_cuts_a_text_off_has_no_copy(end: str) -> None:
    (article,) = read(
        PageKind.POSTS_FEED, POST_FEED.replace("{}", f"<p>The lamps are lit.</p>{end}")
    ).articles
    assert article.written is None


PROSE = "<p>" + "The lamp was lit and the pilots saw it from afar, as they had hoped. " * 12 + "</p>"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (
            "<title>Just a moment...</title><script>window._cf_chl_opt={}</script><p>Enable JavaScript</p>",
            "challenge-page",
        ),
        (
            "<body class='single'><h1>Protected: Lamps</h1>"
            "<form class='post-password-form' action='/wp-login.php?action=postpass'></form>",
            "password-protected",
        ),
        ("<title>Log In</title><body class='login'><form id='loginform'></form>", "login-wall"),
        ("<title>Page not found</title><body class='error404'><p>Nothing here.</p>", "soft-404"),
        (f"<body class='archive category'><h1>Harbour</h1>{PROSE}", "not-an-article"),
        ("", "empty-page"),
        ("<html><head></head><body></body></html>", "empty-page"),
    ],
)
def test_pages_that_are_no_articles_are_named(body: str, code: str) -> None:
    extract = read(PageKind.ARTICLE, body)
    assert extract.articles == ()
    assert code in codes(extract)


def test_an_answer_by_the_home_page_is_no_article() -> None:
    assert codes(read(PageKind.ARTICLE, f"<h1>Gull</h1>{PROSE}", final_url="https://gazette.example/")) == [
        "not-an-article"
    ]


def test_a_304_says_nothing() -> None:
    assert read(PageKind.ARTICLE, b"", status=304) == Extract(surface=Surface.PAGE)


WALL = b"<html><title>Just a moment...</title><script>window._cf_chl_opt = {}</script>"


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        (PageKind.POSTS, b"{}", 500, "server-error"),
        (PageKind.ARTICLE, b"Briefly unavailable for scheduled maintenance.", 503, "maintenance"),
        (PageKind.ARTICLE, WALL, 403, "challenge-page"),
        (PageKind.POSTS, WALL, 503, "challenge-page"),
        (PageKind.ARTICLE, b"", 401, "login-wall"),
        (PageKind.ARTICLE, b"", 403, "forbidden"),
        (PageKind.ARTICLE, b"", 404, "not-found"),
        (PageKind.ARTICLE, b"", 429, "too-many-requests"),
        (PageKind.ARTICLE, b"", 418, "http-418"),
        (PageKind.COMMENTS, b'{"code": "rest_no_route", "message": "No."}', 404, "rest-closed"),
        (PageKind.POSTS, b"<html>", 403, "rest-closed"),
    ],
)
def test_a_refusal_has_its_name(kind: PageKind, body: bytes, status: int, code: str) -> None:
    assert codes(read(kind, body, status=status)) == [code]


def test_a_further_part_brings_its_own_text_and_its_number() -> None:
    body = (
        f"<body class='single single-post postid-77 paged-2 single-paged-2'>"
        f"<link rel=canonical href='{URL}/2'>"
        f"<h1 class=entry-title>Lamps</h1>{PROSE}<a href='{URL}/3'>3</a>"
    )
    [article] = read(PageKind.ARTICLE, body, url=URL + "/2").articles
    assert (article.url, article.part, article.parts, article.further) == (URL, 2, 3, True)
    assert article.text


def test_an_untitled_article_has_no_title_and_not_the_site_s_name() -> None:
    body = (
        "<head><title>The Gazette</title>"
        "<link rel=alternate type='application/rss+xml' title='The Gazette &raquo; Feed' href=/feed>"
        f"</head><body class='single postid-77'><h1 class=entry-title></h1>{PROSE}"
    )
    [article] = read(PageKind.ARTICLE, body, url=URL).articles
    assert article.title is None


def test_the_publisher_s_typing_errors_are_kept() -> None:
    typed = "<p>a href=””&gt;Azhar, a keeper of the eastern light, was there as well that night.</p>"
    body = f"<h1>Lamps</h1><article>{PROSE}{typed}</article>"
    (article,) = read(PageKind.ARTICLE, body).articles
    assert "a href=””>Azhar, a keeper" in (article.text or "")


def test_markdown_keeps_structure_and_links() -> None:
    body = (
        f"<article><h1>Lamps</h1><h2>Of masts</h2>{PROSE}<p>See <a href='/masts'>the masts</a> and "
        "<a href='https://w.example/'>wires</a>, which are described at length.</p>"
        "<ul><li>one mast of oak from the northern wood</li><li>two masts of iron from the yard</li></ul>"
        "<blockquote><p>We saw the light, said the oldest pilot of them all.</p></blockquote></article>"
    )
    (article,) = read(PageKind.ARTICLE, body).articles
    markdown = article.markdown or ""
    assert "## Of masts" in markdown
    assert "[the masts](https://gazette.example/masts)" in markdown
    assert "- one mast of oak from the northern wood\n- two masts of iron from the yard" in markdown
    assert "> We saw the light" in markdown
    assert article.links == ("https://gazette.example/masts", "https://w.example/")


@pytest.mark.parametrize(("pattern", "count"), [(None, 1), ("/archives/", 1), (r"\.html$", 0)])
@pytest.mark.parametrize(
    ("kind", "body"), [(PageKind.POSTS, json.dumps([POST])), (PageKind.POSTS_FEED, FEED)]
)
def test_the_source_s_pattern_tells_articles_in_listings_too(
    kind: PageKind, body: str, pattern: str | None, count: int
) -> None:
    site = Site(name="gull", url="https://gazette.example/", article_pattern=pattern)
    assert len(read(kind, body, site=site).articles) == count


@pytest.mark.parametrize(
    ("markup", "markdown"),
    [
        ("the <em>Gull</em> of <b>Harwich</b> town", "the *Gull* of **Harwich** town"),
        ("all <strong><em>three</em></strong> lamps", "all ***three*** lamps"),
        ("the<strong> oldest pilot </strong>spoke", "the **oldest pilot** spoke"),
        (
            '<strong>See <a href="/masts">the masts</a>.</strong>',
            "**See [the masts](https://gazette.example/masts).**",
        ),
        ('see <a href="/masts"><em>the masts</em></a>', "see [*the masts*](https://gazette.example/masts)"),
        ("<b>one lamp</b><b>light</b> in all", "**one lamplight** in all"),
        ("<strong>first line<br>second line</strong>", "**first line**  \n**second line**"),
        ("two <i>stars* here</i> and <i> </i> no more", "two *stars\\* here* and no more"),
        ("a lamp<em>(post)</em>man came", "a lamp(post)man came"),
        ("a hexagram \u4dc0 and <b>bold</b>", "a hexagram \u4dc0 and bold"),
    ],
)
def test_markdown_keeps_emphasis_and_the_text_has_no_trace_of_it(markup: str, markdown: str) -> None:
    """Where Markdown would not read the stars as such, the words stay plain; so do pages with our signs."""
    body = (
        f"<article><h1>Lamps</h1>{PROSE}<p>It is said: {markup}</p>{PROSE.replace('light', 'dark')}</article>"
    )
    (article,) = read(PageKind.ARTICLE, body).articles
    assert f"It is said: {markdown}\n" in (article.markdown or "")
    words = re.sub(r"<br>", "\n", markup)
    words = re.sub(r"[ ]+", " ", re.sub(r"<[^>]+>", "", words))
    assert f"It is said: {words}\n" in (article.text or "")


@pytest.mark.parametrize(
    ("site", "kept", "lost"),
    [
        (Site(name="g", url=URL, drop=(".promo",)), "pilots", "Subscribe"),
        (Site(name="g", url=URL, keep=(".story",)), "pilots", "Subscribe"),
    ],
)
def test_the_profile_s_selectors_are_honoured(site: Site, kept: str, lost: str) -> None:
    promo = "Subscribe to our tide tables now, dear friends. " * 6
    body = f"<article><div class=story>{PROSE}</div><div class=promo><p>{promo}</p></div></article>"
    (article,) = read(PageKind.ARTICLE, body, site=site).articles
    assert kept in (article.text or "")
    assert lost not in (article.text or "")


def test_short_briefs_hold_no_byline() -> None:
    body = (
        "<body class='single'><article class=post><header><h1 class=entry-title>Ropeworks</h1>"
        "<p class=byline>By <a rel=author href=/archives/author/ida>Ida Marsh</a> | July 9, 2009</p></header>"
        "<div class=entry-content><p>Two ropes were sold to a ship from the north this morning.</p></div>"
        "<p>Tags: <a rel=tag href=/tags/rope>rope</a>, <a rel=tag href=/tags/ships>ships</a></p></article>"
    )
    (article,) = read(PageKind.ARTICLE, body).articles
    assert article.text == "Two ropes were sold to a ship from the north this morning."
    assert article.tags == ("rope", "ships")


def test_wrong_bytes_are_read_as_what_they_mostly_are() -> None:
    body = (
        b"<meta charset=utf-8><article><h1>Caf\xc3\xa9</h1><p>"
        + b"He said \x93yes\x94 to the caf\xc3\xa9 on the quay. " * 20
        + b"</p></article>"
    )
    (article,) = read(PageKind.ARTICLE, body).articles
    assert "“yes” to the café" in (article.text or "")


GOOD = {
    PageKind.ARTICLE: (PAGES / "wpdiscuz.html").read_bytes(),
    PageKind.COMMENTS: json.dumps([rest_comment()]).encode(),
    PageKind.POSTS: json.dumps([POST]).encode(),
    PageKind.POSTS_FEED: FEED.encode(),
    PageKind.COMMENTS_FEED: feed_comment(body=IN_REPLY).encode(),
}
KINDS = st.sampled_from(list(PageKind))


@given(KINDS, st.binary(max_size=400))
@settings(max_examples=120, deadline=None)
def test_process_never_raises_for_random_bytes(kind: PageKind, body: bytes) -> None:
    read(kind, body)


@given(st.sampled_from(list(GOOD)), st.data())
@settings(max_examples=120, deadline=None)
def test_process_never_raises_for_damaged_pages_and_is_deterministic(
    kind: PageKind, data: st.DataObject
) -> None:
    good = GOOD[kind]
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, len(good)))
    body = good[:start] + data.draw(st.binary(max_size=12)) + good[end:]
    assert read(kind, body) == read(kind, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*POST, *rest_comment()]), JSON, max_size=6))
@settings(max_examples=150, deadline=None)
def test_rest_never_raises_for_wrong_types(over: dict[str, Any]) -> None:
    read(PageKind.POSTS, json.dumps([POST | over]))
    read(PageKind.COMMENTS, json.dumps([rest_comment(**over)]))


def test_a_reader_who_speaks_of_moderation_is_not_dropped() -> None:
    body = (PAGES / "html5.html").read_text(encoding="utf-8")
    body = body.replace("Mostly.", "<em>Mine</em> is still awaiting moderation.")
    said = [comment.text for comment in read(PageKind.ARTICLE, body).comments]
    assert said[1] == "I agree.\nMine is still awaiting moderation."


@pytest.mark.parametrize(
    "entry",
    [
        "<description>There is no excerpt because this is a protected post.</description>",
        "<description>Words</description><content:encoded><![CDATA[<form class='post-password-form'>"
        "</form>]]></content:encoded>",
    ],
)
def test_protected_article_of_a_feed_says_nothing(entry: str) -> None:
    """What WordPress puts in its place is no title and no summary of the article, and no edit of them."""
    body = (
        '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item>'
        "<title>Protected: Ice</title><link>https://gazette.example/2026/03/ice/</link>"
        f"{entry}</item></channel></rss>"
    )
    (article,) = read(PageKind.POSTS_FEED, body).articles
    assert (article.title, article.description) == (None, None)
