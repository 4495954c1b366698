"""Where a site has its REST and its feeds, and how much of them it gives, is found out by asking it."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from archive.core.records import PageKind
from archive.storage.archive import Archive
from crawler.discovery import declared, paging
from tests.builders.crawling import Crawls
from tests.builders.pages import made_page
from tests.fakesite import Fault, Missing, RestClosed, SampleSite
from tests.fakesite.wire import moved


@pytest.fixture
def site():
    with SampleSite(articles=12, comments=40) as site:
        yield site


@pytest.fixture
def crawls(tmp_path, site):
    return Crawls(tmp_path, site.url)


@dataclass(slots=True, kw_only=True)
class Changed(Fault):
    """An answer with its body or headers changed by a function of request and answer."""

    change: object = None

    def answer(self, request, ordinary):
        return self.change(request, ordinary())


@dataclass(slots=True, kw_only=True)
class Front(Changed):
    """The front page alone, changed."""

    def fits(self, request):
        return request.target == "/"


@dataclass(slots=True, kw_only=True)
class Moved(Fault):
    """A part of the site that lies at another path: `old` answers 404, `new` as `old` would."""

    site: SampleSite
    old: str
    new: str

    def fits(self, request):
        return request.path.startswith(self.old) or request.target.startswith(self.new)

    def answer(self, request, ordinary):
        if request.target.startswith(self.new):
            path, _, query = (self.old + request.target.removeprefix(self.new)).partition("?")
            return self.site._ordinary(replace(request, path=path, query=query or request.query))
        return Missing().answer(request, ordinary)


def asked(site, since=0):
    """How often each path was asked for."""
    return Counter(request.path for request in site.requests[since:])


def a_day_passes(crawls):
    """Let time pass, as far as the archive knows."""
    with Archive.open(crawls.path) as archive:
        archive.db.execute(
            "UPDATE crawl_state SET value = '2020-01-01T00:00:00Z'"
            " WHERE name = 'posts_listed_at' OR name LIKE '%_missing_at'"
        )
        archive.db.execute("DELETE FROM crawl_state WHERE name = 'declared_at'")
        archive.db.conn.commit()


def in_head(markup):
    return lambda _, response: replace(
        response, body=re.sub(rb"<head>", b"<head>" + markup.encode(), response.body, count=1)
    )


# -- where REST is --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["element", "header"])
def test_rest_is_found_where_front_page_says(site, crawls, way):
    site.faults.add(Moved(site=site, old="/wp-json", new="/index.php/api"))
    site.faults.add(Missing(match="*rest_route=*"))
    root = f"{site.url}/index.php/api/"
    link = f'<link rel="https://api.w.org/" href="{root}" />'
    header = [] if way == "element" else [("Link", f'<{root}>; rel="https://api.w.org/"')]
    bare = [("Content-Type", "text/html; charset=UTF-8")]

    def change(request, response):
        response = replace(response, headers=[*bare, *header])
        return in_head(link)(request, response) if way == "element" else response

    site.faults.add(Front(change=change))
    assert crawls.crawl().outcome == "ok"
    assert crawls.rows("SELECT value FROM crawl_state WHERE name IN ('surface', 'rest_root') ORDER BY 1") == [
        {"value": root},
        {"value": "rest"},
    ]
    before = len(site.requests)
    a_day_passes(crawls)
    crawls.crawl()
    assert not asked(site, before)["/"], "it is remembered"
    assert crawls.program("verify").returncode == 0


def test_front_page_below_its_own_home_is_configured_by_that_home(site, crawls):
    site.faults.add(Front(change=lambda *_: moved("/en/", 302)))
    front = f'<html><head><link rel="https://api.w.org/" href="{site.url}/wp-json/"></head><body>Hello'
    site.faults.add(
        Changed(
            match="/en/",
            change=lambda _, response: replace(
                response, status=200, body=front.encode(), headers=[("Content-Type", "text/html")]
            ),
        )
    )
    done = crawls.program("init", site.url, "--name", "new", "--force", "--dry-run")
    assert "Its REST API is open" in done.stdout
    assert f'url = "{site.url}"' in done.stdout
    below = Crawls(crawls.folder, f"{site.url}/en")
    assert below.crawl().outcome == "ok"
    assert below.rows("SELECT value FROM crawl_state WHERE name = 'surface'") == [{"value": "rest"}]


# -- where feeds are ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "declares"),
    [("/?feed=rss2", False), ("/rss/", False), ("/atom.xml", False), ("/news/all.xml", True)],
)
def test_feed_of_posts_is_found_where_it_is(site, crawls, new, declares):
    site.faults.add(RestClosed())
    site.faults.add(Missing(match="*sitemap*"))
    site.faults.add(Moved(site=site, old="/feed", new=new))
    if declares:
        link = f'<link rel="alternate" type="application/rss+xml" href="{new}">'
        site.faults.add(Front(change=in_head(link)))
    else:
        site.faults.add(Front(change=lambda _, r: replace(r, body=r.body.replace(b"alternate", b"x"))))
    assert crawls.crawl().outcome == "ok"
    assert crawls.rows("SELECT value FROM crawl_state WHERE name = 'surface'") == [{"value": "feed"}]
    before = len(site.requests)
    crawls.crawl()
    assert not asked(site, before)["/feed"], "its place is remembered"


def test_comments_feed_is_found_where_declared(site, crawls):
    site.faults.add(RestClosed())
    site.faults.add(Moved(site=site, old="/comments/feed", new="/talk.xml"))
    link = (
        '<link rel="alternate" type="application/rss+xml" title="Gazette » Comments Feed" href="/talk.xml">'
    )
    site.faults.add(
        Front(
            change=lambda q, r: in_head(link)(q, replace(r, body=r.body.replace(b"alternate", b"x"))),
        )
    )
    crawls.crawl()
    assert asked(site)["/talk.xml"] == 1
    before = len(site.requests)
    crawls.crawl()
    assert asked(site, before) == {"/talk.xml": 1, "/feed": 1}


def test_quiet_crawl_takes_two_requests_where_feeds_redirect(site, crawls):
    """WordPress with slash permalinks sends /feed to /feed/: where they are is remembered."""

    def slashed(request, response):
        if request.path.endswith("/"):
            path = request.path.rstrip("/")
            return site._ordinary(replace(request, path=path))
        return moved(f"{site.url}{request.path}/")

    site.faults.add(Changed(match="/feed*", change=slashed))
    site.faults.add(Changed(match="/comments/feed*", change=slashed))
    crawls.crawl()
    before = len(site.requests)
    crawls.crawl()
    assert asked(site, before) == {"/feed/": 1, "/comments/feed/": 1}
    assert [r.status for r in site.requests[before:]] == [304, 304]


# -- how much REST gives --------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Capped(Fault):
    """REST that gives fewer a page than it is asked for, as a plugin's filter makes it.

    WordPress counts pages of comments by what was asked for, so its header is wrong there; of posts it is
    right. With `silent` it tells no totals at all.
    """

    site: SampleSite
    most: int = 20
    silent: bool = False
    match: str = "/wp-json/wp/v2/*"

    def answer(self, request, ordinary):
        params = dict(request.params)
        asked = int(params.get("per_page", 10))
        if asked <= self.most:
            return self._told(ordinary())
        is_posts = "/comments" not in request.path
        query = re.sub(r"\bper_page=\d+", f"per_page={self.most}", request.query)
        if not is_posts and "offset" not in params:
            offset = (int(params.get("page", 1)) - 1) * asked
            query = re.sub(r"\bpage=\d+", "page=1", query) + f"&offset={offset}"
        response = self.site._ordinary(replace(request, query=query))
        total = int(response.header("X-WP-Total") or 0)
        pages = -(-total // (self.most if is_posts else asked))
        headers = [(n, str(pages) if n == "X-WP-TotalPages" else v) for n, v in response.headers]
        return self._told(replace(response, headers=headers))

    def _told(self, response):
        headers = [(n, v) for n, v in response.headers if not (self.silent and n.startswith("X-WP-"))]
        return replace(response, headers=headers)


@pytest.mark.parametrize("silent", [False, True], ids=["totals", "no totals"])
@pytest.mark.parametrize("most", [20, 7])
def test_capped_rest_is_read_to_its_end(tmp_path, most, silent):
    with SampleSite(articles=45, comments=150) as site:
        site.faults.add(Capped(site=site, most=most, silent=silent))
        site.faults.add(Missing(match="*sitemap*"))
        site.faults.add(Missing(match="/archives/*"))
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl(expect=3)
        assert crawls.rows("SELECT count(*) AS n FROM articles") == [{"n": len(site.readable)}]
        held = crawls.rows("SELECT count(*) AS n FROM comments WHERE kind = 'comment'")
        assert held == [{"n": len(site.comments)}]


def test_capped_rest_is_verified_and_swept(tmp_path):
    with SampleSite(articles=12, comments=120) as site:
        site.faults.add(Capped(site=site))
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        done = crawls.program("verify")
        assert done.returncode == 0, done.stdout
        last = max(comment.id for comment in site.comments)
        seen = set()
        for _ in range(12):
            with Archive.open(crawls.path) as archive:
                archive.db.execute(
                    "UPDATE crawl_state SET value = '2020-01-01T00:00:00Z' WHERE name = 'swept_at'"
                )
                archive.db.conn.commit()
            before = len(site.requests)
            crawls.crawl()
            seen |= {
                r.params["offset"] for r in map(as_request, site.requests[before:]) if "offset" in r.params
            }
            if crawls.rows("SELECT value FROM crawl_state WHERE name = 'sweep_offset'") == []:
                break
        assert len(seen) >= 120 // 20, (seen, last)


def as_request(logged):
    from tests.fakesite.wire import Request

    return Request(logged.method, logged.path, logged.query)


@pytest.mark.parametrize(
    ("came", "total", "place", "size", "places"),
    [
        (100, 250, 0, None, 100),
        (50, 250, 200, 100, 100),
        (98, 250, 0, 100, 100),  # two are shown to nobody
        (20, 250, 0, 20, 20),
        (20, 250, 0, 100, 20),  # it gave more before
        (3, 5, 0, 100, 100),
        (0, 3, 0, 100, 100),
        (30, None, 0, 100, 30),
        (60, None, 0, 100, 100),
    ],
)
def test_covered_places_follow_from_what_came(came, total, place, size, places):
    assert paging.covered(came, total, place, size) == places


# -- what pages declare ---------------------------------------------------------------------------------

HOME = "https://gazette.example"


def front(markup, **headers):
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return made_page(
        f"{HOME}/", markup, source="g", kind=PageKind.LISTING, headers=tuple(headers.items()), fetched_at=now
    )


RSS = '<link rel="alternate" type="application/rss+xml"'


@pytest.mark.parametrize(
    ("markup", "rest", "posts", "comments"),
    [
        ("", None, None, None),
        ('<link rel="https://api.w.org/" href="/blog/wp-json/">', f"{HOME}/blog/wp-json/", None, None),
        ('<link rel="https://api.w.org/" href="https://other.example/wp-json/">', None, None, None),
        (f'{RSS} title="G" href="/feed/">', None, f"{HOME}/feed/", None),
        (f'{RSS} title="G » Kommentare" href="/k/">', None, None, f"{HOME}/k/"),
        (f'{RSS} href="/comments/feed/">{RSS} href="/rss">', None, f"{HOME}/rss", f"{HOME}/comments/feed/"),
        (
            '<link rel="ALTERNATE" type="application/atom+xml" href="atom.xml">',
            None,
            f"{HOME}/atom.xml",
            None,
        ),
        (f'{RSS} href="http://[x">{RSS}>', None, None, None),
    ],
)
def test_front_page_declares(markup, rest, posts, comments):
    found = declared.read_declared(front(f"<html><head>{markup}</head><body>x"), HOME)
    assert (found.rest, found.posts_feed, found.comments_feed) == (rest, posts, comments)


def test_link_header_among_others_declares_rest():
    header = f'<{HOME}/wp-json/wp/v2/pages/2>; rel="alternate", <{HOME}/wp-json/>; rel="https://api.w.org/"'
    assert declared.read_declared(front("<p>x", link=header), HOME).rest == f"{HOME}/wp-json/"


# -- noise around JSON ----------------------------------------------------------------------------------


def test_rest_with_noise_is_read_and_noted_once(site, crawls):
    warning, behind = b"<br />\n<b>Warning</b>: key [0] in <b>/srv/x.php</b>\n", b"\n<!-- cached [gzip] -->"
    noisy = Changed(match="/wp-json/*", change=lambda _, r: replace(r, body=warning + r.body + behind))
    site.faults.add(noisy)
    assert crawls.crawl().outcome == "ok"
    assert crawls.rows("SELECT value FROM crawl_state WHERE name = 'surface'") == [{"value": "rest"}]
    crawls.crawl()
    noted = "SELECT url FROM problems WHERE code = 'json-noise' AND ended_at IS NULL ORDER BY url"
    assert crawls.rows(noted) == [
        {"url": f"{site.url}/wp-json/wp/v2/comments"},
        {"url": f"{site.url}/wp-json/wp/v2/pages"},
        {"url": f"{site.url}/wp-json/wp/v2/posts"},
    ]


# -- what status says of it -----------------------------------------------------------------------------


def test_status_names_surfaces_as_of_today(site, crawls):
    def says():
        crawls.crawl()
        return " ".join(crawls.program("status").stdout.split())

    day = f"{datetime.now(UTC):%Y-%m-%d}"
    assert "Articles are listed by REST; new comments are listed by REST and the comments feed." in says()
    a_day_passes(crawls)
    site.faults.add(RestClosed())
    site.faults.add(Missing(match="/wp-json*"))
    said = says()
    assert "Articles are listed by the sitemap; new comments are listed by the comments feed." in said
    assert f"REST has listed none since {day}" in said
    a_day_passes(crawls)
    site.faults.add(Missing(match="*sitemap*"))
    site.faults.add(Missing(match="/comments/feed*"))
    said = says()
    assert (
        "Articles are listed by the feed, as far as it goes back; new comments are only on their pages."
        in said
    )
    assert f"The sitemap has listed none since {day}" in said
    assert f"The comments feed has returned nothing since {day}" in said
    a_day_passes(crawls)
    site.faults.add(Missing(match="/[!r]*"))
    site.faults.add(Missing(match="/"))
    crawls.crawl(expect=3)
    assert f"Nothing lists its articles any more; the feed last did, on {day}" in " ".join(
        crawls.program("status").stdout.split()
    )
