"""Which elements of a page are comments, and how comments are nested.

Contains the shapes of threads in WordPress themes: `comment_class()` companions, ids, lists, wpDiscuz. It
reads nothing inside a comment.
Invariant: an element is a comment for what WordPress itself writes (classes, ids), never for its appearance;
comments of another article are never included.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from lxml.html import HtmlElement

from archive.core import urls
from pipeline.comments import hand_made, loose_entries
from pipeline.comments.items import (
    CHILDREN,
    LISTS,
    THREAD,
    CommentItem,
    depth_class,
    in_thread,
    in_widget,
    outer_of,
)
from pipeline.html.dom import Index, has_class, tokens

ITEM_TAGS = frozenset({"li", "div", "article", "section", "dt", "tr", "table", "blockquote"})
ID = re.compile(
    r"^(?:(?:li|div|article|single|wc|wpd|the)[-_])?comm(?:ent)?[-_:]?(\d{1,18})(?:_(\d{1,18}))?$",
    re.IGNORECASE,
)
_OTHER_ID = re.compile(r"^(?:comment-)?(6a[0-9a-f]{10,60})$|^c(\d{1,20}|6a[0-9a-f]{10,60})$")
_PINGS = frozenset({"pingback", "trackback"})
"""Ids of TypePad (hexadecimal), Movable Type and Blogger; believed only inside a thread."""
LINK_ID = re.compile(r"#(?:li-|div-)?comment[-:]?(\d{1,18})\b|[?&]replytocom=(\d{1,18})(?!\d)")
_COMMENT_PATH = re.compile(r"/comment/\d+#comment-\d+$")
"""A comment's own address in Drupal, which names no article."""
_COMPANION = re.compile(
    r"^(?:even|odd|alt|thread-\w+|depth-\d+|byuser|bypostauthor|comment-author-.+|post|"
    r"wpd-comment|wc-comment|highlander-comment)$"
)
_CANDIDATE = re.compile(r"comment|pingback|trackback|-comm-|^c(?:\d|6a)", re.IGNORECASE)
_NO_ITEM_TAGS = frozenset(
    {"a", "form", "input", "label", "script", "span", "h1", "h2", "h3", "h4", "h5", "h6"}
)


def find_comments(index: Index, own: frozenset[str], base: str) -> list[CommentItem]:
    """Return the comments of this article in the order of the page.

    `own` are the keys of its addresses.
    """
    owners: dict[HtmlElement, CommentItem] = {}
    items = [item for element in index.like(_CANDIDATE) if (item := _item(element, owners)) is not None]
    items += loose_entries.listed_pings(index, owners)
    items += loose_entries.anchored(index, owners)
    if all(_is_ping(item) for item in items):
        items += loose_entries.answerable(index, owners)
        items += loose_entries.signed_below(index, owners)
    if all(_is_ping(item) for item in items):
        items += hand_made.find_hand_made(index, owners, base)
    _by_depth(items)
    return _without_doubles(_belonging(items, _links(index), own, base))


def _item(element: HtmlElement, owners: dict[HtmlElement, CommentItem]) -> CommentItem | None:
    """Return a new item, unless the element is no comment or is in a comment already found."""
    if element in owners:
        return None
    name = element.get("id")
    named = ID.match(name) if name else None
    number = named[1] if named else _other_id(element, name)
    if element.tag not in ITEM_TAGS and (number is None or not _is_entry(element)):
        return None
    if number is None and not signed(element):
        return None
    outer, origin = outer_of(element, owners)
    if outer is not None and origin == "page:dom" and _same(outer, element, number):
        outer.id = outer.id or number
        owners[element] = outer
        return None
    item = CommentItem(element=element, id=number, parent=outer, parent_origin=origin, outer=outer)
    if named and named[2]:
        item.parent_origin = "page:class-parent"
        item.parent_id = named[2]
        if named[2] == "0":
            item.parent_id = None
    owners[element] = item
    if element.tag == "dt":
        item.behind = list(_definitions(element))
        owners.update(dict.fromkeys(item.behind, item))
    return item


def other_anchor(element: HtmlElement) -> str | None:
    """Return the id attribute of an element, if it contains a comment of another system."""
    anchor: str = element.get("id", "")
    if _OTHER_ID.match(anchor):
        return anchor
    return None


def _other_id(element: HtmlElement, name: str | None) -> str | None:
    """Return the id of a comment of another system, if the element of this name is one."""
    found = _OTHER_ID.match(name) if name else None
    if found is None or not in_thread(element):
        return None
    return found[1] or found[2]


def _is_entry(element: HtmlElement) -> bool:
    """True if an element of any kind is an entry of a list of comments."""
    listing = element.getparent()
    if element.tag in _NO_ITEM_TAGS or listing is None:
        return False
    marks = (*tokens(listing), listing.get("id", "").lower())
    return any(map(THREAD.match, marks))


def signed(element: HtmlElement) -> bool:
    """True if an element bears what `comment_class()` writes."""
    marks = tokens(element)
    if "pingback" in marks or "trackback" in marks:
        is_entry = element.tag in ("li", "div", "article", "section")
        return is_entry and marks.isdisjoint(("pingback-list", "widget"))
    return "comment" in marks and any(map(_COMPANION.match, marks))


def _same(outer: CommentItem, element: HtmlElement, number: str | None) -> bool:
    """True if an element inside an item is the same comment once more (li and article, li and div)."""
    if outer.id is not None and number is not None:
        return outer.id == number
    deep = depth_class(element)
    shallow = depth_class(outer.element)
    if deep is not None and shallow is not None and deep != shallow:
        return False
    for node in element.iterancestors():
        if node is outer.element or node in outer.behind:
            return True
        if node.tag in LISTS or tokens(node) & CHILDREN:
            return False
    return True


def _definitions(term: HtmlElement) -> Iterator[HtmlElement]:
    for sibling in term.itersiblings():
        if sibling.tag != "dd":
            return
        yield sibling


def _is_ping(item: CommentItem) -> bool:
    return item.listed_ping or has_class(item.element, _PINGS)


def _by_depth(items: list[CommentItem]) -> None:
    """Set the parents that the depth classes name.

    They overrule how the elements are nested.

    A theme that closes a tag twice nests each comment in the one before. Where all comments have depth 1, a
    list of answers is more reliable than the classes, which a theme's own walker leaves at 1.
    """
    latest: dict[int, CommentItem] = {}
    depths = {id(item): depth_class(item.element) for item in items}
    varied = len(set(depths.values()) - {None}) > 1
    for item in items:
        depth = depths[id(item)]
        if depth is None:
            continue
        if item.parent_id is None and (varied or not _in_answers(item)):
            above = latest.get(depth - 1) if depth > 1 else None
            if depth == 1 and item.parent is not None:
                item.parent, item.parent_origin = None, "page:class-depth"
            elif above is not None and above is not item.parent:
                item.parent, item.parent_origin = above, "page:class-depth"
        latest[depth] = item
        for deeper in [d for d in latest if d > depth]:
            del latest[deeper]


def _in_answers(item: CommentItem) -> bool:
    """True if a list of answers lies between a comment and the one that it is in."""
    if item.outer is None or item.parent_origin != "page:dom":
        return item.outer is not None
    for node in item.element.iterancestors():
        if node is item.outer.element:
            return False
        if node.tag in LISTS or tokens(node) & CHILDREN:
            return True
    return False


def _links(index: Index) -> dict[str, list[str]]:
    """Which links name a comment, for every comment id."""
    found: dict[str, list[str]] = {}
    for link in index.tagged("a"):
        href = link.get("href") or ""
        is_named = ("comment" in href or "replytocom" in href) and not _COMMENT_PATH.search(href)
        match = LINK_ID.search(href) if is_named else None
        if match:
            found.setdefault(match[1] or match[2], []).append(href)
    return found


def _belonging(
    items: list[CommentItem], links: dict[str, list[str]], own: frozenset[str], base: str
) -> list[CommentItem]:
    """Return the items of this article.

    A list is alien when all its links name other articles.
    """
    groups: dict[HtmlElement, list[CommentItem]] = {}
    for item in items:
        groups.setdefault(_list_of(item), []).append(item)
    verdicts = {root: _verdict(group, links, own, base) for root, group in groups.items()}
    has_sure = True in verdicts.values()
    good: set[HtmlElement] = set()
    for root, verdict in verdicts.items():
        is_possible = verdict is None or not has_sure
        if verdict or (is_possible and not in_widget(root)):
            good.add(root)
    if not good and list(verdicts.values()) == [None]:
        good = set(groups)
    return [item for item in items if _list_of(item) in good]


def _list_of(item: CommentItem) -> HtmlElement:
    """Return the list that has an item's thread."""
    return item.top.element.getparent()


def _verdict(
    group: list[CommentItem], links: dict[str, list[str]], own: frozenset[str], base: str
) -> bool | None:
    """Return True if a link of the group names this article.

    False where all links name other articles; without links there is no result.
    """
    verdict = None
    for item in group:
        for href in links.get(item.id or "", ()):
            url = urls.absolute(href, base)
            if url is None:
                continue
            if urls.link_key(url) in own:
                return True
            verdict = False
    return verdict


def _without_doubles(items: list[CommentItem]) -> list[CommentItem]:
    """Return one item for each id.

    Of a comment shown twice the one in the longer list.
    """
    sizes = Counter(map(_list_of, items))
    best: dict[str, CommentItem] = {}
    for item in items:
        if item.id is not None:
            kept = best.setdefault(item.id, item)
            if sizes[_list_of(item)] > sizes[_list_of(kept)]:
                best[item.id] = item
    return [item for item in items if item.id is None or best[item.id] is item]
