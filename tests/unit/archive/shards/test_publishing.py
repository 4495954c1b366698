"""Published generations: checked copies, exchanged at once, removed when nobody reads them."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.core.errors import ArchiveError
from archive.operations.publish import Published, origin_of, publish
from archive.public.library.library import OpenGeneration
from archive.search.engine import Ask, understand
from archive.shards import generation
from archive.shards.generation import GenerationLease
from archive.shards.shard_index import ShardIndex
from scheduler import main
from tests.builders import fixtures_archive as made

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.build(tmp_path_factory.mktemp("template") / "news.db", count=3)


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    for name in ("courier", "gazette"):
        shutil.copyfile(template, tmp_path / f"{name}.db")
    return tmp_path


def published(folder: Path, *names: str) -> Published:
    origins = [origin_of(folder / f"{name}.db", name) for name in names or ("courier", "gazette")]
    return publish(origins, folder / "public", NOW)


def edit(path: Path, title: str) -> None:
    with closing(sqlite3.connect(path)) as archive:
        archive.execute("UPDATE articles SET title = ? WHERE id = 1", [title])
        archive.commit()


def title(path: Path) -> str:
    with closing(sqlite3.connect(path)) as archive:
        return str(archive.execute("SELECT title FROM articles WHERE id = 1").fetchone()[0])


def current(folder: Path) -> Path:
    public = folder / "public"
    return generation.folder_of(public, generation.current_number(public))


def test_what_changed_is_copied_and_the_rest_is_linked(folder: Path) -> None:
    assert published(folder).copied == ("courier", "gazette")
    before = (current(folder) / "gazette.db").stat().st_ino
    assert published(folder) == Published(number=1, copied=(), linked=2, problems=(), still_read=())
    edit(folder / "courier.db", "Altered headline")
    assert published(folder) == Published(number=2, copied=("courier",), linked=1, problems=(), still_read=())
    assert title(current(folder) / "courier.db") == "Altered headline"
    assert (current(folder) / "gazette.db").stat().st_ino == before
    assert generation.numbers(folder / "public") == [2]
    assert published(folder, "gazette").number == 3
    assert not (current(folder) / "courier.db").exists()


def test_a_generation_stays_while_somebody_reads_it_and_no_longer(folder: Path) -> None:
    published(folder)
    with closing(GenerationLease(folder / "public")) as lease:
        edit(folder / "courier.db", "Altered headline")
        assert published(folder).still_read == (1,)
        assert title(lease.folder / "courier.db") != "Altered headline"
    assert published(folder).still_read == ()
    assert generation.numbers(folder / "public") == [2]


def test_an_archive_that_cannot_be_copied_keeps_its_last_copy(folder: Path) -> None:
    published(folder)
    edit(folder / "gazette.db", "Altered headline")
    (folder / "courier.db").write_bytes(b"SQLite format 3\0" + os.urandom(8000))
    done = published(folder)
    assert done.copied == ("gazette",)
    assert "courier was not copied" in done.problems[0]
    assert title(current(folder) / "courier.db")
    again = published(folder)
    assert (again.number, len(again.problems)) == (done.number, 1)  # no generation for nothing new


def test_hidden_words_are_in_no_published_file(folder: Path) -> None:
    words = "Quokkas seen on the Lower Quay"
    edit(folder / "courier.db", words)
    published(folder)
    assert words.encode() in b"".join(path.read_bytes() for path in current(folder).glob("courier*.db"))
    (folder / "backissue.toml").write_text(
        "archive = 'courier.db'\n[sources.quayside]\nurl = 'https://quayside.example'\n"
    )
    hide = program(
        *("--config", str(folder / "backissue.toml"), "redact", "article", "1", "--yes"),
        *("--reason", "At the request of a person named in it"),
    )
    assert hide.exit_code == 0, hide.output
    published(folder)
    for path in (folder / "public").rglob("courier*.db"):
        assert words.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("name", ["shards", "..", "a/b", "News", "news-media", ""])
def test_a_name_that_cannot_stand_in_an_address_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match="cannot be published under"):
        publish([origin_of(folder / "courier.db", name)], folder / "public", NOW)


@pytest.mark.parametrize(
    "damage",
    [
        lambda public: (public / "current.json").write_text("junk"),
        lambda public: (public / "current.json").write_text('{"generation": 99}'),
        lambda public: (current(public.parent) / "shards.db").write_bytes(b"junk"),
        lambda public: (current(public.parent) / "shards.db").unlink(),
        lambda public: (current(public.parent) / "in-use").unlink(),
        lambda public: (current(public.parent) / "courier.db").unlink(),
    ],
)
def test_a_damaged_generation_is_made_anew(folder: Path, damage: Callable[[Path], object]) -> None:
    published(folder)
    damage(folder / "public")
    done = published(folder)
    assert "courier" in done.copied
    assert generation.numbers(folder / "public") == [done.number]
    assert title(current(folder) / "courier.db")
    assert title(current(folder) / "gazette.db")


@pytest.mark.parametrize("file", ["shards.db", "courier.db"])
def test_serving_a_damaged_generation_names_the_file(folder: Path, file: str) -> None:
    published(folder)
    (current(folder) / file).unlink()
    with pytest.raises(ArchiveError, match=f"{file} is missing or damaged"):
        OpenGeneration(folder / "public")
    (folder / "courier.db").touch()
    published(folder)
    assert len(generation.numbers(folder / "public")) == 1  # the failed reader holds nothing


def test_what_a_killed_publisher_left_is_removed(folder: Path) -> None:
    """Killed before its generation was current, or in the midst of removing an old one."""
    published(folder)
    (folder / "public" / "generation-000000").mkdir()
    shutil.copytree(current(folder), folder / "public" / "generation-000002")
    assert published(folder).number == 1
    assert generation.numbers(folder / "public") == [1]


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    (folder / "public").symlink_to(folder / "gone")
    with pytest.raises(ArchiveError, match="Nothing could be published in"):
        published(folder)


def test_what_is_not_ours_stays(folder: Path) -> None:
    (folder / "public").mkdir()
    for name in ("index.html", "current.json"):
        (folder / "public" / name).write_text("mine")
        with pytest.raises(ArchiveError, match=f"contains {name}"):
            published(folder)
        (folder / "public" / name).unlink()
    origins = [origin_of(folder / f"{name}.db", "same") for name in ("courier", "gazette")]
    with pytest.raises(ArchiveError, match="Two archives"):
        publish(origins, folder / "other", NOW)


def test_the_index_counts_what_is_there(folder: Path) -> None:
    published(folder)
    with closing(ShardIndex(current(folder) / generation.INDEX)) as index:
        shard = index.shards["courier"]
        with closing(sqlite3.connect(folder / "courier.db")) as archive:
            for kind, number in shard.texts.items():
                assert archive.execute(f"SELECT count(*) FROM {kind}").fetchone()[0] == number
            newest = archive.execute("SELECT max(published) FROM articles").fetchone()[0]
        assert [row["published"] for row in index.newest(["gazette"], 1)] == [newest] == [shard.until]
        both, one = index.months(["courier", "gazette"]), index.months(["gazette"])
        assert [row["articles"] for row in both] == [2 * row["articles"] for row in one]


def test_an_index_that_was_continued_says_what_a_new_one_would(folder: Path) -> None:
    published(folder)
    for number in range(4):
        edit(folder / "courier.db", f"Quokkas number{number}")
        published(folder)
        if number == 1:
            published(folder, "courier")
    anew = publish(
        [origin_of(folder / f"{name}.db", name) for name in ("courier", "gazette")], folder / "anew", NOW
    )
    said = []
    for place in (current(folder), generation.folder_of(folder / "anew", anew.number)):
        with closing(ShardIndex(place / generation.INDEX)) as index:
            asked = [understand(Ask(words=f"number{number}")) for number in range(5)]
            found = [index.candidates("articles", wording, ask) for wording, ask, _ in asked]
            facts = {name: replace(shard, id=0, state="") for name, shard in index.shards.items()}
            said.append((found, facts, index.newest(index.shards, 5)[0]["title"], index.months(index.shards)))
    assert said[0] == said[1]


# -- the command ----------------------------------------------------------------------------------


def program(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), prog_name="backissue")


def test_a_folder_is_published_by_name_and_files_beside_an_archive_are_none(folder: Path) -> None:
    (folder / "weekly").mkdir()
    shutil.copyfile(folder / "courier.db", folder / "weekly" / "archive.db")
    for name in ("courier-pages", "courier-hidden", "pages"):
        (folder / f"{name}.db").write_bytes(b"")
    done = program("publish", str(folder), "--to", str(folder / "public"))
    assert done.exit_code == 0, done.output
    assert sorted(path.stem for path in current(folder).glob("*.db")) == [
        "courier",
        "gazette",
        "shards",
        "weekly",
    ]


def test_an_archive_that_has_gone_is_named_and_its_last_copy_stays(folder: Path) -> None:
    words = [
        "publish",
        str(folder / "courier.db"),
        str(folder / "gazette.db"),
        "--to",
        str(folder / "public"),
    ]
    assert program(*words).exit_code == 0
    (folder / "gazette.db").unlink()
    edit(folder / "courier.db", "Altered headline")
    done = program(*words)
    assert done.exit_code == 3
    assert "gazette was not copied: There is no archive" in done.output
    assert title(current(folder) / "courier.db") == "Altered headline"
    assert title(current(folder) / "gazette.db")


def test_nothing_to_publish_is_an_error_with_advice(tmp_path: Path) -> None:
    done = program("publish", str(tmp_path), "--to", str(tmp_path / "public"))
    assert done.exit_code == 1
    assert "has no archive" in done.output
    done = program("serve", str(tmp_path))
    assert done.exit_code == 1
    assert "No archives are published in" in done.output
