"""Paths and headers of Memento (RFC 7089), and its lists in link-format and CDX.

Every URL in a header is escaped first, so that no stored text can end one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from archive.files.mementos import REPLAY_VARIABLE, Memento
from archive.files.sort_key import sort_key
from archive.public.web import site_url

Locate = Callable[[str], str]
"""From a path of ours to its URL with scheme and host."""
_IN_URL = "!#$%&'()*+,/:;=?@[]~-._"
CDX_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "witness")


def is_published(datasette: Any) -> bool:
    """True if the operator publishes raw pages.

    By `replay` in the metadata, which decides where it is given, or by `--replay`.
    """
    settings = datasette.plugin_config("backissue") or {}
    if "replay" in settings:
        return settings["replay"] is True
    return os.environ.get(REPLAY_VARIABLE) == "1"


def locator(datasette: Any, request: Any) -> Locate:
    """Return the function from a path of ours to its URL."""
    return lambda path: site_url(datasette, request, datasette.urls.path(path))


def link_header(datasette: Any, request: Any, url: str | None) -> dict[str, str]:
    """Return the Link header of an article's page; nothing while raw pages are not published."""
    if not url or not is_published(datasette):
        return {}
    return {"link": ", ".join(general_links(locator(datasette, request), url))}


def escaped_url(url: str) -> str:
    """Return a URL escaped for a header and for another URL's path."""
    return quote(url, safe=_IN_URL)


def gate_path(url: str) -> str:
    """Return the path of a URL's TimeGate."""
    return f"memento/timegate/{escaped_url(url)}"


def map_path(url: str) -> str:
    """Return the path of a URL's TimeMap."""
    return f"memento/timemap/{escaped_url(url)}"


def memento_path(memento: Memento) -> str:
    """Return the path of a raw page."""
    return f"memento/{memento.stamp}/{escaped_url(memento.url)}"


def general_links(locate: Locate, url: str) -> list[str]:
    """Return the links that every answer about a URL has."""
    return [
        f'<{escaped_url(url)}>; rel="original"',
        f'<{locate(gate_path(url))}>; rel="timegate"',
        f'<{locate(map_path(url))}>; rel="timemap"; type="application/link-format"',
    ]


def neighbour_links(locate: Locate, found: Sequence[Memento], here: int) -> list[str]:
    """Return the links from one memento to itself, its neighbours, the first and the last one."""
    relations: dict[int, list[str]] = {}
    for place, relation in ((0, "first"), (here - 1, "prev"), (here + 1, "next"), (len(found) - 1, "last")):
        if 0 <= place < len(found):
            relations.setdefault(place, []).append(relation)
    relations.setdefault(here, [])
    ordered = sorted(relations)
    return [_link(locate, found[place], relations[place]) for place in ordered]


def time_map(locate: Locate, url: str, found: Sequence[Memento]) -> Iterator[str]:
    """Yield the lines of a TimeMap in link-format (RFC 6690)."""
    here = locate(map_path(url))
    span = f'from="{_date(found[0])}"; until="{_date(found[-1])}"'
    yield f'<{escaped_url(url)}>; rel="original",\n'
    yield f'<{locate(gate_path(url))}>; rel="timegate",\n'
    yield f'<{here}>; rel="self"; type="application/link-format"; {span}'
    for place, memento in enumerate(found):
        ends = []
        if place == 0:
            ends.append("first")
        if place == len(found) - 1:
            ends.append("last")
        yield f",\n{_link(locate, memento, ends)}"
    yield "\n"


def cdx_rows(found: Sequence[Memento]) -> list[dict[str, str]]:
    """Return the CDX fields of mementos, named as in the Wayback Machine.

    `digest` is SHA-256 in hex.
    """
    return [_cdx_row(memento) for memento in found]


def cdx_text(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows of an index as lines of CDX, a blank between fields."""
    lines = []
    for row in rows:
        fields = (quote(row[name], safe=_IN_URL) for name in CDX_FIELDS)
        lines.append(" ".join(fields))
    return "".join(f"{line}\n" for line in lines)


def cdx_json(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows of an index as a JSON array of arrays, the names first."""
    lists: list[list[str]] = []
    if rows:
        lists.append(list(CDX_FIELDS))
    lists += [[row[name] for name in CDX_FIELDS] for row in rows]
    return json.dumps(lists, ensure_ascii=False)


def _cdx_row(memento: Memento) -> dict[str, str]:
    return {
        "urlkey": sort_key(memento.url),
        "timestamp": memento.stamp,
        "original": memento.url,
        "mimetype": memento.mime,
        "statuscode": str(memento.status),
        "digest": f"sha256:{memento.digest}",
        "witness": memento.witness or "-",
    }


def date_header(memento: Memento) -> str:
    """Return the value of Memento-Datetime."""
    return _date(memento)


def _link(locate: Locate, memento: Memento, relations: Sequence[str]) -> str:
    names = " ".join([*relations, "memento"])
    url = locate(memento_path(memento))
    return f'<{url}>; rel="{names}"; datetime="{_date(memento)}"'


def _date(memento: Memento) -> str:
    return format_datetime(memento.at, usegmt=True)
