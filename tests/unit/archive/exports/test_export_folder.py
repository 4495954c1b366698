"""The exported folder, opened by a plain Datasette."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from archive.exports.selection import TAKEN
from tests.builders.export_town import exported, is_whole, rows

ONLY_ITS_OWN = """
import sys
from pathlib import Path

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ImportError(f"no {name} here")

sys.meta_path.insert(0, Absent())
sys._called_from_test = True  # Datasette then looks for no installed plugin
from datasette.cli import cli
try:
    cli(["serve", FOLDER, "--get", PAGE])
finally:
    archive = sys.modules.get("archive.public")
    print("\\nroom:", archive and Path(archive.__file__).parents[2].name, file=sys.stderr)
"""


def datasette_alone(folder: Path, page: str, absent: set[str]) -> subprocess.CompletedProcess[str]:
    """Ask for a page of a Datasette that knows no Backissue and lacks some distributions."""
    modules = {module for module, names in packages_distributions().items() if absent & set(names)} | absent
    program = f"ABSENT, FOLDER, PAGE = {modules!r}, {str(folder)!r}, {page!r}\n{ONLY_ITS_OWN}"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def needed_by(*names: str) -> set[str]:
    """The installed distributions that some others need, and what those need."""
    installed = {name for found in packages_distributions().values() for name in found}
    found, new = set(), set(names)
    while new:
        lines = [line for name in new for line in requires(name) or () if "extra ==" not in line]
        new = {re.split(r"[^\w.-]", line)[0] for line in lines} & installed - found
        found |= new
    return found


def test_the_folder_opens_its_own_reading_room_in_a_plain_datasette(town: Path, tmp_path: Path) -> None:
    folder = exported(town, "folder", tmp_path / "folder")
    assert is_whole(folder)["counts"]["articles"] == len(rows(town / "archive.db", "articles"))
    required = {line.split("<")[0] for line in (folder / "requirements.txt").read_text().splitlines()}
    assert {"datasette", "nh3"} <= required
    done = datasette_alone(
        folder, "/search?q=%22Level+29%22", needed_by("backissue") - required - needed_by(*required)
    )
    assert "room: room" in done.stderr
    assert "Level" in done.stdout
    assert re.search(r'<a href="/comment/\d+">', done.stdout)
    for table in TAKEN:
        assert rows(folder / "archive.db", table) == rows(town / "archive.db", table), table
    assert rows(folder / "archive.db", "comment_months") == rows(town / "archive.db", "comment_months") != []


def test_without_the_rooms_libraries_the_folder_still_shows_described_tables(
    town: Path, tmp_path: Path
) -> None:
    folder = exported(town, "folder", tmp_path / "folder", "--source", "uplands")
    done = datasette_alone(folder, "/archive/articles", {"nh3", "markdown-it-py"})
    assert "requirements.txt" in done.stderr
    assert "Snow on the pass" in done.stdout
    assert "Its address on the site." in done.stdout
