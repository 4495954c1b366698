"""A real Ghost: its articles and its own comments are in the archive as its own database has them."""

from types import SimpleNamespace
from urllib.request import urlopen

import pytest

from archive.storage.archive import Archive
from tests.builders.crawling import Crawls
from tests.builders.ghost_server import Ghost, newspaper
from tests.builders.life import Life
from tests.builders.talk_life import NAMES, assert_same, check_sixty_changes, look
from tests.fakesite.platforms.paper import stories


@pytest.fixture(scope="module")
def ghost(tmp_path_factory):
    """Twelve articles of the paper, and one for each of NAMES with comments."""
    with Ghost(tmp_path_factory.mktemp("ghost")) as ghost:
        for story in stories():
            ghost.publish(story.title, story.paragraphs, story.at, [*story.tags, "#internal"], story.slug)
        for name, story in zip(NAMES, stories(), strict=False):
            words = [f"Of the {name}. {each}" for each in story.paragraphs]
            ghost.publish(f"The {name} in winter", words, story.at, slug=name)
        yield ghost


@pytest.fixture
def talk(ghost, tmp_path):
    """The site, its server, and the archive's life."""
    life = Life(SimpleNamespace(permalinks="/"), Crawls(tmp_path, ghost.url), {"rest"})
    return SimpleNamespace(site=newspaper(ghost), server=ghost, life=life, crawls=life.crawls)


def assert_articles(talk):
    truth = talk.server.articles()
    found = {
        row["url"].removeprefix(talk.site.url): row for row in talk.crawls.rows("SELECT * FROM articles")
    }
    assert found.keys() == truth.keys()
    for path, row in found.items():
        other = truth[path]
        assert row["title"] == other["title"]
        assert str(row["published"])[:19] == str(other["published_at"])[:19].replace(" ", "T")
        if other["type"] == "post":
            assert row["byline"] == "Ada Moor"
            lines = [line.strip() for line in (other["plaintext"] or "").splitlines() if line.strip()]
            text = " ".join(str(row["text"]).split())
            assert [line for line in lines if line not in text] == []


def assert_edit_and_removal(talk, post, words, slug):
    """An article that is rewritten, and then removed, has these two events and no other has any."""
    talk.server.rewrite(post, words)
    look(talk, 2)
    told = "SELECT kind, url FROM events JOIN articles ON articles.id = article_id ORDER BY events.id"
    edited = {"kind": "edited", "url": f"{talk.server.url}/{slug}/"}
    assert talk.crawls.rows(told) == [edited]
    assert_articles(talk)
    talk.server.remove(post)
    look(talk, 3)
    assert talk.crawls.rows(told) == [edited, edited | {"kind": "removed"}]


def test_articles_are_found_by_the_sitemap_and_proved(talk, ghost):
    """Its robots.txt closes its Content API; a quiet tick takes two requests at most."""
    talk.crawls.crawl()
    assert_articles(talk)
    before = talk.crawls.content()
    run = talk.crawls.crawl()
    assert run.requests <= 2
    assert talk.crawls.content() == before
    assert "by the sitemap" in talk.crawls.program("verify").stdout
    named = " ".join(talk.crawls.program("doctor").stdout.split())
    assert "Open: sitemap, feed" in named


def assert_tags(talk):
    """Each article has its public tags, and no internal one."""
    held = (
        "SELECT url, group_concat(name, '|') AS tags FROM articles"
        " LEFT JOIN article_tags ON article_id = articles.id"
        " LEFT JOIN tags ON tags.id = tag_id GROUP BY url"
    )
    found = {str(row["url"]).removeprefix(talk.site.url): row["tags"] for row in talk.crawls.rows(held)}
    for path, row in talk.server.articles().items():
        assert set((found[path] or "").split("|")) == set((row["tags"] or "").split("|")), path


def test_content_api_is_read_where_robots_allow_it(talk, ghost):
    """Posts with tags and authors come from it, pages beside it; edits and removals are told, and no more."""
    with ghost.open_api():
        story = stories()[0]
        post = ghost.publish("A lamp that went out", story.paragraphs, story.at, ["Lamps"], slug="went-out")
        talk.crawls.crawl()
        surface = "SELECT value FROM crawl_state WHERE name = 'surface'"
        assert talk.crawls.rows(surface) == [{"value": "api"}]
        assert_articles(talk)
        assert_tags(talk)
        before = talk.crawls.content()
        quiet = talk.crawls.crawl()
        assert quiet.requests <= 2
        assert talk.crawls.content() == before
        talk.crawls.program("verify")
        proofs = talk.crawls.rows("SELECT surface, unproved FROM coverage WHERE kind = 'article'")
        assert {(row["surface"], row["unproved"]) for row in proofs} == {("api", None)}
        words = ["The lamp went out at nine, for its oil had been sold.", *story.paragraphs[1:]]
        assert_edit_and_removal(talk, post, words, "went-out")


def test_own_key_opens_the_content_api_where_pages_name_none(talk, ghost, monkeypatch):
    """It is kept in no file; once it is taken back, that is a problem, and the sitemap has the articles."""
    with ghost.open_api(), ghost.keyless_pages():
        assert "data-key" not in urlopen(ghost.url).read().decode()
        integration, key = ghost.new_key()
        monkeypatch.setenv("QUAY_KEY", key)
        talk.crawls.options["api_key"] = "${QUAY_KEY}"
        said = talk.crawls.program("--log-level", "debug", "crawl")
        surface = "SELECT value FROM crawl_state WHERE name = 'surface'"
        assert talk.crawls.rows(surface) == [{"value": "api"}]
        assert_articles(talk)
        assert_tags(talk)
        assert talk.crawls.crawl().requests <= 2
        ghost.take_back(integration)
        with Archive.open(talk.crawls.path) as archive:
            archive.note_state("site", posts_listed_at=None)
        before = talk.crawls.content()
        refused = talk.crawls.program("--log-level", "debug", "crawl")
        assert "refused the key of api_key in [sources.site] (401)" in refused.stdout + refused.stderr
        problems = "SELECT detail FROM problems WHERE code = 'api-not-read' AND ended_at IS NULL"
        [row] = talk.crawls.rows(problems)
        assert "api_key in [sources.site] (401)" in row["detail"]
        assert talk.crawls.content() == before
        talk.crawls.program("export", "warc", str(talk.crawls.folder / "pages.warc"))
        assert key not in said.stdout + said.stderr + refused.stdout + refused.stderr
        for file in talk.crawls.folder.rglob("*"):
            assert not file.is_file() or key.encode() not in file.read_bytes(), file


def test_edit_and_removal_of_an_article_are_told_and_nothing_else(talk, ghost):
    """Other pages show the beginning of its text on a card, which changes with it."""
    story = stories()[0]
    post = ghost.publish("A ferry that turned back", story.paragraphs, story.at, slug="turned-back")
    talk.crawls.crawl()
    assert_articles(talk)
    words = ["The ferry turned back at noon, for the fog had come in from the west.", *story.paragraphs[1:]]
    assert_edit_and_removal(talk, post, words, "turned-back")


def test_thread_of_ghost_is_archived(talk, ghost):
    first = ghost.write("/mole/", "The lamp was out, & not for the first time.", "Ada Ness")
    reply = ghost.write("/mole/", "It was not.", "Bo", parent=first)
    ghost.write("/mole/", "It was, at nine.", "Cy", parent=reply)
    for number in range(5):
        ghost.write("/mole/", f"I saw it {number} times.", "Di", parent=first)
    talk.crawls.crawl()
    assert_same(talk)
    assert talk.crawls.rows("SELECT * FROM problems WHERE ended_at IS NULL AND field = 'comments'") == []


def test_sixty_changes_of_ghost_are_told_and_nothing_else(talk):
    """New comments, replies, edits, removals and returns are known as Ghost's own database has them."""
    check_sixty_changes(talk, 1)
