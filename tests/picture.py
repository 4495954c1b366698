"""Makes docs/picture.png: the sample newspaper archived by the real program, and seen by a real browser.

Run it with `make picture`. It works in a folder that is thrown away, and changes nothing but the picture.
With `--folder` it takes the pictures of the documentation site instead (`make docs`).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

from crawler.demo import workspace
from tests.paths import ROOT

PICTURE = ROOT / "docs" / "picture.png"
PLACES = {"home": "", "search": "search?q=council", "changes": "changes", "coverage": "coverage"}
PROGRAM = [sys.executable, str(ROOT / "scheduler.py")]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def article_with_a_thread(site: str) -> int:
    """A short article that was answered at some length, so that both fit into one view."""
    sql = (
        "select article_id from comments join articles on articles.id = article_id"
        " where articles.comment_count between 5 and 30 and length(articles.text) > 500"
        " group by article_id having sum(depth > 2) >= 1 order by length(articles.text), article_id"
    )
    query = urlencode({"_shape": "arrayfirst", "sql": sql})
    with urlopen(f"{site}/demo.json?{query}") as answer:
        return int(json.load(answer)[0])


def main() -> None:
    """Archive, serve, look, and clean up."""
    options = argparse.ArgumentParser(prog="python -m tests.picture", description=__doc__)
    options.add_argument("--folder", type=Path, help="take those of the documentation site, into this folder")
    pictures = options.parse_args().folder
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder:
        config = workspace.prepare(Path(folder), free_port())
        program = [*PROGRAM, "--config", str(config.path)]
        with workspace.newspaper(config):
            subprocess.run([*program, "crawl"], cwd=folder, check=True)
        port = free_port()
        pages = subprocess.Popen([*program, "serve", "--quiet", "--port", str(port)], cwd=folder)
        try:
            take(chromium, f"http://127.0.0.1:{port}", pictures)
        finally:
            pages.terminate()
            pages.wait(10)


def take(chromium: str | None, site: str, pictures: Path | None) -> None:
    """Wait for the pages, and keep what a reader sees: of an article, or of several pages in a folder."""
    for _ in range(200):
        try:
            urlopen(site, timeout=2).close()
            break
        except OSError:
            time.sleep(0.1)
    places = {PICTURE: f"article/{article_with_a_thread(site)}"}
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        places = {pictures / f"{name}.png": place for name, place in PLACES.items()}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for path, place in places.items():
            height = 1300 if path == PICTURE else 900
            page = browser.new_page(viewport={"width": 1200, "height": height}, device_scale_factor=1)
            page.goto(f"{site}/{place}")
            page.screenshot(path=path)
            page.close()
            sys.stdout.write(f"{os.path.relpath(path, ROOT)}: {path.stat().st_size:,} bytes\n")
        browser.close()


if __name__ == "__main__":
    main()
