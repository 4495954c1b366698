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
    if parts.netloc == _HOST or parts.path.endswith(f"/{_LIST}"):
        return True
    return _INDEX.search(parts.path) is not None


class CommonCrawl:
    """One crawl of Common Crawl, or all of them; `data` is the URL below which its files are."""

    def __init__(self, index: str, data: str | None, asking: Asking) -> None:
        self.name = urlsplit(index).netloc
        self._index = index
        self._data = (data or _DATA).rstrip("/")
        self._asking = asking

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
        url = f"https://{_HOST}/{_LIST}"
        if parts.path.endswith(_LIST):
            url = self._index
        body, _ = self._asking.get(url)
        crawls = self._json(body)
        if not isinstance(crawls, list):
            raise self._not_an_index(crawls)
        return [str(crawl["cdx-api"]) for crawl in reversed(crawls) if _overlaps(crawl, since, until)]

    def _entries(self, index: str, site: Site) -> Iterator[IndexEntry]:
        try:
            for page in range(self._page_count(index, site)):
                query = _query(site, page=str(page))
                body, _ = self._asking.get(f"{index}?{query}")
                for line in body.splitlines():
                    entry = entry_of(self._json(line))
                    if entry is not None:
                        yield entry
        except NotThereError:
            return  # it has nothing of the site
        except (KeyError, TypeError, ValueError) as error:
            raise self._not_an_index(error) from error

    def _page_count(self, index: str, site: Site) -> int:
        """Return how many pages an index has of a site."""
        query = _query(site, showNumPages="true")
        body, _ = self._asking.get(f"{index}?{query}")
        stated = pages = self._json(body)
        if isinstance(stated, dict):
            pages = stated["pages"]
        if not isinstance(pages, int):
            raise self._not_an_index(stated)
        return pages

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


def _query(site: Site, **wanted: str) -> str:
    """Return the query for a site's pages in an index."""
    parts = urlsplit(site.url)
    path = parts.path.rstrip("/")
    return urlencode({"url": f"{parts.netloc}{path}/*", "output": "json", **wanted})


def _overlaps(crawl: dict[str, Any], since: datetime | None, until: datetime | None) -> bool:
    """True if a crawl may have captures of a span; also where its time is not stated."""
    try:
        first = datetime.fromisoformat(crawl["from"]).replace(tzinfo=UTC)
        last = datetime.fromisoformat(crawl["to"]).replace(tzinfo=UTC)
    except (KeyError, TypeError, ValueError):
        return True
    is_before = since is not None and last < since
    is_after = until is not None and first >= until
    return not is_before and not is_after
