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
    read = _parsed_once if len(body) <= _REMEMBERED_BYTES else _parsed
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
        return etree.fromstring(_clean(decoded.text).encode("utf-8"), parser), decoded
    except (etree.LxmlError, ValueError):
        return None, decoded


_parsed_once = lru_cache(maxsize=2)(_parsed)


def local_name(element: etree._Element) -> str:
    """Return a tag's local name; "" for non-elements."""
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _clean(source: str) -> str:
    """Return the source without declarations, unknown entities and what is no character."""
    declaration = _DECLARATION.match(source)
    source = _without_doctype(source[declaration.end() :] if declaration else source)
    source = _NAMED.sub(lambda named: _unescaped(named[0]), source)
    source = _LONG_REFERENCE.sub("", source)
    return _NO_CHARACTER.sub("", _REFERENCE.sub(_referenced, source))


def _without_doctype(source: str) -> str:
    begin = source.find("<!DOCTYPE", 0, DOCTYPE_CHARACTERS)
    if begin < 0:
        return source
    plain, subset = source.find(">", begin), source.find("[", begin)
    if 0 <= subset < plain:
        plain = source.find(">", max(plain, source.find("]", subset, begin + DOCTYPE_CHARACTERS)))
    return source if plain < 0 else source[:begin] + source[plain + 1 :]


def _unescaped(named: str) -> str:
    found = entities.unescape(named)
    return named if found == named or set(found) & set("<>&\"'") else found


def _referenced(reference: re.Match[str]) -> str:
    """Return a character reference, or "" if invalid in XML."""
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    known = number in (9, 10, 13) or 0x20 <= number <= 0xD7FF or 0xE000 <= number <= 0xFFFD
    return reference[0] if known or 0x10000 <= number <= 0x10FFFF else ""
