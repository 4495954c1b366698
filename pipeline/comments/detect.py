"""Which elements of a page are comments, and which comment hangs below which.

Knows the shapes WordPress themes give to a thread: `comment_class()` companions, ids, lists, wpDiscuz.
It reads nothing inside a comment. Its law: an element is a comment for what WordPress itself writes
(classes, ids), never for what it looks like; comments of another article never come in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from archive.core import urls
from pipeline.html.dom import Index, below_body, tokens

ITEM_TAGS = frozenset({"li", "div", "article", "section", "dt", "tr", "table", "blockquote"})
LISTS = frozenset({"ul", "ol", "dl"})
ID = re.compile(
    r"^(?:(?:li|div|article|single|wc|wpd|the)[-_])?comm(?:ent)?[-_:]?(\d{1,18})(?:_(\d{1,18}))?$",
    re.IGNORECASE,
)
LINK_ID = re.compile(r"#(?:li-|div-)?comment[-:]?(\d{1,18})\b|[?&]replytocom=(\d{1,18})(?!\d)")
_DEPTH = re.compile(r"^(?:depth-|wpd_comment_level-|comment-depth-|level-)(\d{1,2})$")
_COMPANION = re.compile(
    r"^(?:even|odd|alt|thread-\w+|depth-\d+|byuser|bypostauthor|comment-author-.+|post|"
    r"wpd-comment|wc-comment|highlander-comment)$"
)
_PING_LIST = re.compile(r"(?:^|[-_ ])(?:ping|track)(?:back)?s?(?:[-_ ]?list)?(?:$|[-_ ])", re.IGNORECASE)
_WIDGET = re.compile(
    r"^(?:widget|widget[_-](?:area|recent|comments?|wrap|container|inner).*|widget_.*|"
    r"sidebar(?:[-_]?\d+)?|(?:primary|secondary|main|site|left|right|blog)-sidebar|"
    r"recent-?comments?|recentcomments|wp-block-latest-comments)$"
)
_WIDGET_IDS = frozenset(
    {
        "sidebar",
        "secondary",
        "sidebar1",
        "sidebar-primary",
        "sidebar-secondary",
        "recentcomments",
        "recent-comments",
    }
)
_ANCHOR = re.compile(r"^comment-(\d{1,18})$")
_LISTING = re.compile(r"^comments?[-_]?list$")
_CHILDREN = frozenset({"children", "replies", "comment-replies", "child-comments", "subcomments"})
_CANDIDATE = re.compile(r"comment|pingback|trackback|-comm-", re.IGNORECASE)
_PING_LIKE = re.compile(r"ping|trackback", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class Item:
    """One comment as it stands in the page: its element, its id, and the comment it hangs below."""

    element: HtmlElement
    id: str | None
    parent: Item | None = None
    parent_id: str | None = None
    parent_origin: str = "page:top"
    listed_ping: bool = False
    behind: list[HtmlElement] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """1 for a comment on the article itself."""
        return 1 if self.parent is None else self.parent.depth + 1

    @property
    def top(self) -> Item:
        """The first comment of the branch."""
        return self if self.parent is None else self.parent.top


def find(index: Index, own: frozenset[str], base: str) -> list[Item]:
    """The comments of this article in the order of the page. `own` are the keys of its addresses."""
    owners: dict[HtmlElement, Item] = {}
    items = [item for element in index.like(_CANDIDATE) if (item := _item(element, owners)) is not None]
    items += _listed_pings(index, owners)
    items += _anchored(index, owners)
    if all(_is_ping(item) for item in items):
        items += _answerable(index, owners)
    _by_depth(items)
    return _without_doubles(_belonging(items, _links(index, base), own))


def _item(element: HtmlElement, owners: dict[HtmlElement, Item]) -> Item | None:
    """A new item, or None where the element is none or belongs to a comment already found."""
    if element in owners or element.tag not in ITEM_TAGS:
        return None
    named = ID.match(element.get("id") or "")
    if not named and not signed(element):
        return None
    number = named[1] if named else None
    outer, origin = _outer(element, owners)
    if outer is not None and origin == "page:dom" and _same(outer, element, number):
        outer.id = outer.id or number
        owners[element] = outer
        return None
    item = Item(element=element, id=number, parent=outer, parent_origin=origin)
    if named and named[2]:
        item.parent_origin = "page:class-parent"
        item.parent_id = None if named[2] == "0" else named[2]
    owners[element] = item
    if element.tag == "dt":
        item.behind = list(_definitions(element))
        owners.update(dict.fromkeys(item.behind, item))
    return item


def signed(element: HtmlElement) -> bool:
    """True if an element bears what `comment_class()` writes."""
    marks = tokens(element)
    if "pingback" in marks or "trackback" in marks:
        return element.tag in ("li", "div", "article", "section") and not marks & {"pingback-list", "widget"}
    return "comment" in marks and any(_COMPANION.match(mark) for mark in marks)


def depth_class(element: HtmlElement) -> int | None:
    """The depth that WordPress writes among the classes."""
    return next((int(m[1]) for mark in tokens(element) if (m := _DEPTH.match(mark))), None)


def in_widget(element: HtmlElement) -> bool:
    """True if an element stands in a sidebar or widget. Classes of the body say nothing here."""
    return any(
        (node.get("id") or "").lower() in _WIDGET_IDS or any(_WIDGET.match(mark) for mark in tokens(node))
        for node in below_body(element)
    )


def _outer(element: HtmlElement, owners: dict[HtmlElement, Item]) -> tuple[Item | None, str]:
    """The comment that an element stands in, or that its list of children follows."""
    inner = element
    for node in element.iterancestors():
        if node in owners:
            return owners[node], "page:dom"
        if (
            node.tag in LISTS
            and inner is not node
            and (tokens(node) & _CHILDREN or _is_list(node.getparent()))
        ):
            previous = node.getprevious()
            while previous is not None and previous.tag in LISTS:
                previous = previous.getprevious()
            if previous is not None and previous in owners:
                return owners[previous], "page:list-after"
        inner = node
    return None, "page:top"


def _is_list(element: HtmlElement | None) -> bool:
    return element is not None and element.tag in LISTS


def _same(outer: Item, element: HtmlElement, number: str | None) -> bool:
    """True if an element inside an item is the same comment once more (li and article, li and div)."""
    if outer.id is not None and number is not None:
        return outer.id == number
    deep, shallow = depth_class(element), depth_class(outer.element)
    if deep is not None and shallow is not None and deep != shallow:
        return False
    for node in element.iterancestors():
        if node is outer.element or node in outer.behind:
            return True
        if node.tag in LISTS or tokens(node) & _CHILDREN:
            return False
    return True


def _definitions(term: HtmlElement) -> Iterator[HtmlElement]:
    for sibling in term.itersiblings():
        if sibling.tag != "dd":
            return
        yield sibling


def _listed_pings(index: Index, owners: dict[HtmlElement, Item]) -> list[Item]:
    """Pings in a list of their own whose entries bear neither class nor id."""
    found = []
    for listing in index.like(_PING_LIKE):
        if listing.tag not in ("ol", "ul") or not (
            _PING_LIST.search(listing.get("class") or "") or _PING_LIST.search(listing.get("id") or "")
        ):
            continue
        for entry in listing.iterchildren("li"):
            if entry in owners:
                owners[entry].listed_ping = True
            elif entry.find(".//a[@href]") is not None:
                owners[entry] = Item(element=entry, id=None, listed_ping=True)
                found.append(owners[entry])
    return found


def _anchored(index: Index, owners: dict[HtmlElement, Item]) -> list[Item]:
    """Entries of a comment list that nothing but an empty anchor names: `<li><a name="comment-7"></a>`."""
    found = []
    for anchor in index.tagged("a"):
        named = _ANCHOR.match(anchor.get("name") or anchor.get("id") or "")
        entry = anchor.getparent()
        if named is None or anchor.get("href") or entry.tag != "li" or entry in owners:
            continue
        if any(_LISTING.match(mark) for mark in tokens(entry.getparent())):
            owners[entry] = Item(element=entry, id=named[1])
            found.append(owners[entry])
    return found


def _is_ping(item: Item) -> bool:
    return item.listed_ping or not tokens(item.element).isdisjoint({"pingback", "trackback"})


def _answerable(index: Index, owners: dict[HtmlElement, Item]) -> list[Item]:
    """Entries of a list that nothing marks but the link with which WordPress lets people answer them."""
    found = []
    for link in index.having({"comment-reply-link"}):
        entry = next((outer for outer in below_body(link) if outer.tag == "li"), None)
        if entry is not None and entry not in owners:
            outer, origin = _outer(entry, owners)
            owners[entry] = Item(element=entry, id=None, parent=outer, parent_origin=origin)
            found.append(owners[entry])
    return found


def _by_depth(items: list[Item]) -> None:
    """Parents of flat lists that tell their nesting by classes only."""
    latest: dict[int, Item] = {}
    for item in items:
        depth = depth_class(item.element)
        if depth is None:
            continue
        if depth > 1 and item.parent is None and item.parent_origin == "page:top" and depth - 1 in latest:
            item.parent, item.parent_origin = latest[depth - 1], "page:class-depth"
        latest[depth] = item
        for deeper in [d for d in latest if d > depth]:
            del latest[deeper]


def _links(index: Index, base: str) -> dict[str, set[str]]:
    """Which articles the page's comment links name, for every comment id."""
    found: dict[str, set[str]] = {}
    for link in index.tagged("a"):
        href = link.get("href") or ""
        match = LINK_ID.search(href) if "comment" in href or "replytocom" in href else None
        url = urls.absolute(href, base) if match else None
        if match and url:
            found.setdefault(match[1] or match[2], set()).add(urls.link_key(url))
    return found


def _belonging(items: list[Item], links: dict[str, set[str]], own: frozenset[str]) -> list[Item]:
    """The items of this article. A list is alien when all its links name other articles."""
    groups: dict[HtmlElement, list[Item]] = {}
    for item in items:
        groups.setdefault(item.top.element.getparent(), []).append(item)
    verdicts = {root: _verdict(group, links, own) for root, group in groups.items()}
    sure = [root for root, verdict in verdicts.items() if verdict is True]
    good = {
        root
        for root, verdict in verdicts.items()
        if verdict is True or (not in_widget(root) and (verdict is None or not sure))
    }
    if not good and groups:
        unclear = {root: group for root, group in groups.items() if verdicts[root] is None}
        good = (
            {max(unclear, key=lambda root: len(unclear[root]))} if len(unclear) == len(groups) == 1 else set()
        )
    return [item for item in items if item.top.element.getparent() in good]


def _verdict(group: list[Item], links: dict[str, set[str]], own: frozenset[str]) -> bool | None:
    """True: some link of the group names this article; False: all links name others; None: no links."""
    named = [links[item.id] for item in group if item.id in links]
    if not named:
        return None
    return any(keys & own for keys in named)


def _without_doubles(items: list[Item]) -> list[Item]:
    """One item for each id: of a comment shown twice the one in the longer list."""
    sizes: dict[HtmlElement, int] = {}
    for item in items:
        root = item.top.element.getparent()
        sizes[root] = sizes.get(root, 0) + 1
    best: dict[str, Item] = {}
    for item in items:
        if item.id is not None:
            kept = best.setdefault(item.id, item)
            if sizes[item.top.element.getparent()] > sizes[kept.top.element.getparent()]:
                best[item.id] = item
    return [item for item in items if item.id is None or best[item.id] is item]
