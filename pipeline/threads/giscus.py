"""Threads in giscus, which keeps them as discussions on GitHub: https://docs.github.com/graphql.

A page names a repository and a term by which GitHub's search finds the discussion, or its number. The
operator's key is a token of GitHub's; the public data of all repositories needs no further rights. By the
public documentation, and the public source of giscus' client; the service itself was not tested.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from archive.core.thread_address import ThreadAddress
from pipeline.html.dom import Index, text_of
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
    page_path,
    text_value,
    whole_number,
)
from pipeline.threads.graphql import graph_data, graph_question, next_cursor

GITHUB = "https://api.github.com/graphql"
_NUMBER = "number:"
_ENDING = re.compile(r"\.\w+$")
_REMARK = "id url createdAt deletedAt isMinimized bodyHTML author { login url }"
_REPLIES = f"totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ {_REMARK} }}"
_DISCUSSION = f"""comments(first: 50, after: $after) {{
    totalCount pageInfo {{ hasNextPage endCursor }}
    nodes {{ {_REMARK} replies(first: 50) {{ {_REPLIES} }} }} }}"""
_BY_TERM = f"""query($query: String!, $after: String) {{
    search(type: DISCUSSION, last: 1, query: $query) {{
    nodes {{ ... on Discussion {{ {_DISCUSSION} }} }} }} }}"""
_BY_NUMBER = f"""query($owner: String!, $name: String!, $number: Int!, $after: String) {{
    repository(owner: $owner, name: $name) {{ discussion(number: $number) {{ {_DISCUSSION} }} }} }}"""
_MORE_REPLIES = f"""query($id: ID!, $after: String) {{
    node(id: $id) {{ ... on DiscussionComment {{
    id replies(first: 50, after: $after) {{ {_REPLIES} }} }} }} }}"""


class GiscusReader(ThreadReader):
    """Reader of giscus."""

    system = "giscus"
    marks = (b"giscus", b"data-repo-id")
    anchor = "giscus-{}"
    needs_key = True

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the discussion that the attributes of the script or of the element name."""
        for node in index.tagged("script", "giscus-widget"):
            repo = _attribute(node, "repo")
            if repo is None or repo.count("/") != 1:
                continue
            key = _key(node, index, url)
            if key:
                return ThreadAddress(system=self.slug, server=GITHUB, key=key, site=repo.lower(), article=url)
        return None

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the question for the first comments."""
        return _page(thread, None)

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:  # noqa: ARG002
        """Return comments of a discussion, or the replies to one; no discussion has no comments."""
        data = graph_data(answer)
        if "node" in data:
            return _replies_of(thread, child(data, "node"))
        discussion = _discussion(data)
        if discussion is None:
            return Part(stated=0)
        comments = mapping(discussion.get("comments"), "comments")
        listed = entries(comments.get("nodes"), "comments")
        further = []
        if after := next_cursor(comments):
            further.append(_page(thread, after))
        cut = ((must_have(entry.get("id")), next_cursor(child(entry, "replies"))) for entry in listed)
        further += [_further_replies(thread, number, after) for number, after in cut if after]
        return Part(
            remarks=tuple(_walk(listed)),
            stated=whole_number(comments.get("totalCount")),
            counted=frozenset(must_have(entry.get("id")) for entry in listed),
            further=tuple(further),
        )


def _attribute(node: HtmlElement, name: str) -> str | None:
    """Return an attribute of giscus: with `data-` in a script, without in its own element."""
    stated = node.get(f"data-{name}") if node.tag == "script" else node.get(name)
    return stated or None


def _key(node: HtmlElement, index: Index, url: str) -> str | None:
    """Return what names the discussion: its number, or the words that a search for it has."""
    mapped, term = _attribute(node, "mapping") or "pathname", _attribute(node, "term")
    if mapped == "number":
        return f"{_NUMBER}{term}" if term and term.isdecimal() else None
    named = term if mapped == "specific" else _term(mapped, index, url)
    if not named:
        return None
    place = "in:title"
    if _attribute(node, "strict") == "1":
        named = hashlib.sha1(named.encode(), usedforsecurity=False).hexdigest()
        place = "in:body"
    category = _attribute(node, "category")
    where = f"category:{_quoted(category)} " if category else ""
    return f"{where}{place} {_quoted(named)}"


def _term(mapped: str, index: Index, url: str) -> str | None:
    """Return the term of a page that names it by its path, URL or title."""
    if mapped == "url":
        return url.partition("#")[0]
    if mapped == "title":
        return next(filter(None, map(text_of, index.tagged("title"))), None)
    if mapped == "og:title":
        stated = (node.get("content") for node in index.tagged("meta") if _is_title(node))
        return next(filter(None, stated), None)
    return _ENDING.sub("", page_path(url)[1:]) or "index"


def _is_title(node: HtmlElement) -> bool:
    named = {node.get("property"), node.get("name")}
    return bool(named & {"og:title", "title"})


def _quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


def _page(thread: ThreadAddress, after: str | None) -> ThreadQuestion:
    if thread.key.startswith(_NUMBER):
        owner, _, name = thread.site.partition("/")
        number = int(thread.key.removeprefix(_NUMBER))
        variables = {"owner": owner, "name": name, "number": number, "after": after}
        return graph_question(thread.server, _BY_NUMBER, variables)
    query = f"repo:{thread.site} {thread.key}"
    return graph_question(thread.server, _BY_TERM, {"query": query, "after": after})


def _further_replies(thread: ThreadAddress, number: str, after: str) -> ThreadQuestion:
    return graph_question(thread.server, _MORE_REPLIES, {"id": number, "after": after})


def _discussion(data: dict[str, Any]) -> dict[str, Any] | None:
    """Return the discussion of an answer, if there is one yet."""
    if "search" in data:
        found = entries(child(data, "search").get("nodes"), "discussions")
        return next(iter(found), None)
    found_by_number = child(data, "repository").get("discussion")
    return mapping(found_by_number, "discussion") if found_by_number else None


def _replies_of(thread: ThreadAddress, node: dict[str, Any]) -> Part:
    above = must_have(node.get("id"))
    replies = mapping(node.get("replies"), "replies")
    listed = entries(replies.get("nodes"), "replies")
    further: tuple[ThreadQuestion, ...] = ()
    if after := next_cursor(replies):
        further = (_further_replies(thread, above, after),)
    remarks = tuple(_remark(entry, above) for entry in listed)
    return Part(remarks=remarks, counted=frozenset(), further=further)


def _walk(listed: list[dict[str, Any]]) -> Iterator[ForeignRemark]:
    for entry in listed:
        yield _remark(entry, None)
        for reply in entries(child(entry, "replies").get("nodes") or [], "replies"):
            yield _remark(reply, must_have(entry.get("id")))


def _remark(entry: dict[str, Any], above: str | None) -> ForeignRemark:
    author = child(entry, "author")
    link = text_value(entry.get("url"))
    is_page = link is not None and urlsplit(link).scheme == "https"
    return ForeignRemark(
        id=must_have(entry.get("id")),
        parent=ident(above),
        author=text_value(author.get("login")),
        author_url=text_value(author.get("url")),
        created=text_value(entry.get("createdAt")),
        markup=text_value(entry.get("bodyHTML")),
        link=link if is_page else None,
        is_shown=not entry.get("deletedAt") and entry.get("isMinimized") is not True,
    )
