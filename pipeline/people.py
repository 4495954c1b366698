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

from archive.records import Site
from pipeline.dates import looks_dated
from pipeline.heads import Head, resolve, string, values
from pipeline.markup import Index, below_body, elsewhere, text_of, tokens, words
from pipeline.text import line, plain
from pipeline.titles import fold

Found = tuple[tuple[str, ...], str]
_BY = re.compile(
    r"^\W*(?:(?:posted|written|published|story|article|words|text|geschrieben|"
    r"ver[öo]ffentlicht|publi[ée]|escrito|scritto)\s+)?(?:by|von|par|por|di|door|av|af|"
    r"autor(?:in)?|author|auteur|autore|redakteur(?:in)?)\b\s*:?\s*",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\s*(?:;|\||/|\s&\s|\band\b|\bund\b|\bet\b|\by\b|\be\b|\ben\b|\bwith\b|,)\s*")
_NOT_A_NAME = re.compile(
    r"https?:|@\w+\.|^\W*$|^(?:admin|editor|by|author|posted|guest|staff writer|share|"
    r"name(?: \(.*\)| ?\*)?|follow|read more|weiter|no author|unknown|about the author|(?:view all|all|more|"
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
_WRITTEN = re.compile(
    r"^(?:written|verfasst|geschrieben|[ée]crit|escrito|scritto|geschreven|skrevet)", re.IGNORECASE
)
"""The first label of the card that Yoast writes for sharing."""
_SAYS = re.compile(
    r"\W*(?:(?:(?:posted|written|published|geschrieben|ver[öo]ffentlicht|publi[ée]|escrito|scritto)\s+)?"
    r"(?:by|von|par|por|di|door)\s+|(?:text|autor(?:in|en)?|authors?|auteur|autore|words)\s*:\s*)(?=\S|$)",
    re.IGNORECASE,
)
_PART = r"[^\W\d_a-zß-ÿ][\w.'’-]*"
_PERSON = rf"{_PART}(?:\s(?:(?:van|von|de|der|den|da|di|du|la|le|bin|al|el|y)\s)*{_PART}){{1,3}}"
_FULL_NAME = re.compile(rf"{_PERSON}(?:(?:\s*[,/]\s*|\s+(?:and|und|et|y|e|&)\s+){_PERSON}){{0,4}}")
_AND = re.compile(r"\s*(?:[,/&]|(?:and|und|et|y|e)\b)")
_BOX = re.compile(
    r"^(?:post-|about-?|the-?|entry-)?author[-_]{0,2}(?:bio|box|info|description|card|profile)\b|^about-author"
)
_PROFILE = re.compile(
    r"/(?:authors?|autor(?:en|es)?|auteurs?|staff|redakteure|contributors?|writers?)/[^/]+/?$"
)
_CAPTIONS = words("wp-caption wp-caption-text wp-element-caption gallery-caption")
_ABOUT = re.compile(r"^(?:about|über|à propos de|sobre|acerca de)\s+", re.IGNORECASE)
_ASIDE = words("widget sidebar comment comments commentlist")
_ELSEWHERE = words(
    "related yarpp widget sidebar comment comments commentlist recent-posts "
    "wp-block-latest-posts jp-relatedposts author-list footer"
)

_NAMED = words(
    "entry-author-name author-name post-author-name tdb-author-name wp-block-post-author__name "
    "wp-block-post-author-name__link wp-block-post-author-name td-post-author-name byline-author "
    "author__name saboxplugin-authorname m-a-box-name pp-author-boxes-name author-box-name"
)
_LINES = words(
    "byline entry-author post-author by-author author posted-by the-author writer article-author meta-author"
)
_TAGS = frozenset({"a", "span", "div", "p", "address", "li", "strong", "b", "cite", "em", "h4", "h5"})


def split(name: str | None) -> tuple[str, ...]:
    """The people of one byline; a name is divided only where each part is a full name of its own."""
    name = re.sub(r"(?<=\S)\s+\(?@\w+\)?$", "", line(name) or "")
    if not name or _is_no_name(name) or len(name) > 200:
        return ()
    parts = [part for part in _SPLIT.split(name) if part]
    if len(parts) > 1 and all(2 <= len(part.split()) <= 5 and not part.islower() for part in parts):
        return tuple(dict.fromkeys(parts))
    return (name,)


def read(index: Index, head: Head, site: Site, opener: str | None = None) -> Found:
    """The authors and the rule that found them. `opener` is whom the thread marks as the post's author.

    A declaration that names the site itself stands only where no rule knows a person.
    """
    own = {fold(name) for name in (head.site_name, site.title, _label(head.url)) if name}
    rules: tuple[tuple[str, Callable[[], Iterable[str | None]]], ...] = (
        ("page:json-ld", lambda: _json_ld(head)),
        ("page:byline", lambda: _byline(index)),
        ("page:microdata", lambda: _microdata(index)),
        ("page:meta", lambda: _meta(head)),
        ("page:plain-byline", lambda: _said(index)),
        ("page:post-author", lambda: (opener,)),
        ("page:author-box", lambda: _boxed(index)),
        ("page:trafilatura", lambda: _guessed(index)),
    )
    signed: Found = ((), "none")
    for rule, names in rules:
        if signed[0] and rule == "page:trafilatura":
            rule, names = "page:first-lines", lambda: _signed(index)
        found = tuple(dict.fromkeys(part for name in names() for part in split(plain(name))))
        if found and not own.issuperset(map(fold, found)):
            return found, rule
        signed = signed if signed[0] or not found else (found, rule)
    return signed


def _label(url: str) -> str:
    """The name in the host of an address: of www.gazette.example the gazette."""
    parts = (re.sub(r"^\w+://(?:www\.)?", "", url).split("/")[0]).split(".")
    return parts[-2] if len(parts) > 1 else ""


def _json_ld(head: Head) -> list[str | None]:
    people: list[str | None] = []
    kinds = ((node, values(node.get("@type"))) for node in head.nodes)
    articles = [node for node, names in kinds if any(str(name).endswith("Article") for name in names)]
    told = max((values(node.get("author")) for node in (head.article, *articles)), key=len)
    for author in told or values(head.article.get("creator")):
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
        [a for a in links if _PROFILE.search(a.get("href"))],
    ):
        found = [(node, name) for node in nodes if not elsewhere(node, _ELSEWHERE) and (name := _name(node))]
        found = [(node, name) for node, name in found if _in_post(node)] or found
        if found:
            return list(dict.fromkeys(name for node, name in found if _near(node, found[0][0])))
    return []


def _in_post(node: HtmlElement) -> bool:
    """Whether a byline stands in a post, and not in the head of the site."""
    return any(outer.tag in ("article", "main") or "hentry" in tokens(outer) for outer in below_body(node))


def _near(node: HtmlElement, first: HtmlElement) -> bool:
    """Whether two names stand in one byline."""
    around = [first, *islice(first.iterancestors(), 2)]
    return any(outer in around for outer in (node, *islice(node.iterancestors(), 2)))


def _said(index: Index) -> list[str]:
    """A line of its own that says "By NAME", or after a word for author or text a colon and a name."""
    for node in index.tagged(
        "p", "div", "span", "li", "h2", "h3", "h4", "h5", "h6", "em", "strong", "b", "small"
    ):
        match = _SAYS.match("".join(islice(node.itertext(), 3))[:60])
        if match is None or len(node) > 11 or elsewhere(node, _ELSEWHERE | _CAPTIONS):
            continue
        if any(outer.tag in ("figure", "blockquote") for outer in below_body(node)):  # of a picture
            continue
        said = text_of(node)
        after = said[match.end() :]
        if not after and said.endswith(":"):  # the label is an element of its own, and the name behind it
            beside = node.getnext()
            after = line(node.tail) or (text_of(beside) if beside is not None and beside.tag == "a" else "")
        link = next((text for a in node.iter("a") if (text := text_of(a))), None)
        alone = link and after.startswith(link) and not _AND.match(after[len(link) :])
        name = link if alone and link else _CUT.sub("", after).strip(" ,:|·•–—-")
        if _FULL_NAME.fullmatch(name) and not _is_no_name(name):
            return [name]
    return []


def _boxed(index: Index) -> list[str]:
    """The name at the head of the box in which a theme presents the author below the article."""
    for box in index.like(_BOX):
        for node in box.iter("h2", "h3", "h4", "h5", "h6", "strong", "b", "a"):
            name = _ABOUT.sub("", _name(node) or "")
            if name and _FULL_NAME.fullmatch(name) and not elsewhere(box, _ASIDE):
                return [name]
    return []


def _signed(index: Index) -> list[str]:
    """A bold name alone in one of the first paragraphs, where the system signs for the paper."""
    lines = [node for node in index.tagged("p") if not elsewhere(node, _ELSEWHERE) and text_of(node)]
    for node in lines[:4]:
        bold = node.find(".//strong") if node.find(".//strong") is not None else node.find(".//b")
        said = text_of(node)
        if bold is not None and text_of(bold) == said and _FULL_NAME.fullmatch(said):
            return [said]
    return []


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
    return said if 1 < len(said) <= 80 and not _is_no_name(said) and len(said.split()) <= 9 else None


def _is_no_name(said: str) -> bool:
    """Whether words where a name should be are a label, an address or a date."""
    return bool(_NOT_A_NAME.search(said)) or (
        any(letter.isdigit() for letter in said) and looks_dated(said, None)
    )


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
    told = head.meta("twitter:data1")
    return [told] if told and _WRITTEN.search(head.meta("twitter:label1") or "") else []
