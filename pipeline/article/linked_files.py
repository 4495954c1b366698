"""Files of an article's text: pictures that it shows, documents and sound that it links.

Does not: fetch any. An emoji, a tracking pixel and a picture that is written into the page are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urldefrag

from lxml.html import HtmlElement

from archive.core import urls
from archive.core.records import LinkedFile
from pipeline.article.embeds import contents, is_inside
from pipeline.html.dom import Index, attribute, text_of, tokens
from pipeline.html.images import unwrap_image

_DOCUMENT = re.compile(
    r"\.(?:pdf|docx?|odt|rtf|xlsx?|ods|csv|tsv|pptx?|odp|epub|json|geojson|kml|kmz|gpx|xml|txt|zip)$",
    re.IGNORECASE,
)
_AUDIO = re.compile(r"\.(?:mp3|ogg|oga|opus|m4a|wav|flac)$", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|bmp|tiff?|svg)$", re.IGNORECASE)
_PAGES = re.compile(r"/feed/?$|sitemap", re.IGNORECASE)
_NO_PICTURES = frozenset({"wp-smiley", "emoji", "avatar", "gravatar"})
_LAZY = ("data-orig-file", "data-lazy-src", "data-src", "data-original", "nitro-lazy-src", "src")
_MOST = 500  # files of one article
_LONGEST_ALT = 500  # characters


def read_files(index: Index, boxes: Sequence[HtmlElement], base: str) -> tuple[LinkedFile, ...]:
    """Return the files of the text in their order, each URL once.

    `boxes` are the elements that hold the text; where there is none, the page's article or main counts.
    """
    places = list(boxes) or contents(index)
    found: dict[str, LinkedFile] = {}
    for node in index.tagged("img", "a", "audio", "source"):
        is_wanted = _is_sound(node, places) if node.tag == "source" else is_inside(node, places)
        if is_wanted and len(found) < _MOST:
            for file in _files(node, base):
                found.setdefault(file.url, file)
    return tuple(found.values())


def _is_sound(node: HtmlElement, places: Sequence[HtmlElement]) -> bool:
    parent = node.getparent()
    return parent is not None and parent.tag == "audio" and is_inside(parent, places)


def _files(node: HtmlElement, base: str) -> Iterator[LinkedFile]:
    if node.tag == "img":
        stated = next((value for name in _LAZY if _is_address(value := attribute(node, name))), "")
        url = unwrap_image(stated, base)
        if url and url.startswith("http") and not _is_no_picture(node, url):
            yield LinkedFile(
                kind="picture", url=urldefrag(url)[0], alt=attribute(node, "alt")[:_LONGEST_ALT] or None
            )
        return
    url = urls.absolute(attribute(node, "href", "src"), base)
    if url and url.startswith("http") and (kind := _kind_of(url)):
        said = text_of(node)[:_LONGEST_ALT] or None
        yield LinkedFile(kind=kind, url=urldefrag(url)[0], alt=said)


def _kind_of(url: str) -> str | None:
    path = urls.path_of(url)
    if _PAGES.search(path):
        return None
    for kind, pattern in (("document", _DOCUMENT), ("audio", _AUDIO), ("picture", _PICTURE)):
        if pattern.search(path):
            return kind
    return None


def _is_address(value: str) -> bool:
    return bool(value) and not value.startswith(("data:", "about:", "blob:"))


def _is_no_picture(node: HtmlElement, url: str) -> bool:
    is_pixel = {node.get("width"), node.get("height")} & {"0", "1"}
    return bool(is_pixel) or bool(tokens(node) & _NO_PICTURES) or "/images/core/emoji/" in url
