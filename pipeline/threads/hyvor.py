"""Threads in Hyvor Talk, by its Data API with the operator's key: https://talk.hyvor.com/docs/api-data.

`GET pages` gives the number of the page that an embed names, and of its comments; `GET comments` the
comments of that page, fifty at once. By the public documentation; the service itself was not tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from archive.core.thread_address import ThreadAddress
from pipeline.html.dom import Index
from pipeline.threads.adapter import (
    ForeignRemark,
    Part,
    ThreadQuestion,
    ThreadReader,
    child,
    entries,
    ident,
    moment_of_seconds,
    must_have,
    numeral,
    scripts_of,
    setting,
    text_value,
    whole_number,
)

HYVOR_API = "https://talk.hyvor.com/api/data/v1"
_SIZE = 50
_PARAMETER = "api_key"


class HyvorReader(ThreadReader):
    """Reader of Hyvor Talk."""

    system = "Hyvor Talk"
    marks = (b"hyvor-talk-comments", b"hyvor_talk_website")
    anchor = "hyvor-talk-{}"
    needs_key = True

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the thread that its element names, or the settings of older embeds."""
        site, key = _by_element(index) or _by_script(scripts_of(index))
        if not (site and site.isdecimal() and key):
            return None
        return ThreadAddress(system=self.slug, server=HYVOR_API, key=key, site=site, article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the question for the page and its number of comments."""
        named = thread.key.replace("\\", "\\\\").replace("'", "\\'")
        return _question(thread, "pages", [("limit", "1"), ("filter", f"identifier='{named}'")])

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:
        """Return the number of comments of a page, or some of them; an unknown page has none."""
        parts = urlsplit(asked)
        if parts.path.endswith("/pages"):
            known = next(iter(entries(answer, "pages")), None)
            stated = whole_number(known.get("comments_count")) if known else 0
            further = (_comments(thread, must_have(known.get("id")), 0),) if known and stated else ()
            return Part(stated=stated, further=further)
        listed = entries(answer, "comments")
        query = parse_qs(parts.query)
        further = ()
        if len(listed) >= _SIZE:
            number = query["filter"][0].removeprefix("page_id=")
            further = (_comments(thread, number, int(query["offset"][0]) + len(listed)),)
        return Part(remarks=tuple(map(_remark, listed)), further=further)


def _by_element(index: Index) -> tuple[str | None, str | None] | None:
    element = next(iter(index.tagged("hyvor-talk-comments")), None)
    if element is None:
        return None
    return element.get("website-id"), element.get("page-id")


def _by_script(script: str) -> tuple[str | None, str | None]:
    _, _, options = script.partition("HYVOR_TALK_CONFIG")
    return numeral(script, "HYVOR_TALK_WEBSITE"), setting(options, "id")


def _comments(thread: ThreadAddress, number: str, offset: int) -> ThreadQuestion:
    names = [("limit", str(_SIZE)), ("offset", str(offset)), ("filter", f"page_id={number}")]
    return _question(thread, "comments", [*names, ("sort", "created_at ASC")])


def _question(thread: ThreadAddress, what: str, names: Sequence[tuple[str, str]]) -> ThreadQuestion:
    query = urlencode([("website_id", thread.site), *names])
    return ThreadQuestion(url=f"{thread.server}/{what}?{query}", secret=_PARAMETER)


def _remark(entry: dict[str, Any]) -> ForeignRemark:
    above = entry.get("parent_ids") or []
    parent = above[0] if isinstance(above, list) and above else None  # the nearest comes first
    user = child(entry, "user")
    return ForeignRemark(
        id=must_have(entry.get("id")),
        parent=ident(parent),
        author=text_value(user.get("name")) or text_value(user.get("username")),
        created=moment_of_seconds(entry.get("created_at")),
        markup=text_value(entry.get("body_html")),
    )
