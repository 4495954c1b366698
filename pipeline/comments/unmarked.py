"""Threads without a class or id.

Blocks that begin with "NAME says:" or "Posted by NAME".

Does not: read labelled threads, which `detect` does.
Invariant: readers' text never becomes the article's. Lines of an interview are no thread: it takes a heading
that counts comments, an invitation to write one, or a list that contains only comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from archive.core.records import Problem
from pipeline.comments.fields import CommentFields
from pipeline.comments.vocabulary import REMARKS, VERBS
from pipeline.dates.parse import looks_dated
from pipeline.html.dom import Index, below_body, drop, elsewhere, inner_html, text_of
from pipeline.html.sanitize import line

_SAYS = re.compile(
    rf"^\W{{0,3}}(?:#?\d{{1,4}}[.)]?\s+)?(?P<name>[^\n:!?]{{1,60}}?)\s(?:{VERBS})(?!\w)(?P<rest>[^\n]{{0,80}})$",
    re.IGNORECASE,
)
_DATED_SAYS = re.compile(
    rf"^\W{{0,3}}(?P<name>[^\n:!?,|]{{1,60}}?)\s{{0,3}}[,|·•–—(]\s{{0,3}}(?P<rest>[^\n]{{4,60}}?)[)\s,]{{0,3}}\s"
    rf"(?:{VERBS})\s{{0,3}}[:：]?$",
    re.IGNORECASE,
)
"""The date between the name and the verb: "NAME, on DATE said:"."""
_POSTED = re.compile(
    r"^\W{0,3}(?:posted|comment(?:ed|ary)?|kommentar|gepostet|geschrieben|verfasst|commentaire|"
    r"publié|écrit|comentario|"
    r"publicado|escrito|commento|scritto|postado|comentário|geplaatst|skrevet|postat|napisane|комментарий)\s+"
    r"(?:by|from|von|par|de|por|di|da|door|av|af|przez|от)\s{0,3}:?\s{0,3}(?P<name>[^\n|]{1,60}?)\s{0,3}"
    r"(?P<rest>(?:[,|·•—–(]|\s-\s|\b(?:on|at|am|um|le|el|il|em|op|den|dia|на)\b)[^\n]{0,80})?$",
    re.IGNORECASE,
)
_COUNT = re.compile(
    rf"^\W{{0,3}}(?P<number>\d{{1,5}}|one|ein|eine|un|una|une|uno|um|uma|één)\s+(?:{REMARKS})(?!\w)",
    re.IGNORECASE,
)
_TITLE = re.compile(
    rf"^\W{{0,3}}(?:readers?['’]?\s)?(?:{REMARKS})\W{{0,3}}(?P<number>\d{{1,5}})?\W{{0,3}}$", re.IGNORECASE
)
_INVITES = re.compile(
    r"^\W{0,3}(?:(?:leave|post|add|write|submit)\s(?:a|your)\s(?:comment|reply|response)|"
    r"(?:schreibe?n?|hinterlassen?|verfassen?)\s.{0,20}(?:kommentar|antwort)|"
    r"kommentar (?:schreiben|verfassen|hinterlassen)|"
    r"laisse[rz]\s.{0,10}(?:commentaire|réponse)|(?:deja|dejar|escribe|"
    r"añade)\s.{0,10}(?:comentario|respuesta)|"
    r"lascia\s.{0,10}(?:commento|risposta)|(?:deixe|deixar|escreva)\s.{0,10}(?:comentário|resposta)|"
    r"(?:plaats|schrijf|laat)\s.{0,10}(?:reactie|antwoord)|(?:lämna|skriv|legg igjen|"
    r"efterlad)\s.{0,10}(?:kommentar|svar)|"
    r"(?:dodaj|napisz|zostaw)\s.{0,10}(?:komentarz|odpowiedź)|(?:оставить|добавить|"
    r"написать)\s.{0,15}(?:комментарий|ответ))",
    re.IGNORECASE,
)
_STEMS = (
    "said says wrote writes commented replied posted comment_by schreib schrieb sagt meint "
    "kommentar kommentier écrit _dit répond commentaire dice dijo dicho escrib escrit coment opina "
    "scrive detto scritto disse diz escrev zegt schreef schrijft skrev skriver siger sagde säger _sade _sier "
    "mówi pisze napisa říká píše napsal hovorí napísal говорит сказал пиш написал каж каза より "
    "يقول הגיב 说 說 diyor dedi yazdı szerint írta λέει γράφει είπε sanoo kirjoitti spune a_spus "
    "ütleb raksta rašo berkata"
)
_WORDS = tuple(stem.replace("_", " ") for stem in _STEMS.split())
"""Pieces of the words that open an unmarked comment, in lower case, the frequent ones first."""
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "blockquote",
        "dd",
        "div",
        "dl",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
    }
    | {"p", "section", "table", "tbody", "td", "tr", "ul", "form", "footer", "header", "br"}
)
_HEADS = ("li", "p", "div", "dt", "article", "section", "td", "blockquote", "h3", "h4", "h5", "h6")
_SIGNS = ("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "span", "strong", "b", "legend", "a")
_OPENED = tuple(dict.fromkeys((*_SIGNS, *_HEADS)))
"""Elements whose first line is looked at."""
_OPENING = 200
_EVENTS = 80  # beginnings and ends of elements within a first line
_PROSE = 80
_DATED_LINE = 140
_DATE = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Unmarked:
    """Readings of an unlabelled thread, its elements out of the tree; and what was cut unread."""

    readings: tuple[CommentFields, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Head:
    node: HtmlElement
    words: str
    name: str
    date: str | None


def take_unmarked(index: Index, source: str) -> Unmarked:
    """Take an unlabelled thread out of the tree, if the page shows one."""
    if not _may_hold_thread(source):
        return Unmarked()
    order = {node: number for number, node in enumerate(index.tree.iter("*"))}
    openings = {node: _opening(node) for node in index.tagged(*_OPENED)}
    prose = _first_prose(index, order, openings)
    counts, invitations = _signs(index, order, prose, openings)
    heads = [head for head in _heads(index, openings) if head.node in order]
    after = min(counts.values(), default=None)
    if after is not None:
        heads = [head for head in heads if order[head.node] > after]
        enough = 1
    elif invitations:
        heads = [head for head in heads if order[head.node] < max(invitations)]
        enough = 2
    else:
        heads = [head for head in heads if head.node.tag == "li" or _item(head.node) is not None]
        enough = 3
    if len(heads) >= enough and order[heads[0].node] > prose:
        if counts and _is_signed_below(heads, min(counts, key=counts.__getitem__)):
            return Unmarked(tuple(_signed(heads, set(counts))))
        return Unmarked(tuple(_readings(heads)))
    return _cut(counts)


def _may_hold_thread(source: str) -> bool:
    """True if a page contains any phrase that opens an unlabelled comment."""
    lowered = source.lower()
    return any(word in lowered for word in _WORDS)


def _signs(
    index: Index, order: dict[HtmlElement, int], prose: int, openings: dict[HtmlElement, str]
) -> tuple[dict[HtmlElement, int], list[int]]:
    """Return the headings that count comments below the article, and the places of invitations to comment."""
    counts: dict[HtmlElement, int] = {}
    invitations = [order[form] for form in index.tagged("form") if form in order and _is_comment_form(form)]
    for node in index.tagged(*_SIGNS):
        said = openings[node]
        if node not in order or not said or len(said) > 100:
            continue
        if _INVITES.match(said) and node.tag != "a":
            invitations.append(order[node])
        title = node.tag in _SIGNS[:6] and (_COUNT.match(said) or _TITLE.match(said))
        if title and not elsewhere(node, frozenset()) and order[node] > prose:
            counts[node] = order[node]
    return counts, invitations


def _is_comment_form(form: HtmlElement) -> bool:
    return form.get("id") == "commentform" or "comment" in (form.get("action") or "").lower()


def _first_prose(index: Index, order: dict[HtmlElement, int], openings: dict[HtmlElement, str]) -> int:
    """Return the place of the first paragraph of prose.

    What is above is no thread.
    """
    for node in index.tagged("p", "div"):
        said = openings[node]
        if node in order and len(said) >= _PROSE and not _match(said):
            return order[node]
    return len(order)


def _heads(index: Index, openings: dict[HtmlElement, str]) -> Iterator[_Head]:
    """Yield the elements that open with a reader's name, the outer one of several that open alike."""
    taken: set[HtmlElement] = set()
    for node in index.tagged(*_HEADS):
        words = openings[node]
        found = _match(words)
        is_inside = (outer in taken and openings[outer] == words for outer in below_body(node))
        if found is None or any(is_inside) or elsewhere(node, frozenset()):
            continue
        taken.add(node)
        rest = (found["rest"] or "").strip(" \t,:|·•—–-()")
        yield _Head(node, words, line(found["name"]) or "", rest if _DATE.search(rest) else None)


def _match(words: str) -> re.Match[str] | None:
    """Return the match of an opening line that states an author."""
    said = words.strip()
    if len(said) <= _DATED_LINE and _DATE.search(said):
        found = _DATED_SAYS.match(said)
        if found is not None and looks_dated(found["rest"], None):
            return found
    found = _SAYS.match(said)
    if found is not None:
        rest = found["rest"].strip()
        if rest.endswith((":", "：")) or _DATE.search(rest):
            if len(found["name"].split()) <= 6:
                return found
            return None
        return None
    return _POSTED.match(said)


def opens_with_author(node: HtmlElement) -> bool:
    """True if an element of a kind that is read here begins with "NAME says"."""
    return node.tag in _HEADS and _SAYS.match(_opening(node).strip()) is not None


def _opening(node: HtmlElement) -> str:
    """Return the first line of an element.

    Its text before a line break or the edge of a block.
    """
    if not len(node):
        return (node.text or "")[: _OPENING + 1]
    said = ""
    for event, inner in islice(etree.iterwalk(node, events=("start", "end")), _EVENTS):
        if inner is not node and inner.tag in _BLOCKS and said.strip():
            break
        if event == "start" and isinstance(inner.tag, str):
            said += inner.text or ""
        elif event == "end" and inner is not node:
            said += inner.tail or ""
        if len(said) > _OPENING:
            break
    return said[: _OPENING + 1]


def _item(node: HtmlElement) -> HtmlElement | None:
    """Return the entry of a list that an element opens, if any."""
    return next((outer for outer in below_body(node) if outer.tag == "li"), None)


def _is_signed_below(heads: list[_Head], heading: HtmlElement) -> bool:
    """True if there is text above a thread's first "Posted by NAME at DATE", and no text below its last.

    So it is in Movable Type's templates: the line states the author of the text above it, not below.
    """
    head = heads[0]
    if not all(each.date and _POSTED.match(each.words.strip()) for each in heads):
        return False
    for sibling in heads[-1].node.itersiblings():
        if _ends_thread(sibling):
            break
        if text_of(sibling).strip():
            return False
    said = ""
    for sibling in head.node.itersiblings(preceding=True):
        if sibling is heading or any(inner is heading for inner in sibling.iter(heading.tag)):
            return bool(said.strip())
        said += text_of(sibling)
    return False


def _signed(heads: list[_Head], headings: set[HtmlElement]) -> Iterator[CommentFields]:
    """Yield the comment above each line that signs it, up to the previous line or the heading."""
    starts = {head.node for head in heads}
    for head in heads:
        parts: list[HtmlElement] = []
        for sibling in head.node.itersiblings(preceding=True):
            if sibling in starts or sibling in headings:
                break
            parts.append(sibling)
        block: HtmlElement = head.node.makeelement("div")
        for part in reversed(parts):
            drop(part)
            block.append(part)
        yield _reading(head, block)
    for head in heads:
        drop(head.node)


def _readings(heads: list[_Head]) -> list[CommentFields]:
    """Return the comment of each block.

    The last is taken out first, so that answers are out of theirs.
    """
    starts = {head.node for head in heads}
    found = []
    for head in reversed(heads):
        block = _block(head.node, starts)
        _cut_opening(block, len(head.words))
        found.append(_reading(head, block))
    return found[::-1]


def _reading(head: _Head, block: HtmlElement) -> CommentFields:
    return CommentFields(
        author=head.name or None,
        author_url=None,
        author_rule="page:says",
        label=None,
        mark=None,
        raw=head.date,
        date_rule="page:printed",
        markup=inner_html(block),
        ping=None,
        link_id=None,
    )


def _block(node: HtmlElement, starts: set[HtmlElement]) -> HtmlElement:
    """Return a reader's block out of the tree.

    An entry of a list, or a line and what follows it.
    """
    item = _item(node)
    if item is not None:
        drop(item)
        return item
    top = node
    while (parent := top.getparent()) is not None and parent.tag not in ("body", "html", "article", "main"):
        others = [inner for inner in parent.iter(*_HEADS) if inner in starts]
        if len(others) > 1 or len(text_of(parent)) > len(text_of(top)):
            break
        top = parent
    block: HtmlElement = top.makeelement("div")
    sibling = top.getnext()
    drop(top)
    block.append(top)
    if text_of(top) != (line(_opening(top)) or ""):
        return block  # the text is in the same element
    while sibling is not None:
        if _ends_thread(sibling) or _match(_opening(sibling)):
            break
        if any(inner in starts for inner in sibling.iter("*")):
            break
        following = sibling.getnext()
        drop(sibling)
        block.append(sibling)
        sibling = following
    return block


def _ends_thread(node: HtmlElement) -> bool:
    """True if an element follows a thread: a form, a rule, a heading, an invitation to write."""
    return node.tag in ("form", "hr", "footer", "h1", "h2") or _INVITES.match(_opening(node)) is not None


def _cut_opening(block: HtmlElement, characters: int) -> None:
    """Remove the first characters of a block's text."""
    left = characters
    for event, node in etree.iterwalk(block, events=("start", "end")):
        if left <= 0:
            return
        if event == "start":
            said = node.text or ""
            node.text = said[left:] or None
            left -= len(said)
        elif node is not block:
            said = node.tail or ""
            node.tail = said[left:] or None
            left -= len(said)


def _cut(counts: dict[HtmlElement, int]) -> Unmarked:
    """Take out the lists below a heading that counts comments, since their authors cannot be determined."""
    for node in counts:
        lists = []
        for sibling in node.itersiblings():
            if sibling.tag not in ("ol", "ul", "dl"):
                break
            lists.append(sibling)
        words = sum(len(text_of(each)) for each in lists)
        if words:
            said = line(_opening(node))
            for each in lists:
                drop(each)
            detail = f"Below “{said}” stand {words:,} characters that could not be read as comments."
            return Unmarked(problems=(Problem(code="comments-missing", detail=detail, field="comments"),))
    return Unmarked()
