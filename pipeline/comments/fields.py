"""Fields of one comment, read from its markup.

Its argument is an element with this comment alone (its answers are already taken out).
Invariant: a name, a date and a vote box are never part of what the reader wrote, and nothing the reader wrote
is taken for them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from pipeline.comments import author as thread_names
from pipeline.comments import date
from pipeline.comments.vocabulary import BODIES, BODY_LIKE, NAME_LIKE, Scene, inside, is_noise, only_says
from pipeline.html.dom import Classed, attribute, drop, has_class, inner_html, text_of, tokens
from pipeline.html.sanitize import line

_AWAITING = re.compile(
    r"^\W*(?:your (?:comment|response|reply) is awaiting (?:moderation|approval)|"
    r"(?:dein|ihr) kommentar (?:wartet auf|muss noch)|votre commentaire est en attente|"
    r"tu comentario est[áa] pendiente)",
    re.IGNORECASE,
)
_UNAPPROVED = frozenset(
    {"comment-awaiting-moderation", "unapproved", "comment-unapproved", "awaiting-moderation"}
)
_CHROME = (
    "script",
    "style",
    "form",
    "button",
    "input",
    "textarea",
    "select",
    "iframe",
    "svg",
    "noscript",
    "template",
    "label",
    "nav",
    "object",
    "embed",
)

_TO_COMMENT = re.compile(r"#(?:comment-|c)(\d{1,20})$")
_REPLIED = re.compile(
    r"\W*(?:replied to|in (?:reply|response) to|replying to|als antwort auf|in antwort auf|en réponse à|"
    r"en respuesta a|in risposta a|em resposta a|als reactie op)\b",
    re.IGNORECASE,
)
_REPLIED_BEFORE = re.compile(_REPLIED.pattern + r"\s*$", re.IGNORECASE)
_METAS = frozenset({"comment-meta", "commentmetadata"})
_INNER_ID = re.compile(r"^(?:\w+-)?comment-(?:body-|content-|text-)?(\d{1,18})$")
_PERMALINK = re.compile(r"#comment-(\d{1,18})$")
_BODY_ID = re.compile(r"^comment-?(?:body|content|text)-\d+$")
_BODY_TAGS = ("div", "section", "dd", "blockquote", "p", "span")
_PING_WORDS = re.compile(r"\W*(pingback|trackback)s?\b\s*(?:by|from|von|:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentFields:
    """Fields of one comment before dates and names are resolved."""

    author: str | None
    author_url: str | None
    author_rule: str
    label: str | None
    mark: str | None
    raw: str | None
    date_rule: str
    markup: str
    ping: str | None
    link_id: str | None
    answers: str | None = None


def awaiting(classed: Classed) -> bool:
    """True if the comment waits for its approval and is shown to its author only."""
    if classed.having(_UNAPPROVED):
        return True
    for node in classed.root.iter("em", "small", "i"):
        if tokens(node) or len(node):
            continue
        text = node.text or ""
        if len(text) < 120 and _AWAITING.search(text):
            return True
    return False


def extract_comment(
    classed: Classed, number: str | None, base: str, language: str | None, *, ping: str | None
) -> CommentFields:
    """Return everything one comment's markup states. Its element is used up."""
    element = classed.root
    label = _label(element)
    number = number or _own_id(element)
    body, sure = _body(classed)
    answers, link = _answered(element, number, body)
    if link is not None:
        drop(link)
        classed = Classed(element)
    scene = Scene(
        classed=classed,
        body=body,
        sure=sure,
        number=number,
        base=base,
        language=language,
        anchor=element.get("id"),
    )
    ping = ping or _told_ping(element)
    stamp = date.extract_date(scene, ping=bool(ping))
    name = thread_names.extract_author(scene, stamp.element, ping=bool(ping))
    container = element
    if body is not None:
        container = body
    in_body = scene.in_body(name.element) or scene.in_body(stamp.element)
    known = (stamp.raw or "", name.text or "", label or "")
    _strip(container, name.element, stamp.element, known, marked=sure and not in_body)
    return CommentFields(
        author=name.text,
        author_url=name.url,
        author_rule=name.rule,
        label=label,
        mark=stamp.mark,
        raw=stamp.raw,
        date_rule=stamp.rule,
        markup=inner_html(container),
        ping=ping,
        link_id=number,
        answers=answers,
    )


def _answered(
    element: HtmlElement, number: str | None, body: HtmlElement | None
) -> tuple[str | None, HtmlElement | None]:
    """Return the id of the comment that "replied to comment from NAME" links to, if any.

    With it the link, unless the text precedes it, as in Movable Type and Drupal.
    """
    for link in element.iter("a"):
        match = _TO_COMMENT.search(link.get("href") or "")
        if match and match[1] != number and not inside(link, body):
            if _REPLIED.match(text_of(link)):
                return match[1], link
            if _REPLIED_BEFORE.search(_before(link)):
                return match[1], None
    return None, None


def _before(link: HtmlElement) -> str:
    """Return the text before a link in its own line."""
    previous, parent = link.getprevious(), link.getparent()
    if previous is not None:
        return previous.tail or ""
    if parent is not None:
        return parent.text or ""
    return ""


def _label(element: HtmlElement) -> str | None:
    """ "Reply to NAME", which WordPress writes on the reply link."""
    for node in element.iter("a", "button"):
        if "comment-reply-link" in tokens(node):
            return attribute(node, "data-replyto", "aria-label") or None
    return None


def _own_id(element: HtmlElement) -> str | None:
    """Return the id from within an item without one.

    Of a reply link, an inner id, an anchor or a permalink.
    """
    for node in element.iter("*"):
        found = node.get("data-commentid") or node.get("data-comment-id") or ""
        if found.isdigit():
            return str(found)
        for value in (node.get("id"), node.get("name")):
            match = _INNER_ID.match(value or "")
            if match:
                return match[1]
    for node in element.iter("a"):
        match = _PERMALINK.search(node.get("href", ""))
        if match is None:
            continue
        text = text_of(node)
        if "reply" not in text.lower() and not _REPLIED.match(text):
            return match[1]
    return None


def _body(classed: Classed) -> tuple[HtmlElement | None, bool]:
    """Return the element of the comment's text, and whether it contains nothing more."""
    element = classed.root
    found = [node for node in classed.having(BODIES[0]) if _may_be_body(node, element)]
    if found:
        return _innermost(found), True
    for node in element.iter("*"):
        if node is not element and _is_named_body(node):
            return node, True
    like = classed.like(BODY_LIKE)
    found = [node for node in like if node is not element and node.tag not in ("a", "ol", "ul")]
    if found:
        alone = [n for n in found if not Classed(n).like(NAME_LIKE) and n.find(".//time") is None]
        longest = max(alone or found, key=lambda node: len(text_of(node)))
        return longest, bool(alone)
    loose = classed.having(BODIES[1])
    found = [node for node in loose if node is not element and node.tag in _BODY_TAGS]
    if found:
        return _innermost(found), False
    return None, False


def _may_be_body(node: HtmlElement, element: HtmlElement) -> bool:
    """True if an element may be a comment's text."""
    if node is element or node.tag in ("a", "span", "time", "ol", "ul"):
        return False
    return not has_class(node, _METAS)


def _is_named_body(node: HtmlElement) -> bool:
    """True if an element is marked as a comment's text."""
    if node.get("itemprop") in ("text", "commentText", "description"):
        return True
    return _BODY_ID.match(node.get("id", "")) is not None


def _innermost(found: list[HtmlElement]) -> HtmlElement:
    """Return the innermost of nested candidates, or the first sibling with content."""
    told = [e for e in found if text_of(e)] or found
    best = told[0]
    for other in told[1:]:
        if best in other.iterancestors():
            best = other
    return best


def _told_ping(element: HtmlElement) -> str | None:
    """Return the kind of ping in the first text, as block themes state it."""
    match = _PING_WORDS.match(text_of(element)[:40])
    if match is None:
        return None
    return match[1].lower()


def _strip(
    container: HtmlElement,
    name: HtmlElement | None,
    dated: HtmlElement | None,
    known: tuple[str, str, str],
    *,
    marked: bool,
) -> None:
    """Leave in the container what the reader wrote.

    `known` contains the printed date, the name, and the label.
    """
    for node in list(container.iter("*")):
        if node is container or (node.tag not in _CHROME and not is_noise(node)):
            continue
        has_name = name is not None and inside(name, node)
        if not has_name or not _wraps_words(node, name, dated):
            drop(node)
    _drop_heads(container, known, marked=marked)
    if marked:
        return
    for node in (dated, name):
        if node is not None and node is not container and inside(node, container):
            _drop_line(node, container, known, (name, dated))
    for node in container.iter("*"):
        if node is not container and line(node.tail) == known[0]:
            node.tail = None
    container.text = _loose(container.text, known)
    for child in container:
        child.tail = _loose(child.tail, known)
    _drop_heads(container, known, marked=marked)


def _drop_heads(container: HtmlElement, known: tuple[str, str, str], *, marked: bool) -> None:
    """Drop elements before the text that repeat the name, or contain only a number or "Comment by"."""
    while not (container.text or "").strip() and len(container):
        first = container[0]
        text = text_of(first)
        if text and not _is_head(first, text, known, marked=marked):
            return
        if first.tag != "br" and not text and marked:
            return
        if first.tag != "br" and text and text == text_of(container):  # only the comment's text is left
            return
        drop(first)


def _is_head(first: HtmlElement, text: str, known: tuple[str, str, str], *, marked: bool) -> bool:
    """True if an element repeats the name or is the theme's."""
    _, author, label = known
    name = text.strip(" |·•–—-:,")
    if text == author or label.endswith(f" {name}"):
        return True
    return not marked and first.tag != "p" and only_says(text)


def _wraps_words(node: HtmlElement, name: HtmlElement | None, dated: HtmlElement | None) -> bool:
    """True if a block of the author contains the comment's paragraphs as well."""
    for paragraph in node.iter("p", "blockquote"):
        if text_of(paragraph) and not inside(name, paragraph) and not inside(dated, paragraph):
            return True
    return False


def _drop_line(
    node: HtmlElement,
    container: HtmlElement,
    known: tuple[str, str, str],
    marked: tuple[HtmlElement | None, HtmlElement | None],
) -> None:
    """Drop a name or date with its line, if that contains nothing more."""
    while (parent := node.getparent()) is not None and parent is not container:
        if not _is_theme(text_of(parent), known) or _wraps_words(parent, *marked):
            break
        node = parent
    drop(node)


def _is_theme(words: str, known: tuple[str, str, str]) -> bool:
    """True if a line contains only name, date and the theme's own text."""
    for piece in known[:2]:
        if piece and piece in words:
            words = words.replace(piece, " ", 1)
    return len(words.strip()) <= 40 and only_says(words)


def _loose(words: str | None, known: tuple[str, str, str]) -> str | None:
    """Return one run of loose text, or nothing where it is the theme's."""
    folded = line(words)
    if folded is not None and _is_theme(folded, known):
        return None
    return words
