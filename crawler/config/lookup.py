"""Which site's rules an address is read by: a configured source, a known site, or none in particular."""

from __future__ import annotations

from urllib.parse import urlsplit

from archive.core.records import Site
from crawler.config.config import Config, profile, profiles


def site_for(config: Config, name: str | None, url: str) -> Site:
    """The site named, else the one at home at the address, else a plain one of that address.

    A name may be a source of the configuration or a known site. Raises ConfigError for another.
    """
    if name is not None:
        known = name in profiles() and all(source.name != name for source in config.sources)
        return (profile(name) if known else config.source(name)).site
    for source in (*config.sources, *map(profile, profiles())):
        if home(source.site.url) == home(url):
            return source.site
    parts = urlsplit(url)
    return Site(name="explain", url=f"{parts.scheme}://{parts.netloc}")


def home(url: str) -> str:
    """The host and port of an address, without "www."."""
    return urlsplit(url).netloc.lower().removeprefix("www.")
