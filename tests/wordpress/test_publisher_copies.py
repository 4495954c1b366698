"""A real WordPress whose theme keeps words back: its own copy of each text completes what pages show."""

import re
from html import unescape

import pytest

from tests.builders.crawling import Crawls
from tests.wordpress import WordPress, changes, require

pytestmark = pytest.mark.wordpress

LAMPS = "<p>The lamps on the quay were lit again on {}, after nine weeks of dark evenings by the water.</p>"
OFTEN = LAMPS.format("Monday"), LAMPS.format("Tuesday"), LAMPS.format("Friday")
POSTS = {
    "Captions": '{0}[caption id="a" width="9"]<img src="/a.jpg" width="9"/> The old bell[/caption]{1}'
    '<figure class="wp-block-image"><img src="/b.jpg"/><figcaption>Masts in the fog</figcaption></figure>{2}',
    "Loose words": "Loose words of no paragraph.\n\n<div>Words in a div of their own</div>\n\nLast words.",
    "Links": '{0}<p><a href="https://pilots.example/letter">The letter of the pilots</a></p><ul><li>'
    '<a href="https://a.example/1">First place</a></li><li>Plain item</li></ul>{2}',
    "Verse": '{0}<pre class="wp-block-verse">The masts are bare\nthe lamps are out</pre>'
    "<blockquote><p>It was dark.</p><p>It is light.</p><cite>A pilot</cite></blockquote>{2}",
    "Table": "{0}<table><tr><th>Mast</th><th>Height</th></tr><tr><td>Fore</td><td>11 m</td></tr></table>"
    "<h2>A heading</h2><ol><li>One<ul><li>Within</li></ul></li><li>Two</li></ol>{2}",
    "Kept back": '{0}<p class="kept-back">The theme keeps this one from its pages.</p>{1}'
    '<ul><li>Fore</li><li class="kept-back">Main, with <a href="https://a.example/2">a link</a></li></ul>{2}',
    "Divided": "{0}<!--nextpage-->{1}<!--nextpage-->{2}",
    "Short": "Nine words stand here, and no more than that.",
    "Empty": "",
    "Picture": '<img src="/c.jpg"/>',
}
KEEPS_BACK = """<?php
add_filter('the_content', fn($text) => is_singular()
    ? preg_replace('~<(p|li) class="kept-back">.*?</\\\\1>~s', '', $text) : $text, 99);"""
"""A plugin of the test: pages show less than REST and feeds."""

SITES = {
    "marked theme": {"theme": "classic"},
    "unmarked theme": {"theme": "classic", "permalinks": "/%year%/%postname%/"},
    "block theme": {"theme": "block", "permalinks": "/%postname%/"},
    "plain addresses": {"theme": "block", "permalinks": ""},
}


def words(text):
    return re.findall(r"\w+", (text or "").casefold())


def make(site, name):
    if name == "unmarked theme":
        for file in (site.htdocs / "wp-content/themes/gazette").glob("index.php"):
            plain = file.read_text().replace("entry-content", "words")
            file.write_text(plain.replace("post_class()", "''").replace("entry-title", "top"))
    (site.htdocs / "wp-content/mu-plugins/kept-back.php").write_text(KEEPS_BACK)
    return {changes.publish(site, title, text.format(*OFTEN)): title for title, text in POSTS.items()}


def again(crawls, site, *closed):
    """Close the named doors and no others, let everything be due, as after a day, and crawl."""
    changes.option(site, "closed_doors", list(closed))
    crawls.rows("DELETE FROM crawl_state WHERE name = 'posts_listed_at' RETURNING 1")
    crawls.rows("UPDATE visits SET fetched_at = '2020-01-01T00:00:00Z' WHERE kind = 'article' RETURNING 1")
    crawls.crawl()


def texts(crawls):
    return {row["post_id"]: row["text"] for row in crawls.rows("SELECT post_id, text FROM articles")}


@pytest.fixture(scope="module", params=SITES)
def crawled(request, tmp_path_factory):
    require()
    folder = tmp_path_factory.mktemp("copies")
    with WordPress(workdir=folder / "wordpress", **SITES[request.param]) as site:
        posts = make(site, request.param)
        crawls = Crawls(folder, site.url, {"timezone": "America/New_York"})
        crawls.crawl()
        first = texts(crawls)
        again(crawls, site)
        yield crawls, site.truth(), posts, first


def test_each_text_is_what_wordpress_renders(crawled):
    crawls, truth, posts, _ = crawled
    held = texts(crawls)
    for post in truth.posts:
        if post.id in posts:
            assert words(held[post.id]) == words(unescape(re.sub("<[^>]+>", " ", post.html))), posts[post.id]


def test_second_crawl_changes_no_text_and_tells_of_no_edit(crawled):
    crawls, _, _, first = crawled
    assert texts(crawls) == first
    assert crawls.rows("SELECT * FROM events WHERE kind = 'edited'") == []


def test_what_the_copy_has_given_says_so(crawled):
    crawls, _, posts, _ = crawled
    [kept] = [number for number, title in posts.items() if title == "Kept back"]
    [row] = crawls.rows("SELECT markdown, origins FROM articles WHERE post_id = ?", kept)
    assert "- Main, with [a link](https://a.example/2)" in row["markdown"]
    assert "+rest" in row["origins"]
    links = crawls.rows(
        "SELECT links.url FROM links JOIN articles ON articles.id = article_id WHERE post_id = ?", kept
    )
    assert "https://a.example/2" in {link["url"] for link in links}


def test_no_block_is_missing_or_alien(crawled):
    crawls, _, _, _ = crawled
    assert crawls.rows("SELECT * FROM problems WHERE code LIKE 'blocks-%' OR code = 'no-text'") == []


def test_parts_are_asked_for_that_no_link_names(crawled):
    crawls, _, posts, _ = crawled
    [divided] = [number for number, title in posts.items() if title == "Divided"]
    parts = crawls.rows(
        "SELECT part FROM article_parts JOIN articles ON articles.id = article_id WHERE post_id = ?", divided
    )
    assert [row["part"] for row in parts] == [1, 2, 3]


def test_no_copy_is_kept_of_a_protected_post(crawled):
    crawls, truth, _, _ = crawled
    hidden = {each.id for each in truth.hidden if each.what == "post"}
    copies = crawls.rows("SELECT post_id FROM publisher_texts JOIN articles ON articles.id = article_id")
    assert hidden
    assert not hidden & {row["post_id"] for row in copies}


def test_doors_that_open_and_close_make_no_edit(tmp_path):
    require()
    with WordPress(workdir=tmp_path / "wordpress", closed=("rest",)) as site:
        posts = make(site, "marked theme")
        kept = next(number for number, title in posts.items() if title == "Kept back")
        crawls = Crawls(tmp_path, site.url, {"timezone": "America/New_York"})
        crawls.crawl()
        assert "keeps this one" not in texts(crawls)[kept]
        for closed in ((), ("rest",), ("rest", "feeds"), ()):
            again(crawls, site, *closed)
            assert "keeps this one" in texts(crawls)[kept]
        assert crawls.rows("SELECT * FROM events WHERE kind = 'edited'") == []
        more = POSTS["Kept back"].replace("keeps this one", "still keeps this one").format(*OFTEN)
        changes.edit_post(site, kept, post_content=more)
        for closed in ((), ("rest",), ()):
            again(crawls, site, *closed)
        assert "still keeps this one" in texts(crawls)[kept]
        edited = crawls.rows("SELECT article_id FROM events WHERE kind = 'edited'")
        assert len(edited) == 1
