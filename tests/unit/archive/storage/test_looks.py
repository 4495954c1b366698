"""What is concluded from looks at known comments, and the ledger of ids that were never seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.core.records import Article, Comment, CommentKind, Extract, Site, Surface
from archive.storage.archive import Archive
from archive.tables.observations import ThreadLook, Window
from tests.builders.pages import made_page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://gazette.example/archives/2026/03/ice.php"


def hours(number):
    return NOON + timedelta(hours=number)


def comment(number, parent=None, kind="comment"):
    return Comment(
        id=str(number),
        parent=parent and str(parent),
        author="E",
        text=f"Number {number}.",
        kind=CommentKind(kind),
        origins=(("parent", "page:dom"),),
    )


def show(archive, *comments, at=NOON, stated=None, surface=Surface.PAGE, name="ice", post_id=7):
    url = URL.replace("ice", name)
    page = made_page(url, fetched_at=at)
    article = Article(url=url, post_id=post_id, title="Ice", text="Ice.", comments_stated=stated)
    return archive.save(page, Extract(surface=surface, articles=(article,), comments=comments))


def window(*shown, at, first=0, last=1 << 62, total=None):
    ids = frozenset(map(str, shown))
    return Window(source="gazette", first=first, last=last, shown=ids, looked_at=at, total=total)


def thread(*shown, at, **said):
    ids = frozenset(map(str, shown))
    return ThreadLook(source="gazette", url=URL, shown=ids, looked_at=at, **said)


def gone(archive):
    return {row["key"] for row in archive.db.query("SELECT key FROM comments WHERE gone_at IS NOT NULL")}


def gaps(archive):
    sql = "SELECT first, last, looks, ended_how FROM moderation_gaps ORDER BY first"
    return [tuple(row.values()) for row in archive.db.query(sql)]


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(Site(name="gazette", url="https://gazette.example"), "2026-03-01T12:00:00Z")
        yield archive


# -- windows ------------------------------------------------------------------------------------------


def test_what_two_windows_leave_out_is_gone_and_what_lies_outside_them_is_not(archive):
    show(archive, *map(comment, range(10, 20)))
    for hour in (1, 3):
        archive.note_look(window(12, 13, 15, 16, at=hours(hour), first=12, last=16))
    assert gone(archive) == {"14"}


def test_a_window_says_nothing_about_pings(archive):
    show(archive, comment(10), comment(11, kind="pingback"), comment(12))
    for hour in (1, 3):
        archive.note_look(window(10, 12, at=hours(hour)))
    assert gone(archive) == set()


@pytest.mark.parametrize(("total", "expected"), [(None, 0), (12, 0), (5, 7)])
def test_a_window_without_most_comments_is_believed_only_if_the_total_has_fallen_too(
    archive, total, expected
):
    show(archive, *map(comment, range(10, 20)))
    archive.note_state("gazette", hidden_comments=2)
    for hour in (1, 3):
        archive.note_look(window(10, 11, 12, at=hours(hour), total=total))
    assert len(gone(archive)) == expected


# -- times --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["page", "feed"])
def test_time_of_a_feed_stands_over_a_printed_one(archive, first):
    """wpDiscuz prints local times, and the comments feed has them in UTC: neither is an edit of the other."""
    printed = replace(comment(1), published=NOON, origins=(("published", "page:printed"),))
    exact = replace(comment(1), published=hours(5), origins=(("published", "feed:pubDate"),))
    order = [(printed, Surface.PAGE), (exact, Surface.FEED), (printed, Surface.PAGE)]
    for hour, (said, surface) in enumerate(order if first == "page" else [*order[1:], *order[1:]]):
        show(archive, said, at=hours(hour), surface=surface)
    [row] = archive.db.query("SELECT published, version_count FROM comments")
    assert (row["published"], row["version_count"]) == ("2026-03-01T17:00:00Z", 1)


# -- threads ------------------------------------------------------------------------------------------


def look_twice(archive, *shown, stated, pings_only=False):
    for hour in (1, 3):
        show(archive, at=hours(hour), stated=stated)
        archive.note_look(thread(*shown, at=hours(hour), pings_only=pings_only))


@pytest.mark.parametrize(
    ("shown", "pings_only", "said"), [((), False, True), ((1,), False, False), ((), True, False)]
)
def test_thread_that_shows_nothing_any_more_is_a_problem(archive, shown, pings_only, said):
    """As on a site that has moved its comments to another system; it ends when they are shown again."""
    show(archive, comment(1), comment(2), stated=2)
    look_twice(archive, *shown, stated=None, pings_only=pings_only)
    sql = "SELECT detail FROM problems WHERE code = 'comments-unreadable' AND ended_at IS NULL"
    found = [row["detail"] for row in archive.db.query(sql)]
    assert (bool(found), gone(archive)) == (said, set())
    assert all("Held as last seen: 2." in detail for detail in found)
    show(archive, comment(1), comment(2), at=hours(5), stated=2)
    assert not list(archive.db.query(sql))


@pytest.mark.parametrize("stated", [2, None], ids=["counted before", "never counted"])
def test_a_thread_that_two_surfaces_show_empty_is_removed(archive, stated):
    """Its page states no number without comments, and the feed of the thread has none."""
    show(archive, comment(1), comment(2, parent="1"), stated=stated)
    for hour in (1, 3):
        show(archive, at=hours(hour))
        archive.note_look(thread(at=hours(hour), empty=True))
        show(archive, at=hours(hour + 1), name="snow", post_id=8, stated=1)
    assert gone(archive) == {"1", "2"}
    assert not list(archive.db.query("SELECT 1 FROM problems WHERE ended_at IS NULL"))


def test_a_comment_that_neither_the_thread_nor_its_heading_has_any_more_is_gone(archive):
    show(archive, comment(1), comment(2), comment(3), stated=3)
    look_twice(archive, 1, 3, stated=2)
    assert gone(archive) == {"2"}


@pytest.mark.parametrize(
    ("shown", "stated"),
    [((), 3), ((), None), ((1,), 3), ((1,), None), ((3,), 2)],
    ids=["another theme", "no count", "load more", "load more, no count", "more absent than the count says"],
)
def test_a_theme_that_shows_less_has_removed_nothing(archive, shown, stated):
    show(archive, comment(1), comment(2), comment(3))
    look_twice(archive, *shown, stated=stated)
    assert gone(archive) == set()


def test_where_no_thread_is_left_anywhere_readers_write_elsewhere_now(archive):
    show(archive, comment(1), comment(2), stated=2)
    look_twice(archive, stated=0)
    assert gone(archive) == set()
    show(archive, at=hours(4), stated=1, name="thaw", post_id=8)
    archive.note_look(thread(at=hours(5)))
    assert gone(archive) == {"1", "2"}


def test_replies_below_a_hidden_comment_are_hidden_and_not_gone(archive):
    show(archive, comment(1), comment(2, parent=1), comment(3, parent=2), comment(4), stated=4)
    look_twice(archive, 4, stated=3)
    assert gone(archive) == {"1"}


def test_a_theme_that_shows_no_pings_has_removed_none(archive):
    show(archive, comment(1), comment(2), comment(3, kind="pingback"), stated=3)
    look_twice(archive, 1, 2, stated=2)
    assert gone(archive) == set()


def test_where_rest_tells_the_comments_a_thread_tells_of_pings_alone(archive):
    show(archive, comment(1), comment(2), comment(3, kind="pingback"), comment(4, kind="trackback"), stated=4)
    look_twice(archive, 1, 3, stated=2, pings_only=True)
    assert gone(archive) == {"4"}


# -- gaps ---------------------------------------------------------------------------------------------


def test_gaps_are_the_same_in_whatever_order_comments_come(archive, tmp_path):
    for number in (10, 20, 14, 15, 5, 30):
        show(archive, comment(number))
    at_once = Archive.open(tmp_path / "other.db")
    at_once.add_source(Site(name="gazette", url="https://gazette.example"), "2026-03-01T12:00:00Z")
    show(at_once, *map(comment, (5, 10, 14, 15, 20, 30)))
    assert (
        gaps(archive)
        == gaps(at_once)
        == [
            (6, 9, 0, None),
            (11, 13, 0, None),
            (16, 19, 0, None),
            (21, 29, 0, None),
        ]
    )
    at_once.close()


def test_a_late_approval_ends_its_gap_and_the_rest_stays_open(archive):
    show(archive, comment(10), comment(20))
    archive.note_state("gazette", crawled_at=datetime(2026, 3, 1, 13, tzinfo=UTC))
    archive.note_look(window(10, 20, at=hours(2)))
    show(archive, comment(15), at=hours(3))
    assert gaps(archive) == [(11, 14, 1, None), (15, 15, 1, "shown"), (16, 19, 1, None)]


def test_a_gap_that_no_look_has_filled_for_a_month_was_never_shown(archive):
    show(archive, comment(10), comment(12), comment(20))
    archive.note_look(window(10, 12, at=hours(24 * 31), first=10, last=12))
    assert gaps(archive) == [(11, 11, 1, "never shown"), (13, 19, 0, None)]


def test_ids_that_are_no_numbers_have_no_place_in_the_row(archive):
    show(archive, comment(10), comment("x9"), comment("9" * 30), comment(12))
    assert gaps(archive) == [(11, 11, 0, None)]


@pytest.mark.parametrize(("lost", "later"), [(20, 25), (10, 5)])
def test_a_gap_stays_one_where_the_comment_beside_it_has_lost_its_id(archive, lost, later):
    show(archive, comment(10), comment(20))
    archive.db.execute("UPDATE comments SET key = '~was:1', site_id = NULL WHERE site_id = ?", [str(lost)])
    assert show(archive, comment(later), name="snow", post_id=8).comments_new == 1
    wanted = sorted([(11, 19), (20, 24) if later > lost else (6, 10)])
    assert [gap[:2] for gap in gaps(archive)] == wanted


def test_number_that_counts_replies_below_a_hidden_comment_proves_a_removal_by_its_fall(archive):
    """The page states four more than it shows, all the time; then one less of both."""
    comments = [comment(number) for number in (1, 2, 3)]
    show(archive, *comments, stated=7)
    archive.note_look(thread(1, 2, 3, at=NOON))
    for hour, stated in ((1, 7), (3, 7), (5, 6), (7, 6)):
        show(archive, at=hours(hour), stated=stated)
        archive.note_look(thread(1, 3, at=hours(hour)))
        assert gone(archive) == ({"2"} if hour == 7 else set())


def test_reply_below_a_removed_comment_hides_no_removal_beside_it(archive):
    show(archive, comment(1), comment(2, parent=1), comment(3), comment(4), stated=4)
    for hour, stated, shown, removed in (
        (1, 3, (3, 4), set()),
        (3, 3, (3, 4), {"1"}),
        (5, 2, (4,), {"1"}),
        (7, 2, (4,), {"1", "3"}),
    ):
        show(archive, at=hours(hour), stated=stated)
        archive.note_look(thread(*shown, at=hours(hour)))
        assert gone(archive) == removed


def test_part_of_a_thread_is_no_removal_where_more_is_stated_than_shown(archive):
    show(archive, *map(comment, range(1, 7)), stated=9)
    archive.note_look(thread(*range(1, 7), at=NOON))
    look_twice(archive, 1, 2, 3, stated=9)
    assert gone(archive) == set()
