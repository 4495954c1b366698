"""The ledger of what happened, and the archive as it stood at any moment."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlite_utils import Database

from archive.core.records import Article, Comment, Extract, PageKind, Problem, Site, Surface
from archive.migrations import m001_first, m009_history
from archive.storage.archive import Archive
from archive.tables.observations import Missing
from tests.builders.pages import made_page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = "https://gazette.example"
ICE = Article(url=f"{SITE}/2026/03/ice", post_id=7, title="Ice", text="Ice on the harbour.", tags=("frost",))
THAW = Article(url=f"{SITE}/2026/03/thaw", post_id=8, title="Thaw", text="Water again.")
FIRST = Comment(id="11", author="E", text="Bring skates.", published=NOON, post_id=7)
SECOND = Comment(id="12", author="Wren", text="And tea.", published=NOON, post_id=7)
FORM = Problem(code="password-protected", detail="The article is shown only with a password.")


def hours(number):
    return NOON + timedelta(hours=number)


def stamp(number):
    return hours(number).strftime("%Y-%m-%dT%H:%M:%SZ")


def page(url, at, kind=PageKind.ARTICLE, status=200, final_url=None):
    return made_page(url, kind=kind, final_url=final_url or url, status=status, fetched_at=at)


def show(archive, article, at, *comments, asked=None, **more):
    shown = page(asked or article.url, at, final_url=article.url)
    plain = tuple(replace(comment, post_id=None) for comment in comments)
    said = Extract(surface=Surface.PAGE, articles=(article,), comments=plain)
    return archive.save(shown, said, **more)


def refuse(archive, article, at, status=404, problems=()):
    return archive.save(
        page(article.url, at, status=status), Extract(surface=Surface.PAGE, problems=problems)
    )


def listed(archive, at, *comments, surface=Surface.REST):
    kind = PageKind.COMMENTS if surface is Surface.REST else PageKind.COMMENTS_FEED
    archive.save(page(f"{SITE}/comments", at, kind=kind), Extract(surface=surface, comments=comments))


def missed(archive, at, *ids):
    archive.note_look(Missing(source="gazette", ids=ids, looked_at=at))


def ledger(archive):
    """Each event as (kind, hours after noon, how), with the comment's id of the site where it is one."""
    sql = (
        "SELECT events.kind, at, how, site_id FROM events LEFT JOIN comments ON comments.id = comment_id"
        " ORDER BY events.id"
    )
    return [
        tuple(filter(None, (row["kind"], _hour(row["at"]), row["how"], row["site_id"])))
        for row in archive.db.query(sql)
    ]


def _hour(text):
    return (datetime.fromisoformat(text) - NOON) / timedelta(hours=1)


def as_of(archive, number, table="article", column="text"):
    sql = (
        f"SELECT {column} AS said FROM {table}_states WHERE article_id = 1"
        " AND since <= :moment AND (until > :moment OR until IS NULL) ORDER BY said"
    )
    return [row["said"] for row in archive.db.query(sql, {"moment": stamp(number)})]


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(Site(name="gazette", url=SITE), stamp(0))
        show(archive, ICE, NOON, FIRST, SECOND)
        show(archive, THAW, NOON)
        yield archive


def gone(archive, article=ICE, at=1, **how):
    """Two looks that do not show an article, while another is shown."""
    refuse(archive, article, hours(at), **how)
    show(archive, THAW, hours(at + 1))
    refuse(archive, article, hours(at + 2), **how)


# -- the ledger ---------------------------------------------------------------------------------------------


def test_a_comment_that_comes_back_is_noted_with_since_when_it_was_gone(archive):
    missed(archive, hours(1), "11")
    missed(archive, hours(3), "11")
    listed(archive, hours(9), FIRST)
    assert ledger(archive) == [("removed", 3, "removed", "11"), ("returned", 9, "removed", "11")]
    rows = archive.db.query("SELECT since FROM events ORDER BY id")
    assert [row["since"] for row in rows] == [stamp(1), stamp(3)]


def test_an_article_that_comes_back_is_noted(archive):
    gone(archive)
    show(archive, ICE, hours(9))
    assert ledger(archive) == [("removed", 3, "removed"), ("returned", 9, "removed")]
    [row] = archive.db.query("SELECT missed_at, gone_at, gone_how FROM articles WHERE post_id = 7")
    assert set(row.values()) == {None}


@pytest.mark.parametrize(
    ("how", "word"),
    [
        ({"status": 404}, "removed"),
        ({"status": 410}, "removed"),
        ({"status": 451}, "blocked"),
        ({"status": 200, "problems": (FORM,)}, "protected"),
    ],
)
def test_how_an_article_went_is_said(archive, how, word):
    gone(archive, **how)
    assert ledger(archive) == [("removed", 3, word)]
    [row] = archive.db.query("SELECT gone_how, text FROM articles WHERE post_id = 7")
    assert (row["gone_how"], row["text"]) == (word, "Ice on the harbour.")


def test_what_only_a_feed_or_an_old_page_shows_is_not_back(archive):
    gone(archive)
    missed(archive, hours(4), "11")
    missed(archive, hours(6), "11")
    before = ledger(archive)
    listed(archive, hours(9), FIRST, surface=Surface.FEED)
    show(archive, ICE, NOON, FIRST, again_at=hours(10))
    show(archive, ICE, hours(2))
    assert ledger(archive) == before
    [row] = archive.db.query("SELECT gone_how FROM articles WHERE post_id = 7")
    assert row["gone_how"] == "removed"


def test_comments_found_removed_since_their_article_was_last_seen_went_with_it(archive):
    show(archive, ICE, hours(1), FIRST, SECOND)
    missed(archive, hours(2), "11")
    missed(archive, hours(4), "11")
    gone(archive, at=5)
    missed(archive, hours(8), "12")
    missed(archive, hours(10), "12")
    assert ledger(archive) == [
        ("removed", 4, "article gone", "11"),
        ("removed", 7, "removed"),
        ("removed", 10, "article gone", "12"),
    ]


def test_a_comment_removed_before_its_article_was_seen_again_did_not_go_with_it(archive):
    missed(archive, hours(1), "11")
    missed(archive, hours(3), "11")
    show(archive, ICE, hours(4), SECOND)
    gone(archive, at=5)
    assert ledger(archive)[0] == ("removed", 3, "removed", "11")


@pytest.mark.parametrize("post_id", [7, None])
def test_another_slug_is_a_move(archive, post_id):
    moved = replace(ICE, url=f"{SITE}/2026/03/ice-again", post_id=post_id)
    show(archive, moved, hours(2), asked=ICE.url)
    show(archive, moved, hours(9))
    assert ledger(archive) == [("moved", 2)]
    [row] = archive.db.query("SELECT old_url, new_url FROM events")
    assert tuple(row.values()) == (ICE.url, moved.url)
    assert [row["n"] for row in archive.db.query("SELECT count(*) AS n FROM articles")] == [2]


@pytest.mark.parametrize("other", ["http://gazette.example/2026/03/ice", f"{SITE}/2026/03/ice/"])
def test_the_same_address_written_otherwise_is_no_move(archive, other):
    show(archive, replace(ICE, url=other), hours(2))
    assert ledger(archive) == []
    assert [row["url"] for row in archive.db.query("SELECT url FROM articles WHERE post_id = 7")] == [other]


def test_an_address_that_leads_to_another_article_is_told_after_two_looks(archive):
    show(archive, THAW, hours(1), asked=ICE.url)
    assert ledger(archive) == []
    show(archive, THAW, hours(2))
    show(archive, THAW, hours(3), asked=ICE.url)
    show(archive, THAW, hours(5), asked=ICE.url)
    assert ledger(archive) == [("redirected", 3, "redirected")]
    [row] = archive.db.query("SELECT old_url, new_url FROM events")
    assert tuple(row.values()) == (ICE.url, THAW.url)
    show(archive, ICE, hours(9))
    assert ledger(archive)[1:] == [("returned", 9, "redirected")]


def test_a_comment_that_an_editor_put_under_another_article_moves(archive):
    listed(archive, hours(2), replace(FIRST, post_id=8))
    assert ledger(archive) == [("moved", 2, "11")]
    counts = archive.db.query("SELECT comment_count FROM articles ORDER BY id")
    assert [row["comment_count"] for row in counts] == [1, 1]
    listed(archive, hours(3), replace(FIRST, post_id=8))
    assert len(ledger(archive)) == 1


def test_a_tag_that_rest_no_longer_names_was_taken_away(archive):
    def tell(at, *tags):
        told = replace(ICE, text=None, tags=tags, origins=(("tags", "rest:posts"), ("title", "rest:posts")))
        archive.save(
            page(f"{SITE}/posts", at, kind=PageKind.POSTS), Extract(surface=Surface.REST, articles=(told,))
        )

    tell(hours(1), "frost")
    tell(hours(2))
    tell(hours(3), "cold", "ice")
    versions = archive.db.query("SELECT changed, tags FROM article_versions ORDER BY version")
    assert [(json.loads(row["changed"]), json.loads(row["tags"])) for row in versions] == [
        (["tags"], ["frost"]),
        (["tags"], []),
    ]


# -- as of a moment -----------------------------------------------------------------------------------------


def test_the_states_of_an_article_tell_what_stood_at_each_moment(archive):
    show(archive, replace(ICE, text="Thick ice.", tags=("frost", "cold")), hours(10))
    gone(archive, at=20)
    show(archive, replace(ICE, text="Ice no more."), hours(30))
    said = {number: as_of(archive, number) for number in (-1, 0, 9, 10, 21, 22, 29, 30, 99)}
    assert said == {
        -1: [],
        0: ["Ice on the harbour."],
        9: ["Ice on the harbour."],
        10: ["Thick ice."],
        21: ["Thick ice."],
        22: [],
        29: [],
        30: ["Ice no more."],
        99: ["Ice no more."],
    }
    assert [json.loads(as_of(archive, number, column="tags")[0]) for number in (0, 10, 30)] == [
        ["frost"],
        ["frost", "cold"],
        ["frost"],
    ]


def test_an_article_that_came_back_unchanged_stood_twice_in_one_version(archive):
    gone(archive)
    show(archive, ICE, hours(9))
    spans = archive.db.query("SELECT version, since, until FROM article_states WHERE article_id = 1")
    assert sorted(tuple(row.values()) for row in spans) == [
        (1, stamp(0), stamp(3)),
        (1, stamp(9), None),
    ]


def test_the_states_of_a_thread_tell_what_was_said_at_each_moment(archive):
    show(archive, ICE, hours(2), replace(FIRST, text="Bring boats."))
    missed(archive, hours(3), "12")
    missed(archive, hours(5), "12")
    listed(archive, hours(8), SECOND, Comment(id="13", author="Odo", text="Late.", post_id=7))
    said = {number: as_of(archive, number, "comment") for number in (0, 2, 5, 8)}
    assert said == {
        0: ["And tea.", "Bring skates."],
        2: ["And tea.", "Bring boats."],
        5: ["Bring boats."],
        8: ["And tea.", "Bring boats.", "Late."],
    }


# -- an older archive ---------------------------------------------------------------------------------------


def test_what_an_older_archive_knows_of_changes_is_in_the_ledger_and_can_be_searched():
    db = Database(memory=True)
    for module in (m001_first, m009_history):
        if module is m009_history:
            _fill(db)
        for statement in module.SQL.split(";;"):
            db.execute(statement)
    rows = db.query("SELECT kind, article_id, comment_id, at, version, since, how FROM events ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("edited", 1, None, "2026-03-02", 1, "2026-03-01", None),
        ("removed", 1, 5, "2026-03-04", None, "2026-03-03", "removed"),
        ("removed", 1, None, "2026-03-05", None, "2026-03-04", "removed"),
    ]
    found = db.query("SELECT rowid FROM article_versions_fts WHERE article_versions_fts MATCH 'walrus'")
    assert len(list(found)) == 1


def _fill(db):
    db["sources"].insert({"name": "g", "url": SITE, "first_seen": "2026-03-01"})
    gone = {"missed_at": "2026-03-04", "gone_at": "2026-03-05", "gone_how": "status 404"}
    known = {"source": "g", "first_seen": "2026-03-01", "changed_at": "2026-03-02"}
    db["articles"].insert({"id": 1, "url": SITE, "version_count": 2, **known, **gone})
    gone |= {"missed_at": "2026-03-03", "gone_at": "2026-03-04", "gone_how": "removed"}
    db["comments"].insert({"id": 5, "article_id": 1, "key": "5", "kind": "comment", **known, **gone})
    step = {"version": 1, "since": "2026-03-01", "until": "2026-03-02", "changed": '["text"]'}
    db["article_versions"].insert({"article_id": 1, "cause": "edited", "text": "A walrus.", **step})
    db["comment_versions"].insert({"comment_id": 5, "cause": "re-extracted", "text": "Ah.", **step})
