"""What is read back: articles with their threads and histories, as records and as JSON Lines."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from archive.core.records import (
    Article,
    Comment,
    CommentKind,
    Extract,
    Run,
    Saved,
    Site,
    Surface,
)
from archive.exports import as_jsonl
from archive.queries import articles, health
from archive.storage.archive import Archive
from tests.builders.pages import made_page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://gazette.example/archives/2026/03/ice.php"
ICE = Article(
    url=URL,
    post_id=7,
    type="post",
    title="Ice",
    authors=("Ida Quill", "O. Brandt"),
    published=NOON,
    text="Ice closed the harbour.",
    tags=("ice", "harbour"),
    categories=("Town",),
    comments_open=True,
)
THREAD = (
    Comment(id="12", parent="11", author="13times", text="I did.", published=NOON + timedelta(hours=1)),
    Comment(id="11", author="E", text="Bring skates.", published=NOON),
    Comment(id=None, kind=CommentKind.PINGBACK, author="Another paper", author_url="https://other.example/x"),
)


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(Site(name="gazette", url="https://gazette.example"), "2026-03-01T12:00:00Z")
        save(archive, NOON, ICE, THREAD)
        yield archive


def save(archive, at, article, comments=()):
    page = made_page(article.url, fetched_at=at)
    archive.save(page, Extract(surface=Surface.PAGE, articles=(article,), comments=tuple(comments)))


def lines(archive):
    """Each article as JSON Lines tell it."""
    return [
        json.loads(json.dumps(as_jsonl.article_line(held))) for held in articles.iterate_articles(archive.db)
    ]


def test_a_held_article_is_read_back_as_it_was_saved(archive):
    held = articles.article_by_id(archive.db, 1)
    assert held.article == ICE
    assert {c.comment.id: c.comment.parent for c in held.comments} == {"11": None, "12": "11", None: None}


def test_each_line_holds_an_article_its_thread_and_their_histories(archive):
    save(archive, NOON + timedelta(days=2), ICE, THREAD)
    [line] = lines(archive)
    assert line["title"] == "Ice"
    assert line["authors"] == ["Ida Quill", "O. Brandt"]
    assert (line["first_seen"], line["last_seen"]) == ("2026-03-01T12:00:00Z", "2026-03-03T12:00:00Z")
    assert line["gone_at"] is None
    replies = {comment["id"]: comment for comment in line["comments"]}
    assert replies["12"]["parent"] == "11"
    assert replies["12"]["last_seen"] == "2026-03-03T12:00:00Z"
    assert replies[None]["kind"] == "pingback"


def test_more_than_a_portion_is_read_whole(archive):
    for number in range(articles.PORTION + 5):
        save(archive, NOON, Article(url=f"https://gazette.example/{number}", post_id=100 + number))
    assert len(lines(archive)) == articles.PORTION + 6


@pytest.mark.parametrize("reference", ["1", URL])
def test_an_article_is_found_by_id_or_address(archive, reference):
    assert articles.find_article(archive.db, reference) == 1


def test_an_unknown_reference_finds_nothing(archive):
    assert articles.find_article(archive.db, "https://gazette.example/none") is None
    assert articles.find_article(archive.db, "99") is None


def test_the_status_tells_what_is_held_and_how_the_last_run_ended(archive):
    run_id = archive.runs.begin("gazette", "hand", NOON)
    run = Run(id=run_id, source="gazette", trigger="hand", started_at=NOON, ended_at=NOON, outcome="failed")
    archive.runs.end(run)
    [source] = health.archive_health(archive, NOON).sources
    assert (source.articles, source.read, source.comments) == (1, 1, 3)
    assert source.state is health.SourceState.FAILING
    assert source.last_run == run


def test_a_run_whose_process_vanished_is_closed_as_interrupted_by_the_next(archive):
    archive.runs.begin("gazette", "schedule", NOON)
    second = archive.runs.begin("gazette", "schedule", NOON + timedelta(hours=1))
    first = next(iter(archive.db.query("SELECT * FROM runs WHERE id <> ?", [second])))
    assert (first["outcome"], first["ended_at"]) == ("interrupted", "2026-03-01T13:00:00Z")
    assert archive.runs.newest("gazette").saved == Saved()
