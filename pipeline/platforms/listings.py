"""Listings of articles by APIs: WordPress' REST, and those of other systems."""

from __future__ import annotations

from archive.core.records import Extract, Page, Site
from pipeline.platforms.registry import PLATFORMS
from pipeline.platforms.wordpress import rest

_APIS = tuple(platform.api for platform in PLATFORMS if platform.api)


def parse_listing(page: Page, site: Site) -> Extract:
    """Return the articles of a listing, by the system whose answer it is."""
    for api in _APIS:
        if api.entries(page) is not None:
            return api.parse(page, site)
    return rest.parse_posts(page, site)
