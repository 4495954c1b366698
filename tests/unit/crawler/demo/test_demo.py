"""The demo newspaper: complete as it is shipped, alive while it runs, and whole in an archive of it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from lxml import html

from crawler.demo import past
from crawler.demo.paper import FILE, Paper
from crawler.demo.site import DemoSite
from tests.builders.crawling import Crawls
from tests.fakesite import write_demo
from tests.paths import ROOT

ROOM = ROOT / "crawler" / "demo"
START = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Clock:
    """A time that tests move."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(clock: Clock) -> Iterator[DemoSite]:
    with DemoSite(start=clock.now, now=clock) as running:
        yield running


def get(address: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    asked = Request(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urlopen(asked) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except HTTPError as error:
        return error.code, error.read(), dict(error.headers)


def test_demo_has_at_most_1500_lines() -> None:
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in ROOM.rglob("*.py")) <= 1500


def test_shipped_content_equals_generated_content() -> None:
    """`python -m tests.fakesite.write_demo` writes it."""
    assert json.loads(gzip.decompress(FILE.read_bytes())) == write_demo.content()


def test_links_of_all_pages_lead_somewhere(site: DemoSite) -> None:
    seen, waiting = set(), [f"{site.url}/"]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        status, body, headers = get(address)
        assert status == 200, address
        if headers["Content-Type"].startswith("text/html"):
            page = html.fromstring(body, base_url=address)
            page.make_links_absolute(address)
            waiting += {
                link.partition("#")[0] for _, _, link, _ in page.iterlinks() if link.startswith(site.url)
            }
    pages = {each.removeprefix(site.url) for each in seen}
    assert pages >= {article.path for article in site.paper.articles.values()}
    assert pages >= {term.path for term in site.paper.terms.values() if site.paper.newest(term)}


@pytest.mark.parametrize(
    "path", ["/nothing", "/page/99", "/tag/nothing", "/?p=1", "/archives/2020/01/no.php"]
)
def test_unknown_path_answers_404(site: DemoSite, path: str) -> None:
    assert get(site.url + path)[0] == 404


def test_short_link_leads_to_the_article(site: DemoSite) -> None:
    article = site.paper.newest()[0]
    assert f"postid-{article.id}".encode() in get(f"{site.url}/?p={article.id}")[1]


def test_feeds_answer_304_until_something_happens(site: DemoSite, clock: Clock) -> None:
    for feed in (f"{site.url}/feed", f"{site.url}/comments/feed"):
        tag = get(feed)[2]["ETag"]
        assert get(feed, If_None_Match=tag)[0] == 304
        clock.now += timedelta(minutes=1)
        assert get(feed, If_None_Match=tag)[0] == 200


def test_rest_refuses_a_page_past_the_end(site: DemoSite) -> None:
    status, _, headers = get(f"{site.url}/wp-json/wp/v2/posts?per_page=100&page=2")
    assert (status, headers["X-WP-TotalPages"]) == (200, "2")
    assert get(f"{site.url}/wp-json/wp/v2/posts?per_page=100&page=3")[0] == 400
    assert get(f"{site.url}/wp-json/wp/v2/users")[0] == 404


def test_events_add_edit_and_remove() -> None:
    paper = Paper(START)
    articles, comments = dict(paper.articles), dict(paper.comments)
    assert paper.catch_up(START + timedelta(minutes=30)) > 40
    new = [paper.comments[number] for number in set(paper.comments) - set(comments)]
    assert set(paper.articles) - set(articles), "a new article"
    assert any(paper.articles[number] != articles[number] for number in articles), "an edited article"
    assert any(comments[number] != paper.comments.get(number, comments[number]) for number in comments)
    assert set(comments) - set(paper.comments), "a removed comment"
    assert any(comment.published > START for comment in new), "a new comment"
    assert any(comment.published < START for comment in new), "one that waited in moderation"


def test_first_minute_edits_a_headline_and_moves_an_article(site: DemoSite, clock: Clock) -> None:
    """A stranger sees what sets an archive apart without waiting."""
    before = dict(site.paper.articles)
    assert sum("https://" in article.html for article in before.values()) >= 5
    clock.now += timedelta(seconds=21)
    old = before[549].path
    assert get(site.url + old)[0] == 200, "the old path still leads to the article"
    edited = [each for each in site.paper.articles.values() if each.title != before[each.id].title]
    assert [each.id for each in edited] == [551]
    assert site.paper.articles[549].path != old


def test_events_leave_no_comment_without_its_place() -> None:
    paper = Paper(START)
    while paper.catch_up(START + timedelta(days=365)):
        assert all(comment.article in paper.articles for comment in paper.comments.values())
        assert all(
            not comment.parent or comment.parent in paper.comments for comment in paper.comments.values()
        )


def test_one_start_gives_one_newspaper() -> None:
    first, second = Paper(START), Paper(START)
    for minutes in range(60):
        first.catch_up(START + timedelta(minutes=minutes))
    second.catch_up(START + timedelta(minutes=59))
    assert (first.articles, first.comments, first.changed) == (
        second.articles,
        second.comments,
        second.changed,
    )


def test_no_article_lies_in_the_future_of_an_early_clock() -> None:
    early = datetime(2024, 2, 29, tzinfo=UTC)
    assert max(article.published for article in Paper(early).articles.values()) < early


def test_archive_of_the_demo_is_complete_and_grows(site: DemoSite, clock: Clock, tmp_path: Path) -> None:
    crawls = Crawls(tmp_path, site.url)
    first = crawls.crawl()
    assert (first.saved.articles_new, first.saved.comments_new) == (
        len(site.paper.articles),
        len(site.paper.comments),
    )
    assert first.saved.problems == 0
    proof = crawls.program("verify").stdout
    assert re.match(r"site: incomplete\..* Missing: 1 comment\.", proof), proof
    assert "which is not in this archive" in proof, (
        "the one comment of the story below a page that is no article"
    )
    file = tmp_path / "library.warc.gz"
    past.write(file, site.url, site.paper.start)
    crawls.program("import", str(file), "--witness", past.witness())
    found = crawls.rows("SELECT kind FROM events WHERE witness = ? ORDER BY kind", past.witness())
    assert [row["kind"] for row in found] == ["edited", "edited", "removed", "removed"]
    clock.now += timedelta(minutes=3)
    second = crawls.crawl()
    assert second.saved.comments_new > 0
    held = {int(row["key"]) for row in crawls.rows("SELECT key FROM comments WHERE witness IS NULL")}
    new = {number for number, each in site.paper.comments.items() if each.published > site.paper.start}
    assert new
    assert held >= new
    expected = {(article.title, article.author.name) for article in site.paper.articles.values()}
    assert {
        (row["title"], row["byline"]) for row in crawls.rows("SELECT title, byline FROM articles")
    } == expected
