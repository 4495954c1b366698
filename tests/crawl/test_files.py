"""Files of articles that a crawl requests, and those that it leaves alone."""

from datetime import UTC, datetime, timedelta

import pytest

from archive.storage.archive import Archive
from tests.builders.crawling import Crawls
from tests.builders.static_site import StaticSite

NAMES = ("mole", "pier", "tide")
PICTURES = 12
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><!-- {} --></svg>'


class Pictured(StaticSite):
    """Articles with pictures of their own; `refusal` is the answer for any of them."""

    refusal = None
    shown = PICTURES

    def page(self, name):
        pictures = "".join(f'<img src="/files/{name}-{number}.svg">' for number in range(self.shown))
        return super().page(name).replace("</div></article>", f"{pictures}</div></article>")

    def answer(self, method, path, body):
        if path.startswith("/files/"):
            return self.refusal or (200, "image/svg+xml", SVG.format(path))
        return super().answer(method, path, body)


@pytest.fixture
def site():
    with Pictured(NAMES) as site:
        yield site


@pytest.fixture
def crawls(site, tmp_path):
    return Crawls(tmp_path, site.url, {"files": ["image"]})


def requested(site):
    """The paths of the files that were requested since the last time."""
    paths = [line.partition(" ")[2] for line in site.asked if " /files/" in line]
    site.asked.clear()
    return paths


def later(crawls, days=8):
    """Let this many days pass for the files."""
    with Archive.open(crawls.path) as archive:
        at = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        archive.db.execute("UPDATE files SET due_at = ? WHERE due_at IS NOT NULL", [at])


@pytest.mark.parametrize(
    "refusal",
    [
        (403, "text/html", "<html><body>Forbidden</body></html>"),
        (429, "text/html", "<html><body><script>window.KPSDK={}</script></body></html>"),
        (
            200,
            "text/html",
            "<html><title>Just a moment...</title><body>_cf_chl_opt</body></html>",
        ),
    ],
)
def test_wall_before_the_files_is_met_five_times_and_all_come_when_it_is_gone(site, crawls, refusal):
    site.refusal = refusal
    crawls.program("crawl")
    assert len(requested(site)) == 5
    assert len(crawls.rows("SELECT 1 FROM articles WHERE text IS NOT NULL")) == len(NAMES)
    assert len(crawls.rows("SELECT 1 FROM problems WHERE code = 'file-not-kept'")) == 5
    assert crawls.rows("SELECT 1 FROM files WHERE digest IS NOT NULL") == []
    site.refusal = None
    later(crawls)
    crawls.crawl()
    assert len(requested(site)) == len(NAMES) * PICTURES
    assert crawls.rows("SELECT 1 FROM files WHERE digest IS NULL") == []
    assert crawls.rows("SELECT 1 FROM problems WHERE ended_at IS NULL AND code = 'file-not-kept'") == []


def test_files_that_are_missing_are_all_requested(site, crawls):
    site.refusal = (404, "text/html", "<html><body>Not here.</body></html>")
    crawls.crawl()
    assert len(requested(site)) == len(NAMES) * PICTURES


def test_file_that_no_article_shows_any_more_is_not_requested_again(site, crawls):
    """Its bytes stay."""
    crawls.crawl()
    requested(site)
    with Archive.open(crawls.path) as archive:
        archive.db.execute("DELETE FROM article_files WHERE position >= 4")
        archive.db.execute("UPDATE articles SET gone_at = '2026-03-02T00:00:00Z' WHERE url LIKE '%/mole/'")
    later(crawls)
    crawls.program("crawl")
    again = {f"/files/{name}-{number}.svg" for name in ("pier", "tide") for number in range(4)}
    assert set(requested(site)) == again
    assert len(crawls.rows("SELECT 1 FROM files WHERE digest IS NOT NULL")) == len(NAMES) * PICTURES
