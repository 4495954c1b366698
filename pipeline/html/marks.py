"""Signs by which a page declares itself an article, or reports a withheld part.

Contains the vocabularies of themes and paywalls.
Invariant: a sign is quoted, not judged; the archive decides what a page without any may change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml.html import HtmlElement

from archive.core.records import Problem
from pipeline.html.document import Document
from pipeline.html.dom import text_of, words
from pipeline.html.metadata import Head, values

_SINGLE = frozenset({"single", "single-post", "singular", "page", "attachment", "type-post"})
_ENTRY = words("entry-title hentry h-entry post-title td-post-title article-title entry-content post-content")
_DATES = frozenset({"page:json-ld", "page:og", "page:meta", "page:time"})
_PAYWALLS = words(
    "paywall paywall-message regwall registration-wall metered-content meter-wall subscriber-only "
    "subscription-required leaky_paywall_message_wrap leaky-paywall pmpro_content_message "
    "mepr-unauthorized mepr-unauthorized-message rcp-restricted rcp_restricted gated-content "
    "wc-memberships-content-restricted-message wcm-restriction-message memberful-marketing-content "
    "swpm-post-no-access-msg s2member-paywall"
)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def declares(document: Document, head: Head, rules: Mapping[str, str]) -> bool:
    """True if a page has any sign of an article.

    A class, an id, a declared type, a date.

    `rules` are those that found the page's facts, by field.
    """
    return bool(
        head.marks & _SINGLE
        or "post_id" in rules
        or head.article
        or (head.meta("og:type") or "").lower() == "article"
        or rules.get("published") in _DATES
        or next(iter(document.index.having(_ENTRY)), None) is not None
    )


def metered(document: Document, head: Head) -> list[Problem]:
    """Return the problem of a page that reports a withheld part of the article, if it does."""
    declared = any(str(value).lower() == "false" for value in values(head.article.get("isAccessibleForFree")))
    shown = any(_is_shown(node) for node in document.index.having(_PAYWALLS))
    if not declared and not shown:
        return []
    detail = "The page says that a part of it is for subscribers; what it shows may be less than the whole."
    return [Problem(code="metered", detail=detail, field="text")]


def _is_shown(node: HtmlElement) -> bool:
    return not _HIDDEN.search(node.get("style") or "") and bool(text_of(node))
