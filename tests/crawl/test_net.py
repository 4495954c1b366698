"""How a crawl reaches a site on the net as it is: TLS, IPv6, sites that are down, walls, circles, robots."""

import socket
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from twisted.internet.address import IPv4Address, IPv6Address

from crawler.fetch import offsite
from crawler.fetch.redirect_loops import COOKIE_WALL
from pipeline.platforms.wordpress.rest_urls import other_spellings
from tests.builders import certificates
from tests.builders.crawling import Crawls
from tests.fakesite import (
    Challenge,
    Fault,
    RobotsDisallow,
    SampleSite,
    Status,
)
from tests.fakesite.wire import Response, moved


@pytest.fixture
def site():
    with SampleSite(articles=6, comments=12) as site:
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


def asked(site, since=0):
    """How often each path was asked for."""
    return Counter(request.path for request in site.requests[since:])


# -- TLS ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signed", "host", "ends", "says"),
    [
        (False, "127.0.0.1", None, "its certificate is self-signed"),
        (True, "127.0.0.1", datetime(2026, 3, 1, tzinfo=UTC), "its certificate expired on 2026-03-01"),
        (True, "other.example", None, "its certificate is for other.example, and not for 127.0.0.1"),
        (None, "127.0.0.1", None, "issued by “Another Authority”, which is unknown to this machine"),
    ],
    ids=["self-signed", "expired", "wrong host", "unknown issuer"],
)
def test_bad_certificate_is_named_and_nothing_read(tmp_path, monkeypatch, signed, host, ends, says):
    trusted = certificates.authority(tmp_path)
    (tmp_path / "other").mkdir()
    signer = trusted if signed else None
    if signed is None:
        signer = certificates.authority(tmp_path / "other", "Another Authority")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.file))
    context = certificates.context(tmp_path, signer, host=host, ends=ends)
    with SampleSite(articles=6, tls=context) as site:
        crawls = Crawls(tmp_path, site.url)
        done = crawls.program("crawl")
        assert done.returncode == 3
        assert "The site cannot be reached: no secure connection (TLS): " in done.stderr
        assert says in done.stderr
        assert not site.requests
        assert crawls.rows("SELECT count(*) AS n FROM articles") == [{"n": 0}]


def test_certificate_of_trusted_authority_is_accepted(tmp_path, monkeypatch):
    trusted = certificates.authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.file))
    with SampleSite(articles=6, tls=certificates.context(tmp_path, trusted)) as site:
        assert Crawls(tmp_path, site.url).crawl().outcome == "ok"


def test_unverified_source_is_crawled_and_said_so(tmp_path):
    with SampleSite(articles=6, tls=certificates.context(tmp_path, None)) as site:
        crawls = Crawls(tmp_path, site.url, options={"verify_tls": False})
        done = crawls.program("crawl")
        assert (done.returncode, done.stderr) == (0, "")
        sentence = "certificate is not verified (verify_tls = false)"
        assert sentence in crawls.program("status").stdout
        assert sentence in " ".join(crawls.program("doctor").stdout.split())
        crawls.options["verify_tls"] = True
        assert "self-signed" in crawls.program("doctor").stdout
        crawls.crawl(expect=3)
        assert sentence not in crawls.program("status").stdout


# -- hosts that are not there ---------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://gazette.invalid", "the host name cannot be resolved (DNS)"),
        ("refused", "the host refused the connection"),
        ("silent", "the host did not respond in time (timeout)"),
        ("no TLS", "no secure connection (TLS)"),
    ],
)
def test_site_that_is_down_gives_one_line(tmp_path, url, says):
    with socket.socket() as silent, SampleSite(articles=3) as plain:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        urls = {
            "refused": f"http://127.0.0.1:{free_port()}",
            "silent": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "no TLS": plain.url.replace("http:", "https:"),
        }
        crawls = Crawls(tmp_path, urls.get(url, url), contact="ida@gazette.example")
        crawls.values["crawler.settings.DOWNLOAD_TIMEOUT"] = 0.5
        done = crawls.program("crawl")
        assert done.returncode == 3
        assert done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.startswith(f"site: failed. The site cannot be reached: {says}")
        assert not done.stdout


def test_ipv6_host_is_crawled(tmp_path):
    with SampleSite(articles=6, comments=12, host="::1") as site:
        crawls = Crawls(tmp_path, site.url)
        assert crawls.crawl().outcome == "ok"
        assert crawls.rows("SELECT count(text) AS n FROM articles") == [{"n": len(site.readable)}]


def test_name_with_both_families_falls_back(tmp_path):
    """Where nothing listens at the IPv4 address of a name, its IPv6 address is tried, and the reverse."""
    if len({family for family, *_ in socket.getaddrinfo("localhost", 80)}) < 2:
        pytest.skip("on this machine localhost has addresses of one family only")
    for host in ("::1", "127.0.0.1"):
        with SampleSite(articles=3, comments=0, host=host) as site:
            name = site.url.replace(f"[{host}]" if ":" in host else host, "localhost")
            site.paper.base = name
            folder = tmp_path / host.replace(":", "_")
            folder.mkdir()
            assert Crawls(folder, name).crawl().outcome == "ok"


def test_private_addresses_of_a_name_are_left_out():
    class Receiver:
        def __init__(self):
            self.came = []

        def resolutionBegan(self, _):  # noqa: N802
            pass

        def addressResolved(self, address):  # noqa: N802
            self.came.append(address.host)

        def resolutionComplete(self):  # noqa: N802
            self.came.append("end")

    def resolve(name, *hosts):
        inner = Receiver()
        receiver = offsite._PublicReceiver(inner, name)
        for host in hosts:
            kind = "TCP"
            address = (IPv6Address if ":" in host else IPv4Address)(kind, host, 80)
            receiver.addressResolved(address)
        receiver.resolutionComplete()
        return inner.came

    public = ("2606:2800:220:1:248:1893:25c8:1946", "93.184.216.34")
    assert resolve("both.example", *public) == [*public, "end"]
    assert resolve("mixed.example", "fd00::1", public[1]) == [public[1], "end"]
    assert "mixed.example" not in offsite.refused_addresses
    assert resolve("inner.example", "10.0.0.7") == ["end"]
    assert offsite.refused_addresses["inner.example"] == "10.0.0.7"
    assert resolve("localhost", "::1", "127.0.0.1") == ["::1", "127.0.0.1", "end"]


# -- walls ----------------------------------------------------------------------------------------------


def everywhere(site, fault):
    """Switch a fault on for all but robots.txt."""
    site.faults.add(fault)
    site.faults.add(Fault(match="/robots.txt"))
    return fault


WORDFENCE = "<h1>Your access to this site has been limited</h1><p>Generated by Wordfence at noon</p>"


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Challenge(), "every request with a Cloudflare challenge (HTTP 403)"),
        (Challenge(status=200), "every request with a Cloudflare challenge (HTTP 200)"),
        (Status(status=403), "every request with a refusal (HTTP 403)"),
        (Status(status=402), "every request with a demand for payment (HTTP 402)"),
        (Status(status=401), "every request with a demand for a login (HTTP 401)"),
        (Status(status=403, body=WORDFENCE), "every request with a block of the plugin Wordfence (HTTP 403)"),
        (Status(status=500), "every request with an error of its own (HTTP 500)"),
    ],
    ids=["challenge", "challenge in disguise", "refusal", "payment", "login", "Wordfence", "broken"],
)
def test_wall_of_whole_site_is_named(site, crawls, fault, says):
    everywhere(site, fault)
    done = crawls.program("crawl")
    assert done.returncode == 3
    assert f"site: failed. The site answers {says}" in done.stderr
    paths = {request.path for request in site.requests}
    assert len(paths - {"/robots.txt"}) <= 5, "a broken one is tried four times"
    assert says in " ".join(crawls.program("status").stdout.split())


def test_wall_is_named_by_init(site, crawls):
    site.faults.add(Challenge())
    done = crawls.program("init", site.url, "--dry-run")
    assert "the site answered with a Cloudflare challenge (HTTP 403)" in done.stderr


def test_wall_before_a_known_site_costs_few_requests(site, crawls):
    crawls.crawl()
    wall = everywhere(site, Challenge())
    assert crawls.crawl(expect=3).outcome == "failed"
    assert wall.hits <= 5
    site.faults.clear()
    assert crawls.crawl().outcome == "ok"


def test_wall_before_rest_and_feeds_alone_is_gone_around_by_sitemap(site, crawls):
    """Security plugins close REST and feeds with a page of their own; the rest of the site is open."""
    for match in ("/wp-json*", "*rest_route=*", "*feed*"):
        site.faults.add(Status(match=match, status=403, body=WORDFENCE))
    assert crawls.crawl().outcome == "ok"
    assert crawls.rows("SELECT value FROM crawl_state WHERE name = 'surface'") == [{"value": "sitemap"}]


def with_cookie(response):
    return replace(response, headers=[*response.headers, ("Set-Cookie", "seen=1")])


@pytest.mark.parametrize(
    "target",
    [
        lambda request: request.target,
        lambda request: f"{request.path}?cookie-check={len(request.query)}",
    ],
    ids=["to itself", "with a number"],
)
def test_cookie_wall_is_named_after_two_rounds(site, crawls, target):
    change = lambda request, _: with_cookie(moved(target(request), 302))  # noqa: E731
    wall = everywhere(site, Changed(change=change))
    done = crawls.program("crawl")
    assert done.returncode == 3
    assert COOKIE_WALL.partition(",")[0].removeprefix("the ") in done.stderr
    assert wall.hits <= 12, asked(site)
    assert max(asked(site).values()) <= 4, "the front page, and REST below it, twice each"


# -- robots.txt -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forbidden", "url"),
    [
        ("/wp-json/", "https://g.example/?rest_route=/wp/v2/posts&page=2"),
        ("/wp-json/", "https://g.example/index.php?rest_route=/wp/v2/posts"),
        ("/wp-json/", "https://g.example/index.php/wp-json/wp/v2/posts"),
        ("/?rest_route=", "https://g.example/wp-json/wp/v2/posts?page=2"),
        ("/*?rest_route=", "https://g.example/wp-json/wp/v2/posts?page=2"),
        ("/blog/wp-json/", "https://g.example/blog/?rest_route=/wp/v2/posts"),
    ],
)
def test_rest_has_other_spellings_robots_may_forbid(forbidden, url):
    from protego import Protego

    rules = Protego.parse(f"User-agent: *\nDisallow: {forbidden}\n")
    assert rules.can_fetch(url, "Backissue")
    assert not all(rules.can_fetch(other, "Backissue") for other in other_spellings(url))


def test_page_has_no_other_spellings():
    assert other_spellings("https://g.example/2026/03/ice/?p=2") == ()


@pytest.mark.parametrize("path", ["/wp-json/", "/?rest_route=", "/wp-json/wp/v2/comments"])
def test_robots_rule_for_rest_holds_for_all_its_spellings(site, crawls, path):
    site.faults.add(RobotsDisallow(paths=(path,)))
    assert crawls.crawl(expect=3 if "comments" in path else 0).outcome in {"ok", "partial"}
    forbidden = "comments" if "comments" in path else ""
    rests = [r for r in site.requests if r.path.startswith("/wp-json") or "rest_route" in r.query]
    assert not [r for r in rests if forbidden in r.target]
    assert bool(rests) == bool(forbidden)


# -- Retry-After ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 202, 403, 404, 503])
def test_retry_after_is_heeded_on_any_status(site, crawls, status):
    said = Response(status, b"<h1>Back soon</h1>", [("Content-Type", "text/html"), ("Retry-After", "3600")])
    site.faults.add(Changed(match="/archives/*", change=lambda *_: said))
    run = crawls.crawl(expect=3)
    assert run.outcome == "blocked"
    assert "asked us to wait 3600 s" in (run.sentence or "")
    assert sum(r.path.startswith("/archives/") for r in site.requests) == 1
