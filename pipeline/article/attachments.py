"""Files of an article: its pictures, and the documents, data files and sounds that it links or plays.

Only files in the text count; pictures of menus, authors and related articles do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from archive.core import urls
from pipeline.html import images
from pipeline.html.dom import Index, attribute, elsewhere, words

FILES_PER_ARTICLE = 500
"""Files of one article that are noted."""
_ENDINGS = {
    "document": "pdf doc docx odt rtf ppt pptx odp epub ps txt",
    "data": "csv tsv xls xlsx ods json geojson kml kmz gpx zip xml sqlite db parquet shp gz 7z",
    "audio": "mp3 m4a ogg oga wav opus flac",
    "image": "jpg jpeg png gif webp avif svg tif tiff",
}
_KIND_OF = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}
_ENDING = re.compile(r"\.([a-z0-9]{2,8})$", re.IGNORECASE)
_NO_TEXT = words("widget sidebar related comments comment-respond site-header site-footer avatar author-box")
_SHOWN = ("img", "amp-img", "source", "a", "audio", "video", "video-js", "embed", "object", "iframe")
_COVERS = words("wp-block-cover wp-block-cover__image-background wp-block-group has-background")


def read_attachments(index: Index, boxes: Iterable[HtmlElement], base: str) -> tuple[str, ...]:
    """Return the files of the text in their order, each as "kind:URL".

    `boxes` are the elements that the theme labels as the text; without any, all but sidebars counts.
    """
    inside = frozenset(boxes)
    found: dict[str, None] = {}
    for node in index.ordered([*index.tagged(*_SHOWN), *index.having(_COVERS)]):
        files = list(_of(node))
        if not files or not _is_in_text(node, inside):
            continue
        for kind, address in files:
            url = images.unwrap_image(address, base) if kind == "image" else urls.absolute(address, base)
            if url and urlsplit(url).hostname and len(found) < FILES_PER_ARTICLE:
                found.setdefault(f"{kind}:{url.partition('#')[0]}")
    return tuple(found)


def _is_in_text(node: HtmlElement, boxes: frozenset[HtmlElement]) -> bool:
    if (
        elsewhere(node, _NO_TEXT)
        or "emoji" in (node.get("class") or "")
        or "s.w.org" in (node.get("src") or "")
    ):
        return False
    outer = list(node.iterancestors())
    return (
        any(each in boxes for each in outer)
        if boxes
        else any(each.tag in ("article", "main") for each in outer)
    )


def _of(node: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield kind and address of each file that an element shows or links."""
    if node.tag in ("img", "amp-img"):
        if address := images.picture_address(node):
            yield "image", address
        return
    if address := images.background_address(node.get("style") or ""):
        yield "image", address
    if poster := node.get("poster"):
        yield "image", poster
    address = attribute(node, "href") if node.tag == "a" else attribute(node, "src", "data-src", "data")
    kind = file_kind(address)
    if kind is None and node.tag == "audio" and address:
        kind = "audio"
    if kind and (node.tag != "source" or kind == "audio"):
        yield kind, address


def file_kind(url: str) -> str | None:
    """Return the file kind of a URL by its ending, if it has one."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    found = _ENDING.search(path)
    return _KIND_OF.get(found[1].lower()) if found else None
