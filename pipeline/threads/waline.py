"""Threads in Waline: https://waline.js.org/en/reference/server/api.html.

`GET /api/comment?path=KEY` gives a page of top-level comments with all replies below them. Its number is that
of all comments; `type=count` gives the numbers of many threads. Both count the replies below a comment that
waits for a moderator, which nobody is shown. A thread of one page is whole by that page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
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
    page_number,
    page_path,
    scripts_of,
    server_of,
    setting,
    text_value,
    whole_number,
    whole_thread,
)

_SIZE = 100  # the most top-level comments that the server gives at once
_MILLISECONDS = 1000


class WalineReader(ThreadReader):
    """Reader of Waline, version 2 and newer."""

    system = "Waline"
    marks = (b"serverurl",)
    anchor = "{}"
    counted_at_once = 30

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the thread that the settings of a script name, by `path` or the path of the page."""
        script = scripts_of(index)
        if "waline" not in script.lower():
            return None
        server = server_of(setting(script, "serverURL"), url)
        if server is None:
            return None
        _, _, settings = script.partition("serverURL")
        key = setting(settings, "path") or page_path(url)
        return ThreadAddress(system=self.slug, server=server, key=key, article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the question for the first page."""
        return _page(thread, 1)

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:
        """Return one page of a thread, and the question for the next."""
        said = mapping(_value(answer), "data")
        every = list(whole_thread(entries(said.get("data"), "comments"), _replies))
        here = page_number(asked)
        pages = whole_number(said.get("totalPages")) or 0
        further: tuple[ThreadQuestion, ...] = ()
        if here < pages:
            further = (_page(thread, here + 1),)
        remarks = tuple(map(_remark, every))
        stated = len(every) if pages <= 1 else whole_number(said.get("count"))
        return Part(remarks=remarks, stated=stated, further=further)

    def ask_counts(self, threads: Sequence[ThreadAddress]) -> ThreadQuestion | None:
        """Return the question for the numbers of comments."""
        keys = ",".join(thread.key for thread in threads)
        query = urlencode({"type": "count", "url": keys})
        return ThreadQuestion(url=f"{threads[0].server}/api/comment?{query}")

    def read_counts(self, threads: Sequence[ThreadAddress], answer: Any) -> list[int] | None:
        """Return the numbers, if there are as many as threads."""
        value = _value(answer)
        if not isinstance(value, list):
            value = [value]
        if len(value) != len(threads):
            return None
        return all_known(map(whole_number, value))


def _page(thread: ThreadAddress, number: int) -> ThreadQuestion:
    asked = {"path": thread.key, "pageSize": _SIZE, "page": number, "sortBy": "insertedAt_asc"}
    return ThreadQuestion(url=f"{thread.server}/api/comment?{urlencode(asked)}")


def _value(answer: Any) -> Any:
    """Return the content of a response: bare in version 2, below `data` in 3."""
    if not isinstance(answer, dict) or "errno" not in answer:
        return answer
    if answer["errno"]:
        message = text_value(answer.get("errmsg")) or answer["errno"]
        raise UnreadableThreadError(f"it says “{message}”")
    return answer.get("data")


def _replies(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return entries(entry.get("children") or [], "replies")


def _remark(entry: dict[str, Any]) -> ForeignRemark:
    time = entry.get("time", entry.get("insertedAt"))
    created: datetime | str | None = text_value(time)
    if isinstance(time, int | float):
        created = moment_of_seconds(time / _MILLISECONDS)
    return ForeignRemark(
        id=must_have(entry.get("objectId")),
        parent=ident(entry.get("pid")) or ident(entry.get("rid")),
        author=text_value(entry.get("nick")),
        author_url=text_value(entry.get("link")),
        created=created,
        markup=text_value(entry.get("comment")),
    )
