"""The archive against real WordPress: everything that it says is published, item by item, and no more."""

import json
import re

import pytest

from archive.storage.archive import Archive
from tests.builders.crawling import Crawls
from tests.wordpress import WordPress, changes, require
from tests.wordpress.truth import paragraphs

pytestmark = pytest.mark.wordpress

SETTINGS = {
    "classic theme, REST open": {"theme": "classic"},
    "block theme, addresses that end in a slash, newest comments on top, REST open": {
        "theme": "block",
        "permalinks": "/%postname%/",
        "comments_per_page": 5,
        "comment_order": "desc",
    },
    "classic theme, REST closed": {"theme": "classic", "closed": ("rest",)},
    "block theme, oldest comments first, REST closed": {
        "theme": "block",
        "closed": ("rest",),
        "comments_page": "oldest",
        "permalinks": "/%year%/%monthnum%/%day%/%postname%/",
        "comments_per_page": 5,
    },
    "addresses that end in a slash, newest comments first, REST closed": {
        "theme": "classic",
        "closed": ("rest",),
        "permalinks": "/%year%/%monthnum%/%postname%/",
        "comments_per_page": 5,
        "comment_order": "desc",
    },
    "addresses that end in a slash, small pages of comments, REST closed": {
        "theme": "classic",
        "closed": ("rest",),
        "permalinks": "/%year%/%monthnum%/%postname%/",
        "comments_per_page": 5,
    },
    "classic theme, neither REST nor sitemap": {"theme": "classic", "closed": ("rest", "sitemap")},
}


@pytest.fixture(scope="module", params=SETTINGS, ids=list(SETTINGS))
def crawled(request, tmp_path_factory):
    """A site that was crawled twice, the truth about it, and what the second crawl changed."""
    require()
    folder = tmp_path_factory.mktemp("crawled")
    options = SETTINGS[request.param]
    with WordPress(workdir=folder / "wordpress", **options) as site:
        crawls = Crawls(folder, site.url, {"timezone": "America/New_York"})
        first = crawls.crawl()
        before = crawls.content()
        second = crawls.crawl()
        yield crawls, site.truth(), options, (first, second, before)


@pytest.fixture
def held(crawled):
    return {held.article.post_id: held for held in crawled[0].held()}


@pytest.fixture
def truth(crawled):
    return crawled[1]


@pytest.fixture
def posts(truth):
    return [post for post in truth.posts if post.kind == "post"]


def words(text):
    """A text as its words alone, so that white space, markup and typographic quotes do not count."""
    return re.findall(r"\w+", (text or "").casefold())


def test_every_published_post_is_held_and_nothing_else(held, posts, truth):
    pages = {post.id for post in truth.posts if post.kind == "page"}
    assert {post.id for post in posts} <= held.keys()
    assert held.keys() <= {post.id for post in posts} | pages


def test_addresses_and_times_are_wordpress_own(held, posts):
    for post in posts:
        article = held[post.id].article
        assert (article.url, article.published) == (post.url, post.published)


def test_titles_and_authors_are_as_shown(held, posts):
    for post in posts:
        article = held[post.id].article
        assert (article.title or "", article.authors) == (post.title_shown, (post.author,))


def test_tags_and_categories_are_all_there(held, posts):
    for post in posts:
        article = held[post.id].article
        assert set(article.tags) == set(post.tags)
        if article.categories:  # a theme need not show them
            assert set(article.categories) == set(post.categories)


def test_each_paragraph_is_in_the_text_and_nothing_of_the_page_around_it(held, posts, crawled):
    for post in posts:
        shown = post.html
        if crawled[2]["theme"] == "block" and "rest" in crawled[2].get("closed", ()):
            # this theme shows no way to the further parts of an article, which REST alone has
            shown = shown.partition("<!--nextpage-->")[0]
        expected = words(" ".join(paragraphs(shown)).replace(":-)", ""))
        assert words(held[post.id].article.text) == expected, post.url


def test_every_approved_comment_is_held_with_its_parent_author_and_kind(held, truth, crawled):
    by_id = {c.comment.id: (post, c.comment) for post, article in held.items() for c in article.comments}
    closed = "rest" in crawled[2].get("closed", ())
    silent = {post.id for post in truth.posts if post.kind == "page" and crawled[2]["theme"] == "block"}
    for comment in truth.comments:
        if closed and (not comment.shown or comment.post not in held.keys() - silent):
            continue  # only REST tells of replies below a comment that is not approved, and of a page whose
            # template shows no comments
        post, kept = by_id[str(comment.id)]
        assert post == comment.post
        assert kept.kind.value == comment.kind
        assert kept.author == (comment.author or "Anonymous")
        assert kept.author_url == comment.author_url
        if not closed:
            assert kept.parent == (str(comment.parent) if comment.parent else None)


def test_comments_carry_their_time_and_their_words(held, truth, crawled):
    by_id = {c.comment.id: c.comment for article in held.values() for c in article.comments}
    for comment in truth.comments:
        kept = by_id.get(str(comment.id))
        if kept is None or comment.kind != "comment":
            continue  # themes show pings without a time
        if "rest" not in crawled[2].get("closed", ()):
            assert kept.published == comment.posted
        assert words(kept.text or "") == words(" ".join(comment.paragraphs)), comment.id


def test_nothing_hidden_is_in_the_archive_or_among_the_raw_articles(crawled):
    crawls = crawled[0]
    kept = crawls.rows(
        "SELECT group_concat(coalesce(title, '') || coalesce(text, ''), ' ') AS all_text FROM articles"
    )
    said = crawls.rows(
        "SELECT group_concat(coalesce(author, '') || coalesce(text, ''), ' ') AS all_text FROM comments"
    )
    assert "HIDDEN" not in f"{kept} {said}"


def test_no_comment_is_held_that_is_not_published(held, truth):
    published = {str(comment.id) for comment in truth.comments}
    assert {c.comment.id for article in held.values() for c in article.comments} <= published


def test_a_second_crawl_changes_no_row(crawled):
    crawls, _, _, (first, second, before) = crawled
    assert crawls.content() == before
    assert (second.outcome, bool(second.saved)) == ("ok", False)
    assert second.requests < first.requests / 3


def test_a_verification_proves_what_this_site_tells(crawled):
    crawls, _, options, _ = crawled
    done = crawls.program("verify", "--json")
    told = json.loads(done.stdout)
    assert told["coverage"]["missing"] == 0, told["gaps"]
    closed = options.get("closed", ())
    assert done.returncode == (3 if "sitemap" in closed else 0), told["run"]["sentence"]
    assert {row["kind"] for row in told["months"] if row["unproved"]} == (
        {"article"} if "sitemap" in closed else set()
    )
    held = crawls.rows("SELECT count(*) AS n FROM comments WHERE kind = 'comment' AND gone_at IS NULL")[0][
        "n"
    ]
    sums = {
        kind: sum(row["held"] or 0 for row in told["months"] if row["kind"] == kind)
        for kind in ("article", "comment")
    }
    if not closed:
        articles = crawls.rows("SELECT count(*) AS n FROM articles WHERE text IS NOT NULL")[0]["n"]
        assert sums == {"article": articles, "comment": held}


def test_what_happens_unseen_is_found_by_a_verification(tmp_path):
    require()
    with WordPress(workdir=tmp_path / "wordpress") as site:
        crawls = Crawls(tmp_path, site.url, {"timezone": "America/New_York"})
        truth = site.truth()
        late, lost = [c for c in truth.comments if c.kind == "comment" and c.shown and c.parent is None][:2]
        gone = next(post for post in truth.posts if post.kind == "post" and not post.comment_count)
        changes.set_comment(site, late.id, "hold")
        crawls.crawl()
        changes.set_comment(site, late.id, "approve")
        changes.trash_post(site, gone.id)
        with Archive.open(crawls.path) as archive:
            archive.db.execute("PRAGMA foreign_keys = OFF")
            archive.db.execute("DELETE FROM comments WHERE key = ?", [str(lost.id)])
        done = crawls.program("verify", "--json")
        assert done.returncode == 3
        found = {
            (gap["key"], gap["ended_how"]) for gap in json.loads(done.stdout)["gaps"] if gap["ended_how"]
        }
        assert found == {(str(late.id), "read in"), (str(lost.id), "read in")}
        [row] = crawls.rows("SELECT missed_at, gone_at FROM articles WHERE post_id = ?", gone.id)
        assert row["missed_at"] is not None
        assert row["gone_at"] is None, "one look proves no removal"
        assert crawls.program("verify").returncode == 0
