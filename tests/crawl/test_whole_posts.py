"""What a post has that its page or an old REST does not show: further parts, and terms above ten."""

import json
from dataclasses import replace

import pytest

from archive.core.records import Article, Extract, PageKind, Surface
from archive.storage.archive import Archive
from pipeline import process
from tests.builders.crawling import Crawls
from tests.builders.pages import made_page
from tests.builders.stories import NOON, SITE
from tests.fakesite import Fault, SampleSite

URL = "https://gazette.example/archives/2009/07/lamps/"
TAGS = tuple(f"tag {n}" for n in range(14))
PARTS = tuple(f"Part {n} has a sentence of its own that nobody else would write." for n in (1, 2, 3))


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        yield archive


def page(kind=PageKind.ARTICLE, body=b"", url=URL):
    return made_page(url, body, source="gull", kind=kind, fetched_at=NOON)


def listing(archive, given, *, ids=None, content=None):
    terms = [{"id": n, "taxonomy": "post_tag", "name": name} for n, name in enumerate(given)]
    entry = {"id": 7, "link": URL, "title": {"rendered": "Lamps"}, "tags": list(range(ids or len(given)))}
    entry |= {"_embedded": {"wp:term": [terms]}, "content": {"protected": False}}
    if content:
        entry["content"]["rendered"] = content
    answer = page(PageKind.POSTS, json.dumps([entry]).encode(), "https://gazette.example/wp-json/wp/v2/posts")
    archive.save(answer, process(answer, SITE))


def shown(archive, **facts):
    origins = tuple((name, "page:entry") for name in facts)
    article = Article(url=URL, post_id=7, title="Lamps", origins=origins, **facts)
    archive.save(page(), Extract(surface=Surface.PAGE, articles=(article,)))


def held_tags(archive):
    return {row["name"] for row in archive.db.query("SELECT name FROM tags JOIN article_tags ON tag_id = id")}


def events(archive):
    return list(archive.db.query("SELECT * FROM events"))


def test_page_completes_the_ten_tags_of_old_rest(archive):
    listing(archive, TAGS[:10], ids=14)
    shown(archive, tags=TAGS, text="Text.")
    listing(archive, TAGS[:10], ids=14)
    assert held_tags(archive) == set(TAGS)
    listing(archive, TAGS)  # the site was brought to WordPress 6.5
    assert held_tags(archive) == set(TAGS)
    assert events(archive) == []


def test_ten_tags_without_a_page_that_lists_them_are_kept(archive):
    listing(archive, TAGS[:10], ids=14)
    shown(archive, text="Text.")
    assert held_tags(archive) == set(TAGS[:10])
    listing(archive, TAGS)
    assert (held_tags(archive), events(archive)) == (set(TAGS), [])


def test_archive_from_before_is_no_edit_after_the_upgrade(archive):
    listing(archive, TAGS[:10])
    listing(archive, TAGS)
    assert (held_tags(archive), events(archive)) == (set(TAGS), [])


def test_further_tag_of_rest_is_an_edit(archive):
    listing(archive, TAGS[:9])
    listing(archive, TAGS[:10])
    assert [event["kind"] for event in events(archive)] == ["edited"]


def test_theme_without_links_to_parts_takes_none_away(archive):
    for number, text in enumerate(PARTS, 1):
        shown(archive, text=text, part=number, parts=3, further=number > 1)
    shown(archive, text=PARTS[0])
    [row] = archive.db.query("SELECT text FROM articles")
    assert row["text"] == "\n\n".join(PARTS)
    assert events(archive) == []


def test_article_in_one_piece_again_has_each_part_once(archive):
    for number, text in enumerate(PARTS, 1):
        shown(archive, text=text, part=number, parts=3, further=number > 1)
    shown(archive, text="\n\n".join(PARTS))
    [row] = archive.db.query("SELECT text FROM articles")
    assert row["text"] == "\n\n".join(PARTS)


def test_rest_gives_all_parts_with_their_markdown(archive):
    paragraphs = [
        f"<p>{text} It goes on <a href='https://a.example/{n}'>there</a>.</p>" for n, text in enumerate(PARTS)
    ]
    listing(archive, ("lamps",), content="\n<!--nextpage-->\n".join(paragraphs))
    shown(archive, text=PARTS[0], markdown=PARTS[0])
    [row] = archive.db.query("SELECT text, markdown FROM articles")
    assert all(text in row["text"] for text in PARTS)
    assert "https://a.example/2" in row["markdown"]
    assert events(archive) == []


class NoLinks(Fault):
    """A block theme, which prints no links to the further parts of an article."""

    def answer(self, _request, ordinary, /):
        sound = ordinary()
        head, _, rest = sound.body.partition(b'<div class="page-links"')
        return replace(sound, body=head + rest.partition(b"</div>")[2]) if rest else sound


def test_crawl_of_a_theme_without_links_holds_the_whole(tmp_path):
    with SampleSite(articles=30, comments=10) as site:
        site.faults.add(NoLinks(match="/archives/*"))
        divided = [article for article in site.articles if article.pages > 1 and not article.protected]
        assert divided
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        for article in divided:
            [row] = crawls.rows("SELECT text FROM articles WHERE post_id = ?", article.id)
            assert article.paragraphs[-1][:40] in row["text"]
            [visit] = crawls.rows("SELECT times FROM visits WHERE url = ?", article.url)
            assert visit["times"] == 1
        assert crawls.crawl().saved.articles_changed == 0
