"""Threads in a topic of Discourse, embedded below an article: https://docs.discourse.org/.

`GET /t/ID.json` gives the first posts of a topic and the ids of all, `/t/ID/posts.json` posts by their ids.
The first post is the article's own. A page that names the topic by its own URL alone does not state the
topic's number. `GET /embed/count` says whether there is such a topic, and `GET /embed/comments`, the frame of
its readers, leads to it. The latter is requested for known topics alone, since it begins one for any other
URL. By the public documentation and source; no server of it was run.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

from lxml import html as lxml_html
from lxml.etree import LxmlError

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
_COUNT, _FRAME = "/embed/count?", "/embed/comments?"
_TOPIC = re.compile(r"/t/(?:[^/?#]+/)?(\d{1,18})(?=[/?#.]|$)")
_REGULAR = 1  # the type of a post that a person wrote for all readers


class DiscourseReader(ThreadReader):
    """Reader of embedded topics of Discourse."""

    system = "Discourse"
    marks = (b"discourseurl",)
    anchor = "discourse-{}"

    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the topic that `DiscourseEmbed` names, by its number or by the URL of its article."""
        script = scripts_of(index)
        server = server_of(setting(script, "discourseUrl"), url)
        key = numeral(script, "topicId") or urls.absolute(setting(script, "discourseEmbedUrl"), url)
        if server is None or key is None:
            return None
        return ThreadAddress(system=self.slug, server=server, key=key, article=url)

    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the question for the topic with its first posts, or whether there is one."""
        if thread.key.isdecimal():
            return ThreadQuestion(url=f"{thread.server}/t/{thread.key}.json")
        query = urlencode([("embed_url[]", thread.key)])
        return ThreadQuestion(url=f"{thread.server}{_COUNT}{query}")

    def parse(self, asked: str, body: bytes) -> Any:
        """Return a response parsed: the frame as it is, others as JSON."""
        return body if _FRAME in asked else super().parse(asked, body)

    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:
        """Return posts; of the topic itself also the questions for all others."""
        if _COUNT in asked:
            return _of_count(thread, answer)
        if _FRAME in asked:
            topic = _topic_in_frame(thread, answer)
            return Part(further=(ThreadQuestion(url=f"{thread.server}/t/{topic}.json"),), is_lead=True)
        topic = _topic_of(asked)
        stream = mapping(mapping(answer).get("post_stream"), "posts")
        posts = entries(stream.get("posts"), "posts")
        replies = [post for post in posts if post.get("post_number") != 1]
        remarks = tuple(_remark(post, thread.server, topic) for post in replies)
        counted = frozenset(remark.id for remark in remarks)
        if "/posts.json?" in asked:
            return Part(remarks=remarks, counted=counted)
        every = [must_have(number) for number in stream.get("stream") or ()]
        given = {must_have(post.get("id")) for post in posts}
        missing = [number for number in every if number not in given]
        stated = len(every)
        if len(replies) < len(posts):
            stated -= 1  # the first post is the article
        further = _questions(f"{thread.server}/t/{topic}", missing)
        return Part(remarks=remarks, stated=stated, counted=counted, further=further)


def _of_count(thread: ThreadAddress, answer: Any) -> Part:
    """Return the question for the frame of a topic that exists; without one nobody has written anything."""
    if not mapping(mapping(answer).get("counts"), "counts"):
        return Part(stated=0)
    query = urlencode({"embed_url": thread.key})
    ask = ThreadQuestion(url=f"{thread.server}{_FRAME}{query}", accept="text/html")
    return Part(further=(ask,), is_lead=True)


def _topic_in_frame(thread: ThreadAddress, body: bytes) -> str:
    """Return the number of the topic to which the links around the posts lead."""
    try:
        tree = lxml_html.document_fromstring(body)
    except (LxmlError, ValueError) as error:
        raise UnreadableThreadError("its frame is no page") from error
    links = tree.xpath("//a[contains(@class, 'button') or contains(@class, 'post-date')]")
    own = (link.get("href", "") for link in links if link.getparent().get("class") != "cooked")
    found = {match[1] for href in own if (match := _TOPIC.search(href.removeprefix(thread.server)))}
    if len(found) != 1:
        raise UnreadableThreadError("its frame names no topic")
    return found.pop()


def _topic_of(asked: str) -> str:
    found = _TOPIC.search(asked)
    if found is None:
        raise UnreadableThreadError("its answer is that of another topic")
    return found[1]


def _questions(topic_url: str, numbers: list[str]) -> tuple[ThreadQuestion, ...]:
    portions = [numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE)]
    queries = [urlencode([("post_ids[]", number) for number in portion]) for portion in portions]
    return tuple(ThreadQuestion(url=f"{topic_url}/posts.json?{query}") for query in queries)


def _remark(post: dict[str, Any], server: str, topic: str) -> ForeignRemark:
    number = must_have(post.get("post_number"))
    answered = whole_number(post.get("reply_to_post_number"))
    parent = author_url = None
    if answered and answered > 1:
        parent = f"{topic}-{answered}"
    user = text_value(post.get("username"))
    if user:
        author_url = f"{server}/u/{quote(user)}"
    return ForeignRemark(
        id=f"{topic}-{number}",
        parent=parent,
        author=text_value(post.get("name")) or user,
        author_url=author_url,
        created=text_value(post.get("created_at")),
        markup=text_value(post.get("cooked")),
        link=f"{server}/t/{topic}/{number}",
        is_shown=_is_shown(post),
    )


def _is_shown(post: dict[str, Any]) -> bool:
    """True for a post that is not hidden or deleted."""
    if post.get("hidden") is True or post.get("user_deleted") is True or post.get("deleted_at"):
        return False
    kind: object = post.get("post_type", _REGULAR)
    return kind == _REGULAR
