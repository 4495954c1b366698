"""`make eval`: tables of what extraction gets right, over our fixtures and over real pages where they are.

Real pages are read where a folder of them is given: pages with the truth of their threads; checkouts of
scrapinghub/article-extraction-benchmark (bodies), adbar/trafilatura, flairNLP/fundus, mozilla/readability
and postlight/parser (bodies, titles, authors, days); and static copies of WordPress sites, whose own feeds
and REST files are the truth. Nothing of them belongs to the project.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trafilatura

from archive.core.records import Extract, Site
from pipeline import process
from tests.builders.pages import made_page
from tests.eval import copied_comments, facts, labels, static_copies
from tests.eval.copies import Copies
from tests.eval.facts import Facts
from tests.eval.labels import Labelled
from tests.eval.measure import Shares, Threads, overlap, scores

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "pages"
THREADS = ROOT.parent / "shared" / "data" / "threads"


def read(body: bytes, url: str, site: Site | None = None) -> Extract:
    """Extraction of one page."""
    page = made_page(url, body, source="eval", fetched_at=datetime(2026, 1, 5, 12, tzinfo=UTC))
    return process(page, site or Site(name="eval", url=url))


def rival(body: bytes, url: str) -> Any:
    """What trafilatura's defaults give for the same page, None where that is nothing."""
    return trafilatura.bare_extraction(body, url=url, include_comments=False, with_metadata=True)


def rival_text(body: bytes, url: str) -> str:
    """The text of it."""
    return getattr(rival(body, url), "text", None) or ""


def show(name: str, figures: Shares, note: str = "") -> None:
    """One line of precision, recall and F1."""
    print(f"  {name:<22} precision {figures[0]:.3f}  recall {figures[1]:.3f}  F1 {figures[2]:.3f}  {note}")


def fixtures() -> Threads:
    """Our own pages: bodies, fields and threads."""
    threads, right, asked = Threads(), Counter[str](), Counter[str]()
    ours: list[Shares] = []
    theirs: list[Shares] = []
    for path in sorted(FIXTURES.glob("*.json")):
        wanted = json.loads(path.read_text(encoding="utf-8"))
        body = path.with_suffix(".html").read_bytes()
        site = Site(name="eval", url=wanted["url"], **wanted["site"])
        extract = read(body, wanted["url"], site)
        article = extract.articles[0] if extract.articles else None
        for name, value in (wanted["article"] or {}).items():
            told = getattr(article, name, None)
            plain = (
                told.isoformat()
                if hasattr(told, "isoformat")
                else list(told)
                if isinstance(told, tuple)
                else told
            )
            asked[name] += 1
            right[name] += plain == value
        if wanted["article"]:
            ours.append(overlap(wanted["article"]["text"], (article and article.text) or ""))
            theirs.append(overlap(wanted["article"]["text"], rival_text(body, wanted["url"])))
        threads.add(path.stem, wanted["comments"], extract.comments)
    print(f"\nOur own pages ({threads.pages}): body")
    show("ours", scores(ours))
    show("trafilatura", scores(theirs))
    print("  fields: " + ", ".join(f"{name} {right[name]}/{asked[name]}" for name in sorted(asked)))
    return threads


def real_threads(folder: Path) -> Threads:
    """Real pages with the truth of their threads."""
    threads = Threads()
    for path in sorted(folder.glob("*.json")):
        wanted = json.loads(path.read_text(encoding="utf-8"))
        body = gzip.decompress(path.with_suffix(".html.gz").read_bytes())
        threads.add(path.stem, wanted["comments"], read(body, wanted["url"]).comments)
    return threads


def report(title: str, threads: Threads, *, errors: bool) -> None:
    """The table of threads."""
    print(f"\n{title}: {threads.pages} pages, {threads.clean} without a single error")
    for name in ("found", "alien", "parent", "author", "author_url", "kind", "date", "body"):
        if threads.asked[name]:
            print(f"  {name:<12} {threads.right[name]:>5} of {threads.asked[name]:<5}")
    for error in threads.errors if errors else ():
        print("    " + error)


def benchmark(folder: Path) -> None:
    """The public benchmark of article bodies, against trafilatura's defaults."""
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    ours: list[Shares] = []
    theirs: list[Shares] = []
    spent = [0.0, 0.0]
    for name, wanted in truth.items():
        body = gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes())
        started = time.process_time()
        extract = read(body, wanted["url"])
        between = time.process_time()
        told = rival_text(body, wanted["url"])
        spent = [spent[0] + between - started, spent[1] + time.process_time() - between]
        text = (extract.articles[0].text if extract.articles else None) or ""
        ours.append(overlap(wanted["articleBody"], text))
        theirs.append(overlap(wanted["articleBody"], told))
    print(f"\nArticle-extraction-benchmark ({len(truth)} pages): body")
    show(
        "ours", scores(ours), f"{1000 * spent[0] / len(truth):.1f} ms CPU a page, threads and facts included"
    )
    show(
        "trafilatura", scores(theirs), f"{1000 * spent[1] / len(truth):.1f} ms CPU a page, with its metadata"
    )
    print(f"  CPU: {spent[0] / spent[1]:.2f} of trafilatura's")


def labelled(name: str, pages: Iterator[Labelled], *, errors: bool) -> None:
    """Bodies, titles, authors and days of labelled pages, ours beside trafilatura's."""
    table = Facts()
    for page in pages:
        article = next(iter(read(page.body, page.url).articles), None)
        told = {"ours": facts.ours(article), "trafilatura": facts.theirs(rival(page.body, page.url))}
        table.add(page, told)
    print(f"\n{name} ({table.pages} pages)")
    for line in (*table.lines(), *(table.errors if errors else ())):
        print("  " + line)


def copies(folder: Path, most: int, *, errors: bool) -> None:
    """Print how static copies of WordPress sites are read, against their own feeds and REST files."""
    table = Copies()
    for site, post in static_copies.posts(folder, most):
        body = post.page.read_bytes()
        extract = read(body, post.url)
        article = next(iter(extract.articles), None)
        table.add(site, post, article, rival_text(body, post.url), tuple(extract.problems))
    print(f"\nStatic copies of WordPress ({table.posts} posts of {len(table.sites)} sites)")
    if not table.posts:
        return
    show("ours", scores(table.ours))
    show("trafilatura", scores(table.theirs))
    for line in table.lines():
        print("  " + line)
    counts = copied_comments.compare(folder, lambda body, url: read(body, url).comments)
    for line in counts.lines():
        print("  " + line)
    for error in (*table.errors, *counts.errors) if errors else ():
        print("    " + error)


def main() -> None:
    """Print every table there is data for."""
    parser = argparse.ArgumentParser(prog="python -m tests.eval", description=__doc__)
    parser.add_argument("--benchmark", type=Path, help="a checkout of article-extraction-benchmark")
    parser.add_argument("--trafilatura", type=Path, help="a checkout of adbar/trafilatura")
    parser.add_argument("--fundus", type=Path, help="a checkout of flairNLP/fundus")
    parser.add_argument("--readability", type=Path, help="a checkout of mozilla/readability")
    parser.add_argument("--postlight", type=Path, help="a checkout of postlight/parser")
    parser.add_argument("--copies", type=Path, help="a folder of static WordPress copies, one a site")
    parser.add_argument("--most", type=int, default=60, help="posts of a copy that are read (60)")
    parser.add_argument("--threads", type=Path, default=THREADS, help="pages with the truth of their threads")
    parser.add_argument("--errors", action="store_true", help="name every error, but for unseen pages")
    options = parser.parse_args()
    report("Threads of our own pages", fixtures(), errors=True)
    if options.threads.is_dir():
        report("Threads of real pages", real_threads(options.threads), errors=options.errors)
    else:
        print(f"\nNo real pages: {options.threads} is not there.")
    if options.benchmark:
        benchmark(options.benchmark)
    for name, folder, pages in (
        ("Trafilatura's evaluation", options.trafilatura, labels.trafilatura_pages),
        ("News pages of fundus", options.fundus, labels.fundus_pages),
        ("Readability's test pages", options.readability, labels.readability_pages),
        ("Pages of postlight's parser", options.postlight, labels.postlight_pages),
    ):
        if folder:
            labelled(name, pages(folder), errors=options.errors)
    if options.copies:
        copies(options.copies, options.most, errors=options.errors)


if __name__ == "__main__":
    main()
