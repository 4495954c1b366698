"""XML as sites send it, feeds and sitemaps alike: parsed in recovery, without network and without entities.

Does not: interpret RSS, Atom or sitemaps.
Invariant: any body gives a tree or no result; no character reference, tag or entity can make parsing fail.
"""

from __future__ import annotations

import html as entities
import re
from functools import lru_cache

from lxml import etree

from archive.core.answers.charsets import Decoded, decode

_REMEMBERED_BYTES = 4_000_000
"""A larger document is parsed by each of its readers; of smaller ones the last two are remembered."""
DOCTYPE_CHARACTERS = 65_536
"""A longer document type declaration is taken for text."""
_DECLARATION = re.compile(r"\s{0,100}<\?xml[^>]{0,1000}\?>")
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30});")
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,8})|(\d{1,9}))(?![0-9a-f]);?", re.IGNORECASE)
_LONG_REFERENCE = re.compile(r"&#(?:x[0-9a-f]{9,}|\d{10,});?", re.IGNORECASE)


def parse_xml(body: bytes, content_type: str | None = None) -> tuple[etree._Element | None, Decoded]:
    """Parse XML once; return its root, if any, and text.

    All readers of one response share the root, and never change it.
    """
    read = _parsed
    if len(body) <= _REMEMBERED_BYTES:
        read = _parsed_once
    return read(body, content_type)


def _parsed(body: bytes, content_type: str | None) -> tuple[etree._Element | None, Decoded]:
    decoded = decode(body.lstrip(), content_type)
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        text = _clean(decoded.text)
        return etree.fromstring(text.encode("utf-8"), parser), decoded
    except (etree.LxmlError, ValueError):
        return None, decoded


_parsed_once = lru_cache(maxsize=2)(_parsed)


def local_name(element: etree._Element) -> str:
    """Return a tag's local name; "" for non-elements."""
    if not isinstance(element.tag, str):
        return ""
    return element.tag.rpartition("}")[2].rpartition(":")[2]


def _clean(source: str) -> str:
    """Return the source without declarations, unknown entities and what is no character."""
    declaration = _DECLARATION.match(source)
    if declaration:
        source = source[declaration.end() :]
    source = _without_doctype(source)
    source = _NAMED.sub(lambda named: _unescaped(named[0]), source)
    source = _LONG_REFERENCE.sub("", source)
    return _NO_CHARACTER.sub("", _REFERENCE.sub(_referenced, source))


def _without_doctype(source: str) -> str:
    begin = source.find("<!DOCTYPE", 0, DOCTYPE_CHARACTERS)
    if begin < 0:
        return source
    plain = source.find(">", begin)
    subset = source.find("[", begin)
    if 0 <= subset < plain:
        subset_end = source.find("]", subset, begin + DOCTYPE_CHARACTERS)
        plain = source.find(">", max(plain, subset_end))
    if plain < 0:
        return source
    return source[:begin] + source[plain + 1 :]


def _unescaped(named: str) -> str:
    found = entities.unescape(named)
    if found == named or set(found) & set("<>&\"'"):
        return named
    return found


def _referenced(reference: re.Match[str]) -> str:
    """Return a character reference, or "" if invalid in XML."""
    hexadecimal, decimal = reference.groups()
    number = int(hexadecimal or decimal, 16 if hexadecimal else 10)
    is_control = number in (9, 10, 13)
    known = is_control or 0x20 <= number <= 0xD7FF or 0xE000 <= number <= 0xFFFD
    if known or 0x10000 <= number <= 0x10FFFF:
        return reference[0]
    return ""
