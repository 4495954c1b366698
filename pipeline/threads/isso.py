"""Threads in Isso: https://isso-comments.de/docs/reference/server-api/.

`GET /?uri=KEY` gives a whole thread, replies below what they answer, one level deep; `POST /count` the
numbers of many threads. A removed comment with replies keeps an empty place (mode 4). SQLite gives the number
of a removed last comment to the next one, so that a comment is identified by its number and the second of its
creation. Checked against the server 0.14 in `tests/crawl/test_isso.py`; earlier ones count top-level comments
alone at the root, so that `hidden_replies` shows the completeness.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from archive.core.thread_address import ThreadAddress
from pipeline.html.dom import Index
from pipeline.threads.adapter import (
    ForeignRemark,
    Part,
    ThreadQuestion,
    ThreadReader,
    UnreadableThreadError,
    all_known,
    entries,
    ident,
    mapping,
    moment_of_seconds,
    must_have,
    page_path,
    script_folder,
    server_of,
    text_value,
    whole_number,
    whole_thread,
)

_REMOVED = 4  # the mode of an empty place
_SCRIPTS = ("/js/embed.min.js", "/js/embed.dev.js", "/js/count.min.js")


class IssoReader(ThreadReader):
    """Reader of Isso."""

    system = "Isso"
    marks = (b"isso-thread",)
    anchor = "isso-{}"
    counted_at_once = 100

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the thread that a page embeds.

        The server is named by `data-isso`, or by the place of the script. The key is `data-isso-id`, or the
        path of the page.
        """
        box = next(iter(index.named("isso-thread")), None)
        if box is None:
            return None
        server = _server(index, url)
        if server is None:
            return None
        key = box.get("data-isso-id") or page_path(url)
        return ThreadAddress(system=self.slug, server=server, key=key, article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the one question for a thread."""
        return ThreadQuestion(url=f"{thread.server}/?{urlencode({'uri': thread.key})}")

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:  # noqa: ARG002
        """Return the whole thread."""
        root = mapping(answer)
        top = entries(root.get("replies"), "replies")
        if whole_number(root.get("total_replies")) is None:
            raise UnreadableThreadError("it states no number of replies")
        every = list(whole_thread(top, _replies))
        names = {must_have(entry.get("id")): _name(entry) for entry in every}
        remarks = tuple(_remark(entry, names) for entry in every)
        hidden = sum(map(_hidden_replies, (root, *top)))
        shown = [remark for remark in remarks if remark.is_shown]
        return Part(remarks=remarks, stated=len(shown) + hidden, withheld=hidden)

    def ask_counts(self, threads: Sequence[ThreadAddress]) -> ThreadQuestion | None:
        """Return the question for the numbers of comments."""
        keys = [thread.key for thread in threads]
        return ThreadQuestion(url=f"{threads[0].server}/count", body=json.dumps(keys).encode())

    def read_counts(self, threads: Sequence[ThreadAddress], answer: Any) -> list[int] | None:
        """Return the numbers, if there are as many as threads."""
        if not isinstance(answer, list) or len(answer) != len(threads):
            return None
        return all_known(map(whole_number, answer))


def _replies(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return entries(entry.get("replies", []), "replies")


def _server(index: Index, url: str) -> str | None:
    """Return the server in a script's `data-isso` or URL."""
    for node in index.tagged("script"):
        if node.get("data-isso"):
            return server_of(node.get("data-isso"), url)
    folders = (script_folder(index, name, url) for name in _SCRIPTS)
    return next(filter(None, folders), None)


def _hidden_replies(entry: dict[str, Any]) -> int:
    stated = whole_number(entry.get("hidden_replies"))
    return max(0, stated or 0)


def _name(entry: dict[str, Any]) -> str:
    created = moment_of_seconds(entry.get("created"))
    if created is None:
        raise UnreadableThreadError("a comment has no time")
    number = must_have(entry.get("id"))
    return f"{number}@{int(created.timestamp())}"


def _remark(entry: dict[str, Any], names: dict[str, str]) -> ForeignRemark:
    parent = ident(entry.get("parent"))
    if parent is not None:
        parent = names.get(parent, parent)
    return ForeignRemark(
        id=_name(entry),
        parent=parent,
        number=str(entry["id"]),
        author=text_value(entry.get("author")),
        author_url=text_value(entry.get("website")),
        created=moment_of_seconds(entry.get("created")),
        markup=text_value(entry.get("text")),
        is_shown=entry.get("mode") != _REMOVED,
    )
