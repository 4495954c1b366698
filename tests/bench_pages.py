"""How soon the pages answer: `backissue serve` on a made archive, each page asked many times.

Run it with `make bench`, or on a million comments with `python -m tests.bench_pages --comments 1000000`.
Words are as common as in a language (Zipf), some are edited and some removed. It asserts nothing; the
line "an empty answer" says how busy the machine was.
"""

from __future__ import annotations

import argparse
import http.client
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from archive.public.sql.view_paging import VIEW_KEYS
from tests.bench_archive import CROWDED, LONG, build
from tests.paths import ROOT

PROGRAM = [sys.executable, str(ROOT / "scheduler.py")]
KINDS = {"rare": 0.0007, "usual": 0.02, "common": 0.11, "very common": 0.4}
"""Words asked for, by the share of comments that have them."""
FORMS = ("atom", "csv", "json")
FILTERS = {
    "by a commenter": "person=reader7",
    "under a tag": "tag=tag40",
    "of two years": "since=2012&until=2013",
    "of one month": "since=2012-03&until=2012-03",
    "changed or removed": "state=changed",
    "newest first": "sort=date",
    "comments": "kind=comments",
    "edited out of comments": "kind=comment_versions",
    "page 20": "kind=comments&page=20",
}


def words(archive: Path) -> dict[str, str]:
    """For each kind of word the one that comes nearest to it, as the index has counted."""
    connection = sqlite3.connect(archive)
    connection.execute("CREATE VIRTUAL TABLE temp.counted USING fts5vocab(main, comments_fts, row)")
    held = connection.execute("SELECT count(*) FROM comments").fetchone()[0]
    counted = connection.execute("SELECT term, doc FROM counted WHERE length(term) = 6").fetchall()
    connection.close()
    return {
        kind: min(counted, key=lambda one: abs(one[1] - share * held))[0] for kind, share in KINDS.items()
    }


def deepest(archive: Path) -> dict[str, int]:
    """For each view of ours the offset of its last whole page."""
    with closing(sqlite3.connect(archive)) as connection:
        rows = {view: connection.execute(f"SELECT count(*) FROM {view}").fetchone()[0] for view in VIEW_KEYS}
    return {view: max(0, number - 60) for view, number in rows.items()}


def questions(found: dict[str, str], deep: dict[str, int]) -> Iterator[tuple[str, str]]:
    """What is asked for: a name and a path."""
    yield "an empty answer", "/robots.txt"
    yield "home", "/"
    yield "article with 300 comments", f"/article/{LONG}"
    yield "article with 5,000 comments", f"/article/{CROWDED}"
    yield "article with 5,000 comments, page 12", f"/article/{CROWDED}?page=12"
    for view in VIEW_KEYS:
        yield f"deep page of the view {view}", f"/archive/{view}.json?_next={deep[view]}&_nocount=1"
    rare, usual, common, commonest = found.values()
    searched = {
        **found,
        "phrase, usual": f'"{commonest} {common}"',
        "two words, common": f"{common} {commonest}",
        "prefix": f"{common[:3]}*",
        "OR, common": f"{usual} OR {common}",
        "NOT, common": f"{commonest} NOT {common}",
        "column, common": f"text:{common}",
    }
    for name, typed in searched.items():
        yield f"search, {name}", f"/search?q={quote(typed)}"
    for name in ("usual", "common", "very common"):
        for title, condition in FILTERS.items():
            yield f"search, {name}, {title}", f"/search?q={found[name]}&{condition}"
    yield "search, nothing typed", "/search"
    yield "search, nothing typed, changed", "/search?state=changed"
    for form in FORMS:
        yield f"search.{form}, common, first byte", f"/search.{form}?q={common}"
    counted = {
        "rare": rare,
        "usual": usual,
        "very common": commonest,
        "three": f"{rare},{usual},{common}",
        "six": ",".join([*found.values(), f"{rare} OR {usual}", f"{common[:4]}*"]),
    }
    for name, typed in counted.items():
        for by in ("year", "month"):
            yield f"words, {name}, by {by}", f"/words?by={by}&q={quote(typed)}"
    yield "words of articles, three, by year", f"/words?kind=articles&q={rare},{usual},{commonest}"
    yield "sites", "/sites"
    yield "one site", "/sites?host=site0.example"
    yield "changes", "/changes"
    yield "changes of comments removed", "/changes?show=removed&since=2015&until=2016"
    yield "coverage", "/coverage"
    yield "the busiest commenter", "/commenter?name=Anonymous"
    yield "a usual commenter", "/commenter?name=reader700"
    yield "author", "/author/1"
    yield "tag", "/tag/1"
    yield "table of articles", "/archive/articles"
    yield "table of comments", "/archive/comments"
    yield "articles by source", "/archive/articles?_facet=source"
    yield "articles by language", "/archive/articles?_facet=language"
    yield "comments by source", "/archive/comments?_facet=source"
    yield "comments by kind", "/archive/comments?_facet=kind"
    yield "comments by author", "/archive/comments?_facet=author"


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """The real program, serving the archive of a folder; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*PROGRAM, "serve", "--port", str(port), "--quiet"]
    with (folder / "serve.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and not _is_up(port):
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _is_up(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def asked(port: int, path: str) -> tuple[float, int]:
    """Milliseconds until the whole answer was there, of a download until its first part; and the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    if ".csv" in path:
        answer.read1(100)
    else:
        answer.read()
    passed = (time.perf_counter() - began) * 1000
    connection.close()
    return passed, answer.status


def measure(folder: Path, times: int, only: str) -> None:
    found = words(folder / "archive.db")
    with serving(folder) as port:
        sys.stdout.write(f"{'milliseconds':<50}{'first':>8}{'least':>8}{'median':>8}{'worst':>8}\n")
        for name, path in questions(found, deepest(folder / "archive.db")):
            if only not in name:
                continue
            first, status = asked(port, path)
            taken = [asked(port, path)[0] for _ in range(times)]
            wrong = f"  answered {status}" if status != http.HTTPStatus.OK else ""
            numbers = (first, min(taken), statistics.median(taken), max(taken))
            sys.stdout.write(f"{name:<50}{''.join(f'{number:>8,.0f}' for number in numbers)}{wrong}\n")
            sys.stdout.flush()


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench_pages", description=__doc__)
    options.add_argument("--comments", type=int, default=100_000)
    options.add_argument("--times", type=int, default=5, help="how often each page is asked for")
    options.add_argument("--only", default="", help="only the lines that have this in their name")
    options.add_argument("--folder", type=Path, help="keep the archive here, and take it again next time")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name)
        if not (folder / "archive.db").exists():
            folder.mkdir(exist_ok=True, parents=True)
            build(folder, given.comments)
        measure(folder, given.times, given.only)


if __name__ == "__main__":
    main()
