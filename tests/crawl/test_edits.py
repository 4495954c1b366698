"""What counts as an edit: each thing a reader would miss, and nothing that the page changes by itself."""

# ruff: noqa: E501  (invented markup reads better in one line)

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from archive.changes import upheaval
from archive.core.database import transaction
from archive.core.records import Site
from archive.storage.archive import Archive
from pipeline import process
from tests.builders.crawling import Crawls
from tests.builders.life import Life
from tests.builders.pages import made_page
from tests.fakesite import SampleSite
from tests.fakesite.faults import Fault
from tests.fakesite.wire import Response

SITE = Site(name="gull", url="https://gazette.example")
URL = "https://gazette.example/archives/2009/07/harbour_lights.php"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

PAGE = f"""<!DOCTYPE html><html lang="en-US"><head><meta charset="UTF-8">
<title>Harbour lights | The Gull Gazette</title>
<link rel="canonical" href="{URL}"><link rel="shortlink" href="https://gazette.example/?p=77">
<meta property="og:site_name" content="The Gull Gazette"><meta property="og:type" content="article">
<meta property="og:image" content="https://gazette.example/files/lamp-1024x768.jpg">
<meta name="description" content="The eastern lights are settled.">
<meta property="article:published_time" content="2009-07-09T14:00:00+00:00">
<script>var wpNonce = "a1b2c3";</script></head>
<body class="single single-post postid-77 theme-quay"><header><h1 class="site-title">The Gull Gazette</h1></header>
<main><article id="post-77" class="post-77 post type-post hentry"><h1 class="entry-title">Harbour lights</h1>
<div class="entry-meta">By <span class="author vcard"><a class="url fn n" rel="author" href="/author/ida">Ida Marsh</a></span>
on <time class="entry-date" datetime="2009-07-09T10:00:00-04:00">July 9, 2009</time></div>
<div class="entry-content">
<figure class="wp-caption"><img src="https://gazette.example/files/lamp-1024x768.jpg" alt="">
</figure>
<p>The harbour council met on Tuesday evening to settle the long question of the eastern lights.</p>
<p>Three keepers spoke first. They described winters in which the lamps went dark for nights together, and
the <a href="https://pilots.example/book">pilots steered</a> by the bells of the chapel.</p>
<div class="advert ad"><a href="https://shop.example/rope?click=1">Rope, half price</a></div>
<p>The treasurer answered with figures: eleven thousand for the masts, four thousand for the cable.</p>
<p>In the gallery sat some forty residents, who "listened without a word" until the vote was called.</p>
<div class="sharedaddy sd-sharing-enabled"><span class="share-count">12 shares</span></div>
<div id="jp-relatedposts" class="jp-relatedposts"><h3>Related</h3><ul><li><a href="/archives/2008/tar.php">Tar</a></li></ul></div>
</div><p class="post-views">Read 1,204 times</p>
<footer class="entry-footer">Tagged <span class="tag-links"><a rel="tag" href="/tag/lamps/">lamps</a></span></footer></article>
<div id="comments" class="comments-area"><h2 class="comments-title">One thought on “Harbour lights”</h2>
<ol class="comment-list"><li id="comment-101" class="comment depth-1"><article id="div-comment-101" class="comment-body">
<footer class="comment-meta"><b class="fn">Wren Alder</b> <span class="says">says:</span>
<a href="{URL}#comment-101">3 days ago</a></footer>
<div class="comment-content"><p>They were never dark in my street.</p></div>
<div class="reply"><a class="comment-reply-link" href="{URL}?replytocom=101#respond">Reply</a></div></article></li></ol></div>
</main><aside><h2>Tides</h2><p>High at 4:10</p></aside></body></html>"""

NOISE = {
    "an advertisement": ("Rope, half price", "Two buoys for one"),
    "where an advertisement leads": ("rope?click=1", "rope?click=2"),
    "a share counter": ("12 shares", "94 shares"),
    "the related posts": ('<a href="/archives/2008/tar.php">Tar</a>', '<a href="/archives/2011/net.php">Nets</a>'),
    "a nonce": ("a1b2c3", "d4e5f6"),
    "a view counter": ("1,204 times", "1,377 times"),
    "a date told as a span": ("3 days ago", "11 days ago"),
    "a date told exactly at last": ("3 days ago", "February 25, 2026 at 9:00 am"),
    "the word for a reply": (">Reply</a>", ">Answer this</a>"),
    "the class names of a theme": ("theme-quay", "theme-pier wp-embed-responsive"),
    "how many thoughts": ("One thought on", "1 response to"),
    "a widget": ("High at 4:10", "High at 5:02"),
    "typographic quotes": ('"listened without a word"', "“listened without a word”"),
    "white space": ("met on Tuesday evening", "met on\n   Tuesday evening"),
    "another size of the picture": ("lamp-1024x768.jpg", "lamp-640x480.jpg"),
}  # fmt: skip
EDITS = {
    "the title": ((">Harbour lights</h1>", ">Harbour lights at last</h1>"), ["title"]),
    "one word of the text": (("eleven thousand", "twelve thousand"), ["text"]),
    "a further author": (
        ("Ida Marsh</a>", 'Ida Marsh</a> and <a class="url fn n" rel="author" href="/author/odo">Odo Kern</a>'),
        ["byline"],
    ),
    "a further tag": (("lamps</a>", 'lamps</a>, <a rel="tag" href="/tag/council/">council</a>'), ["tags"]),
    "the date": (("2009-07-09T1", "2009-07-12T1"), ["published"]),
    "the lead picture": (("lamp-1024x768.jpg", "mast-1024x768.jpg"), ["image"]),
    "where a link leads": (("https://pilots.example/book", "https://pilots.example/log"), ["links"]),
    "a paragraph that goes": (
        ("<p>The treasurer answered with figures: eleven thousand for the masts, four thousand for the cable.</p>", ""),
        ["text"],
    ),
    "the summary": (("The eastern lights are settled.", "The quarrel goes on."), ["description"]),
}  # fmt: skip


def visit(archive, markup, at):
    page = made_page(URL, markup, source="gull", fetched_at=at)
    return archive.save(page, process(page, SITE))


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        visit(archive, PAGE, NOON)
        yield archive


@pytest.mark.parametrize("name", NOISE)
def test_what_a_page_changes_by_itself_is_no_edit(archive, name):
    before, after = NOISE[name]
    assert before in PAGE
    visit(archive, PAGE.replace(before, after), NOON + timedelta(days=7, hours=1))
    for table in ("article_versions", "comment_versions", "events"):
        assert list(archive.db.query(f"SELECT * FROM {table}")) == []


@pytest.mark.parametrize("name", EDITS)
def test_what_a_reader_would_miss_is_an_edit_and_kept(archive, name):
    (before, after), fields = EDITS[name]
    assert before in PAGE
    visit(archive, PAGE.replace(before, after), NOON + timedelta(days=7))
    [version] = archive.db.query("SELECT changed, tags, links FROM article_versions")
    assert json.loads(version["changed"]) == fields
    assert json.loads(version["tags"]) == ["lamps"]
    assert json.loads(version["links"]) == ["https://pilots.example/book"]
    with transaction(
        archive.db
    ):  # as at the end of a crawl: what a redesign may have made is settled in a day
        upheaval.settle(archive.db, SITE.name, NOON + timedelta(days=8))
    [event] = archive.db.query("SELECT kind, at, version, since FROM events")
    assert tuple(event.values()) == ("edited", "2026-03-08T12:00:00Z", 1, "2026-03-01T12:00:00Z")


def test_an_edit_and_noise_together_are_one_version_that_names_the_edit_alone(archive):
    markup = PAGE
    for before, after in NOISE.values():
        markup = markup.replace(before, after)
    visit(archive, markup.replace("eleven", "twelve"), NOON + timedelta(days=7))
    [version] = archive.db.query("SELECT changed FROM article_versions")
    assert json.loads(version["changed"]) == ["text"]
    visit(archive, markup.replace("eleven", "twelve"), NOON + timedelta(days=9))
    assert len(list(archive.db.query("SELECT * FROM events"))) == 1


def test_a_time_that_is_no_longer_told_stays(archive):
    """A theme that prints days alone takes nothing away from a date that was known to the second."""
    day = PAGE.replace("2009-07-09T10:00:00-04:00", "2009-07-09").replace(
        "2009-07-09T14:00:00+00:00", "2009-07-09"
    )
    visit(archive, day, NOON + timedelta(days=7))
    assert [row["published"] for row in archive.db.query("SELECT published FROM articles")] == [
        "2009-07-09T14:00:00Z"
    ]
    assert list(archive.db.query("SELECT * FROM events")) == []


def test_a_date_counted_back_replaces_none_that_is_held(archive):
    told = []
    for number, said in enumerate(("11 days ago", "February 25, 2026 at 9:00 am", "2 days ago"), 1):
        visit(archive, PAGE.replace("3 days ago", said), NOON + timedelta(days=7 * number, hours=1))
        told += [row["published"] for row in archive.db.query("SELECT published FROM comments")]
    assert told == ["2026-02-26", "2026-02-25T09:00:00Z", "2026-02-25T09:00:00Z"]
    assert list(archive.db.query("SELECT * FROM events")) == []


@dataclass(slots=True, kw_only=True)
class Noise(Fault):
    """Puts a nonce, a counter and an advertisement, new for each visit, into every article."""

    def answer(self, _request, ordinary, /):
        sound = ordinary()
        head, content, story = sound.body.partition(b'class="entry-content"')
        number = str(self.hits * 37).encode()
        head = head.replace(b"</head>", b"<script>var nonce = '%s';</script></head>" % number)
        story = story.replace(
            b"</article>", b'<div class="share-count">%s shares</div></article>' % number, 1
        )
        advert = b'<div class="ad advert"><a href="https://shop.example/%s">Rope %s</a></div>' % (
            number,
            number,
        )
        paragraphs = story.split(b"</p>", 3)
        if len(paragraphs) == 4 and b"</article>" not in b"".join(paragraphs[:3]):
            paragraphs[3] = advert + paragraphs[3]
        return Response(sound.status, head + content + b"</p>".join(paragraphs), sound.headers)


def test_a_site_full_of_noise_was_not_edited_and_a_real_edit_is_found_in_it(tmp_path):
    with SampleSite(articles=12, comments=20) as site:
        site.faults.add(Noise(match="/archives/*"))
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        crawls.rows("UPDATE visits SET fetched_at = '2020-01-01T00:00:00Z' RETURNING url")
        assert not crawls.crawl().saved
        article = next(article for article in site.articles if not article.protected)
        site.edit_article(article.id, title="The bridge is closed", silent=True)
        crawls.rows("UPDATE visits SET fetched_at = '2020-01-01T00:00:00Z' RETURNING url")
        assert crawls.crawl().saved.articles_changed == 1
        assert [row["kind"] for row in crawls.rows("SELECT kind FROM events")] == ["edited"]


class OtherWords(Fault):
    """Rewrites sentences, as a plugin does after the publisher."""

    def answer(self, _request, ordinary, /):
        sound = ordinary()
        body = sound.body.replace(b" the ", b" this ")
        return Response(sound.status, body, headers=[("Content-Type", "text/html; charset=utf-8")])


def test_words_of_a_plugin_are_no_edit_of_what_is_due_long_after_it_was_listed(tmp_path):
    """REST is asked again for what was modified, of posts and static pages, before their pages are read."""
    with SampleSite(articles=12, comments=20) as site:
        site.permalinks = "/"
        crawls = Crawls(tmp_path, site.url)
        life = Life(site, crawls, ())
        crawls.crawl()
        crawls.crawl()
        for url in site.readable:
            site.faults.add(OtherWords(match=url.removeprefix(site.url) + "*"))
        life.pass_time(hours=3)
        life.look_again()
        life.pass_time(minutes=1)
        before = len(site.asked("/wp-json/wp/v2/p*"))
        crawls.crawl()
        assert crawls.rows("SELECT kind FROM events") == []
        listed = [each.target for each in site.asked("/wp-json/wp/v2/p*")[before:]]
        assert [target.partition("?")[0].rpartition("/")[2] for target in listed] == ["posts", "pages"]
        assert all("modified_after" in target for target in listed)
