"""One comment as it is in a page, and its place in the thread.

Covers lists, ids and depth classes. It reads nothing inside a comment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice

from lxml.html import HtmlElement

from pipeline.html.dom import below_body, tokens

LISTS = frozenset({"ul", "ol", "dl"})
CHILDREN = frozenset({"children", "replies", "comment-replies", "child-comments", "subcomments"})
THREAD = re.compile(
    r"^(?:(?:all-)?comments?(?:[-_]?(?:list|area|block|content|section|wrap|holder|thread|body))?)$"
)
"""Classes and ids of the element that holds a thread."""
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
_DEPTH = re.compile(r"^(?:depth-|wpd_comment_level-|comment-depth-|level-)(\d{1,2})$")
_THREAD_LEVELS = 6
"""How many elements may lie between a comment and the element that holds the thread."""


@dataclass(slots=True, eq=False)
class CommentItem:
    """One comment as it is in the page.

    Its element, its id, and the comment it hangs below.
    """

    element: HtmlElement
    id: str | None
    parent: CommentItem | None = None
    parent_id: str | None = None
    parent_origin: str = "page:top"
    outer: CommentItem | None = None
    listed_ping: bool = False
    behind: list[HtmlElement] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """1 for a comment on the article itself."""
        if self.parent is None:
            return 1
        return self.parent.depth + 1

    @property
    def top(self) -> CommentItem:
        """Return the outermost comment whose element or list contains this one."""
        if self.outer is None:
            return self
        return self.outer.top


def depth_class(element: HtmlElement) -> int | None:
    """Return the depth that WordPress writes among the classes."""
    for mark in tokens(element):
        if match := _DEPTH.match(mark):
            return int(match[1])
    return None


def outer_of(element: HtmlElement, owners: dict[HtmlElement, CommentItem]) -> tuple[CommentItem | None, str]:
    """Return the comment that an element is in, or that its list of children follows."""
    inner = element
    for node in element.iterancestors():
        if node in owners:
            return owners[node], "page:dom"
        if node.tag == "div" and "indented" in tokens(node) and (before := node.getprevious()) is not None:
            indents = before.tag == "div" and "indented" in tokens(before)
            if not indents and before in owners:
                return owners[before], "page:indented"
        if node.tag in LISTS and inner is not node and (tokens(node) & CHILDREN or is_list(node.getparent())):
            previous = node.getprevious()
            while previous is not None and previous.tag in LISTS:
                previous = previous.getprevious()
            if previous is not None and previous in owners:
                return owners[previous], "page:list-after"
        inner = node
    return None, "page:top"


def is_list(element: HtmlElement | None) -> bool:
    """True if an element is a list."""
    return element is not None and element.tag in LISTS


def in_thread(element: HtmlElement) -> bool:
    """True if an element is in what its class or id calls a thread, or is classed as a comment."""
    if "comment" in tokens(element):
        return True
    for node in islice(element.iterancestors(), _THREAD_LEVELS):
        marks = (*tokens(node), node.get("id", "").lower())
        if any(map(THREAD.match, marks)):
            return True
    return False


def in_widget(element: HtmlElement) -> bool:
    """True if an element is in a sidebar or widget.

    Classes of the body are ignored.
    """
    for node in below_body(element):
        if node.get("id", "").lower() in _WIDGET_IDS:
            return True
        if any(map(_WIDGET.match, tokens(node))):
            return True
    return False
