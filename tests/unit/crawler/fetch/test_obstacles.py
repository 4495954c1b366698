"""Obstacles of a site, by imitated walls: each has its kind, and a site that is open has none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.core.crawl_state import Closure, WallKind, after_run
from archive.core.records import Page, PageKind
from crawler.fetch.failures import RedirectedAwayError, RobotsRefusalError
from crawler.fetch.obstacles import Obstacles
from crawler.fetch.robots import refused_crawlers
from crawler.fetch.walls import HELP
from tests.builders.pages import made_page
from tests.builders.site_walls import CASES, always, everything
from tests.fakesite.wire import Request, Response

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOME = "https://gull.example"
PATHS = {
    "/comments/feed/": PageKind.COMMENTS_FEED,
    "/feed/": PageKind.POSTS_FEED,
    "/wp-json/wp/v2/posts": PageKind.POSTS,
    "/": PageKind.LISTING,
    "/archives/12": PageKind.ARTICLE,
    "/archives/13": PageKind.ARTICLE,
    "/archives/14": PageKind.ARTICLE,
}
ROBOTS = [name for name, case in CASES.items() if case.kind == "robots"]


def page_of(kind: PageKind, path: str, response: Response, final: str | None = None) -> Page:
    headers = tuple((name.lower(), value) for name, value in response.headers)
    return made_page(
        HOME + path,
        response.body,
        source="gull",
        kind=kind,
        final_url=final or HOME + path,
        status=response.status,
        headers=headers,
        fetched_at=NOON,
    )


def ask(obstacles: Obstacles, reply, kinds: dict[str, PageKind]) -> None:
    """Ask a wall for each path, and follow its redirects as the crawler does."""
    for path, kind in kinds.items():
        place = path
        response = reply(Request("GET", place, ""))
        for _ in range(3):
            if response is None or not (to := response.header("location")):
                break
            if to.startswith("http"):
                obstacles.note_failure(RedirectedAwayError(to, f"{to} is not on the site"), kind)
                response = None
                break
            place = to
            response = reply(Request("GET", to.partition("?")[0], to.partition("?")[2]))
        if response is not None:
            obstacles.note_answer(page_of(kind, path, response, HOME + place))


@pytest.mark.parametrize("name", sorted(set(CASES) - set(ROBOTS)))
def test_wall_of_whole_site_has_its_kind(name):
    obstacles = Obstacles()
    ask(obstacles, CASES[name].reply, PATHS)
    assert obstacles.is_suspected
    obstacle, sentence = obstacles.found
    assert (obstacle.kind, CASES[name].says in sentence) == (CASES[name].kind, True), sentence
    assert sentence.endswith(HELP[obstacle.kind])


def article(number: int) -> Response:
    words = f"<p>Boat number {['one', 'two', 'three', 'four', 'five', 'six'][number % 6]} came home late.</p>"
    return everything(f"Boat {number}", f"<article>{words}</article>", 200)(Request("GET", "/", ""))


@pytest.mark.parametrize("name", sorted(set(CASES) - set(ROBOTS)))
def test_wall_of_pages_alone_is_no_closed_site(name):
    """REST and feeds are open, every article page is walled off: that is said of the pages."""
    obstacles = Obstacles()
    listing = Response(200, b"[]", [("Content-Type", "application/json")])
    obstacles.note_answer(page_of(PageKind.POSTS, "/wp-json/wp/v2/posts", listing))
    pages = {path: kind for path, kind in PATHS.items() if kind is PageKind.ARTICLE}
    ask(obstacles, CASES[name].reply, pages)
    assert not obstacles.is_suspected
    assert " every article page " in obstacles.found[1]
    obstacles.note_answer(page_of(PageKind.ARTICLE, "/archives/2", article(2)))
    obstacles.note_answer(page_of(PageKind.ARTICLE, "/archives/3", article(3)))
    assert obstacles.found is None


def test_wall_that_comes_up_in_a_crawl_is_the_last_obstacle():
    obstacles = Obstacles()
    for number in range(2, 5):
        obstacles.note_answer(page_of(PageKind.ARTICLE, f"/archives/{number}", article(number)))
    assert obstacles.last is None
    ask(obstacles, CASES["Akamai"].reply, PATHS)
    assert obstacles.found is None
    assert obstacles.last[1].startswith("The site answers the last 7 requests with a block of Akamai")


@pytest.mark.parametrize(
    "fallback",
    [
        always("Gull Point Ledger", "".join(f"<p><a href='/archives/{n}'>Story</a></p>" for n in range(9))),
        always("Maintenance of Boats Weekly", f"<p>{'word ' * 500}</p>{'<a href=/>on</a>' * 3}"),
        lambda request: article(sum(request.path.encode())),
        lambda request: everything("Days", f"<a href='/day/{sum(request.path.encode())}'>On</a>", 200)(
            request
        ),
    ],
    ids=["one listing for all", "a magazine on maintenance", "pages", "calendar"],
)
def test_open_site_has_no_obstacle(fallback):
    obstacles = Obstacles()
    ask(obstacles, fallback, PATHS)
    assert obstacles.found is None
    assert not obstacles.is_suspected


def test_few_words_in_one_answer_prove_nothing():
    obstacles = Obstacles()
    ask(obstacles, CASES["consent page"].reply, {"/": PageKind.LISTING})
    assert obstacles.found is None


def test_rest_error_alone_is_no_obstacle():
    obstacles = Obstacles()
    body = b'{"code":"rest_cannot_access","message":"no","data":{"status":401}}'
    closed = Response(401, body, [("Content-Type", "application/json")])
    for path in ("/wp-json/wp/v2/posts", "/wp-json/wp/v2/comments", "/?rest_route=/"):
        obstacles.note_answer(page_of(PageKind.POSTS, path, closed))
    assert obstacles.found is None


@pytest.mark.parametrize(
    ("rules", "whom"),
    [
        ("User-agent: *\nDisallow: /", "to all crawlers"),
        (
            "User-agent: backissue\nDisallow: /\nUser-agent: *\nAllow: /",
            "to the user agent “Backissue”, by name",
        ),
        (
            "User-agent: Searcher\nAllow: /\n\nUser-agent: *\nDisallow: /",
            "to all crawlers but a few that it names",
        ),
        ("User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallow: /", "to all crawlers"),
        ("", "to all crawlers"),
    ],
)
def test_robots_refusal_says_to_whom(rules, whom):
    assert refused_crawlers(rules) == whom
    obstacles = Obstacles()
    obstacles.note_failure(RobotsRefusalError("Forbidden by robots.txt", whom))
    assert obstacles.found[1].startswith(f"The site's robots.txt forbids every request {whom}. ")


def test_every_kind_says_what_helps():
    assert set(HELP) == set(WallKind)


def test_closure_keeps_its_first_moment_and_ends_where_site_was_open():
    first = Closure(kind=WallKind.CHALLENGE, sentence="closed", since=NOON)
    later = replace(first, kind=WallKind.BLOCK, since=NOON + timedelta(days=1))
    assert after_run(None, first, is_open=False) == first
    assert after_run(first, later, is_open=False) == replace(later, since=NOON)
    assert after_run(first, None, is_open=True) is None
    assert after_run(first, None, is_open=False) == first, "a run that sent nothing proves nothing"
