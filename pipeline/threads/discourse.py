"""Threads in a topic of Discourse, embedded below an article: https://docs.discourse.org/.

`GET /t/ID.json` gives the first posts of a topic and the ids of all, `/t/ID/posts.json` posts by their ids.
The first post is the article's own. A page that names the topic by its own URL alone does not state the
topic's number, which is available only with a key of the forum. By the public documentation; no server of it
was run.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from archive.core.thread_address import ThreadAddress
from pipeline.html.dom import Index
from pipeline.threads.adapter import (
    ForeignRemark,
    Part,
    ThreadQuestion,
    ThreadReader,
    entries,
    mapping,
    must_have,
    numeral,
    scripts_of,
    server_of,
    setting,
    text_value,
    whole_number,
)

_AT_ONCE = 20  # posts that the server gives of a list of ids
_REGULAR = 1  # the type of a post that a person wrote for all readers


class DiscourseReader(ThreadReader):
    """Reader of embedded topics of Discourse."""

    system = "Discourse"
    marks = (b"discourseurl",)
    anchor = "discourse-{}"

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the topic that `DiscourseEmbed` names by its number."""
        script = scripts_of(index)
        server = server_of(setting(script, "discourseUrl"), url)
        topic = numeral(script, "topicId")
        if server is None or topic is None:
            return None
        return ThreadAddress(system=self.slug, server=server, key=topic, article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the question for the topic with its first posts."""
        return ThreadQuestion(url=f"{_topic_url(thread)}.json")

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:
        """Return posts; of the topic itself also the questions for all others."""
        stream = mapping(mapping(answer).get("post_stream"), "posts")
        posts = entries(stream.get("posts"), "posts")
        replies = [post for post in posts if post.get("post_number") != 1]
        remarks = tuple(_remark(post, thread) for post in replies)
        counted = frozenset(remark.id for remark in remarks)
        if "/posts.json?" in asked:
            return Part(remarks=remarks, counted=counted)
        every = [must_have(number) for number in stream.get("stream") or ()]
        given = {must_have(post.get("id")) for post in posts}
        missing = [number for number in every if number not in given]
        stated = len(every)
        if len(replies) < len(posts):
            stated -= 1  # the first post is the article
        return Part(remarks=remarks, stated=stated, counted=counted, further=_questions(thread, missing))


def _questions(thread: ThreadAddress, numbers: list[str]) -> tuple[ThreadQuestion, ...]:
    portions = [numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE)]
    queries = [urlencode([("post_ids[]", number) for number in portion]) for portion in portions]
    return tuple(ThreadQuestion(url=f"{_topic_url(thread)}/posts.json?{query}") for query in queries)


def _topic_url(thread: ThreadAddress) -> str:
    return f"{thread.server}/t/{quote(thread.key)}"


def _remark(post: dict[str, Any], thread: ThreadAddress) -> ForeignRemark:
    number = must_have(post.get("post_number"))
    answered = whole_number(post.get("reply_to_post_number"))
    parent = author_url = None
    if answered and answered > 1:
        parent = f"{thread.key}-{answered}"
    user = text_value(post.get("username"))
    if user:
        author_url = f"{thread.server}/u/{quote(user)}"
    return ForeignRemark(
        id=f"{thread.key}-{number}",
        parent=parent,
        author=text_value(post.get("name")) or user,
        author_url=author_url,
        created=text_value(post.get("created_at")),
        markup=text_value(post.get("cooked")),
        link=f"{_topic_url(thread)}/{number}",
        is_shown=_is_shown(post),
    )


def _is_shown(post: dict[str, Any]) -> bool:
    """True for a post that is not hidden or deleted."""
    if post.get("hidden") is True or post.get("user_deleted") is True or post.get("deleted_at"):
        return False
    kind: object = post.get("post_type", _REGULAR)
    return kind == _REGULAR
