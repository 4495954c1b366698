"""Site of a URL: configured, built-in, or a default."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from archive.core.errors import ConfigError
from archive.core.nearest_name import nearest
from archive.core.records import Site
from crawler.config.config import Source, profile, profiles


def site_for(sources: Sequence[Source], name: str | None, url: str) -> Site:
    """Return the site of that name, or the site of the URL.

    A name may be a source of the configuration or a built-in site; raises ConfigError for another. Without a
    name, the site on the URL's host, or a default one of that host.
    """
    if name is not None:
        matching = (source for source in sources if source.name == name)
        named = next(matching, None)
        if named is None and name not in profiles():
            names = [*(source.name for source in sources), *profiles()]
            similar = nearest(name, names)
            listed = ", ".join(names)
            raise ConfigError(
                f"There is no source and no known site “{name}”{similar}.", hint=f"There are: {listed}."
            )
        return (named or profile(name)).site
    for source in (*sources, *map(profile, profiles())):
        if host_of(source.site.url) == host_of(url):
            return source.site
    parts = urlsplit(url)
    return Site(name="explain", url=f"{parts.scheme}://{parts.netloc}")


def host_of(url: str) -> str:
    """Return the host and port of a URL, without "www."."""
    return urlsplit(url).netloc.lower().removeprefix("www.")
