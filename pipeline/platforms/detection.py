"""Detection of the system that runs a site, by signs on its front page.

Pure. Contains generators, scripts and elements, and the proofs that each system allows.
Does not: read articles or comments; fetch anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree, html

from archive.core.records import Page
from pipeline.platforms.adapter import Platform
from pipeline.platforms.registry import PLATFORMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """Platform of a site, with the version that it states, if any."""

    platform: Platform
    version: str | None = None

    @property
    def label(self) -> str:
        """Name and version, such as "Ghost 5.87"."""
        if not self.version:
            return self.platform.name
        return f"{self.platform.name} {self.version}"


_VERSION = re.compile(r"\d+(?:\.\d+)*")


def detect(page: Page) -> Detected | None:
    """Return the system that a page has signs of, if any.

    A stated generator is believed before any other sign; several are tried in their order.
    """
    for generator in _generators(page):
        for platform in PLATFORMS:
            if re.match(platform.generator, generator, re.IGNORECASE):
                version = _VERSION.search(generator)
                return Detected(platform=platform, version=version and version[0])
    for platform in PLATFORMS:
        if any(re.search(mark, page.body, re.IGNORECASE) for mark in platform.marks):
            return Detected(platform=platform)
    return None


def proof_sentences(detected: Detected, *, has_sitemap: bool) -> tuple[str, ...]:
    """Return sentences on what can and what cannot be proved.

    Empty for WordPress, whose surfaces are described one by one. `has_sitemap` is True where a sitemap lists
    articles.
    """
    if not detected.platform.comments:
        return ()
    if has_sitemap:
        articles = (
            "`verify` proves its articles by its sitemap and its feed; what both omit cannot be proved."
        )
    else:
        articles = "It has no sitemap that lists articles, so their completeness cannot be proved."
    return articles, detected.platform.comments, *detected.platform.limits


def _generators(page: Page) -> list[str]:
    if not page.body.strip():
        return []
    try:
        tree = html.fromstring(page.body)
    except (etree.LxmlError, ValueError):
        return []
    metas = [meta for meta in tree.iter("meta") if meta.get("name", "").lower() == "generator"]
    stated = [meta.get("content", "").strip() for meta in metas]
    header = page.header("x-generator")
    return [generator for generator in [*stated, header] if generator]
