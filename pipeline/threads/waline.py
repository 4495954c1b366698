"""Threads in Waline: https://waline.js.org/en/reference/server/api.html.

`GET /api/comment?path=KEY` gives a page of top-level comments with all replies below them. Its number is that
of all comments; `type=count` gives the numbers of many threads. Checked by hand against the server 1.39.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from archive.core.thread_address import ThreadAddress
from pipeline.html.dom import Index
from pipeline.threads.adapter import (
    ForeignRemark,
    Part,
    ThreadQuestion,
    UnreadableThreadError,
    entries,
    ident,
    mapping,
    moment_of_seconds,
    must_have,
    page_path,
    scripts_of,
    server_of,
    setting,
    text_value,
    whole_number,
)

_SIZE = 100  # the most top-level comments that the server gives at once
_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True)
class WalineReader:
    """Reader of Waline, version 2 and newer."""

    system: str = "Waline"
    slug: str = "waline"
    marks: tuple[bytes, ...] = (b"serverurl",)
    anchor: str = "{}"
    needs_key: bool = False
    counted_at_once: int = 30

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the thread that the settings of a script name, by `path` or the path of the page."""
        script = scripts_of(index)
        if "waline" not in script.lower():
            return None
        server = server_of(setting(script, "serverURL"), url)
        if server is None:
            return None
        key = setting(script.partition("serverURL")[2], "path") or page_path(url)
        return ThreadAddress(system=self.slug, server=server, key=key, article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the question for the first page."""
        return _page(thread, 1)

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:
        """Return one page of a thread, and the question for the next."""
        said = mapping(_value(answer), "data")
        every = list(_walk(entries(said.get("data"), "comments")))
        here = int(parse_qs(urlsplit(asked).query)["page"][0])
        pages = whole_number(said.get("totalPages")) or 0
        return Part(
            remarks=tuple(map(_remark, every)),
            stated=whole_number(said.get("count")),
            further=(_page(thread, here + 1),) if here < pages else (),
        )

    def ask_counts(self, threads: Sequence[ThreadAddress]) -> ThreadQuestion | None:
        """Return the question for the numbers of comments."""
        asked = {"type": "count", "url": ",".join(thread.key for thread in threads)}
        return ThreadQuestion(url=f"{threads[0].server}/api/comment?{urlencode(asked)}")

    def read_counts(self, threads: Sequence[ThreadAddress], answer: Any) -> list[int] | None:
        """Return the numbers; None where there are not as many as threads."""
        value = _value(answer)
        found = [whole_number(each) for each in (value if isinstance(value, list) else [value])]
        numbers = [each for each in found if each is not None]
        return numbers if len(numbers) == len(found) == len(threads) else None


def _page(thread: ThreadAddress, number: int) -> ThreadQuestion:
    asked = {"path": thread.key, "pageSize": _SIZE, "page": number, "sortBy": "insertedAt_asc"}
    return ThreadQuestion(url=f"{thread.server}/api/comment?{urlencode(asked)}")


def _value(answer: Any) -> Any:
    """Return what an answer holds: version 2 gives it bare, version 3 below `data`."""
    if not isinstance(answer, dict) or "errno" not in answer:
        return answer
    if answer["errno"]:
        raise UnreadableThreadError(f"it says “{text_value(answer.get('errmsg')) or answer['errno']}”")
    return answer.get("data")


def _walk(level: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for entry in level:
        yield entry
        yield from _walk(entries(entry.get("children") or [], "replies"))


def _remark(entry: dict[str, Any]) -> ForeignRemark:
    time = entry.get("time", entry.get("insertedAt"))
    created = moment_of_seconds(time / _MILLISECONDS) if isinstance(time, int | float) else text_value(time)
    return ForeignRemark(
        id=must_have(entry.get("objectId")),
        parent=ident(entry.get("pid")) or ident(entry.get("rid")),
        author=text_value(entry.get("nick")),
        author_url=text_value(entry.get("link")),
        created=created,
        markup=text_value(entry.get("comment")),
    )
