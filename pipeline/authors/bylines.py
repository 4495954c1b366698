"""The labelled bylines of a page.

Where WordPress, its plugins and its themes print who wrote it.

Contains their classes and links.
Invariant: the byline of another article or of a reader is never this article's, and what follows a name is no
part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice

from lxml.html import HtmlElement
from trafilatura.xpaths import AUTHOR_XPATHS

from archive.core import urls
from pipeline.authors.vocabulary import (
    ABOUT,
    ACCOUNT,
    ALL_BY,
    AUTHOR,
    BEHIND,
    BOX,
    BYLINE_PREFIX,
    CUT,
    ELSEWHERE,
    FIRST_WORDS,
    FULL_NAME,
    HELPS,
    IN_PLACE,
    IS,
    LICENCE,
    LINES,
    NAMED,
    OTHER_ROLES,
    PEOPLE,
    PROFILE,
    SIDE_CLASSES,
    is_no_name,
)
from pipeline.html.dom import Index, below_body, elsewhere, is_longer, text_of, tokens
from pipeline.html.sanitize import line

_TAGS = frozenset({"a", "span", "div", "p", "address", "li", "strong", "b", "cite", "em", "h4", "h5"})
_BLOCKS = ("div", "ul", "ol", "span", "p")
_HEADINGS = ("h2", "h3", "h4", "h5")
_LINE = 160
"""No byline is longer."""
_CARD = 500
"""No card of another article is longer."""
_TITLE = 30
"""Characters beside a name in a link that is the card of another article."""


@dataclass(frozen=True)
class Bylines:
    """The bylines in a page's tree, by their labels.

    `slug` is the end of the article's address.
    """

    index: Index
    slug: str

    def classed(self) -> list[str]:
        """Return names by theme classes, most exact first.

        Of each only what is outside lists of other articles.
        """
        index = self.index
        links = [a for a in index.tagged("a") if a.get("href")]
        profiles = [a for a, _ in self._profiles if not _in_prose(a)]
        for nodes in (
            [n for n in index.having({"fn"}) if _is_vcard(n)],
            [a for a in links if "author" in (a.get("rel") or "").split()],
            index.having(NAMED),
            [n for n in index.having(LINES) if n.tag in _TAGS],
            [a for a in profiles if _is_labelled(a)],
            profiles,
        ):
            found = [
                (node, name) for node in nodes if not strange(node, self.slug) and (name := name_in(node))
            ]
            found = [(node, name) for node, name in found if _in_post(node)] or found
            if found:
                return list(dict.fromkeys(name for node, name in found if _near(node, found[0][0])))
        return []

    def account(self) -> str | None:
        """Return the account in a byline: no name, but all that the page states."""
        found = (text_of(a) for a, _ in self._profiles if not strange(a, self.slug))
        return next((name for name in found if ACCOUNT.fullmatch(name)), None)

    def of_accounts(self) -> set[str]:
        """Return the names that link to the profile of an account which comes with a site."""
        return {
            text_of(a) for a, path in self._profiles if ACCOUNT.fullmatch(path.rstrip("/").rpartition("/")[2])
        }

    @cached_property
    def _profiles(self) -> list[tuple[HtmlElement, str]]:
        """The links to profiles of authors, with their paths."""
        paths = ((a, _author_path(a)) for a in self.index.tagged("a"))
        return [(a, path) for a, path in paths if PROFILE.search(path)]

    def microdata(self) -> list[str | None]:
        """Return the authors with `itemprop`."""
        names: list[str | None] = []
        for node in self.index.tagged("span", "a", "div", "p", "meta", "link", "address", "b", "strong"):
            if "author" not in (node.get("itemprop") or "").split() or strange(node, self.slug):
                continue
            if (node.get("itemtype") or "").endswith("Organization"):
                continue
            inner = next((n for n in node.iter("*") if n is not node and n.get("itemprop") == "name"), node)
            names.append(line(inner.get("content")) or name_in(inner))
        return names

    def boxed(self) -> list[str]:
        """Return the name at the head of the box in which a theme presents the author below the article."""
        for box in self.index.like(BOX):
            for node in box.iter("h2", "h3", "h4", "h5", "h6", "strong", "b", "a", "div", "p"):
                said = text_of(node) if node.tag in ("div", "p") else name_in(node) or ""
                name = ABOUT.sub("", said)
                if name == said and node.tag in ("div", "p"):
                    continue
                if name and FULL_NAME.fullmatch(name) and not elsewhere(box, SIDE_CLASSES):
                    return [name]
        return []

    def like(self) -> list[str]:
        """Return a full name alone in an element whose class or id speaks of an author in any way."""
        for node in self.index.like(AUTHOR):
            name = name_in(node) if node.tag in _TAGS and len(node) < 6 else None
            if name and FULL_NAME.fullmatch(name) and not strange(node, self.slug):
                return [name]
        return []

    def pictured(self) -> list[str]:
        """Return a full name alone in an element next to WordPress' picture of a user."""
        for image in self.index.having({"avatar"}):
            if "gravatar" not in (image.get("src") or "") or strange(image, self.slug):
                continue
            for around in islice(image.iterancestors(), 2):
                for name in map(name_in, around.iter(*_TAGS)):
                    if name and FULL_NAME.fullmatch(name):
                        return [name]
        return []

    def profiled(self) -> list[str]:
        """Return a name that links to a page about people, whose address ends with it."""
        for link in self.index.tagged("a"):
            match = PEOPLE.search(link.get("href") or "")
            name = name_in(link) if match and not _in_prose(link) else None
            if match and name and _bare(match[1]) == _bare(name) and not strange(link, self.slug):
                return [name]
        return []

    def life(self) -> Iterator[str]:
        """Yield the text with which the page presents its author."""
        return (text_of(box) for box in self.index.like(BOX) if not elsewhere(box, SIDE_CLASSES))

    def guessed(self) -> list[str]:
        """Return an author found as in trafilatura, without its normaliser, which alters pseudonyms."""
        for path in AUTHOR_XPATHS[:2]:
            for node in path(self.index.tree):
                name = name_in(node)
                single = name and " " not in name and name[-1:].isalnum() and not name[:1].islower()
                shaped = name and (FULL_NAME.fullmatch(name) or single)
                if name and shaped and not strange(node, self.slug):
                    return [name]
        return []


_MAX_BYLINE = 400
"""Characters of a byline that are examined: a name stands at its beginning."""
_MOST_SIGN = 5
"""The most people whose links one byline joins."""


def name_in(node: HtmlElement) -> str | None:
    """Return the text of a byline without "By" and without what follows the name."""
    links = [
        text_of(a)
        for a in node.iter("a")
        if a is not node
        and re.search(
            r"author|autor|/members?/", (a.get("href") or "") + (a.get("rel") or "") + (a.get("class") or "")
        )
    ]
    people = [text for text in dict.fromkeys(links) if FULL_NAME.fullmatch(text) and not is_no_name(text)]
    if 1 < len(people) <= _MOST_SIGN and len(people) == len([text for text in links if text]):
        return ", ".join(people)
    said = (next((text for text in links if text), None) or spaced_text(node))[:_MAX_BYLINE]
    said = CUT.sub("", BYLINE_PREFIX.sub("", ALL_BY.sub("", said))).strip(" ,:|·•–—-©")
    said = BEHIND.sub("", said).strip(" ,:|·•–—-") or said
    said = placed["name"] if (placed := IN_PLACE.fullmatch(said)) else said
    return said if 1 < len(said) <= 80 and not is_no_name(said) and len(said.split()) <= 9 else None


def spaced_text(node: HtmlElement) -> str:
    """Return the text of a byline, with a space between different elements."""
    return re.sub(r"\s(?=[,.;:!?])", "", line(" ".join(node.itertext())) or "")


def presented(name: str, life: str) -> str | None:
    """Return the full name at the beginning of a life that presents a person of this first name."""
    match = FIRST_WORDS.match(life)
    known = match and match[0].startswith(f"{name} ") and IS.match(life[match.end() :])
    return match[0] if match and known else None


def _author_path(link: HtmlElement) -> str:
    return urls.path_of(link.get("href")).removesuffix("index.html")


def _in_prose(link: HtmlElement) -> bool:
    """True if a link is to somebody of whom a paragraph speaks."""
    return any(n.tag == "p" and len(text_of(n)) >= _LINE for n in islice(below_body(link), 4))


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _in_post(node: HtmlElement) -> bool:
    """True if a byline is in a post, and not in the head of the site."""
    return any(outer.tag in ("article", "main") or "hentry" in tokens(outer) for outer in below_body(node))


def _is_labelled(link: HtmlElement) -> bool:
    """True if a class of a link, or of one of the next elements around it, speaks of an author."""
    return any(AUTHOR.search(outer.get("class") or "") for outer in islice(below_body(link), 3))


def _near(node: HtmlElement, first: HtmlElement) -> bool:
    """True if two names are in one byline, or in one block of authors."""
    around = [first, *islice(first.iterancestors(), 2)]
    if any(outer in around for outer in (node, *islice(node.iterancestors(), 2))):
        return True
    blocks = [
        n for n in islice(below_body(first), 1, 6) if n.tag in _BLOCKS and AUTHOR.search(n.get("class") or "")
    ]
    return any(outer in blocks for outer in islice(node.iterancestors(), 5))


def _is_vcard(node: HtmlElement) -> bool:
    outer = node.getparent()
    marks = tokens(node) | (tokens(outer) if outer is not None else frozenset())
    return bool(marks & {"author", "vcard", "byline", "entry-author"})


def strange(node: HtmlElement, slug: str) -> bool:
    """True if a node belongs to the page's frame, to a picture's licence or to another article; `slug` ends
    this one's address.
    """
    return (
        (elsewhere(node, ELSEWHERE) and not _is_contact(node))
        or _in_frame(node)
        or in_card(node, slug)
        or _in_linked_card(node)
        or _licensed(node)
        or _of_others(node)
    )


def _is_contact(node: HtmlElement) -> bool:
    """True if a link to the author is in the article's own <address>, which may stand in an aside."""
    tags = [outer.tag for outer in below_body(node)]
    if "address" not in tags or not {"article", "main"} & set(tags):
        return False
    return "author" in (node.get("rel") or "").split() and not _is_classed(node)


def _is_classed(node: HtmlElement) -> bool:
    """True if an element is in a block of another article, by a class."""
    return any(not ELSEWHERE.isdisjoint(tokens(outer)) for outer in below_body(node))


def _in_linked_card(node: HtmlElement) -> bool:
    """True if a name is in a block that is one link, as a whole, to another article."""
    for outer in islice(below_body(node), 1, None):
        if outer.tag == "a" and not PROFILE.search(_author_path(outer)):
            return is_longer(outer, len(text_of(node)) + _TITLE)
    return False


def _in_frame(node: HtmlElement) -> bool:
    """True if a node is in a form, a label or the footer of the site."""
    inner = [outer.tag for outer in below_body(node)]
    if "form" in inner or "label" in inner or "button" in inner:
        return True
    return "footer" in inner and not {"article", "main"} & set(inner) and not _in_post(node)


def in_card(node: HtmlElement, slug: str) -> bool:
    """True if a node is in a small block whose heading links to another article."""
    for outer in islice(below_body(node), 1, 6):
        if is_longer(outer, _CARD) or outer.find(".//h1") is not None:
            return False
        for heading in outer.iter(*_HEADINGS):
            if node is heading or heading in node.iterancestors():
                return False
            for link in chain(heading.iter("a"), heading.iterancestors("a")):
                path = urls.path_of(link.get("href")).removesuffix("/index.html").rstrip("/")
                other = path and path.rsplit("/", 1)[-1] != slug
                if other and not PROFILE.search(path) and text_of(link):
                    return True
        if outer.tag == "article" or "hentry" in tokens(outer):
            return False
    return False


def _of_others(node: HtmlElement) -> bool:
    """True if a name is labelled as a translator's, a photographer's or a reader's."""
    if any(HELPS.match(outer.text or "") for outer in islice(below_body(node), 3)):
        return True
    return any(OTHER_ROLES.search(mark) for outer in below_body(node) for mark in tokens(outer))


def _licensed(node: HtmlElement) -> bool:
    return any(LICENCE.search(a.get("href") or "") for a in node.iter("a"))
