"""docs/tutorial.md: its commands run on the demo and print what it says; thirty questions about the demo."""

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
from typing import Any

import pytest

from archive.public.mcp import answers
from archive.public.mcp.answers import PageLinks
from archive.public.render.history import ChangeFilter
from archive.search.engine import Ask
from crawler import demo
from crawler.demo import workspace
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
    config = workspace.prepare(folder, free_port())
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


GALE = "/archives/2025/03/after-the-gale-a-town-looks-for-its-lids.php"
DRAINS = {"query": "website sends three streets to the wrong drains", "kind": "articles"}
SHOP = {"query": "title:somebody title:comes", "kind": "articles"}
SHOPS_THREAD = ("thread", {"reference": "{hits[0][article_id]}"})
QUESTIONS: list[tuple[str, list[tuple[str, dict[str, Any]]], str]] = [
    ("How many articles are there?", [("coverage", {})], "'articles': 119"),
    ("Was an article removed?", [("coverage", {})], "'removed_articles': 0"),
    ("How old is the oldest article?", [("coverage", {})], "'first': '2006-08-15T06:29:48Z'"),
    ("Is the archive complete?", [("coverage", {})], "'complete': '"),
    ("Which article was talked about most?", [("coverage", {})], "⟦Open until somebody comes⟧"),
    ("How many comments has it?", [("search", SHOP), SHOPS_THREAD], "'more': True"),
    ("Who comments most?", [("coverage", {})], "⟦Upriver Pete⟧', 'comments': 35"),
    (
        "How many comments did Marge write?",
        [("search", {"author": "Marge", "kind": "comments"})],
        "'comments': 29",
    ),
    (
        "What did Patience say on the shop?",
        [("search", {"author": "Patience", "query": "potholes"})],
        "13 potholes",
    ),
    (
        "To whom did jetsam say “I was in the room”?",
        [("search", {"query": '"I was in the room"'})],
        "⟦jetsam⟧",
    ),
    ("What was changed lately?", [("changes", {})], "'edited': 2, 'moved': 1"),
    ("Which headline was changed?", [("changes", {"show": "edited"})], "[-Click here for -]"),
    (
        "What did it say in 1990?",
        [("search", DRAINS), ("as_of", {"reference": "{hits[0][id]}", "moment": "1990"})],
        "saw no article",
    ),
    ("What was added to the story of the gale?", [("changes", {})], "Two readers have written to say"),
    (
        "Which article was moved, and where to?",
        [("changes", {"show": "moved"})],
        "school-kitchen-reopens.php+}",
    ),
    ("Was anything removed?", [("changes", {"show": "removed"})], "'changes': []"),
    ("How many houses lost light in the gale?", [("article", {"reference": GALE})], "431 houses"),
    ("Who wrote of the gale?", [("article", {"reference": GALE})], "⟦Ansel Threadgould⟧"),
    ("How often was that article changed?", [("article", {"reference": GALE})], "'version': 2"),
    (
        "How long has the clock stood still?",
        [("search", {"query": "twenty to four Corn Exchange"})],
        "17 days",
    ),
    (
        "What does the website cost?",
        [("search", DRAINS), ("article", {"reference": "{hits[0][id]}"})],
        "$20,000",
    ),
    (
        "How many stories are on traffic?",
        [("search", {"tag": "Traffic", "kind": "articles"})],
        "'articles': 14",
    ),
    ("Who links to the rovers?", [("search", {"site": "averil-rovers.example"})], "'articles': 1"),
    ("What came in 2006 first?", [("search", {"until": "2006-08", "kind": "articles"})], "⟦Lost tooth⟧"),
    ("Whose is the fountain?", [("search", {"query": "fountain owner"})], "Is it ours?"),
    ("Does anybody write of a walrus?", [("search", {"query": "walrus"})], "'articles': 0, 'comments': 0"),
    ("Is another paper's story here?", [("article", {"reference": "https://other.example/story"})], "error"),
    (
        "What were the first comments on the shop?",
        [("search", SHOP), SHOPS_THREAD],
        "Try it with a pushchair",
    ),
    (
        "What is a comment's history?",
        [("search", {"author": "jetsam"}), ("comment", {"reference": "{hits[0][id]}"})],
        "'versions': [{'version': 1",
    ),
    (
        "Which edits were there of articles?",
        [("search", {"state": "edited", "kind": "articles"})],
        "'articles': 2",
    ),
]


@pytest.mark.parametrize(("question", "calls", "answer"), QUESTIONS, ids=[each[0] for each in QUESTIONS])
def test_question_about_the_demo_is_answered_in_three_calls(
    town: Town, question: str, calls: list[tuple[str, dict[str, Any]]], answer: str
) -> None:
    assert len(calls) <= 3
    with closing(sqlite3.connect(town.folder / demo.ARCHIVE)) as db:
        last: dict[str, Any] = {}
        for tool, given in calls:
            values = {key: str(value).format(**last) for key, value in given.items()}
            if "reference" in values and values["reference"].startswith("/"):
                values["reference"] = town.site + values["reference"]
            last = ask(db, tool, values)
    assert answer in str(last), question


def ask(db: sqlite3.Connection, tool: str, values: dict[str, str]) -> dict[str, Any]:
    """Return the answer of a tool for language models."""
    links = PageLinks("/{}".format)
    match tool:
        case "search":
            words = {
                {"query": "words", "author": "person"}.get(key, key): value for key, value in values.items()
            }
            return answers.answer_search(db, Ask(**words, size=20), links)  # type: ignore[arg-type]
        case "changes":
            return answers.answer_changes(db, ChangeFilter(**values), links)  # type: ignore[arg-type]
        case "article":
            return answers.answer_article(db, values["reference"], links)
        case "comment":
            return answers.answer_comment(db, values["reference"], links)
        case "thread":
            return answers.answer_thread(db, values["reference"], 1, links)
        case "as_of":
            return answers.answer_as_of(db, values["reference"], values["moment"], links)
    return answers.answer_coverage(db, links)
