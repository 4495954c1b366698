"""Threads in Coral, by its GraphQL API: https://docs.coralproject.net/api/schema.

Its API answers only to who administers it: the operator gives the URL of the server with the key, and the
key is sent to no other. By the public documentation; no server of it was run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from archive.core import urls
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
    must_have,
    page_address,
    scripts_of,
    server_of,
    setting,
    text_value,
    whole_number,
)
from pipeline.threads.graphql import graph_data, graph_question, next_cursor

_ID, _URL = "id:", "url:"
_JOINED = re.compile(
    r"rootURL[\"']?\s{0,9}:\s{0,9}[\"']([^\"'\n]{0,20})[\"']\s{0,9}\+\s{0,9}([A-Za-z_$]\w{0,40})"
)
"""A server as Coral's own sample writes it: `rootURL: "//" + URL`."""
_SHOWN = {None, "NONE", "APPROVED"}
_REMARK = "id body createdAt status deleted permalink author { username } parent { id }"
_REPLIES = f"pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {_REMARK} }} }}"
_ORDER = "orderBy: CREATED_AT_ASC"
_STORY = f"""query($id: ID, $url: String, $after: Cursor) {{ story(id: $id, url: $url) {{
    commentCounts {{ totalPublished }}
    comments(first: 20, {_ORDER}, after: $after) {{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{
    {_REMARK} replies(first: 20, {_ORDER}, flatten: true) {{ {_REPLIES} }} }} }} }} }} }}"""
_MORE_REPLIES = f"""query($id: ID!, $after: Cursor) {{ comment(id: $id) {{ id
    replies(first: 20, {_ORDER}, flatten: true, after: $after) {{ {_REPLIES} }} }} }}"""


class CoralReader(ThreadReader):
    """Reader of Coral, version 5 and newer."""

    system = "Coral"
    marks = (b"createstreamembed",)
    anchor = "coral-{}"
    needs_key = True
    has_own_servers = True

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the story that the options of the stream name, else that of the page's own URL."""
        script = scripts_of(index)
        if "createStreamEmbed" not in script:
            return None
        server = server_of(_root(script), url)
        if server is None:
            return None
        return ThreadAddress(system=self.slug, server=server, key=_key(script, index, url), article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the question for the first comments."""
        return _page(thread, None)

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:  # noqa: ARG002
        """Return comments of a story with the replies below them, or more replies to one."""
        data = graph_data(answer)
        if "comment" in data:
            above = child(data, "comment")
            return Part(remarks=_remarks(above), further=tuple(_more(thread, above)))
        story = child(data, "story")  # none before somebody has opened its page
        comments = child(story, "comments")
        top = _nodes(comments)
        further: list[ThreadQuestion] = []
        if after := next_cursor(comments):
            further.append(_page(thread, after))
        for entry in top:
            further += _more(thread, entry)
        stated = whole_number(child(story, "commentCounts").get("totalPublished"))
        remarks = tuple(each for entry in top for each in (_remark(entry), *_remarks(entry)))
        return Part(remarks=remarks, stated=stated or 0, further=tuple(further))


def _root(script: str) -> str | None:
    """Return the stated URL of the server."""
    joined = _JOINED.search(script)
    if joined is None:
        return setting(script, "rootURL")
    named = setting(script, joined[2])
    return f"{joined[1]}{named}" if named else None


def _key(script: str, index: Index, url: str) -> str:
    _, _, options = script.partition("createStreamEmbed")
    if story := setting(options, "storyID"):
        return f"{_ID}{story}"
    stated = setting(options, "storyURL") or _canonical(index) or page_address(url)
    return f"{_URL}{urls.absolute(stated, url) or url}"


def _canonical(index: Index) -> str | None:
    links = (node for node in index.tagged("link") if "canonical" in node.get("rel", "").lower().split())
    return next(filter(None, (node.get("href") for node in links)), None)


def _page(thread: ThreadAddress, after: str | None) -> ThreadQuestion:
    variables: dict[str, Any] = {"after": after}
    if thread.key.startswith(_ID):
        variables["id"] = thread.key.removeprefix(_ID)
    else:
        variables["url"] = thread.key.removeprefix(_URL)
    return graph_question(_api(thread), _STORY, variables)


def _api(thread: ThreadAddress) -> str:
    return f"{thread.server}/api/graphql"


def _more(thread: ThreadAddress, entry: dict[str, Any]) -> Iterator[ThreadQuestion]:
    """Yield the question for the replies that an answer has left out, if any."""
    after = next_cursor(child(entry, "replies"))
    if after:
        asked = {"id": must_have(entry.get("id")), "after": after}
        yield graph_question(_api(thread), _MORE_REPLIES, asked)


def _nodes(connection: dict[str, Any]) -> list[dict[str, Any]]:
    edges = entries(connection.get("edges") or [], "comments")
    return [child(edge, "node") for edge in edges]


def _remarks(above: dict[str, Any]) -> tuple[ForeignRemark, ...]:
    """Return the replies below a comment, at any depth."""
    return tuple(map(_remark, _nodes(child(above, "replies"))))


def _remark(entry: dict[str, Any]) -> ForeignRemark:
    link = text_value(entry.get("permalink"))
    is_page = link is not None and urlsplit(link).scheme in {"http", "https"}
    return ForeignRemark(
        id=must_have(entry.get("id")),
        parent=ident(child(entry, "parent").get("id")),
        author=text_value(child(entry, "author").get("username")),
        created=text_value(entry.get("createdAt")),
        markup=text_value(entry.get("body")),
        link=link if is_page else None,
        is_shown=entry.get("deleted") is not True and entry.get("status") in _SHOWN,
    )
