"""Crawls of sites that misbehave in ways a real one does: nothing is lost, nothing asked for ever."""

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from scrapy.http import Request, Response

from archive.core.crawl_report import CrawlReport
from archive.core.crawl_state import CrawlState
from archive.core.records import PageKind
from archive.core.timestamps import to_text
from archive.storage.archive import Archive
from crawler.fetch.responses import page_from_response
from crawler.fetch.retry import retry_after_seconds
from crawler.frontier.revisit_policy import is_same_mark
from crawler.runs.outcome import Ended, trusted_state
from tests.builders.crawling import Crawls
from tests.fakesite import Fault, Missing, Redirect, RestClosed, SampleSite, Status, TooMany


@pytest.fixture
def site():
    with SampleSite(articles=12, comments=40) as site:
        yield site


@pytest.fixture
def crawls(tmp_path, site):
    return Crawls(tmp_path, site.url)


@dataclass(slots=True, kw_only=True)
class Changed(Fault):
    """An answer with its body or headers changed by a function."""

    change: object = None

    def answer(self, _request, ordinary):
        return self.change(ordinary())


def replaced(old, new):
    return lambda response: replace(response, body=response.body.replace(old.encode(), new.encode()))


def path_of(site, url):
    return url.removeprefix(site.url)


def an_article(site):
    return [article for article in site.articles if not article.protected][3]


def age(crawls, sql, *values):
    """Let time pass, as far as the archive knows."""
    with Archive.open(crawls.path) as archive:
        archive.db.execute(sql, list(values))
        archive.db.conn.commit()


def a_day_passes(crawls):
    yesterday = to_text(datetime.now(UTC) - timedelta(days=2))
    age(crawls, "UPDATE crawl_state SET value = ? WHERE name = 'posts_listed_at'", yesterday)


def asked(site, since=0):
    """How often each path was asked for."""
    return Counter(request.path for request in site.requests[since:])


@dataclass(slots=True, kw_only=True)
class Unbounded(Fault):
    """WordPress before 5.7, which lists posts whenever they were modified."""

    site: SampleSite

    def answer(self, request, _ordinary):
        return self.site._ordinary(replace(request, query=request.query.replace("modified_after", "x")))


# -- nothing is fetched again without need --------------------------------------------------------------


def test_what_was_read_is_not_read_again_when_another_listing_names_it(tmp_path):
    with SampleSite(articles=130, comments=60) as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        for prepare in (
            lambda: a_day_passes(crawls),
            lambda: site.faults.add(RestClosed()),
            lambda: (site.faults.clear(), a_day_passes(crawls)),
        ):
            prepare()
            before = len(site.requests)
            crawls.crawl()
            again = [path for path in asked(site, before) if path.startswith("/archives/")]
            assert len(again) <= 3
        site.faults.add(Unbounded(match="*modified_after=*", site=site))
        site.publish("A new article", "With a paragraph.", at=datetime.now(UTC))
        before = len(site.requests)
        assert crawls.crawl().saved.articles_new == 1
        assert asked(site, before)["/wp-json/wp/v2/posts"] == 1, "the rest of the listing was known"


def test_what_only_the_sitemap_names_and_does_not_answer_is_left_alone_for_longer_each_time(site, crawls):
    wrong = "".join(f"<url><loc>{site.url}/shop/{number}</loc></url>" for number in range(9))
    site.faults.add(
        Changed(match="/wp-sitemap-posts-post-1.xml", change=replaced("</urlset>", wrong + "</urlset>"))
    )
    crawls.crawl(expect=3)
    age(crawls, "UPDATE visits SET failures = 9 WHERE status = 404")
    a_day_passes(crawls)
    before = len(site.requests)
    crawls.crawl()
    assert not [path for path in asked(site, before) if path.startswith("/shop/")]


# -- manners --------------------------------------------------------------------------------------------


def test_while_one_request_waits_nothing_else_is_asked(site, crawls):
    site.faults.add(TooMany(match="/archives/*", times=1, retry_after=3))
    crawls.crawl()
    refused = next(number for number, request in enumerate(site.requests) if request.status == 429)
    at = site.requests[refused].at
    hasty = [r for r in site.requests[refused + 1 :] if (r.at - at).total_seconds() < 2.9]
    assert len(hasty) <= 2, "only what was on its way already"


def test_a_site_that_does_nothing_but_refuse_is_left_alone(site, crawls):
    fault = site.faults.add(TooMany(match="/archives/*", retry_after=None))
    run = crawls.crawl(expect=3)
    assert (run.outcome, run.sentence.partition(",")[0]) == (
        "blocked",
        "The site refused 20 requests in a row",
    )
    assert fault.hits < 4 * len(site.articles), "each page is asked for four times else"
    assert crawls.rows("SELECT value FROM crawl_state WHERE name = 'refusals'") == [{"value": "1"}]


# -- nothing is lost unseen -----------------------------------------------------------------------------


def test_an_article_that_leads_to_itself_is_a_recorded_problem(site, crawls):
    article = an_article(site)
    site.faults.add(Redirect(match=path_of(site, article.url), to=article.url))
    run = crawls.crawl(expect=3)
    assert run.outcome == "partial"
    assert crawls.rows("SELECT failures FROM visits WHERE url = ?", article.url) == [{"failures": 1}]


def as_json(value):
    return lambda response: replace(response, status=200, body=json.dumps(value).encode())


def test_comments_that_rest_does_not_give_are_read_from_pages_and_nothing_is_missing(site, crawls):
    site.faults.add(Status(match="/wp-json/wp/v2/comments*", status=400))  # as where it gives but ten a page
    assert crawls.crawl().outcome == "ok"
    age(crawls, "UPDATE visits SET fetched_at = '2020-01-01T00:00:00Z'")
    before = len(site.requests)
    site.faults.add(Status(match="/comments/feed*", status=304))
    site.publish("A new article", "With a paragraph.", at=datetime.now(UTC))
    run = crawls.crawl()
    assert (run.outcome, run.saved.articles_new) == ("ok", 1)
    assert asked(site, before)["/wp-json/wp/v2/comments"] <= 1


def test_a_kind_of_post_that_is_not_for_visitors_does_not_make_every_crawl_a_first_one(site, crawls):
    kinds = {"video": {"slug": "video", "rest_base": "videos", "taxonomies": ["category"]}}
    site.faults.add(RestClosed(match="/wp-json/wp/v2/videos*"))
    site.faults.add(Changed(match="/wp-json/wp/v2/types*", change=as_json(kinds)))
    assert crawls.crawl().outcome == "ok"
    before = len(site.requests)
    crawls.crawl()
    assert all(
        "after=" in r.query or "include=" in r.query for r in site.requests[before:] if "/wp/v2/" in r.path
    )


def test_a_listing_that_could_not_be_saved_fails_the_crawl_and_is_read_again(site, crawls):
    crawls.program("status")
    with Archive.open(crawls.path) as archive:
        archive.db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON articles BEGIN SELECT raise(ABORT, 'disk full'); END"
        )
    assert crawls.crawl(expect=3).outcome == "failed"
    read = ("posts_read_at", "posts_listed_at", "comments_read_at", "crawled_at", "feeds_read_at")
    assert not {row["name"] for row in crawls.rows("SELECT name FROM crawl_state")} & set(read)
    age(crawls, "DROP TRIGGER full")
    crawls.crawl()
    held = crawls.rows("SELECT count(text) AS n FROM articles")
    assert held == [{"n": len(site.readable)}]


BAD = ("http://[link]/", "http://gazette.example:port/", "\ud800", "mailto:ida@gazette.example", "")


def broken_listing(response):
    posts = json.loads(response.body)
    if isinstance(posts, list):
        posts[0]["modified_gmt"] = "\ud800"
        posts += [{"id": 9_000_000 + number, "link": link} for number, link in enumerate(BAD)]
    return replace(response, body=json.dumps(posts).encode())


@pytest.mark.parametrize(
    ("closed", "match", "change"),
    [
        ((), "/wp-json/wp/v2/posts*", broken_listing),
        (
            ("/wp-json*",),
            "/wp-sitemap-posts-post-1.xml",
            replaced("</urlset>", "".join(f"<url><loc>{bad}</loc></url>" for bad in BAD[:2]) + "</urlset>"),
        ),
        (
            ("/wp-json*", "*sitemap*"),
            "/feed*",
            replaced("</channel>", f"<item><title>x</title><link>{BAD[0]}</link></item></channel>"),
        ),
        (
            ("/wp-json*", "*sitemap*", "/feed*"),
            "/",
            replaced("<body", f'<body><h2><a href="{BAD[0]}">x</a></h2><i'),
        ),
    ],
    ids=["REST", "sitemap", "feed", "listing pages"],
)
def test_a_link_that_is_no_address_stops_nothing(site, crawls, closed, match, change):
    for path in closed:
        site.faults.add(RestClosed() if "json" in path else Missing(match=path))
    site.faults.add(Changed(match=match, change=change))
    assert crawls.crawl().outcome == "ok"
    held = crawls.rows("SELECT count(text) AS n FROM articles")
    posts = [article for article in site.articles if not article.protected]
    assert held == [{"n": len(posts if match == "/feed*" else site.readable)}], "no feed lists static pages"


def without_totals(response):
    told = [(name, value) for name, value in response.headers if not name.lower().startswith("x-wp-")]
    return replace(response, headers=told)


@pytest.mark.parametrize("articles", [130, 200], ids=["a short last page", "a full last page"])
def test_a_listing_that_does_not_tell_its_length_is_read_to_its_end(tmp_path, articles):
    with SampleSite(articles=articles, comments=30) as site:
        site.faults.add(Changed(match="/wp-json*", change=without_totals))
        site.faults.add(Missing(match="*sitemap*"))
        crawls = Crawls(tmp_path, site.url)
        assert crawls.crawl().outcome == "ok"
        assert crawls.rows("SELECT count(text) AS n FROM articles") == [{"n": len(site.readable)}]


@dataclass(slots=True, kw_only=True)
class Unpaged(Fault):
    """A site without comment paging: each page of a thread shows all of it. A reader links a far one."""

    site: SampleSite

    def answer(self, request, ordinary):
        article = request.path.partition("/comment-page-")[0]
        if article == request.path:
            response = ordinary()
        else:
            response = self.site._ordinary(replace(request, path=article))
        return replaced("</body>", f'<a href="{self.site.url}{article}/comment-page-400">!</a></body>')(
            response
        )


def test_nobody_sends_us_on_a_long_walk_where_threads_are_not_paged(tmp_path):
    with SampleSite(articles=12, comments=60, comments_per_page=1000) as site:
        busy = Counter(comment.article_id for comment in site.comments if comment.shown).most_common(1)[0][0]
        path = path_of(site, site.article(busy).url)
        site.faults.add(Unpaged(match=f"{path}*", site=site))
        assert Crawls(tmp_path, site.url).crawl().outcome == "ok"
        assert len(site.asked(f"{path}*")) <= 3


def test_an_interrupted_crawl_lists_articles_again_since_not_all_of_them_were_fetched():
    now = datetime.now(UTC)
    names = ("posts_read_at", "posts_listed_at", "comments_read_at", "crawled_at")
    before, after = CrawlState(rest_root="x"), CrawlState(rest_root="y", **dict.fromkeys(names, now))
    ended = Ended(reason="finished", report=CrawlReport(surface="rest"))
    assert trusted_state(ended, "ok", before, after) == after
    interrupted = trusted_state(ended, "interrupted", before, after)
    assert interrupted == CrawlState(rest_root="y", comments_read_at=now)
    lost = replace(ended, report=CrawlReport(surface="rest", listings_lost=1))
    assert trusted_state(lost, "failed", before, after) == CrawlState(rest_root="y")


def fed(response, link):
    """A comments feed without validators that also names a comment below a page that is not there."""
    item = f"<item><title>x</title><link>{link}#comment-987654</link></item></channel>"
    headers = [(n, v) for n, v in response.headers if n.lower() not in {"etag", "last-modified"}]
    return replace(replaced("</channel>", item)(response), headers=headers)


def test_a_comment_whose_page_is_not_given_is_not_asked_for_in_every_crawl(site, crawls):
    site.faults.add(Changed(match="/comments/feed*", change=lambda r: fed(r, f"{site.url}/lost")))
    crawls.crawl()
    crawls.crawl(expect=3)
    crawls.crawl()
    assert [(r.target, r.status) for r in site.asked("/lost*")] == [("/lost", 404)]


def test_what_a_wrong_clock_wrote_does_not_stop_the_crawls_after_it(site, crawls):
    crawls.crawl()
    age(crawls, "UPDATE crawl_state SET value = '2099-01-01T00:00:00Z' WHERE value LIKE '20%'")
    age(crawls, "UPDATE visits SET fetched_at = '2099-01-01T00:00:00Z'")
    long_ago = datetime.now(UTC) - timedelta(days=3)
    site.publish("A new article", "With a paragraph.", at=long_ago)
    site.reply(an_article(site).id, 0, "Late reader", "Only now did I read this.", at=long_ago)
    run = crawls.crawl()
    assert (run.saved.articles_new, run.saved.comments_new) == (1, 1)


def test_a_robots_txt_that_asks_for_a_day_between_requests_is_not_waited_for(site, crawls):
    asks = b"User-agent: *\nCrawl-delay: 86400\n"
    site.faults.add(Changed(match="/robots.txt", change=lambda response: replace(response, body=asks)))
    run = crawls.crawl(expect=3)
    assert "86400 s between requests" in (run.sentence or "")
    assert set(asked(site)) == {"/robots.txt"}


def test_a_look_at_known_comments_that_was_not_given_is_made_again(site, crawls):
    crawls.crawl()
    age(crawls, "UPDATE crawl_state SET value = '2020-01-01T00:00:00Z' WHERE name = 'swept_at'")
    site.faults.add(Status(match="*offset=*", status=404))
    crawls.crawl()
    site.faults.clear()
    before = len(site.requests)
    crawls.crawl()
    assert [r for r in site.requests[before:] if "offset=" in r.query]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Thu, 01 Jan 999999999999 00:00:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 -0000", None),
        ("soon", None),
    ],
)
def test_whatever_retry_after_says_is_understood_or_left_aside(said, seconds):
    response = Response("https://gazette.example/", headers={"Retry-After": said})
    assert retry_after_seconds(response, datetime.now(UTC)) == seconds


@pytest.mark.parametrize(
    ("age", "kept"), [(None, True), ("0", True), ("60", True), ("900", False), ("x", True)]
)
def test_a_copy_from_before_a_change_leaves_the_change_to_be_seen(age, kept):
    mark = (datetime.now(UTC) - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%S")
    url = "https://gazette.example/archives/2026/03/ice.php"
    request = Request(url, meta={"kind": PageKind.ARTICLE, "asked": url, "lastmod": mark})
    answer = Response(url, headers={} if age is None else {"Age": age}, request=request)
    assert page_from_response(answer, "gazette").lastmod == (mark if kept else None)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2026-03-01T12:00:00", "2026-03-01T12:00:00Z", True),
        ("2026-03-01T07:00:00-05:00", "2026-03-01T12:00:00Z", True),
        ("2026-03-01", "2026-03-01T23:30:00Z", True),
        ("2026-03-01T12:00:00Z", "2026-03-01T12:00:01Z", False),
        ("2026-03-01", "2026-03-02", False),
        ("2026-03-01", None, False),
        ("yesterday", "2026-03-01", False),
    ],
)
def test_marks_of_change_are_compared_as_moments(one, other, same):
    assert is_same_mark(one, other) is same
