"""Each fault of the sample newspaper misbehaves as it says, over a real connection, and stops when told."""

from __future__ import annotations

import gzip
import http.client
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests import fakesite as sample
from tests.builders.patience import PATIENCE, until
from tests.fakesite import Fault, SampleSite


@pytest.fixture(scope="module")
def shared() -> Iterator[SampleSite]:
    with SampleSite(articles=3) as running:
        yield running


@pytest.fixture
def site(shared: SampleSite) -> Iterator[SampleSite]:
    yield shared
    shared.faults.clear()


def get(
    site: SampleSite, target: str = "/", timeout: float = PATIENCE, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(site.url).port or 0, timeout=timeout)
    try:
        connection.request("GET", target, headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


ANSWERS = [
    (sample.RestClosed(), "/wp-json/wp/v2/posts", 401, b"rest_cannot_access"),
    (sample.RestClosed(), "/?rest_route=/wp/v2/posts", 401, b"rest_cannot_access"),
    (sample.RestClosed(gone=True), "/wp-json/", 404, b"rest_no_route"),
    (sample.Missing(match="/wp-sitemap*"), "/wp-sitemap.xml", 404, b"Not Found"),
    (sample.Missing(match="*/feed*"), "/comments/feed?paged=1", 404, b"Not Found"),
    (sample.Status(status=500, match="/about*"), "/about.php", 500, b"critical error"),
    (sample.Maintenance(), "/", 503, b"scheduled maintenance"),
    (sample.Challenge(), "/", 403, b"Just a moment"),
    (sample.Challenge(status=200), "/", 200, b"Just a moment"),
    (sample.LoginWall(redirect=False), "/", 200, b"loginform"),
    (sample.SoftNotFound(), "/about.php", 200, b"be found"),
    (sample.Empty(), "/", 200, b""),
    (sample.RobotsDisallow(paths=("/archives/",)), "/robots.txt", 200, b"Disallow: /archives/"),
    (sample.Status(status=503, match="/robots.txt"), "/robots.txt", 503, b""),
    (sample.Huge(size=3_000_000), "/", 200, b"tide"),
]


@pytest.mark.parametrize(
    ("fault", "target", "status", "words"), ANSWERS, ids=lambda value: type(value).__name__
)
def test_a_fault_answers_in_place_of_the_page_until_cleared(
    site: SampleSite, fault: Fault, target: str, status: int, words: bytes
) -> None:
    sound = get(site, target)
    site.faults.add(fault)
    answered, _, body = get(site, target)
    assert (answered, words in body) == (status, True)
    assert body != sound[2]
    assert bool(body) is not isinstance(fault, sample.Empty)
    assert get(site, "/archives/category/none")[0] == 404 or fault.match == "*"
    site.faults.clear()
    assert get(site, target)[0] == sound[0] == 200


def test_a_fault_lasts_as_many_times_as_told_and_counts(site: SampleSite) -> None:
    fault = site.faults.add(sample.TooMany(match="/feed*", times=2, retry_after=7))
    answers = [get(site, "/feed") for _ in range(3)]
    assert [status for status, _, _ in answers] == [429, 429, 200]
    assert answers[0][1]["Retry-After"] == "7"
    assert fault.hits == 2
    assert get(site, "/")[0] == 200


@pytest.mark.parametrize(
    ("fault", "location"),
    [
        (sample.LoginWall(), "/wp-login.php?redirect_to=/"),
        (sample.Redirect(to="http://10.0.0.7/secret"), "http://10.0.0.7/secret"),
        (sample.Redirect(to="http://127.0.0.1:9/"), "http://127.0.0.1:9/"),
        (sample.RedirectLoop(), "/?turn=1"),
    ],
)
def test_redirects_lead_where_they_should_not(site: SampleSite, fault: Fault, location: str) -> None:
    site.faults.add(fault)
    status, headers, _ = get(site)
    assert (status, headers["Location"]) == (302, location)


def test_a_loop_never_ends(site: SampleSite) -> None:
    site.faults.add(sample.RedirectLoop())
    assert get(site, "/?turn=41")[1]["Location"] == "/?turn=42"


def test_a_wrong_charset_is_sent_in_other_bytes_than_named(site: SampleSite) -> None:
    number = site.publish("Zoë's café", "Crème brûlée on the quay.")
    path = urlsplit(site.article(number).url).path
    site.faults.add(sample.Charset(claimed="UTF-8"))
    _, headers, body = get(site, path)
    assert headers.get_content_charset() == "utf-8"
    assert "Crème brûlée".encode("latin-1") in body
    site.faults.add(sample.Charset(claimed=None))
    assert get(site, path)[1].get_content_charset() is None


def test_a_gzip_bomb_is_small_on_the_wire_and_bounded(site: SampleSite) -> None:
    site.faults.add(sample.GzipBomb(size=5_000_000))
    _, headers, body = get(site)
    assert headers["Content-Encoding"] == "gzip"
    assert len(body) < 20_000
    assert len(gzip.decompress(body)) == 5_000_000


def test_a_weakened_etag_is_never_recognised(site: SampleSite) -> None:
    site.faults.add(sample.WeakEtag())
    _, headers, body = get(site, "/feed", Accept_Encoding="gzip")
    assert headers["ETag"].startswith('W/"')
    assert b"<rss" in gzip.decompress(body)
    assert get(site, "/feed", If_None_Match=headers["ETag"])[0] == 200
    assert get(site, "/feed", If_Modified_Since=headers["Last-Modified"])[0] == 304


def test_a_truncated_body_promises_more_than_it_sends(site: SampleSite) -> None:
    site.faults.add(sample.Truncated())
    with pytest.raises(http.client.IncompleteRead):
        get(site)


@pytest.mark.parametrize("after", [None, 50])
def test_a_reset_breaks_the_connection(site: SampleSite, after: int | None) -> None:
    site.faults.add(sample.Reset(after=after))
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        get(site)


def test_a_slow_drip_is_slow_but_whole(site: SampleSite) -> None:
    sound = get(site, "/robots.txt")[2]
    site.faults.add(sample.Drip(match="/robots.txt", size=30, pause=0.05))
    started = time.perf_counter()
    assert get(site, "/robots.txt")[2] == sound
    assert time.perf_counter() - started >= 0.05 * (len(sound) // 30)


def test_a_slow_drip_keeps_nobody_else_waiting() -> None:
    with SampleSite(articles=1) as site:
        drip = site.faults.add(sample.Drip(match="/feed", pause=2 * PATIENCE))
        slow = threading.Thread(target=lambda: get(site, "/feed"))
        slow.start()
        until(lambda: drip.hits, "the drip begins")
        assert get(site, "/about.php")[0] == 200
        assert slow.is_alive()
    slow.join(PATIENCE)


def let_go(site: SampleSite) -> None:
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        get(site, "/feed")


def test_a_hanging_answer_never_comes_and_ends_with_the_site() -> None:
    with SampleSite(articles=1) as site:
        hang = site.faults.add(sample.Hang(match="/feed"))
        with pytest.raises(TimeoutError):
            get(site, "/feed", timeout=0.3)
        assert get(site, "/")[0] == 200
        waiting = threading.Thread(target=lambda: let_go(site))
        waiting.start()
        until(lambda: hang.hits == 2, "the answer is waited for")
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


def test_every_request_is_logged_with_its_headers_and_status(site: SampleSite) -> None:
    site.requests.clear()
    get(site, "/feed?paged=2", User_Agent="a crawler")
    logged = site.asked("/feed*")
    assert [(r.method, r.target, r.headers["user-agent"]) for r in logged] == [
        ("GET", "/feed?paged=2", "a crawler")
    ]
    assert logged[0].status in (200, 404)


def test_a_port_in_use_is_an_os_error(site: SampleSite) -> None:
    with pytest.raises(OSError, match="in use"):
        SampleSite(articles=1, port=urlsplit(site.url).port or 0).start()
