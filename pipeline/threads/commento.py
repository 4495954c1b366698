"""Threads in Commento: https://docs.commento.io/.

`POST /api/comment/list` gives a whole thread and its commenters, `POST /api/comment/count` the numbers of
many threads. By the public source of its client; no server of it was run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from archive.core.thread_address import ThreadAddress
from pipeline.html.dom import Index
from pipeline.threads.adapter import (
    ForeignRemark,
    Part,
    ThreadQuestion,
    ThreadReader,
    UnreadableThreadError,
    entries,
    ident,
    mapping,
    must_have,
    page_path,
    script_folder,
    text_value,
    whole_number,
)

_HOSTED = {"https://cdn.commento.io": "https://commento.io"}
"""Where the scripts of the hosted service lie, and where its API is."""
_ROOT = "root"
_ANONYMOUS = "anonymous"


class CommentoReader(ThreadReader):
    """Reader of Commento."""

    system = "Commento"
    marks = (b"/js/commento.js",)
    anchor = "commento-{}"
    counted_at_once = 100

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the thread of the page's path, or of the script's `data-page-id`."""
        folder = script_folder(index, "/js/commento.js", url)
        if folder is None:
            return None
        stated = (node.get("data-page-id") for node in index.tagged("script"))
        key = next(filter(None, stated), None) or page_path(url)
        site = urlsplit(url).netloc
        server = _HOSTED.get(folder, folder)
        return ThreadAddress(system=self.slug, server=server, key=key, site=site, article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the one question for a thread."""
        asked = {"commenterToken": _ANONYMOUS, "domain": thread.site, "path": thread.key}
        body = json.dumps(asked).encode()
        return ThreadQuestion(url=f"{thread.server}/api/comment/list", body=body)

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:  # noqa: ARG002
        """Return the whole thread."""
        found = mapping(answer)
        if found.get("success") is not True:
            message = text_value(found.get("message")) or "no success"
            raise UnreadableThreadError(f"it says “{message}”")
        people = mapping(found.get("commenters") or {}, "commenters")
        listed = entries(found.get("comments") or [], "comments")
        return Part(remarks=tuple(_remark(entry, people) for entry in listed))

    def ask_counts(self, threads: Sequence[ThreadAddress]) -> ThreadQuestion | None:
        """Return the question for the numbers of comments."""
        asked = {"domain": threads[0].site, "paths": [thread.key for thread in threads]}
        body = json.dumps(asked).encode()
        return ThreadQuestion(url=f"{threads[0].server}/api/comment/count", body=body)

    def read_counts(self, threads: Sequence[ThreadAddress], answer: Any) -> list[int] | None:
        """Return the numbers, 0 for a thread without comments."""
        found = mapping(answer)
        if found.get("success") is not True:
            return None
        told = mapping(found.get("commentCounts") or {}, "counts")
        return [whole_number(told.get(thread.key)) or 0 for thread in threads]


def _remark(entry: dict[str, Any], people: dict[str, Any]) -> ForeignRemark:
    parent = ident(entry.get("parentHex"))
    if parent == _ROOT:
        parent = None
    who = ident(entry.get("commenterHex")) or _ANONYMOUS
    person = mapping(people.get(who) or {}, "commenter")
    link = text_value(person.get("link"))
    if link and not link.startswith("http"):
        link = None
    return ForeignRemark(
        id=must_have(entry.get("commentHex")),
        parent=parent,
        author=text_value(person.get("name")),
        author_url=link,
        created=text_value(entry.get("creationDate")),
        markup=text_value(entry.get("html")),
        plain=text_value(entry.get("markdown")),
        is_shown=entry.get("deleted") is not True and entry.get("state") in {None, "approved"},
    )
