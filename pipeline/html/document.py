"""An HTML answer as a tree, parsed once and shared by every reader of it.

Knows charsets and parsers. Its law: bytes that are wrong in the declared charset are read as the Windows
characters they mostly are, and nothing a page holds can make parsing fail.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement, document_fromstring
from selectolax.lexbor import LexborHTMLParser

from archive.core.records import Page
from pipeline.html.dom import Index

_META_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE
)
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WINDOWS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "iso8859-1": "cp1252", "ascii": "cp1252"}
_ONE_CLASS = etree.ElementDefaultClassLookup(element=HtmlElement)
"""One class for all elements: lxml's own choice of a class for each costs a Python call an element."""
_CONTROL = bytes([*range(9), 0x0B, *range(0x0E, 0x20), 0x7F])
"""Control characters, which no text holds."""
_FORM_FEED = bytes.maketrans(b"\x0c", b" ")
_REFERENCES = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|6553[45])(?!\d)|x0*(?:[0-8bcef]|1[\da-f]|fff[ef])(?![\da-f]));?",
    re.IGNORECASE,
)
"""The same characters by their numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A page's source and tree. `base` is what its relative links are resolved against."""

    page: Page
    source: str
    index: Index
    base: str

    @property
    def tree(self) -> HtmlElement:
        """The root element."""
        return self.index.tree


def parse(page: Page) -> Document | None:
    """The page as a document; None where it holds no element at all."""
    source = decode(page.body, page.header("content-type"))
    tree = to_tree(source)
    if tree is None:
        return None
    return Document(page=page, source=source, index=Index(tree), base=_base(tree, page.final_url))


def decode(body: bytes, content_type: str | None = None) -> str:
    """The text of a body: by its byte order mark, the header, its meta element, else by trial."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    header = _HEADER_CHARSET.search(content_type or "")
    meta = _META_CHARSET.search(body[:4096])
    for label in (header[1] if header else None, meta[1].decode("ascii") if meta else None, "utf-8"):
        known = _codec(label)
        if known is None:
            continue
        try:
            return body.decode(known)
        except UnicodeDecodeError:
            if known == "utf-8":
                return _mixed(body)
    return body.decode("cp1252", "replace")


def to_tree(source: str) -> HtmlElement | None:
    """The tree as libxml2 builds it, without comments and processing instructions."""
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True
    )
    parser.set_element_class_lookup(_ONE_CLASS)
    try:
        return document_fromstring(_clean(source), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def standard_tree(source: str) -> HtmlElement | None:
    """The tree as a browser builds it, for pages whose unclosed tags libxml2 hangs elsewhere."""
    markup = LexborHTMLParser(_clean(source).decode("utf-8")).html
    return to_tree(markup) if markup else None


def _clean(source: str) -> bytes:
    """The source in UTF-8 without control characters and what is no character at all."""
    for sign in "\ufffe\uffff":
        source = source.replace(sign, "")
    return _REFERENCES.sub("", source).encode("utf-8", "ignore").translate(_FORM_FEED, _CONTROL)


def _base(tree: HtmlElement, final_url: str) -> str:
    found = tree.find(".//base[@href]")
    href = found.get("href", "").strip() if found is not None else ""
    return href if href.startswith(("http://", "https://")) else final_url


def _codec(label: str | None) -> str | None:
    try:
        name = codecs.lookup(label or "").name
    except LookupError:
        return None
    return _WINDOWS.get(name, name)


def _mixed(body: bytes) -> str:
    """UTF-8 with stray Windows bytes in it, as old posts often are: each stray byte by itself."""
    out: list[str] = []
    while body:
        try:
            out.append(body.decode("utf-8"))
            break
        except UnicodeDecodeError as error:
            out.append(body[: error.start].decode("utf-8"))
            out.append(body[error.start : error.end].decode("cp1252", "replace"))
            body = body[error.end :]
            if len(out) > 2000:
                out.append(body.decode("utf-8", "replace"))
                break
    return "".join(out)
