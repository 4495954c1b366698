"""URLs of pictures: the largest of those that a page offers, and the picture's own behind a delivery network.

Pure.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from lxml.html import HtmlElement

from archive.core.urls import absolute
from pipeline.html.dom import attribute

_NITRO = re.compile(r"^https?://[^/]*nitrocdn\.com/.+?/(?=[a-z0-9-]+(?:\.[a-z0-9-]+)+/)")
_NITRO_HOSTED = re.compile(r"^https?://[^/]*nitrocdn\.com/[^/]+/assets/[^/]+/[^/]+/[^/]+/(?P<rest>.+)$")
_PHOTON = re.compile(r"^https?://i\d\.wp\.com/(?P<rest>[^?]+)")
_ORIGINALS = ("data-orig-file", "data-full-url")
"""What WordPress and its plugins call the file that was uploaded."""
_LAZY_SOURCES = ("data-lazy-src", "data-src", "data-original", "nitro-lazy-src")
_LAZY_CANDIDATES = ("data-lazy-srcset", "data-srcset", "nitro-lazy-srcset")
_LAZY = (*_LAZY_SOURCES, *_LAZY_CANDIDATES)
_SOURCES = (*_LAZY_SOURCES, "src")
_CANDIDATES = (*_LAZY_CANDIDATES, "srcset")
_DIGITS = re.compile(r"\d{1,6}", re.ASCII)
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)([wx])$")
_BACKGROUND = re.compile(r"background(?:-image)?\s*:[^;]*?url\(\s*[\"']?([^\"')]+)", re.IGNORECASE)
_MOST_CHARACTERS = 20_000  # of a list of candidates
_MOST_IN_STYLE = 2_000  # characters
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


def picture_address(image: HtmlElement) -> str:
    """Return the address of the largest picture that an element offers, "" without one.

    Candidates are its own and those of the <picture> around it. Those with a stated width are compared by
    width, all others by density; of equal ones the first counts, and its own address before all.
    """
    if original := attribute(image, *_ORIGINALS):
        return original
    own = attribute(image, *_SOURCES)
    if own.startswith("data:"):
        own = ""
    others = list(_others(image))
    unit = "w" if any(unit == "w" for _, _, unit in others) else "x"
    size = _width(image) if unit == "w" else 1.0
    offers = [(own, size), *((address, size) for address, size, its in others if its == unit)]
    address, _ = max(offers, key=lambda offer: offer[1] if offer[0] else -1.0)
    return address


def background_address(style: str) -> str:
    """Return the address of the background picture in a `style`, "" without one."""
    found = _BACKGROUND.search(style[:_MOST_IN_STYLE])
    return found[1].strip() if found else ""


def candidates(stated: str) -> Iterator[tuple[str, float, str]]:
    """Yield the candidates of a `srcset`: address, size, and its unit, "w" or "x".

    As in HTML, an address ends at white space, so that it may contain commas.
    """
    pieces = deque(stated[:_MOST_CHARACTERS].split())
    address = ""
    size = (1.0, "x")
    while pieces:
        piece = pieces.popleft()
        if not address:
            address = piece.strip(",")
            if piece.endswith(",") and address:
                yield address, *size
                address = ""
            continue
        stated_size, comma, rest = piece.partition(",")
        if found := _SIZE.match(stated_size):
            size = (float(found[1]), found[2])
        if comma:
            yield address, *size
            address, size = "", (1.0, "x")
            pieces.extendleft([rest] if rest else [])
    if address:
        yield address, *size


def _width(image: HtmlElement) -> float:
    """Return the stated width of what `src` leads to; 0.0 unless that is the picture itself."""
    width = (image.get("width") or "").strip()
    if attribute(image, *_LAZY) or not _DIGITS.fullmatch(width):
        return 0.0
    return float(width)


def _others(image: HtmlElement) -> Iterator[tuple[str, float, str]]:
    """Yield the candidates beside an image's own address."""
    picture = next((outer for outer in image.iterancestors() if outer.tag == "picture"), None)
    sources = [] if picture is None else picture.iterchildren("source")
    for node in (image, *sources):
        stated = attribute(node, *_CANDIDATES)
        yield from (each for each in candidates(stated) if not each[0].startswith("data:"))


def _unwrap_nitro(url: str) -> str:
    match = _NITRO_HOSTED.match(url)
    if match and re.match(r"[a-z0-9-]+(\.[a-z0-9-]+)+/", match["rest"]):
        return f"https://{match['rest']}"
    stripped = _NITRO.sub("", url)
    if stripped == url:
        return url
    return f"https://{stripped}"
