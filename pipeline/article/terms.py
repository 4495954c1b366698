"""Tags and categories of an article.

By WordPress' classes and links, by the lines of themes, by the head.

Covers `post_class()`, rel="tag" and the labels of themes.
Invariant: a cloud of tags, a menu or another article is never a source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote

from lxml.html import HtmlElement

from archive.core import urls
from pipeline.html.dom import Index, below_body, elsewhere, fold, text_of, tokens, words
from pipeline.html.metadata import Head, string, values
from pipeline.html.sanitize import line, markup_to_line

Terms = tuple[tuple[str, ...], str]
_PATHS = {
    "tags": re.compile(
        r"/(?:tags?|schlagwort|schlagw[oö]rter|etiquetas?|[ée]tiquettes?|stichwort|label)/|[?&]tag="
    ),
    "categories": re.compile(
        r"/(?:categor(?:y|ies|ia|ias|ie|ies)|kategorien?|rubrik|rubriques?|topics?|sections?)/"
        r"|[?&](?:cat|category_name)="
    ),
}
_BOXES = {
    "tags": words(
        "tags post-tags entry-tags tags-links tag-links post_tags article-tags single-tags td-tags tag-list "
        "tags-list taglist tagslist post-tag entry-tag taxonomy-post_tag the-tags blog-tags tagged "
        "field--tags field--name-field-tags field-name-field-tags post-labels"
    ),
    "categories": words(
        "cat-links categories post-categories entry-categories post-category entry-category "
        "taxonomy-category category-links cat-link post-cats entry-cats category-name"
    ),
}
_LABELS = {
    "tags": re.compile(
        r"\W*(?:tags?|tagged(?: (?:with|under|as|in))?|schlagw[öo]rter|schlagworte|stichw[öo]rter|"
        r"étiquettes?|mots[- ]clés|etiquetas?|etichette|tagi|tagy|метки|теги|labels)\W*",
        re.IGNORECASE,
    ),
    "categories": re.compile(
        r"\W*(?:filed (?:under|in)|posted (?:in|under)|categor(?:y|ies|ías?|ias?|ie|ies)|kategorien?|"
        r"abgelegt unter|veröffentlicht in|publié dans|publicado en|rubrik|рубрик[аи])\W*",
        re.IGNORECASE,
    ),
}
_OTHER_KIND = {"tags": "categories", "categories": "tags"}
_SLUG_PREFIXES = {"tags": "tag-", "categories": "category-"}
_DECLARED = {"tags": ("article:tag", "keywords"), "categories": ("article:section", "articleSection")}
"""The property of Open Graph and the key of JSON-LD that state the terms."""
_RELATED = frozenset({"related", "yarpp"})
_WIDGET = frozenset({"widget"})
_CLOUD = re.compile(r"^(?:tag-link-position-\d+|tag-cloud-link)$")
_SIZED = re.compile(r"font-size", re.IGNORECASE)
_OWN = {"tags": words("tag-link post-tag tag__link"), "categories": words("cat-link category-link cat__link")}
"""Classes of a link to a term."""
_FRAMES = re.compile(
    r"^(?:widget|widget[_-].*|\w{0,12}[-_]?sidebar(?:[-_]?\w*)?|.*tag[-_]?cloud.*|site-(?:footer|header)|related.*|"
    r"recent[-_].*|(?:main|nav|navigation|primary)?-?menu)$"
)
_LABEL_TAGS = ("b", "strong", "span", "em", "i", "small", "h4", "h5")
_LONGEST = 60
"""Characters of the longest term."""
_MOST = 60
"""Links of the longest line of terms."""


def extract_terms(index: Index, head: Head, which: str) -> Terms:
    """Return the article's terms ("tags" or "categories") and the rule.

    An empty tuple without any.
    """
    slugs = _class_slugs(index, head, which)
    if slugs and (named := _by_slugs(index, slugs, which)):
        return named, "page:post-class"
    for rule, links_of in _RULES.items():
        links = list(links_of(index, which))
        listed = [link for link in links if _slug(link) in slugs]
        names = _without_doubles(map(_name, listed or links))
        if names:
            return names, rule
    declared = _declared(head, which)
    if slugs:
        known = {_slugged(name): name for name in declared[0]}
        return tuple(known.get(slug, slug.replace("-", " ")) for slug in slugs), "page:post-class"
    return declared


def _by_slugs(index: Index, slugs: tuple[str, ...], which: str) -> tuple[str, ...]:
    """Return the names of the terms of `post_class()`, by the links of the page to them.

    Empty where one of them is linked nowhere: a theme may show fewer than the article has.
    """
    wanted = dict.fromkeys(slugs, "")
    path = _PATHS[which]
    for link in sorted(index.tagged("a"), key=_is_in_menu):
        slug = _slug(link)
        if wanted.get(slug) != "":
            continue
        if path.search(link.get("href", "")) and _is_plain(link):
            wanted[slug] = _name(link) or ""
    if all(wanted.values()):
        return _without_doubles(wanted.values())
    return ()


def _is_in_menu(link: HtmlElement) -> bool:
    """True for an entry of a menu, which may have other words than the term's name."""
    parent = link.getparent()
    return parent is not None and "menu-item" in tokens(parent)


def _is_plain(link: HtmlElement) -> bool:
    """True if a link is a term's name, and no picture, and no "Edit" or feed of it."""
    address = link.get("href", "").rstrip("/")
    return not address.endswith("/feed") and link.find(".//img") is None


def _menu_links(index: Index, which: str) -> Iterator[HtmlElement]:
    """Yield the entries of a menu that WordPress marks as a category of the article shown."""
    if which != "categories":
        return
    for entry in index.having(("current-post-parent",)):
        if "menu-item-object-category" in tokens(entry):
            yield from (child for child in entry if child.tag == "a")


def _rel_links(index: Index, which: str) -> Iterator[HtmlElement]:
    """Yield the links marked by WordPress as these terms."""
    wants_category = which == "categories"
    for link in index.tagged("a"):
        marks = link.get("rel", "").split()
        is_category = "category" in marks
        if not is_category and "tag" not in marks:
            continue
        if _is_alien(link):
            continue
        is_category = is_category or _PATHS["categories"].search(link.get("href", "")) is not None
        if is_category == wants_category:
            yield link


def _own_links(index: Index, which: str) -> Iterator[HtmlElement]:
    """Yield links with a theme's class for a term."""
    for node in index.having(_OWN[which]):
        if node.tag == "a" and not _is_alien(node):
            yield node


def _boxed_links(index: Index, which: str) -> Iterator[HtmlElement]:
    """Yield the links in the first element with a class for lists of terms."""
    for box in index.having(_BOXES[which]):
        links = _fitting_links(box, which)
        if box.tag in ("a", "body", "article") or not 0 < len(links) <= _MOST:
            continue
        if not _is_alien(box):
            yield from links
            return


def _labelled_links(index: Index, which: str) -> Iterator[HtmlElement]:
    """Yield the links of a line "Tags: harbour, lamps"."""
    for node in index.tagged("p", "div", "span", "li", "footer", "small", "h4", "h5"):
        label = _label(node)
        if not 0 < len(label) <= _LONGEST:
            continue
        if not _LABELS[which].fullmatch(label) or _is_alien(node):
            continue
        links = _fitting_links(node, which)
        unlinked = len(text_of(node)) - sum(len(text_of(link)) for link in links)
        separators = 3 * len(links)
        if 0 < len(links) <= _MOST and unlinked <= len(label) + separators + 40:
            yield from links
            return


def _label(node: HtmlElement) -> str:
    """Return the text at the beginning of a line."""
    label = (node.text or "").strip()
    if not label and len(node) > 1 and node[0].tag in _LABEL_TAGS:
        label = (node[0].text or "").strip()
    return label


def _fitting_links(box: HtmlElement, which: str) -> list[HtmlElement]:
    return [link for link in box.iter("a") if link.get("href") and _fits(link, which)]


def _fits(link: HtmlElement, which: str) -> bool:
    """True unless the address of a link is that of the other kind of term, or of this page."""
    href = link.get("href", "")
    return not href.startswith("#") and not _PATHS[_OTHER_KIND[which]].search(href)


def _is_alien(node: HtmlElement) -> bool:
    """True if an element is in a cloud, a sidebar, a menu or a list of other articles."""
    if any(map(_CLOUD.match, tokens(node))):
        return True
    if _SIZED.search(node.get("style", "")) or elsewhere(node, _RELATED):
        return True
    return any(map(_is_frame, below_body(node)))


def _is_frame(node: HtmlElement) -> bool:
    """True if an element is a part of the page's frame, and no wrapper of the article as well."""
    ident = node.get("id", "").lower()
    if not any(map(_FRAMES.match, (*tokens(node), ident))):
        return False
    return node.find(".//h1") is None and node.find(".//article") is None


def _class_slugs(index: Index, head: Head, which: str) -> tuple[str, ...]:
    """Return the slugs that `post_class()` names of the page's post.

    That is the one with its id, else the only one.
    """
    post = _own_post(index, head.post_id)
    if post is None:
        return ()
    prefix = _SLUG_PREFIXES[which]
    marks = post.get("class", "").lower().split()
    slugs = [unquote(mark.removeprefix(prefix)) for mark in marks if mark.startswith(prefix)]
    return tuple(dict.fromkeys(slug for slug in slugs if slug and not slug.isdigit()))


def _own_post(index: Index, post_id: int | None) -> HtmlElement | None:
    """Return the element of the page's post: the one with its id, else the only one."""
    posts = [node for node in index.having(("hentry", "type-post")) if not elsewhere(node, _WIDGET)]
    if post_id is not None:
        own = f"post-{post_id}"
        for node in posts:
            if own in tokens(node) or node.get("id") == own:
                return node
    outer = [node for node in posts if not any(other in posts for other in node.iterancestors())]
    if len(outer) == 1:
        return outer[0]
    return None


def _slug(link: HtmlElement) -> str:
    """Return the last part of a term's address, empty for one by its number."""
    path = urls.path_of(link.get("href", "")).rstrip("/")
    _, _, last = path.rpartition("/")
    return unquote(last).lower()


def _slugged(name: str) -> str:
    return re.sub(r"\W+", "-", name.casefold()).strip("-")


def _name(link: HtmlElement) -> str | None:
    name = (line(text_of(link)) or "").lstrip("#").strip(" ,")
    if 0 < len(name) <= _LONGEST and fold(name):
        return name
    return None


def _declared(head: Head, which: str) -> Terms:
    """Return the terms that the head declares."""
    name, key = _DECLARED[which]
    if stated := head.metas.get(name, ()):
        return _unique(stated), "page:og"
    value = head.article.get(key)
    if which == "tags" and isinstance(value, str):
        return _unique(value.split(",")), "page:json-ld"
    return _unique(string(item) or "" for item in values(value)), "page:json-ld"


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return _without_doubles(map(markup_to_line, names))


def _without_doubles(names: Iterable[str | None]) -> tuple[str, ...]:
    known = filter(None, names)
    return tuple(dict.fromkeys(known))


_RULES: dict[str, Callable[[Index, str], Iterator[HtmlElement]]] = {
    "page:rel-tag": _rel_links,
    "page:term-link": _own_links,
    "page:term-list": _boxed_links,
    "page:term-line": _labelled_links,
    "page:menu": _menu_links,
}
