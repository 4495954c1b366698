"""Who wrote the article.

What the page declares and the bylines it shows, weighed against each other.

Decides which of them is to be believed.
Invariant: a name is kept as it is printed, digits and all, and a commenter or a reader is never an author
(the thread is out of the tree by now).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from archive.core.records import Site
from pipeline.authors.bylines import Bylines, presented
from pipeline.authors.unmarked_bylines import Lines
from pipeline.authors.vocabulary import BYLINE_PREFIX, FULL_NAME, HOUSE, IS_AGENCY, NEWSROOM, ROLE, is_no_name
from pipeline.html.dom import Index, fold
from pipeline.html.metadata import Head, Node, resolve, string, values
from pipeline.html.sanitize import line, markup_to_line

Found = tuple[tuple[str, ...], str]
_SPLIT = re.compile(
    r"\s*(?:;|\bim Gespräch mit\b|\bin conversation with\b|"
    r"\||/|\s&\s|\band\b|\bund\b|\bet\b|\by\b|\be\b|\ben\b|\bwith\b|,)\s*"
)
_MOST_WORDS = 5
"""The most words of a name."""
_CROWD = 10
"""The most people that sign one article in its page."""
_SEEN_RULES = frozenset({"page:byline", "page:microdata"})
"""Rules that gather names in the page, where others than authors may be marked so as well."""
_LIKELY_RULES = frozenset(
    {"page:author-like", "page:profile-link", "page:avatar", "page:author-box", "page:trafilatura"}
)
"""Rules that take the first name which looks so."""
_PAPER = re.compile(r"(?:the|der|die|das|el|la|los|le|les|il|lo|de|het)\s", re.IGNORECASE)
"""The article that the name of a paper begins with, and that of no person."""
_TWICE = re.compile(r"(\S.*\S)\s+\1", re.IGNORECASE)
"""A name that is printed again behind itself, as in the words and the title of one link."""
_LABELLED = re.compile(r"^(?:by\s+(?=\S)|(?:von|par|por)\s+(?=\S+\s+\S))", re.IGNORECASE)
"""A "By" that is declared with the name."""
_WRITTEN = re.compile(
    r"^(?:written|verfasst|geschrieben|[ée]crit|escrito|scritto|geschreven|skrevet)", re.IGNORECASE
)
"""The first label of the card that Yoast writes for sharing."""


def _split(name: str | None) -> tuple[str, ...]:
    """Return the people of one byline.

    A name is divided only where each part is a full name of its own.
    """
    name = re.sub(r"(?<=\S)\s+\(?@\w+\)?$", "", line(name) or "")
    name = twice[1] if (twice := _TWICE.fullmatch(name)) else name
    if not name or is_no_name(name) or len(name) > 200:
        return ()
    pieces = [part for part in _SPLIT.split(name) if part]
    first, *others = [part for part in pieces if not NEWSROOM.fullmatch(part)] or [name]
    if len(pieces) > 1 and not others:
        return (first,)
    parts = [first, *(part for part in others if not ROLE.fullmatch(part))]
    if others and len(parts) == 1 and " " in first:
        return (first,)
    is_list = name[len(first) :].lstrip().startswith(",")
    if others and is_list and FULL_NAME.fullmatch(first) and all(map(_is_no_person, others)):
        return (first,)
    if len(parts) > 1 and all(2 <= len(part.split()) <= 5 and not part.islower() for part in parts):
        return tuple(dict.fromkeys(parts))
    return (name,)


def _is_no_person(part: str) -> bool:
    """True if what stands behind a name and a comma is an office, a house or more than a name."""
    return bool(ROLE.fullmatch(part) or HOUSE.search(part)) or len(part.split()) > _MOST_WORDS


def extract_authors(index: Index, head: Head, site: Site, opener: str | None = None) -> Found:
    """Return the authors and the rule that found them.

    `opener` is the post's author according to the thread.

    A declaration that names the site itself counts only where no rule finds a person.
    """
    own = {fold(name) for name in (head.site_name, site.title, *_publishers(head)) if name}
    labels = {fold(name) for name in _labels(head.url)}
    slug = urlsplit(head.url).path.rstrip("/").rsplit("/", 1)[-1]
    bylines = Bylines(index, slug)
    lines = Lines(index, slug, lambda name: _is_house(name, own, labels))
    names, rule = _told(head, bylines, lines, opener)
    if len(names) == 1 and " " not in names[0]:
        shown = (name for told in (bylines.classed, lines.plain, lines.labelled) for name in _people(told()))
        if full := next((name for name in shown if name.startswith(f"{names[0]} ")), None):
            return (full,), f"{rule}, presented"
        lives = (*_lives(head, names[0]), *bylines.life())
        if full := next(filter(None, (presented(names[0], life) for life in lives)), None):
            return (full,), f"{rule}, presented"
    return names, rule


def _is_house(name: str, own: set[str], labels: set[str]) -> bool:
    """True if a name is the site's, or that of a house and not of a person.

    A full name may be that of the domain as well: many people write at an address of their own name.
    """
    folded = fold(name)
    if folded in own or HOUSE.search(name):
        return True
    return folded in labels and (not FULL_NAME.fullmatch(name) or _PAPER.match(name) is not None)


def _told(head: Head, bylines: Bylines, lines: Lines, opener: str | None) -> Found:
    """Return the most exact rule's names.

    Byline and meta elements together outvote JSON-LD.
    """
    rules: tuple[tuple[str, Callable[[], Iterable[str | None]]], ...] = (
        ("page:credit", lines.credited),
        ("page:json-ld", lambda: _json_ld(head)),
        ("page:byline", bylines.classed),
        ("page:microdata", bylines.microdata),
        ("page:meta", lambda: _meta(head)),
        ("page:plain-byline", lines.plain),
        ("page:metadata", lines.metadata),
        ("page:opening", lines.surely_opening),
        ("page:post-author", lambda: (opener,)),
        ("page:author-box", bylines.boxed),
        ("page:author-like", bylines.like),
        ("page:profile-link", bylines.profiled),
        ("page:avatar", bylines.pictured),
        ("page:label", lines.labelled),
        ("page:dateline", lines.dated),
        ("page:signature", lines.signature),
        ("page:agency", lines.agency),
        ("page:trafilatura", bylines.guessed),
    )
    signed: Found = ((), "none")
    crowded = False  # readers are marked as authors, or the works that the article cites
    for rule, told in rules:
        found = _people(told())
        crowded = crowded or (len(found) > _CROWD and rule in _SEEN_RULES)
        if crowded and rule in _SEEN_RULES | _LIKELY_RULES:
            continue
        if found and not all(map(lines.is_house, found)):
            if set(found) <= bylines.of_accounts() and (opened := _people(lines.opening())):
                return opened, "page:opening"
            shown = _people(bylines.classed()) if rule == "page:json-ld" else ()
            fuller = set(shown) > set(found) and not any(map(lines.is_house, shown))
            if fuller or (shown and set(shown) == set(_people(_meta(head))) != set(found)):
                return shown, "page:byline"
            return found, rule
        signed = signed if signed[0] or not found or rule == "page:meta" else (found, rule)
    houses = _people(_declared(head, organizations=True))
    if (signed[0] or houses) and (opened := _people(lines.opening())):
        return opened, "page:opening"
    if not signed[0] and houses:
        return houses, "page:json-ld"
    if not signed[0] and (account := bylines.account()):
        return (account,), "page:account"
    return signed


def _people(names: Iterable[str | None]) -> tuple[str, ...]:
    """Return the people of some bylines, each once."""
    parts = tuple(dict.fromkeys(part for name in names for part in _split(markup_to_line(name))))
    full = tuple(f"{name} " for name in parts if len(parts) > 1 and FULL_NAME.fullmatch(name))
    found = tuple(name for name in parts if not name.startswith(full))  # a name and what is printed behind it
    return found[:1] + tuple(
        name for name in found[1:] if IS_AGENCY.fullmatch(name) or not ROLE.fullmatch(name)
    )


def _labels(url: str) -> tuple[str, ...]:
    """Return the names in the host of an address.

    Of www.gazette.example the host less www, and the gazette.
    """
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return host, *host.split(".")[-2:-1]


def _json_ld(head: Head) -> list[str | None]:
    """Return the people that JSON-LD declares as authors, and news agencies."""
    names = _declared(head, organizations=False)
    return [*names, *filter(IS_AGENCY.fullmatch, _declared(head, organizations=True))]


def _declared(head: Head, *, organizations: bool) -> list[str]:
    """Return the names of the authors in JSON-LD that are organizations, or those of all others."""
    found: list[str | None] = []
    kinds = ((node, values(node.get("@type"))) for node in head.nodes)
    articles = [node for node, names in kinds if any(str(name).endswith("Article") for name in names)]
    told = max((values(node.get("author")) for node in (head.article, *articles)), key=len)
    for author in told or values(head.article.get("creator")):
        node = {"name": author} if isinstance(author, str) else resolve(head.nodes, author)
        if _is_organization(node) == organizations:
            found += [string(name) for name in values(node.get("name"))] or [_parts_of_name(node)]
    return [BYLINE_PREFIX.sub("", name) if _LABELLED.match(name) else name for name in found if name]


def _is_organization(node: Node) -> bool:
    """True if JSON-LD declares an organization; a blog's owner may be a person and one."""
    kinds = list(map(str, values(node.get("@type"))))
    return "Person" not in kinds and any(kind.endswith("Organization") for kind in kinds)


def _publishers(head: Head) -> Iterable[str | None]:
    """Return the names of the organizations that JSON-LD declares as the article's publishers."""
    nodes = (resolve(head.nodes, publisher) for publisher in values(head.article.get("publisher")))
    return [string(node.get("name")) for node in nodes if _is_organization(node)]


def _parts_of_name(node: Node) -> str | None:
    """Return the name of a person whose given and family name are declared apart."""
    parts = (string(node.get(key)) for key in ("givenName", "additionalName", "familyName"))
    return " ".join(part for part in parts if part) or None


def _lives(head: Head, name: str) -> list[str]:
    """How JSON-LD presents the person of this name."""
    people = (node for node in head.nodes if "Person" in values(node.get("@type")))
    return [life for node in people if node.get("name") == name and (life := string(node.get("description")))]


def _meta(head: Head) -> list[str | None]:
    for name in (
        "author",
        "parsely-author",
        "sailthru.author",
        "citation_author",
        "dc.creator",
        "article:author",
        "twitter:creator:name",
        "byl",
    ):
        found = [v for v in head.metas.get(name, ()) if not v.startswith(("http", "@"))]
        if found:
            return [BYLINE_PREFIX.sub("", value) for value in found]
    told = head.meta("twitter:data1")
    return [told] if told and _WRITTEN.search(head.meta("twitter:label1") or "") else []
