"""URLs of pictures.

The picture's own, where a delivery network precedes it. Pure.
"""

from __future__ import annotations

import re

from archive.core.urls import absolute

_NITRO = re.compile(r"^https?://[^/]*nitrocdn\.com/.+?/(?=[a-z0-9-]+(?:\.[a-z0-9-]+)+/)")
_NITRO_HOSTED = re.compile(r"^https?://[^/]*nitrocdn\.com/[^/]+/assets/[^/]+/[^/]+/[^/]+/(?P<rest>.+)$")
_PHOTON = re.compile(r"^https?://i\d\.wp\.com/(?P<rest>[^?]+)")
_CF_IMAGE = re.compile(r"/cdn-cgi/image/[^/]+/(?P<rest>.+)$")


def unwrap_image(url: str | None, base: str) -> str | None:
    """Return the image's own URL where a delivery network has rewritten it, if it is a URL."""
    found = absolute(url, base)
    if found is None:
        return None
    if match := _PHOTON.match(found):
        return f"https://{match['rest']}"
    if "nitrocdn.com/" in found:
        return _unwrap_nitro(found)
    if match := _CF_IMAGE.search(found):
        own = match["rest"]
        if not own.startswith("http"):
            own = f"/{own}"
        return absolute(own, found)
    return found


def _unwrap_nitro(url: str) -> str:
    match = _NITRO_HOSTED.match(url)
    if match and re.match(r"[a-z0-9-]+(\.[a-z0-9-]+)+/", match["rest"]):
        return f"https://{match['rest']}"
    stripped = _NITRO.sub("", url)
    if stripped == url:
        return url
    return f"https://{stripped}"
