"""Threads in Cusdis: https://cusdis.com/doc.

`GET /api/open/comments` gives a page of top-level comments with all replies below them; its number is that of
the top level. By the public source of its widget; no server of it was run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from archive.core.thread_address import ThreadAddress
from pipeline.html.dom import Index
from pipeline.threads.adapter import (
    ForeignRemark,
    Part,
    ThreadQuestion,
    ThreadReader,
    child,
    entries,
    mapping,
    must_have,
    page_number,
    server_of,
    text_value,
    whole_number,
    whole_thread,
)


class CusdisReader(ThreadReader):
    """Reader of Cusdis."""

    system = "Cusdis"
    marks = (b"cusdis_thread",)
    anchor = "cusdis-{}"

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the thread that the attributes of `#cusdis_thread` name."""
        box = next(iter(index.named("cusdis_thread")), None)
        if box is None:
            return None
        server = server_of(box.get("data-host") or "https://cusdis.com", url)
        site = box.get("data-app-id")
        key = box.get("data-page-id")
        if not (server and site and key):
            return None
        return ThreadAddress(system=self.slug, server=server, key=key, site=site, article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the question for the first page."""
        return _page(thread, 1)

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:
        """Return one page of a thread, and the question for the next."""
        said = mapping(mapping(answer).get("data"), "data")
        top = entries(said.get("data"), "comments")
        here = page_number(asked)
        pages = whole_number(said.get("pageCount")) or 1
        further: tuple[ThreadQuestion, ...] = ()
        if here < pages:
            further = (_page(thread, here + 1),)
        return Part(
            remarks=tuple(_remarks(top, None)),
            stated=whole_number(said.get("commentCount")),
            counted=frozenset(must_have(entry.get("id")) for entry in top),
            further=further,
            withheld=sum(map(_lacking, whole_thread(top, _replies))),
        )


def _page(thread: ThreadAddress, number: int) -> ThreadQuestion:
    asked = {"appId": thread.site, "pageId": thread.key, "page": number}
    return ThreadQuestion(url=f"{thread.server}/api/open/comments?{urlencode(asked)}")


def _replies(entry: dict[str, Any]) -> list[dict[str, Any]]:
    listed = child(entry, "replies").get("data")
    return entries(listed or [], "replies")


def _lacking(entry: dict[str, Any]) -> int:
    """Return how many replies of a comment are counted and not given."""
    stated = whole_number(child(entry, "replies").get("commentCount")) or 0
    given = len(_replies(entry))
    return max(0, stated - given)


def _remarks(level: list[dict[str, Any]], parent: str | None) -> Iterator[ForeignRemark]:
    for entry in level:
        own = must_have(entry.get("id"))
        moderator = mapping(entry.get("moderator") or {}, "moderator")
        yield ForeignRemark(
            id=own,
            parent=parent,
            author=text_value(moderator.get("displayName")) or text_value(entry.get("by_nickname")),
            created=text_value(entry.get("createdAt")),
            markup=text_value(entry.get("parsedContent")),
            plain=text_value(entry.get("content")),
        )
        yield from _remarks(_replies(entry), own)
