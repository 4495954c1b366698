"""The whole job: a first crawl of a made site, beside the crawler that one writes in an hour; and memory."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.bench.programs import BACKISSUE, Cost, cost
from tests.bench.rounds import Table, compared
from tests.bench.site import made_site
from tests.paths import ROOT


def measure(pages: int, rounds: int) -> list[Table]:
    """Measure a site of so many pages."""
    with tempfile.TemporaryDirectory() as name, made_site(pages) as url:
        crawls = {
            "naive": lambda: _naive(Path(name) / "naive", url),
            "backissue crawl": lambda: first_crawl(Path(name) / "ours", url, pages),
        }
        costs: dict[str, list[Cost]] = {what: [] for what in crawls}
        wall = compared({what: _noted(run, costs[what]) for what, run in crawls.items()}, rounds, "s")
        cpu = compared(_taken(costs, "cpu_seconds"), rounds, "s of CPU")
        memory = compared(_taken(costs, "peak_megabytes"), rounds, "MB")
    corpus = f"{pages} made pages on the loopback, with their threads and full text; delay 0"
    return [
        Table(title="A first crawl, CPU", corpus=corpus, figures=cpu),
        Table(title="A first crawl, time", corpus=corpus, figures=wall),
        Table(title="A first crawl, memory of the largest process", corpus=corpus, figures=memory),
    ]


def _noted(run: Callable[[], Cost], into: list[Cost]) -> Callable[[], float]:
    def measured() -> float:
        into.append(run())
        return into[-1].wall_seconds

    return measured


def _taken(costs: dict[str, list[Cost]], name: str) -> dict[str, Callable[[], float]]:
    """Return measures that give what was noted of each run, in order."""
    noted = {what: iter([getattr(one, name) for one in found]) for what, found in costs.items()}
    return {what: lambda values=values: next(values) for what, values in noted.items()}


def _naive(folder: Path, url: str) -> Cost:
    _empty(folder)
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv[1:] = [{url!r}, 'naive.db'];"
    run = "import runpy; runpy.run_module('tests.bench.naive', run_name='__main__')"
    return cost([sys.executable, "-c", script + run], folder)


def first_crawl(folder: Path, url: str, pages: int) -> Cost:
    """Crawl a made site of so many pages into a new archive in a folder, which is emptied first.

    Raises SystemExit where a page was not read.
    """
    _empty(folder)
    (folder / "backissue.toml").write_text(f"[sources.gazette]\nurl = '{url}'\ndelay = 0\n")
    found = cost([*BACKISSUE, "crawl", "--no-progress"], folder)
    with closing(sqlite3.connect(folder / "archive.db")) as db:
        [[read]] = db.execute("SELECT count(*) FROM articles WHERE text IS NOT NULL").fetchall()
    if read != pages:
        raise SystemExit(f"Only {read} of {pages} pages were read.")
    return found


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
