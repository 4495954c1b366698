"""What a site no longer shows: doubted at the first look, gone at the second, and only on a healthy site."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.core.records import Article, Comment, Extract, Site, Surface
from archive.storage.archive import Archive
from archive.tables.observations import Missing
from tests.builders.crawling import Crawls
from tests.builders.pages import made_page
from tests.fakesite import Challenge, Empty, Fault, Maintenance, RestClosed, SampleSite, Status

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://gazette.example/archives/2026/03/ice.php"
ICE = Article(url=URL, post_id=7, title="Ice", text="Ice.")
THAW = Article(url=URL.replace("ice", "thaw"), post_id=8, title="Thaw", text="Thaw.")
FIRST = Comment(id="11", author="E", text="Bring skates.", published=NOON)


def page(article, at, status=200):
    return made_page(article.url, status=status, fetched_at=at)


def show(archive, article, at, *comments):
    archive.save(page(article, at), Extract(surface=Surface.PAGE, articles=(article,), comments=comments))


def refuse(archive, article, at, status):
    return archive.save(page(article, at, status), Extract(surface=Surface.PAGE)).gone


def look(archive, at):
    return archive.note_look(Missing(source="gazette", ids=("11",), looked_at=at)).gone


def marks(archive, table="comments"):
    [row] = archive.db.query(f"SELECT missed_at, gone_at, gone_how FROM {table} ORDER BY id LIMIT 1")
    return tuple(row.values())


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(Site(name="gazette", url="https://gazette.example"), "2026-03-01T12:00:00Z")
        show(archive, ICE, NOON, FIRST)
        show(archive, THAW, NOON)
        yield archive


def hours(number):
    return NOON + timedelta(hours=number)


def test_two_looks_apart_in_time_prove_a_removal_and_the_text_stays(archive):
    assert look(archive, hours(1)) == 0
    assert marks(archive) == ("2026-03-01T13:00:00Z", None, None)
    assert look(archive, hours(1.5)) == 0, "too soon after the first look"
    assert look(archive, hours(3)) == 1
    assert marks(archive)[1:] == ("2026-03-01T15:00:00Z", "removed")
    assert [row["text"] for row in archive.db.query("SELECT text FROM comments")] == ["Bring skates."]
    assert [row["comment_count"] for row in archive.db.query("SELECT comment_count FROM articles")] == [0, 0]
    assert look(archive, hours(9)) == 0, "what is gone is not found gone again"


def test_what_is_seen_again_is_neither_doubted_nor_gone(archive):
    look(archive, hours(1))
    show(archive, ICE, hours(2), FIRST)
    assert marks(archive) == (None, None, None)
    look(archive, hours(3))
    look(archive, hours(6))
    show(archive, ICE, hours(7), FIRST)
    assert marks(archive) == (None, None, None)
    counts = archive.db.query("SELECT comment_count FROM articles WHERE post_id = 7")
    assert [row["comment_count"] for row in counts] == [1]


@pytest.mark.parametrize("status", [404, 410])
def test_an_article_is_gone_when_its_page_is_not_there_twice_while_others_are(archive, status):
    assert refuse(archive, ICE, hours(1), status) == 0
    show(archive, THAW, hours(2))
    assert refuse(archive, ICE, hours(3), status) == 1
    assert marks(archive, "articles")[2] == "removed"


def test_the_further_part_of_a_removed_article_is_missed_and_tells_nothing(archive):
    part = replace(ICE, url=f"{URL}/2")
    archive.save(page(part, NOON), Extract(surface=Surface.PAGE, articles=(replace(ICE, part=2),)))
    for at in (hours(1), hours(3)):
        saved = archive.save(page(part, at, 404), Extract(surface=Surface.PAGE))
        assert (saved.missed, saved.gone) == (1, 0)
    assert marks(archive, "articles") == (None, None, None)
    assert (
        archive.save(page(replace(ICE, url=f"{URL}/9"), NOON, 404), Extract(surface=Surface.PAGE)).missed == 0
    )


def test_a_removed_article_makes_no_crawl_partial(site, tmp_path):
    crawls = Crawls(tmp_path, site.url)
    crawls.crawl()
    site.trash_article(next(a.id for a in site.articles if not a.protected))
    with Archive.open(crawls.path) as archive:
        archive.db.execute("UPDATE visits SET fetched_at = '2026-01-01T00:00:00Z' WHERE kind = 'article'")
    run = crawls.crawl()
    assert (run.outcome, run.saved.missed > 0) == ("ok", True)


def test_a_site_that_shows_nothing_at_all_has_removed_nothing(archive):
    refuse(archive, ICE, hours(1), 404)
    refuse(archive, THAW, hours(2), 404)
    assert refuse(archive, ICE, hours(9), 404) == 0


@pytest.mark.parametrize("status", [0, 401, 403, 429, 500, 503])
def test_a_refusal_is_no_removal(archive, status):
    refuse(archive, ICE, hours(1), status)
    show(archive, THAW, hours(2))
    assert refuse(archive, ICE, hours(3), status) == 0
    assert marks(archive, "articles") == (None, None, None)


# -- by whole crawls ----------------------------------------------------------------------------------------


@pytest.fixture
def site():
    with SampleSite(articles=20, comments=60) as site:
        yield site


def later(crawls):
    """Let time pass for the archive: its next look is a second one."""
    with Archive.open(crawls.path) as archive:
        archive.db.execute(
            "UPDATE comments SET missed_at = '2026-01-01T00:00:00Z' WHERE missed_at IS NOT NULL"
        )
        archive.db.execute("UPDATE crawl_state SET value = '2026-01-01T00:00:00Z' WHERE name = 'swept_at'")


def gone(crawls):
    return {row["key"] for row in crawls.rows("SELECT key FROM comments WHERE gone_at IS NOT NULL")}


@dataclass(slots=True, kw_only=True)
class Few(Fault):
    """A site that gives ten entries, however many it is asked for, and counts them all."""

    def answer(self, _request, ordinary):
        answer = ordinary()
        return replace(answer, body=json.dumps(json.loads(answer.body)[:10]).encode())


def test_removed_comments_are_found_and_edited_ones_kept_in_both_states(site, tmp_path):
    crawls = Crawls(tmp_path, site.url)
    crawls.crawl()
    alone = [c for c in site.comments if not any(other.parent == c.id for other in site.comments)]
    site.trash_comment(alone[0].id)
    site.delete_comment(alone[1].id)
    site.edit_comment(alone[2].id, "On second thoughts, no.")
    later(crawls)
    assert crawls.crawl().saved.comments_changed == 1
    assert gone(crawls) == set(), "one look proves nothing"
    site.faults.add(Few(match="/wp-json/wp/v2/comments*"))  # what an answer has no room for is not removed
    later(crawls)
    run = crawls.crawl()
    assert (run.saved.missed, run.saved.gone) == (0, 2)
    assert gone(crawls) == {str(alone[0].id), str(alone[1].id)}
    later(crawls)
    assert crawls.crawl().saved.gone == 0


@pytest.mark.parametrize(
    "fault",
    [
        RestClosed(match="*comments*"),
        Empty(match="/wp-json/wp/v2/comments*"),
        Challenge(match="/wp-json/wp/v2/comments*", status=200),
        Maintenance(match="/wp-json/wp/v2/comments*", retry_after=0),
        Status(match="/wp-json/wp/v2/comments*", status=200, body="[]"),
    ],
    ids=["REST closed", "empty answer", "challenge", "maintenance", "empty list"],
)
def test_a_site_in_trouble_has_removed_nothing(site, tmp_path, fault):
    crawls = Crawls(tmp_path, site.url)
    crawls.crawl()
    site.faults.add(replace(fault))
    for _ in range(2):
        later(crawls)
        crawls.program("crawl")
    assert gone(crawls) == set()
    assert crawls.rows("SELECT * FROM comments WHERE missed_at IS NOT NULL") == []
