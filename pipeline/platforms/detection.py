"""Detection of the system that runs a site, by marks of its front page.

Pure. Knows generators, scripts and elements, and the proofs that each system allows.
Does not: read articles or comments; fetch anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree, html

from archive.core.records import Page

_STATIC = "It is a static site: it has no comments of its own, and a foreign comment system is named."
_THREADS = "Its comments are read from the pages, and proved only as far as a page states their number."


@dataclass(frozen=True, slots=True)
class Platform:
    """System that runs sites.

    `generator` is a pattern at the start of the generator that a page names, in any case. `marks` are
    patterns in its markup. `comments` is a sentence for people on its comments, "" for WordPress.
    """

    name: str
    generator: str
    marks: tuple[bytes, ...] = ()
    comments: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """Platform of a site, with the version that it states, or None."""

    platform: Platform
    version: str | None = None

    @property
    def label(self) -> str:
        """Name and version, such as "Ghost 5.87"."""
        return " ".join(filter(None, [self.platform.name, self.version]))


PLATFORMS = (
    Platform(
        "WordPress",
        r"wordpress",
        (rb"""rel=["']https://api\.w\.org/["']""", rb"/wp-(?:content|includes)/(?:themes|plugins|js|css)/"),
    ),
    Platform(
        "Ghost",
        r"ghost\b",
        (rb"data-ghost(?:-search)?=", rb"/ghost/(?:portal|comments-ui|sodo-search)@", rb"ghost-sdk"),
        "Its comments are filled in by a script; they are read from its API where a page names it.",
    ),
    Platform(
        "Drupal",
        r"drupal",
        (
            rb"data-drupal-(?:selector|settings-selector|link)",
            rb"Drupal\.settings",
            rb"/sites/(?:default|all)/",
        ),
        _THREADS,
    ),
    Platform("Joomla", r"joomla", (rb"/media/(?:jui|system)/js/", rb"joomla-script-options"), _THREADS),
    Platform("Movable Type", r"movable ?type", (rb"/mt-static/", rb"/mt-comments\.(?:cgi|fcgi)"), _THREADS),
    Platform("TypePad", r"https?://www\.typepad\.com|typepad", (rb"static\.typepad\.com",), _THREADS),
    Platform(
        "Blogger",
        r"blogger",
        (rb"www\.blogger\.com/(?:static|feeds|rearrange|dyn-css)", rb"blogger_template"),
        _THREADS,
    ),
    Platform(
        "Substack",
        r"substack",
        (rb"substackcdn\.com", rb"substack\.com/(?:api|embed)"),
        "Its comments are filled in by a script; they are not archived yet.",
    ),
    Platform("Hugo", r"hugo\b", (), _STATIC),
    Platform("Jekyll", r"jekyll", (), _STATIC),
    Platform("Eleventy", r"eleventy", (), _STATIC),
    Platform("Hexo", r"hexo\b", (), _STATIC),
    Platform("Gatsby", r"gatsby", (rb"""id=["']___gatsby["']""",), _STATIC),
)
"""Known systems. The first whose generator fits is taken, else the first with a mark."""

_VERSION = re.compile(r"\d+(?:\.\d+)*")


def detect(page: Page) -> Detected | None:
    """Return the system that a page tells of, or None.

    A stated generator is believed before any other mark; several are tried in their order.
    """
    generators = _generators(page)
    for generator in generators:
        for platform in PLATFORMS:
            if re.match(platform.generator, generator, re.IGNORECASE):
                version = _VERSION.search(generator)
                return Detected(platform=platform, version=version[0] if version else None)
    for platform in PLATFORMS:
        if any(re.search(mark, page.body, re.IGNORECASE) for mark in platform.marks):
            return Detected(platform=platform)
    return None


def proof_sentences(detected: Detected, *, has_sitemap: bool) -> tuple[str, ...]:
    """Return sentences on what can and what cannot be proved.

    None for WordPress, whose surfaces are described one by one. `has_sitemap` is True where a sitemap
    lists articles.
    """
    if not detected.platform.comments:
        return ()
    if has_sitemap:
        articles = (
            "`verify` proves its articles by its sitemap and its feed; what both omit cannot be proved."
        )
    else:
        articles = "It has no sitemap that lists articles, so their completeness cannot be proved."
    return articles, detected.platform.comments


def _generators(page: Page) -> list[str]:
    if not page.body.strip():
        return []
    try:
        tree = html.fromstring(page.body)
    except (etree.LxmlError, ValueError):
        return []
    metas = (meta for meta in tree.iter("meta") if (meta.get("name") or "").lower() == "generator")
    stated = [(meta.get("content") or "").strip() for meta in metas]
    header = page.header("x-generator")
    return [generator for generator in [*stated, header] if generator]
