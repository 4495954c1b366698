"""How soon the static site of a large archive opens: its home page, and the first hits of a search.

Run it with `python -m tests.bench_site --comments 100000`. It exports the site, serves it by Python's own web
server on the loopback, and opens it in a browser with an empty cache each time. It asserts nothing.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench_archive import build
from tests.bench_pages import words
from tests.builders import browser as real
from tests.builders.patience import free_port, until
from tests.paths import ROOT

PROGRAM = [sys.executable, str(ROOT / "scheduler.py")]


def export_site(folder: Path) -> Path:
    """Return the folder of the site; it is exported where it is not there yet."""
    site = folder / "site"
    if not site.exists():
        started = time.monotonic()
        command = [*PROGRAM, "export", "site", "--output", str(site)]
        subprocess.run(command, cwd=folder, check=True)
        print(f"exported in {time.monotonic() - started:,.0f} s")
    return site


def measured(browser: Any, address: str, times: int, work: Callable[[Any], None]) -> tuple[float, float]:
    """Return the median and the longest time in seconds; each time with an empty cache."""
    spent = []
    for _ in range(times):
        context = real.context(browser, base_url=address)
        page = context.new_page()
        started = time.monotonic()
        work(page)
        spent.append(time.monotonic() - started)
        context.close()
    return statistics.median(spent), max(spent)


def main() -> None:
    """Print the times."""
    options = argparse.ArgumentParser(prog="python -m tests.bench_site", description=__doc__)
    options.add_argument("--comments", type=int, default=100_000)
    options.add_argument("--times", type=int, default=5, help="how often each page is opened")
    options.add_argument("--folder", type=Path, help="keep the archive and the site here, for the next time")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        if not (folder / "archive.db").exists():
            build(folder, given.comments)
        word = words(folder / "archive.db")["usual"]
        site, port = export_site(folder), free_port()
        command = [
            sys.executable,
            "-m",
            "http.server",
            str(port),
            "--bind",
            "127.0.0.1",
            "--directory",
            str(site),
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                _print_times(f"http://127.0.0.1:{port}", word, given.times)
            finally:
                server.terminate()


def _print_times(address: str, word: str, times: int) -> None:
    def home(page: Any) -> None:
        page.goto("/index.html")

    def hits(page: Any) -> None:
        page.goto(f"/search.html?q={word}")
        page.locator("#hits li").first.wait_for()

    with real.browser() as browser:
        until(lambda: _answers(browser, address), lambda: "the server does not answer")
        for name, work in (("the home page", home), (f"the first hits of “{word}”", hits)):
            median, longest = measured(browser, address, times, work)
            print(f"{name}: {median:.2f} s, at most {longest:.2f} s")


def _answers(browser: Any, address: str) -> bool:
    context = real.context(browser, base_url=address)
    try:
        return bool(context.request.get("/index.html").ok)
    finally:
        context.close()


if __name__ == "__main__":
    main()
