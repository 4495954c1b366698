"""What editors do to a real WordPress stands in the ledger as what it was, and nothing else does."""

import pytest

from tests.builders.crawling import Crawls
from tests.wordpress import WordPress, changes, require

pytestmark = pytest.mark.wordpress
NAMES = ("edited", "restored", "renamed", "merged", "into", "protected", "deleted", "retagged")
LONG_AGO = "2020-01-01T00:00:00Z"


def pass_time(crawls):
    """Let everything be due again, and the next look at what was missed be a second one."""
    for sql in (
        "UPDATE visits SET fetched_at = ? WHERE kind = 'article' RETURNING 1",
        "UPDATE crawl_state SET value = ? WHERE name = 'swept_at' RETURNING 1",
        "UPDATE articles SET missed_at = ? WHERE missed_at IS NOT NULL RETURNING 1",
        "UPDATE comments SET missed_at = ? WHERE missed_at IS NOT NULL RETURNING 1",
    ):
        crawls.rows(sql, LONG_AGO)


def _slug(post):
    return post.url.rstrip("/").rpartition("/")[2].removesuffix(".php")


def _is_like_another(post, truth):
    """True if WordPress would lead the address of this post, once it is gone, to one that begins alike."""
    return any(_slug(other).startswith(_slug(post) + "-") for other in truth.posts)


def _is_plain(post, truth):
    talked = any(comment.post == post.id for comment in truth.comments)
    return talked and "nextpage" not in post.html and not _is_like_another(post, truth)


@pytest.fixture(scope="module", params=["/archives/%year%/%monthnum%/%postname%.php", "/%year%/%postname%/"])
def told(request, tmp_path_factory):
    """The crawls of a site to whose posts things happened, which by what; and its addresses before."""
    require()
    folder = tmp_path_factory.mktemp("history")
    with WordPress(workdir=folder / "wordpress", permalinks=request.param) as site:
        truth = site.truth()
        talked = [post for post in truth.posts if post.kind == "post" and _is_plain(post, truth)]
        posts = dict(zip(NAMES, talked, strict=False))
        posts["misled"] = next(post for post in truth.posts if _is_like_another(post, truth))
        crawls = Crawls(folder, site.url, {"timezone": "America/New_York"})
        crawls.crawl()
        number = {name: post.id for name, post in posts.items()}
        changes.edit_post(site, number["edited"], post_title="The lamp is lit")
        changes.trash_post(site, number["restored"])
        changes.rename(site, number["renamed"], "another-slug")
        changes.merge_posts(site, number["merged"], number["into"])
        changes.protect(site, number["protected"])
        changes.delete_post(site, number["deleted"])
        changes.edit_post(site, number["retagged"], tags_input=["tarpaulin"])
        changes.trash_post(site, number["misled"])
        for _ in range(2):
            pass_time(crawls)
            crawls.crawl()
        changes.restore_post(site, number["restored"])
        changes.unprotect(site, number["protected"])
        pass_time(crawls)
        crawls.crawl()
        yield crawls, posts, [comment for comment in truth.comments if comment.kind == "comment"]


def ledger(told, name, *columns):
    """What happened to an article, in order: its kinds, each with the columns asked for."""
    crawls, posts, _ = told
    rows = crawls.rows(
        "SELECT events.* FROM events JOIN articles ON articles.id = article_id"
        " WHERE post_id = ? AND comment_id IS NULL ORDER BY events.id",
        posts[name].id,
    )
    return [tuple(row[column] for column in ("kind", *columns)) for row in rows]


def test_each_thing_that_was_done_to_a_post_is_told_as_what_it_was(told):
    assert {name: ledger(told, name, "how") for name in told[1]} == {
        "edited": [("edited", None)],
        "restored": [("removed", "removed"), ("returned", "removed")],
        "renamed": [("moved", None)],
        "merged": [("redirected", "redirected")],
        "into": [],
        "protected": [("removed", "protected"), ("returned", "protected")],
        "deleted": [("removed", "removed")],
        "retagged": [("edited", None)],
        "misled": [("redirected", "redirected")],
    }


def test_a_move_names_both_addresses_and_makes_no_article(told):
    crawls, posts, _ = told
    old = posts["renamed"].url
    new = old.rstrip("/").rpartition("/")[0] + "/another-slug" + (".php" if old.endswith(".php") else "/")
    assert ledger(told, "renamed", "old_url", "new_url") == [("moved", old, new)]
    assert ledger(told, "merged", "old_url", "new_url") == [
        ("redirected", posts["merged"].url, posts["into"].url)
    ]
    twice = "SELECT post_id FROM articles GROUP BY post_id HAVING count(*) > 1"
    assert crawls.rows(twice) == []


def test_comments_that_were_merged_into_another_thread_moved_there(told):
    crawls, posts, said = told
    moved = {str(c.id) for c in said if c.post == posts["merged"].id}
    rows = crawls.rows(
        "SELECT site_id, post_id, comments.gone_at FROM events JOIN comments ON comments.id = comment_id"
        " JOIN articles ON articles.id = comments.article_id WHERE events.kind = 'moved'"
    )
    assert {row["site_id"] for row in rows} == moved
    assert {(row["post_id"], row["gone_at"]) for row in rows} == {(posts["into"].id, None)}


def test_nothing_happened_to_any_other_post(told):
    crawls, posts, _ = told
    touched = {
        row["post_id"]
        for row in crawls.rows("SELECT post_id FROM events JOIN articles ON articles.id = article_id")
    }
    assert touched <= {post.id for post in posts.values()}


def test_the_archive_as_it_stood_before_holds_everything_as_it_was(told):
    crawls, posts, _ = told
    [first] = crawls.rows("SELECT min(at) AS at FROM events")
    rows = crawls.rows(
        "SELECT post_id, article_states.title FROM article_states JOIN articles ON articles.id = article_id"
        " WHERE since < :at AND (until >= :at OR until IS NULL)".replace(":at", "?"),
        first["at"],
        first["at"],
    )
    held = {row["post_id"]: row["title"] for row in rows}
    assert {post.id for post in posts.values()} <= held.keys()
    assert held[posts["edited"].id] == posts["edited"].title_shown
