"""docs/tutorial.md: each command runs on the demo, in its order, and prints what the page says."""

from __future__ import annotations

import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler import demo
from crawler.demo.site import DemoSite
from tests.builders.crawling import PROGRAM
from tests.builders.patience import PATIENCE, free_port
from tests.paths import ROOT

TEXT = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(sh|text|sql)\n(.+?)```", TEXT, re.DOTALL)
NOTHING_WRONG, MISSING = 0, 3


class Town:
    """The folder of the tutorial with a demo that has run for five minutes."""

    def __init__(self, folder: Path, site: str) -> None:
        self.folder, self.site = folder, site

    def here(self, text: str) -> str:
        """The text with this newspaper's address."""
        return text.replace("http://127.0.0.1:8002", self.site).replace("https://www.example.org", self.site)

    def run(self, line: str) -> str:
        """What a command line prints; it must leave with 0, or with 3 where it finds something missing."""
        words = shlex.split(self.here(line))
        assert words[0] == "backissue", line
        done = subprocess.run(
            [sys.executable, str(PROGRAM), *words[1:]],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        expected = MISSING if "verify" in words else NOTHING_WRONG  # a comment of the demo stays missing
        assert done.returncode == expected, done.stderr + done.stdout
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder, now = tmp_path_factory.mktemp("town"), [datetime.now(UTC)]
    config = demo.prepare(folder, free_port())
    port = int(config.sources[0].site.url.rpartition(":")[2])
    with DemoSite(port, now[0], lambda: now[0]) as site:
        made = Town(folder, site.url)
        assert "118 new articles, 1,210 new comments" in made.run("backissue --config demo.toml crawl")
        now[0] += timedelta(minutes=5)
        made.run("backissue --config demo.toml crawl")
        yield made


def test_tutorial_commands_print_what_it_says(town: Town) -> None:
    printed = "sample: ok. 118 new articles, 1,210 new comments."
    for kind, block in BLOCKS:
        if kind == "sh":
            printed = "".join(map(town.run, block.strip().splitlines()))
        elif kind == "text":
            for line in block.strip().splitlines():
                parts = [re.escape(part.strip()) for part in town.here(line).split("…")]
                assert re.search(r"\s.*?\s".join(parts), printed), f"{line!r} is not in:\n{printed}"
        else:
            with closing(sqlite3.connect(town.folder / demo.ARCHIVE)) as db:
                [before, after] = db.execute(block).fetchall()
            assert not before[2].startswith("Two readers")
            assert after[2] == "Two readers have written to say that they remember it differently."
            assert before[1] == after[0]
    assert (town.folder / "gale.wacz").stat().st_size > 0


def test_tutorial_has_a_command_in_each_step() -> None:
    steps = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
    assert len(steps) == 6
    assert all("```sh" in step for step in steps)
