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
from pipeline.html.dom import text_of, tokens
from pipeline.html.sanitize import line

Node = dict[str, Any]
_ID_IN = (
    re.compile(r"[?&](?:p|page_id|post)=(\d{1,18})\b"),
    re.compile(r"/wp/v2/\w+/(\d{1,18})\b"),
)
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
        return next((self.metas[name][0] for name in names if name in self.metas), None)


def read_head(document: Document) -> Head:
    """Return the head of a document."""
    body = document.tree.find("body")
    marks = tokens(body) if body is not None else frozenset()
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
    hrefs = (a.get("href") or "" for a in document.index.tagged("a"))
    places = {
        _BEHIND_PATH.split(href, maxsplit=1)[0] for href in hrefs if path in href
    }  # one for all comments
    paths = map(urls.path_of, places)
    found = (match for said in paths if (match := _NUMBERED.search(said)))
    numbers = (int(match[1]) for match in found if match.string[: match.start()].endswith(path))
    return max(numbers, default=1) if path else 1


def _site_names(
    document: Document, metas: dict[str, tuple[str, ...]], nodes: tuple[Node, ...]
) -> tuple[str, ...]:
    """Return the site's names.

    As it declares them, and as WordPress hangs one before "Feed" in the title of the feed's link.
    """
    names = list(metas.get("og:site_name", ())[:1])
    for link in document.index.tagged("link"):
        kind, title = link.get("type") or "", link.get("title") or ""
        if kind.startswith("application/rss") and "»" in title:
            names.append(line(title.split("»")[0]) or "")
            break
    sites = (node for node in nodes if "WebSite" in values(node.get("@type")))
    names += [line(string(node.get("name"))) or "" for node in sites]
    return tuple(dict.fromkeys(filter(None, names)))


def values(value: object) -> list[Any]:
    """Return a JSON-LD value as a list: it may be one or many."""
    return value if isinstance(value, list) else [] if value is None else [value]


def resolve(nodes: tuple[Node, ...], value: object) -> Node:
    """Return a node of JSON-LD, also where it is only referred to by its @id."""
    if not isinstance(value, dict):
        return {}
    if set(value) <= {"@id", "@type"} and value.get("@id"):
        return next((n for n in nodes if n.get("@id") == value["@id"] and len(n) > len(value)), value)
    return value


def string(value: object) -> str | None:
    """Return a string of JSON-LD, on one line."""
    return line(value) if isinstance(value, str) else None


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
        raw = (
            re.sub(r"^\s*(?://)?\s*<!\[CDATA\[|(?://)?\s*\]\]>\s*$|^\s*<!--|-->\s*$", "", script.text or "")
            .strip()
            .rstrip(";")
        )
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
        kinds = [k for k in values(node.get("@type")) if isinstance(k, str)]
        if any(k.endswith(("Article", "BlogPosting", "Report")) for k in kinds) and len(node) > len(best):
            best = node
    return best


_FILE = re.compile(r"\.(?:php|html?|aspx?)$")
"""The end of the address of an article of which "/2" can only be a part."""


def _identity(
    document: Document, metas: dict[str, tuple[str, ...]], marks: frozenset[str]
) -> tuple[str, str, int]:
    final = document.page.final_url
    link = next(
        (e for e in document.index.tagged("link") if "canonical" in (e.get("rel") or "").lower().split()),
        None,
    )
    stated = link.get("href") if link is not None else None
    rule = "page:canonical" if stated else "page:og" if "og:url" in metas else "page:address"
    url = urls.canonical(stated or metas.get("og:url", (None,))[0], final)
    base, number = urls.without_part(url)
    told = next(
        (int(m[1]) for mark in marks if (m := re.match(r"^(?:single-|page-)?paged-(\d{1,2})$", mark))), None
    )
    if number > 1 and (told == number or _FILE.search(base) or _links_to(document, base)):
        return base, rule, number
    own, asked = urls.without_part(urls.clean(final))
    if told and told == asked > 1 and urls.link_key(own) == urls.link_key(url):
        return url, rule, told
    return url, rule, 1


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
    named = sorted(match[1] for mark in marks if (match := _TYPE_IN_BODY.match(mark)))
    templates = {mark.removesuffix("-template-default") for mark in marks}
    return next((name for name in named if name in templates), named[0] if len(named) == 1 else None)


def _post_id(document: Document, marks: frozenset[str]) -> tuple[int | None, str]:
    for mark in marks:
        if match := _BODY_ID.match(mark):
            return int(match[1]), "page:body-class"
    header = document.page.header("link") or ""
    links = [(e.get("rel") or "", e.get("href") or "") for e in document.index.tagged("link") if e.get("rel")]
    links += [(rel, href) for href, rel in re.findall(r'<([^>]*)>\s*;[^,]*?rel="?([\w\s:/.]+)"?', header)]
    for wanted, pattern, rule in (
        ("shortlink", _ID_IN[0], "page:shortlink"),
        ("alternate", _ID_IN[1], "page:rest-link"),
    ):
        for rel, href in links:
            if wanted in rel.lower().split() and (match := pattern.search(href)):
                return int(match[1]), rule
    for name, (node, *_) in document.index.ids.items():
        if (match := re.match(r"^post-(\d{1,18})$", name)) and tokens(node) & {
            "hentry",
            "post",
            "single",
            "type-post",
            "status-publish",
        }:
            return int(match[1]), "page:article-id"
    field = document.tree.xpath("//input[@name='comment_post_ID']/@value")
    return (
        (int(field[0]), "page:comment-form")
        if field and re.fullmatch(r"\d{1,18}", field[0])
        else (None, "none")
    )


def _language(document: Document, metas: dict[str, tuple[str, ...]]) -> str | None:
    root = document.tree
    stated = (
        root.get("lang") or root.get("xml:lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang")
    )
    locale = metas.get("og:locale") or metas.get("content-language") or metas.get("language")
    for value in (stated, locale[0] if locale else None):
        if value and _LANGUAGE.match(value.strip()):
            return str(value).strip().replace("_", "-")
    return None
