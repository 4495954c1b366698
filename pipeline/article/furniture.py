"""Pieces of a theme's box of text that are no text.

Shares, related articles, forms, bylines, menus.

Contains the classes of plugins and the phrases of prompts.
Invariant: each piece that is left out has a rule with the reason.
"""

from __future__ import annotations

import re
from itertools import islice

from lxml.html import HtmlElement

from pipeline.article import boilerplate
from pipeline.article.pieces import Piece
from pipeline.dates.parse import looks_dated
from pipeline.html.dom import fold, is_longer, text_of, tokens

_TAGS = {
    "nav": "menu",
    "form": "form",
    "button": "button",
    "fieldset": "form",
    "aside": "aside",
    "footer": "footer",
    "iframe": "embed",
    "video": "embed",
    "audio": "embed",
    "object": "embed",
    "noscript": "script",
}
_MARKS = re.compile(
    r"(?:^|[-_])(?:shar(?:e|es|ing)|sharedaddy|social|follow|related|yarpp|recommend\w*|also[-_]?read|read[-_]?more|"
    r"more[-_](?:from|stories|on|news|posts)|trending|popular|recent|newsletters?|subscribe|subscription|sign[-_]?up|"
    r"promo\w*|adverts?|advertis\w*|ads?|adsbygoogle|sponsor\w*|banner|donat\w*|paywall|cookie\w*|consent|popup|"
    r"modal|overlay|toc|ez-toc[-\w]*|rating|ratings|votes?|polls?|print|breadcrumbs?|pagination|pager|navigation|"
    r"nav-links|menu|sidebar|widget|byline|author|authorbox|author-box|vcard|postmeta|postmetadata|"
    r"(?:entry|post|article)-meta|posted|dateline|tags|tagcloud|cats?|categories|comments?|respond|reply|screen-reader-text|"
    r"visually-hidden|sr-only|skip-link|tooltip|dropdown|search|login|jp-relatedposts|disclosure|copyright|"
    r"recirc\w*|embed[-_]article|related[-_]?articles\w*|comment[-_]count|"
    r"toolbar|slider|carousel|audio-player|playlist|likes?|wpulike|avatar|feedback)(?:$|[-_])"
)
_BUILT = re.compile(r"^(?:elementor|so-|panel-widget|fl-|widget-image-caption)")
_BUILDER = re.compile(r"^elementor(?:-widget)?-?|widget")
"""What builders of pages put before the name of each part of a text; they call every part a widget."""
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FOLDING = re.compile(
    r"accordion|\btabs?\b|[-_]tabs?\b|toggle|spoiler|collaps|expand|faq|panel", re.IGNORECASE
)
_PROMPT = re.compile(
    r"^\W*(?:share (?:this|on|via|with)|share$|tweet$|pin it|e-?mail(?: this)?$|print(?: this)?$|"
    r"like this|loading|"
    r"advertisements?$|anzeige$|werbung$|publicidad$|publicité$|sponsored|continue reading|subscribe|sign up|"
    r"follow us|click here to|read more$|view all|powered by|skip to|back to top|teilen|click to share|"
    r"adverts?$|iklan$|reklame?$|trending\b|our latest|topics$|next prev|this slideshow requires|"
    r"image copyright|"
    r"\d+ (?:- \d+ )?of \d+$|getty images$|caption$|close$|photos?$|gallery$|foto$|bild$|image$|updated \d|"
    r"leave a (?:comment|reply)|related (?:posts?|articles?|stories)|you (?:may|might) also|more from|"
    r"table of contents|by \w+ \w+$|posted (?:by|in|on)|filed under|tags?:|tagged|published (?:by|on|in)|"
    r"\d+ (?:comments?|shares?|views|likes?|min read)|reading time)",
    re.IGNORECASE,
)
_PROMPT_ALONE = re.compile(
    r"\W*(?:share(?: (?:this|on|via|with)(?: \w+)?)?|tweet|pin it|e-?mail(?: this)?|print(?: this)?|"
    r"like this|loading|advertisements?|anzeige|werbung|publicidad|publicité|sponsored|"
    r"continue reading|follow us|back to top|skip to \w+|teilen|click to share.*|adverts?|"
    r"iklan|reklame?|next prev|"
    r"this slideshow requires.*|close|leave a (?:comment|reply)|"
    r"pinnen|rezept (?:drucken|merken)|(?:print|pin|rate|jump to) (?:this )?recipe|zum rezept(?: springen)?|"
    r"\(?(?:noch keine bewertungen|no (?:ratings|votes)(?: yet)?|aún no hay votos|pas encore de vote)\)?|"
    r"(?:kommentare (?:sind )?geschlossen|comments (?:are )?closed|los comentarios están cerrados)|"
    r"(?:war (?:der|dieser) (?:artikel|beitrag) (?:nützlich|hilfreich)|möchten sie den artikel teilen|"
    r"was this (?:article|page|post) (?:helpful|useful)|cet article vous a[- ]t[- ]il été utile)|"
    r"zurück zur startseite|back to (?:home(?:page)?|the front page)|"
    r"\d+ (?:comments?|shares?|views|likes?|min(?:ute)?s? read))\W*",
    re.IGNORECASE,
)
"""What a plugin writes in a box that is the publisher's text; all other turns of phrase are his own there."""
_WEAK_MARKS = re.compile(
    r"(?:^|[-_])(?:adverts?|advertis\w*|ads?|banner|promo\w*|slider|carousel|panel|print|search|disclosure|"
    r"copyright|comments?|reply|posted|tooltip|votes?|polls?|ratings?|feedback|dropdown|popular|recent)(?:$|[-_])"
)
"""Marks of furniture that authors give to their own blocks as well: sentences in these are text."""
_DOUBTFUL_MARKS = re.compile(r"(?:^|[-_])(?:author|related|recommend\w*|byline|avatar)(?:$|[-_])")
"""Marks of furniture under which sentences may be the author's, as in a note of his."""
_TEASER = re.compile(r"(?:^|[-_])teasers?(?:$|[-_])")
_TEASED = 400
"""Characters of the longest teaser."""
_SENTENCE = 60
"""Characters of the shortest sentences."""
_SIGNS = 2
"""Letters of the shortest piece that is text."""
_DATE_LENGTH = 40
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_INLINE = frozenset({"b", "i", "em", "strong", "span", "u", "small"})
_SURE = 2
_IN_NOSCRIPT = f"in a {_TAGS['noscript']}"
_ABOUT_SCRIPTS = re.compile(r"\b(?:java\s?script|scripts?|browser|navigateur|navegador)\b", re.IGNORECASE)
"""What a plugin tells readers without scripts."""
_BESIDE, _LINKS_BESIDE = "in an aside", "in an aside of links"
_A_TEASER = "a teaser"
_MARKED = "marked "
"""How the rule of a class begins."""
_HALF, _ALL = 0.5, 0.9
"""Shares of its words from which on a piece counts as links, half or wholly."""


class Furniture:
    """The rules by which pieces of one box are no text.

    `known` are the title and the authors. `trust` is 0 for a box with more than the text, otherwise 2 on
    pages of WordPress and 1 on others.
    """

    def __init__(self, box: HtmlElement, known: tuple[str | None, tuple[str, ...]], trust: int) -> None:
        title, authors = known
        self.box = box
        self._title = fold(title or "")
        names = {fold(name) for name in authors}
        self._bylines = names | {f"by{name}" for name in names}
        self._trust = trust
        self._rules: dict[HtmlElement, str | None] = {}

    def rule(self, piece: Piece, *, outside: bool) -> str | None:
        """Return why a piece that was not extracted is no text, if so.

        `outside` is a piece above the first or below the last that was extracted.
        """
        said = self._said(piece, outside)
        if said is None and self._trust < _SURE and boilerplate.is_prompt(piece.words):
            said = "a prompt"
        return self._framed(piece) or said or self._placed(piece, outside)

    def rule_in_copy(self, piece: Piece) -> str | None:
        """Return why a piece of the publisher's own copy is no text, if so.

        A line that links to another article is text: an editor wrote it.
        """
        return self._framed(piece) or self._said(piece, outside=False)

    def _framed(self, piece: Piece) -> str | None:
        """Return the rule by which the elements around a piece make it furniture."""
        rule = self._marked(piece.element)
        if rule is None or self._trust < _SURE:
            return rule
        if rule == _BESIDE or (rule == _A_TEASER and _is_sentence(piece)):
            return None
        if _is_sentence(piece) and _names(rule, _WEAK_MARKS):
            return None
        return rule

    def is_doubtful(self, piece: Piece, rule: str) -> bool:
        """True if a piece that was left out by its rule may be text all the same.

        Sentences in the publisher's own box are, unless they begin with the author's name as his life does.
        """
        if self._trust < _SURE or not _is_sentence(piece):
            return False
        if rule == _IN_NOSCRIPT:
            return _ABOUT_SCRIPTS.search(piece.words) is None
        if not _names(rule, _DOUBTFUL_MARKS):
            return False
        return not fold(piece.words).startswith(tuple(self._bylines))

    def _said(self, piece: Piece, outside: bool) -> str | None:
        """Return the rule by which the wording of a piece makes it no text."""
        folded = fold(piece.words)
        if len(folded) < _SIGNS:
            return "only signs"
        if folded == self._title:
            return "the title"
        if folded in self._bylines:
            return "the byline"
        is_prompt = _PROMPT.match
        if self._trust == _SURE:
            is_prompt = _PROMPT_ALONE.fullmatch
        if is_prompt(piece.words):
            return "a prompt"
        if outside and len(piece.words) < _DATE_LENGTH and looks_dated(piece.words, None):
            return "a date"
        return None

    def _placed(self, piece: Piece, outside: bool) -> str | None:
        """Return the rule by which the place of a piece, and its links, make it no text."""
        if self._trust == 0 and outside:
            return "outside of the text"
        if self._trust == 0 and piece.linked > _ALL:
            return "unmarked links"
        if self._trust < _SURE and outside:
            if piece.linked > _HALF:
                return "links around the text"
            if piece.element.tag in _HEADINGS:
                return "a heading without text"
        return None

    def _marked(self, element: HtmlElement) -> str | None:
        """Return the rule by which an element, or one around it up to the box, is furniture."""
        path = []
        node: HtmlElement | None = element
        rule: str | None = None
        while node is not None and node is not self.box and node not in self._rules:
            path.append(node)
            node = node.getparent()
        if node is not None:
            rule = self._rules.get(node)
        for inner in reversed(path):
            rule = rule or _own_rule(inner)
            self._rules[inner] = rule
        return rule


def _is_mostly_links(node: HtmlElement) -> bool:
    """True if an element has more words that are linked than others."""
    linked = sum(len(text_of(link)) for link in node.iter("a"))
    return 2 * linked > len(text_of(node))


def _is_sentence(piece: Piece) -> bool:
    return len(piece.words) >= _SENTENCE and piece.linked < _HALF


def _names(rule: str, marks: re.Pattern[str]) -> bool:
    """True if a rule is that of a class which the pattern finds."""
    return rule.startswith(_MARKED) and marks.search(rule.removeprefix(_MARKED)) is not None


def _is_folded(node: HtmlElement) -> bool:
    """True if a hidden element is a part that readers fold out, as of an accordion."""
    for outer in (node, *islice(node.iterancestors(), 2)):
        names = f"{outer.get('class', '')} {outer.get('id', '')}"
        if _FOLDING.search(names):
            return True
    return False


def _own_rule(node: HtmlElement) -> str | None:
    """Return the rule by which an element itself is furniture."""
    if node.tag in _TAGS:
        return _rule_of_tag(node)
    is_hidden = _HIDDEN.search(node.get("style", "")) or node.get("aria-hidden") == "true"
    if is_hidden and not _is_folded(node):
        return "hidden"
    marks = [*sorted(tokens(node)), node.get("id", "").lower()]
    if any(map(_BUILT.match, marks)):
        marks = [_BUILDER.sub("", mark) for mark in marks]
    for mark in marks:
        if _MARKS.search(mark):
            return f"{_MARKED}{mark}"
    if any(map(_TEASER.search, marks)) and _leads_on(node):
        return _A_TEASER
    return None


def _rule_of_tag(node: HtmlElement) -> str | None:
    """Return the rule of an element that is furniture by its tag, but not the source of a quotation."""
    if node.tag == "aside" and _is_mostly_links(node):
        return _LINKS_BESIDE
    if node.tag == "aside":
        return _BESIDE
    around = [outer.tag for outer in islice(node.iterancestors(), 2)]
    if node.tag == "footer" and "blockquote" in around:
        return None
    return f"in a {_TAGS[node.tag]}"


def _leads_on(node: HtmlElement) -> bool:
    """True if a short block is linked, other than by words within a sentence."""
    if is_longer(node, _TEASED):
        return False
    if node.tag == "a" or any(outer.tag == "a" for outer in islice(node.iterancestors(), 2)):
        return True
    return any(not _is_in_sentence(link) for link in node.iter("a"))


def _is_in_sentence(link: HtmlElement) -> bool:
    """True if a link is of some words of a sentence, and no line, heading or picture of its own."""
    line = link.getparent()
    while line is not None and line.tag in _INLINE:
        line = line.getparent()
    if line is None or line.tag in _HEADINGS or link.find(".//img") is not None:
        return False
    said = text_of(link)
    if not said:  # an anchor
        return True
    before, _, behind = text_of(line).partition(said)
    is_behind = not behind.strip(" .…»›→") and before.rstrip().endswith((".", "!", "?", "…", "”", '"'))
    return not is_behind and len(before) + len(behind) >= _HALF * _SENTENCE
