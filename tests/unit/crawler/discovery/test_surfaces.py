"""The pure readers of a WordPress site's surfaces: addresses made, answers understood or refused."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive.core import urls
from archive.core.records import PageKind, Seen, Site
from crawler.discovery import feeds, listing_pages, rest, sitemaps
from crawler.fetch.offsite import is_public, may_lead_to
from crawler.fetch.validators import validators
from crawler.frontier import addresses
from pipeline.platforms.wordpress import rest_urls, thread_urls
from tests.builders.pages import made_page

HOME = "https://gazette.example"
OWN = f"{HOME}/archives/2026/03/ice.php"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def page(body=b"", status=200, url=f"{HOME}/archives/2026/03/ice.php", **headers):
    return made_page(
        url,
        body,
        kind=PageKind.LISTING,
        status=status,
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        fetched_at=NOW,
    )


def test_rest_addresses_work_with_and_without_pretty_permalinks():
    pretty, plain = rest_urls.roots(HOME)
    assert rest_urls.posts_url(pretty, 2).startswith(f"{HOME}/wp-json/wp/v2/posts?per_page=100&page=2&")
    assert rest_urls.comments_url(plain, 1, post=7).startswith(
        f"{HOME}/?rest_route=/wp/v2/comments&per_page=100"
    )


def test_bounds_in_time_carry_their_zone():
    after = datetime(2026, 3, 1, 14, tzinfo=UTC)
    assert "after=2026-03-01T14:00:00Z" in rest_urls.comments_url(f"{HOME}/wp-json/", 1, after=after)


def test_a_listing_of_posts_names_what_is_open_and_leaves_out_what_is_protected():
    posts = [
        {
            "id": 1,
            "link": "https://a/1",
            "modified_gmt": "2026-01-01T00:00:00",
            "content": {"protected": False},
        },
        {"id": 2, "link": "https://a/2", "content": {"protected": True}},
        {"id": "x"},
        "not an object",
    ]
    assert rest.read_posts(page(json.dumps(posts))) == (
        addresses.Listed(url="https://a/1", lastmod="2026-01-01T00:00:00", post_id=1, is_post=True),
    )


@pytest.mark.parametrize("answer", [page("<html>"), page("{}"), page("[]", status=401), page(b"\xff\x00")])
def test_an_answer_that_is_no_listing_is_none(answer):
    assert rest.read_posts(answer) is None


@pytest.mark.parametrize(
    ("ids", "total", "expected"),
    [
        ((2, 4, 9), 3, ["1", "3", "10"]),
        ((2, 4, 9), 8, ["1", "3"]),
        ((2, 4, 9), None, ["1", "3"]),
        ((9, 4, 2), 8, []),
        ((2, 4), 2, []),
        ((1, 2, 9, 11), 4, []),
        ((), 0, []),
    ],
    ids=["whole", "cut off", "no total", "cut off anywhere", "none that is known", "not asked for", "empty"],
)
def test_what_an_answer_leaves_out_is_not_shown_where_it_leaves_out_nothing_else(ids, total, expected):
    counted = {} if total is None else {"x_wp_total": str(total)}
    answer = page(json.dumps([{"id": number} for number in ids]), **counted)
    assert rest.not_shown(answer, ["1", "2", "3", "4", "9", "10"], ["9"]) == expected


SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc> https://gazette.example/archives/2026/03/ice.php </loc><lastmod>2026-03-01</lastmod></url>
<url><loc>/archives/2026/03/thaw.php</loc></url><url/></urlset>"""
INDEX = """<sitemapindex><sitemap><loc>https://gazette.example/wp-sitemap-posts-post-1.xml</loc></sitemap>
<sitemap><loc>https://gazette.example/wp-sitemap-taxonomies-category-1.xml</loc></sitemap>
<sitemap><loc>https://gazette.example/wp-sitemap-posts-page-1.xml</loc></sitemap></sitemapindex>"""


@pytest.mark.parametrize("packed", [False, True])
def test_a_sitemap_is_read_packed_or_not(packed):
    body = SITEMAP.encode()
    sitemap = sitemaps.read_sitemap(page(gzip.compress(body) if packed else body))
    assert [entry.url for entry in sitemap.listed] == [
        f"{HOME}/archives/2026/03/ice.php",
        f"{HOME}/archives/2026/03/thaw.php",
    ]
    assert sitemap.listed[0].lastmod == "2026-03-01"


def test_marks_of_a_whole_sitemap_that_are_one_moment_tell_when_it_was_made():
    entries = "".join(
        f"<url><loc>{HOME}/{number}</loc><lastmod>2026-03-01T12:00:{number:02}Z</lastmod></url>"
        for number in range(sitemaps.MIN_SAME_MINUTE_URLS)
    )
    sitemap = sitemaps.read_sitemap(page(f"<urlset>{entries}</urlset>"))
    assert {entry.lastmod for entry in sitemap.listed} == {None}


def test_an_index_leads_to_posts_and_pages_and_not_to_taxonomies():
    names = [url.rpartition("/")[2] for url in sitemaps.read_sitemap(page(INDEX)).sitemaps]
    assert names == ["wp-sitemap-posts-post-1.xml", "wp-sitemap-posts-page-1.xml"]


@pytest.mark.parametrize(
    ("dates", "read"),
    [
        (["2026-02-28", "2026-01-31", "2025-12-31"], [0]),
        (["2026-02-26T23:00:00+00:00", "2026-02-27T12:00:00+00:00", "2026-01-01"], [1]),
        (["2025-11-02", "2026-01-31", "2025-12-31"], [1]),  # the last one, where an index is out of date
        (["2025-11-02", None, "soon"], [0, 1, 2]),
        (["2026-03-09", "2025-12-31", "2025-12-31"], [0]),
    ],
)
def test_files_that_an_index_dates_before_the_last_reading_are_not_read_again(dates, read):
    entries = "".join(
        f"<sitemap><loc>{HOME}/{number}.xml</loc>{f'<lastmod>{date}</lastmod>' if date else ''}</sitemap>"
        for number, date in enumerate(dates)
    )
    index = sitemaps.read_sitemap(page(f"<sitemapindex>{entries}</sitemapindex>"))
    assert index.changed_since(NOW) == tuple(f"{HOME}/{number}.xml" for number in read)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Not found",
        b"\x1f\x8bbroken",
        gzip.compress(b" " * (sitemaps.MAX_BYTES + 1)),
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>',
    ],
    ids=["empty", "html", "broken gzip", "bomb", "entity"],
)
def test_what_is_no_sitemap_is_none(body):
    assert sitemaps.read_sitemap(page(body)) is None


def test_a_comments_feed_names_ids_and_articles():
    rss = f"""<rss version="2.0"><channel><item><link>{OWN}/comment-page-2#comment-41</link>
    <guid>{HOME}/?p=7#comment-41</guid></item></channel></rss>"""
    assert feeds.read_comments_feed(page(rss)) == (
        feeds.Mention(comment_id="41", article=f"{HOME}/archives/2026/03/ice.php"),
    )
    assert feeds.read_comments_feed(page("<html>")) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/archives/2026/03/ice.php", True),
        ("/2026/03/ice/", True),
        ("/?p=7", True),
        ("/index.php/2026/03/ice/", True),
        ("/", False),
        ("/?cat=3", False),
        ("/?page_id=2", False),
        ("/tags/ice", False),
        ("/tag/ice/", False),
        ("/author/wren/", False),
        ("/author/wren/page/2/", False),
        ("/category/town/harbour/", False),
        ("/archives/category/town/page/2", False),
        ("/search/ice/", False),
        ("/page/3/", False),
        ("/feed", False),
        ("/comments/feed/", False),
        ("/2026/03/ice/feed/", False),
        ("/2026/", False),
        ("/archives/2026/03", False),
        ("/2026/03/09/", False),
        ("/2026/03/ice/amp/", False),
        ("/2026/03/ice/trackback", False),
        ("/ice/embed/", False),
        ("/2026/03/ice/attachment/photo/", False),
        ("/wp-content/uploads/a.pdf", False),
        ("/wp-login.php", False),
        ("/wp-json/wp/v2/posts", False),
        ("/map.pdf", False),
        ("/comments/the-harbour/", True),
        ("/page/the-harbour/", True),
        ("/print/the-harbour/", True),
        ("/feed/the-harbour/", True),
        ("/amp/the-harbour/", True),
        ("/embed/the-harbour/", True),
        ("/trackback/the-harbour/", True),
        ("/wp-news/the-harbour/", True),
        ("/author/2026/03/the-harbour/", True),
        ("/2026/03/author/", True),
        ("/2026/03/search/", True),
        ("/2026/03/tag/", True),
        ("/2026/03/category/", True),
        ("/2026/03/comments/", True),
        ("/2026/03/print/", True),
        ("/2026/03/amp/", True),
        ("/2026/03/page/", True),
        ("/2026/03/wp-engine/", True),
        ("/2026/03/tag/ice/", True),
        ("/tag/ice.html", True),
        ("/2008/01/1984/", True),
        ("/about", False),
        ("/about-us.html", False),
        ("/contact/", False),
        ("/shop", False),
        ("/user/1", False),
        ("/de/impressum", False),
        ("/products/anchor", False),
        ("/2026/03/about/", True),
        ("/news/contact/", True),
    ],
)
def test_only_wordpress_own_shapes_are_no_articles(path, expected):
    """A word in a URL makes no list: sections and slugs may be called so, too."""
    assert addresses.is_article(addresses.Listed(url=HOME + path), HOME, None) is expected


@pytest.mark.parametrize("path", ["/author/wren/", "/search/ice/", "/about", "/2026/", "/ice/amp/", "/tag/x"])
def test_what_a_listing_of_posts_names_is_an_article(path):
    assert addresses.is_article(addresses.Listed(url=HOME + path, is_post=True), HOME, None)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{HOME}/blog/ice/", True),
        (f"{HOME.replace('https://', 'http://www.')}/blog/ice/", True),
        (f"{HOME}/blog/", False),
        (f"{HOME}/products/anchor", False),
        (f"{HOME}/ice/", False),
        (f"{HOME}/blogroll/ice/", False),
        ("https://other.example/blog/ice/", False),
    ],
)
@pytest.mark.parametrize("is_post", [False, True])
def test_only_what_lies_below_the_configured_url_is_its_article(url, expected, is_post):
    """A blog below a path of a shop has no other part of the shop."""
    assert addresses.is_article(addresses.Listed(url=url, is_post=is_post), f"{HOME}/blog", None) is expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("wp-sitemap-posts-post-1.xml", "posts"),
        ("post-sitemap2.xml", "posts"),
        ("posts-sitemap.xml", "posts"),
        ("sitemap-posts.xml", "posts"),
        ("sitemap-pt-post-2026-03.xml", "posts"),
        ("wp-sitemap-posts-report-1.xml", "typed"),
        ("report-sitemap.xml", "other"),
        ("sitemap-1.xml", "other"),
        ("wp-sitemap-posts-page-1.xml", "typed"),
        ("page-sitemap.xml", "typed"),
        ("product-sitemap.xml", "aside"),
        ("wp-sitemap-posts-product-1.xml", "aside"),
        ("wp-sitemap-users-1.xml", "aside"),
        ("category-sitemap.xml", "aside"),
    ],
)
def test_sitemaps_of_posts_come_first_and_others_are_put_aside(name, kind):
    files = [f"{HOME}/sitemap-9.xml", f"{HOME}/{name}"]
    body = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in files)
    wants = Site(name="x", url=HOME).wants_type
    index = sitemaps.read_sitemap(page(f"<sitemapindex>{body}</sitemapindex>"), wants)
    expected = {"posts": files[::-1], "other": files, "typed": files, "aside": files[:1]}
    assert list(index.sitemaps) == expected[kind]
    assert list(index.aside) == (files[1:] if kind == "aside" else [])
    body = page(f"<urlset><url><loc>{OWN}</loc></url></urlset>", url=files[1])
    assert [entry.is_post for entry in sitemaps.read_sitemap(body).listed] == [
        kind in {"posts", "typed"} or "product" in name
    ]


def test_the_sources_own_pattern_decides_where_there_is_one():
    pattern = r"/(threat-matrix/)?archives/\d{4}/\d\d/[^/]+\.php$"
    named = addresses.Listed(url=f"{HOME}/threat-matrix/archives/2009/07/x_2.php")
    assert addresses.is_article(named, HOME, pattern)
    assert not addresses.is_article(addresses.Listed(url=f"{HOME}/about.php"), HOME, pattern)


def test_an_articles_address_drops_comment_page_reply_tracking_and_fragment():
    url = f"{HOME}/archives/2026/03/ice.php/comment-page-3?replytocom=4&utm_source=x&cpage=2&id=9#comment-5"
    assert urls.clean(url) == f"{HOME}/archives/2026/03/ice.php?id=9"


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("shown", ["", "/comment-page-1", "/comment-page-2"])
def test_thread_pages_end_as_their_article_does(slash, shown):
    """The address of each page is spelled as the site serves it, from whichever page it is read."""
    article = f"{HOME}/2026/03/ice"
    body = f'<a href="{article}/comment-page-3{slash}#comments">Older</a>'
    thread = thread_urls.thread_pages(page(body, url=f"{article}{shown}{slash}"))
    assert thread.urls == tuple(f"{article}/comment-page-{number}{slash}" for number in (1, 2, 3))
    assert urls.clean(f"{article}{shown}{slash}#comment-5") == f"{article}{slash}"


def test_all_pages_of_a_thread_up_to_the_highest_are_known_and_which_one_is_at_hand():
    body = (
        f'<a href="{OWN}/comment-page-5#comments">Older</a> <a href="{OWN}/comment-page-6#comment-12">1</a>'
        '<li id="comment-12">'
    )
    thread = thread_urls.thread_pages(page(body))
    assert thread.urls == tuple(f"{OWN}/comment-page-{number}" for number in range(1, 7))
    assert thread.own == f"{OWN}/comment-page-6"


def test_the_page_at_hand_is_unknown_where_permalinks_disagree():
    body = f'''<li id="comment-5"><a href="{OWN}/comment-page-1#comment-5">1</a>
    <li id="comment-12"><a href="{OWN}/comment-page-2#comment-12">2</a>'''
    assert thread_urls.thread_pages(page(body)).own is None


@pytest.mark.parametrize(
    "thread", ["", f'<li id="comment-5"><a href="{OWN}/comment-page-1#comment-5">1</a></li>']
)
def test_recent_comments_tell_nothing_of_the_page_at_hand(thread):
    """A sidebar links to the newest comment of this article, which stands on another page of its thread."""
    aside = f'<li class="recentcomments"><a href="{OWN}/comment-page-3#comment-41">On Ice</a></li>'
    found = thread_urls.thread_pages(page(thread + aside))
    assert len(found.urls) == 3
    assert found.own == (found.urls[0] if thread else None)
    assert thread_urls.shown_comments(page(aside)) == frozenset()


@pytest.mark.parametrize("link", ["?p=7&#038;cpage=2", "?cpage=2&#038;p=7", "?lang=en&amp;cpage=2&p=7"])
def test_threads_have_pages_with_plain_permalinks_too(link):
    """On a further page WordPress links the others with the number first, as that page was asked for."""
    article = f"{HOME}/?p=7"
    others = "".join(
        f'<a href="{HOME}/{other}&cpage=9#comments">x</a>' for other in ("?p=71", "?up=7", "?x=1")
    )
    body = f'<a href="{HOME}/{link}#comments">Older</a> {others} <a href="{HOME}/?cpage=9&p=70">x</a>'
    expected = (f"{article}&cpage=1", f"{article}&cpage=2")
    for shown in (article, f"{article}&cpage=2"):
        assert thread_urls.thread_pages(page(body, url=shown)).urls == expected
    assert urls.is_comment_page(expected[1])
    assert not urls.is_comment_page(article)


def test_comment_pages_of_other_articles_do_not_count():
    other = page(f'<a href="{HOME}/other.php/comment-page-4#comment-9">x</a>')
    assert thread_urls.thread_pages(other) == thread_urls.ThreadPages()


def test_the_further_parts_of_a_divided_article_are_known():
    body = f'<a href="{OWN}/2" class="post-page-numbers">2</a> <a href="/archives/2026/03/ice.php/3/">3</a>'
    assert thread_urls.parts(page(body)) == (f"{OWN}/2", f"{OWN}/3/")
    assert thread_urls.parts(page(body, url=f"{OWN}/comment-page-2")) == ()


def test_a_listing_page_names_articles_and_the_older_page():
    body = """<nav><a href="/about.php">About</a></nav>
    <h2><a href="/archives/2026/03/ice.php#more">Ice</a></h2>
    <a href="https://gazette.example/page/2">Older posts</a>"""
    listing = listing_pages.read_listing_page(page(body, url=HOME + "/"))
    assert [entry.url for entry in listing.listed] == [OWN]
    assert listing.older == f"{HOME}/page/2"
    assert (
        listing_pages.read_listing_page(page("<a href='/page/3'>3</a>", url=f"{HOME}/page/2")).older
        == f"{HOME}/page/3"
    )
    assert listing_pages.read_listing_page(page(b"")) == listing_pages.ListingPage()


def test_the_content_types_of_a_site_are_those_with_a_plain_route():
    types = {
        "post": {"slug": "post", "rest_base": "posts", "taxonomies": ["category"]},
        "report": {"slug": "report", "rest_base": "reports", "taxonomies": ["post_tag"]},
        "product": {"slug": "product", "rest_base": "products", "taxonomies": ["product_cat"]},
        "odd": {"slug": "odd", "rest_base": "../users", "taxonomies": ["category"]},
        "broken": None,
    }
    named = rest.read_types(page(json.dumps(types)))
    assert [kind.route for kind in named] == ["posts", "reports", "products"]
    site = Site(name="gazette", url=HOME)
    assert [kind.name for kind in named if site.wants_type(kind.name)] == ["post", "report"]
    assert replace(site, types=("product",)).wants_type("product")
    assert not replace(site, exclude_types=("report",)).wants_type("report")
    assert rest.read_types(page("<html>")) is None


def test_a_comment_page_past_the_end_shows_no_comment():
    assert not thread_urls.shows_comments(page('<body class="single"><p class="no-comments">Closed</p>'))
    assert thread_urls.shows_comments(page('<li class="comment even depth-1" id="comment-4">'))


def test_validators_survive_a_proxy_that_weakens_them():
    seen = Seen(
        url="x", status=200, fetched_at=NOW, etag='W/"1"', last_modified="Sun, 01 Mar 2026 12:00:00 GMT"
    )
    assert validators(seen)["If-None-Match"] == '"1"'


# -- the guard ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "home", "expected"),
    [
        ("https://www.gazette.example/x", HOME, True),
        ("http://gazette.example/x", HOME, True),
        ("https://other.example/", HOME, False),
        ("https://gazette.example.evil.test/", HOME, False),
        ("https://gazette.example:8443/", HOME, False),
        ("http://127.0.0.1:8002/x", "http://127.0.0.1:8002", True),
        ("http://127.0.0.1:22/x", "http://127.0.0.1:8002", False),
        ("http://169.254.169.254/latest", HOME, False),
        ("ftp://gazette.example/", HOME, False),
        ("http://gazette.example:bad/", HOME, False),
    ],
)
def test_only_the_configured_site_is_fetched(url, home, expected):
    assert urls.same_host(url, home) is expected


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "::1", "fd00::1"]
)
def test_private_addresses_are_not_public(address):
    assert not is_public(address)


def test_a_public_name_that_leads_to_a_private_address_is_refused():
    assert not may_lead_to("gazette.example", "10.0.0.7")
    assert not may_lead_to("gazette.example", "fd00::7")
    assert may_lead_to("localhost", "127.0.0.1")
    assert may_lead_to("gazette.example", "93.184.216.34")


@pytest.mark.parametrize(
    "link",
    [
        '<a href="?page=1" rel="next">2</a>',
        '<a aria-label="Go to next page" href="/index.php?start=5"><span></span></a>',
        '<a href="/?limitstart=5">Next</a>',
        '<a title="Older Posts" href="/search?updated-max=2024-04-10T06:30:00Z&amp;max-results=5">More</a>',
        '<a href="/page/2/">2</a>',
    ],
)
def test_page_of_older_articles_is_found_in_any_system(link):
    assert listing_pages.read_listing_page(page(f"<main>{link}</main>", url=HOME + "/")).older


@pytest.mark.parametrize("link", ['<a href="/next-year">Next</a>', '<a href="/?start=5">Start</a>'])
def test_other_links_lead_to_no_older_page(link):
    assert listing_pages.read_listing_page(page(f"<main>{link}</main>", url=HOME + "/")).older is None
