"""What one comment's markup says: author, date, words.

Knows the classes and orders in which themes print a comment. It is given an element that holds this
comment alone (its answers are already taken out). Its law: a name, a date and a vote box are never part
of what the reader wrote, and nothing that the reader wrote is taken for one of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from pipeline import addresses, dates
from pipeline.markup import attribute, classes, drop, inner_html, text_of, tokens
from pipeline.text import line

NAMES = (
    frozenset({"fn"}),
    frozenset(
        "comment-author-name comment_author_name wp-block-comment-author-name wpd-comment-author wc-comment-author "
        "comment-author-link comment_author commentauthor comment__author-name comment-name commenter-name "
        "commenter epoch-author-link author-name comment-autor nickname username user-name comment-user".split()
    ),
    frozenset(
        "comment-author comment__author comment-author-info comment-author-vcard vcard author comment-info comment-meta commentmeta comment-header comment-head commentmetadata".split()
    ),
)
BODIES = (
    frozenset(
        "comment-content comment-text commenttext comment_text comment__content comment__text comment-entry "
        "comment_content commentcontent comment-message comment-msg wp-block-comment-content wpd-comment-text "
        "wc-comment-text comment-copy epoch-comment-content comment-txt comment-body-text comment-text-body "
        "comment-content-text comment-post comment-the-content commentbody-text".split()
    ),
    frozenset(
        "comment-body comment_body commentbody comment__body comment-entry-content entry-content format_text comment-inner comment-main text entry content".split()
    ),
)
DATES = frozenset(
    "comment-date comment-time comment_time comment_date commentdate comment__date comment__time date time "
    "wpd-comment-date wc-comment-date comment-timestamp timestamp comment-meta-date wp-block-comment-date "
    "comment-permalink comment-metadata comment-meta commentmetadata meta comment-info posted-on published".split()
)
NOISE = re.compile(
    r"^(?:reply|reply-link|comment-?reply.*|edit-?link|edit-comment.*|comment-?edit.*|comment-?actions?|comment-?tools?|"
    r"comment-?footer|comment-links?|comment-?permalink|comment-?meta.*|commentmetadata|comment-?date|comment-?time|"
    r"comment-?head(?:er)?|comment-?author.*|comment-?avatar|vcard|avatar.*|gravatar|says|.*awaiting.*|.*moderation.*|"
    r"vote.*|.*-votes?(?:-.*)?|.*voting.*|.*-?ratings?(?:-.*)?|.*karma.*|.*thumbs?-?(?:up|down).*|likes?|like[-_].*|.*-likes?|"
    r".*like-button.*|.*[-_]liked?(?:[-_].*)?|reports?|report[-_].*|.*-report.*|flag[-_].*|sharedaddy|sd-.*|share|share[-_].*|social.*|screen-reader-text|"
    r"sr-only|visually-hidden|hide-if-no-js|hidden|wpulike.*|wp_ulike.*|sce-.*|pmcc-.*|comment-respond|jp-.*|"
    r"wpd-comment-(?:header|footer|left|share|link|author|date).*|wpd-(?:reply|tool|vote).*|wc-(?:vote|reply|footer|comment-header).*|"
    r"heateor.*|addtoany.*|badge|author-badge|comment-badge|permalink)$"
)
BADGES = re.compile(
    r"^(?:.*badge.*|role|.*-role|label|.*-label|rank|title|says|.*-tag|post-author|comment-meta|commentmetadata|.*-date|.*-time|date|time|screen-reader-text|wpd-.*|wc-.*)$"
)
SAYS = re.compile(
    r"^[\s\W]*(?:pingbacks?|trackbacks?|says?|said|wrote|writes|commented|comments?|schreibt|schrieb|sagte?|meint|kommentiert|dit|a dit|a écrit|écrit|dice|dijo|escribió|"
    r"scrive|ha detto|disse|diz|escreveu|zegt|schreef|siger|säger|sier|mówi|pisze|říká|говорит|пишет|:|at|am|um|on|the|le|el|il|op|den|à|alle|a las|às|uhr|permalink|link|edit|reply|antworten|bearbeiten|#\d*|\d{1,3}\.?|by|von|par|por|di)?[\s\W]*$",
    re.I,
)
_BY = re.compile(
    r"^\W*(?:(?:comment|pingback|trackback|kommentar|commentaire|comentario|posted|written|geschrieben|left|gepostet)\s+)?(?:by|von|par|por|di|door|av|af)\s+(?P<name>.{1,120}?)\s*(?:[—–|·•,@/]|\s-\s|\bon\b|\bam\b|\bat\b|\bum\b|$)",
    re.I,
)
_SAYS_END = re.compile(
    r"\s*(?:\b(?:says?|said|wrote|writes|commented|schreibt|schrieb|sagte?|meint|dit|a dit|dice|escribió|scrive|zegt|schreef)\b)?\s*:?\s*$",
    re.I,
)
_AWAITING = re.compile(
    r"awaiting moderation|wartet auf (?:freischaltung|moderation)|muss noch freigeschaltet|en attente de modération|pendiente de moderación",
    re.I,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read from the markup of one comment, before dates and names are settled."""

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


def awaiting(element: HtmlElement) -> bool:
    """Whether the comment waits for its approval and is shown to its author only."""
    for node in element.iter("*"):
        marks = tokens(node)
        if marks & {"comment-awaiting-moderation", "unapproved", "comment-unapproved", "awaiting-moderation"}:
            return True
        if (
            node.tag in ("em", "p", "small", "i")
            and marks == frozenset()
            and len(node) == 0
            and len(node.text or "") < 120
            and _AWAITING.search(node.text or "")
        ):
            return True
    return False


def read(
    element: HtmlElement, number: str | None, base: str, language: str | None, *, ping: str | None
) -> Reading:
    """Everything one comment's markup tells. The element is used up."""
    label = _label(element)
    link_id = number or _own_id(element)
    body = _body(element)
    name = _name_element(element, body, language)
    ping = ping or _told_ping(element, name)
    if name is None and ping:
        links = [a for a in element.iter("a") if (a.get("href") or "").startswith(("http", "//")) and "reply" not in (a.get("class") or "")]
        name = next((a for a in links if text_of(a)), None)
    author, url, rule = _author(name, base, language) if name is not None else (None, None, "none")
    mark, raw, date_rule, dated = _date(element, body, link_id, language)
    if author is None:
        author, rule = _author_in_words(element, body)
    container = body if body is not None else element
    _strip(
        container,
        name,
        dated,
        raw or "",
        author or "",
        marked=body is not None and not _inside(name, body) and not _inside(dated, body),
    )
    return Reading(
        author=author,
        author_url=url,
        author_rule=rule,
        label=label,
        mark=mark,
        raw=raw,
        date_rule=date_rule,
        markup=inner_html(container),
        ping=ping,
        link_id=link_id,
    )


def _label(element: HtmlElement) -> str | None:
    """ "Reply to NAME", which WordPress writes on the reply link."""
    for node in element.iter("a", "button"):
        if "comment-reply-link" in tokens(node):
            return attribute(node, "data-replyto", "aria-label") or None
    return None


def _own_id(element: HtmlElement) -> str | None:
    """The id where the item itself bears none: of a reply link, an inner id, an anchor or a permalink."""
    for node in element.iter("*"):
        found = node.get("data-commentid") or node.get("data-comment-id") or ""
        if found.isdigit():
            return str(found)
        for value in (node.get("id"), node.get("name")):
            match = re.match(r"^(?:\w+-)?comment-(?:body-|content-|text-)?(\d{1,18})$", value or "")
            if match:
                return match[1]
    for node in element.iter("a"):
        if (match := re.search(r"#comment-(\d{1,18})$", node.get("href") or "")) and "reply" not in text_of(
            node
        ).lower():
            return match[1]
    return None


def _body(element: HtmlElement) -> HtmlElement | None:
    """The element of the reader's words, where the theme marks it."""
    for wanted in BODIES[:1]:
        found = classes(element, *wanted)
        if found := [
            e for e in found if e.tag not in ("a", "span", "time", "li", "ol", "ul") or not len(element)
        ]:
            return _innermost(found)
    for node in element.iter("*"):
        if node.get("itemprop") in ("text", "commentText", "description") or re.match(
            r"^comment-?(?:body|content|text)-\d+$", node.get("id") or ""
        ):
            return node
    found = [
        e
        for e in classes(element, *BODIES[1])
        if e is not element and e.tag in ("div", "section", "dd", "blockquote", "p", "span")
    ]
    return _innermost(found) if found else None


def _innermost(found: list[HtmlElement]) -> HtmlElement:
    """Of nested candidates the inner one, of several beside each other the first that says something."""
    told = [e for e in found if text_of(e)] or found
    best = told[0]
    for other in told[1:]:
        if best in other.iterancestors():
            best = other
    return best


def _inside(node: HtmlElement | None, container: HtmlElement | None) -> bool:
    if container is None or node is None:
        return False
    return node is container or container in node.iterancestors()


def _name_element(element: HtmlElement, body: HtmlElement | None, language: str | None) -> HtmlElement | None:
    for wanted in NAMES[:2]:
        for node in classes(element, *wanted):
            if text_of(node) and not _inside(body, node):
                return node
    for node in element.iter("*"):
        prop = node.get("itemprop") or ""
        if prop in ("author", "creator") and text_of(node):
            return next((n for n in node.iter("*") if n.get("itemprop") == "name" and text_of(n)), node)
    for node in classes(element, *NAMES[2]):
        if (
            text_of(node)
            and node.tag not in ("li", "article", "ul")
            and (found := _name_within(node, body, language)) is not None
        ):
            return found
    return _unmarked_name(element, body, language)


def _name_within(node: HtmlElement, body: HtmlElement | None, language: str | None) -> HtmlElement | None:
    """The name inside a block of metadata: its own first words, else its first link, cite or strong."""
    own = line(node.text) or ""
    if len(own) > 1 and not SAYS.match(own) and not dates.looks_dated(own, language) and not _BY.match(own):
        return node
    for inner in node.iter("cite", "strong", "b", "h2", "h3", "h4", "h5", "h6", "a", "span", "em"):
        if inner is node or _inside(inner, body if body is not node else None):
            continue
        said = text_of(inner)
        if said and not _is_meta(inner, said, language):
            return inner
    return node if own and not SAYS.match(own) and not dates.looks_dated(own, language) else None


def _is_meta(inner: HtmlElement, said: str, language: str | None) -> bool:
    """Whether a piece of a block of metadata is a date, a permalink or a word like "says"."""
    href = inner.get("href") or ""
    return bool(
        "#" in href
        or "replytocom" in href
        or SAYS.match(said)
        or any(NOISE.match(mark) for mark in tokens(inner) if not mark.startswith("comment-author"))
        or dates.looks_dated(said, language)
        or re.fullmatch(r"[\d:.\s]+(?:[ap]m|uhr)?", said, re.I)
    )


def _unmarked_name(
    element: HtmlElement, body: HtmlElement | None, language: str | None
) -> HtmlElement | None:
    """A name without a class: in a cite, a heading, an outward link, or the first bold words."""
    outside = [
        n
        for n in element.iter("cite", "h2", "h3", "h4", "h5", "h6", "a", "strong", "b")
        if not _inside(n, body)
    ]
    for wanted in (("cite",), ("h2", "h3", "h4", "h5", "h6"), ("a",), ("strong", "b")):
        for node in outside:
            said = text_of(node)
            if node.tag not in wanted or not said or len(said) > 200 or _is_meta(node, said, language):
                continue
            if node.tag == "a" and not ("external" in (node.get("rel") or "") or "url" in tokens(node)):
                continue
            if (
                node.tag in ("strong", "b")
                and body is None
                and node.getparent().tag == "p"
                and node.getparent().getprevious() is not None
            ):
                continue
            return node
    return None


def _author(node: HtmlElement, base: str, language: str | None) -> tuple[str | None, str | None, str]:
    """Name and address as shown, less badges, dates and words like "says"."""
    link = _author_link(node, base)
    name = _shown(node, language)
    rule = next((mark for mark in ("fn", "comment-author", "author") if mark in tokens(node)), node.tag)
    match = _BY.match(name or "")
    if match and node.tag in ("cite", "div", "p", "small"):
        inner = next(
            (text_of(a) for a in node.iter("a") if "#" not in (a.get("href") or "") and text_of(a)), None
        )
        name = inner or match["name"]
    return name, link, f"page:{rule}"


def _author_link(node: HtmlElement, base: str) -> str | None:
    near = [*node.iter("a"), *(a for a in node.iterancestors("a"))]
    parent = node.getparent()
    if not near and parent is not None and tokens(parent) & {"comment-author", "vcard"}:
        near = [a for a in parent.iterchildren("a") if "url" in tokens(a)]
    for link in near:
        href = (link.get("href") or "").strip()
        if href and "#comment" not in href and "replytocom" not in href and not href.startswith("#"):
            found = addresses.absolute(href, base)
            if found and found not in ("http://", "https://"):
                return found
    return None


def _shown(node: HtmlElement, language: str | None) -> str | None:
    """The words of a name up to a line break, without badges."""
    parts = [node.text or ""]
    for child in node:
        if child.tag == "br" and line("".join(parts)):
            break
        said = text_of(child)
        skip = (
            child.tag in ("time", "script", "style", "noscript", "svg", "button", "abbr", "sup")
            or any(BADGES.match(mark) for mark in tokens(child))
            or (child.tag != "a" and dates.looks_dated(said, language))
            or "comment-reply-link" in tokens(child)
        )
        if (
            not skip
            and child.tag in ("span", "div", "small", "p")
            and line("".join(parts))
            and (tokens(child) or child.tag != "span")
        ):
            skip = True
        parts += ["" if skip else said, child.tail or ""]
    name = line("".join(parts)) or ""
    if "fn" not in tokens(node):
        name = _SAYS_END.sub("", name)
    return name.rstrip(" ,:").lstrip(" ,") or None


def _author_in_words(element: HtmlElement, body: HtmlElement | None) -> tuple[str | None, str]:
    """ "Comment by NAME — date", in words only."""
    for node in reversed(list(element.iter("p", "small", "div", "span", "cite"))):
        said = text_of(node)
        if len(said) < 160 and not _inside(node, body) and (match := _BY.match(said)):
            return match["name"].rstrip(" ,:"), "page:words"
    return None, "none"


def _date(
    element: HtmlElement, body: HtmlElement | None, number: str | None, language: str | None
) -> tuple[str | None, str | None, str, HtmlElement | None]:
    """The machine's mark of the date, the printed date, the rule, and the element that holds them."""
    for node in element.iter("*"):
        stamp = node.get("datetime")
        if stamp and not (_inside(node, body) and node.tag in ("ins", "del")):
            printed = text_of(node)
            return stamp, printed or stamp, "page:datetime" if dates.iso(stamp) else "page:printed", node
        if node.get("itemprop") in ("datePublished", "dateCreated", "commentTime"):
            return (
                attribute(node, "content", "datetime") or None,
                text_of(node) or attribute(node, "content"),
                "page:itemprop",
                node,
            )
    for node in element.iter("abbr", "span", "div", "a", "time"):
        title = node.get("title") or ""
        if title and len(title) < 80 and not _inside(node, body) and dates.looks_dated(title, language):
            return None, line(title), "page:title", node
    return _printed(element, body, number, language)


def _printed(
    element: HtmlElement, body: HtmlElement | None, number: str | None, language: str | None
) -> tuple[str | None, str | None, str, HtmlElement | None]:
    links = [a for a in element.iter("a") if number and (a.get("href") or "").endswith(f"#comment-{number}")]
    marked = [e for e in classes(element, *DATES) if not _holds(e, body)]
    rest = [
        e
        for e in element.iter("time", "small", "span", "p", "em", "div", "h4", "h5", "cite", "dt", "li")
        if not _holds(e, body)
    ]
    for rule, nodes in (("page:permalink", links), ("page:date-class", marked), ("page:printed", rest)):
        for node in nodes:
            if (
                _inside(node, body)
                and rule == "page:printed"
                and node.getparent() is not element
                and body is not element
                and len(text_of(node)) > 80
            ):
                continue
            if (raw := _dated_words(node, language)) is not None:
                return None, raw, rule, node
            parent = node.getparent()
            if (
                rule == "page:permalink"
                and parent is not None
                and len(text_of(parent)) < 200
                and (raw := _dated_words(parent, language))
            ):
                return None, raw, rule, node
    own = [*(child.tail or "" for child in element), element.text or ""]
    for words in own:
        if len(words) < 120 and dates.looks_dated(words, language):
            return None, line(words), "page:words", None
    said = next((text_of(n) for n in marked if text_of(n) and len(text_of(n)) < 60), None)
    return None, said, "page:unread", marked[0] if marked else None


def _holds(node: HtmlElement, body: HtmlElement | None) -> bool:
    """Whether a node contains the words, so that a date in it could be the reader's."""
    return body is not None and node is not body and node in body.iterancestors()


def _dated_words(node: HtmlElement, language: str | None) -> str | None:
    """The words of a node that hold a date, the shortest run of text first."""
    for piece in (node.text, *(c.tail for c in node)):
        if piece and len(piece) < 120 and dates.looks_dated(piece, language):
            return line(piece)
    said = text_of(node)
    return said if len(said) < 160 and dates.looks_dated(said, language) else None


def _told_ping(element: HtmlElement, name: HtmlElement | None) -> str | None:
    """Whether the words before the name call it a ping."""
    if name is None or "fn" in tokens(name) and name.tag != "cite":
        return None
    match = re.match(r"\W*(pingback|trackback)s?\b\s*(?:by|from|von|:)", text_of(element)[:40], re.I)
    return match[1].lower() if match else None


def _strip(
    container: HtmlElement,
    name: HtmlElement | None,
    dated: HtmlElement | None,
    raw: str,
    author: str,
    *,
    marked: bool,
) -> None:
    """Leave in the container what the reader wrote."""
    for node in list(container.iter("*")):
        if node is not container and (node.tag in _CHROME or _is_noise(node)):
            if name is not None and _inside(name, node) and _wraps_words(node, name, dated):
                continue
            drop(node)
    if marked:
        return
    for node in (dated, name):
        if node is not None and node is not container and _inside(node, container):
            _drop_line(node, container, raw, author)
    _drop_words(container, raw, author)


def _is_noise(node: HtmlElement) -> bool:
    if node.tag == "a" and (
        (node.get("href") or "").strip().lower().startswith("javascript:")
        or "comment-reply-link" in tokens(node)
    ):
        return True
    return bool(node.get("class")) and any(NOISE.match(mark) for mark in tokens(node))


def _wraps_words(node: HtmlElement, name: HtmlElement, dated: HtmlElement | None) -> bool:
    """Whether a block of the author holds the comment's paragraphs as well."""
    return any(
        name not in p.iter("*") and len(text_of(p)) > 1 and (dated is None or dated not in p.iter("*"))
        for p in node.iter("p", "blockquote")
    )


def _drop_line(node: HtmlElement, container: HtmlElement, raw: str, author: str) -> None:
    """Drop a name or date with the line that it stands in, if that says nothing else."""
    while (parent := node.getparent()) is not None and parent is not container:
        others = (
            text_of(parent).replace(raw, " ", 1).replace(author, " ", 1)
            if author
            else text_of(parent).replace(raw, " ", 1)
        )
        if len(others.strip()) > 40 or not _only_says(others):
            break
        node = parent
    drop(node)


def _only_says(words: str) -> bool:
    return all(
        SAYS.match(part) or _BY.match(part + " x") for part in re.split(r"[\s,;|·•—–]+", words) if part
    )


def _drop_words(container: HtmlElement, raw: str, author: str) -> None:
    """Loose words of the theme beside the paragraphs: "says:", separators, a date without an element."""
    container.text = _loose(container.text, raw, author)
    for child in container:
        child.tail = _loose(child.tail, raw, author)


def _loose(words: str | None, raw: str, author: str) -> str | None:
    """One run of loose text, or nothing where it is the theme's."""
    folded = line(words)
    if folded is None or len(folded) > len(raw) + len(author) + 40:
        return words
    for known in (raw, author):
        if known and known in folded:
            folded = folded.replace(known, " ", 1)
    return None if _only_says(folded) else words
