"""Sources as a whole: a site that moves, is renamed or removed, and a URL that is mistyped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.core.locks import hold, lock_of
from archive.files.raw_pages import Pages, raw_pages_path
from archive.storage.archive import Archive
from tests.builders.crawling import Crawls, Forked
from tests.crawl.test_identity_crawl import make_due
from tests.fakesite import RestClosed, SampleSite

SPRING = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def sites() -> Iterator[tuple[SampleSite, SampleSite]]:
    """The same newspaper at two addresses."""
    with (
        SampleSite(articles=5, comments=8, epoch=SPRING, life=False) as old,
        SampleSite(articles=5, comments=8, epoch=SPRING, life=False) as new,
    ):
        yield old, new


def numbers(crawls: Crawls) -> list[dict[str, object]]:
    articles = crawls.rows("SELECT id, post_id, title, text, version_count FROM articles ORDER BY id")
    comments = "SELECT id, article_id, text, version_count FROM comments WHERE kind = 'comment' ORDER BY id"
    return articles + crawls.rows(comments)


def run(crawls: Crawls, *words: str) -> tuple[int, str, str]:
    """Run a command on the configuration as it now is."""

    done = Forked(
        ["--config", str(crawls.folder / "backissue.toml"), *words], crawls.folder, crawls.values
    ).wait()
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("closed", [False, True], ids=["REST", "no REST"])
def test_site_that_moves_keeps_its_articles(sites, tmp_path, closed):
    old, new = sites
    if closed:
        old.faults.add(RestClosed())
        new.faults.add(RestClosed())
    crawls = Crawls(tmp_path, old.url)
    crawls.crawl()
    before = numbers(crawls)
    crawls.url = new.url
    asked = len(new.requests)
    refused = crawls.program("crawl")
    assert refused.returncode == 1
    for said in (old.url, new.url, f"backissue sources move site {new.url}"):
        assert said in refused.stderr
    assert len(new.requests) == asked
    crawls.url = old.url
    crawls.words()
    code, out, _ = run(crawls, "sources", "move", "site", new.url, "--dry-run")
    assert (code, new.url in out, old.url in (tmp_path / "backissue.toml").read_text()) == (0, True, True)
    assert run(crawls, "sources", "move", "site", new.url)[0] == 0
    assert new.url in (tmp_path / "backissue.toml").read_text()
    crawls.url = new.url
    make_due(crawls)
    done = crawls.crawl()
    assert (done.outcome, done.saved.articles_new, done.saved.comments_new) == ("ok", 0, 0)
    assert (done.saved.articles_changed, done.saved.comments_changed, done.saved.gone) == (0, 0, 0)
    assert numbers(crawls) == before
    assert crawls.rows("SELECT * FROM events") == []
    urls = crawls.rows("SELECT url FROM articles")
    assert all(str(row["url"]).startswith(new.url) for row in urls)
    known = crawls.rows("SELECT count(*) AS n FROM addresses GROUP BY article_id")
    assert all(int(str(row["n"])) >= 2 for row in known)
    listed = run(crawls, "sources")[1]
    assert f"site was at {old.url} before." in listed


def test_site_under_its_earlier_address_is_refused(sites, tmp_path):
    old, new = sites
    crawls = Crawls(tmp_path, old.url)
    crawls.crawl()
    assert run(crawls, "sources", "move", "site", new.url)[0] == 0
    config = tmp_path / "backissue.toml"
    config.write_text(f'{config.read_text()}\n[sources.other]\nurl = "{old.url}"\n')
    code, _, err = run(crawls, "crawl", "other")
    assert code == 1
    assert f"already: source “site” was there before it moved to {new.url}." in err
    assert f"backissue sources move site {old.url}" in err
    code, _, err = run(crawls, "sources", "move", "site", old.url)
    assert code == 1
    assert "is the URL of source “other”" in err


def test_source_under_another_name_keeps_everything(sites, tmp_path):
    crawls = Crawls(tmp_path, sites[0].url)
    crawls.crawl()
    before, runs = numbers(crawls), crawls.rows("SELECT count(*) AS n, sum(runs) AS m FROM runs, run_totals")
    config = tmp_path / "backissue.toml"
    with hold(crawls.path, lock_of("site")):
        code, _, err = run(crawls, "sources", "rename", "site", "gazette")
        assert (code, "A crawl or verification of “site” is running" in err) == (4, True)
    assert run(crawls, "sources", "rename", "site", "gazette")[0] == 0
    assert "[sources.gazette]" in config.read_text()
    assert numbers(crawls) == before
    assert crawls.rows("SELECT count(*) AS n, sum(runs) AS m FROM runs, run_totals") == runs
    assert sound(crawls.path)
    assert run(crawls, "crawl")[1].startswith("gazette: ok. Nothing new")
    assert crawls.rows("SELECT DISTINCT source FROM articles") == [{"source": "gazette"}]
    assert crawls.rows("SELECT * FROM events") == []
    assert run(crawls, "replay")[0] == 0


def sound(path: Path) -> bool:
    """True if the files are whole, and no row refers to one that is gone."""
    with Archive.open(path) as archive:
        assert archive.db.execute("PRAGMA foreign_key_check").fetchall() == []
        (checked,) = archive.db.execute("PRAGMA integrity_check").fetchone()
    return bool(checked == "ok")


def test_removed_source_is_kept_or_gone_with_its_content(sites, tmp_path):
    crawls = Crawls(tmp_path, sites[0].url)
    crawls.crawl()
    config = tmp_path / "backissue.toml"
    other = f'\n# Another paper.\n[sources.other]\nurl = "{sites[1].url}"\ndelay = 0\n'
    config.write_text(config.read_text() + other)
    assert run(crawls, "crawl", "other")[0] == 0
    kept = crawls.rows("SELECT id, title, text FROM articles WHERE source = 'other' ORDER BY id")
    assert "Would remove “site”" in run(crawls, "sources", "remove", "site", "--dry-run")[1]
    code, _, err = run(crawls, "sources", "remove", "site")
    assert (code, "Add --yes" in err) == (1, True)
    assert run(crawls, "sources", "remove", "site", "--yes")[0] == 0
    assert config.read_text().rstrip().endswith(other.strip())
    assert "site is archived (" in run(crawls, "sources")[1]
    assert run(crawls, "sources", "remove", "site", "--yes", "--with-content")[0] == 0
    assert crawls.rows("SELECT id, title, text FROM articles ORDER BY id") == kept
    assert crawls.rows("SELECT DISTINCT source FROM runs") == [{"source": "other"}]
    assert sound(crawls.path)
    with Pages.open(raw_pages_path(crawls.path)) as pages:
        assert pages.db.execute("SELECT DISTINCT source FROM pages").fetchall() == [("other",)]
        assert list(pages.altered()) == []
    assert json.loads(run(crawls, "status", "--json")[1])["ok"]


OTHER = '[sources.other]\nurl = "{url}"\n'
SLIPS = {
    "remove: unknown": ("", "remove sit --yes", "has no source “sit” (did you mean “site”?)."),
    "remove: without --yes": (OTHER.format(url="http://127.0.0.1:9"), "remove site", "There is no terminal"),
    "remove: the only one": ("", "remove site --yes", "“site” is the only source in"),
    "remove: its content, the only one": (
        "",
        "remove site --yes --with-content",
        "“site” is the only source in",
    ),
    "rename: to itself": ("", "rename site site", "already has a source “site”."),
    "rename: unknown": ("", "rename paper gazette", "has no source “paper”."),
    "rename: no name": ("", "rename site Gazette!", "found “Gazette!”."),
    "rename: taken": (OTHER.format(url="http://127.0.0.1:9"), "rename site other", "has a source “other”."),
    "move: unknown": ("", "move paper https://paper.example", "has no source “paper”."),
    "move: no URL": ("", "move site nonsense", "“nonsense” is no URL."),
    "move: another scheme": ("", "move site ftp://paper.example", "does not begin with https:// or http://."),
    "move: password": ("", "move site https://ada:secret@paper.example", "a user name or password in it."),
    "move: private": ("", "move site http://192.168.1.5", "its host is a private address;"),
    "move: query": ("", "move site https://paper.example/?p=1", "it has a ? or # part."),
    "move: to another's": (
        OTHER.format(url="http://127.0.0.1:9"),
        "move site http://127.0.0.1:9",
        "URL of source",
    ),
    "move: there already": ("", "move site {url}", "“site” is at {url} already; nothing was changed."),
    "move: there already, with a slash": ("", "move site {url}/", "“site” is at {url} already;"),
    "same site, https": (OTHER.format(url="{https}"), "", "is the site of sources.site."),
    "same site, slash": (OTHER.format(url="{url}/"), "", "is the site of sources.site."),
    "same site, upper case": (OTHER.format(url="{upper}"), "", "is the site of sources.site."),
}


@pytest.fixture(scope="module")
def archived(tmp_path_factory) -> Iterator[tuple[Path, str]]:
    """A folder with an archive of one source, and its URL."""
    folder = tmp_path_factory.mktemp("archived")
    with SampleSite(articles=3, comments=4, epoch=SPRING, life=False) as site:
        Crawls(folder, site.url).crawl()
        yield folder, site.url


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_changes_nothing_and_is_answered_in_a_sentence(archived, slip):
    folder, url = archived
    crawls = Crawls(folder, url)
    crawls.words()
    more, words, says = SLIPS[slip]
    forms = {"url": url, "https": url.replace("http:", "https:"), "upper": url.replace("http:", "HTTP:")}
    config = folder / "backissue.toml"
    config.write_text(f"{config.read_text()}\n\n{more.format(**forms)}")
    before = config.read_text(), crawls.content(), crawls.rows("SELECT name, url FROM sources")
    code, out, err = run(crawls, "sources", *words.format(url=url).split())
    assert says.format(url=url) in (out if "already;" in says else err)
    assert code == ("already;" not in says)
    assert len((out + err).strip().splitlines()) <= 2
    assert (config.read_text(), crawls.content(), crawls.rows("SELECT name, url FROM sources")) == before


def test_same_site_under_www_or_its_usual_port_is_refused(tmp_path):
    config = tmp_path / "backissue.toml"
    for url in ("https://www.paper.example", "http://paper.example", "https://paper.example:443/"):
        config.write_text(
            'contact = "you@example.org"\n[sources.paper]\nurl = "https://paper.example"\n'
            + OTHER.format(url=url)
        )
        code, _, err = run(Crawls(tmp_path, url), "sources")
        assert (code, "is the site of sources.paper." in err) == (1, True)


def test_last_source_of_a_configuration_stays(archived):
    """The message says what can be done instead."""
    crawls = Crawls(*archived)
    crawls.words()
    err = run(crawls, "sources", "remove", "site", "--yes")[2]
    assert "nothing was removed." in err
    assert "`backissue init URL`" in err


def test_move_to_https_and_back_loses_nothing(archived):
    folder, url = archived
    crawls = Crawls(folder, url)
    crawls.words()
    before = numbers(crawls)
    for there in (url.replace("http:", "https:"), "https://www.paper.example/news", url):
        assert run(crawls, "sources", "move", "site", there)[0] == 0
        assert numbers(crawls) == before
    assert sound(crawls.path)
    assert crawls.rows("SELECT * FROM events") == []
    assert crawls.rows("SELECT name, url FROM sources") == [{"name": "site", "url": url}]
