"""Whole crawls of sites on other systems than WordPress, imitated from their documentation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders.crawling import Crawls
from tests.fakesite.platforms.blogger import Blogger
from tests.fakesite.platforms.generators import Hugo
from tests.fakesite.platforms.ghost import Ghost
from tests.fakesite.platforms.markup import XML, html, sitemap
from tests.fakesite.platforms.paper import PER_FEED, Answer, Remark, Running, Story, System, serving
from tests.fakesite.platforms.systems import SYSTEMS

Facts = dict[str, object]
_TAGS = "SELECT name FROM article_tags JOIN tags ON tags.id = tag_id WHERE article_id = ? AND kind = ?"
_THREAD = """
SELECT c.author, c.text, c.published, p.text AS answers FROM comments AS c
LEFT JOIN comments AS p ON p.id = c.parent_id WHERE c.article_id = ? AND c.gone_at IS NULL
"""


@pytest.fixture(params=SYSTEMS.values(), ids=SYSTEMS)
def site(request: pytest.FixtureRequest) -> Iterator[Running]:
    with serving(lambda base: request.param(base=base)) as running:
        yield running


def facts(system: System, story: Story, place: int) -> Facts:
    """What an archive should hold of an article; `place` counts from the newest."""
    hidden = frozenset() if place < PER_FEED else system.newest_only
    told = {
        "title": story.title,
        "authors": story.author,
        "published": story.at.isoformat()[:16],
        "tags": story.tags,
    }
    thread = {
        (each.author, each.text, each.at.isoformat()[:16], answered(system, story, each))
        for each in story.remarks
    }
    return {name: value for name, value in told.items() if name not in hidden} | {
        "thread": thread if system.threads else set()
    }


def answered(system: System, story: Story, remark: Remark) -> str | None:
    parents = {each.id: each.text for each in story.remarks}
    return parents.get(remark.parent or 0) if system.nests else None


def held(crawls: Crawls, system: System, story: Story, wanted: Facts) -> Facts | None:
    """What an archive holds of an article, as `facts` says it."""
    rows = crawls.rows("SELECT * FROM articles WHERE url = ?", system.url(story))
    if not rows:
        return None
    row = rows[0]
    found: Facts = {
        "title": row["title"],
        "authors": row["byline"],
        "published": str(row["published"])[:16],
        "tags": [each["name"] for each in crawls.rows(_TAGS, row["id"], system.terms)],
        "thread": {
            (each["author"], each["text"], str(each["published"])[:16], each["answers"])
            for each in crawls.rows(_THREAD, row["id"])
        },
    }
    return {name: found[name] for name in wanted}


def test_everything_is_archived_and_a_quiet_tick_is_cheap(site: Running, tmp_path: Path) -> None:
    crawls = Crawls(tmp_path, site.url)
    crawls.crawl()
    for place, story in enumerate(site.system.stories):
        wanted = facts(site.system, story, place)
        assert held(crawls, site.system, story, wanted) == wanted
        [row] = crawls.rows("SELECT text FROM articles WHERE url = ?", site.system.url(story))
        text = " ".join(str(row["text"]).split())
        shown = story.paragraphs[:1] if story.paid else story.paragraphs
        assert [words for words in shown if words not in text] == []
    others = {row["url"] for row in crawls.rows("SELECT url FROM articles")}
    others -= {site.system.url(story) for story in site.system.stories}
    assert {str(url).removeprefix(site.url) for url in others} <= {"/about/"}
    paid = [site.system.url(story) for story in site.system.stories if story.paid]
    named = crawls.rows("SELECT url FROM problems WHERE code = 'paywalled'")
    assert [row["url"] for row in named] == paid
    before = crawls.content()
    site.taken()
    crawls.crawl()
    assert len(site.taken()) <= 2
    assert crawls.content() == before


class Scripted(Blogger):
    """A thread that a script fills in: the page has none of it."""

    renders = False


def test_thread_of_blogger_is_read_from_its_feed(tmp_path: Path) -> None:
    """Where the page shows none of it; a new answer is found, and a removal by the number that fell."""
    with serving(lambda base: Scripted(base=base)) as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        story = next(story for story in site.system.stories if story.remarks)
        wanted = facts(site.system, story, 0)
        assert held(crawls, site.system, story, wanted) == wanted
        assert crawls.rows("SELECT * FROM problems WHERE code = 'comments-missing'") == []
        first = story.remarks[0]
        late = Remark(9999, "Fay Moor", "So did I, from the ferry.", first.at + timedelta(days=70), first.id)
        story.remarks.append(late)
        removed = story.remarks.pop(2)
        crawls.crawl()
        wanted = facts(site.system, story, 0)
        [row] = crawls.rows("SELECT missed_at FROM comments WHERE text = ?", removed.text)
        assert row["missed_at"] is not None
        thread = held(crawls, site.system, story, wanted)
        assert thread is not None
        assert {each for each in thread["thread"] if each[1] != removed.text} == wanted["thread"]


class OpenGhost(Ghost):
    """A site whose robots.txt leaves the Content API open."""

    is_open = True


def test_content_api_of_ghost_is_used_where_robots_allow_it(tmp_path: Path) -> None:
    with serving(lambda base: OpenGhost(base=base)) as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        asked = [path for path in site.taken() if path.startswith("/ghost/api/content/posts/")]
        assert len(asked) == len(site.system.pages)
        for place, story in enumerate(site.system.stories):
            wanted = facts(site.system, story, place)
            assert held(crawls, site.system, story, wanted) == wanted
        assert crawls.rows("SELECT url FROM articles WHERE title = 'About'")


def test_closed_api_of_ghost_is_not_asked_for(tmp_path: Path) -> None:
    with serving(lambda base: Ghost(base=base)) as site:
        Crawls(tmp_path, site.url).crawl()
        assert [path for path in site.taken() if path.startswith("/ghost/")] == []


def test_verify_claims_nothing_where_no_list_is_whole(tmp_path: Path) -> None:
    """Drupal without a sitemap: all was found by the feed and listing pages, and none of it is proved."""
    with serving(lambda base: SYSTEMS["drupal"](base=base)) as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        done = crawls.program("verify")
        assert "unproved" in done.stdout
        assert "no sitemap names the articles" in done.stdout
        assert crawls.rows("SELECT * FROM coverage WHERE kind = 'article' AND unproved IS NULL") == []


def test_verify_proves_articles_by_the_own_api_of_a_system(tmp_path: Path) -> None:
    """Ghost with an open API: each month is proved by it, and an article that was lost is fetched."""
    with serving(lambda base: OpenGhost(base=base)) as site:
        crawls = Crawls(tmp_path, site.url)
        late = site.system.stories.pop(4)
        crawls.crawl()
        site.system.stories.insert(4, late)
        site.taken()
        crawls.program("verify")
        assert [path for path in site.taken() if path.startswith("/wp-json")] == []
        proofs = crawls.rows("SELECT surface, unproved FROM coverage WHERE kind = 'article'")
        assert {(row["surface"], row["unproved"]) for row in proofs} == {("api", None)}
        crawls.crawl()
        assert crawls.rows("SELECT text FROM articles WHERE url = ?", site.system.url(late))


@pytest.mark.parametrize("name", ["ghost", "hugo", "blogger"])
def test_doctor_asks_a_system_for_its_own_lists_alone(name: str, tmp_path: Path) -> None:
    with serving(lambda base: SYSTEMS[name](base=base)) as site:
        done = Crawls(tmp_path, site.url).program("doctor")
        asked = site.taken()
    assert [path for path in asked if "wp-" in path or "rest_route" in path] == []
    assert len(asked) <= 6
    assert "Open: sitemap, feed" in " ".join(done.stdout.split())


class Monthly(Hugo):
    """A site with neither feed nor links on its front page; its sitemap is an index with a file a month."""

    def answers(self) -> dict[str, Answer]:
        found = {self.path(story): self.story_page(story) for story in self.stories}
        found["/"] = html(self.head("The Quay"), '<main><div id="app"></div></main>')
        months: dict[str, list[Story]] = {}
        for story in self.stories:
            months.setdefault(f"/sitemap-{story.at:%Y-%m}.xml", []).append(story)
        for name, stories in months.items():
            found[name] = sitemap([(self.url(story), story.at.isoformat()) for story in stories])
        entries = "".join(
            f"<sitemap><loc>{self.base}{name}</loc>"
            f"<lastmod>{max(story.at for story in stories).isoformat()}</lastmod></sitemap>"
            for name, stories in months.items()
        )
        space = "http://www.sitemaps.org/schemas/sitemap/0.9"
        index = f'{XML}<sitemapindex xmlns="{space}">{entries}</sitemapindex>'
        found["/sitemap.xml"] = ("application/xml", index)
        return found


def test_files_of_a_sitemap_that_did_not_change_are_not_read_again(tmp_path: Path) -> None:
    with serving(lambda base: Monthly(base=base)) as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        everything = site.taken()
        assert len([path for path in everything if "/sitemap-2" in path]) > 2
        before = crawls.content()
        crawls.crawl()
        assert len(site.taken()) == 2
        assert crawls.content() == before
        newest = max(site.system.stories, key=lambda story: story.at)
        words = ["The tide came in late and left a boat on the slip, which nobody has asked for so far."]
        late = replace(newest, number=900, title="A boat on the slip", paragraphs=words)
        late.at += timedelta(hours=1)
        site.system.stories.append(late)
        crawls.crawl()
        assert [row["url"] for row in crawls.rows("SELECT url FROM articles WHERE url LIKE '%boat-on%'")] == [
            site.system.url(late)
        ]
        assert crawls.rows("SELECT url FROM articles WHERE gone_at IS NOT NULL") == []
