"""Work for one answer grows with its size: steps are counted at n and 4n, never seconds.

Steps are calls of functions, of Python and of C alike. What happens within one call of C, as in a regular
expression, is not counted; for those the input is so long that anything but a linear reading takes hours.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

import pytest

from archive.core.answers.reader_guard import bounded
from archive.core.records import PageKind, Site
from crawler.discovery import listing_pages, sitemaps
from pipeline.html.document import DEPTH, flatten, to_tree
from pipeline.process import process
from tests.builders.hostile import page

SITE = Site(name="gazette", url="https://gazette.example")
PROSE = "<p>The ferry waits at the quay for the winter, and nobody knows when it will leave again.</p>" * 4
SMALL = 400


def article(inner: str = "", below: str = "", head: str = "") -> str:
    return (
        f"<html><head><title>Ice</title>{head}</head><body class=single><article>"
        "<h1 class=entry-title>Ice</h1>"
        f"<div class=entry-content>{PROSE}{inner}</div></article>{below}</body></html>"
    )


def comments(entry: str, number: int) -> str:
    return f"<ol class=commentlist>{entry * number}</ol>"


ENTRY = "<li class='comment even'><cite class=fn>Ida</cite><div class=comment-content><p>{}</p></div></li>"
PATTERNS = {
    **{f"nested {tag}": f"<{tag}>x " for tag in ("div", "table", "li", "b", "h2", "font")},
    **{f"beside {tag}": f"<{tag}>x</{tag}>" for tag in ("p", "td", "li", "span", "h3")},
    "nested tables": "<table><tr><td>x",
    "nested lists": "<ul><li>x",
    "links": "<a href='https://x.example/a'>x</a> ",
    "tags": "<a rel=tag href=/tag/x>x</a> ",
    "tags in paragraphs": "<p><a rel=tag href=/tag/x>x</a></p>",
    "bylines": "<span class='author vcard'><span class=fn>Ida Tom</span></span>",
    "titles": "<h2 class=entry-title>Ice on</h2>",
    "captions": "<figure><img src=x><figcaption>Ice</figcaption></figure>",
}
"""What is repeated in the article."""
FAMILIES: dict[str, Callable[[int], str]] = {
    **{name: partial(lambda pattern, n: article(pattern * n), pattern) for name, pattern in PATTERNS.items()},
    "nested comments": lambda n: article(
        "", "<ol class=commentlist>" + "<li class='comment odd'><p>x</p><ol>" * n
    ),
    "classes": lambda n: article(f"<div class='{' '.join(map(str, range(n)))}'>x</div>"),
    "comments": lambda n: article("", comments(ENTRY.format("x"), n)),
    "paragraphs in a comment": lambda n: article("", comments(ENTRY.format("x</p><p>" * n), 1)),
    "links in a comment": lambda n: article("", comments(ENTRY.format("<a href=/>x</a> " * n), 1)),
    "unmarked comments": lambda n: article("", "<h3>9 comments</h3>" + "<p>Ida says:</p><p>words</p>" * n),
    "metas": lambda n: article(head="<meta property=article:tag content=x>" * n),
    "JSON-LD": lambda n: article(head='<script type=application/ld+json>{"@type":"Article"}</script>' * n),
}


def steps(work: Callable[[], object]) -> int:
    count = 0

    def step(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(step)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("family", FAMILIES)
def test_steps_grow_with_the_size(family: str) -> None:
    make = FAMILIES[family]
    pages = [page(PageKind.ARTICLE, make(number).encode()) for number in (0, SMALL, 4 * SMALL)]
    process(pages[0], SITE)  # what is loaded once
    least, small, large = (steps(partial(process, answer, SITE)) for answer in pages)
    assert large - least < 10 * max(small - least, 20_000)


@pytest.mark.parametrize("white", [" ", "\n", "\t", "\u2003", "\x0b", "&nbsp;", "<br>\n"])
def test_ten_comments_of_white_space_cost_no_more_than_their_length(white: str) -> None:
    """Any reader can post them; 60,000 spaces in each took more than a minute."""
    entry = ENTRY.format("a" + white * 60_000 + "b")
    with bounded(60):
        extract = process(page(PageKind.ARTICLE, article("", comments(entry, 10)).encode()), SITE)
    assert len(extract.comments) == 10


@pytest.mark.parametrize("sign", [" ", "\u2003", "1 May 2020 ", "Ida ", "-", "«", "<", "&amp;"])
def test_names_titles_and_dates_of_any_length_are_read(sign: str) -> None:
    long = "a" + sign * 60_000 + "b"
    entry = ENTRY.format("x").replace("Ida", long)
    html = article(f"<p class=byline>By {long}</p>", comments(entry, 1)).replace(
        "<h1 class=entry-title>Ice", f"<h1>{long}"
    )
    with bounded(60):
        process(page(PageKind.ARTICLE, html.encode()), SITE)


def test_deep_pages_are_read_flat_in_their_order() -> None:
    words = [f"word{number} " for number in range(4 * DEPTH)]
    tree = to_tree("<body>" + "".join(f"<div>{word}" for word in words) + "</div>tail " * (4 * DEPTH))
    assert tree is not None
    before = "".join(tree.itertext())
    assert flatten(tree)
    assert "".join(tree.itertext()) == before
    assert max(sum(1 for _ in node.iterancestors()) for node in tree.iter()) == DEPTH
    assert not flatten(tree)


def test_a_deep_page_is_read_and_said() -> None:
    extract = process(page(PageKind.ARTICLE, article("<div>" * 300 + "deep").encode()), SITE)
    assert "too-deep" in {problem.code for problem in extract.problems}
    assert "The ferry waits" in (extract.articles[0].text or "")
    cut = process(page(PageKind.ARTICLE, article("<div>" * 3000).encode()), SITE)
    assert "truncated" in {problem.code for problem in cut.problems}


@pytest.mark.parametrize(
    ("reader", "make"),
    [
        (listing_pages.read_listing_page, lambda n: "<h2>" * n + "<a href=/x>x</a>"),
        (listing_pages.read_listing_page, lambda n: "<article><a href=/x>x</a>" * n),
        (sitemaps.read_sitemap, lambda n: "<urlset>" + "<url><loc>https://gazette.example/x</loc></url>" * n),
    ],
)
def test_the_crawlers_own_readers_grow_with_the_size(
    reader: Callable[..., object], make: Callable[[int], str]
) -> None:
    answers = [page(PageKind.LISTING, make(number).encode()) for number in (SMALL, 4 * SMALL)]
    small, large = (steps(partial(reader, answer)) for answer in answers)
    assert large < 6 * max(small, 2000)
