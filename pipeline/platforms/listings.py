"""Listings of articles by APIs: WordPress' REST, and those of other systems."""

from __future__ import annotations

from archive.core.records import Extract, Page, Site
from pipeline.platforms.registry import PLATFORMS
from pipeline.platforms.wordpress import rest

_APIS = tuple(platform.api for platform in PLATFORMS if platform.api)


def parse_listing(page: Page, site: Site) -> Extract:
    """Return the articles of a listing, by the system whose answer it is."""
    api = next((api for api in _APIS if api.entries(page) is not None), None)
    return api.parse(page, site) if api else rest.parse_posts(page, site)
