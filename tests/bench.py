"""How fast it is, and how much it asks for: the sample newspaper, crawled twice by the real program.

Run it with `make bench`. It prints what it measured and asserts no duration; the ratios (requests for
each article, bytes kept for each byte received) hold on any machine.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.fakesite import SampleSite
from tests.paths import ROOT

PROGRAM = [sys.executable, str(ROOT / "scheduler.py")]


def timed(*arguments: str, folder: Path) -> tuple[float, str]:
    """Run the program; the seconds it took, and what it printed."""
    began = time.perf_counter()
    done = subprocess.run([*PROGRAM, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    return time.perf_counter() - began, done.stdout


def line(what: str, value: float, unit: str) -> None:
    sys.stdout.write(f"{what:<44}{value:>12,.2f} {unit}\n")


def measure(folder: Path, articles: int) -> None:
    first_time, first = crawl(folder)
    second_time, second = crawl(folder)
    search_time, _ = timed("search", "harbour", "--json", folder=folder)
    export_time, export = timed("export", "jsonl", folder=folder)
    kept = sum((folder / name).stat().st_size for name in ("archive.db", "pages.db"))
    read = first["saved"]["articles_new"]
    line("first crawl", first_time, "s")
    line("  articles a second", read / first_time, "")
    line("  requests for each article", first["requests"] / read, "")
    line("  comments archived", first["saved"]["comments_new"], "")
    line("second crawl, nothing new", second_time, "s")
    line("  requests", second["requests"], "")
    line("  share of the first crawl's bytes", second["bytes"] / first["bytes"], "")
    line("bytes kept for each byte received", kept / first["bytes"], "")
    line("one search, the program's start included", search_time, "s")
    line("export, articles a second", len(export.splitlines()) / export_time, "")
    if read < articles * 0.9:
        sys.exit(f"only {read} of {articles} articles were read")


def crawl(folder: Path) -> tuple[float, dict[str, Any]]:
    seconds, told = timed("crawl", "--json", "--no-progress", folder=folder)
    run: dict[str, Any] = json.loads(told)
    return seconds, run


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--articles", type=int, default=200)
    articles = options.parse_args().articles
    with tempfile.TemporaryDirectory() as name, SampleSite(articles=articles) as site:
        folder = Path(name)
        settings = f"[sources.sample]\nurl = '{site.url}'\ndelay = 0\n"
        (folder / "backissue.toml").write_text(settings, encoding="utf-8")
        measure(folder, articles)


if __name__ == "__main__":
    main()
