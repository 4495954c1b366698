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
        server, topic = server_of(setting(script, "discourseUrl"), url), numeral(script, "topicId")
        if server is None or topic is None:
            return None
        return ThreadAddress(system=self.slug, server=server, key=topic, article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the question for the topic with its first posts."""
        return ThreadQuestion(url=f"{thread.server}/t/{quote(thread.key)}.json")

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:
        """Return posts; of the topic itself also the questions for all others."""
        stream = mapping(mapping(answer).get("post_stream"), "posts")
        posts = entries(stream.get("posts"), "posts")
        remarks = tuple(_remark(post, thread) for post in posts if post.get("post_number") != 1)
        if "/posts.json?" in asked:
            return Part(remarks=remarks, counted=frozenset(remark.id for remark in remarks))
        every = [must_have(number) for number in stream.get("stream") or ()]
        given = {must_have(post.get("id")) for post in posts}
        has_first = any(post.get("post_number") == 1 for post in posts)
        return Part(
            remarks=remarks,
            stated=len(every) - has_first,
            counted=frozenset(remark.id for remark in remarks),
            further=_questions(thread, [number for number in every if number not in given]),
        )


def _questions(thread: ThreadAddress, numbers: list[str]) -> tuple[ThreadQuestion, ...]:
    base = f"{thread.server}/t/{quote(thread.key)}/posts.json"
    portions = (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))
    asked = (urlencode([("post_ids[]", number) for number in some]) for some in portions)
    return tuple(ThreadQuestion(url=f"{base}?{query}") for query in asked)


def _remark(post: dict[str, Any], thread: ThreadAddress) -> ForeignRemark:
    number, answered = must_have(post.get("post_number")), whole_number(post.get("reply_to_post_number"))
    user = text_value(post.get("username"))
    removed = post.get("hidden") is True or post.get("user_deleted") is True or bool(post.get("deleted_at"))
    return ForeignRemark(
        id=f"{thread.key}-{number}",
        parent=f"{thread.key}-{answered}" if answered and answered > 1 else None,
        author=text_value(post.get("name")) or user,
        author_url=f"{thread.server}/u/{quote(user)}" if user else None,
        created=text_value(post.get("created_at")),
        markup=text_value(post.get("cooked")),
        link=f"{thread.server}/t/{quote(thread.key)}/{number}",
        is_shown=post.get("post_type", _REGULAR) == _REGULAR and not removed,
    )
