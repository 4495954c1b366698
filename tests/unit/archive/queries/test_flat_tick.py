"""What every crawl asks of an archive first does not take more work where more articles are held."""

import pytest

from archive.queries.fetch_history import FetchHistory
from archive.storage.archive import Archive
from archive.tables import url_keys
from tests.builders.stories import SITE

STEPS = 10
AT = "2026-03-01T12:00:00Z"


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, AT)
        yield archive


def fill(archive, numbers):
    for number in numbers:
        url = f"https://gull.example/{number}/"
        article = {"id": number, "source": "gull", "url": url, "text": "Words", "version_count": 1}
        article |= {"first_seen": AT, "changed_at": AT, "origins": "{}"}
        archive.db["articles"].insert(article)
        visit = {"source": "gull", "url": url, "url_key": url, "kind": "article", "article_id": number}
        visit |= {"first_fetched": AT, "fetched_at": AT, "status": 200, "times": 1}
        archive.db["visits"].insert(visit)


def steps(connection, ask):
    """How many tens of steps of SQLite's machine a question takes."""
    taken = []
    connection.set_progress_handler(lambda: taken.append(1), STEPS)
    ask()
    connection.set_progress_handler(None, 0)
    return len(taken)


@pytest.mark.parametrize("name", ["comments_told", "interrupted_articles", "url_keys"])
def test_question_of_a_quiet_crawl_takes_no_more_steps_for_more_articles(archive, name):
    def ask():
        if name == "url_keys":
            return steps(archive.db.conn, lambda: url_keys.fill_url_keys(archive.db))
        with FetchHistory(archive.path, "gull") as facts:
            asked = getattr(type(facts), name)
            get = asked.func if hasattr(asked, "func") else asked
            return steps(facts._db, lambda: get(facts))

    fill(archive, range(1, 50))
    few = ask()
    fill(archive, range(50, 500))
    assert ask() <= few + 1
