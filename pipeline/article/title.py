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
from pipeline.html.dom import Index, below_body, elsewhere, fold, has_class, text_of, tokens, words
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
_SIGN = re.compile(r"\s*[|»«•·–—>/│｜ㅣ-]")
_HANGING = re.compile(r"\s+(?:[|»«•·–—-]|//|::)\s*$")
"""A sign behind which the site's name is missing."""
_LEAD = re.compile(r"^(?:\[>|[»›→>|·•]+)\s+")
"""Signs that a theme puts before a title."""
_BETWEEN = re.compile(r"[\s:–—|·•-]")
_MASTHEAD = re.compile(r"logo|site-?(?:title|name)|blog-?(?:title|name)|masthead|branding")
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")
_SHORTEST_HOST = 3
"""Letters of the shortest name of a host that is a site's name at the end of a title."""
_LONG_HOST = 6
"""Letters of the shortest one that is written with spaces in titles, or has the site's motto behind it."""
_KICKED = 8
"""Letters of the shortest title that a kicker in its heading may stand before."""
_TITLE_WORDS = 4
"""Words of a heading that is a title and no name of a rubric."""
_FRAME = re.compile(r"(?:blog ?archives?|archives?|archiv|blog archiv|archivo|archivio)", re.IGNORECASE)
"""What WordPress 2.x puts between the site's name and the title."""


def extract_title(index: Index, head: Head, site: Site) -> tuple[str | None, str]:
    """Return the title, if any, and the rule that found it."""
    headings = list(_headings(index, head.url))
    names = _site_names(index, head, site, headings)
    declared = _declared(index, head, names)
    others = [heading for heading in headings if fold(heading.text) not in _long_hosts(head.url)]
    shown = _shown(others, [text for text, _ in declared])
    rules = {rule for _, rule in declared}
    if shown is None and rules <= {"page:title"}:
        shown = _only(headings, names)
    if shown is None:
        shown = _alone(headings, names)
    if shown is not None:
        return shown
    if declared:
        return declared[0]
    return None, "none"


def _site_names(index: Index, head: Head, site: Site, headings: list[_Heading]) -> list[str]:
    """Return the names of the site.

    A name that a heading shows as the title is left out.
    """
    prominent = [heading for heading in headings if heading.marked or heading.node.tag in ("h1", "h2")]
    title = fold(markup_to_line(head.meta("og:title")) or "")
    is_shown = title in {fold(heading.text) for heading in prominent}
    stated = (name for name in (*head.site_names, site.title) if name)
    names = [name for name in stated if not (is_shown and fold(name) == title)]
    documents = index.tagged("title")[:1]
    whole = {title, *(fold(text_of(node)) for node in documents)}
    for node in index.tagged("h1"):
        if not _leads_home(node):
            continue
        masthead = line(text_of(node)) or ""
        if 0 < len(masthead) <= 80 and fold(masthead) not in whole:
            names.append(masthead)
    return names


def _host_names(url: str) -> tuple[str, ...]:
    """Return the host of an address, and the part of it that is the site's name."""
    whole = urlsplit(url).hostname or ""
    host = whole.removeprefix("www.")
    labels = host.split(".")
    names = (whole, host, *labels[-2:-1])
    return tuple(name for name in names if len(name) >= _SHORTEST_HOST)


def _long_hosts(url: str) -> frozenset[str]:
    """Return the folded labels of a host that may be the site's name, without the spaces that it has."""
    labels = (urlsplit(url).hostname or "").split(".")[:-1]
    return frozenset(fold(label) for label in labels if len(label) >= _LONG_HOST)


def _only(headings: list[_Heading], names: list[str]) -> tuple[str, str] | None:
    """Return the one labelled title or first heading, if the head has less."""
    folded = set(map(fold, names))
    entries = [heading for heading in headings if has_class(heading.node, _ENTRY)]
    first = [heading for heading in headings if heading.node.tag == "h1"]
    for group in (entries, first):
        titles = [heading for heading in group if fold(heading.text) not in folded]
        texts = {heading.text for heading in titles}
        if len(texts) == 1:
            return titles[0].text, titles[0].rule
    return None


def _alone(headings: list[_Heading], names: list[str]) -> tuple[str, str] | None:
    """Return the only first heading, in a post, if it is long enough for a title.

    Readers saw it, whatever the head declares for search engines and networks.
    """
    folded = set(map(fold, names))
    first = [heading for heading in headings if heading.node.tag == "h1" and fold(heading.text) not in folded]
    if len(first) != 1 or len(first[0].text.split()) < _TITLE_WORDS or not _in_post(first[0].node):
        return None
    return first[0].text, f"{first[0].rule}, alone"


def _declared(index: Index, head: Head, names: list[str]) -> list[tuple[str, str]]:
    """Return the titles in the page's head with their rules."""
    headline = string(head.article.get("headline"))
    documents = index.tagged("title")[:1]
    told = [
        (head.meta("og:title"), "page:og"),
        (headline or string(head.article.get("name")), "page:json-ld"),
        (head.meta("twitter:title"), "page:twitter"),
        *((text_of(document), "page:title") for document in documents),
    ]
    own_names = [*names, *_host_names(head.url)]
    folded = set(map(fold, names))
    hosts = _long_hosts(head.url)
    found = []
    lead = markup_to_line(headline) or ""
    for raw, rule in told:
        said = markup_to_line(raw) or ""
        text = lead if _is_suffixed(said, lead, folded) else _without_site(said, own_names, hosts)
        text = _without_prefix(index, text, own_names)
        if text and fold(text) not in folded:  # an untitled article is declared by the site's name
            found.append((text, rule))
    return found


def _is_suffixed(title: str, headline: str, names: set[str]) -> bool:
    """True if a title is the headline with a rubric and the site's name behind it."""
    behind = title.removeprefix(headline)
    if not headline or behind == title or not _SIGN.match(behind):
        return False
    return fold(behind).endswith(tuple(filter(None, names)))


def _shown(headings: list[_Heading], declared: list[str]) -> tuple[str, str] | None:
    """Return the visible title.

    A heading that agrees with the declared title, or a labelled first heading.
    """
    folded = [fold(text) for text in declared]
    for heading in headings:
        own = fold(heading.text)
        if heading.node.tag != "h3" and own in folded:
            agreed = declared[folded.index(own)]
            return _spelled(heading, agreed), heading.rule
    if framed := _framed(headings, declared):
        return framed
    first = [heading for heading in headings if heading.node.tag == "h1"]
    marked = [heading for heading in headings if heading.marked]
    for heading in (*first, *marked, *headings):
        for text, key in zip(declared, folded, strict=True):
            if said := _agreed(heading, text, key):
                return said
    return _first_heading(first, declared)


def _first_heading(first: list[_Heading], declared: list[str]) -> tuple[str, str] | None:
    """Return the first heading: the only one if it is like a declared title, or the only labelled one."""
    if len(first) == 1 and any(_alike(first[0].text, title) for title in declared):
        return first[0].text, f"{first[0].rule}, alike"
    marked = [heading for heading in first if heading.marked]
    if len(marked) == 1:
        return marked[0].text, marked[0].rule
    return None


def _framed(headings: list[_Heading], declared: list[str]) -> tuple[str, str] | None:
    """Return the heading that is the first or last part of a declared title, as in "Site » Title"."""
    runs: set[str] = set()
    for text in declared:
        parts = [part for part in re.split(_SEPARATORS, text) if part and not _FRAME.fullmatch(part)]
        for at in range(1, len(parts)):
            runs.add(fold("".join(parts[:at])))
            runs.add(fold("".join(parts[at:])))
    runs.discard("")
    found = [heading for heading in headings if fold(heading.text) in runs]
    if not found:
        return None
    best = max(reversed(found), key=lambda heading: (heading.marked, _in_post(heading.node)))
    return best.text, f"{best.rule}, framed"


def _in_post(node: HtmlElement) -> bool:
    """True if a heading is in a post."""
    return any(outer.tag == "article" or has_class(outer, _POSTS) for outer in below_body(node))


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading that may be the title."""

    node: HtmlElement
    text: str
    marked: bool

    @property
    def rule(self) -> str:
        if self.marked:
            return "page:entry-title"
        return f"page:{self.node.tag}"


def _headings(index: Index, url: str) -> Iterator[_Heading]:
    """Yield the headings outside of the page's frame.

    One that is cut with an ellipsis and leads elsewhere is another article's.
    """
    labelled = index.having(_CLASSES)
    for node in index.ordered([*index.tagged("h1", "h2"), *labelled]):
        text = _LEAD.sub("", line(text_of(node)) or "")
        if not 0 < len(text) <= 400:
            continue
        if _is_cut(node, text, url) or elsewhere(node, _ELSEWHERE):
            continue
        marked = has_class(node, _CLASSES) or node.get("itemprop") in _PROPS
        if marked or not _is_masthead(node):
            yield _Heading(node, text, marked)


def _is_cut(node: HtmlElement, text: str, url: str) -> bool:
    """True if a heading is the cut title of another article.

    A first heading that ends with an ellipsis is whole, unless it leads away from this page.
    """
    if not text.endswith(("…", "...")):
        return False
    if node.tag != "h1":
        return True
    linked = {_path(link.get("href", "")) for link in node.iter("a")}
    return not linked <= {"", _path(url)}


def _path(url: str) -> str:
    return urls.path_of(url).rstrip("/")


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
    whole = (heading.text, heading.rule)
    shortened = (declared, f"{heading.rule}, shortened")
    if len(folded) > _KICKED and _has_piece(heading, folded):
        return shortened
    strong = heading.node.tag == "h1" or heading.marked
    half = 2 * len(shown) > len(folded)
    if len(shown) > 12 and (strong or half) and folded.startswith(shown):
        return whole
    if len(shown) > 20 and strong and half and folded.endswith(shown):
        return whole
    if len(folded) <= 20 or not (shown.startswith(folded) or shown.endswith(folded)):
        return None
    if _has_piece(heading, shown):
        return whole
    return shortened


def _has_piece(heading: _Heading, folded: str) -> bool:
    """True if one run of the heading's text has these words alone."""
    return any(fold(piece) == folded for piece in heading.node.itertext())


def _spelled(heading: _Heading, declared: str) -> str:
    """Return the text of a heading; of one in several parts as the page declares it.

    Between a kicker and the title the heading may have no sign, and not even a space.
    """
    parts = [piece for piece in heading.node.itertext() if piece.strip()]
    if len(parts) <= 1:
        return heading.text
    if _BETWEEN.sub("", declared) == _BETWEEN.sub("", heading.text):
        return declared
    return heading.text


def _alike(shown: str, declared: str) -> bool:
    """True if two titles have most terms in common."""
    ours, theirs = _terms(shown), _terms(declared)
    return len(ours & theirs) > 0.6 * len(ours | theirs)


def _terms(title: str) -> set[str]:
    """Return the words of a title, and of a script without spaces the pairs of letters."""
    folded = title.casefold()
    pairs = {run[at : at + 2] for run in _UNSPACED.findall(folded) for at in range(len(run) - 1)}
    return pairs | set(_WORD.findall(_UNSPACED.sub(" ", folded)))


def _is_masthead(node: HtmlElement) -> bool:
    """True if a heading is the site's name.

    It links to the home page, or is in the head of the site.
    """
    if _leads_home(node):
        return True
    for outer in below_body(node):
        ident = outer.get("id", "").lower()
        if any(map(_MASTHEAD.search, (*tokens(outer), ident))):
            return True
    return False


def _leads_home(node: HtmlElement) -> bool:
    """True if a heading links to the home page."""
    hrefs = [link.get("href") or "#" for link in node.iter("a")]
    return any(urls.path_of(href) in ("", "/") for href in hrefs if not href.startswith("#"))


def _without_prefix(index: Index, title: str, names: list[str]) -> str:
    """Return a title less "NAME: ", as Movable Type declares it, if a heading shows the rest."""
    name, colon, rest = title.partition(":")
    key = fold(rest)
    if not colon or not key or fold(name) not in set(map(fold, names)):
        return title
    shown = (fold(text_of(node)) for node in index.tagged("h1", "h2", "h3", "h4"))
    if key in shown:
        return rest.strip()
    return title


def _without_site(title: str, names: list[str], hosts: frozenset[str]) -> str:
    """Return a title less the site's name, and the frame of WordPress 2.x, at its end or its beginning.

    Behind the name of the host a motto may follow.
    """
    parts = re.split(rf"({_SEPARATORS})", title)
    for at in range(2, len(parts) - 2, 2):
        if _FRAME.fullmatch(parts[at]):
            return "".join(parts[at + 2 :])
    for at in range(2, len(parts), 2):
        if fold(parts[at]) in hosts:
            title = "".join(parts[: at - 1])
            break
    if len(parts) > 1 and fold(parts[0]) in hosts:
        title = "".join(parts[2:])
    for name in names:
        name = name.strip()
        if name.casefold() not in title.casefold():
            continue
        escaped = re.escape(name)
        at_end = rf"(?:{_SEPARATORS}){escaped}\s*$"
        at_beginning = rf"^{escaped}(?:{_SEPARATORS})"
        for pattern in (at_end, at_beginning):
            title = re.sub(pattern, "", title, flags=re.IGNORECASE).strip() or title
    return _HANGING.sub("", title) or title
