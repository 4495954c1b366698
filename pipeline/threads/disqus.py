"""Threads in Disqus, by its API with a key of the operator's: https://disqus.com/api/docs/.

`GET threads/listPosts.json` gives a page of posts and a cursor, `threads/set.json` the numbers of many
threads. A page names its thread by an identifier, or by its URL. The key is sent as `api_key`, and is in no
stored URL. By the public documentation; the service itself was not tested.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from archive.core import urls
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
    page_address,
    scripts_of,
    setting,
    text_value,
    whole_number,
)

API = "https://disqus.com/api/3.0"
_SIZE = 100
_PARAMETER = "api_key"
_FORUM = re.compile(r"//([\w-]{1,80})\.disqus\.com/(?:embed|count)\.js")
_HAS_ZONE = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")
_IDENT, _LINK = "ident:", "link:"


class DisqusReader(ThreadReader):
    """Reader of Disqus."""

    system = "Disqus"
    marks = (b"disqus",)
    anchor = "comment-{}"
    needs_key = True
    counted_at_once = 50

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the thread that the settings of the page's script name."""
        if not index.named("disqus_thread"):
            return None
        script = scripts_of(index)
        site = setting(script, "disqus_shortname") or _forum(index, script)
        if site is None:
            return None
        return ThreadAddress(system=self.slug, server=API, key=_key(script, url), site=site, article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the question for the first page."""
        return _page(thread, None)

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:  # noqa: ARG002
        """Return one page of a thread, and the question for the next."""
        posts = entries(_response(answer), "posts")
        cursor = mapping(mapping(answer).get("cursor") or {}, "cursor")
        further: tuple[ThreadQuestion, ...] = ()
        following = text_value(cursor.get("next"))
        if following and cursor.get("hasNext") is True:
            further = (_page(thread, following),)
        return Part(remarks=tuple(map(_remark, posts)), further=further)

    def ask_counts(self, threads: Sequence[ThreadAddress]) -> ThreadQuestion | None:
        """Return the question for the numbers of comments."""
        names = [_named(thread) for thread in threads]
        return _question(threads[0], "set", names)

    def read_counts(self, threads: Sequence[ThreadAddress], answer: Any) -> list[int] | None:
        """Return the numbers, 0 for a thread without comments."""
        told: dict[str, int] = {}
        for entry in entries(_response(answer), "threads"):
            number = whole_number(entry.get("posts")) or 0
            identifiers = entry.get("identifiers")
            if isinstance(identifiers, list):
                told |= {f"{_IDENT}{name}": number for name in identifiers}
            told[f"{_LINK}{entry.get('link')}"] = number
        return [told.get(thread.key, 0) for thread in threads]


def _named(thread: ThreadAddress) -> tuple[str, str]:
    if thread.key.startswith(_IDENT):
        return "thread:ident", thread.key.removeprefix(_IDENT)
    return "thread:link", thread.key.removeprefix(_LINK)


def _forum(index: Index, script: str) -> str | None:
    """Return the Disqus site in a script's URL."""
    sources = [node.get("src", "") for node in index.tagged("script")]
    forum = _FORUM.search(" ".join([script, *sources]))
    if forum is None:
        return None
    return forum[1]


def _key(script: str, url: str) -> str:
    """Return a thread's identifier, else its article's URL."""
    named = setting(script, "disqus_identifier") or setting(script, "identifier")
    if named:
        return f"{_IDENT}{named}"
    link = setting(script, "disqus_url") or setting(script, "this.page.url") or page_address(url)
    return f"{_LINK}{urls.absolute(link, url) or url}"


def _page(thread: ThreadAddress, cursor: str | None) -> ThreadQuestion:
    names = [_named(thread), ("limit", str(_SIZE)), ("order", "asc"), ("include", "approved")]
    if cursor:
        names.append(("cursor", cursor))
    return _question(thread, "listPosts", names)


def _question(thread: ThreadAddress, method: str, names: Sequence[tuple[str, str]]) -> ThreadQuestion:
    asked = urlencode([("forum", thread.site), *names])
    return ThreadQuestion(url=f"{thread.server}/threads/{method}.json?{asked}", secret=_PARAMETER)


def _response(answer: Any) -> Any:
    found = mapping(answer)
    response = found.get("response")
    code = found.get("code")
    if not code:
        return response
    if isinstance(response, str):
        raise UnreadableThreadError(f"it says “{response}”")
    raise UnreadableThreadError(f"it says “{code}”")


def _remark(post: dict[str, Any]) -> ForeignRemark:
    author = mapping(post.get("author") or {}, "author")
    return ForeignRemark(
        id=must_have(post.get("id")),
        parent=ident(post.get("parent")),
        author=text_value(author.get("name")),
        author_url=_author_url(author),
        created=_created(post),
        markup=text_value(post.get("message")),
        is_shown=_is_shown(post),
    )


def _author_url(author: dict[str, Any]) -> str | None:
    link = text_value(author.get("url")) or text_value(author.get("profileUrl"))
    if link and urlsplit(link).scheme in {"http", "https"}:
        return link
    return None


def _created(post: dict[str, Any]) -> str | None:
    """Return the time of a post, by default in UTC."""
    created = text_value(post.get("createdAt"))
    if created is None or _HAS_ZONE.search(created):
        return created
    return f"{created}Z"


def _is_shown(post: dict[str, Any]) -> bool:
    is_hidden = any(post.get(name) is True for name in ("isDeleted", "isSpam", "isFlagged"))
    return not is_hidden and post.get("isApproved") is not False
