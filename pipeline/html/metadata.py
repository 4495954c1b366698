"""Metadata and identity of a page, from its head.

Meta elements, links and JSON-LD.

Contains the vocabularies.
Invariant: a declaration is quoted, not judged; identity alone is decided here, since all other facts depend
on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from archive.core import urls
from archive.core.answers import tolerant_json
from pipeline.html.document import Document
from pipeline.html.dom import has_class, text_of, tokens, words
from pipeline.html.sanitize import line

Node = dict[str, Any]
_ID_LINKS = (
    ("shortlink", re.compile(r"[?&](?:p|page_id|post)=(\d{1,18})\b"), "page:shortlink"),
    ("alternate", re.compile(r"/wp/v2/\w+/(\d{1,18})\b"), "page:rest-link"),
)
"""The relation of a link, the id in its address, and the rule."""
_LINK_HEADER = re.compile(r'<([^>]*)>\s*;[^,]*?rel="?([\w\s:/.]+)"?')
_POST_ANCHOR = re.compile(r"^post-(\d{1,18})$")
_POSTS = words("hentry post single type-post status-publish")
_PAGED = re.compile(r"^(?:single-|page-)?paged-(\d{1,2})$")
_CDATA = re.compile(r"^\s*(?://)?\s*<!\[CDATA\[|(?://)?\s*\]\]>\s*$|^\s*<!--|-->\s*$")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BEHIND_PATH = re.compile("[?#]")
_NUMBERED = re.compile(r"/(\d{1,2})/?$")
_BODY_ID = re.compile(r"^(?:postid|page-id)-(\d{1,18})$")
_TYPE_IN_BODY = re.compile(r"^single-(?!format-|post-type|template)([a-z][\w-]{0,19})$")
_LANGUAGE = re.compile(r"^[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{2,8})*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The declarations of one page.

    `part` is the number of a part of a divided article, 1 for all others; `parts` the highest that the page
    links to.
    """

    url: str
    url_rule: str
    part: int
    parts: int
    site_name: str | None
    site_names: tuple[str, ...]
    post_id: int | None
    post_id_rule: str
    language: str | None
    metas: dict[str, tuple[str, ...]]
    nodes: tuple[Node, ...]
    article: Node
    marks: frozenset[str]

    def meta(self, *names: str) -> str | None:
        """Return the first value of these meta elements."""
        for name in names:
            if name in self.metas:
                return self.metas[name][0]
        return None


def read_head(document: Document) -> Head:
    """Return the head of a document."""
    body = document.tree.find("body")
    marks: frozenset[str] = frozenset()
    if body is not None:
        marks = tokens(body)
    metas = _metas(document)
    nodes = tuple(_json_ld(document))
    url, rule, part = _identity(document, metas, marks)
    post_id, post_rule = _post_id(document, marks)
    site_names = _site_names(document, metas, nodes)
    return Head(
        url=url,
        url_rule=rule,
        part=part,
        parts=_parts(document, url),
        site_name=next(iter(site_names), None),
        site_names=site_names,
        post_id=post_id,
        post_id_rule=post_rule,
        language=_language(document, metas),
        metas=metas,
        nodes=nodes,
        article=_article(nodes),
        marks=marks,
    )


def _parts(document: Document, url: str) -> int:
    """Return the highest number of a part of this article that the page links to; 1 for one in one piece."""
    path = urlsplit(url).path.rstrip("/")
    if not path:
        return 1
    hrefs = [link.get("href", "") for link in document.index.tagged("a")]
    places = {_BEHIND_PATH.split(href, maxsplit=1)[0] for href in hrefs if path in href}  # once for a thread
    highest = 1
    for place in map(urls.path_of, places):
        numbered = _NUMBERED.search(place)
        if numbered and place[: numbered.start()].endswith(path):
            highest = max(highest, int(numbered[1]))
    return highest


def _site_names(
    document: Document, metas: dict[str, tuple[str, ...]], nodes: tuple[Node, ...]
) -> tuple[str, ...]:
    """Return the site's names.

    As it declares them, and as WordPress hangs one before "Feed" in the title of the feed's link.
    """
    names = list(metas.get("og:site_name", ())[:1])
    for link in document.index.tagged("link"):
        title = link.get("title", "")
        if link.get("type", "").startswith("application/rss") and "»" in title:
            before, _, _ = title.partition("»")
            names.append(line(before) or "")
            break
    sites = (node for node in nodes if "WebSite" in values(node.get("@type")))
    names += [line(string(node.get("name"))) or "" for node in sites]
    return tuple(dict.fromkeys(filter(None, names)))


def values(value: object) -> list[Any]:
    """Return a JSON-LD value as a list: it may be one or many."""
    if isinstance(value, list):
        return value
    if value is None:
        return []
    return [value]


def resolve(nodes: tuple[Node, ...], value: object) -> Node:
    """Return a node of JSON-LD, also where it is only referred to by its @id."""
    if not isinstance(value, dict):
        return {}
    ident = value.get("@id")
    if ident and set(value) <= {"@id", "@type"}:
        for node in nodes:
            if node.get("@id") == ident and len(node) > len(value):
                return node
    return value


def string(value: object) -> str | None:
    """Return a string of JSON-LD, on one line."""
    if isinstance(value, str):
        return line(value)
    return None


def _metas(document: Document) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for meta in document.index.tagged("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop")
        content = line(meta.get("content"))
        if name and content:
            found.setdefault(name.strip().lower(), []).append(content)
    return {name: tuple(contents) for name, contents in found.items()}


def _json_ld(document: Document) -> Iterator[Node]:
    for script in document.index.tagged("script"):
        if "ld+json" not in (script.get("type") or ""):
            continue
        raw = _CDATA.sub("", script.text or "").strip().rstrip(";")
        try:
            data = tolerant_json.loads(raw)
        except ValueError:
            continue
        yield from _flat(data, 0)


def _flat(data: object, level: int) -> Iterator[Node]:
    """Yield all top nodes, those of a @graph included."""
    if level > 5:
        return
    for node in values(data):
        if isinstance(node, dict):
            yield node
            yield from _flat(node.get("@graph"), level + 1)
            yield from _flat(node.get("mainEntity"), level + 1)
            if isinstance(node.get("mainEntityOfPage"), dict):
                yield from _flat(node["mainEntityOfPage"], level + 1)


def _article(nodes: tuple[Node, ...]) -> Node:
    """Return the node of the article itself."""
    best: Node = {}
    for node in nodes:
        kinds = [kind for kind in values(node.get("@type")) if isinstance(kind, str)]
        is_article = any(kind.endswith(("Article", "BlogPosting", "Report")) for kind in kinds)
        if is_article and len(node) > len(best):
            best = node
    return best


_FILE = re.compile(r"\.(?:php|html?|aspx?)$")
"""The end of the address of an article of which "/2" can only be a part."""


def _identity(
    document: Document, metas: dict[str, tuple[str, ...]], marks: frozenset[str]
) -> tuple[str, str, int]:
    final = document.page.final_url
    stated, rule = _stated_url(document, metas)
    url = urls.canonical(stated, final)
    base, number = urls.without_part(url)
    shown = _shown_part(marks)
    if number > 1 and (shown == number or _FILE.search(base) or _links_to(document, base)):
        return base, rule, number
    own, requested = urls.without_part(urls.clean(final))
    if shown and shown == requested > 1 and urls.link_key(own) == urls.link_key(url):
        return url, rule, shown
    return url, rule, 1


def _stated_url(document: Document, metas: dict[str, tuple[str, ...]]) -> tuple[str | None, str]:
    """Return the URL that a page states as its own, and the rule."""
    for link in document.index.tagged("link"):
        if "canonical" in link.get("rel", "").lower().split():
            if link.get("href"):
                return link.get("href"), "page:canonical"
            break
    if "og:url" in metas:
        return metas["og:url"][0], "page:og"
    return None, "page:address"


def _shown_part(marks: frozenset[str]) -> int | None:
    """Return the number of the part of an article that WordPress names in the classes of the body."""
    for mark in marks:
        if match := _PAGED.match(mark):
            return int(match[1])
    return None


def _links_to(document: Document, base: str) -> bool:
    """True if the page's own list of parts links to the first part, as such or by its number alone."""
    for link in document.index.tagged("a"):
        if text_of(link).strip() == "1":
            url = urls.absolute(link.get("href"), document.base)
            if url and urls.link_key(url) == urls.link_key(base):
                return True
    for node in document.index.having(
        ("page-links", "page-link", "post-page-numbers", "page_link", "nextpage", "pagelink")
    ):
        for link in node.iter("a"):
            url = urls.absolute(link.get("href"), document.base)
            if url and urls.link_key(url) == urls.link_key(base):
                return True
    return False


def content_type(marks: frozenset[str]) -> str | None:
    """Return the content type in the classes of a WordPress body, if any."""
    is_numbered = any(map(_BODY_ID.match, marks))
    if is_numbered and "page" in marks and "single" not in marks:
        return "page"
    if not (is_numbered and "single" in marks):
        return None
    matches = filter(None, map(_TYPE_IN_BODY.match, marks))
    named = sorted(match[1] for match in matches)
    templates = {mark.removesuffix("-template-default") for mark in marks}
    for name in named:
        if name in templates or len(named) == 1:
            return name
    return None


def _post_id(document: Document, marks: frozenset[str]) -> tuple[int | None, str]:
    for mark in marks:
        if match := _BODY_ID.match(mark):
            return int(match[1]), "page:body-class"
    links = _links(document)
    for relation, pattern, rule in _ID_LINKS:
        for rel, href in links:
            if relation in rel.lower().split() and (match := pattern.search(href)):
                return int(match[1]), rule
    for name, (node, *_) in document.index.ids.items():
        match = _POST_ANCHOR.match(name)
        if match and has_class(node, _POSTS):
            return int(match[1]), "page:article-id"
    for value in document.tree.xpath("//input[@name='comment_post_ID']/@value")[:1]:
        if re.fullmatch(r"\d{1,18}", value):
            return int(value), "page:comment-form"
    return None, "none"


def _links(document: Document) -> list[tuple[str, str]]:
    """Return relation and URL of the links in the heads."""
    links = [(link.get("rel", ""), link.get("href", "")) for link in document.index.tagged("link")]
    header = document.page.header("link") or ""
    links += [(rel, href) for href, rel in _LINK_HEADER.findall(header)]
    return links


def _language(document: Document, metas: dict[str, tuple[str, ...]]) -> str | None:
    root = document.tree
    stated = root.get("lang") or root.get("xml:lang") or root.get(_XML_LANG) or ""
    locales = metas.get("og:locale") or metas.get("content-language") or metas.get("language") or ()
    for value in (stated, *locales[:1]):
        if _LANGUAGE.match(value.strip()):
            return str(value).strip().replace("_", "-")
    return None
