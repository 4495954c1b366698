"""An archive of the version before keys: its twin rows become one, and nothing that was known is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.core import urls
from archive.core.records import Article, Extract, Surface
from archive.migrations import migrations
from archive.queries.fetch_history import FetchHistory
from archive.storage.archive import Archive
from crawler.frontier import revisit_policy
from tests.builders import fixtures_archive as made
from tests.builders.pages import made_page

ORIGINS = (("url", "page:canonical"), ("title", "page:title"), ("text", "page:body"))

PLAIN = "https://quayside.example/2026/02/ice"
NAMES = [migration.name for migration in migrations.pending(Database(memory=True))]
BEFORE = NAMES.index("m012_keys")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An archive in which an article was visited at two spellings of its URL, as the old code left it."""
    fill = made.Filler(tmp_path / "archive.db", schemas=BEFORE)
    base = {"first_seen": made.SEEN, "changed_at": made.SEEN}
    fill.insert("articles", id=1, source="quayside", url=f"{PLAIN}/", title="Ice", text="Ice.", **base)
    early, late = "2026-02-01T10:00:00Z", "2026-03-01T10:00:00Z"
    for url, first, last, good, times, article in (
        (PLAIN, early, late, "2026-02-02T10:00:00Z", 3, 1),
        (f"{PLAIN}/", "2026-02-05T10:00:00Z", "2026-02-20T10:00:00Z", "2026-02-20T10:00:00Z", 4, 1),
        (f"{PLAIN}/comment-page-2/", early, late, late, 1, 1),
        (f"{PLAIN}/comment-page-2", late, late, None, 1, None),
    ):
        fill.insert(
            "visits", source="quayside", url=url, kind="article", article_id=article, status=200,
            first_fetched=first, fetched_at=last, good_at=good, times=times, due_at=last, due_why="Why not.",
        )  # fmt: skip
    for url in (PLAIN, f"{PLAIN}/", f"{PLAIN}/comment-page-2/", PLAIN.replace("https", "http")):
        fill.insert("addresses", source="quayside", url=url, article_id=1, first_seen=made.SEEN)
    fill.insert(
        "problems", source="quayside", url=PLAIN, code="no-author", detail="None.", first_seen=early,
        last_seen=late,
    )  # fmt: skip
    fill.insert(
        "coverage_gaps", source="quayside", kind="article", key=PLAIN, month="2026-02", number=1, url=PLAIN,
        reason="never listed", detail="No crawl was shown it.", first_seen=early, last_seen=late,
    )  # fmt: skip
    fill.finish()
    return tmp_path / "archive.db"


def test_twin_visits_of_an_old_archive_become_one(old: Path) -> None:
    with Archive.open(old) as archive:
        visits = {row["url"]: row for row in archive.db.query("SELECT * FROM visits")}
        assert visits.keys() == {f"{PLAIN}/", f"{PLAIN}/comment-page-2/"}
        kept = visits[f"{PLAIN}/"]
        assert (kept["good_at"], kept["first_fetched"]) == ("2026-02-20T10:00:00Z", "2026-02-01T10:00:00Z")
        assert (kept["times"], kept["article_id"], kept["due_why"]) == (7, 1, None)
        assert all(row["url_key"] == urls.page_key(url) for url, row in visits.items())
        addresses = {row["url"] for row in archive.db.query("SELECT url FROM addresses")}
        assert addresses == {f"{PLAIN}/", f"{PLAIN}/comment-page-2/"}
        [problem] = archive.db.query("SELECT url FROM problems")
        assert problem["url"] == f"{PLAIN}/"
        [gap] = archive.db.query("SELECT key FROM coverage_gaps")
        assert gap["key"] == urls.page_key(PLAIN)


def test_opening_an_archive_again_changes_nothing(old: Path) -> None:
    contents = []
    for _ in range(2):
        with Archive.open(old) as archive:
            contents.append(
                [list(archive.db.query(f"SELECT * FROM {name}")) for name in ("visits", "addresses")]
            )
    assert contents[0] == contents[1]


def save(
    archive: Archive, url: str, final: str, day: int, *, status: int = 200, post_id: int | None = 7
) -> None:
    """Save a visit to an article's page that was asked for at one URL and came from another."""
    page = made_page(
        url, source="quayside", final_url=final, status=status, fetched_at=made.START + timedelta(days=day)
    )
    article = Article(url=urls.clean(final), post_id=post_id, title="Ice", text="Ice.", origins=ORIGINS)
    extract = Extract(surface=Surface.PAGE, articles=(article,) if status == 200 else ())
    archive.save(page, extract)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made.Filler(tmp_path / "archive.db").finish()
    with Archive.open(tmp_path / "archive.db") as opened:
        yield opened


def visits(archive: Archive) -> dict[str, str | None]:
    with FetchHistory(archive.path, "quayside") as facts:
        found = {row["url"]: facts.visit(row["url"]) for row in archive.db.query("SELECT url FROM visits")}
        return {
            url: revisit_policy.decide(seen).why if seen and seen.leads_to else None
            for url, seen in found.items()
        }


def test_a_page_is_asked_for_as_the_site_serves_it(archive: Archive) -> None:
    """A redirect to the same page with a slash makes no second row, and is met once."""
    save(archive, PLAIN, f"{PLAIN}/", 1)
    assert visits(archive) == {f"{PLAIN}/": None}
    save(archive, f"{PLAIN}/", PLAIN.replace("https://", "https://www."), 2)
    assert visits(archive) == {PLAIN.replace("https://", "https://www."): None}
    save(archive, PLAIN, PLAIN, 3, status=404)
    assert list(archive.db.query("SELECT kind FROM events")) == []
    [row] = archive.db.query("SELECT times, status, url FROM visits")
    assert row == {"times": 3, "status": 404, "url": PLAIN.replace("https://", "https://www.")}


def test_a_moved_article_is_visited_at_its_new_url_alone(archive: Archive) -> None:
    new = "https://quayside.example/ice/"
    save(archive, PLAIN, PLAIN, 1)
    save(archive, PLAIN, new, 2)
    moved = f"The site has moved the article to {new}, which is visited instead."
    assert visits(archive) == {PLAIN: moved, new: None}
    save(archive, PLAIN, PLAIN, 3)
    assert visits(archive)[PLAIN] is None, "the site serves it at its old URL again"


def test_an_address_that_shows_another_article_is_visited_on(archive: Archive) -> None:
    """A redirect to another article is a removal at the second look, so there must be one."""
    other = "https://quayside.example/2026/02/nets"
    save(archive, PLAIN, PLAIN, 1, post_id=7)
    save(archive, other, other, 1, post_id=8)
    save(archive, PLAIN, other, 2, post_id=8)
    assert visits(archive) == {PLAIN: None, other: None}
