"""The readers of comment systems, and which of them reads a page's thread.

Does not: fetch, or contain an API. Invariant: where a page does not state all of a thread's address, or its
system is not read for a source, nothing is found, and the page keeps the problem that names the system.
"""

from __future__ import annotations

from archive.core.records import Page, Site
from archive.core.thread_address import ThreadAddress, thread_of
from pipeline.html import document
from pipeline.html.dom import Index
from pipeline.threads.adapter import Part, ThreadReader, UnreadableThreadError
from pipeline.threads.commento import CommentoReader
from pipeline.threads.coral import CoralReader
from pipeline.threads.cusdis import CusdisReader
from pipeline.threads.discourse import DiscourseReader
from pipeline.threads.disqus import DisqusReader
from pipeline.threads.ghost import GhostReader
from pipeline.threads.giscus import GiscusReader
from pipeline.threads.hyvor import HyvorReader
from pipeline.threads.isso import IssoReader
from pipeline.threads.remark42 import Remark42Reader
from pipeline.threads.substack import SubstackReader
from pipeline.threads.waline import WalineReader

_ALL: tuple[ThreadReader, ...] = (
    IssoReader(),
    Remark42Reader(),
    CommentoReader(),
    WalineReader(),
    DiscourseReader(),
    CusdisReader(),
    GhostReader(),
    SubstackReader(),
    DisqusReader(),
    GiscusReader(),
    CoralReader(),
    HyvorReader(),
)
READERS: dict[str, ThreadReader] = {reader.slug: reader for reader in _ALL}
"""All readers by their short names, in the order in which a page is searched for their marks."""


def find_thread(index: Index, url: str, site: Site) -> ThreadAddress | None:
    """Return the address of the thread that a page at `url` embeds, if it is one we read."""
    return next(filter(None, (reader.find(index, url) for reader in _readers_for(site))), None)


def thread_in(page: Page, site: Site) -> ThreadAddress | None:
    """Return the address of the thread that an article's page embeds, if it is one we read.

    A page without the signs of a reader of this source is not parsed.
    """
    body = page.body.lower()
    if not any(mark in body for reader in _readers_for(site) for mark in reader.marks):
        return None
    parsed = document.parse(page)
    return None if parsed is None else find_thread(parsed.index, page.final_url.partition("#")[0], site)


def _readers_for(site: Site) -> list[ThreadReader]:
    """Return the readers that a source wants, and has the keys for."""
    if not site.foreign_comments or site.comments == "none":
        return []
    return [each for each in READERS.values() if not each.needs_key or each.slug in site.thread_keys]


def read_part(page: Page) -> Part:
    """Return the content of a response of an API.

    Raises UnreadableThreadError with a clause for people.
    """
    thread = thread_of(page.url)
    reader = READERS.get(thread.system) if thread else None
    if thread is None or reader is None:
        raise UnreadableThreadError("this version has no reader for it")
    if page.status == 0:
        raise UnreadableThreadError(page.error or "there was no answer")
    if page.status != 200:
        raise UnreadableThreadError(f"it answered {page.status}")
    try:
        answer = reader.parse(page.final_url, page.body)
    except ValueError as error:
        raise UnreadableThreadError(f"its answer is no JSON ({error})") from error
    return reader.read(thread, page.final_url, answer)
