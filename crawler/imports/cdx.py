"""A web archive's CDX server and raw replay: the captures of a site, one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit

from archive.core.errors import SiteError
from archive.core.records import Page, PageKind, Site
from crawler.imports.asking import Asking
from pipeline.imports.observed import LARGEST_BYTES, Fault, Observed

_ENTRIES = 5000
"""Captures that are asked for at once."""
_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
_WAYBACK = "web.archive.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One capture that an index names; `at` is aware.

    `record` is the file in which it is, at which byte, and how many bytes, if the index states it.
    """

    url: str
    at: datetime
    digest: str
    record: tuple[str, int, int] | None = None


class WebArchive:
    """Web archive: the places of its index and its replay, and when a request is allowed again."""

    def __init__(self, index: str, replay: str | None, asking: Asking) -> None:
        parts = urlsplit(index)
        self.name = parts.netloc
        self._index = f"https://{_WAYBACK}/cdx/search/cdx" if parts.netloc == _WAYBACK else index
        self._replay = (replay or _replay_beside(index)).rstrip("/")
        self._asking = asking

    def entries(self, site: Site, since: datetime | None, until: datetime | None) -> Iterator[IndexEntry]:
        """Yield the good captures of a site's pages, one of those with the same body in a row.

        Raises SiteError where the index does not respond, or not as expected.
        """
        parts = urlsplit(site.url)
        asked = [
            ("url", f"{parts.netloc}{parts.path.rstrip('/')}/*"),
            ("output", "json"),
            ("filter", "statuscode:200"),
            ("filter", "mimetype:text/html"),
            ("limit", str(_ENTRIES)),
            ("showResumeKey", "true"),
        ]
        asked += [("from", f"{since:%Y%m%d%H%M%S}")] if since else []
        asked += [("to", f"{until:%Y%m%d%H%M%S}")] if until else []
        key, seen, last = "", set[tuple[str, datetime]](), dict[str, str]()
        while True:
            query = urlencode([*asked, *([("resumeKey", key)] if key else [])])
            body, _ = self._asking.get(f"{self._index}{'&' if '?' in self._index else '?'}{query}")
            found, key = _read(body, self.name)
            new = [entry for entry in found if (entry.url, entry.at) not in seen]
            for entry in new:
                seen.add((entry.url, entry.at))
                if not entry.digest or last.get(entry.url) != entry.digest:
                    last[entry.url] = entry.digest
                    yield entry
            if not key or not new:
                return

    def capture(self, entry: IndexEntry, source: str) -> Observed | Fault:
        """Return the page of an entry as it was received, or why it cannot be had."""
        url = f"{self._replay}/{entry.at:%Y%m%d%H%M%S}id_/{quote(entry.url, safe=_KEPT)}"
        try:
            body, headers = self._asking.get(url)
        except SiteError as error:
            return Fault(place=self.name, url=entry.url, why=str(error))
        if len(body) > LARGEST_BYTES:
            return Fault(place=self.name, url=entry.url, why=f"It is larger than {LARGEST_BYTES >> 20} MiB.")
        page = Page(
            source=source,
            kind=PageKind.ARTICLE,
            url=entry.url,
            final_url=entry.url,
            status=200,
            headers=headers,
            fetched_at=entry.at,
            body=body,
        )
        return Observed(page=page, witness=self.name)


_KEPT = ":/?#[]@!$&'()*+,;=%"


def _replay_beside(index: str) -> str:
    """Return the URL of the replay.

    Next to the index, as in pywb; the Wayback Machine has its own place.
    """
    if urlsplit(index).netloc == _WAYBACK:
        return f"https://{_WAYBACK}/web"
    return index.partition("?")[0].rstrip("/").removesuffix("/cdx").removesuffix("-index")


def _read(body: bytes, name: str) -> tuple[list[IndexEntry], str]:
    """Return the entries of an index's response, and the key to continue with, "" at its end.

    It is an array of arrays, an object a line, or text. Raises SiteError for any other form.
    """
    text = body.decode("utf-8", "replace").strip()
    try:
        rows, key = _rows(text)
        return [entry for row in rows if (entry := entry_of(row)) is not None], key
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SiteError(
            f"{name} gave no CDX list: {text[:80]!r}.", hint="Give the URL of its CDX server."
        ) from error


def _rows(text: str) -> tuple[list[dict[str, str]], str]:
    if text.startswith("[") and (not text.startswith("[{")):
        table = json.loads(text)
        key = table[-1][0] if len(table) > 1 and table[-2] == [] else ""
        lines = [row for row in table[1:] if len(row) == len(table[0])] if table else []
        return [dict(zip(table[0], row, strict=True)) for row in lines if len(row) > 1], key
    lines = text.splitlines()
    if not text or text.startswith("{"):
        return [json.loads(line) for line in lines], ""
    if "<" in text[:100]:
        raise ValueError(text[:100])
    return [dict(zip(_FIELDS, line.split(), strict=False)) for line in lines if line.strip()], ""


def entry_of(row: dict[str, str]) -> IndexEntry | None:
    """Return the capture of a line of an index, if it is a page with status 200."""
    url = str(row.get("original") or row.get("url") or "")
    at = datetime.strptime(str(row["timestamp"]), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    status, kind = (
        str(row.get("statuscode", row.get("status", "200"))),
        str(row.get("mimetype", row.get("mime", ""))),
    )
    if status not in {"200", "-"} or (kind and "html" not in kind and kind != "warc/revisit"):
        return None
    if not url.startswith("http"):
        return None
    file, *where = (str(row.get(name) or "") for name in ("filename", "offset", "length"))
    record = (file, int(where[0]), int(where[1])) if file and all(map(str.isdecimal, where)) else None
    return IndexEntry(url=url, at=at, digest=str(row.get("digest", "")), record=record)
