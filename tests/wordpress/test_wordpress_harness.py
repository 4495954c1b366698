"""The WordPress that stands in for the real world: does it publish what it says, and hide the rest?

These tests prove the harness in tests/wordpress, so that a test of the crawler may trust it. They ask
the site over HTTP only, and compare with what WordPress says of itself.
"""

from __future__ import annotations

import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders.patience import PATIENCE
from tests.wordpress import Comment, Truth, WordPress, WordPressError, changes, needs, require

pytestmark = pytest.mark.wordpress

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture(scope="module")
def ready() -> None:
    require()


@pytest.fixture(scope="module", params=["classic", "block"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, ready: None
) -> Iterator[WordPress]:
    """A site that no test changes, once with each theme."""
    with WordPress(workdir=tmp_path_factory.mktemp("wordpress"), theme=request.param) as running:
        yield running


@pytest.fixture(scope="module")
def truth(site: WordPress) -> Truth:
    return site.truth()


@pytest.fixture
def fresh(tmp_path: Path, ready: None) -> Iterator[WordPress]:
    """A site for one test to change."""
    with WordPress(workdir=tmp_path / "wordpress") as running:
        yield running


def get(url: str) -> tuple[int, str, str]:
    """Status, final address and body of one answer."""
    try:
        with DIRECT.open(url, timeout=PATIENCE) as answer:
            return answer.status, answer.url, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, url, error.read().decode()


def rest(site: WordPress, what: str) -> list[dict[str, Any]]:
    """Everything a REST listing tells, all its pages."""
    address = f"{site.url}/wp-json/wp/v2/{what}?per_page=100&orderby=id&order=asc&page="
    with DIRECT.open(f"{address}1", timeout=PATIENCE) as answer:
        pages, rows = int(answer.headers["X-WP-TotalPages"]), json.load(answer)
    for page in range(2, pages + 1):
        rows += json.loads(get(f"{address}{page}")[2])
    return rows


def comments_on(url: str) -> list[int]:
    """The ids of the comments that one page of HTML shows."""
    return [int(number) for number in re.findall(r'<li[^>]* id="comment-(\d+)"', get(url)[2])]


def comments_at(url: str) -> list[int]:
    """The ids of the comments below a post, page after page until one is empty."""
    found: list[int] = []
    for page in range(1, 20):
        ids = comments_on(f"{url}/comment-page-{page}")
        if not ids or set(ids) <= set(found):
            break
        found += ids
    return found


def ids(rows: Any) -> list[int]:
    return sorted(row["id"] if isinstance(row, dict) else row.id for row in rows)


def test_rest_tells_of_every_published_post_and_of_the_protected_one(site: WordPress, truth: Truth) -> None:
    told = rest(site, "posts")
    protected = [hidden.id for hidden in truth.hidden if hidden.why == "protected"]
    assert len(protected) == 1
    assert ids(told) == sorted([post.id for post in truth.posts if post.kind == "post"] + protected)
    assert [row["content"]["rendered"] for row in told if row["id"] in protected] == [""]
    assert ids(rest(site, "pages")) == ids(post for post in truth.posts if post.kind == "page")


def test_rest_tells_of_every_approved_comment_that_is_no_ping(site: WordPress, truth: Truth) -> None:
    told = {row["id"]: row for row in rest(site, "comments")}
    written = {comment.id: comment for comment in truth.comments if comment.kind == "comment"}
    assert sorted(told) == sorted(written)
    assert {key: row["date_gmt"] for key, row in told.items()} == {
        key: f"{comment.posted:%Y-%m-%dT%H:%M:%S}" for key, comment in written.items()
    }
    assert {key: row["parent"] or None for key, row in told.items()} == {
        key: c.parent for key, c in written.items()
    }


def test_html_shows_every_comment_but_those_that_answer_a_hidden_one(site: WordPress, truth: Truth) -> None:
    for post in truth.posts:
        shown = [comment.id for comment in truth.below(post.id) if comment.shown]
        if post.kind == "page" and site.theme == "block":
            shown = []  # the bundled theme's page template has no place for comments
        assert sorted(comments_at(post.url)) == shown, post.url
    assert [comment.author for comment in truth.comments if not comment.shown] == [
        "Calm Reader", "Calmer Reader", "Fooled Reader", "Bench Friend",
    ]  # fmt: skip


def test_html_shows_the_words_of_an_article_and_of_its_comments(site: WordPress, truth: Truth) -> None:
    post = truth.post("bridge-report")
    page = get(post.url)[2]
    assert post.paragraphs[0].startswith("The inspector walked the old swing bridge")
    assert all(words.split(" &")[0] in page for words in post.paragraphs)
    assert "Otto Brindle" in page
    assert all(comment.author is not None and comment.author in page for comment in truth.below(post.id))


def test_nothing_hidden_is_ever_served(site: WordPress, truth: Truth) -> None:
    surfaces = [
        "/",
        "/page/2",
        "/page/3",
        "/feed",
        "/feed/atom",
        "/comments/feed",
        "/comments/feed/atom",
        "/wp-sitemap.xml",
    ]
    surfaces += [
        "/wp-sitemap.xml",
        "/wp-sitemap-posts-post-1.xml",
        "/wp-json/wp/v2/posts?per_page=100",
        "/?s=HIDDEN",
    ]
    surfaces += [f"/wp-json/wp/v2/comments?per_page=100&page={page}" for page in (1, 2)]
    surfaces += [f"/?p={hidden.id}" for hidden in truth.hidden if hidden.what != "comment"]
    for address in [site.url + path for path in surfaces] + [post.url for post in truth.posts]:
        body = get(address)[2]
        leaked = [hidden.marker for hidden in truth.hidden if hidden.marker and hidden.marker in body]
        assert leaked == [], address


def test_the_seed_holds_what_a_crawler_finds_hard(site: WordPress, truth: Truth) -> None:
    assert len([post for post in truth.posts if post.kind == "post"]) >= 25
    assert len(truth.comments) >= 180
    assert {comment.kind for comment in truth.comments} == {"comment", "pingback", "trackback"}
    posts_hidden = {"draft", "pending", "private", "future", "trash", "protected"}
    comments_hidden = {"spam", "held", "trash", "post hidden", "post-trashed"}
    assert {hidden.why for hidden in truth.hidden} == posts_hidden | comments_hidden
    assert all(hidden.marker for hidden in truth.hidden)
    assert max(_depth(comment, truth) for comment in truth.comments) == 9
    assert (
        len(
            [c for c in truth.below(truth.post("harbour-dredging-readers-have-their-say").id) if not c.parent]
        )
        > 40
    )
    authors = {comment.author for comment in truth.comments}
    assert {"O'Brien & Sons", "Héloïse Übermorgen", "🌊", None} <= authors
    assert {"", "1984", "Рынок на набережной"} <= {post.title for post in truth.posts}
    assert "Rock “n” Roll & the Mayor’s Hat" in {post.title_shown for post in truth.posts}
    edited = [post.title for post in truth.posts if post.modified != post.published]
    assert edited == ["Correction: the whale was a buoy"]


def _depth(comment: Comment, truth: Truth) -> int:
    above = next((other for other in truth.comments if other.id == comment.parent), None)
    return 1 + (_depth(above, truth) if above else 0)


def test_html_tells_the_second_round_of_the_hour_that_comes_twice_an_hour_early(
    site: WordPress, truth: Truth
) -> None:
    """A fault of WordPress itself, which keeps local time; REST and the feeds tell the true moment."""
    post = truth.post("clocks-go-back-tonight")
    listed = get(post.url)[2].partition('id="comment-')[2]
    said = [datetime.fromisoformat(moment) for moment in re.findall(r'<time datetime="([^"]+)"', listed)]
    wrong = [true - shown for true, shown in zip((c.posted for c in truth.below(post.id)), said, strict=True)]
    hour, nothing = timedelta(hours=1), timedelta()
    assert wrong == [nothing, nothing, hour, hour, nothing, nothing]
    feed = re.findall(r"<published>([^<]+)", get(f"{post.url}/feed/atom")[2])
    assert sorted(map(datetime.fromisoformat, feed)) == [comment.posted for comment in truth.below(post.id)]


def test_only_the_loopback_can_reach_it(site: WordPress) -> None:
    port = int(site.url.rsplit(":", 1)[1])
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert {row[1] for row in listening if row[3] == "0A" and row[1].endswith(f":{port:04X}")} == {
        f"0100007F:{port:04X}"
    }


def test_each_door_can_be_closed_alone(fresh: WordPress) -> None:
    doors = {
        "rest": ("/wp-json/wp/v2/posts", 401),
        "comments-feed": ("/comments/feed", 404),
        "feeds": ("/feed", 404),
        "sitemap": ("/wp-sitemap.xml", 404),
    }
    for closed in [None, *doors]:
        fresh.run("update_option('closed_doors', [$door]);", door=closed)
        answers = {door: get(fresh.url + address)[0] for door, (address, _) in doors.items()}
        assert answers == {door: shut if door == closed else 200 for door, (_, shut) in doors.items()}


@pytest.mark.usefixtures("ready")
def test_a_site_is_made_as_its_options_say(tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "comments_per_page": 0,
        "thread_depth": 0,
        "closed": ("sitemap",),
        "timezone": "Asia/Tokyo",
    }
    with WordPress(workdir=tmp_path, permalinks="/%postname%/", **options) as site:
        truth = site.truth()
        post = truth.post("harbour-dredging-readers-have-their-say")
        assert post.url == f"{site.url}/harbour-dredging-readers-have-their-say/"
        assert comments_on(post.url) == [comment.id for comment in truth.below(post.id)]
        assert 'class="children"' not in get(post.url)[2]
        assert get(f"{site.url}/wp-sitemap.xml")[0] == 404
        assert "2013-03-01T23:00:00+09:00" in get(post.url)[2]


@pytest.mark.usefixtures("ready")
def test_comments_come_in_pages_from_the_end_that_was_asked_for(tmp_path: Path) -> None:
    first = {}
    for order in ("newest", "oldest"):
        with WordPress(workdir=tmp_path / order, comments_page=order) as site:
            post = site.truth().post("harbour-dredging-readers-have-their-say")
            first[order] = comments_on(post.url)
            assert comments_on(f"{post.url}/comment-page-9") == []
    assert first["oldest"][0] < first["newest"][0]


def test_changes_are_seen_from_outside(fresh: WordPress) -> None:
    before = fresh.truth()
    post, newest = before.post("bridge-report"), before.post("storm-expected-on-thursday")
    gone, edited, erased = (comment.id for comment in before.below(post.id)[:3])
    held = next(hidden.id for hidden in before.hidden if hidden.marker == "HIDDENHELD")
    changes.set_comment(fresh, gone, "trash")
    changes.edit_comment(fresh, edited, 'It\'s "quite" different \\ now.')
    changes.delete_comment(fresh, erased)
    assert changes.existing_comments(fresh, [gone, edited, erased]) == {gone, edited}
    changes.set_comment(fresh, held, "approve")
    changes.rename(fresh, newest.id, "storm-delayed")
    changes.protect(fresh, before.post("fish-prices-this-week").id)
    changes.delete_post(fresh, before.post("1984").id)
    changes.trash_post(fresh, before.post("written-in-blocks").id)
    late = changes.add_comments(fresh, newest.id, 60, datetime.now(UTC) + timedelta(minutes=1))
    new = changes.publish(fresh, "Storm & calm", "The storm's “gone”.")
    shown = comments_at(post.url)
    assert gone not in shown
    assert erased not in shown
    assert "different \\ now." in get(post.url)[2]
    assert held in comments_at(before.post("ferry-timetable-changes-on-monday").url)
    assert get(newest.url)[1] == newest.url.replace("storm-expected-on-thursday", "storm-delayed")
    assert 'type="password"' in get(before.post("fish-prices-this-week").url)[2]
    assert {get(before.post(slug).url)[0] for slug in ("1984", "written-in-blocks")} == {404}
    assert set(late) <= set(comments_at(fresh.truth().post("storm-delayed").url))
    assert "Storm &amp; calm" in get(f"{fresh.url}/?p={new}")[2]
    assert ids(rest(fresh, "comments")) == ids(c for c in fresh.truth().comments if c.kind == "comment")


def test_php_runs_inside_with_the_values_it_is_given(fresh: WordPress) -> None:
    value = {"who": 'O\'Brien & "Sons" \\ $x 🌊'}
    assert json.loads(fresh.run("echo json_encode($told);", told=value)) == value
    assert fresh.run("echo get_bloginfo('name'), ' ', home_url();") == f"The Tidewater Gazette {fresh.url}"
    with pytest.raises(WordPressError, match="out of ink"):
        fresh.run("throw new Exception('out of ink');")


def test_a_stopped_site_is_gone_and_comes_back_at_the_same_address(fresh: WordPress) -> None:
    address, before = fresh.url, fresh.truth()
    fresh.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(address.rsplit(":", 1)[1]))) != 0
    fresh.start()
    assert fresh.url == address
    assert fresh.truth() == before
    assert get(before.posts[0].url)[0] == 200


def test_a_site_that_cannot_start_says_why(fresh: WordPress) -> None:
    fresh.stop()
    (fresh.htdocs / "index.php").write_text("<?php throw new Exception('the press is jammed');")
    with pytest.raises(WordPressError, match="the press is jammed"):
        fresh.start()


def test_a_missing_wordpress_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(needs, "CACHE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert needs.missing() == ["php"]
    (tmp_path / "php").write_text("#!/bin/sh\necho 'mbstring xml simplexml dom'")
    (tmp_path / "php").chmod(0o755)
    assert needs.missing("6.5") == ["PHP's pdo_sqlite", "wp-6.5.zip", needs.DRIVER]
    monkeypatch.setenv("BACKISSUE_REQUIRE", "browser,wordpress")
    with pytest.raises(pytest.fail.Exception, match=r"pdo_sqlite.*`make wordpress`"):
        require()
    monkeypatch.delenv("BACKISSUE_REQUIRE")
    with pytest.raises(pytest.skip.Exception, match=r"pdo_sqlite.*`make wordpress`"):
        require()
