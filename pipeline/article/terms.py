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
    rules: tuple[tuple[str, Callable[[], Iterator[HtmlElement]]], ...] = (
        ("page:rel-tag", lambda: _rel_links(index, which)),
        (
            "page:term-link",
            lambda: (a for a in index.having(_OWN[which]) if a.tag == "a" and not _is_alien(a)),
        ),
        ("page:term-list", lambda: _boxed_links(index, which)),
        ("page:term-line", lambda: _labelled_links(index, which)),
        ("page:menu", lambda: _menu_links(index, which)),
    )
    for rule, links in rules:
        every = list(links())
        found = [link for link in every if _slug(link) in slugs] or every
        names = tuple(dict.fromkeys(name for link in found if (name := _name(link))))
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
    for link in sorted(index.tagged("a"), key=_is_in_menu):
        href = link.get("href") or ""
        slug = _slug(link)
        if wanted.get(slug) == "" and _PATHS[which].search(href) and _is_plain(link):
            wanted[slug] = _name(link) or ""
    names = tuple(dict.fromkeys(wanted.values()))
    return names if all(names) else ()


def _is_in_menu(link: HtmlElement) -> bool:
    """True for an entry of a menu, which may have other words than the term's name."""
    parent = link.getparent()
    return parent is not None and "menu-item" in tokens(parent)


def _is_plain(link: HtmlElement) -> bool:
    """True if a link is a term's name, and no picture, and no "Edit" or feed of it."""
    return not (link.get("href") or "").rstrip("/").endswith("/feed") and link.find(".//img") is None


def _menu_links(index: Index, which: str) -> Iterator[HtmlElement]:
    """Yield the entries of a menu that WordPress marks as a category of the article shown."""
    if which != "categories":
        return
    for entry in index.having(("current-post-parent",)):
        if "menu-item-object-category" in tokens(entry):
            yield from (child for child in entry if child.tag == "a")


def _rel_links(index: Index, which: str) -> Iterator[HtmlElement]:
    """Yield the links marked by WordPress as these terms."""
    for link in index.tagged("a"):
        marks = (link.get("rel") or "").split()
        if ("tag" in marks or "category" in marks) and not _is_alien(link):
            category = "category" in marks or bool(_PATHS["categories"].search(link.get("href") or ""))
            if category == (which == "categories"):
                yield link


def _boxed_links(index: Index, which: str) -> Iterator[HtmlElement]:
    """Yield the links in the first element with a class for lists of terms."""
    for box in index.having(_BOXES[which]):
        links = [link for link in box.iter("a") if link.get("href") and _fits(link, which)]
        if box.tag not in ("a", "body", "article") and 0 < len(links) <= _MOST and not _is_alien(box):
            yield from links
            return


def _labelled_links(index: Index, which: str) -> Iterator[HtmlElement]:
    """Yield the links of a line "Tags: harbour, lamps"."""
    for node in index.tagged("p", "div", "span", "li", "footer", "small", "h4", "h5"):
        label = (node.text or "").strip()
        if not label and len(node) > 1 and node[0].tag in _LABEL_TAGS:
            label = (node[0].text or "").strip()
        if not label or len(label) > _LONGEST or not _LABELS[which].fullmatch(label) or _is_alien(node):
            continue
        links = [link for link in node.iter("a") if link.get("href") and _fits(link, which)]
        linked = sum(len(text_of(link)) for link in links)
        if 0 < len(links) <= _MOST and len(text_of(node)) - linked <= len(label) + 3 * len(links) + 40:
            yield from links
            return


def _fits(link: HtmlElement, which: str) -> bool:
    """True unless the address of a link is that of the other kind of term, or of this page."""
    href = link.get("href") or ""
    other = "tags" if which == "categories" else "categories"
    return not href.startswith("#") and not _PATHS[other].search(href)


def _is_alien(node: HtmlElement) -> bool:
    """True if an element is in a cloud, a sidebar, a menu or a list of other articles."""
    if any(_CLOUD.match(mark) for mark in tokens(node)) or _SIZED.search(node.get("style") or ""):
        return True
    if elsewhere(node, frozenset({"related", "yarpp"})):
        return True
    return any(map(_is_frame, below_body(node)))


def _is_frame(node: HtmlElement) -> bool:
    """True if an element is a part of the page's frame, and no wrapper of the article as well."""
    marks = (*tokens(node), (node.get("id") or "").lower())
    if not any(_FRAMES.match(mark) for mark in marks):
        return False
    return node.find(".//h1") is None and node.find(".//article") is None


def _class_slugs(index: Index, head: Head, which: str) -> tuple[str, ...]:
    """Return the slugs that `post_class()` names of the page's post.

    That is the one with its id, else the only one.
    """
    prefix = "tag-" if which == "tags" else "category-"
    posts = [
        node for node in index.having(("hentry", "type-post")) if not elsewhere(node, frozenset({"widget"}))
    ]
    outer = [node for node in posts if not any(other in posts for other in node.iterancestors())]
    if head.post_id is not None:
        own = f"post-{head.post_id}"
        outer = [node for node in posts if own in tokens(node) or node.get("id") == own][:1] or outer
    if len(outer) != 1:
        return ()
    marks = (outer[0].get("class") or "").lower().split()
    found = (unquote(mark.removeprefix(prefix)) for mark in marks if mark.startswith(prefix))
    return tuple(dict.fromkeys(slug for slug in found if slug and not slug.isdigit()))


def _slug(link: HtmlElement) -> str:
    """Return the last part of a term's address, empty for one by its number."""
    return unquote(urls.path_of(link.get("href") or "").rstrip("/").rsplit("/", 1)[-1]).lower()


def _slugged(name: str) -> str:
    return re.sub(r"\W+", "-", name.casefold()).strip("-")


def _name(link: HtmlElement) -> str | None:
    said = (line(text_of(link)) or "").lstrip("#").strip(" ,")
    return said if said and len(said) <= _LONGEST and fold(said) else None


def _declared(head: Head, which: str) -> Terms:
    """Return the terms that the head declares."""
    if which == "tags":
        tags = head.metas.get("article:tag", ())
        if tags:
            return _unique(tags), "page:og"
        keywords = head.article.get("keywords")
        listed = keywords.split(",") if isinstance(keywords, str) else map(string, values(keywords))
        return _unique(name or "" for name in listed), "page:json-ld"
    if sections := head.metas.get("article:section", ()):
        return _unique(sections), "page:og"
    return _unique(string(name) or "" for name in values(head.article.get("articleSection"))), "page:json-ld"


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for said in names if (name := markup_to_line(said))))
