"""Kinds of markup met on sites of all sorts: threads of other systems, their counts and their marks.

All pages, names and words are invented; each row of a table stands for a kind.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archive.core.records import Article, Comment, Extract, Site
from pipeline import process
from pipeline.article import extract
from tests.builders.pages import HTML, made_page
from tests.paths import FIXTURES

URL = "https://gazette.example/2009/07/lights/"
PROSE = (
    "<p>The harbour council sat until the last ferry had gone, and the lamps of the mole were lit.</p>"
    "<p>Nobody on the quay could remember a summer in which the herring had come in so late.</p>"
    "<p>The pilots have asked for a second light, and the council will vote on it in the autumn.</p>"
)


def read_page(html: str, url: str = URL, **site: object) -> Extract:
    """Return what is read from a page, of which the body and more may be given."""
    page = made_page(
        url,
        html,
        source="gull",
        headers=HTML,
        fetched_at=datetime(2026, 1, 5, 12, tzinfo=UTC),
    )
    return process(page, Site(name="gull", url="https://gazette.example/", **site))  # type: ignore[arg-type]


def read(
    below: str = "", *, above: str = "", head: str = "", lang: str = "en", words: str = PROSE
) -> Extract:
    """Return what is read from an article with markup above and below its text."""
    return read_page(
        f'<html lang="{lang}"><head><title>Harbour lights | The Gazette</title>{head}</head>'
        '<body class="single postid-7"><main><article class="post">'
        f'<h1 class="entry-title">Harbour lights</h1>{above}'
        f'<div class="entry-content">{words}</div></article>{below}</main></body></html>'
    )


def article(extract: Extract) -> Article:
    """Return the article that was read."""
    return extract.articles[0]


def codes(extract: Extract) -> list[str]:
    """Return the codes of the problems."""
    return [problem.code for problem in extract.problems]


def facts(comment: Comment) -> tuple[object, ...]:
    """Return what identifies a comment, and its words."""
    return comment.id, comment.parent, comment.author, comment.author_url, comment.text


WREN = "https://wren.example/"
FIRST, SECOND = "First words.", "Second words.\n\nAnd more."
LINK = f'<a href="{WREN}" rel="nofollow">Wren Alder</a>'
MOMENTS = [datetime(2009, 7, 8, 10, tzinfo=UTC), datetime(2009, 7, 8, 11, tzinfo=UTC)]
FOLDER = FIXTURES / "kinds" / "threads"
THREADS: dict[str, tuple[tuple[str | None, str | None], str | None]] = {
    "movable-type-4": (("123", "124"), "123"),
    "movable-type-3": (("123", "124"), None),
    "movable-type-2": ((None, None), None),
    "movable-type-flat": ((None, None), None),
    "typepad": (("6a00d8aaaa69e20120a5", "6a00d8aaaa69e20120a6"), None),
    "blogger-list": (("2483119237519345", "2483119237519346"), None),
    "blogger-threaded": (("77", "78"), "77"),
    "kubrick-cite-with-date": (("1", "2"), None),
    "unclosed-line-of-date": (("8", "9"), None),
    "items-of-any-element": (("1", "2"), None),
    "stray-end-tags": (("0", "1"), None),
    "time-in-a-span": (("1", "2"), None),
}
"""Of each thread the ids of its two comments, and which comment the second one answers."""


@pytest.mark.parametrize("kind", THREADS)
def test_thread_of_any_kind_reads_the_same(kind: str) -> None:
    (first, second), parent = THREADS[kind]
    markup = (FOLDER / f"{kind}.html").read_text(encoding="utf-8")
    extract = read(
        markup.replace("{link}", LINK).replace("{url}", URL), lang="es" if "any-element" in kind else "en"
    )
    assert [facts(comment) for comment in extract.comments] == [
        (first, None, "Wren Alder", WREN, FIRST),
        (second, parent, "Doug", None, SECOND),
    ]
    assert [comment.published for comment in extract.comments] == MOMENTS
    assert codes(extract) == []
    assert "words" not in (article(extract).text or "")


@pytest.mark.parametrize(
    ("depths", "nesting", "parents"),
    [
        ((1, 1, 1), "<li {0}>{1}</li></li>", (None, None, None)),
        ((1, 2, 1), "<li {0}>{1}</li></li>", (None, "1", None)),
        ((1, 2, 3), "<li {0}>{1}</li>", (None, "1", "2")),
        ((1, 2, 2), "<li {0}>{1}<ul class='children'>", (None, "1", "1")),
        ((1, 1, 1), "<li {0}>{1}<ul class='children'>", (None, "1", "2")),  # a walker of the theme's own
    ],
)
def test_depth_classes_overrule_the_tree(
    depths: tuple[int, ...], nesting: str, parents: tuple[str | None, ...]
) -> None:
    entries = "".join(
        nesting.format(
            f'class="comment depth-{depth}" id="comment-{number}"',
            f'<div><cite class="fn">Reader {number}</cite><p>Remark {number}.</p>',
        )
        for number, depth in enumerate(depths, 1)
    )
    comments = read(f'<ol class="commentlist">{entries}</ol>').comments
    assert tuple(comment.parent for comment in comments) == parents


@pytest.mark.parametrize(
    ("heading", "stated"),
    [
        ("<h5>3 Comments</h5>", 3),
        ("<h6>Kommentare (3)</h6>", 3),
        ("<h2>12 respuestas a “Luces del puerto”</h2>", 12),
        ('<p id="comments">4 Responses to “Harbour lights”</p>', 4),
        ("<h4>1.204 reacties</h4>", 1204),
        ('<h3><a href="https://gazette.example/other/">5 Comments</a></h3>', None),
        ("<h3>10 comments that shook the harbour</h3>", None),
        ("<h3>2 Trackbacks</h3>", None),
        ('<aside class="widget"><h3>7 Comments</h3></aside>', None),
    ],
)
def test_count_in_a_heading_is_stated(heading: str, stated: int | None) -> None:
    extract = read(heading)
    assert article(extract).comments_stated == stated
    assert codes(extract) == (["comments-missing"] if stated else [])


PINGED = [("https://gulls.example/1", "Tides"), ("https://gulls.example/2", "More tides")]
LINKS = "".join(f'<li><a href="{url}">{title}</a></li>' for url, title in PINGED)


@pytest.mark.parametrize(
    "listing",
    [
        f"<h3>2 Trackbacks</h3><ol>{LINKS}</ol>",
        f"<h4>Pingbacks &amp; Trackbacks</h4><ul class='x'>{LINKS}</ul>",
        f"<h3>Trackbacks/Pingbacks</h3><ol class='list'>{LINKS}</ol>",
        f'<div id="pings"><ol class="pinglist">{LINKS}</ol></div>',
    ],
)
def test_pings_in_a_list_of_their_own(listing: str) -> None:
    found = read(f'<div id="comments">{listing}</div>').comments
    assert [(str(ping.kind), ping.author_url, ping.author) for ping in found] == [
        ("pingback", url, title) for url, title in PINGED
    ]
    assert {(ping.text, ping.html) for ping in found} == {(None, None)}, "a link alone says no words"


@pytest.mark.parametrize(
    ("mark", "name"),
    [
        ('<div id="coral_talk_5511"></div>', "Coral"),
        ('<div id="Comments"></div><script src="/artalk/dist/Artalk.js"></script>', "Artalk"),
        ('<div class="civil-comments"></div>', "Civil Comments"),
        ('<script src="https://sea.pluck.com/ver1.0/Direct/Process"></script>', "Pluck"),
        ('<script>window.__coral_talk_base_url__ = "https://t.example"</script>', "Coral"),
        ('<section id="remarks"><div data-viafoura></div></section>', "Viafoura"),
        ("<vf-conversations></vf-conversations>", "Viafoura"),
        ('<div data-spotim-module="conversation"></div>', "OpenWeb"),
        ('<script>s.src="https://launcher.spot.im/spot/sp_1"</script>', "OpenWeb"),
        ('<fb:comments href="https://gazette.example/a"></fb:comments>', "Facebook"),
        ('<script src="https://giscus.app/client.js"></script>', "giscus"),
        ('<script src="https://utteranc.es/client.js"></script>', "Utterances"),
        ('<hyvor-talk-comments website-id="1"></hyvor-talk-comments>', "Hyvor Talk"),
        ('<div id="livefyre-comments-5"></div>', "Livefyre"),
        ('<div id="insticator-commenting"></div>', "Insticator"),
        ('<div id="waline"></div>', "Waline"),
        ('<script data-isso="//isso.example/"></script>', "Isso"),
        ('<div id="fastcomments-widget"></div>', "FastComments"),
        ('<div id="coral_thread"></div>', "Coral"),
        ('<div id="coral-comments"></div>', "Coral"),
        (
            '<div id="talk"></div><script>Coral.Talk.render(d, {talk: "https://t.example/"});</script>',
            "Coral",
        ),
        ('<amp-facebook-comments data-href="https://g.example/a"></amp-facebook-comments>', "Facebook"),
        ('<iframe src="https://www.facebook.com/v19.0/plugins/comments.php?href=x"></iframe>', "Facebook"),
        ('<a vf-container-id="77">Join in</a>', "Viafoura"),
        ("<vf-conversations-count></vf-conversations-count>", "Viafoura"),
        (
            '<script src="https://launcher.spot.im/spot/sp_1" data-spotim-module="spotim-launcher"></script>',
            "OpenWeb",
        ),
        ("<div data-spot-im-module-default></div>", "OpenWeb"),
        ("<script>fyre.conv.load({network: 'n.fyre.co'}, [{el: 'talk'}]);</script>", "Livefyre"),
        ("<giscus-widget repo='o/r'></giscus-widget>", "giscus"),
        ('<script src="/own/client.js" data-repo="o/r" data-repo-id="R_1"></script>', "giscus"),
        ('<div class="insticator-unit type-commenting"></div>', "Insticator"),
        ('<div id="hyvor-talk-view"></div>', "Hyvor Talk"),
        ('<div id="vuukle-comments"></div>', "Vuukle"),
        ('<div id="graphcomment"></div>', "GraphComment"),
        ("<script>cackle_widget.push({widget: 'Comment', id: 5});</script>", "Cackle"),
        ('<a class="muut" href="https://muut.com/i/gazette">Talk</a>', "Muut"),
        ('<a class="moot" href="https://moot.it/gazette">Talk</a>', "Muut"),
        (
            '<script src="https://cdn.example/ghost/comments-ui@1/umd/comments-ui.min.js" '
            'data-ghost-comments="https://g.example/"></script>',
            "Ghost",
        ),
        ('<script src="https://c.example/js/cusdis.es.js"></script>', "Cusdis"),
        ('<script defer src="https://substackcdn.com/bundle/static/js/main.js"></script>', "Substack"),
        ("<script>new Waline({el: '#talk', serverURL: 'https://w.example'})</script>", "Waline"),
        ('<div id="vanilla-comments"></div>', "Vanilla"),
        ('<div id="HCB_comment_box"></div>', "HTML Comment Box"),
        ('<div id="metype-container-5"></div>', "Metype"),
        ('<div id="conversait_area"></div>', "Conversait"),
        ("<mastodon-comments host='m.example'></mastodon-comments>", "Mastodon"),
        ('<div class="insticator-unit type-products"></div>', None),
        ('<p class="motto" id="coral-reef">Of reefs.</p>', None),
        ("<p>The pilots wrote to spot.im and to disqus.com about it.</p>", None),
        ('<p id="coralline">Of coral reefs.</p>', None),
    ],
)
def test_foreign_comment_system_is_named(mark: str, name: str | None) -> None:
    problems = [problem for problem in read(mark).problems if problem.code == "external-comments"]
    assert [f"by {name} " in problem.detail for problem in problems] == ([True] if name else [])


def titled(shown: str, title: str, head: str = "") -> str | None:
    """Return the title that is read from a page with these headings and this <title>."""
    html = f'<html lang="en"><head><title>{title}</title>{head}</head><body>{shown}{PROSE}</body></html>'
    return article(read_page(html)).title


HOME = '<div id="header"><h1><a href="/">The Gazette</a></h1></div>'
SITE_NAME = '<meta property="og:site_name" content="{0}"><meta property="og:title" content="{0}">'


@pytest.mark.parametrize(
    ("shown", "title", "head", "wanted"),
    [
        (HOME + "<h2>Lamps</h2>", "The Gazette » Blog Archive » Lamps", "", "Lamps"),
        (HOME, "The Gazette &raquo; Blog Archive &raquo; Lamps of the mole", "", "Lamps of the mole"),
        (HOME + '<h2 class="entry-title">Lamps</h2>', "The Gazette » Lamps", "", "Lamps"),
        (HOME + "<h2>Lamps</h2>", "Lamps // The Gazette", "", "Lamps"),
        (HOME + "<h2>Lamps</h2>", "Lamps :: The Gazette :: News", "", "Lamps"),
        (HOME + "<h2>Lamps</h2>", "The Gazette &gt; Lamps", "", "Lamps"),
        (HOME, "Lamps « The Gazette", "", "Lamps"),
        ('<h1>Lamps</h1><h2 class="entry-title">Of lamps</h2>', "News of the harbour", "", "Of lamps"),
        ("<h1>Of lamps</h1><h2>Weather</h2>", "News of the harbour", "", "Of lamps"),
        ("<h1>One</h1><h1>Two</h1>", "News of the harbour", "", "News of the harbour"),
        (
            "<h1>Lamps: a vote</h1>",
            "Lamps: a vote | The Gazette",
            SITE_NAME.format("Lamps: a vote"),
            "Lamps: a vote",
        ),
        ("<h1>Light &gt; dark</h1>", "Light &gt; dark", "", "Light > dark"),
        (
            HOME + "<h1><span>Harbour</span>Lamps of the mole</h1>",
            "Lamps of the mole | The Gazette",
            "",
            "Lamps of the mole",
        ),
        ("<h1><b>Mole</b>Four lamps</h1>", "Mole: Four lamps", "", "Mole: Four lamps"),
        ("<h1>Lamps <em>and</em> gulls</h1>", "Lamps and gulls", "", "Lamps and gulls"),
        (
            "",
            "Lamps - The Gazette",
            '<meta property="og:site_name" content="The Gazette - News"><link type="application/rss+xml"'
            ' rel="alternate" title="The Gazette &raquo; Feed" href="/feed/">',
            "Lamps",
        ),
    ],
)
def test_title_comes_out_of_its_frame(shown: str, title: str, head: str, wanted: str) -> None:
    assert titled(shown, title, head) == wanted


LD_PARTS = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "author": {"@type": "Person", '
    '"givenName": "Ida", "familyName": "Marsh"}}</script>'
)


@pytest.mark.parametrize(
    ("above", "head", "wanted"),
    [
        ('<p class="date">June 21, 2010 | <a href="#respond">No Comments</a></p>', "", ()),
        ('<p class="date">June 21, 2010 | <a href="/category/east-coast/">East Coast</a></p>', "", ()),
        ('<p class="date">June 21, 2010 | Ida Marsh</p>', "", ("Ida Marsh",)),
        ('<div class="byline">By<span>Quay News</span></div>', "", ("Quay News",)),
        ('<div class="byline">By <b>Ida Marsh</b><span>Staff Writer</span></div>', "", ("Ida Marsh",)),
        ('<div class="byline"><span>Ida Marsh</span><span>5 Min Read</span></div>', "", ("Ida Marsh",)),
        ('<div class="byline">By Ida Marsh, Senior Editor</div>', "", ("Ida Marsh",)),
        ('<div class="byline">Staff Writer</div>', "", ()),
        ('<p class="powered-by-wordpress">Сайт работает на WordPress</p>', "", ()),
        ('<p class="powered-by">Tide Themes</p>', "", ()),
        ('<p class="author-info">все записи автора</p>', "", ()),
        ('<form class="author"><label>Your Name</label></form>', "", ()),
        ("<p><strong>EVERYTHING TAKES TIME</strong></p>", "", ()),
        ("<p><strong>Everything Takes</strong></p>", "", ()),
        ("<p>Автор: Ида Марш</p>", "", ("Ида Марш",)),
        ("<p><span>بقلم:</span> <span>محمد علي</span></p>", "", ("محمد علي",)),
        ("", LD_PARTS, ("Ida Marsh",)),
        ('<a rel="author" href="/author/admin/">admin</a>', "", ("admin",)),
        ('<a href="/author/ed/index.html">Editor</a><p>By Ida Marsh</p>', "", ("Ida Marsh",)),
        ('<a href="/login/">admin</a>', "", ()),
        ('<div class="byline">By Ida Marsh March 18, 2015</div>', "", ("Ida Marsh",)),
        ('<div class="byline">Ida Marsh (editor for health and more)</div>', "", ("Ida Marsh",)),
        ('<div class="byline">Ida Marsh Stand: 12. Mai 2021</div>', "", ("Ida Marsh",)),
        ('<div class="byline">Last Updated: January 7, 2025</div>', "", ()),
        ('<div class="byline"><span>© Ida Marsh</span></div>', "", ("Ida Marsh",)),
    ],
)
def test_author_is_taken_where_something_says_so(above: str, head: str, wanted: tuple[str, ...]) -> None:
    assert article(read(above=above, head=head)).authors == wanted


def test_byline_that_equals_the_domain_is_a_byline() -> None:
    html = (
        '<html><head><title>Lamps</title></head><body class="single"><h1>Lamps</h1>'
        '<span class="author vcard"><a class="fn" href="/author/ida/">Ida Marsh</a></span>'
        f"<p><strong>ALL IS WELL</strong></p>{PROSE}</body></html>"
    )
    assert article(read_page(html, "https://idamarsh.example/lamps/")).authors == ("Ida Marsh",)


CAPTION = "The mole at low tide, before the repairs of March."
SOURCES = (
    '<h3>Sources</h3><ul><li><a href="https://council.example/1">Report of the survey of the lamps</a></li>'
    '<li><a href="https://council.example/2">Minutes of the council of March</a></li></ul>'
)
INSIDE = {
    "caption of an old theme": (
        '<div class="wp-caption alignnone"><a href="x.jpg"><img src="x.jpg"></a>'
        f'<p class="wp-caption-text">{CAPTION}</p></div>',
        [CAPTION],
    ),
    "figcaption": (
        f'<figure class="wp-block-image"><img src="x.jpg"><figcaption>{CAPTION}</figcaption></figure>',
        [CAPTION],
    ),
    "paragraph in a div": (
        "<div class='redb'>The lamp house will be kept as it is, for now.</div>",
        ["The lamp house will be kept as it is, for now."],
    ),
    "loose text": (
        "The lamp house will be kept as it is, for now.<br>Nobody pays.",
        ["The lamp house will be kept as it is, for now.", "Nobody pays."],
    ),
    "linked paragraph": (
        '<p><a href="https://council.example/r.pdf">https://council.example/r.pdf</a></p>',
        ["https://council.example/r.pdf"],
    ),
    "list of links": (
        SOURCES,
        ["Sources", "Report of the survey of the lamps\nMinutes of the council of March"],
    ),
    "verse": (
        '<pre class="wp-block-verse">The tide came in without a sound,\n'
        "And left the keeper on dry ground.</pre>",
        ["The tide came in without a sound,\nAnd left the keeper on dry ground."],
    ),
    "code": ("<pre><code>a = 1\nb = 2</code></pre>", ["a = 1\nb = 2"]),
    "footnotes": (
        '<ol class="wp-block-footnotes"><li id="a">Letter of the pilots, 3 May. <a href="#b">↩︎</a></li></ol>',
        ["Letter of the pilots, 3 May."],
    ),
    "table": (
        "<table><tr><td>Mole</td><td>4 lamps</td></tr><tr><td>Quay</td><td>2 lamps</td></tr></table>",
        ["Mole | 4 lamps\nQuay | 2 lamps"],
    ),
    "share bar": ('<div class="share-box">Share this with your friends today</div>', []),
    "related": ('<div class="related-posts"><a href="/other/">The herring came in late again</a></div>', []),
    "form": ("<form><p>Your address, and we shall write to you each week.</p></form>", []),
    "hidden": ('<p style="display:none">This is not for people to see.</p>', []),
}


@pytest.mark.parametrize("box", ["entry-content", "entry", "post-text", "entrybody"])
@pytest.mark.parametrize("kind", INSIDE)
def test_block_inside_the_text_is_kept(kind: str, box: str) -> None:
    markup, wanted = INSIDE[kind]
    words = PROSE.replace("</p><p>Nobody", f"</p>{markup}<p>Nobody", 1)
    html = (
        '<html><head><link rel="stylesheet" href="/wp-content/a.css"><title>Harbour lights</title></head>'
        '<body><div id="header"><h1><a href="/">The Gazette</a></h1></div>'
        '<div class="post"><h2>Harbour lights</h2>'
        f'<div class="{box}">{words}</div><p class="meta">Posted in <a href="/c/">Town</a></p></div>'
        "</body></html>"
    )
    extract = read_page(html)
    blocks = (article(extract).text or "").split("\n\n")
    assert [block.replace(" ↩︎", "") for block in blocks[1:-2]] == wanted
    assert blocks[0].startswith("The harbour council")
    assert codes(extract) == []


@pytest.mark.parametrize("box", ["entry-content", "entry"])
def test_linked_source_below_the_text_is_kept(box: str) -> None:
    html = (
        "<html><head><title>G &raquo; Blog Archive &raquo; Lights</title></head><body>"
        '<div class="post" id="post-3"><h2>Lights</h2>'
        f'<div class="{box}">{PROSE}<p><a href="https://x.example/src">The survey</a></p></div>'
        '<p class="postmetadata">Filed under <a href="/category/town/">Town</a></p></div></body></html>'
    )
    assert (article(read_page(html)).text or "").split("\n\n")[3:] == ["The survey"]


def test_links_of_a_list_reach_the_links() -> None:
    found = article(read(words=f"{PROSE}{SOURCES}<p>All of them were read by the paper in May and June.</p>"))
    assert found.links == ("https://council.example/1", "https://council.example/2")
    assert "[Minutes of the council of March](https://council.example/2)" in (found.markdown or "")


def test_each_block_of_the_box_has_a_verdict() -> None:
    words = f'{PROSE}<div class="share-box">Share this with friends</div>{SOURCES}'
    html = (
        '<html><head><title>Lights</title><link href="/wp-content/a.css"></head><body class="single">'
        f'<h1>Lights</h1><div class="entry-content">{words}</div></body></html>'
    )
    page = made_page(URL, html, source="gull", fetched_at=datetime(2026, 1, 5, 12, tzinfo=UTC))
    found = extract.verdicts(page, Site(name="gull", url="https://gazette.example/"))
    fates = {verdict.words[:9]: (verdict.fate, verdict.rule) for verdict in found}
    assert fates["The harbo"] == ("taken", "trafilatura")
    assert fates["Share thi"] == ("dropped", "marked share-box")
    assert fates["Minutes o"][0] in ("taken", "added")
    assert len(found) == 7
