"""JSON Feed, news sitemaps, pages of feeds, and the addresses that systems give."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from archive.core.records import Page, PageKind, Site
from pipeline.platforms import feed_pages
from pipeline.platforms.registry import PLATFORMS, platform_named
from pipeline.process import process
from tests.builders.pages import made_page

HOME = "https://quay.example"
SITE = Site(name="quay", url=HOME)
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:o="http://a9.com/-/spec/opensearchrss/1.0/">{}</feed>'


def answer(body: str, path: str = "/feed", kind: PageKind = PageKind.POSTS_FEED) -> Page:
    url = HOME + path
    at = datetime(2024, 5, 1, tzinfo=UTC)
    return made_page(url, body, source="quay", kind=kind, fetched_at=at)


def json_feed(*items: Any, **more: Any) -> Page:
    said = {"version": "https://jsonfeed.org/version/1.1", "items": list(items), **more}
    return answer(json.dumps(said), "/feed.json")


def test_json_feed_states_articles() -> None:
    item = {
        "id": "https://quay.example/a/",
        "title": "Lamps &amp; ropes",
        "content_html": "<p>They were lit at six, and nobody saw it from the shore.</p>",
        "date_published": "2024-05-01T06:00:00+02:00",
        "tags": ["harbour", "harbour", 7],
        "authors": [{"name": "Ada Quill"}, {"url": "https://quay.example/x"}],
    }
    [article] = process(json_feed(item), SITE).articles
    assert article.url == "https://quay.example/a/"
    assert article.authors == ("Ada Quill",)
    assert article.published == datetime(2024, 5, 1, 4, tzinfo=UTC)
    assert article.tags == ("harbour",)
    assert article.written


@pytest.mark.parametrize(
    "item", [{}, {"title": "No address"}, {"id": 7}, {"url": None}, {"url": "javascript:x"}, {"id": "tag:x"}]
)
def test_item_without_an_address_is_a_problem(item: dict[str, Any]) -> None:
    extract = process(json_feed(item, "no object", None), SITE)
    assert extract.articles == ()
    assert [problem.code for problem in extract.problems] == ["unreadable-entry"]


def test_first_version_of_json_feed_has_one_author() -> None:
    page = json_feed({"url": "/a/"}, version="https://jsonfeed.org/version/1", author={"name": "Ada"})
    [article] = process(page, SITE).articles
    assert (article.url, article.authors) == ("https://quay.example/a/", ("Ada",))


def test_categories_of_a_feed_are_tags_except_in_wordpress() -> None:
    item = "<item><link>{0}/a/</link><category>harbour</category><guid>{1}</guid></item>"
    other = answer(f"<rss><channel>{item.format(HOME, 'x')}</channel></rss>")
    assert process(other, SITE).articles[0].tags == ("harbour",)
    press = answer(f"<rss><channel>{item.format(HOME, f'{HOME}/?p=7')}</channel></rss>")
    assert process(press, SITE).articles[0].tags == ()


NEWS = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://quay.example/a</loc><news:news>
<news:publication><news:name>The Quay</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2024-05-01T06:00:00Z</news:publication_date><news:title>Lamps &amp; ropes</news:title>
<news:keywords>harbour, lamps,</news:keywords></news:news></url>{}</urlset>"""


def test_news_sitemap_states_titles_dates_and_keywords() -> None:
    [article] = process(answer(NEWS.format("")), SITE).articles
    assert article.title == "Lamps & ropes"
    assert article.published == datetime(2024, 5, 1, 6, tzinfo=UTC)
    assert (article.tags, article.language) == (("harbour", "lamps"), "en")


def test_sitemap_with_other_entries_is_none_of_news() -> None:
    mixed = NEWS.format("<url><loc>https://quay.example/b</loc></url>")
    assert process(answer(mixed), SITE).articles == ()


@pytest.mark.parametrize(
    ("page", "system", "following"),
    [
        (answer(ATOM.format('<link rel="next" href="/feed?p=2"/>')), None, "/feed?p=2"),
        (answer(ATOM.format('<link rel="next" href="https://else.example/2"/>')), "Drupal", None),
        (answer(ATOM.format("")), None, "/feed?paged=2"),
        (answer(ATOM.format("")), "WordPress", "/feed?paged=2"),
        (answer(ATOM.format("")), "Ghost", "/feed/2/"),
        (answer(ATOM.format("")), "Blogger", "/feed?start-index=26&max-results=100"),
        (answer(ATOM.format("")), "Hugo", None),
        (json_feed(next_url="/feed/2.json"), None, "/feed/2.json"),
        (json_feed(), "WordPress", None),
    ],
)
def test_next_page_of_a_feed(page: Page, system: str | None, following: str | None) -> None:
    """As the feed states it, else as the system numbers them; never on another site."""
    found = feed_pages.following_url(page, f"{HOME}/feed", 2, 25, platform_named(system))
    assert found == (HOME + following if following else None)


def test_comments_of_blogger_have_numbers_and_parents() -> None:
    entry = (
        "<entry><id>tag:blogger.com,1999:blog-5.post-77</id><published>2024-05-01T06:00:00Z</published>"
        '<content type="html">So it was.</content><author><name>Cora</name></author>'
        f'<link rel="alternate" href="{HOME}/2024/05/a.html?showComment=17#c1187506547871300947"/>'
        '<link rel="related" href="https://www.blogger.com/feeds/5/9/comments/default/42"/></entry>'
    )
    page = answer(ATOM.format(entry), "/feeds/comments/default", PageKind.COMMENTS_FEED)
    [comment] = process(page, SITE).comments
    assert (comment.id, comment.parent, comment.author) == ("1187506547871300947", "42", "Cora")
    assert feed_pages.read_comment_links(page) == ((comment.id, comment.permalink),)


@pytest.mark.parametrize(
    ("system", "path"),
    [
        ("Hugo", "tags/harbour"),
        ("Hugo", "posts"),
        ("Drupal", "taxonomy/term/7"),
        ("Movable Type", "2004/05"),
        ("Substack", "archive"),
    ],
)
def test_lists_of_a_system_are_no_articles(system: str, path: str) -> None:
    platform = platform_named(system)
    assert platform is not None
    assert re.search(platform.lists or "", path)
    assert not re.search(
        platform.lists or "", f"{path}/lamps-of-the-mole" if "term" not in path else "node/7"
    )


def test_systems_are_complete() -> None:
    """Each says where its feed is, and all but WordPress what becomes of their comments."""
    assert len({platform.name for platform in PLATFORMS}) == len(PLATFORMS)
    assert [platform.name for platform in PLATFORMS if not platform.posts_feeds] == []
    assert [platform.name for platform in PLATFORMS if not platform.comments] == ["WordPress"]
