"""Embeds: each leaves one line in the text and a record, in its place; advertisements leave none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archive.core.records import Article, Embed, Page, PageKind, Site
from pipeline.process import process

SITE = Site(name="gull", url="https://gazette.example")
BEFORE = "The harbour board met on Tuesday evening and heard how the ferry fares are to rise in the spring."
AFTER = "Members of the board asked for another month, since the books of last year are not closed yet."
SHOWN = [
    (
        '<iframe src="https://www.google.com/maps/embed?pb=1m18"></iframe>',
        "map",
        "https://www.google.com/maps/embed?pb=1m18",
    ),
    (
        '<iframe data-src="//datawrapper.dwcdn.net/aB3d/2/" src="about:blank"></iframe>',
        "chart",
        "https://datawrapper.dwcdn.net/aB3d/2/",
    ),
    (
        '<div class="flourish-embed" data-src="visualisation/12"><script src="https://public.flourish.studio/resources/embed.js"></script></div>',
        "chart",
        "https://flo.uri.sh/visualisation/12/embed",
    ),
    (
        '<div class="infogram-embed" data-id="ferry-fares"></div><script>var a;</script>',
        "chart",
        "https://infogram.com/ferry-fares",
    ),
    (
        '<figure class="wp-block-embed"><div class="wp-block-embed__wrapper"><iframe src="https://www.youtube.com/embed/x1"></iframe></div></figure>',
        "video",
        "https://www.youtube.com/embed/x1",
    ),
    (
        '<blockquote class="twitter-tweet"><p>Fares go up.</p>'
        '<a href="https://twitter.com/harbour/status/12?ref=x">May 1</a></blockquote>'
        '<script async src="https://platform.twitter.com/widgets.js"></script>',
        "tweet",
        "https://twitter.com/harbour/status/12?ref=x",
    ),
    (
        '<object type="application/x-shockwave-flash" data="/files/tour.swf">'
        '<param name="movie" value="/files/tour.swf"></object>',
        "Flash",
        "https://gazette.example/files/tour.swf",
    ),
    (
        '<object classid="clsid:D27CDB6E-AE6D"><param name="movie" value="/a.swf">'
        '<embed src="/a.swf"></object>',
        "Flash",
        "https://gazette.example/a.swf",
    ),
    ('<video controls><source src="/v/bridge.mp4"></video>', "video", "https://gazette.example/v/bridge.mp4"),
    ('<p>Listen: <audio src="/a/minutes.mp3"></audio></p>', "audio", "https://gazette.example/a/minutes.mp3"),
    (
        '<script src="https://gist.github.com/harbour/99.js"></script>',
        "code",
        "https://gist.github.com/harbour/99.js",
    ),
    (
        '<iframe class="wp-embedded-content" src="https://other.example/fares/embed/#?secret=Zk1"></iframe>',
        "article",
        "https://other.example/fares/embed/",
    ),
    ('<iframe src="https://tides.example/table"></iframe>', "page", "https://tides.example/table"),
    ('<iframe srcdoc="&lt;p&gt;hello"></iframe>', "page", None),
]
NONE = [
    '<iframe src="https://googleads.g.doubleclick.net/x"></iframe>',
    '<iframe src="https://pixel.example/x" width="1" height="1"></iframe>',
    '<script src="https://platform.twitter.com/widgets.js"></script>',
    '<script src="/wp-includes/js/wp-embed.min.js"></script>',
]


def read(middle: str, around: str = "") -> Article:
    body = (
        f"<html><head><title>Fares</title></head><body class='single-post postid-7'><article><h1>Fares</h1>"
        f"<div class='entry-content'><p>{BEFORE}</p>{middle}<p>{AFTER}</p></div></article>"
        f"{around}</body></html>"
    )
    return extracted(body)


def extracted(body: str) -> Article:
    url = "https://gazette.example/fares/"
    page = Page(
        source="gull",
        kind=PageKind.ARTICLE,
        url=url,
        final_url=url,
        status=200,
        headers=(),
        fetched_at=datetime(2026, 1, 5, tzinfo=UTC),
        body=body.encode(),
    )
    [article] = process(page, SITE).articles
    return article


@pytest.mark.parametrize(
    ("markup", "kind", "url"), SHOWN, ids=[f"{each[1]}-{n}" for n, each in enumerate(SHOWN)]
)
def test_embed_leaves_a_line_in_its_place_and_a_record(markup: str, kind: str, url: str | None) -> None:
    article = read(markup)
    assert article.embeds == (Embed(kind=kind, url=url),)
    line = f"[Embedded {kind}: {url}]" if url else f"[Embedded {kind}]"
    text = article.text or ""
    assert text.count(line) == 1
    assert text.index(BEFORE) < text.index(line) < text.index(AFTER)
    assert line in (article.markdown or "").replace("\\", "")


@pytest.mark.parametrize("markup", NONE)
def test_advertisements_and_loaders_leave_no_line(markup: str) -> None:
    article = read(markup)
    assert (article.embeds, article.text) == ((), f"{BEFORE}\n\n{AFTER}")


def test_embeds_beside_the_text_are_none_of_it() -> None:
    assert (
        read(
            "", '<aside class="widget"><iframe src="https://www.youtube.com/embed/x"></iframe></aside>'
        ).embeds
        == ()
    )


def test_page_of_nothing_but_a_map_has_its_line_as_text() -> None:
    body = (
        "<html><body class='page-template-default page page-id-9'><article><h1>Map of strikes</h1>"
        "<div class='entry-content'><iframe src='https://umap.example/strikes'></iframe></div></article></body></html>"
    )
    article = extracted(body)
    assert article.text == "[Embedded map: https://umap.example/strikes]"
    assert (article.type, article.post_id) == ("page", 9)


def test_many_embeds_keep_their_order_and_none_vanishes() -> None:
    many = "".join(f'<iframe src="https://maps.example/{number}"></iframe>' for number in range(30))
    article = read(many)
    assert [embed.url for embed in article.embeds] == [
        f"https://maps.example/{number}" for number in range(30)
    ]
    assert (article.text or "").count("[Embedded ") == 30
