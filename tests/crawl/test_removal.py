"""A removed article is known within the day, with its comments as one event; an ill site removes none."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from archive.core.records import Extract, Problem, Surface
from archive.storage.archive import Archive
from archive.tables.observations import Listing, Missing, ThreadLook
from tests.builders.crawling import Crawls
from tests.builders.pages import made_page
from tests.builders.stories import NOON, SITE, Story, visit
from tests.fakesite import Fault, RestClosed, SampleSite, SoftNotFound
from tests.fakesite import Missing as NoPage

HOUR = timedelta(hours=1)


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        for number in range(10):
            visit(archive, Story(number=number, comments=4), NOON)
        yield archive


def absent(archive, number, at, *, status=404, codes=()):
    story = Story(number=number)
    page = made_page(story.url, source="gull", status=status, fetched_at=at)
    problems = tuple(Problem(code=code, detail="It is not there.") for code in codes)
    return archive.save(page, Extract(surface=Surface.PAGE, problems=problems))


def events(archive):
    sql = "SELECT kind, article_id, comment_id FROM events WHERE how IS NOT 'article gone'"
    return [tuple(row.values()) for row in archive.db.query(sql)]


def doubted(archive):
    sql = "SELECT id FROM articles WHERE missed_at IS NOT NULL AND gone_at IS NULL"
    return [row["id"] for row in archive.db.query(sql)]


def listing(archive, at, *, without=()):
    posts = frozenset(70 + number for number in range(10) if number not in without)
    return archive.note_look(Listing(source="gull", posts=posts, looked_at=at))


def test_whole_thread_missed_doubts_the_article_first(archive):
    ids = tuple(str(200 + n) for n in range(4))
    for hours in (1, 3, 4):
        archive.note_look(Missing(source="gull", ids=ids, looked_at=NOON + hours * HOUR))
    assert doubted(archive) == [3]
    assert events(archive) == []
    visit(archive, Story(number=7, comments=4), NOON + 4.5 * HOUR)
    absent(archive, 2, NOON + 5 * HOUR)
    archive.note_look(Missing(source="gull", ids=ids, looked_at=NOON + 6 * HOUR))
    assert events(archive) == [("removed", 3, None)]


def test_whole_thread_missed_while_the_page_is_good_is_removed(archive):
    ids = tuple(str(200 + n) for n in range(4))
    for hours in (1, 3):
        archive.note_look(Missing(source="gull", ids=ids, looked_at=NOON + hours * HOUR))
    visit(archive, Story(number=2), NOON + 5 * HOUR)
    archive.note_look(Missing(source="gull", ids=ids, looked_at=NOON + 6 * HOUR))
    assert [kind for kind, _, _ in events(archive)] == ["removed"] * 4


def test_article_that_the_list_lacks_is_gone_at_the_first_look_at_its_page(archive):
    listing(archive, NOON + HOUR, without=(5,))
    assert doubted(archive) == [6]
    assert absent(archive, 5, NOON + 3 * HOUR).gone == 1
    assert events(archive) == [("removed", 6, None)]


def by_sitemap(archive, urls, at):
    return archive.note_look(Listing(source="gull", urls=frozenset(urls), looked_at=at))


def test_sitemap_that_names_another_address_of_an_article_lists_it(archive):
    urls = [row["url"] for row in archive.db.query("SELECT url FROM articles ORDER BY id")]
    other = "https://gull.example/moved/"
    row = {"source": "gull", "url": other, "article_id": 5, "first_seen": "2026-03-01T12:00:00Z"}
    archive.db["addresses"].insert(row)
    by_sitemap(archive, [*urls[:4], other, *urls[5:9]], NOON + HOUR)
    assert doubted(archive) == [10]


def test_statements_of_a_sitemap_do_not_grow_with_the_articles_that_it_lacks(archive):
    urls = [row["url"] for row in archive.db.query("SELECT url FROM articles ORDER BY id")]
    counts = []
    for named in (urls[:5], urls[:1]):
        statements = []
        archive.db.conn.set_trace_callback(statements.append)
        by_sitemap(archive, named, NOON + HOUR)
        archive.db.conn.set_trace_callback(None)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_list_that_lacks_most_articles_doubts_none(archive):
    listing(archive, NOON + HOUR, without=range(6))
    assert doubted(archive) == []


def test_article_shown_though_not_listed_is_doubted_more_and_more_rarely(archive):
    doubts = 0
    for day in range(1, 65):
        at = NOON + day * 24 * HOUR
        listing(archive, at, without=(5,))
        if doubted(archive):
            doubts += 1
            visit(archive, Story(number=5, comments=4), at + 2 * HOUR)
    assert doubts <= 8
    assert events(archive) == []


@pytest.mark.parametrize("code", ["soft-404", "not-this-article"])
def test_page_that_is_not_the_article_twice_is_a_removal(archive, code):
    absent(archive, 4, NOON + HOUR, status=200, codes=(code,))
    visit(archive, Story(number=7, comments=4), NOON + 2 * HOUR)
    assert absent(archive, 4, NOON + 3 * HOUR, status=200, codes=(code,)).gone == 1
    visit(archive, Story(number=4, comments=4), NOON + 9 * HOUR)
    assert [kind for kind, _, _ in events(archive)] == ["removed", "returned"]


def test_named_wall_is_no_removal(archive):
    for hours in (1, 3, 30):
        absent(archive, 4, NOON + hours * HOUR, status=200, codes=("not-this-article", "maintenance"))
        visit(archive, Story(number=7, comments=4), NOON + (hours + 1) * HOUR)
    assert events(archive) == []
    assert doubted(archive) == []


@pytest.mark.parametrize(("status", "codes"), [(404, ()), (200, ("not-this-article",))])
def test_half_of_all_pages_absent_is_no_removal(archive, status, codes):
    """For 62 hours, every other request is answered as if nothing were there."""
    for hour in range(1, 63):
        for number in range(10):
            at = NOON + hour * HOUR + timedelta(minutes=number)
            if (hour * 7 + number * 5 + hour * number) % 4 < 2:
                absent(archive, number, at, status=status, codes=codes)
            else:
                visit(archive, Story(number=number, comments=4), at)
    assert events(archive) == []


def test_stale_copies_of_a_thread_remove_no_comment(archive):
    """Two nodes of a CDN for fourteen hours, one of which lacks the three newest comments."""
    url, old = Story(number=1).url, Story(number=1, comments=1)
    new = Story(number=1, comments=4)
    for number, stale in enumerate((1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1)):
        at = NOON + (number + 1) * HOUR
        story = old if stale else new
        visit(archive, story, at)
        shown = frozenset(str(100 + n) for n in range(story.comments))
        archive.note_look(ThreadLook(source="gull", url=url, shown=shown, looked_at=at))
    assert events(archive) == []


def test_newest_comment_that_stays_away_is_removed(archive):
    url = Story(number=1).url
    for hours in (1, 3, 6):
        at = NOON + hours * HOUR
        visit(archive, Story(number=1, comments=3), at)
        shown = frozenset(str(100 + n) for n in range(3))
        archive.note_look(ThreadLook(source="gull", url=url, shown=shown, looked_at=at))
    assert [kind for kind, _, _ in events(archive)] == ["removed"]


# -- by whole crawls --------------------------------------------------------------------------------


def pass_time(crawls, hours):
    """Make the archive take all it knows for older than it is."""
    columns = {
        "visits": ("fetched_at", "good_at", "changed_at", "first_fetched", "due_at"),
        "comments": ("missed_at", "first_seen", "changed_at"),
        "articles": ("missed_at", "first_seen", "changed_at"),
        "unlisted": ("since", "shown_at"),
    }
    with Archive.open(crawls.path) as archive:
        for table, names in columns.items():
            for name in names:
                archive.db.execute(
                    f"UPDATE {table} SET {name} = strftime('%Y-%m-%dT%H:%M:%SZ', {name}, '-{hours} hours')"
                    f" WHERE {name} IS NOT NULL"
                )
        archive.db.execute(
            f"UPDATE crawl_state SET value = strftime('%Y-%m-%dT%H:%M:%SZ', value, '-{hours} hours')"
            " WHERE value GLOB '20??-*Z'"
        )


@pytest.mark.parametrize(("closed", "soft"), [(False, False), (True, True)], ids=["REST open", "soft 404"])
def test_trashed_post_is_one_event_within_the_day(tmp_path, closed, soft):
    with SampleSite(articles=14, comments=40) as site:
        if closed:
            site.faults.add(RestClosed(match="/wp-json/*"))
            site.faults.add(RestClosed(match="*rest_route*"))
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        article = max(
            (a for a in site.articles if not a.protected),
            key=lambda a: sum(comment.article_id == a.id for comment in site.comments),
        )
        site.trash_article(article.id)
        if soft:
            site.faults.add(SoftNotFound(match=f"{article.url.removeprefix(site.url)}*"))
        for hours in (2, 2, 2, 18, 2, 2):
            pass_time(crawls, hours)
            crawls.crawl()
        shown = crawls.rows("SELECT kind, comment_id FROM events WHERE how IS NOT 'article gone'")
        assert [tuple(row.values()) for row in shown] == [("removed", None)]
        [row] = crawls.rows("SELECT url FROM articles WHERE gone_at IS NOT NULL")
        assert row["url"] == article.url


def test_post_whose_old_address_leads_nowhere_is_moved_and_not_removed(tmp_path):
    """As after other permalinks, where the old address is that of a year now; REST knows the post."""
    with SampleSite(articles=6, comments=6) as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        article = next(a for a in site.articles if not a.protected)
        with site.lock:
            site.paper.posts[article.id].slug = "nobody-knows-this-name"
        with Archive.open(crawls.path) as archive:
            archive.db.execute("UPDATE articles SET missed_at = first_seen WHERE post_id = ?", [article.id])
        pass_time(crawls, 2)
        crawls.crawl()
        assert [row["kind"] for row in crawls.rows("SELECT kind FROM events")] == ["moved"]


_LIST = rb'<h2 class="comments-title">.*</ol>|"commentCount": ?\d+,?'


@dataclass(slots=True, kw_only=True)
class Without(Fault):
    """Pages without what a pattern matches."""

    pattern: bytes

    def answer(self, _request, ordinary, /):
        whole = ordinary()
        return replace(whole, body=re.sub(self.pattern, b"", whole.body, flags=re.DOTALL))


@pytest.mark.parametrize(
    ("emptied", "feed", "told"),
    [(True, True, True), (True, False, False), (False, True, False)],
    ids=["removed", "no feed", "still in the feed"],
)
def test_last_comment_of_a_thread_is_removed_where_its_feed_is_empty_too(tmp_path, emptied, feed, told):
    """REST is closed, and a theme prints no number without comments; the page alone leaves it unsure."""
    with SampleSite(articles=14, comments=60) as site:
        site.faults.add(RestClosed())
        site.faults.add(Without(match="/archives/*", pattern=rb'"commentCount": ?\d+,?'))
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        threads = {a.id: [c for c in site.comments if c.article_id == a.id] for a in site.articles}
        all_of = {a.id: len(site.paper.approved(site.paper.posts[a.id])) for a in site.articles}
        few = [a for a in site.articles if 0 < len(threads[a.id]) == all_of[a.id] < 6 and not a.protected]
        article = min(few, key=lambda a: a.date)  # which the posts feed, with its numbers, has no more
        path = article.url.removeprefix(site.url)
        if emptied:
            for comment in threads[article.id]:
                site.trash_comment(comment.id)
        else:
            site.faults.add(Without(match=path, pattern=_LIST))
        if not feed:
            site.faults.add(NoPage(match=f"{path}/feed*"))
        for _ in range(3):
            pass_time(crawls, 30)
            with Archive.open(crawls.path) as archive:
                archive.db.execute("UPDATE visits SET fetched_at = '2020-01-01T00:00:00Z'")
            crawls.crawl()
        gone = crawls.rows("SELECT comment_id FROM events WHERE kind = 'removed'")
        assert len(gone) == (len(threads[article.id]) if told else 0)
        unsure = crawls.rows("SELECT 1 FROM problems WHERE code = 'comments-unreadable' AND ended_at IS NULL")
        assert bool(unsure) != told
