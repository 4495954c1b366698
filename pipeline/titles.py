"""The title of the article: as the page shows it, else as it declares it.

Knows themes' title classes and the ways a site's name is hung to a title. Its law: the site's name is no
part of a title.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from archive.records import Site
from pipeline import addresses
from pipeline.heads import Head, string
from pipeline.markup import Index, below_body, elsewhere, text_of, tokens, words
from pipeline.text import line, plain

_CLASSES = words(
    "entry-title post-title wp-block-post-title article-title headline single-title "
    "tdb-title-text page-title "
    "posttitle entry_title post_title single-post-title title-post article__title "
    "article-headline td-page-title"
)
_ELSEWHERE = words(
    "related widget sidebar site-title site-branding logo comments comment-respond "
    "jp-relatedposts yarpp-related recent-posts nav-links"
)
_SEPARATORS = r"\s+[|»«•·–—:~-]\s+|\s[|]\s*|\s*[»«]\s*"
_FOLD = re.compile(r"[\W_]+")


def read(index: Index, head: Head, site: Site) -> tuple[str | None, str]:
    """The title, and the rule that found it."""
    declared = _declared(index, head, site)
    shown = _shown(index, [text for text, _ in declared])
    if shown is not None:
        return shown
    return declared[0] if declared else (None, "none")


def _declared(index: Index, head: Head, site: Site) -> list[tuple[str, str]]:
    names = [n for n in (head.site_name, site.title) if n]
    document = next(iter(index.tagged("title")), None)
    told = (
        (head.meta("og:title"), "page:og"),
        (string(head.article.get("headline")) or string(head.article.get("name")), "page:json-ld"),
        (head.meta("twitter:title"), "page:twitter"),
        (text_of(document) if document is not None else None, "page:title"),
    )
    found = []
    for raw, rule in told:
        text = _without_site(plain(raw) or "", names)
        if text and fold(text) not in map(fold, names):  # an untitled article is declared by the site's name
            found.append((text, rule))
    return found


def _shown(index: Index, declared: list[str]) -> tuple[str, str] | None:
    """The visible title: a heading that agrees with what the page declares, else a marked first heading."""
    folded = [fold(text) for text in declared]
    marked: list[tuple[str, str]] = []
    heads = [n for n in index.tagged("h1", "h2", "h3") if n.tag != "h3" or not _CLASSES.isdisjoint(tokens(n))]
    for node in index.ordered([*heads, *index.having(_CLASSES)]):
        is_marked = not _CLASSES.isdisjoint(tokens(node)) or node.get("itemprop") in (
            "headline",
            "name headline",
        )
        if elsewhere(node, _ELSEWHERE):
            continue
        text = line(text_of(node))
        if not text or len(text) > 400:
            continue
        rule = "page:entry-title" if is_marked else f"page:{node.tag}"
        if not is_marked and _is_masthead(node):
            continue
        agreed = next((number for number, other in enumerate(folded) if _agree(fold(text), other)), None)
        if agreed is not None:
            longer = len(fold(text)) > len(folded[agreed])
            return (declared[agreed], f"{rule}, shortened") if longer else (text, rule)
        if is_marked and node.tag == "h1":
            marked.append((text, rule))
    return marked[0] if len(marked) == 1 else None


def _agree(shown: str, declared: str) -> bool:
    """Whether a heading is the declared title, or the declared title with something hung to it."""
    if not shown or not declared:
        return False
    if shown == declared:
        return True
    if len(shown) > 12 and declared.startswith(shown):
        return True
    return len(declared) > 20 and (shown.startswith(declared) or shown.endswith(declared))


def _is_masthead(node: HtmlElement) -> bool:
    """Whether a heading is the site's name: it links to the home page, or stands in the head of the site."""
    homes = (
        addresses.path_of(a.get("href") or "#")
        for a in node.iter("a")
        if not (a.get("href") or "#").startswith("#")
    )
    if any(path in ("", "/") for path in homes):
        return True
    return any(
        re.search(r"logo|site-?(?:title|name)|blog-?(?:title|name)|masthead|branding", mark)
        for outer in below_body(node)
        for mark in (*tokens(outer), (outer.get("id") or "").lower())
    )


def _without_site(title: str, names: list[str]) -> str:
    """A title less the site's name at its end or its beginning."""
    for name in names:
        escaped = re.escape(name.strip())
        title = re.sub(rf"(?:{_SEPARATORS}){escaped}\s*$", "", title, flags=re.IGNORECASE).strip() or title
        title = re.sub(rf"^{escaped}(?:{_SEPARATORS})", "", title, flags=re.IGNORECASE).strip() or title
    return title


def fold(text: str) -> str:
    """A text without case, punctuation and white space, for comparing."""
    return _FOLD.sub("", text).casefold()
