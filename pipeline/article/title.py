"""The title of the article.

As the page shows it, or as it declares it.

Contains themes' title classes and the ways in which a site's name is added to a title.
Invariant: the site's name is no part of a title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from archive.core import urls
from archive.core.records import Site
from pipeline.html.dom import Index, below_body, elsewhere, fold, text_of, tokens, words
from pipeline.html.metadata import Head, string
from pipeline.html.sanitize import line, markup_to_line

_CLASSES = words(
    "entry-title post-title wp-block-post-title article-title headline single-title "
    "tdb-title-text page-title "
    "posttitle entry_title post_title single-post-title title-post article__title "
    "article-headline td-page-title entry-header"
)
_ELSEWHERE = words(
    "related widget sidebar site-title site-branding logo comments comment-respond "
    "jp-relatedposts yarpp-related recent-posts nav-links"
)
_ENTRY = words("entry-title wp-block-post-title post-title posttitle entry_title post_title")
_POSTS = words("post hentry type-post entry")
_PROPS = ("headline", "name headline")
_SEPARATORS = r"\s+(?:[|»«•·–—:~>/│｜ㅣ-]|//|::|>>|<<|&raquo;)\s+|\s[|]\s*|\s*[»«]\s*|\s*::\s*"
_HANGING = re.compile(r"\s+(?:[|»«•·–—-]|//|::)\s*$")
"""A sign behind which the site's name is missing."""
_LEAD = re.compile(r"^(?:\[>|[»›→>|·•]+)\s+")
"""Signs that a theme puts before a title."""
_BETWEEN = re.compile(r"[\s:–—|·•-]")
_SHORTEST_HOST = 3
"""Letters of the shortest name of a host that is a site's name at the end of a title."""
_KICKED = 8
"""Letters of the shortest title that a kicker in its heading may stand before."""
_FRAME = re.compile(r"(?:blog ?archives?|archives?|archiv|blog archiv|archivo|archivio)", re.IGNORECASE)
"""What WordPress 2.x puts between the site's name and the title."""


def extract_title(index: Index, head: Head, site: Site) -> tuple[str | None, str]:
    """Return the title, if any, and the rule that found it."""
    headings = list(_headings(index, head.url))
    names = _site_names(index, head, site, headings)
    declared = _declared(index, head, names)
    shown = _shown(headings, [text for text, _ in declared])
    if shown is None and all(rule == "page:title" for _, rule in declared):
        shown = _only(headings, names)
    if shown is not None:
        return shown
    return declared[0] if declared else (None, "none")


def _site_names(index: Index, head: Head, site: Site, headings: list[_Heading]) -> list[str]:
    """Return the names of the site.

    A name that a heading shows as the title is left out.
    """
    shown = {fold(heading.text) for heading in headings if heading.node.tag in ("h1", "h2") or heading.marked}
    title = markup_to_line(head.meta("og:title")) or ""
    names = [name for name in (*head.site_names, site.title) if name]
    names = [name for name in names if not (fold(name) == fold(title) and fold(name) in shown)]
    whole = {fold(text_of(node)) for node in index.tagged("title")[:1]} | {fold(title)}
    mastheads = (line(text_of(node)) for node in index.tagged("h1") if _leads_home(node))
    return names + [name for name in mastheads if name and len(name) <= 80 and fold(name) not in whole]


def _host_names(url: str) -> tuple[str, ...]:
    """Return the host of an address, and the part of it that is the site's name."""
    whole = urlsplit(url).hostname or ""
    host = whole.removeprefix("www.")
    names = (whole, host, *host.split(".")[-2:-1])
    return tuple(name for name in names if len(name) >= _SHORTEST_HOST)


def _only(headings: list[_Heading], names: list[str]) -> tuple[str, str] | None:
    """Return the one labelled title or first heading, if the head has less."""
    folded = set(map(fold, names))
    for group in (
        [heading for heading in headings if not _ENTRY.isdisjoint(tokens(heading.node))],
        [heading for heading in headings if heading.node.tag == "h1"],
    ):
        texts = dict.fromkeys(heading.text for heading in group if fold(heading.text) not in folded)
        if len(texts) == 1:
            text = next(iter(texts))
            return text, next(heading.rule for heading in group if heading.text == text)
    return None


def _declared(index: Index, head: Head, names: list[str]) -> list[tuple[str, str]]:
    document = next(iter(index.tagged("title")), None)
    told = (
        (head.meta("og:title"), "page:og"),
        (string(head.article.get("headline")) or string(head.article.get("name")), "page:json-ld"),
        (head.meta("twitter:title"), "page:twitter"),
        (text_of(document) if document is not None else None, "page:title"),
    )
    found = []
    for raw, rule in told:
        text = _without_site(markup_to_line(raw) or "", [*names, *_host_names(head.url)])
        if text and fold(text) not in map(fold, names):  # an untitled article is declared by the site's name
            found.append((text, rule))
    return found


def _shown(headings: list[_Heading], declared: list[str]) -> tuple[str, str] | None:
    """Return the visible title.

    A heading that agrees with the declared title, or a labelled first heading.
    """
    folded = [fold(text) for text in declared]
    first = [heading for heading in headings if heading.node.tag == "h1"]
    for heading in (h for h in headings if h.node.tag != "h3"):
        if fold(heading.text) in folded:
            return _spelled(heading, declared[folded.index(fold(heading.text))]), heading.rule
    if framed := _framed(headings, declared):
        return framed
    for group in (first, [h for h in headings if h.marked], headings):
        for heading in group:
            for number, other in enumerate(folded):
                if said := _agreed(heading, declared[number], other):
                    return said
    if len(first) == 1 and any(_alike(first[0].text, other) for other in declared):
        return first[0].text, f"{first[0].rule}, alike"
    first = [heading for heading in first if heading.marked]
    return (first[0].text, first[0].rule) if len(first) == 1 else None


def _framed(headings: list[_Heading], declared: list[str]) -> tuple[str, str] | None:
    """Return the heading that is the first or last part of a declared title, as in "Site » Title"."""
    runs: set[str] = set()
    for text in declared:
        parts = [part for part in re.split(_SEPARATORS, text) if part and not _FRAME.fullmatch(part)]
        runs |= {fold("".join(parts[:end])) for end in range(1, len(parts))}
        runs |= {fold("".join(parts[start:])) for start in range(1, len(parts))}
    found = [heading for heading in headings if fold(heading.text) in runs - {""}]
    if not found:
        return None
    best = max(range(len(found)), key=lambda at: (found[at].marked, _in_post(found[at].node), at))
    return found[best].text, f"{found[best].rule}, framed"


def _in_post(node: HtmlElement) -> bool:
    """True if a heading is in a post."""
    return any(outer.tag == "article" or not _POSTS.isdisjoint(tokens(outer)) for outer in below_body(node))


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading that may be the title."""

    node: HtmlElement
    text: str
    marked: bool

    @property
    def rule(self) -> str:
        return "page:entry-title" if self.marked else f"page:{self.node.tag}"


def _headings(index: Index, url: str) -> Iterator[_Heading]:
    """Yield the headings outside of the page's frame.

    One that is cut with an ellipsis and leads elsewhere is another article's.
    """
    heads = [n for n in index.tagged("h1", "h2", "h3") if n.tag != "h3" or not _CLASSES.isdisjoint(tokens(n))]
    for node in index.ordered([*heads, *index.having(_CLASSES)]):
        said = _LEAD.sub("", line(text_of(node)) or "")
        if not said or len(said) > 400 or _is_cut(node, said, url) or elsewhere(node, _ELSEWHERE):
            continue
        marked = not _CLASSES.isdisjoint(tokens(node)) or node.get("itemprop") in _PROPS
        if marked or not _is_masthead(node):
            yield _Heading(node, said, marked)


def _is_cut(node: HtmlElement, said: str, url: str) -> bool:
    """True if a heading is the cut title of another article.

    A first heading that ends with an ellipsis is whole, unless it leads away from this page.
    """
    if not said.endswith(("…", "...")):
        return False
    paths = {urls.path_of(link.get("href") or "").rstrip("/") for link in node.iter("a")}
    return node.tag != "h1" or not paths <= {"", urls.path_of(url).rstrip("/")}


def _agreed(heading: _Heading, declared: str, folded: str) -> tuple[str, str] | None:
    """Return the title where a heading is part of the declared one, or has an addition.

    An addition is left out where it is an element of its own, such as a kicker or a rubric; in one run of
    text the shown title is longer than the declared one.
    """
    shown = fold(heading.text)
    if not shown or not folded:
        return None
    if shown == folded:
        return _spelled(heading, declared), heading.rule
    if len(folded) > _KICKED and any(fold(piece) == folded for piece in heading.node.itertext()):
        return declared, f"{heading.rule}, shortened"
    strong = heading.node.tag == "h1" or heading.marked
    half = 2 * len(shown) > len(folded)
    if len(shown) > 12 and (strong or half) and folded.startswith(shown):
        return heading.text, heading.rule
    if len(shown) > 20 and strong and half and folded.endswith(shown):
        return heading.text, heading.rule
    if len(folded) > 20 and (shown.startswith(folded) or shown.endswith(folded)):
        whole = any(fold(piece) == shown for piece in heading.node.itertext())
        return (heading.text, heading.rule) if whole else (declared, f"{heading.rule}, shortened")
    return None


def _spelled(heading: _Heading, declared: str) -> str:
    """Return the text of a heading; of one in several parts as the page declares it.

    Between a kicker and the title the heading may have no sign, and not even a space.
    """
    parts = sum(1 for piece in heading.node.itertext() if piece.strip())
    return (
        declared
        if parts > 1 and _BETWEEN.sub("", declared) == _BETWEEN.sub("", heading.text)
        else heading.text
    )


def _alike(shown: str, declared: str) -> bool:
    """True if two titles have most terms in common."""
    ours, theirs = (set(re.findall(r"\w+", text.casefold())) for text in (shown, declared))
    return len(ours & theirs) > 0.6 * len(ours | theirs)


def _is_masthead(node: HtmlElement) -> bool:
    """True if a heading is the site's name.

    It links to the home page, or is in the head of the site.
    """
    if _leads_home(node):
        return True
    return any(
        re.search(r"logo|site-?(?:title|name)|blog-?(?:title|name)|masthead|branding", mark)
        for outer in below_body(node)
        for mark in (*tokens(outer), (outer.get("id") or "").lower())
    )


def _leads_home(node: HtmlElement) -> bool:
    """True if a heading links to the home page."""
    hrefs = (a.get("href") or "#" for a in node.iter("a"))
    return any(urls.path_of(href) in ("", "/") for href in hrefs if not href.startswith("#"))


def _without_site(title: str, names: list[str]) -> str:
    """Return a title less the site's name, and the frame of WordPress 2.x, at its end or its beginning."""
    parts = re.split(rf"({_SEPARATORS})", title)
    for at in range(2, len(parts) - 2, 2):
        if _FRAME.fullmatch(parts[at]):
            return "".join(parts[at + 2 :])
    for name in names:
        if name.strip().casefold() not in title.casefold():
            continue
        escaped = re.escape(name.strip())
        title = re.sub(rf"(?:{_SEPARATORS}){escaped}\s*$", "", title, flags=re.IGNORECASE).strip() or title
        title = re.sub(rf"^{escaped}(?:{_SEPARATORS})", "", title, flags=re.IGNORECASE).strip() or title
    return _HANGING.sub("", title) or title
