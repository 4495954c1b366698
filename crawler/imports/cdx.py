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
_MORE = 4
"""How many times as many are asked for where an answer ends at the limit and names no way to go on."""
_BARREN = 20
"""How many answers without a new page are read before an index counts as read."""
_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
_WAYBACK = "web.archive.org"
_TIMESTAMP = "%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One capture that an index names; `at` is aware.

    `record` is the file in which it is, at which byte, and how many bytes, if the index states it.
    """

    url: str
    at: datetime
    digest: str
    record: tuple[str, int, int] | None = None

    @property
    def capture(self) -> tuple[str, datetime]:
        """Identity of a capture: what was received, and when."""
        return self.url, self.at


class WebArchive:
    """Web archive: the places of its index and its replay, and when a request is allowed again."""

    def __init__(self, index: str, replay: str | None, asking: Asking) -> None:
        self.name = urlsplit(index).netloc
        self._index = index
        if self.name == _WAYBACK:
            self._index = f"https://{_WAYBACK}/cdx/search/cdx"
        self._replay = (replay or _replay_beside(index)).rstrip("/")
        self._asking = asking

    def entries(self, site: Site, since: datetime | None, until: datetime | None) -> Iterator[IndexEntry]:
        """Yield the good captures of a site's pages, one of those with the same body in a row.

        Raises SiteError where the index does not respond, or not as expected.
        """
        query = _query(site, since, until)
        seen: set[tuple[str, datetime]] = set()
        digests: dict[str, str] = {}
        keys: set[str] = set()
        resume_key, limit, barren = "", _ENTRIES, 0
        while True:
            found, resume_key, rows = self._answer([*query, ("limit", str(limit))], resume_key)
            new = [entry for entry in found if entry.capture not in seen]
            for entry in new:
                seen.add(entry.capture)
                if not entry.digest or digests.get(entry.url) != entry.digest:
                    digests[entry.url] = entry.digest
                    yield entry
            barren = 0 if new else barren + 1  # as where it lists only other kinds of files
            is_next = bool(resume_key) and resume_key not in keys and barren <= _BARREN
            is_cut = not resume_key and rows >= limit  # as by pywb, which gives no key to go on with
            if not is_next and not (is_cut and new):
                return
            keys.add(resume_key)
            limit *= _MORE if is_cut else 1

    def _answer(self, query: list[tuple[str, str]], resume_key: str) -> tuple[list[IndexEntry], str, int]:
        """Return the entries from a key on, and the next key.

        The third value is the number of rows.
        """
        if resume_key:
            query = [*query, ("resumeKey", resume_key)]
        separator = "?"
        if "?" in self._index:
            separator = "&"
        body, _ = self._asking.get(f"{self._index}{separator}{urlencode(query)}")
        return _read(body, self.name)

    def capture(self, entry: IndexEntry, source: str) -> Observed | Fault:
        """Return the page of an entry as it was received, or why it cannot be had."""
        quoted = quote(entry.url, safe=_KEPT)
        url = f"{self._replay}/{_timestamp(entry.at)}id_/{quoted}"
        try:
            body, headers = self._asking.get(url)
        except SiteError as error:
            return Fault(place=self.name, url=entry.url, why=str(error))
        if len(body) > LARGEST_BYTES:
            why = f"It is larger than {LARGEST_BYTES >> 20} MiB."
            return Fault(place=self.name, url=entry.url, why=why)
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
    address, _, _ = index.partition("?")
    return address.rstrip("/").removesuffix("/cdx").removesuffix("-index")


def _query(site: Site, since: datetime | None, until: datetime | None) -> list[tuple[str, str]]:
    """Return the parameters for a site's pages in a period."""
    parts = urlsplit(site.url)
    path = parts.path.rstrip("/")
    query = [
        ("url", f"{parts.netloc}{path}/*"),
        ("output", "json"),
        ("filter", "statuscode:200"),
        ("filter", "mimetype:text/html"),
        ("showResumeKey", "true"),
    ]
    bounds = {"from": since, "to": until}
    query += [(name, _timestamp(bound)) for name, bound in bounds.items() if bound is not None]
    return query


def _timestamp(at: datetime) -> str:
    return at.strftime(_TIMESTAMP)


def _read(body: bytes, name: str) -> tuple[list[IndexEntry], str, int]:
    """Return the entries of an index's response, the key to continue with ("" at its end), and its rows.

    It is an array of arrays, an object a line, or text. Raises SiteError for any other form.
    """
    text = body.decode("utf-8", "replace").strip()
    try:
        rows, key = _rows(text)
        return [entry for row in rows if (entry := entry_of(row)) is not None], key, len(rows)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SiteError(
            f"{name} gave no CDX list: {text[:80]!r}.", hint="Give the URL of its CDX server."
        ) from error


def _rows(text: str) -> tuple[list[dict[str, str]], str]:
    """Return the rows of a response, and the next key."""
    if text.startswith("[") and not text.startswith("[{"):
        return _table(json.loads(text))
    lines = text.splitlines()
    if not text or text.startswith("{"):
        return [json.loads(line) for line in lines], ""
    if "<" in text[:100]:
        raise ValueError(text[:100])
    rows = (line.split() for line in lines if line.strip())
    return [dict(zip(_FIELDS, row, strict=False)) for row in rows], ""


def _table(table: list[list[str]]) -> tuple[list[dict[str, str]], str]:
    """Return the rows below the head of a table."""
    if not table:
        return [], ""
    head, *rows = table
    key = ""
    if rows and table[-2] == []:
        key = rows[-1][0]
    whole = [row for row in rows if len(row) == len(head) and len(row) > 1]
    return [dict(zip(head, row, strict=True)) for row in whole], key


def entry_of(row: dict[str, str]) -> IndexEntry | None:
    """Return the capture of a line of an index, if it is a page with status 200."""
    url = str(row.get("original") or row.get("url") or "")
    at = datetime.strptime(str(row["timestamp"]), _TIMESTAMP).replace(tzinfo=UTC)
    status = str(row.get("statuscode", row.get("status", "200")))
    if status not in {"200", "-"} or not url.startswith("http"):
        return None
    kind = str(row.get("mimetype", row.get("mime", "")))
    if kind and "html" not in kind and kind != "warc/revisit":
        return None
    digest = str(row.get("digest", ""))
    return IndexEntry(url=url, at=at, digest=digest, record=_record(row))


def _record(row: dict[str, str]) -> tuple[str, int, int] | None:
    """Return the stated place of a record in a WARC file."""
    file, offset, length = (str(row.get(name) or "") for name in ("filename", "offset", "length"))
    if file and offset.isdecimal() and length.isdecimal():
        return file, int(offset), int(length)
    return None
