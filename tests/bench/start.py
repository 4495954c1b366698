"""What the start of a command costs, beside that of sqlite-utils; and a crawl that finds nothing new."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from archive.storage.archive import Archive
from tests.bench.programs import BACKISSUE, cost
from tests.bench.rounds import Table, compared
from tests.bench.site import made_site

_IDLE_PAGES = 5
_SCRAPY = "import scrapy.crawler, scrapy.core.downloader.handlers.http11, twisted.internet.asyncioreactor"
_READING = 1.1  # .15 s of CPU, where sqlite-utils takes .14
_IDLE = 1.5  # .5 s, where Scrapy's imports take .33


def measure(pages: int, rounds: int) -> list[Table]:
    """Measure commands on an empty archive, and crawls of a small site; `pages` is of no account."""
    return [_commands(rounds), _idle(rounds)]


def _commands(rounds: int) -> Table:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "backissue.toml").write_text("[sources.gazette]\nurl = 'https://gazette.example'\n")
        Archive.open(folder / "archive.db").close()
        commands = {
            "sqlite-utils --help": [sys.executable, "-m", "sqlite_utils", "--help"],
            "backissue --help": [*BACKISSUE, "--help"],
            "backissue status": [*BACKISSUE, "status"],
            "backissue search": [*BACKISSUE, "search", "harbour"],
            "backissue export jsonl": [*BACKISSUE, "export", "jsonl"],
        }
        variants = {
            what: lambda command=command: cost(command, folder).cpu_seconds
            for what, command in commands.items()
        }
        bounds = dict.fromkeys(list(commands)[1:], _READING)
        figures = compared(variants, rounds, "s of CPU", bounds)
    return Table(title="Start of a command", corpus="an empty archive", figures=figures)


def _idle(rounds: int) -> Table:
    crawl = [*BACKISSUE, "crawl", "--no-progress"]
    with tempfile.TemporaryDirectory() as name, made_site(_IDLE_PAGES) as url:
        folder = Path(name)
        (folder / "backissue.toml").write_text(f"[sources.gazette]\nurl = '{url}'\ndelay = 0\n")
        cost(crawl, folder)
        variants = {
            "import of Scrapy alone": lambda: cost([sys.executable, "-c", _SCRAPY], folder).cpu_seconds,
            "backissue crawl": lambda: cost(crawl, folder).cpu_seconds,
        }
        figures = compared(variants, rounds, "s of CPU", {"backissue crawl": _IDLE})
    return Table(title="A crawl that finds nothing new", corpus="a site of a few pages", figures=figures)
