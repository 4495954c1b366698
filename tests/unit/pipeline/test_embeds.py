# ruff: noqa: E501  (markup reads better in one line)
"""Embedded things leave a line in the text and an entry in the list; files of the text are named."""

from datetime import UTC, datetime

import pytest

from archive.core.records import Site
from pipeline.process import process
from tests.builders.pages import made_page

HOME = "https://gazette.example"
LONG = "The harbour board met on Tuesday to discuss the dredging of the channel, and voted after two hours."


def read(markup, body_class="single single-post postid-7 post-template-default"):
    html = f"""<html><head><title>Ports</title></head><body class="{body_class}"><article class="hentry">
    <h1 class="entry-title">Ports of the coast</h1><div class="entry-content"><p>{LONG}</p>{markup}
    <p>{LONG} The next meeting is in June.</p></div></article>
    <aside><iframe src="https://maps.google.com/maps?q=1"></iframe></aside></body></html>"""
    page = made_page(f"{HOME}/a/", html, source="x", fetched_at=datetime(2026, 3, 1, tzinfo=UTC))
    return process(page, Site(name="x", url=HOME)).articles[0]


@pytest.mark.parametrize(
    ("markup", "entry"),
    [
        ('<iframe src="https://www.google.com/maps/d/embed?mid=1"></iframe>', "map:https://www.google.com/maps/d/embed?mid=1"),
        ('<p>See <iframe data-src="//www.youtube.com/embed/a"></iframe> now.</p>', "video:https://www.youtube.com/embed/a"),
        ('<figure><div><iframe src="https://flo.uri.sh/visualisation/1/embed"></iframe></div></figure>', "chart:https://flo.uri.sh/visualisation/1/embed"),
        ('<div><script src="https://datawrapper.dwcdn.net/x/embed.js"></script></div>', "chart:https://datawrapper.dwcdn.net/x/embed.js"),
        ('<blockquote class="twitter-tweet"><p>Ice.</p><a href="https://twitter.com/b/status/12">May 1</a></blockquote>', "tweet:https://twitter.com/b/status/12"),
        ('<object data="/a.swf"><param name="movie" value="/a.swf"><embed src="/a.swf"></object>', f"flash:{HOME}/a.swf"),
        ('<video><source src="/clip.mp4">No video</video>', f"video:{HOME}/clip.mp4"),
        ('<audio src="/talk.mp3"></audio>', f"audio:{HOME}/talk.mp3"),
        ('<iframe src="https://other.example/thing"></iframe>', "frame:https://other.example/thing"),
        ('<lite-youtube videoid="aB3"></lite-youtube>', "video:https://www.youtube.com/watch?v=aB3"),
        ('<amp-twitter data-tweetid="12"></amp-twitter>', "tweet:https://twitter.com/i/status/12"),
        ('<amp-twitter data-tweetid="https://x.com/u/status/9"></amp-twitter>', "tweet:https://x.com/u/status/9"),
        ('<blockquote class="twitter-tweet" data-tweet-id="12"><p>Ice.</p></blockquote>', "tweet:https://twitter.com/i/status/12"),
        ('<script async src="https://telegram.org/js/telegram-widget.js" data-telegram-post="ice/7"></script>', "post:https://t.me/ice/7"),
        ('<script src="https://gist.github.com/ice/7.js"></script>', "document:https://gist.github.com/ice/7.js"),
        ('<div><script src="https://embed.documentcloud.org/documents/7-ice.js"></script></div>', "document:https://embed.documentcloud.org/documents/7-ice.js"),
        ('<div><script src="https://cdn.jwplayer.com/players/ice-7.js"></script></div>', "video:https://cdn.jwplayer.com/players/ice-7.js"),
        ('<video-js data-account="1" data-player="ice" data-video-id="9"></video-js>', "video:https://players.brightcove.net/1/ice_default/index.html?videoId=9"),
        ("<div class='tableauPlaceholder'><object class='tableauViz'><param name='name' value='Ice/Sheet'></object></div>", "chart:https://public.tableau.com/views/Ice/Sheet"),
        ('<tableau-viz src="https://public.tableau.com/views/Ice/Sheet"></tableau-viz>', "chart:https://public.tableau.com/views/Ice/Sheet"),
        ('<div class="flourish-embed" data-src="visualisation/1"><script src="https://public.flourish.studio/resources/embed.js"></script></div>', "chart:https://flo.uri.sh/visualisation/1"),
        ('<div data-tf-widget="ice"></div>', "form:https://form.typeform.com/to/ice"),
        ('<div data-pym-src="https://apps.gazette.example/ice/"></div>', "frame:https://apps.gazette.example/ice/"),
        ('<p><a data-pin-do="embedPin" href="https://www.pinterest.com/pin/7/"></a></p>', "post:https://www.pinterest.com/pin/7/"),
        ('<applet code="Ice.class" archive="/ice.jar"></applet>', f"applet:{HOME}/ice.jar"),
        ('<model-viewer src="/ice.glb"></model-viewer>', f"model:{HOME}/ice.glb"),
    ],
)  # fmt: skip
def test_each_embedded_thing_leaves_a_line_at_its_place(markup, entry):
    article = read(markup)
    kind, _, url = entry.partition(":")
    assert article.embeds == (entry,)
    blocks = article.text.split("\n\n")
    assert blocks[0] == LONG
    assert f"[Embedded {kind}: {url}]" in blocks[1:-1]
    assert "No video" not in article.text


def test_advertisements_and_share_buttons_are_none():
    article = read(
        '<iframe src="https://ad.doubleclick.net/x"></iframe>'
        '<iframe src="https://www.facebook.com/plugins/like.php?href=x"></iframe><iframe></iframe>'
    )
    assert article.embeds == ()
    assert "Embedded" not in article.text


@pytest.mark.parametrize(
    "markup",
    [
        '<iframe src="https://talk.example/x" width="0" height="0"></iframe>',
        '<iframe src="https://talk.example/x" width="1px" height="1px"></iframe>',
        '<iframe src="https://talk.example/x" style="border:0; display: none"></iframe>',
        '<iframe src="https://talk.example/x" style="width:1px;height:200px"></iframe>',
        '<iframe src="https://widgets.wp.com/likes/master.html?ver=1"></iframe>',
        '<iframe src="https://gum.criteo.com/syncframe?a=1"></iframe>',
        '<iframe src="https://ad.gazette.example/endpage@300x250"></iframe>',
    ],
)
def test_frame_that_shows_nothing_to_a_reader_is_none(markup):
    assert read(markup).embeds == ()


def test_long_address_is_cut_in_the_line_and_whole_in_the_list():
    url = f"https://player.example/show?video=1&token={'a' * 200}"
    article = read(f'<iframe src="{url}#start" width="100%"></iframe>')
    assert article.embeds == (f"frame:{url}#start",)
    assert "[Embedded frame: https://player.example/show]" in article.text


def test_the_files_of_the_text_are_its_pictures_and_what_it_links():
    article = read(
        '<img src="/a.png"><a href="/b.pdf">B</a><a href="/c.csv#x">C</a><a href="/page/">D</a>'
        '<audio src="/e.mp3"></audio><img src="data:image/png;base64,AA">'
        '<video poster="/f.jpg"><source src="/f.mp4"></video>'
    )
    names = [entry.rpartition("/")[2] for entry in article.files]
    assert sorted(names) == ["a.png", "b.pdf", "c.csv", "e.mp3", "f.jpg"]
    kinds = sorted(entry.partition(":")[0] for entry in article.files)
    assert kinds == ["audio", "data", "document", "image", "image"]


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ("single single-post postid-7 single-format-standard", "post"),
        ("map-template-default single single-map postid-7", "map"),
        ("page-template-default page page-id-7", "page"),
        ("single postid-7", None),
    ],
)
def test_the_classes_of_the_body_name_the_content_type(classes, expected):
    assert read("", classes).type == expected
