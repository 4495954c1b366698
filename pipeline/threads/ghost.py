"""Threads in Ghost's own comments, which a script fills in: https://ghost.org/docs/.

`GET /members/api/comments/post/ID/` gives a page of top-level comments with the first replies below each, and
`/members/api/comments/ID/replies/` the replies of one; `/counts/` the numbers of many posts. A hidden or
removed comment keeps its place without text. Its own robots.txt forbids `/counts/`. Tested with Ghost 5.130.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

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
    mapping,
    must_have,
    page_number,
    server_of,
    text_value,
    whole_number,
)

_SIZE = 100


class GhostReader(ThreadReader):
    """Reader of Ghost's comments."""

    system = "Ghost"
    marks = (b"data-ghost-comments",)
    anchor = "ghost-comments-{}"
    counted_at_once = 50

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the thread of the post that the script's attributes name."""
        for script in index.tagged("script"):
            server = server_of(script.get("data-ghost-comments"), url)
            post = script.get("data-post-id")
            if server and post:
                return ThreadAddress(system=self.slug, server=server, key=post, article=url)
        return None

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the question for the first page."""
        return _page(f"{_api(thread)}/post/{quote(thread.key)}/", 1)

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:
        """Return one page of the thread or of one comment's replies, and the questions it leads to."""
        said = mapping(answer)
        listed = entries(said.get("comments"), "comments")
        pagination = child(child(said, "meta"), "pagination")
        pages = whole_number(pagination.get("pages")) or 1
        parts = urlsplit(asked)
        here = page_number(asked)
        base, _, _ = asked.partition("?")
        further = []
        if here < pages:
            further.append(_page(base, here + 1))
        if parts.path.endswith("/replies/"):
            above = parts.path.split("/")[-3]
            remarks = tuple(_remark(entry, above) for entry in listed)
            return Part(remarks=remarks, counted=frozenset(), further=tuple(further))
        lacking = [entry for entry in listed if _count(entry) > len(_replies(entry))]
        numbers = [quote(must_have(entry.get("id"))) for entry in lacking]
        further += [_page(f"{_api(thread)}/{number}/replies/", 1) for number in numbers]
        return Part(
            remarks=tuple(_walk(listed)),
            stated=whole_number(pagination.get("total")),
            counted=frozenset(must_have(entry.get("id")) for entry in listed),
            further=tuple(further),
        )

    def ask_counts(self, threads: Sequence[ThreadAddress]) -> ThreadQuestion | None:
        """Return the question for the numbers of comments."""
        keys = ",".join(thread.key for thread in threads)
        query = urlencode({"ids": keys})
        return ThreadQuestion(url=f"{_api(threads[0])}/counts/?{query}")

    def read_counts(self, threads: Sequence[ThreadAddress], answer: Any) -> list[int] | None:
        """Return the numbers, 0 for a post without comments."""
        told = mapping(answer)
        return [whole_number(told.get(thread.key)) or 0 for thread in threads]


def _api(thread: ThreadAddress) -> str:
    return f"{thread.server}/members/api/comments"


def _page(base: str, number: int) -> ThreadQuestion:
    query = urlencode({"limit": _SIZE, "page": number, "order": "created_at ASC"})
    return ThreadQuestion(url=f"{base}?{query}")


def _replies(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return entries(entry.get("replies") or [], "replies")


def _count(entry: dict[str, Any]) -> int:
    return whole_number(child(entry, "count").get("replies")) or 0


def _walk(top: list[dict[str, Any]]) -> Iterator[ForeignRemark]:
    for entry in top:
        yield _remark(entry, None)
        for reply in _replies(entry):
            yield _remark(reply, must_have(entry.get("id")))


def _remark(entry: dict[str, Any], above: str | None) -> ForeignRemark:
    member = mapping(entry.get("member") or {}, "member")
    return ForeignRemark(
        id=must_have(entry.get("id")),
        parent=ident(entry.get("in_reply_to_id")) or above,
        author=text_value(member.get("name")),
        created=text_value(entry.get("created_at")),
        markup=text_value(entry.get("html")),
        is_shown=entry.get("status") in {None, "published"},
    )
