"""A real WordPress that lives between crawls: every change reaches the archive, and none is invented.

The tests of one site stand in the order of a story; each takes the site as it finds it.
"""

from datetime import UTC, datetime, timedelta

import pytest

from tests.builders.crawling import Crawls
from tests.builders.life import Life
from tests.wordpress import WordPress, changes, require

pytestmark = pytest.mark.wordpress

SETTINGS = {
    "REST open": {},
    "REST closed, addresses that end in a slash": {
        "closed": ("rest",),
        "permalinks": "/%year%/%monthnum%/%postname%/",
        "comments_per_page": 10,
    },
}


@pytest.fixture(scope="module", params=SETTINGS, ids=list(SETTINGS))
def life(request, tmp_path_factory):
    require()
    folder = tmp_path_factory.mktemp("life")
    options = SETTINGS[request.param]
    closed = options.get("closed", ())
    with WordPress(workdir=folder / "wordpress", **options) as site:
        crawls = Crawls(folder, site.url, {"timezone": "America/New_York"})
        crawls.crawl()
        yield Life(site, crawls, closed)


@pytest.fixture
def posts(life):
    """The posts with open comments, the oldest first."""
    found = [post for post in life.site.truth().posts if post.kind == "post" and post.comments_open]
    return sorted(found, key=lambda post: post.published)


@pytest.fixture
def alone(life):
    """Comments that nobody answers, the newest first."""
    truth = life.site.truth().comments
    answered = {comment.parent for comment in truth}
    found = [
        c for c in truth if c.kind == "comment" and c.shown and c.id not in answered and c.parent is None
    ]
    held = life.held()
    return [c for c in sorted(found, key=lambda c: c.posted, reverse=True) if c.id in held]


def test_a_quiet_site_costs_two_requests_and_changes_nothing(life):
    before = life.crawls.content()
    assert life.crawls.crawl().requests <= 2
    assert life.crawls.content() == before
    costs = [life.tick(minutes=minutes).requests for minutes in (10, 65, 10)]
    assert max(costs) <= 2, life.crawls.rows("SELECT url, due_why FROM visits WHERE times > 1")


def test_a_reply_in_an_old_thread_is_there_after_one_tick_at_the_cost_of_its_thread(life, posts):
    [number] = life.write(posts[0])
    run = life.tick()
    assert life.comment(number)["text"].startswith("A late letter")
    assert (run.saved.comments_new, run.requests <= 5) == (1, True), run
    assert life.tick().requests <= 2


def test_a_burst_larger_than_the_window_of_the_feed_is_there_after_one_tick(life, posts):
    numbers = life.write(posts[1], 60)
    run = life.tick()
    assert set(numbers) <= life.held()
    assert run.saved.comments_new == 60


def test_a_burst_over_many_threads_is_there_too(life, posts):
    numbers = []
    for post in posts[2:14]:
        numbers += life.write(post, 5)
    life.tick()
    assert set(numbers) <= life.held()


def test_an_edited_comment_is_a_new_version(life, alone):
    changes.edit_comment(life.site, alone[0].id, "On second thoughts, the ferry was late.")
    life.ticks(alone[0].post)
    row = life.comment(alone[0].id)
    assert (row["text"], row["version_count"]) == ("On second thoughts, the ferry was late.", 2)


def test_comments_that_were_hidden_are_gone_after_two_looks_and_back_when_they_are_shown(life, alone):
    hidden = dict(zip(("trash", "spam", "hold"), alone[1:4], strict=True))
    posts = {comment.post for comment in hidden.values()}
    for status, comment in hidden.items():
        changes.set_comment(life.site, comment.id, status)
    life.look_again(*posts)
    life.tick(hours=2)
    for comment in hidden.values():
        assert life.comment(comment.id)["gone_at"] is None, "one look proves nothing"
    life.ticks(*posts)
    for status, comment in hidden.items():
        assert life.comment(comment.id)["gone_how"] == "removed", status
        assert life.comment(comment.id)["text"]
        changes.set_comment(life.site, comment.id, "approve")
    life.ticks(*posts)
    for status, comment in hidden.items():
        assert life.comment(comment.id)["gone_at"] is None, status


def test_a_comment_deleted_for_good_is_gone_and_no_other(life, alone):
    before = life.held()
    changes.delete_comment(life.site, alone[4].id)
    life.ticks()
    assert before - life.held() == {alone[4].id}


def test_a_late_approval_closes_its_gap(life, posts):
    [number] = changes.add_comments(
        life.site, posts[3].id, at=datetime.now(UTC) - timedelta(days=40), status="0"
    )
    life.write(posts[4])
    life.tick()
    life.tick(hours=2)
    assert number not in life.held()
    [gap] = life.crawls.rows("SELECT * FROM moderation_gaps WHERE ? BETWEEN first AND last", number)
    assert gap["ended_at"] is None
    changes.set_comment(life.site, number, "approve")
    life.ticks(posts[3].id)
    assert number in life.held()
    [gap] = life.crawls.rows("SELECT * FROM moderation_gaps WHERE ? BETWEEN first AND last", number)
    assert gap["ended_how"] == "shown"


def test_an_edited_article_is_a_new_version_after_one_tick(life, posts):
    changes.edit_post(life.site, posts[5].id, post_title="Another headline altogether")
    assert life.tick().saved.articles_changed == 1
    [row] = life.crawls.rows("SELECT * FROM articles WHERE post_id = ?", posts[5].id)
    assert row["title"] == "Another headline altogether"


def test_a_new_slug_is_a_move_and_no_new_article(life, posts):
    articles = len(life.crawls.held())
    changes.rename(life.site, posts[6].id, "moved-to-a-new-quay")
    life.tick()
    life.ticks(posts[6].id)
    [row] = life.crawls.rows("SELECT * FROM articles WHERE post_id = ?", posts[6].id)
    assert "moved-to-a-new-quay" in row["url"]
    assert row["gone_at"] is None
    assert len(life.crawls.held()) == articles
    addresses = life.crawls.rows("SELECT url FROM addresses WHERE article_id = ?", row["id"])
    assert {posts[6].url, row["url"]} <= {each["url"] for each in addresses}


def test_a_deleted_post_is_gone_after_two_looks_and_its_text_stays(life, posts):
    changes.delete_post(life.site, posts[7].id)
    for _ in range(3):
        life.look_again(*(post.id for post in posts[7:10]))
        life.tick(hours=2)
    [row] = life.crawls.rows("SELECT * FROM articles WHERE post_id = ?", posts[7].id)
    assert row["gone_at"] is not None
    assert row["text"]


def test_in_the_end_the_archive_shows_what_the_site_shows(life):
    life.ticks()
    truth = life.site.truth()
    shown = {c.id for c in truth.comments if life.rest or c.shown}
    assert life.held() == shown
    held = {row["post_id"] for row in life.crawls.rows("SELECT post_id FROM articles WHERE gone_at IS NULL")}
    assert {post.id for post in truth.posts} <= held
    before = life.crawls.content()
    assert life.crawls.crawl().requests <= 2
    assert life.crawls.content() == before
