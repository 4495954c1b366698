"""Who wrote the article.

Knows where WordPress, its plugins and its themes print a byline. Its law: a name is kept as it is printed,
digits and all, and a commenter or a reader is never an author (the thread is out of the tree by now).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice

from lxml.html import HtmlElement
from trafilatura.xpaths import AUTHOR_XPATHS

from pipeline.heads import Head, resolve, string, values
from pipeline.markup import Index, elsewhere, text_of, tokens, words
from pipeline.text import line, plain

Found = tuple[tuple[str, ...], str]
_BY = re.compile(
    r"^\W*(?:(?:posted|written|published|story|article|words|text|geschrieben|"
    r"ver[öo]ffentlicht|publi[ée]|escrito|scritto)\s+)?(?:by|von|par|por|di|door|av|af|"
    r"autor(?:in)?|author|auteur|autore|redakteur(?:in)?)\b\s*:?\s*",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\s*(?:;|\||\s/\s|\s&\s|\band\b|\bund\b|\bet\b|\by\b|\be\b|\ben\b|\bwith\b|,)\s*")
_NOT_A_NAME = re.compile(
    r"https?:|@\w+\.|^\W*$|^(?:admin|editor|by|author|posted|guest|staff writer|share|"
    r"follow|read more|weiter|no author|unknown|about the author|(?:view all|all|more|"
    r"zeige alle|alle|weitere|tous les|voir tous|ver todas?) (?:posts|articles|artikel|"
    r"beitr[äa]ge|entries).*)$",
    re.IGNORECASE,
)
_ALL_BY = re.compile(
    r"^(?:view all|all|more|zeige alle|alle|weitere|tous les|ver todas? las?) (?:posts|"
    r"articles|artikel|beitr[äa]ge|entradas|entries)\s+(?:by|von|par|de|por)\s+",
    re.IGNORECASE,
)
_CUT = re.compile(r"\s+(?:[-–—|•·]\s+.*|(?:on|am|le|el)\s+\S*\d.*|\d{1,2}[./ ].*)$")
_ELSEWHERE = words(
    "related yarpp widget sidebar comment comments commentlist recent-posts "
    "wp-block-latest-posts jp-relatedposts author-list footer"
)

_NAMED = words(
    "entry-author-name author-name post-author-name tdb-author-name wp-block-post-author__name "
    "wp-block-post-author-name__link wp-block-post-author-name td-post-author-name byline-author author__name"
)
_LINES = words(
    "byline entry-author post-author by-author author posted-by the-author writer article-author meta-author"
)
_TAGS = frozenset({"a", "span", "div", "p", "address", "li", "strong", "b", "cite", "em", "h4", "h5"})


def split(name: str | None) -> tuple[str, ...]:
    """The people of one byline; a name is divided only where each part is a full name of its own."""
    name = line(name)
    if not name or _NOT_A_NAME.search(name) or len(name) > 200:
        return ()
    parts = [part for part in _SPLIT.split(name) if part]
    if len(parts) > 1 and all(2 <= len(part.split()) <= 5 and not part.islower() for part in parts):
        return tuple(dict.fromkeys(parts))
    return (name,)


def read(index: Index, head: Head) -> Found:
    """The authors and the rule that found them."""
    rules: tuple[tuple[str, Callable[[], Iterable[str | None]]], ...] = (
        ("page:json-ld", lambda: _json_ld(head)),
        ("page:byline", lambda: _byline(index)),
        ("page:microdata", lambda: _microdata(index)),
        ("page:meta", lambda: _meta(head)),
        ("page:trafilatura", lambda: _guessed(index)),
    )
    for rule, names in rules:
        found = tuple(dict.fromkeys(part for name in names() for part in split(plain(name))))
        if found:
            return found, rule
    return (), "none"


def _json_ld(head: Head) -> list[str | None]:
    people: list[str | None] = []
    for author in values(head.article.get("author")) or values(head.article.get("creator")):
        if isinstance(author, str):
            people.append(author)
            continue
        node = resolve(head.nodes, author)
        if "Organization" not in values(node.get("@type")):
            people += [string(name) for name in values(node.get("name"))]
    return [name for name in people if name]


def _byline(index: Index) -> list[str]:
    """Theme classes, most exact first; of each only what stands outside lists of other articles."""
    links = [a for a in index.tagged("a") if a.get("href")]
    for nodes in (
        [n for n in index.having({"fn"}) if _is_vcard(n)],
        [a for a in links if "author" in (a.get("rel") or "").split()],
        index.having(_NAMED),
        [n for n in index.having(_LINES) if n.tag in _TAGS],
        [a for a in links if re.search(r"/(?:author|autor|auteur)/[^/]+/?$", a.get("href"))],
    ):
        found = [(node, name) for node in nodes if not elsewhere(node, _ELSEWHERE) and (name := _name(node))]
        if found:
            return list(dict.fromkeys(name for node, name in found if _near(node, found[0][0])))
    return []


def _near(node: HtmlElement, first: HtmlElement) -> bool:
    """Whether two names stand in one byline."""
    around = [first, *islice(first.iterancestors(), 2)]
    return any(outer in around for outer in (node, *islice(node.iterancestors(), 2)))


def _guessed(index: Index) -> list[str]:
    """Where trafilatura looks for an author, without its normaliser, which alters pseudonyms."""
    for path in AUTHOR_XPATHS[:2]:
        for node in path(index.tree):
            if not elsewhere(node, _ELSEWHERE) and (name := _name(node)) and len(name.split()) <= 5:
                return [name]
    return []


def _is_vcard(node: HtmlElement) -> bool:
    outer = node.getparent()
    marks = tokens(node) | (tokens(outer) if outer is not None else frozenset())
    return bool(marks & {"author", "vcard", "byline", "entry-author"})


def _name(node: HtmlElement) -> str | None:
    """The words of a byline without "By" and without what follows the name."""
    links = [
        text_of(a)
        for a in node.iter("a")
        if a is not node
        and re.search(
            r"author|autor|/members?/", (a.get("href") or "") + (a.get("rel") or "") + (a.get("class") or "")
        )
    ]
    said = next((text for text in links if text), None) or text_of(node)
    said = _CUT.sub("", _BY.sub("", _ALL_BY.sub("", said))).strip(" ,:|·•–—-")
    return said if 1 < len(said) <= 80 and not _NOT_A_NAME.search(said) and len(said.split()) <= 9 else None


def _microdata(index: Index) -> list[str | None]:
    names: list[str | None] = []
    for node in index.tagged("span", "a", "div", "p", "meta", "link", "address", "b", "strong"):
        if "author" not in (node.get("itemprop") or "").split() or elsewhere(node, _ELSEWHERE):
            continue
        inner = next((n for n in node.iter("*") if n is not node and n.get("itemprop") == "name"), node)
        names.append(line(inner.get("content")) or _name(inner))
    return names


def _meta(head: Head) -> list[str | None]:
    for name in (
        "author",
        "parsely-author",
        "sailthru.author",
        "dc.creator",
        "article:author",
        "twitter:creator:name",
        "byl",
    ):
        found = [v for v in head.metas.get(name, ()) if not v.startswith(("http", "@"))]
        if found:
            return [_BY.sub("", value) for value in found]
    return []
