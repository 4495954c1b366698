"""Threads of Substack, which a script fills in: no documentation but that of its public clients.

`GET /api/v1/post/ID/comments` gives a whole thread with all its replies, to everybody for a public post. The
post's number is in the data that its page carries for its own script. A deleted comment keeps its place
without text. By the public source of clients; no server of it was run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from archive.core.thread_address import ThreadAddress
from pipeline.html.dom import Index
from pipeline.threads.adapter import (
    ForeignRemark,
    Part,
    ThreadQuestion,
    ThreadReader,
    entries,
    ident,
    mapping,
    must_have,
    scripts_of,
    server_of,
    text_value,
    whole_number,
    whole_thread,
)

_PRELOADS = re.compile(r'window\._preloads\s*=\s*JSON\.parse\(\s*("[^"\\]*(?:\\.[^"\\]*)*")\s*\)')


class SubstackReader(ThreadReader):
    """Reader of Substack's comments."""

    system = "Substack"
    marks = (b"window._preloads",)
    anchor = "comment-{}"

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the thread of the post that the page's data describe, if they are of this page."""
        post = _post(scripts_of(index))
        server = server_of("/", url)
        key = ident(post.get("id"))
        slug = urlsplit(url).path.rstrip("/").rpartition("/")[2]
        if not (server and key and slug and post.get("slug") == unquote(slug)):
            return None
        return ThreadAddress(system=self.slug, server=server, key=key, article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the question for the whole thread."""
        path = f"/api/v1/post/{quote(thread.key, safe='')}/comments"
        return ThreadQuestion(url=f"{thread.server}{path}?all_comments=true&sort=oldest_first")

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:  # noqa: ARG002
        """Return a whole thread."""
        top = entries(mapping(answer).get("comments"), "comments")
        return Part(
            remarks=tuple(_remarks(top, None, thread.article)),
            withheld=sum(map(_lacking, whole_thread(top, _replies))),
        )


def _post(script: str) -> dict[str, Any]:
    """Return the post in the data of a page, empty if there is none."""
    found = _PRELOADS.search(script)
    try:
        data = json.loads(json.loads(found[1])) if found else {}
    except (ValueError, RecursionError):
        return {}
    post = data.get("post") if isinstance(data, dict) else None
    return post if isinstance(post, dict) else {}


def _replies(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return entries(entry.get("children") or [], "children")


def _lacking(entry: dict[str, Any]) -> int:
    """Return how many replies a comment counts where none is given."""
    return 0 if _replies(entry) else whole_number(entry.get("children_count")) or 0


def _remarks(level: list[dict[str, Any]], parent: str | None, article: str) -> Iterator[ForeignRemark]:
    for entry in level:
        own = must_have(entry.get("id"))
        body = text_value(entry.get("body"))
        yield ForeignRemark(
            id=own,
            parent=parent,
            author=text_value(entry.get("name")),
            created=text_value(entry.get("date")),
            plain=body,
            link=f"{article.rstrip('/')}/comment/{own}",
            is_shown=body is not None and entry.get("deleted") is not True,
        )
        yield from _remarks(_replies(entry), own, article)
