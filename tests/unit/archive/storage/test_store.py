"""The archive's door for writing: what is saved, what an edit keeps; saving twice changes nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from archive.core.errors import ArchiveError
from archive.core.records import (
    Article,
    Comment,
    CommentKind,
    Extract,
    PageKind,
    Problem,
    Saved,
    Site,
    Surface,
)
from archive.queries.fetch_history import FetchHistory
from archive.storage.archive import Archive
from tests.builders.pages import made_page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = Site(name="gazette", url="https://gazette.example")
URL = "https://gazette.example/archives/2026/03/harbour.php"

STORY = Article(
    url=URL,
    post_id=7,
    title="The harbour freezes",
    authors=("Ida Quill", "O. Brandt"),
    published=NOON,
    text="Ice closed the harbour.\n\nNobody was surprised.",
    tags=("ice", "harbour"),
    categories=("Town",),
    links=("https://weather.example/today",),
    origins=(("title", "page:entry-title"), ("authors", "page:json-ld")),
)
BRIDGE = replace(
    STORY, post_id=8, title="A bridge instead", text="It is of oak.", published=NOON + timedelta(days=9)
)
FIRST = Comment(id="11", author="E", text="Bring skates.", published=NOON, html="<p>Bring skates.</p>")
REPLY = Comment(id="12", parent="11", author="13times", text="I did.", published=NOON + timedelta(hours=1))
PING = Comment(
    id=None, kind=CommentKind.PINGBACK, author="Another paper", author_url="https://other.example/x"
)


def page(at=NOON, kind=PageKind.ARTICLE, url=URL, status=200, **more):
    return made_page(url, kind=kind, status=status, headers=(("etag", '"1"'),), fetched_at=at, **more)


def extract(*articles, comments=(), problems=(), surface=Surface.PAGE):
    return Extract(surface=surface, articles=articles, comments=tuple(comments), problems=tuple(problems))


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        yield archive


def rows(archive, sql, *values):
    return list(archive.db.query(sql, list(values)))


def content(archive):
    """Every row of the tables that hold content."""
    tables = [
        "articles",
        "addresses",
        "authors",
        "article_authors",
        "tags",
        "article_tags",
        "links",
        "comments",
    ]
    tables += ["article_versions", "comment_versions", "problems", "sources"]
    return {table: rows(archive, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables}


def test_an_article_and_its_thread_are_saved_with_parents_tags_and_counts(archive):
    saved = archive.save(page(), extract(STORY, comments=[REPLY, FIRST]))
    assert saved == Saved(articles_new=1, comments_new=2)
    [article] = rows(archive, "SELECT * FROM articles")
    assert article["byline"] == "Ida Quill, O. Brandt"
    assert article["published"] == "2026-03-01T12:00:00Z"
    assert (article["comment_count"], article["last_comment"]) == (2, "2026-03-01T13:00:00Z")
    by_id = {row["site_id"]: row for row in rows(archive, "SELECT * FROM comments")}
    assert by_id["12"]["parent_id"] == by_id["11"]["id"], "the parent came later in the same page"
    tags = rows(
        archive, "SELECT kind, name FROM tags JOIN article_tags ON tag_id = id ORDER BY kind, position"
    )
    assert [(tag["kind"], tag["name"]) for tag in tags] == [
        ("category", "Town"),
        ("tag", "ice"),
        ("tag", "harbour"),
    ]


def test_saving_the_same_page_again_changes_no_row(archive):
    said = extract(STORY, comments=[FIRST, REPLY, PING], problems=[Problem(code="no-date", detail="None.")])
    archive.save(page(), said)
    before = content(archive)
    before["problems"][0]["last_seen"] = "2026-03-02T12:00:00Z"
    assert not archive.save(page(NOON + timedelta(days=1)), said)
    assert content(archive) == before


def test_an_edit_by_the_publisher_keeps_what_was_there(archive):
    archive.save(page(), extract(STORY, comments=[FIRST]))
    later = NOON + timedelta(days=2)
    edited = extract(
        replace(STORY, title="The harbour thaws"), comments=[replace(FIRST, text="Bring boats.", html=None)]
    )
    assert archive.save(page(later), edited) == Saved(articles_changed=1, comments_changed=1)
    [version] = rows(archive, "SELECT * FROM article_versions")
    assert (version["title"], version["version"]) == ("The harbour freezes", 1)
    assert (version["since"], version["until"]) == ("2026-03-01T12:00:00Z", "2026-03-03T12:00:00Z")
    assert (version["changed"], version["cause"]) == ('["title"]', "edited")
    assert rows(archive, "SELECT text FROM comment_versions") == [{"text": "Bring skates."}]
    assert rows(archive, "SELECT title, version_count, changed_at FROM articles") == [
        {"title": "The harbour thaws", "version_count": 2, "changed_at": "2026-03-03T12:00:00Z"}
    ]


def test_one_edit_read_on_two_surfaces_is_one_version(archive):
    archive.save(page(), extract(STORY))
    listing = page(
        NOON + timedelta(days=1), kind=PageKind.POSTS, url="https://gazette.example/wp-json/wp/v2/posts"
    )
    archive.save(listing, extract(replace(STORY, text=None, origins=()), surface=Surface.REST))
    later = NOON + timedelta(days=2)
    told = replace(STORY, title="Thaw", text=None, origins=())
    assert archive.save(
        replace(listing, fetched_at=later), extract(told, surface=Surface.REST)
    ).articles_changed
    minute = later + timedelta(minutes=1)
    assert not archive.save(page(minute), extract(replace(STORY, text="Water again."))).articles_changed
    [version] = rows(archive, "SELECT version, title, text, changed FROM article_versions")
    assert (version["version"], version["title"], version["text"]) == (1, STORY.title, STORY.text)
    assert version["changed"] == '["title", "text"]'
    archive.save(page(minute + timedelta(minutes=5)), extract(replace(STORY, text="Water, still.")))
    assert rows(archive, "SELECT version_count FROM articles") == [{"version_count": 3}]


def test_a_more_exact_surface_corrects_and_a_less_exact_one_does_not_and_neither_is_an_edit(archive):
    archive.save(
        page(), extract(replace(STORY, published=date(2026, 3, 1)), comments=[replace(REPLY, parent=None)])
    )
    rest = replace(STORY, title="The harbour freezes!", text=None, origins=())
    listing = page(kind=PageKind.POSTS, url="https://gazette.example/wp-json/wp/v2/posts")
    archive.save(listing, extract(rest, surface=Surface.REST))
    comments = page(kind=PageKind.COMMENTS, url="https://gazette.example/wp-json/wp/v2/comments")
    archive.save(comments, extract(comments=[replace(REPLY, post_id=7)], surface=Surface.REST))
    archive.save(page(), extract(STORY, comments=[replace(REPLY, parent=None)]))
    [article] = rows(archive, "SELECT * FROM articles")
    assert (article["title"], article["published"]) == ("The harbour freezes!", "2026-03-01T12:00:00Z")
    assert article["text"].startswith("Ice closed"), "what only the page tells stays"
    assert rows(archive, "SELECT site_parent, version_count FROM comments") == [
        {"site_parent": "11", "version_count": 1}
    ]
    assert article["version_count"] == 1


def test_lists_of_a_more_exact_surface_stay_whatever_is_read_last(archive):
    listing = page(kind=PageKind.POSTS, url="https://gazette.example/wp-json/wp/v2/posts")
    archive.save(listing, extract(replace(STORY, tags=("exact",), origins=()), surface=Surface.REST))
    archive.save(page(), extract(replace(STORY, categories=("Shown",))))
    assert [
        row["name"] for row in rows(archive, "SELECT name FROM tags JOIN article_tags ON tag_id = id")
    ] == [
        "exact",
        "Town",
    ]
    before = content(archive)
    archive.save(page(), extract(replace(STORY, categories=("Shown",))))
    assert content(archive) == before


def test_a_divided_article_has_the_text_of_all_its_parts_and_growing_together_is_no_edit(archive):
    one, two = (
        replace(STORY, text="One.", markdown="One.", parts=2),
        replace(STORY, text="Two.", markdown="Two.", part=2),
    )
    for article in (one, two, one):
        archive.save(page(), extract(article))
    [row] = rows(archive, "SELECT text, markdown, version_count FROM articles")
    assert row == {"text": "One.\n\nTwo.", "markdown": "One.\n\nTwo.", "version_count": 1}
    archive.save(page(NOON + timedelta(days=1)), extract(replace(two, text="Too.", markdown=None)))
    assert rows(archive, "SELECT text, version_count FROM articles") == [
        {"text": "One.\n\nToo.", "version_count": 2}
    ]
    archive.save(page(NOON + timedelta(days=2)), extract(replace(one, text="One again.", parts=1)))
    assert rows(archive, "SELECT text, version_count FROM articles") == [
        {"text": "One again.", "version_count": 3}
    ]
    assert rows(archive, "SELECT * FROM article_parts") == []


ADVERTS = ("Rope, half price", "Two buoys for one", "New oilskins are in", "Sell your old nets")
PROSE = (
    "The first rope store stood on posts, and burned twice.\n\nOnly a bill for buckets is left of it.",
    "The second store was brick, and held forty miles of rope.",
    "The third is the one we have, and ropes are made in it to order.",
)


@pytest.mark.parametrize(
    ("boxes", "told"),
    [
        (lambda look, part: ADVERTS[(look * 3 + part) % 4], []),
        (lambda look, part: "Stores left: one" if part == 2 else "", [4]),
    ],
    ids=["rotates in each part", "comes into one and lasts"],
)
def test_parts_read_in_one_crawl_are_one_look_at_a_divided_article(archive, boxes, told):
    found = []
    for look in range(9):
        for part, prose in enumerate(PROSE, 1):
            text = "\n\n".join(filter(None, [prose, look > 1 and boxes(look, part)]))
            at = NOON + timedelta(hours=6 * look, seconds=part)
            url = URL if part == 1 else f"{URL}/{part}"
            parts = replace(STORY, text=text, markdown=text, part=part, parts=3 if part == 1 else part)
            archive.save(page(at, url=url), extract(parts))
        found.append(len(rows(archive, "SELECT 1 FROM events WHERE kind = 'edited'")))
    assert [look for look in range(1, 9) if found[look] > found[look - 1]] == told


def test_an_orphan_finds_its_parent_when_that_arrives(archive):
    archive.save(page(), extract(STORY, comments=[REPLY]))
    assert rows(archive, "SELECT parent_id, site_parent FROM comments") == [
        {"parent_id": None, "site_parent": "11"}
    ]
    archive.save(page(), extract(STORY, comments=[FIRST]))
    assert rows(archive, "SELECT count(*) AS n FROM comments WHERE parent_id IS NOT NULL") == [{"n": 1}]


def test_a_reply_whose_parent_was_deleted_for_good_stands_alone(archive):
    listing = page(kind=PageKind.COMMENTS, url="https://gazette.example/wp-json/wp/v2/comments")
    archive.save(page(), extract(STORY, comments=[FIRST, REPLY]))
    alone = replace(REPLY, parent=None, post_id=7, origins=(("parent", "rest:comments"),))
    saved = archive.save(listing, extract(comments=[alone], surface=Surface.REST))
    assert saved.comments_changed == 1
    assert rows(archive, "SELECT parent_id, site_parent FROM comments WHERE key = '12'") == [
        {"parent_id": None, "site_parent": None}
    ]
    assert rows(archive, "SELECT site_parent, cause FROM comment_versions") == [
        {"site_parent": "11", "cause": "rearranged"}
    ]
    assert not archive.save(listing, extract(comments=[alone], surface=Surface.REST))
    assert rows(archive, "SELECT * FROM events") == []


@pytest.mark.parametrize("closed", [True, False])
def test_a_reply_to_a_deleted_comment_answers_what_that_one_answered(archive, closed):
    """Nobody has edited it."""
    below = replace(REPLY, id="13", parent="12", text="And so do I.")
    archive.save(page(), extract(STORY, comments=[FIRST, REPLY, below]))
    listing = page(kind=PageKind.COMMENTS, url="https://gazette.example/wp-json/wp/v2/comments")
    up = replace(
        below,
        parent="11",
        post_id=None if closed else 7,
        origins=() if closed else (("parent", "rest:comments"),),
    )
    if closed:
        archive.save(page(), extract(STORY, comments=[FIRST, up]))
    else:
        archive.save(listing, extract(comments=[up], surface=Surface.REST))
    assert rows(archive, "SELECT site_parent FROM comments WHERE key = '13'") == [{"site_parent": "11"}]
    assert rows(archive, "SELECT * FROM events") == []


def test_comments_of_a_post_that_is_no_article_are_left_out(archive):
    listing = page(kind=PageKind.COMMENTS, url="https://gazette.example/wp-json/wp/v2/comments")
    saved = archive.save(listing, extract(comments=[replace(FIRST, post_id=99)], surface=Surface.REST))
    assert not saved
    assert rows(archive, "SELECT * FROM comments") == []


def test_one_article_with_two_addresses_is_one_article(archive):
    archive.save(page(), extract(STORY))
    other = URL.replace("/archives/", "/threat-matrix/archives/")
    archive.save(page(url=other), extract(replace(STORY, url=other)))
    assert len(rows(archive, "SELECT * FROM articles")) == 1
    assert {row["url"] for row in rows(archive, "SELECT url FROM addresses")} == {URL, other}


def test_an_article_that_moved_stays_one_even_without_an_id(archive):
    story = replace(STORY, post_id=None)
    archive.save(page(), extract(story))
    moved = URL.replace("harbour", "the-harbour")
    archive.save(replace(page(), final_url=moved), extract(replace(story, url=moved)))
    assert rows(archive, "SELECT url, version_count FROM articles") == [{"url": moved, "version_count": 1}]


def test_the_address_of_a_deleted_post_that_leads_to_another_post_stays_its_own(archive):
    archive.save(page(), extract(STORY))
    other = URL.replace("harbour", "harbour-2")
    archive.save(
        replace(page(), final_url=other),
        extract(replace(BRIDGE, url=other, title="Twin")),
    )
    assert [row["title"] for row in rows(archive, "SELECT title FROM articles ORDER BY id")] == [
        STORY.title,
        "Twin",
    ]
    assert rows(archive, "SELECT article_id FROM addresses WHERE url = ?", URL) == [{"article_id": 1}]


def test_another_post_at_a_known_address_is_another_article(archive):
    archive.save(page(), extract(STORY))
    archive.save(page(), extract(BRIDGE))
    assert [row["post_id"] for row in rows(archive, "SELECT post_id FROM articles ORDER BY 1")] == [7, 8]


def test_search_follows_every_write(archive):
    archive.save(page(), extract(STORY, comments=[FIRST]))
    archive.save(page(NOON + timedelta(days=1)), extract(replace(STORY, text="Steamers again.")))
    for table in ("articles_fts", "comments_fts"):
        archive.db.execute(f"INSERT INTO {table}({table}, rank) VALUES ('integrity-check', 1)")
    hits = "SELECT count(*) AS n FROM articles_fts WHERE articles_fts MATCH ?"
    assert rows(archive, hits, "surprised") == [{"n": 0}]
    assert rows(archive, hits, "steamers") == [{"n": 1}]


def test_a_problem_ends_when_the_page_no_longer_has_it(archive):
    archive.save(page(), extract(STORY, problems=[Problem(code="no-date", detail="No date.")]))
    archive.save(page(NOON + timedelta(days=1)), extract(STORY))
    assert rows(archive, "SELECT code, ended_at FROM problems") == [
        {"code": "no-date", "ended_at": "2026-03-02T12:00:00Z"}
    ]


def test_failed_visits_are_counted_until_one_succeeds(archive):
    archive.save(page(lastmod="1"), extract(STORY))
    for day in (1, 2):
        archive.save(page(NOON + timedelta(days=day), status=503, lastmod="2"), extract())
    assert rows(archive, "SELECT failures, times, lastmod, status FROM visits") == [
        {"failures": 2, "times": 3, "lastmod": "1", "status": 503}
    ]


def test_a_failing_save_leaves_nothing_behind(archive):
    naive = replace(FIRST, published=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="without a zone"):
        archive.save(page(), extract(STORY, comments=[naive]))
    assert rows(archive, "SELECT * FROM articles") == []


def test_a_file_that_is_no_archive_is_refused_with_a_hint(tmp_path):
    path = tmp_path / "archive.db"
    path.write_bytes(b"something else entirely, and long enough to be read as a header" * 9)
    with pytest.raises(ArchiveError) as refused:
        Archive.open(path)
    assert refused.value.hint
    with pytest.raises(ArchiveError, match="no archive"):
        Archive.open(tmp_path / "none.db", create=False)


def test_an_archive_of_a_newer_program_is_refused(archive, tmp_path):
    archive.db["_sqlite_migrations"].insert(
        {"migration_set": "backissue", "name": "m999_future", "applied_at": "2030-01-01"}
    )
    with pytest.raises(ArchiveError, match="newer"):
        Archive.open(tmp_path / "archive.db")


def test_articles_listed_before_the_source_had_its_pattern_are_not_asked_for(archive):
    listed = [Article(url=f"https://gazette.example/{path}", title=path) for path in ("a.php", "shop/b")]
    archive.save(page(kind=PageKind.POSTS), extract(*listed, surface=Surface.REST))
    with FetchHistory(archive.path, "gazette") as facts:
        assert len(facts.unread_articles()) == 2
        assert facts.unread_articles(r"\.php$") == [("https://gazette.example/a.php", None)]


def test_listings_of_rest_are_one_visit_each_whatever_their_bounds(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(Site(name="gazette", url="https://gazette.example"), "2026-03-01T12:00:00Z")
        root = "https://gazette.example/wp-json/wp/v2/comments?after="
        listings = [(f"{root}2026-03-01T12:00:00Z", "rest-closed"), (f"{root}2026-03-01T13:00:00Z", None)]
        listings.append(("https://gazette.example/?rest_route=/wp/v2/comments&page=2", None))
        for url, code in listings:
            listing = made_page(
                url, b"[]", kind=PageKind.COMMENTS, fetched_at=datetime(2026, 3, 1, 12, tzinfo=UTC)
            )
            problems = (Problem(code=code, detail="It is closed."),) if code else ()
            archive.save(listing, Extract(surface=Surface.REST, problems=problems))
        visited = {row["url"]: row["times"] for row in archive.db.query("SELECT url, times FROM visits")}
        assert visited == {
            "https://gazette.example/wp-json/wp/v2/comments": 2,
            "https://gazette.example/?rest_route=/wp/v2/comments": 1,
        }
        [problem] = archive.db.query("SELECT url, ended_at FROM problems")
        assert problem["ended_at"] is not None, "another listing of the same route was given"


@pytest.mark.parametrize("hours", [1, 2], ids=["an earlier feed", "a later feed"])
@pytest.mark.parametrize("is_feed_first", [False, True])
def test_a_ping_has_the_words_of_the_feed_whichever_is_saved_first(archive, is_feed_first, hours):
    archive.save(page(), Extract(surface=Surface.PAGE, articles=(STORY,)))
    shown = replace(PING, id="31")
    told = replace(shown, post_id=7, text="[…] as the Packet says […]", published=NOON)
    reads = [
        (
            page(NOON + timedelta(hours=1.5)),
            Extract(surface=Surface.PAGE, articles=(STORY,), comments=(shown,)),
        ),
        (
            page(NOON + timedelta(hours=hours), PageKind.COMMENTS_FEED, f"{SITE.url}/comments/feed/"),
            Extract(surface=Surface.FEED, comments=(told,)),
        ),
    ]
    for each in reversed(reads) if is_feed_first else reads:
        archive.save(*each)
    assert archive.db.execute("SELECT text, published FROM comments").fetchall() == [
        ("[…] as the Packet says […]", "2026-03-01T12:00:00Z")
    ]
    assert not archive.db.execute("SELECT kind FROM events WHERE kind = 'edited'").fetchall()
