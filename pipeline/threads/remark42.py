"""Threads in Remark42: https://remark42.com/docs/contributing/api/.

`GET /api/v1/find?format=plain` gives a whole thread, `POST /api/v1/counts` the numbers of many. A removed
comment stays in its place with `delete`. By the public documentation; no server of it was run.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from archive.core.thread_address import ThreadAddress
from pipeline.html.dom import Index
from pipeline.threads.adapter import (
    ForeignRemark,
    Part,
    ThreadQuestion,
    ThreadReader,
    all_known,
    entries,
    ident,
    mapping,
    must_have,
    page_address,
    scripts_of,
    server_of,
    setting,
    text_value,
    whole_number,
)


class Remark42Reader(ThreadReader):
    """Reader of Remark42."""

    system = "Remark42"
    marks = (b"remark_config",)
    anchor = "remark42__comment-{}"
    counted_at_once = 100

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the thread that `remark_config` names.

        Where it names no page, the key is the page's URL without its query.
        """
        script = scripts_of(index)
        if "remark_config" not in script:
            return None
        server = server_of(setting(script, "host"), url)
        site = setting(script, "site_id")
        if server is None or site is None:
            return None
        _, _, settings = script.partition("remark_config")
        key = setting(settings, "url") or page_address(url)
        return ThreadAddress(system=self.slug, server=server, key=key, site=site, article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the one question for a thread."""
        asked = {"site": thread.site, "url": thread.key, "sort": "time", "format": "plain"}
        return ThreadQuestion(url=f"{thread.server}/api/v1/find?{urlencode(asked)}")

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:  # noqa: ARG002
        """Return the whole thread."""
        found = mapping(answer)
        listed = entries(found.get("comments") or [], "comments")
        info = mapping(found.get("info", {}), "info")
        return Part(remarks=tuple(map(_remark, listed)), stated=whole_number(info.get("count")))

    def ask_counts(self, threads: Sequence[ThreadAddress]) -> ThreadQuestion | None:
        """Return the question for the numbers of comments."""
        keys = [thread.key for thread in threads]
        url = f"{threads[0].server}/api/v1/counts?site={quote(threads[0].site, safe='')}"
        return ThreadQuestion(url=url, body=json.dumps(keys).encode())

    def read_counts(self, threads: Sequence[ThreadAddress], answer: Any) -> list[int] | None:
        """Return the numbers, if each has a value."""
        listed = entries(answer, "counts")
        told = {entry.get("url"): whole_number(entry.get("count")) for entry in listed}
        return all_known(told.get(thread.key) for thread in threads)


def _remark(entry: dict[str, Any]) -> ForeignRemark:
    return ForeignRemark(
        id=must_have(entry.get("id")),
        parent=ident(entry.get("pid")),
        author=text_value(mapping(entry.get("user", {}), "user").get("name")),
        created=text_value(entry.get("time")),
        markup=text_value(entry.get("text")),
        is_shown=entry.get("delete") is not True,
    )
