"""A web archive's CDX server and raw replay, asked politely: the captures of a site, one by one.

Invariant: at most 24 questions a minute, and none while the server has asked to be left alone.
"""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from archive.core.errors import SiteError
from archive.core.records import Page, PageKind, Site
from archive.core.timestamps import retry_after
from pipeline.imports.observed import LARGEST_BYTES, Fault, Observed

CDX_PAUSE_SECONDS = 60 / 24
_TRIES = 5
LONGEST_WAIT_SECONDS = 600.0
TIMEOUT_SECONDS = 60
_ENTRIES = 5000
"""Captures that are asked for at once."""
_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
_WAYBACK = "web.archive.org"
_BUSY = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.GATEWAY_TIMEOUT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One capture that an index names; `at` is aware."""

    url: str
    at: datetime
    digest: str


class WebArchive:
    """One web archive: where its index and its replay are, and when it may be asked again."""

    def __init__(
        self,
        index: str,
        replay: str | None = None,
        *,
        agent: str,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(index)
        self.name = parts.netloc
        self._index = f"https://{_WAYBACK}/cdx/search/cdx" if parts.netloc == _WAYBACK else index
        self._replay = (replay or _replay_beside(index)).rstrip("/")
        self._agent, self._sleep, self._clock = agent, sleep, clock
        self._next = 0.0

    def entries(self, site: Site, since: datetime | None, until: datetime | None) -> Iterator[_Entry]:
        """Yield the captures of a site's pages that answered well, one of those with the same body in a row.

        Raises SiteError where the index does not answer, or with something else.
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
            body, _ = self._get(f"{self._index}{'&' if '?' in self._index else '?'}{query}")
            found, key = _read(body, self.name)
            new = [entry for entry in found if (entry.url, entry.at) not in seen]
            for entry in new:
                seen.add((entry.url, entry.at))
                if not entry.digest or last.get(entry.url) != entry.digest:
                    last[entry.url] = entry.digest
                    yield entry
            if not key or not new:
                return

    def capture(self, entry: _Entry, source: str) -> Observed | Fault:
        """Return the page of an entry as it was received, or why it cannot be had."""
        url = f"{self._replay}/{entry.at:%Y%m%d%H%M%S}id_/{quote(entry.url, safe=_KEPT)}"
        try:
            body, headers = self._get(url)
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

    def _get(self, url: str) -> tuple[bytes, tuple[tuple[str, str], ...]]:
        """Return body and headers of an answer, unpacked. Raises SiteError after some tries."""
        why = "it did not answer"
        for number in range(_TRIES):
            self._wait()
            request = Request(url, headers={"User-Agent": self._agent, "Accept-Encoding": "identity"})  # noqa: S310
            try:
                with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - http alone gets here
                    headers = tuple((name.lower(), value) for name, value in answer.headers.items())
                    return _unpacked(answer.read(LARGEST_BYTES + 1), dict(headers)), _kept(headers)
            except HTTPError as error:
                why = f"it answers {error.code}"
                asked = retry_after(error.headers.get("Retry-After"), datetime.now(UTC))
                if error.code not in _BUSY:
                    break
                self._leave(asked if asked is not None else CDX_PAUSE_SECONDS * 2.0**number)
            except (URLError, HTTPException, OSError, EOFError, zlib.error, ValueError) as error:
                why = f"it cannot be reached or read ({error})"
                self._leave(CDX_PAUSE_SECONDS * 2.0**number)
        raise SiteError(f"{self.name} did not give {url}: {why}.", hint="Try the same again later.")

    def _wait(self) -> None:
        left = self._next - self._clock()
        if left > 0:
            self._sleep(left)
        self._next = max(self._clock(), self._next) + CDX_PAUSE_SECONDS

    def _leave(self, seconds: float) -> None:
        self._next = max(self._next, self._clock() + min(seconds, LONGEST_WAIT_SECONDS))


_KEPT = ":/?#[]@!$&'()*+,;=%"


def _replay_beside(index: str) -> str:
    """Return where replay is: beside the index, as of pywb; the Wayback Machine has its own place."""
    if urlsplit(index).netloc == _WAYBACK:
        return f"https://{_WAYBACK}/web"
    return index.partition("?")[0].rstrip("/").removesuffix("/cdx").removesuffix("-index")


def _read(body: bytes, name: str) -> tuple[list[_Entry], str]:
    """Return the entries of an index's answer, and the key to go on with, "" at its end.

    It is an array of arrays, an object a line, or words. Raises SiteError for anything else.
    """
    text = body.decode("utf-8", "replace").strip()
    try:
        rows, key = _rows(text)
        return [entry for row in rows if (entry := _entry(row)) is not None], key
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


def _entry(row: dict[str, str]) -> _Entry | None:
    url = str(row.get("original") or row.get("url") or "")
    at = datetime.strptime(str(row["timestamp"]), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    status, kind = (
        str(row.get("statuscode", row.get("status", "200"))),
        str(row.get("mimetype", row.get("mime", ""))),
    )
    if status not in {"200", "-"} or (kind and "html" not in kind and kind != "warc/revisit"):
        return None
    return _Entry(url=url, at=at, digest=str(row.get("digest", ""))) if url.startswith("http") else None


def _unpacked(body: bytes, headers: dict[str, str]) -> bytes:
    coding = headers.get("content-encoding", "").strip().lower()
    if coding == "gzip" and body.startswith(b"\x1f\x8b"):
        return gzip.decompress(body)
    return zlib.decompress(body) if coding == "deflate" else body


def _kept(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the headers that are the page's own, as far as a web archive hands them on."""
    return tuple(pair for pair in headers if pair[0] in {"content-type", "content-language", "last-modified"})
