"""The operator's own key for a site's API: it is sent to that API alone, and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.storage.archive import Archive
from tests.builders.crawling import Crawls
from tests.fakesite.platforms.generators import Hugo
from tests.fakesite.platforms.ghost import KEY, Ghost
from tests.fakesite.platforms.paper import Answer, Running, serving

OWN = "7f3a9c0d5e7f3a9c0d5e7f3a9c"
API = "/ghost/api/content/posts/"


class Keyless(Ghost):
    """A site that opens its Content API by robots.txt, and whose pages name no key."""

    is_open = True

    def head(self, title: str) -> str:
        return super().head(title).replace(f'data-key="{KEY}"', "")

    def answers(self) -> dict[str, Answer]:
        found = super().answers()
        for path in [path for path in found if path.startswith(API)]:
            query = path.partition("?")[2].removeprefix(f"key={KEY}&")
            found[f"{API}?{query}&key={OWN}"] = found.pop(path)
        return found


class Moved(Keyless):
    """The same, whose API has moved: its redirects repeat what they were asked."""

    def moved(self, path: str) -> str | None:
        return path.replace(API, "/v5" + API) if path.startswith(API) else None

    def answers(self) -> dict[str, Answer]:
        found = super().answers()
        return {path.replace(API, "/v5" + API): answer for path, answer in found.items()}


class Away(Keyless):
    """The same, whose API sends everybody to another host."""

    away = ""

    def moved(self, path: str) -> str | None:
        return self.away + path if path.startswith(API) else None


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUAY_KEY", OWN)


@pytest.fixture
def site() -> Iterator[Running]:
    with serving(lambda base: Keyless(base=base)) as running:
        yield running


def keyed(folder: Path, site: Running) -> Crawls:
    return Crawls(folder, site.url, {"api_key": "${QUAY_KEY}"})


def assert_in_no_file(crawls: Crawls) -> None:
    for file in crawls.folder.rglob("*"):
        assert not file.is_file() or OWN.encode() not in file.read_bytes(), file


def surface(crawls: Crawls) -> object:
    [row] = crawls.rows("SELECT value FROM crawl_state WHERE name = 'surface'")
    return row["value"]


@pytest.mark.parametrize("system", [Keyless, Moved])
def test_own_key_opens_the_api_and_is_kept_nowhere(system: type[Keyless], tmp_path: Path) -> None:
    with serving(lambda base: system(base=base)) as site:
        crawls = keyed(tmp_path, site)
        said = [crawls.program("--log-level", "debug", word) for word in ("crawl", "verify", "doctor")]
        asked = site.taken()
        assert surface(crawls) == "api"
        listed = [path for path in asked if API in path]
        assert len(listed) >= 2 * len(site.system.pages) + 1
        assert all(path.endswith(f"&key={OWN}") for path in listed)
        assert not [path for path in asked if API not in path and OWN in path]
        proofs = crawls.rows("SELECT surface, unproved FROM coverage WHERE kind = 'article'")
        assert {(row["surface"], row["unproved"]) for row in proofs} == {("api", None)}
        assert "Open: API" in " ".join(said[2].stdout.split())
        crawls.program("export", "warc", str(tmp_path / "pages.warc"))
        for done in said:
            assert OWN not in done.stdout + done.stderr
        assert_in_no_file(crawls)


def test_without_a_key_the_api_is_not_asked(site: Running, tmp_path: Path) -> None:
    crawls = Crawls(tmp_path, site.url)
    crawls.crawl()
    assert [path for path in site.taken() if path.startswith("/ghost/")] == []
    assert surface(crawls) == "sitemap"


def test_own_key_does_not_open_what_robots_close(tmp_path: Path) -> None:
    class Closed(Keyless):
        is_open = False

    with serving(lambda base: Closed(base=base)) as site:
        crawls = keyed(tmp_path, site)
        crawls.crawl()
        assert [path for path in site.taken() if path.startswith("/ghost/")] == []
        [row] = crawls.rows("SELECT detail FROM problems WHERE code = 'api-not-read'")
        assert "robots.txt" in str(row["detail"])
        assert "api_key in [sources.site]" in str(row["detail"])


@pytest.mark.parametrize("status", [401, 403])
def test_refused_key_is_a_problem_that_names_the_setting(status: int, site: Running, tmp_path: Path) -> None:
    first = f"{API}?include=authors,tags&limit=50&page=1&key={OWN}"
    site.system.faults[first] = status
    crawls = keyed(tmp_path, site)
    run = crawls.crawl(expect=3)
    assert run.outcome == "partial"
    assert f"refused the key of api_key in [sources.site] ({status})" in str(run.sentence)
    open_ones = "SELECT detail FROM problems WHERE code = 'api-not-read' AND ended_at IS NULL"
    [row] = crawls.rows(open_ones)
    assert f"refused the key of api_key in [sources.site] ({status})" in str(row["detail"])
    assert crawls.rows("SELECT count(*) AS n FROM articles") == [{"n": len(site.system.stories) + 1}]
    assert_in_no_file(crawls)
    site.taken()
    crawls.crawl()
    assert len(site.taken()) <= 2
    site.system.faults.clear()
    with Archive.open(crawls.path) as archive:
        archive.note_state("site", posts_listed_at=None)
    crawls.crawl()
    assert crawls.rows(open_ones) == []
    assert surface(crawls) == "api"


def test_key_is_sent_to_no_other_host(tmp_path: Path) -> None:
    with serving(lambda base: Keyless(base=base)) as other, serving(lambda base: Away(base=base)) as site:
        site.system.away = other.url
        crawls = keyed(tmp_path, site)
        crawls.options["hosts"] = [other.url.removeprefix("http://")]
        crawls.crawl()
        assert not [path for path in other.taken() if OWN in path]
        assert_in_no_file(crawls)


def test_key_without_a_use_and_key_without_a_value_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda base: Hugo(base=base)) as site:
        crawls = keyed(tmp_path, site)
        said = " ".join(crawls.program("doctor").stdout.split())
        assert "no API that takes a key" in said
        monkeypatch.delenv("QUAY_KEY")
        said = " ".join(crawls.program("doctor").stdout.split())
        assert "api_key needs $QUAY_KEY" in said
        done = crawls.program("crawl")
        assert done.returncode != 0
        assert "api_key needs $QUAY_KEY" in done.stderr


def test_init_names_the_setting(site: Running, tmp_path: Path) -> None:
    other = Crawls(tmp_path, "https://other.example", {"url": "https://other.example", "delay": 1})
    done = other.program("init", site.url, "--dry-run", "--name", "quay")
    assert "api_key" in done.stdout + done.stderr
