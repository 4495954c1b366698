"""The sign beside a heading that links to the heading itself.

Generators of static sites print one, such as "¶" or "#".
Invariant: only a sign in a link to a place of a page is blanked; the link keeps its name.
"""

from __future__ import annotations

from lxml.html import HtmlElement

_SIGNS = frozenset("¶#§🔗⚓")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def blank_heading_links(tree: HtmlElement) -> None:
    """Remove the signs of links to headings from them."""
    for heading in tree.iter(*_HEADINGS):
        for link in heading.iter("a"):
            if not len(link) and (link.text or "").strip() in _SIGNS and "#" in link.get("href", ""):
                link.text = None
