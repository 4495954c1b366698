"""Measures what is named, or everything, and writes docs/performance.md.

`python -m tests.bench disk` measures one thing and leaves what the page says of the others.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench import crawl, disk, exports, parts, proof, reading, shards, start
from tests.bench.rounds import Figure, Table
from tests.paths import ROOT

BENCHES: dict[str, tuple[Callable[[int, int], list[Table]], int]] = {
    "disk": (disk.measure, 600),
    "reading": (reading.measure, 200),
    "crawl": (crawl.measure, 300),
    "parts": (parts.measure, 150),
    "proof": (proof.measure, 1000),
    "exports": (exports.measure, 100),
    "start": (start.measure, 0),
    "shards": (shards.measure, 200),
}
"""What can be measured, and on how many pages."""
PAGE = ROOT / "docs" / "performance.md"
_HEAD = """# Performance

`make bench` writes this page. The rows of a table are measured in turns, in one run. A ratio compares a row
with the nearest row above that has 1, and is the median of the rounds. Ratios say more than values, since
values depend on the machine.
"""
_LIBRARIES = ("scrapy", "trafilatura", "lxml", "zstandard", "sqlite-utils", "warcio")


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="NAME", help=", ".join(BENCHES))
    options.add_argument("--pages", type=int, help="how many pages, instead of each bench's own number")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--output", type=Path, default=PAGE)
    given = options.parse_args()
    for name in given.names or BENCHES:
        measure, pages = BENCHES[name]
        text = _section(name, measure(given.pages or pages, given.rounds), given.rounds)
        sys.stdout.write(f"{text}\n")
        _write(given.output, name, text)


def _section(name: str, tables: list[Table], rounds: int) -> str:
    day = datetime.now(UTC).date().isoformat()
    parts = [f"<!-- {name} -->", f"## {name.capitalize()}", f"{day}, {rounds} rounds. {_machine()}"]
    parts += [_told(table) for table in tables]
    return "\n\n".join([*parts, f"<!-- end of {name} -->\n"])


def _told(table: Table) -> str:
    rows = ["| | | ratio | goal |", "|---|---|---|---|", *map(_row, table.figures)]
    return "\n".join([f"### {table.title}", "", f"{table.corpus[:1].upper()}{table.corpus[1:]}.", "", *rows])


def _row(figure: Figure) -> str:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.3g}"
    bound = "" if figure.bound is None else f"≤ {figure.bound:g}"
    value = f"{figure.value:,.0f}" if figure.value >= 1000 else f"{figure.value:.4g}"
    return f"| {figure.what} | {value} {figure.unit} | {ratio} | {bound} |"


def _machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores ({platform.machine()}), Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, {libraries}."
    )


def _write(page: Path, name: str, section: str) -> None:
    """Put a section in the place of the one of its name, or at the end."""
    text = page.read_text(encoding="utf-8") if page.exists() else _HEAD
    there = re.compile(f"<!-- {name} -->.*<!-- end of {name} -->\n", re.DOTALL)
    text = there.sub(lambda _: section, text) if there.search(text) else f"{text}\n{section}"
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
