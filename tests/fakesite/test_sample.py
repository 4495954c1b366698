"""The sample newspaper keeps the promises of a real WordPress, measured over real HTTP on the loopback."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree, html

from tests.builders.patience import PATIENCE
from tests.fakesite import SampleSite
from tests.fakesite.life import due, when

EPOCH = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
XML = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "a": "http://www.w3.org/2005/Atom"}
THREAD = "{http://purl.org/syndication/thread/1.0}in-reply-to"


@dataclass
class Got:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def page(self) -> Any:
        return html.fromstring(self.body)

    @property
    def xml(self) -> Any:
        return etree.fromstring(self.body)


def get(site: SampleSite, address: str, method: str = "GET", **headers: str) -> Got:
    """One request without following redirects; underscores in header names stand for hyphens."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(site.url).port or 0, timeout=PATIENCE)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request(method, target, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    got = Got(answer.status, answer.headers, answer.read())
    connection.close()
    return got


def rest(site: SampleSite, route: str) -> Got:
    return get(site, f"/wp-json/wp/v2/{route}")


@pytest.fixture
def site() -> Iterator[SampleSite]:
    with SampleSite(articles=14, epoch=EPOCH, life=False, comments_per_page=5) as running:
        yield running


@pytest.fixture(scope="module")
def big() -> Iterator[SampleSite]:
    """The whole newspaper; tests that change nothing share it."""
    with SampleSite(epoch=EPOCH, life=False) as running:
        yield running


def comment_ids(page: Any) -> list[int]:
    found = page.xpath("//ol[@class='commentlist']//li[starts-with(@id, 'comment-')]/@id")
    return [int(name.removeprefix("comment-")) for name in found]


# REST


def test_rest_lists_exactly_the_articles_and_comments_of_the_truth(big: SampleSite) -> None:
    for route, truth in (("posts", {a.id for a in big.articles}), ("comments", {c.id for c in big.comments})):
        first = rest(big, f"{route}?per_page=100&orderby=id&order=asc")
        pages = int(first.headers["X-WP-TotalPages"])
        found = [
            item["id"]
            for page in range(1, pages + 1)
            for item in rest(big, f"{route}?per_page=100&orderby=id&order=asc&page={page}").json
        ]
        assert found == sorted(truth)
    assert len(big.articles) == int(rest(big, "posts").headers["X-WP-Total"]) == 200
    assert len(big.comments) == 2000


def test_the_total_of_comments_counts_those_below_a_password_which_are_never_listed(big: SampleSite) -> None:
    closed = sum(1 for article in big.articles if article.protected)
    assert closed > 0
    assert int(rest(big, "comments").headers["X-WP-Total"]) == len(big.comments) + 2 * closed


def test_past_the_end_posts_refuse_and_comments_are_empty(site: SampleSite) -> None:
    posts, comments = rest(site, "posts?page=99"), rest(site, "comments?page=99")
    assert (posts.status, posts.json["code"]) == (400, "rest_post_invalid_page_number")
    assert (comments.status, comments.json) == (200, [])
    beyond = rest(site, "posts?offset=900")
    assert (beyond.status, beyond.json, beyond.headers["X-WP-Total"]) == (200, [], "0")


@pytest.mark.parametrize(
    "query",
    [
        "posts?per_page=101",
        "posts?per_page=0",
        "comments?orderby=modified",
        "posts?after=2020-01-01",
        "posts?status=draft",
    ],
)
def test_bad_parameters_are_refused_in_wordpress_words(site: SampleSite, query: str) -> None:
    got = rest(site, query)
    assert (got.status, got.json["code"], got.json["data"]["status"]) == (400, "rest_invalid_param", 400)


def test_link_headers_lead_from_page_to_page(site: SampleSite) -> None:
    got = rest(site, "posts?per_page=5&page=2")
    link = " ".join(got.headers.get_all("Link") or [])
    assert 'page=1>; rel="prev"' in link
    assert 'page=3>; rel="next"' in link


def test_bounds_without_zone_are_site_local_and_strict(site: SampleSite) -> None:
    comment = site.comments[-1]
    local = site.paper.local(comment.date).strftime("%Y-%m-%dT%H:%M:%S")
    gmt = comment.date.strftime("%Y-%m-%dT%H:%M:%SZ")
    item = rest(site, f"comments/{comment.id}").json
    assert item["date"] == local != item["date_gmt"] == gmt[:-1]
    for bound in (local, gmt):
        assert comment.id not in {c["id"] for c in rest(site, f"comments?after={bound}").json}
    earlier = (comment.date - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert comment.id in {c["id"] for c in rest(site, f"comments?after={earlier}&per_page=100").json}


def test_fields_and_embed_cut_and_add(site: SampleSite) -> None:
    item = rest(site, "posts?per_page=1&_fields=id,content.protected").json[0]
    assert set(item) == {"id", "content"}
    assert item["content"] == {"protected": False}
    whole = rest(site, "posts?per_page=1&_embed").json[0]
    assert whole["_embedded"]["author"][0]["name"] == site.articles[-1].author
    assert {"replies", "wp:term"} >= set(whole["_embedded"]) - {"author"} >= {"wp:term"}


def test_content_of_rest_holds_every_part_and_the_page_only_its_own(big: SampleSite) -> None:
    article = next(article for article in big.articles if article.pages > 1)
    whole = rest(big, f"posts/{article.id}").json["content"]["rendered"]
    assert whole.count("<!--nextpage-->") == article.pages - 1
    first, second = get(big, article.url).page, get(big, f"{article.url}/2").page
    parts = [
        p.text_content() for page in (first, second) for p in page.xpath("//div[@class='entry-content']/p")
    ]
    assert set(parts) <= set(article.paragraphs)
    assert second.xpath("//link[@rel='canonical']/@href") == [f"{article.url}/2"]
    assert get(big, f"{article.url}/9").headers["Location"] == article.url


def test_withdrawn_is_401_and_gone_is_404(site: SampleSite) -> None:
    first, second = site.comments[0].id, site.comments[1].id
    site.trash_comment(first)
    site.delete_comment(second)
    withdrawn, gone = rest(site, f"comments/{first}"), rest(site, f"comments/{second}")
    assert (withdrawn.status, withdrawn.json["code"]) == (401, "rest_cannot_read")
    assert (gone.status, gone.json["code"]) == (404, "rest_comment_invalid_id")
    article = site.articles[0].id
    site.trash_article(article)
    assert (rest(site, f"posts/{article}").status, rest(site, f"posts/{article}").json["code"]) == (
        401,
        "rest_forbidden",
    )
    site.delete_article(article)
    assert rest(site, f"posts/{article}").json["code"] == "rest_post_invalid_id"


def test_rest_answers_at_the_plain_address_too(site: SampleSite) -> None:
    assert get(site, "/?rest_route=/wp/v2/types").json["post"]["rest_base"] == "posts"
    assert rest(site, "nothing").json["code"] == "rest_no_route"
    assert get(site, "/wp-json/").json["timezone_string"] == "America/New_York"


# Pages


def test_comment_pages_together_show_the_truth_and_the_page_after_them_is_empty(site: SampleSite) -> None:
    for article in site.articles[-6:]:
        seen: list[int] = []
        for number in range(1, 99):
            ids = comment_ids(get(site, f"{article.url}/comment-page-{number}").page)
            if not ids:
                break
            seen += ids
        every = [c for c in site.comments + site.pings if c.article_id == article.id and c.shown]
        assert sorted(seen) == sorted(c.id for c in every)


def test_the_bare_address_shows_the_newest_page_unless_told_otherwise() -> None:
    for newest in (True, False):
        with SampleSite(
            articles=2, comments=0, epoch=EPOCH, life=False, comments_per_page=2, newest_page_first=newest
        ) as site:
            article = next(a for a in site.articles if not a.protected)
            pings = {p.id for p in site.pings}
            mine = [site.reply(article.id, 0, "E", f"number {n}") for n in range(5)]
            bare = [n for n in comment_ids(get(site, article.url).page) if n not in pings]
            assert (mine[-1] in bare) is newest
            assert (mine[0] in bare) is not newest
            assert ("/comment-page-1#" in site.comment(mine[0]).url) is newest


def test_replies_below_five_stand_flat_on_the_page_and_keep_their_parent_in_rest(big: SampleSite) -> None:
    deep = max(big.comments, key=lambda comment: comment.depth)
    assert deep.depth == 8
    page = get(big, deep.url.partition("#")[0]).page
    item = page.get_element_by_id(f"comment-{deep.id}")
    assert "depth-5" in item.get("class").split()
    assert item.getparent().getparent().get("id") != f"comment-{deep.parent}"
    assert "depth-4" in item.getparent().getparent().get("class").split()
    assert rest(big, f"comments/{deep.id}").json["parent"] == deep.parent


def test_replies_below_a_trashed_comment_leave_the_page_but_not_rest(site: SampleSite) -> None:
    article = site.articles[-1].id
    parent = site.reply(article, 0, "old salt", "The bar has moved.")
    child = site.reply(article, parent, "E", "It has not.")
    site.trash_comment(parent)
    page = get(site, site.article(article).url).page
    assert child not in comment_ids(page)
    assert rest(site, f"comments/{child}").json["parent"] == parent
    assert site.comment(child).shown is False
    site.delete_comment(parent)
    assert site.comment(child).parent == 0
    assert child in comment_ids(get(site, site.article(article).url).page)


def test_an_article_page_says_who_it_is(site: SampleSite) -> None:
    article = site.articles[-1]
    got = get(site, article.url)
    page = got.page
    assert page.xpath("//link[@rel='canonical']/@href") == [article.url]
    assert page.xpath("//link[@rel='shortlink']/@href") == [f"{site.url}/?p={article.id}"]
    assert f"postid-{article.id}" in page.xpath("//body/@class")[0]
    assert page.xpath("//h1")[0].text_content() == article.title
    assert [p.text_content() for p in page.xpath("//div[@class='entry-content']/p")] == list(
        article.paragraphs
    )
    graph = json.loads(page.xpath("//script[@type='application/ld+json']/text()")[0])["@graph"]
    assert graph[0]["headline"] == article.title
    assert any("shortlink" in link for link in got.headers.get_all("Link") or [])


def test_titles_and_names_are_escaped_once_on_every_surface(site: SampleSite) -> None:
    title = 'Noakes & Sons say "no" to <b>tin</b>'
    number = site.publish(title, "It's settled.\n\nA second paragraph.", tags=("Salt & Vinegar",))
    site.reply(
        number,
        0,
        "O'Brien & daughters",
        "Tin? <script>alert(1)</script> See https://tin.example/a?b=1&c=2 :)",
    )
    article = site.article(number)
    page = get(site, article.url).page
    assert page.xpath("//h1")[0].text_content() == article.title == "Noakes & Sons say “no” to <b>tin</b>"
    assert page.xpath("//b[@class='fn']")[0].text_content() == "O'Brien & daughters"
    assert page.xpath("//div[@class='comment-content']//a/@href") == ["https://tin.example/a?b=1&c=2"]
    item = rest(site, f"posts/{number}").json
    assert item["title"]["rendered"].startswith("Noakes &#038; Sons say &#8220;no&#8221;")
    assert rest(site, f"comments?post={number}").json[0]["author_name"] == "O'Brien &amp; daughters"
    assert get(site, "/feed").xml.xpath("//item/title/text()")[0] == article.title
    assert get(site, "/comments/feed/atom").xml.xpath("//a:entry/a:author/a:name/text()", namespaces=XML)[
        0
    ] == ("O'Brien & daughters")


def test_nothing_hidden_appears_on_any_surface(big: SampleSite) -> None:
    surfaces = [
        "/",
        "/page/2",
        "/feed",
        "/feed/atom",
        "/comments/feed",
        "/comments/feed/atom",
        "/?s=the",
        "/wp-json/",
        "/wp-sitemap-posts-post-1.xml",
        "/wp-sitemap-users-1.xml",
        "/wp-json/wp/v2/users",
        *(f"/wp-json/wp/v2/posts?per_page=100&page={n}&_embed" for n in (1, 2)),
        *(f"/wp-json/wp/v2/comments?per_page=100&page={n}" for n in range(1, 22)),
        *(article.url for article in big.articles if article.protected),
        *(f"{article.url}/feed" for article in big.articles if article.protected),
        *(article.url for article in big.articles[::5]),
    ]
    bodies = " ".join(
        html.fromstring(got.body).text_content()
        if got.body[:1] == b"<"
        else json.dumps(got.json, ensure_ascii=False)
        for got in (get(big, surface) for surface in surfaces)
    )
    assert "mail.invalid" not in bodies
    hidden = [text for text in big.hidden_texts() if not text.endswith("mail.invalid")]
    assert len(hidden) > 80
    assert [text for text in hidden if text in bodies] == []
    for post in big.paper.posts.values():
        if post.status != "publish":
            assert get(big, big.paper.path(post)).status == 404
            assert get(big, f"/?p={post.id}").status == 404


# Addresses


def test_redirects_are_those_of_wordpress(site: SampleSite) -> None:
    article = site.articles[3]
    old = article.url
    for address in (
        f"{site.url}/?p={article.id}",
        f"{old}/",
        old.removesuffix(".php"),
        old.replace("/archives", "//archives"),
        old.replace("/archives", "/index.php/archives"),
    ):
        got = get(site, address)
        assert (got.status, got.headers["Location"], got.headers["X-Redirect-By"]) == (301, old, "WordPress")
    for address in (
        f"{old}?replytocom=7",
        f"{old}?utm_source=x",
        f"{old}/comment-page-0",
        f"{old}/comment-page-2/",
        f"{site.url}/?p={article.id}&cpage=1",
    ):
        assert get(site, address).status == 200
    site.rename(article.id, "a-new-name")
    for address in (old, f"{old}/comment-page-1"):
        assert get(site, address).headers["Location"] == site.article(article.id).url
    assert get(site, re.sub(r"/\d\d/a-new", "/00/a-new", site.article(article.id).url)).status == 404


def test_a_deleted_articles_address_can_lead_to_another_article(site: SampleSite) -> None:
    first = site.publish("Bridge report", "One.", slug="bridge-report")
    other = site.publish("Bridge report: follow-up", "Two.", slug="bridge-report-follow-up")
    address = site.article(first).url
    site.delete_article(first)
    assert get(site, address).headers["Location"] == site.article(other).url


def test_early_slugs_are_cut_and_have_twins(big: SampleSite) -> None:
    early = [a.url.rpartition("/")[2].removesuffix(".php") for a in big.articles if a.date.year < 2010]
    assert all(len(slug.removesuffix("_2").removesuffix("_3")) <= 30 and "-" not in slug for slug in early)
    assert any(slug.endswith("_2") for slug in early)


def test_what_is_not_there_is_an_html_404_and_head_has_no_body(site: SampleSite) -> None:
    for address in ("/nothing.php", "/page/999", "/tags/nothing", "/wp-sitemap-posts-post-9.xml"):
        got = get(site, address)
        assert (got.status, got.headers.get_content_type()) == (404, "text/html")
    with socket.create_connection(("127.0.0.1", urlsplit(site.url).port or 0), timeout=PATIENCE) as wire:
        wire.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = b"".join(iter(lambda: wire.recv(65536), b""))
    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.endswith(b"\r\n\r\n"), "headers only"


def test_robots_and_sitemaps_tell_every_article(site: SampleSite) -> None:
    assert f"Sitemap: {site.url}/wp-sitemap.xml" in get(site, "/robots.txt").body.decode()
    moved = get(site, "/sitemap.xml")
    assert (moved.status, moved.headers["Location"]) == (302, f"{site.url}/wp-sitemap.xml")
    parts = get(site, "/wp-sitemap.xml").xml.xpath("//s:loc/text()", namespaces=XML)
    found = get(site, parts[0]).xml
    assert found.xpath("//s:loc/text()", namespaces=XML) == [article.url for article in site.articles]
    lastmod = found.xpath("//s:lastmod/text()", namespaces=XML)
    assert [datetime.fromisoformat(stamp) for stamp in lastmod] == [
        article.modified for article in site.articles
    ]
    assert all(get(site, part).status == 200 for part in parts)


def test_every_link_of_the_front_page_and_of_an_article_leads_somewhere(site: SampleSite) -> None:
    links = {
        link
        for address in ("/", site.articles[-1].url)
        for link in get(site, address).page.xpath("//@href | //@src")
    }
    inside = {link.partition("#")[0] for link in links if link.startswith(site.url)}
    assert len(inside) > 30
    assert [
        link
        for link in sorted(inside)
        if get(site, link).status not in (200, 301, 302) and "xmlrpc" not in link
    ] == []


# Feeds


def test_feeds_hold_ten_items_and_only_the_post_feed_can_be_paged(site: SampleSite) -> None:
    assert len(get(site, "/feed").xml.xpath("//item")) == 10
    assert len(get(site, "/feed?paged=2").xml.xpath("//item")) == 4
    assert get(site, "/feed?paged=3").status == 404
    assert len(get(site, "/comments/feed").xml.xpath("//item")) == 10
    past = get(site, "/comments/feed?paged=2")
    assert (past.status, len(past.xml.xpath("//item"))) == (404, 0)
    missing = get(site, "/archives/2001/01/nothing.php/feed")
    assert (missing.status, missing.xml.xpath("//channel/title/text()")) == (200, ["Comments on: Untitled"])


def test_only_the_atom_comments_feed_tells_the_parent(site: SampleSite) -> None:
    article = site.articles[-1].id
    parent = site.reply(article, 0, "E", "First 😀")
    site.reply(article, parent, "C.", "Second")
    newest = get(site, "/comments/feed/atom").xml.xpath("//a:entry", namespaces=XML)[0]
    assert newest.find(THREAD).get("ref") == f"{site.url}/?p={article}#comment-{parent}"
    rss = get(site, "/comments/feed").body.decode()
    assert "in-reply-to" not in rss
    assert f'In reply to <a href="{site.comment(parent).url}">E</a>' in rss
    assert 'alt="😀" class="wp-smiley"' in rss


def test_feed_validators_move_on_new_comments_and_post_edits_but_not_on_edits_or_removals(
    site: SampleSite,
) -> None:
    article = site.articles[-2].id
    now = EPOCH

    def validators() -> tuple[str, str]:
        got = get(site, "/comments/feed")
        return got.headers["ETag"], got.headers["Last-Modified"]

    site.reply(article, 0, "Marge", "The newest of all.", at=now + timedelta(hours=9))
    before = validators()
    assert validators() == (get(site, f"{site.article(article).url}/feed").headers["ETag"], before[1])
    site.edit_comment(site.comments[0].id, "Something else.")
    site.trash_comment(site.comments[1].id)
    site.delete_comment(site.comments[2].id)
    site.approve_comment(site.reply(article, 0, "late", "Old.", status="hold", at=now - timedelta(days=9)))
    site.trash_article(site.articles[0].id, at=now + timedelta(hours=10))
    assert validators() == before
    site.edit_article(article, text="New.", at=now + timedelta(hours=11))
    assert validators() != before
    middle = validators()
    site.reply(article, 0, "Marge", "Newer still.", at=now + timedelta(hours=12))
    assert validators() != middle


def test_a_feed_answers_304_if_all_validators_sent_match_and_never_to_a_weak_one(site: SampleSite) -> None:
    got = get(site, "/feed")
    tag, since = got.headers["ETag"], got.headers["Last-Modified"]
    assert get(site, "/feed", If_None_Match=tag).status == 304
    assert get(site, "/feed", If_Modified_Since=since).status == 304
    assert get(site, "/feed", If_None_Match=tag, If_Modified_Since=since).status == 304
    assert get(site, "/feed", If_None_Match=f"W/{tag}").status == 200
    assert get(site, "/feed", If_None_Match='"other"', If_Modified_Since=since).status == 200
    for address in ("/", "/robots.txt", "/wp-sitemap.xml", "/wp-json/wp/v2/posts"):
        assert get(site, address).headers["ETag"] is None


# Life, and being the same twice


def test_the_same_seed_and_epoch_give_the_same_bytes(site: SampleSite) -> None:
    def bodies(of: SampleSite) -> list[bytes]:
        port = of.url.rpartition(":")[2].encode()
        listed = [
            "/",
            "/feed",
            "/comments/feed/atom",
            "/wp-json/wp/v2/comments?per_page=100",
            "/wp-sitemap.xml",
        ]
        addresses = [*listed, *(article.url for article in of.articles)]
        return [get(of, address).body.replace(port, b"") for address in addresses]

    with SampleSite(articles=14, epoch=EPOCH, life=False, comments_per_page=5) as again:
        assert bodies(site) == bodies(again)
    with SampleSite(articles=14, epoch=EPOCH, life=False, seed=2) as other:
        assert [a.title for a in other.articles] != [a.title for a in site.articles]


def test_events_come_at_twenty_seconds_then_every_forty_then_slower_and_end() -> None:
    assert [due(seconds) for seconds in (0, 19, 20, 59, 60, 1800)] == [0, 0, 1, 1, 2, 45]
    assert due(86_400) - due(82_800) < due(7_200) - due(3_600) < due(3_600)
    assert due(1e12) == 300
    assert due(when(299)) == 300


def test_life_goes_on_and_a_restart_lives_the_same_life() -> None:
    moment = [EPOCH]
    first = SampleSite(articles=20, epoch=EPOCH, now=lambda: moment[0])
    before = {c.id: c for c in first.comments}, {a.id: a for a in first.articles}
    for seconds in (30, 300, 1500):
        moment[0] = EPOCH + timedelta(seconds=seconds)
        first.catch_up()
    second = SampleSite(articles=20, epoch=EPOCH, now=lambda: moment[0])
    assert second.catch_up() == due(1500)
    assert (first.comments, first.articles, first.pings) == (second.comments, second.articles, second.pings)
    comments, articles = {c.id: c for c in first.comments}, {a.id: a for a in first.articles}
    new = set(comments) - set(before[0])
    assert set(articles) - set(before[1]), "a new article"
    assert any(articles[comments[n].article_id].date.year < 2026 for n in new), "a reply below an old article"
    assert any(comments[n].date < EPOCH for n in new), "a late approval"
    assert set(before[0]) - set(comments), "a deleted comment"
    assert any(comments[n].text != before[0][n].text for n in before[0] if n in comments), "an edited comment"
    assert any(articles[n].paragraphs != before[1][n].paragraphs for n in before[1]), "a silent edit"


def test_a_silent_edit_moves_only_the_modified_date(site: SampleSite) -> None:
    article = site.articles[2]
    site.edit_article(article.id, text="Quite another text.", at=EPOCH + timedelta(minutes=5))
    assert site.article(article.id).paragraphs == ("Quite another text.",)
    changed = rest(site, "posts?orderby=modified&per_page=1").json[0]
    assert changed["id"] == article.id
    assert changed["date_gmt"] == article.date.strftime("%Y-%m-%dT%H:%M:%S")
    site.edit_article(article.id, text="And another.", silent=False)
    assert site.article(article.id).paragraphs[-1].startswith("This article was corrected on")


def test_the_command_serves_and_ends_cleanly_on_sigterm() -> None:
    with SampleSite(articles=1) as taken:
        port = str(urlsplit(taken.url).port)
        busy = subprocess.run(
            [sys.executable, "-m", "tests.fakesite", "--port", port, "--articles", "1"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert busy.returncode == 1
        assert port in busy.stderr
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fakesite", "--port", "0", "--articles", "1"],
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert "http://127.0.0.1:" in running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) == 0
