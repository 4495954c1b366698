"""A static site: pages for any web server, with a search that runs in the reader's browser.

An article with its thread is a page, or several; months lead to articles. Pagefind indexes the pages and
writes what its search loads, in small parts. No server computes anything, and nothing is loaded from
elsewhere. All of it is read through the `Snapshot`, so what is hidden is not in it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import jinja2

from archive.core.errors import ArchiveError
from archive.exports.dataset_cards import archive_title
from archive.exports.selection import Snapshot
from archive.exports.target import Bundle, facts
from archive.public.render.markup import article_html, comment_html
from archive.public.render.text import FILTERS
from archive.queries.threads import PAGE, Branch, Node, arrange, nest, pages

_TEMPLATES = Path(__file__).with_name("site")
_STYLE = Path(__file__).parents[1] / "public" / "static" / "room.css"
_COPIED = ("search.js", "site.css")
_UNUSED = ("pagefind-ui.*", "pagefind-modular-ui.*", "pagefind-component-ui.*", "pagefind-highlight.*")
_NEWEST = 20
_UNDATED = "undated"
_ARTICLE = (
    "SELECT articles.*, at AS hidden_at, reason, sources.title AS source_title FROM articles"
    " LEFT JOIN redactions ON redactions.id = redaction_id"
    " LEFT JOIN sources ON sources.name = articles.source"
)
_COMMENTS = (
    "SELECT comments.*, what.at AS hidden_at, what.reason FROM comments"
    " LEFT JOIN redactions AS what ON what.id = redaction_id"
    " WHERE comments.article_id = ? AND comments.kind = 'comment'"
)

Row = dict[str, Any]


def find_indexer() -> Path:
    """Return the path of Pagefind's program. Raises ArchiveError where it is not installed."""
    try:
        from pagefind_bin import get_executable  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise ArchiveError(
            "The search of a static site is made by Pagefind, which is not installed.",
            hint="Install Backissue with it, as backissue[site].",
        ) from error
    return Path(str(get_executable()))


def write_site(snapshot: Snapshot, bundle: Bundle) -> None:
    """Write the pages, and their search index.

    Raises ArchiveError where Pagefind is missing or fails.
    """
    indexer = find_indexer()
    title = archive_title(snapshot)
    months = defaultdict[str, list[Row]](list)
    for article in _articles(snapshot):
        listed = _write_article(bundle, snapshot, article, title)
        months[_month(article)].append(listed)
    newest_first = sorted(months.items(), reverse=True)
    _write_lists(bundle, dict(newest_first), title)
    with bundle.text("robots.txt") as out:
        out.write("User-agent: *\nDisallow: /\n")
    with bundle.text("room.css") as out:
        out.write(_STYLE.read_text(encoding="utf-8"))
    for name in _COPIED:
        with bundle.text(name) as out:
            out.write((_TEMPLATES / name).read_text(encoding="utf-8"))
    _index(indexer, bundle)
    bundle.close(facts(snapshot, "site", snapshot.counts()))


def _articles(snapshot: Snapshot) -> Iterator[Row]:
    """Yield all articles, read a few at a time."""
    total = snapshot.count("articles")
    found = snapshot.db.query(f"{_ARTICLE} ORDER BY articles.id")
    yield from cast(
        "Iterator[Row]",
        snapshot.watch(found, total=total, description="articles"),
    )


def _month(article: Row) -> str:
    return str(article["published"] or "")[:7] or _UNDATED


# -- an article and its thread --------------------------------------------------------------------


def _write_article(bundle: Bundle, snapshot: Snapshot, article: Row, title: str) -> Row:
    """Write the pages of one article; return what lists show of it."""
    rows = list(snapshot.db.query(_COMMENTS, [article["id"]]))
    nodes = arrange(rows)
    last = pages(nodes)
    links = [_path(article["id"], number) for number in range(1, last + 1)]
    template = _environment().get_template("article.html")
    for number in range(1, last + 1):
        html = template.render(
            archive_title=title,
            article=article,
            body=article_html(article["markdown"], article["text"]),
            thread=[_shown(branch) for branch in nest(nodes, number)],
            month=_month(article),
            said=len(nodes),
            page=number,
            pages=last,
            links=links,
            root="../",
        )
        with bundle.text(f"article/{_path(article['id'], number)}") as out:
            out.write(html)
    shown = {name: article[name] for name in ("id", "title", "byline", "published", "gone_at")}
    return {**shown, "said": len(nodes)}


def _path(article_id: int, page: int) -> str:
    if page == 1:
        return f"{article_id}.html"
    return f"{article_id}-{page}.html"


def _shown(branch: Branch) -> Row:
    """Return a comment as the template needs it, with those below it."""
    row = cast("Row", branch.node.row)
    up: Node | None = None
    if branch.named:
        up = branch.node.up
    shown = {
        **row,
        "body": comment_html(row["html"], row["text"]),
        "to": None,
        "to_name": None,
        "below": [_shown(each) for each in branch.branches],
    }
    if up:
        shown |= {"to": up.row["id"], "to_name": up.row["author"]}
    return shown


# -- lists ----------------------------------------------------------------------------------------


def _write_lists(bundle: Bundle, months: dict[str, list[Row]], title: str) -> None:
    years = defaultdict[str, list[tuple[str, int]]](list)
    for month, articles in months.items():
        year = month
        if month != _UNDATED:
            year = month[:4]
        years[year].append((month, len(articles)))
        _write(
            bundle,
            f"month/{month}.html",
            "month.html",
            root="../",
            archive_title=title,
            month=month,
            articles=articles,
        )
    every = [article for articles in months.values() for article in articles]
    every.sort(key=lambda article: (article["published"] or "", article["id"]), reverse=True)
    newest = every[:_NEWEST]
    counts = {"articles": len(every), "comments": sum(article["said"] for article in every)}
    _write(
        bundle, "index.html", "index.html", root="", archive_title=title, years=years, newest=newest, **counts
    )
    _write(bundle, "search.html", "search.html", root="", archive_title=title)


def _write(bundle: Bundle, name: str, template: str, **context: Any) -> None:
    with bundle.text(name) as out:
        out.write(_environment().get_template(template).render(**context))


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(_TEMPLATES)
    environment = jinja2.Environment(loader=loader, autoescape=True, auto_reload=False, trim_blocks=True)
    environment.filters.update(FILTERS)
    environment.globals["page_size"] = PAGE
    return environment


# -- the index ------------------------------------------------------------------------------------


def _index(indexer: Path, bundle: Bundle) -> None:
    """Let Pagefind index the pages; take what its search needs into the bundle."""
    command = [str(indexer), "--site", str(bundle.folder), "--force-language", "en", "--silent"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    made = bundle.folder / "pagefind"
    if done.returncode != 0 or not (made / "pagefind.js").exists():
        said = (done.stderr or done.stdout).strip()
        raise ArchiveError(f"Pagefind could not index the pages: {said[-300:]}")
    for pattern in _UNUSED:
        for path in made.glob(pattern):
            path.unlink()
    shutil.rmtree(made / "playground", ignore_errors=True)
    for path in sorted(made.rglob("*")):
        if path.is_file():
            bundle.add(path.relative_to(bundle.folder).as_posix())
