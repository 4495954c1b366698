"""Comments identified neither by a class nor an id, but by the list, the anchor or the line that they are in.

Covers lists of pings, anchors, reply links and the signatures of Movable Type.
Invariant: a list is taken for what names it, never for its appearance.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from lxml.html import HtmlElement

from pipeline.comments.items import CommentItem, in_thread, outer_of
from pipeline.comments.vocabulary import COMMENT_PREFIX
from pipeline.dates.parse import looks_dated
from pipeline.html.dom import Index, below_body, elsewhere, one_line, text_of, tokens, words

_PING_LIST = re.compile(r"(?:^|[-_ ])(?:ping|track)(?:back)?s?(?:[-_ ]?list)?(?:$|[-_ ])", re.IGNORECASE)
_PING_LIKE = re.compile(r"ping|trackback", re.IGNORECASE)
_PING_HEADING = re.compile(
    r"\W{0,3}(?:\d{1,4}\W{0,3})?(?:(?:track|ping)[- ]?backs?|pings)(?:\W{1,3}(?:(?:and|und|y|et|e|&)\W{1,3})?"
    r"(?:track|ping)[- ]?backs?)?(?:\W{0,3}\d{1,4})?\W{0,3}",
    re.IGNORECASE,
)
_ANCHOR = re.compile(r"^comment-(\d{1,18})$")
_LISTING = re.compile(r"^comments?[-_]?list$")
_SIGNATURES = words("comments-post comment-footer comment-posted comment-byline comment-signature posted")
"""Classes of the line below a comment that says who wrote it and when."""
_SIGNATURE_LENGTH = 200


def listed_pings(index: Index, owners: dict[HtmlElement, CommentItem]) -> list[CommentItem]:
    """Return unlabelled pings in a list of their own, found by its class, id or heading."""
    marked = [listing for listing in index.like(_PING_LIKE) if _is_ping_list(listing)]
    found = []
    for listing in (*marked, *_headed_lists(index)):
        for entry in listing.iterchildren("li"):
            if entry in owners:
                owners[entry].listed_ping = True
            elif entry.find(".//a[@href]") is not None:
                owners[entry] = CommentItem(element=entry, id=None, listed_ping=True)
                found.append(owners[entry])
    return found


def _is_ping_list(listing: HtmlElement) -> bool:
    if listing.tag not in ("ol", "ul"):
        return False
    names = (listing.get("class", ""), listing.get("id", ""))
    return any(map(_PING_LIST.search, names))


def _headed_lists(index: Index) -> Iterator[HtmlElement]:
    """Yield the lists below a heading such as "Trackbacks"."""
    for heading in index.tagged("h2", "h3", "h4", "h5", "h6"):
        text = one_line("".join(islice(heading.itertext(), 9)))
        if not _PING_HEADING.fullmatch(text[:80]):
            continue
        listing = heading.getnext()
        if listing is None or listing.tag not in ("ol", "ul"):
            continue
        if not elsewhere(listing, frozenset()):
            yield listing


def anchored(index: Index, owners: dict[HtmlElement, CommentItem]) -> list[CommentItem]:
    """Return the entries that nothing but an empty anchor names.

    In a comment list as `<li><a name="comment-7"></a>`, or behind it as Drupal writes them:
    `<a id="comment-7"></a><article class="comment">`.
    """
    found = []
    for anchor in index.tagged("a"):
        named = _ANCHOR.match(anchor.get("name") or anchor.get("id") or "")
        entry = anchor.getparent()
        if named is None or anchor.get("href"):
            continue
        behind = anchor.getnext()
        if behind is not None and behind.tag in ("article", "div") and "comment" in tokens(behind):
            if behind not in owners:
                outer, origin = outer_of(behind, owners)
                item = CommentItem(element=behind, id=named[1], parent=outer, parent_origin=origin)
                owners[behind] = item
                found.append(item)
            continue
        if entry.tag != "li" or entry in owners:
            continue
        if any(_LISTING.match(mark) for mark in tokens(entry.getparent())):
            owners[entry] = CommentItem(element=entry, id=named[1])
            found.append(owners[entry])
    return found


def answerable(index: Index, owners: dict[HtmlElement, CommentItem]) -> list[CommentItem]:
    """Return entries of a list identified only by WordPress's reply link."""
    found = []
    for link in index.having({"comment-reply-link"}):
        entry = next((outer for outer in below_body(link) if outer.tag == "li"), None)
        if entry is not None and entry not in owners:
            outer, origin = outer_of(entry, owners)
            owners[entry] = CommentItem(
                element=entry, id=None, parent=outer, parent_origin=origin, outer=outer
            )
            found.append(owners[entry])
    return found


def signed_below(index: Index, owners: dict[HtmlElement, CommentItem]) -> list[CommentItem]:
    """Return the blocks that end in "Posted by NAME at DATE", as in Movable Type's first templates."""
    lines = [
        node for node in index.having(_SIGNATURES) if node.getparent() is not None and _is_signature(node)
    ]
    blocks = Counter(node.getparent() for node in lines)
    found = []
    for node in lines:
        block = node.getparent()
        if blocks[block] > 1:
            block = _gathered(node, owners)
        if block not in owners and block.tag not in ("body", "html", "article", "main"):
            owners[block] = CommentItem(element=block, id=None)
            found.append(owners[block])
    return found


def _is_signature(node: HtmlElement) -> bool:
    """True if a line in a thread states a comment's author and date."""
    said = text_of(node)
    if len(said) > _SIGNATURE_LENGTH or not COMMENT_PREFIX.match(said) or not looks_dated(said, None):
        return False
    return in_thread(node) or any(mark.startswith("comment") for mark in tokens(node))


def _gathered(signature: HtmlElement, owners: dict[HtmlElement, CommentItem]) -> HtmlElement:
    """Put a signature and the text above it, down to the previous comment, into a block."""
    parts = [signature]
    for sibling in signature.itersiblings(preceding=True):
        if sibling in owners or sibling.tag not in (
            "p",
            "div",
            "blockquote",
            "ul",
            "ol",
            "br",
            "pre",
        ):
            break
        parts.append(sibling)
    block: HtmlElement = signature.makeelement("div")
    signature.addnext(block)
    block.tail, signature.tail = signature.tail, None
    for part in reversed(parts):
        block.append(part)
    return block
