"""Common Crawl: its index, and the records that this names in files of its data host.

An index is a pywb server that answers with pages of JSON lines; each has the name of a WARC file, and where
in it one packed record begins and how long it is. See https://commoncrawl.org/get-started.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from archive.core.errors import SiteError
from archive.core.records import Site
from crawler.imports.asking import Asking, NotThereError
from crawler.imports.cdx import IndexEntry, entry_of
from pipeline.imports.observed import Fault, Observed, PassedOver
from pipeline.imports.warc import read_record

_HOST = "index.commoncrawl.org"
_DATA = "https://data.commoncrawl.org"
_INDEX = re.compile(r"/CC-MAIN-[^/]+-index/?$")
_LIST = "collinfo.json"
"""The list of all crawls, each with the URL of its index and its span of time."""


def is_common_crawl(url: str) -> bool:
    """True if a URL is that of Common Crawl, of one of its indexes, or of the list of them."""
    parts = urlsplit(url)
    return parts.netloc == _HOST or parts.path.endswith(f"/{_LIST}") or bool(_INDEX.search(parts.path))


class CommonCrawl:
    """One crawl of Common Crawl, or all of them; `data` is the URL below which its files are."""

    def __init__(self, index: str, data: str | None, asking: Asking) -> None:
        self.name = urlsplit(index).netloc
        self._index, self._data, self._asking = index, (data or _DATA).rstrip("/"), asking

    def entries(self, site: Site, since: datetime | None, until: datetime | None) -> Iterator[IndexEntry]:
        """Yield the good captures of a site's pages, one of those with the same body in a row.

        Raises SiteError where an index does not respond, or not as expected.
        """
        last = dict[str, str]()
        for index in self._indexes(since, until):
            for entry in self._entries(index, site):
                if not entry.digest or last.get(entry.url) != entry.digest:
                    last[entry.url] = entry.digest
                    yield entry

    def capture(self, entry: IndexEntry, source: str) -> Observed | Fault | PassedOver:
        """Return the page of an entry as it was received, or why it cannot be had."""
        if entry.record is None:
            return Fault(place=self.name, url=entry.url, why="The index does not say where its record is.")
        file, offset, length = entry.record
        try:
            packed, _ = self._asking.get(f"{self._data}/{file}", (offset, length))
        except SiteError as error:
            return Fault(place=self.name, url=entry.url, why=str(error))
        return read_record(packed, file, source, self.name)

    def _indexes(self, since: datetime | None, until: datetime | None) -> list[str]:
        """Return the URLs of the indexes, those of earlier crawls first."""
        parts = urlsplit(self._index)
        if _INDEX.search(parts.path):
            return [self._index]
        url = self._index if parts.path.endswith(_LIST) else f"https://{_HOST}/{_LIST}"
        crawls = self._json(self._asking.get(url)[0])
        if not isinstance(crawls, list):
            raise self._not_an_index(crawls)
        return [str(crawl["cdx-api"]) for crawl in reversed(crawls) if _overlaps(crawl, since, until)]

    def _entries(self, index: str, site: Site) -> Iterator[IndexEntry]:
        parts = urlsplit(site.url)
        asked = {"url": f"{parts.netloc}{parts.path.rstrip('/')}/*", "output": "json"}
        try:
            stated = self._json(
                self._asking.get(f"{index}?{urlencode({**asked, 'showNumPages': 'true'})}")[0]
            )
            pages = stated["pages"] if isinstance(stated, dict) else stated
            if not isinstance(pages, int):
                raise self._not_an_index(stated)
            for page in range(pages):
                body, _ = self._asking.get(f"{index}?{urlencode({**asked, 'page': page})}")
                for line in body.splitlines():
                    entry = entry_of(self._json(line))
                    if entry is not None:
                        yield entry
        except NotThereError:
            return  # it has nothing of the site
        except (KeyError, TypeError, ValueError) as error:
            raise self._not_an_index(error) from error

    def _json(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError as error:
            raise self._not_an_index(body[:80]) from error

    def _not_an_index(self, said: object) -> SiteError:
        return SiteError(
            f"{self.name} gave no list of captures: {said!r}.",
            hint="Give the URL of an index of Common Crawl, such as …/CC-MAIN-2024-10-index.",
        )


def _overlaps(crawl: dict[str, Any], since: datetime | None, until: datetime | None) -> bool:
    """True if a crawl may have captures of a span; also where its time is not stated."""
    try:
        first, last = (datetime.fromisoformat(crawl[name]).replace(tzinfo=UTC) for name in ("from", "to"))
    except (KeyError, TypeError, ValueError):
        return True
    return (since is None or last >= since) and (until is None or first < until)
