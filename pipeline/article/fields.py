"""The facts about an article, each with the rule that found it.

Puts together what the head declares and what the page shows.
Invariant: a fact without a rule is no fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from htmldate import find_date
from lxml.html import HtmlElement

from archive.core.records import Moment, Site
from pipeline.article import terms, title
from pipeline.authors import select
from pipeline.dates import parse
from pipeline.html import images, metadata
from pipeline.html.document import Document
from pipeline.html.dom import (
    Index,
    attribute,
    below_body,
    elsewhere,
    has_class,
    is_longer,
    text_of,
    words,
)
from pipeline.html.metadata import Head, resolve, string, values
from pipeline.html.sanitize import line, markup_to_line

_DATE_CLASSES = words(
    "entry-date post-date published posted-on date entry-time post-time td-post-date "
    "tdb-author-date date-header entry-meta post-meta meta postmetadata byline "
    "article-date dateline postinfo post_date timestamp"
)
_FRAME = words(
    "related yarpp jp-relatedposts widget sidebar related-posts nav-links "
    "post-navigation tagcloud wp-block-latest-posts comments-area site-footer site-header"
)
_POSTS = words("post hentry type-post entry single-post article post-content entry-content")
_WRITTEN = words("entry-content wp-block-post-content")
_CHANGED = words("updated modified date-modified last-updated modified-date entry-modified")
_PUBLISHED = words("published entry-date")
_DATE_MARKS = {
    "published": (
        "datePublished",
        (
            "article:published_time",
            "og:published_time",
            "datepublished",
            "parsely-pub-date",
            "sailthru.date",
            "dc.date",
            "dcterms.created",
            "pubdate",
            "publishdate",
            "date",
        ),
        words("entry-date published post-date entry-time"),
    ),
    "modified": (
        "dateModified",
        ("article:modified_time", "og:updated_time", "datemodified", "lastmod", "last-modified"),
        words("updated modified"),
    ),
}
"""The key of JSON-LD, the names of <meta>, and the classes of <time> that state a date."""
_CHANGED_WORDS = re.compile(
    r"\W*(?:last\s)?(?:updated|modified|edited|aktualisiert|zuletzt|actualizado|modificado|mis à jour|"
    r"aggiornato|atualizado|bijgewerkt|uppdaterad|обновлено)\b(?!\sby\b)",
    re.IGNORECASE,
)
_CHANGED_LABEL = re.compile(rf"{_CHANGED_WORDS.pattern}\W*(?:on|at|am|le|el|il|op|den)?\W*$", re.IGNORECASE)
"""What stands right before the date of a change."""
_PROSE = 80
"""Paragraphs of this length are prose."""
_AROUND = 3
"""How many elements around a date may come behind its label."""
_NEAR = 30
"""How many elements below the title may come before its date."""
_ALONE = 40
"""Characters of the longest line of a date by itself."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_URL_MONTH = re.compile(r"/((?:19|20)\d{2})/(\d{1,2})/(?!\d)")
_URL_DAY = re.compile(r"/((?:19|20)\d{2})/(\d{1,2})/(\d{1,2})(?:/|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Fields of an article and the rule for each."""

    values: dict[str, Any]
    rules: dict[str, str]


def extract_fields(document: Document, head: Head, site: Site, opener: str | None = None) -> Facts:
    """Return all facts but the text and the thread.

    The thread must be out of the tree.

    `opener` is the author of the post according to the thread.
    """
    index = document.index
    language, language_rule = head.language, "page:lang"
    if not language:
        language, language_rule = site.language, "site:language"
    told: dict[str, tuple[Any, str]] = {
        "title": title.extract_title(index, head, site),
        "authors": select.extract_authors(index, head, site, opener),
        "published": _published(document, head, site, language),
        "modified": _modified(index, head, site),
        "description": _first(head, "og:description", "description", "twitter:description"),
        "language": (language, language_rule),
        "tags": terms.extract_terms(index, head, "tags"),
        "categories": terms.extract_terms(index, head, "categories"),
        "image": _image(document, head),
        "post_id": (head.post_id, head.post_id_rule),
        "type": (metadata.content_type(head.marks), "page:body-class"),
    }
    found: dict[str, Any] = {}
    rules: dict[str, str] = {}
    for name, (value, rule) in told.items():
        if value not in (None, ()):
            found[name] = value
            rules[name] = rule
    rules["url"] = head.url_rule
    return Facts(values=found, rules=rules)


def opening_day(document: Document, head: Head, site: Site) -> date | None:
    """Return the article's day by its dates alone, for comments without a year."""
    for raw, _ in _marks(document.index, head, "published"):
        if found := parse.iso(raw, site.timezone):
            return parse.day_of(found)
    return None


def _first(head: Head, *names: str) -> tuple[str | None, str]:
    for name in names:
        if value := markup_to_line(head.meta(name)):
            return value, _meta_rule(name)
    return markup_to_line(string(head.article.get("description"))), "page:json-ld"


def _meta_rule(name: str) -> str:
    """Return the rule of a <meta>."""
    return "page:og" if ":" in name and not name.startswith("twitter:") else "page:meta"


def _published(document: Document, head: Head, site: Site, language: str | None) -> tuple[Moment | None, str]:
    days: list[tuple[Moment, str]] = []
    for raw, rule in _marks(document.index, head, "published"):
        found = _stated(raw, site)
        if isinstance(found, datetime):
            return found, rule
        if found is not None:
            days.append((found, rule))
    printed = _printed(document.index, site, language)
    if days and printed and _is_time_of(printed[0], days[0][0]):
        return printed
    if days:
        return days[0]
    return printed or _below_title(document.index, site, language) or _guessed(document)


def _stated(raw: str, site: Site) -> Moment | None:
    """Return a date for machines."""
    return parse.iso(raw, site.timezone) or parse.rfc822(raw)


def _is_time_of(printed: Moment, day: Moment) -> bool:
    """True if a printed date is of the same time."""
    if not isinstance(printed, datetime):
        return False
    apart = parse.day_of(printed) - parse.day_of(day)
    return abs(apart.days) <= 1


def _marks(index: Index, head: Head, which: str) -> Iterator[tuple[str, str]]:
    """Yield machine-readable dates, most exact first."""
    return ((raw, rule) for raw, rule in _stated_marks(index, head, which) if raw)


def _stated_marks(index: Index, head: Head, which: str) -> Iterator[tuple[str | None, str]]:
    prop, metas, marks = _DATE_MARKS[which]
    yield string(head.article.get(prop)), "page:json-ld"
    for name in metas:
        yield head.meta(name), _meta_rule(name)
    if not head.article:
        pages = [node for node in head.nodes if "WebPage" in values(node.get("@type"))]
        for page in pages:
            yield string(page.get(prop)), "page:json-ld"
    for node in index.tagged("time", "abbr", "span", "meta", "div"):
        is_marked = node.tag in ("time", "abbr") and has_class(node, marks)
        if not is_marked and node.get("itemprop") != prop:
            continue
        if not _elsewhere(node):
            stated = attribute(node, "datetime", "content", "title")
            yield stated or text_of(node), "page:time"
    if which == "published":
        for node in _plain_times(index)[:1]:
            yield node.get("datetime"), "page:time"


def _plain_times(index: Index) -> list[HtmlElement]:
    """Return the <time> elements that may be the publication."""
    ends = index.place(_first_prose(index))
    found = []
    for node in index.tagged("time"):
        if not node.get("datetime") or _elsewhere(node) or _is_changed(node) or _is_quoted(node):
            continue
        if _in_post(node) or index.place(node) < ends:
            found.append(node)
    return found


def _first_prose(index: Index) -> HtmlElement:
    """Return the first long paragraph, or the last element without one."""
    prose = (node for node in index.tagged("p") if is_longer(node, _PROSE) and not _elsewhere(node))
    return next(prose, index.last)


def _in_post(node: HtmlElement) -> bool:
    """True if an element is in a post."""
    return any(outer.tag in ("article", "main") or has_class(outer, _POSTS) for outer in below_body(node))


def _is_quoted(node: HtmlElement) -> bool:
    """True if a date is in a quotation, such as an embedded post."""
    return any(outer.tag == "blockquote" for outer in below_body(node))


def _is_changed(node: HtmlElement) -> bool:
    """True if a date is marked as a change's."""
    if "dateModified" in node.get("itemprop", "").split():
        return True
    if has_class(node, _CHANGED) and not has_class(node, _PUBLISHED):
        return True
    return node.tag == "time" and _CHANGED_LABEL.search(_before(node)) is not None


def _before(node: HtmlElement) -> str:
    """Return the text right before an element, in the block around it or the element before."""
    for inner in islice(below_body(node), _AROUND):
        previous = inner.getprevious()
        text = line(previous.tail) or text_of(previous) if previous is not None else ""
        if text := text or line(inner.getparent().text) or "":
            return text[-_ALONE:]
    return ""


def _modified(index: Index, head: Head, site: Site) -> tuple[Moment | None, str]:
    for raw, rule in _marks(index, head, "modified"):
        if found := _stated(raw, site):
            return found, rule
    return None, "none"


def _printed(index: Index, site: Site, language: str | None) -> tuple[Moment, str] | None:
    """Return the date that the theme prints near the title."""
    for node in index.having(_DATE_CLASSES):
        if node.tag in ("body", "html", "article") or _elsewhere(node) or _is_changed(node):
            continue
        said = text_of(node)[:400]
        changed = _CHANGED_WORDS.search(said)
        said = said[: changed.start()] if changed else said  # the date behind it is another one
        if said and len(said) < 200 and (found := parse.printed(said, site.timezone, language)):
            return found, "page:printed"
    return None


def _below_title(index: Index, site: Site, language: str | None) -> tuple[Moment, str] | None:
    """Return an unlabelled date by itself among the first elements below the first heading."""
    headings = (*index.tagged("h1"), *index.tagged("h2"))
    heading = next((node for node in headings if not _elsewhere(node) and text_of(node)), None)
    if heading is None:
        return None
    for node in heading.xpath(f"following::*[position() <= {_NEAR}]"):
        text = _short_text(node)
        if _is_changed(node) or _is_quoted(node) or _CHANGED_WORDS.match(text):
            continue
        if _elsewhere(node) or _in_words(node):
            continue
        is_dated = len(text) <= _ALONE and _YEAR.search(text) is not None
        if is_dated and (found := parse.printed(text, site.timezone, language)):
            return found, "page:printed"
    return None


def _short_text(node: HtmlElement) -> str:
    """Return an element's own text, or a short paragraph's."""
    text = line(node.text)
    if not text and node.tag == "p" and not is_longer(node, _ALONE):
        return text_of(node)
    return text or ""


def _in_words(node: HtmlElement) -> bool:
    """True if a node is in what WordPress marks as the article's own words.

    A date there is one of which the article speaks.
    """
    return any(has_class(outer, _WRITTEN) for outer in below_body(node))


def _guessed(document: Document) -> tuple[date | None, str]:
    """Return the day by the URL, or by htmldate."""
    if match := _URL_DAY.search(document.page.final_url):
        year, month, day = map(int, match.groups())
        try:
            return date(year, month, day), "page:address"
        except ValueError:
            pass
    latest = document.page.fetched_at + timedelta(days=1)
    found = parse.iso(_htmldate(document, latest.date(), url=document.page.final_url))
    if found is None or parse.day_of(found) in _other_days(document.index):
        return _agreed(document, latest.date())
    return parse.day_of(found), "page:htmldate"


def _htmldate(
    document: Document, latest: date, *, extensive: bool = False, url: str | None = None
) -> str | None:
    """Return the day that htmldate finds."""
    try:
        return find_date(
            document.tree,
            extensive_search=extensive,
            original_date=True,
            url=url,
            max_date=latest.isoformat(),
        )
    except Exception:  # noqa: BLE001  # a third party's fault on one page
        return None


def _agreed(document: Document, latest: date) -> tuple[date | None, str]:
    """Return the day that htmldate finds anywhere in the page, if the address names the same month."""
    named = _URL_MONTH.search(document.page.final_url)
    if named is None:
        return None, "none"
    year, month = int(named[1]), int(named[2])
    day = parse.iso(_htmldate(document, latest, extensive=True))
    if day is None or (day.year, day.month) != (year, month):
        return None, "none"
    if day.day == 1:  # htmldate reads a month, as a link of the page has it, as its first day
        return None, "none"
    return parse.day_of(day), "page:htmldate, agreed"


def _other_days(index: Index) -> set[date]:
    """Return the days of all <time> elements that are not the publication."""
    right = _plain_times(index)
    others = [node for node in index.tagged("time") if node not in right]
    moments = [parse.iso(node.get("datetime")) for node in others]
    for node in index.having(_DATE_CLASSES):
        if is_longer(node, _PROSE):
            continue
        text = text_of(node)
        if _CHANGED_WORDS.match(text):
            moments.append(parse.printed(text, "UTC", None))
    return {parse.day_of(moment) for moment in moments if moment is not None}


def _image(document: Document, head: Head) -> tuple[str | None, str]:
    stated = next(iter(values(head.article.get("image"))), None)
    node = resolve(head.nodes, stated)
    in_object = string(node.get("url")) or string(node.get("contentUrl"))
    for raw, rule in (
        (head.meta("og:image", "og:image:url", "og:image:secure_url"), "page:og"),
        (in_object or string(stated), "page:json-ld"),
        (head.meta("twitter:image", "twitter:image:src"), "page:meta"),
        (_featured(document.index), "page:featured"),
    ):
        if found := images.unwrap_image(raw, document.base):
            return found, rule
    return None, "none"


def _featured(index: Index) -> str | None:
    for image in index.having({"wp-post-image"}):
        if image.tag == "img" and not _elsewhere(image):
            return (
                attribute(image, "nitro-lazy-src", "data-lazy-src", "data-src", "data-orig-file", "src")
                or None
            )
    return None


def _elsewhere(node: HtmlElement) -> bool:
    """True if a node belongs to lists of other articles or to the page's frame."""
    return elsewhere(node, _FRAME)
