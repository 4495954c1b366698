"""Sources that move: URLs, links between the old and the new host, and what is hidden."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.core.errors import ArchiveError
from archive.core.link_identity import identity, one_site
from archive.core.records import Article, Extract, Page, Site, Surface
from archive.core.timestamps import instant
from archive.files.raw_pages import Pages, raw_pages_path
from archive.proof import check, log
from archive.sources.addresses import earlier, moved_url, owner_of
from archive.storage.archive import Archive
from scheduler import main
from tests.builders.pages import made_page

OLD, NEW = "https://gazette.example", "https://news.example/gazette"
AT = "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("url", "old", "new", "there"),
    [
        (f"{OLD}/ice/?p=1", OLD, NEW, f"{NEW}/ice/?p=1"),
        ("http://www.gazette.example/ice", OLD, NEW, f"{NEW}/ice"),
        (f"{NEW}/ice/", NEW, OLD, f"{OLD}/ice/"),
        (f"{OLD}", OLD, NEW, f"{NEW}/"),
        ("https://news.example/other", NEW, OLD, None),
        ("https://elsewhere.example/ice", OLD, NEW, None),
        ("[hidden]", OLD, NEW, None),
    ],
)
def test_url_moves_with_its_site_and_no_other(url, old, new, there):
    assert moved_url(url, old, new) == there


def test_links_to_hosts_of_one_site_are_the_same():
    here, there = "http://www.gazette.example/ice", "https://paper.example/ice/"
    assert identity(here) != identity(there)
    with one_site([OLD, "https://paper.example"]):
        assert identity(here) == identity(there)
        assert identity(here) != identity("https://elsewhere.example/ice")
    with one_site([OLD]):
        assert identity(here) != identity(there)


def page(url: str, day: int) -> Page:
    return made_page(url, fetched_at=instant(f"2026-03-{day:02}T12:00:00Z"))


STORIES = {
    "ice": (
        "The harbour lies still",
        "The ferry has been frozen in for nine days, and [{}] tells why.",
    ),
    "thaw": (
        "Water in every cellar",
        "Pumps ran all night in Weir Lane, as [{}] had said they would.",
    ),
}


def story(home: str, name: str) -> Article:
    link = f"{home}/archive/{name}"
    title, text = STORIES[name]
    return Article(
        url=f"{home}/{name}/",
        post_id=len(name),
        title=title,
        text=text.replace("[{}]", "an older story"),
        markdown=text.replace("[{}]", f"[an older story]({link})"),
        links=(link,),
        published=instant(AT),
    )


def look(archive: Archive, home: str, day: int) -> list[int]:
    """Save the pages of both stories, and return what was new and edited."""
    found = []
    for name in ("ice", "thaw"):
        article = story(home, name)
        extract = Extract(surface=Surface.PAGE, articles=(article,))
        saved = archive.save(page(article.url, day), extract)
        found += [saved.articles_new, saved.articles_changed]
    return found


def program(folder: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["--config", str(folder / "backissue.toml"), *words])
    return done.exit_code, done.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "backissue.toml").write_text(f'[sources.gazette]\nurl = "{OLD}"\n')
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(Site(name="gazette", url=OLD), AT)
        assert look(archive, OLD, 1) == [1, 0, 1, 0]
    return tmp_path


def test_moved_site_is_read_without_an_event(folder):
    assert program(folder, "sources", "move", "gazette", NEW)[0] == 0
    with Archive.open(folder / "archive.db") as archive:
        assert look(archive, NEW, 2) == [0, 0, 0, 0]
        assert list(archive.db["events"].rows) == []
        assert earlier(archive.db, "gazette") == [OLD]
        assert owner_of(archive.db, f"http://{OLD.partition('//')[2]}/") == "gazette"
        with pytest.raises(ArchiveError, match="was archived from"):
            archive.add_source(Site(name="gazette", url=OLD), AT)
    assert program(folder, "sources", "move", "gazette", OLD)[0] == 0
    with Archive.open(folder / "archive.db") as archive:
        assert look(archive, OLD, 3) == [0, 0, 0, 0]
        assert earlier(archive.db, "gazette") == [NEW]


def test_hidden_article_stays_hidden_at_its_new_url(folder):
    assert program(folder, "redact", "article", "1", "--reason", "Asked for", "--yes")[0] == 0
    assert program(folder, "sources", "move", "gazette", NEW)[0] == 0
    with Archive.open(folder / "archive.db") as archive:
        assert look(archive, NEW, 2) == [0, 0, 0, 0]
        assert "ferry" not in json.dumps([dict(row) for row in archive.db["articles"].rows])
        assert archive.db["articles"].count == 2
    code, said = program(folder, "sources", "rename", "gazette", "other")
    assert (code, "is hidden" in said) == (1, True)


def test_sources_of_a_fleet_are_managed_by_the_fleet(folder, monkeypatch):
    config = folder / "backissue.toml"
    config.write_text(config.read_text() + f'[fleet]\nqueue = "postgresql://x/y"\nstore = "{folder}/store"\n')
    assert "fleet run NAME sources move" in program(folder, "sources", "move", "gazette", NEW)[1]
    monkeypatch.setenv("BACKISSUE_ARCHIVE", str(folder / "archive.db"))
    assert program(folder, "sources", "rename", "gazette", "other")[0] == 1
    assert program(folder, "sources", "move", "gazette", NEW)[0] == 0


def test_proof_holds_for_a_source_that_is_renamed_moved_and_removed(folder):
    path = folder / "archive.db"
    config = folder / "backissue.toml"
    config.write_text(f'{config.read_text()}[sources.other]\nurl = "https://other.example"\n')
    with Pages.open(raw_pages_path(path)) as pages:
        pages.keep(page(f"{OLD}/ice/", 1))
    for words in (
        ("rename", "gazette", "town"),
        ("move", "town", NEW),
        ("remove", "town", "--with-content", "--yes"),
    ):
        with Archive.open(path) as archive:
            log.log_changes(archive.db, path)
        assert program(folder, "sources", *words)[0] == 0
        with Archive.open(path) as archive:
            log.log_changes(archive.db, path)
            assert list(check.differences(archive.db, path)) == []
    with Archive.open(path) as archive:
        assert archive.db["articles"].count == archive.db["sources"].count == 0


def test_configuration_that_cannot_be_changed_leaves_the_archive_alone(folder):
    config = folder / "backissue.toml"
    before = f'searches.one = {{query = "ferry", source = "gazette"}}\n{config.read_text()}'
    config.write_text(before)
    assert program(folder, "sources", "rename", "gazette", "town")[0] == 1
    assert program(folder, "sources", "remove", "gazette", "--with-content", "--yes")[0] == 1
    assert config.read_text() == before
    with Archive.open(folder / "archive.db") as archive:
        assert archive.db.execute("SELECT DISTINCT source FROM articles").fetchall() == [("gazette",)]
