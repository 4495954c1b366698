"""Sources that are renamed in two steps, and what a deletion leaves in the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.core.database import transaction
from archive.sources import removal
from archive.storage.archive import Archive
from scheduler import main
from tests.builders import fixtures_archive as made


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return made.build(tmp_path / "news.db", count=3)


def rename(folder: Path, url: str, *names: str) -> Result:
    config = folder / "backissue.toml"
    config.write_text(f'archive = "news.db"\n[sources.harbour]\nurl = "{url}"\n')
    return CliRunner().invoke(main, ["--config", str(config), "sources", "rename", *names])


def test_archive_follows_a_name_that_the_configuration_has_already(archive: Path) -> None:
    """Killed between the two, or edited by hand: a crawl says that this command renames it."""
    with Archive.open(archive) as opened:
        name, url = opened.db.execute("SELECT name, url FROM sources ORDER BY first_seen, name").fetchone()
    other = rename(archive.parent, "https://other.example", name, "harbour")
    assert (other.exit_code, "already has a source “harbour”" in other.output) == (1, True)
    done = rename(archive.parent, url, name, "harbour")
    assert done.exit_code == 0, done.output
    with Archive.open(archive) as opened:
        named = {row[0] for row in opened.db.execute("SELECT source FROM articles")}
    assert "harbour" in named
    assert name not in named
    again = rename(archive.parent, url, name, "harbour")
    assert (again.exit_code, f"has no source “{name}”" in again.output) == (1, True)


def test_deleted_words_are_not_in_the_file(archive: Path) -> None:
    """Also where SQLite was built without secure_delete."""
    words = b"Quokkas seen on the Lower Quay"
    with Archive.open(archive) as opened:
        with transaction(opened.db):
            opened.db.execute("UPDATE articles SET text = ? WHERE id = 1", [words.decode() * 300])
            (name,) = opened.db.execute("SELECT source FROM articles WHERE id = 1").fetchone()
        opened.db.execute("PRAGMA secure_delete = OFF")
        opened.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert words in archive.read_bytes()
        with transaction(opened.db):
            removal.delete_source(opened.db, archive, name)
        opened.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert words not in archive.read_bytes()
