"""Resource records of a WARC file: pages as a browser or another program made them, named as rendered.

Such a page is not what the server sent. Its header says which program made it: the metadata record beside it,
as we export one, or else the software of the file. Where a file has both forms of a page with one time, one
is taken: of our own exports the rendered page, otherwise the answer or whichever comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from archive.core import rendered
from archive.core.records import PageKind
from archive.exports.taken_pages import FACTS_HEADER, kind_in_facts
from pipeline.imports.observed import Item, Observed, PassedOver

UNNAMED = "a program that its file does not name"
_BOTH = "pages that their file has in another form as well"
_LARGEST_FIELDS = 1 << 20


class RenderedRecords:
    """The pages of one file in order; a resource waits for the metadata that may follow it."""

    def __init__(self) -> None:
        self._program = UNNAMED
        self._waiting: tuple[str, Observed] | None = None  # with the id of its record
        self._forms: dict[tuple[str, datetime], str] = {}  # the type of record of each page

    def next(self, record: Any, found: Item) -> Iterator[Item]:
        """Yield what is complete with this record, of which `found` was read."""
        if record.rec_type == "warcinfo":
            self._program = _fields(record).get("software", [self._program])[0]
        beside = record.rec_headers.get_header("WARC-Concurrent-To")
        if self._waiting and record.rec_type == "metadata" and beside == self._waiting[0]:
            told = _fields(record)
            self._waiting = (self._waiting[0], _with_notes(self._waiting[1], told))
        yield from self.end()
        if not isinstance(found, Observed):
            yield found
        elif _is_served(record) or self._is_other_form(record, found):
            yield PassedOver(why=_BOTH)
        elif record.rec_type == "resource":
            page = replace(found.page, headers=(*found.page.headers, (rendered.HOW, self._program)))
            self._waiting = (record.rec_headers.get_header("WARC-Record-ID"), replace(found, page=page))
        else:
            yield found

    def _is_other_form(self, record: Any, found: Observed) -> bool:
        """True of a page that another type of record had before."""
        which = (found.page.url, found.page.fetched_at)
        return self._forms.setdefault(which, record.rec_type) != str(record.rec_type)

    def end(self) -> Iterator[Item]:
        """Yield the page that waits, if one does."""
        if self._waiting:
            yield self._waiting[1]
        self._waiting = None


def _with_notes(found: Observed, told: dict[str, list[str]]) -> Observed:
    """Return a page with what the metadata beside it says of its making."""
    if "rendered-by" not in told:
        return found  # of another program, whose "via" is the page that led here
    headers = [(name, value) for name, value in found.page.headers if name != rendered.HOW]
    headers += [(rendered.HOW, told["rendered-by"][0])]
    headers += [(rendered.INCOMPLETE, clause) for clause in told.get("incomplete", [])]
    url = told.get("via", [found.page.url])[0]
    return replace(found, page=replace(found.page, url=url, headers=tuple(headers)))


def _is_served(record: Any) -> bool:
    """True of an answer that a browser of ours filled: the rendered page is in the file as well."""
    facts = record.rec_headers.get_header(FACTS_HEADER)
    return facts is not None and kind_in_facts(facts) is PageKind.SERVED


def _fields(record: Any) -> dict[str, list[str]]:
    """Return the "name: value" lines of a record's content, names in lower case."""
    text = record.content_stream().read(_LARGEST_FIELDS).decode("utf-8", "replace")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and value.strip():
            found.setdefault(name.strip().lower(), []).append(value.strip())
    return found
