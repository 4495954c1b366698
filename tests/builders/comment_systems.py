"""Imitations of comment systems' public APIs, from their documentation, over one ground truth.

Each is a class with the widget that its pages embed, and `answer` for the questions that are asked. Pages are
small, so that a thread of seven has several. Isso is not among them, since a real one is run.
"""

# ruff: noqa: E501  (markup of pages reads better in one line)

import json
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Voice:
    """One comment of the ground truth."""

    id: str
    text: str
    author: str = "Ada"
    parent: str | None = None
    at: str = "2026-03-02T10:00:00"
    removed: bool = False


@dataclass
class Talk:
    """A comment system; `threads` has the voices below each path of a page."""

    threads: dict[str, list[Voice]] = field(default_factory=dict)
    status: int = 200
    hidden: int = 0  # voices that the number states and no answer gives
    size: int = 3
    forgets = False
    loses_replies = False  # those below a removed voice go with it
    nests = True  # a reply may be answered
    path = "/"  # below which the API lies
    module, api = (
        None,
        "",
    )  # where our reader has the URL of its API, if all sites share one, and its path here
    server = None  # the path of a server that the operator's key is bound to
    anchor = "{}"

    def routes(self):
        return {self.path: self.answer}

    def key_of(self, key, voice):
        return voice.id

    def answer(self, method, path, body):
        if self.status != 200:
            return self.status, "text/html", "<html>Try again.</html>"
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        said = self.say(unquote(urlsplit(path).path), query, json.loads(body) if body else None)
        return 200, "application/json", json.dumps(said)

    def page(self, key, number):
        """The top-level voices of one page, and the number of pages."""
        top = [voice for voice in self.kept(key) if voice.parent is None]
        pages = -(-len(top) // self.size)
        return top[(number - 1) * self.size : number * self.size], pages

    def below(self, key, voice):
        return [each for each in self.kept(key) if each.parent == voice.id]

    def kept(self, key):
        """The voices of which an answer has a place: where `forgets`, a removed one leaves none."""
        return self.shown(key) if self.forgets else self.threads.get(key, [])

    def shown(self, key):
        voices = self.threads.get(key, [])
        gone = {voice.id for voice in voices if voice.removed} if self.loses_replies else set()
        return [voice for voice in voices if not voice.removed and voice.parent not in gone]

    def count(self, key):
        return len(self.shown(key)) + self.hidden


class Remark42(Talk):
    slug, path, widget = (
        "remark42",
        "/talk/api/v1/",
        "<div id='remark42'></div><script>var remark_config = {{ host: '{url}/talk', site_id: 'gull', components: ['embed'] }};</script>",
    )

    def say(self, path, query, data):
        if path.endswith("/counts"):
            return [{"url": url, "count": self.count(urlsplit(url).path)} for url in data]
        key = urlsplit(query["url"]).path
        said = [
            {
                "id": voice.id,
                "pid": voice.parent or "",
                "text": "" if voice.removed else f"<p>{voice.text}</p>",
                "user": {"name": voice.author, "id": "u1"},
                "time": f"{voice.at}.5Z",
                "delete": voice.removed,
            }
            for voice in self.threads.get(key, [])
        ]
        return {"comments": said, "info": {"url": query["url"], "count": self.count(key)}}


class Commento(Talk):
    slug, path, widget = (
        "commento",
        "/talk/api/comment/",
        "<div id='commento'></div><script defer src='{url}/talk/js/commento.js'></script>",
    )

    def say(self, path, query, data):
        if path.endswith("/count"):
            return {"success": True, "commentCounts": {key: self.count(key) for key in data["paths"]}}
        voices = self.threads.get(data["path"], [])
        people = {voice.author.lower(): {"name": voice.author, "link": "undefined"} for voice in voices}
        said = [
            {
                "commentHex": voice.id,
                "commenterHex": voice.author.lower(),
                "parentHex": voice.parent or "root",
                "html": f"<p>{voice.text}</p>",
                "state": "approved",
                "deleted": voice.removed,
                "creationDate": f"{voice.at}Z",
            }
            for voice in voices
        ]
        return {"success": True, "comments": said, "commenters": people}


class Waline(Talk):
    forgets, loses_replies, nests = True, True, False
    slug, path, widget = (
        "waline",
        "/talk/api/comment",
        "<div id='waline'></div><script type='module'>init({{ el: '#waline', serverURL: '{url}/talk' }});</script>",
    )

    def say(self, path, query, data):
        if query.get("type") == "count":
            return {"errno": 0, "errmsg": "", "data": [self.count(key) for key in query["url"].split(",")]}
        key, number = query["path"], int(query["page"])
        top, pages = self.page(key, number)
        said = [self._one(v) | {"children": [self._one(e) for e in self.below(key, v)]} for v in top]
        data = {"page": number, "totalPages": pages, "count": self.count(key), "data": said}
        return {"errno": 0, "errmsg": "", "data": data}

    def _one(self, voice):
        moment = datetime.fromisoformat(f"{voice.at}+00:00")
        return {
            "objectId": voice.id,
            "nick": voice.author,
            "link": "",
            "comment": f"<p>{voice.text}</p>",
            "time": int(moment.timestamp() * 1000),
            "pid": voice.parent,
        }


class Cusdis(Talk):
    forgets, loses_replies, nests = True, True, False
    slug, path, widget = (
        "cusdis",
        "/talk/api/open/comments",
        "<div id='cusdis_thread' data-host='{url}/talk' data-app-id='app' data-page-id='{{path}}'></div>",
    )

    def say(self, path, query, data):
        key, number = query["pageId"], int(query["page"])
        top, pages = self.page(key, number)
        total = sum(voice.parent is None for voice in self.kept(key)) + self.hidden
        said = [self._one(voice) | {"replies": self._replies(key, voice)} for voice in top]
        return {"data": {"data": said, "commentCount": total, "pageCount": pages}}

    def _replies(self, key, voice):
        said = [
            self._one(each) | {"replies": {"data": [], "commentCount": 0}} for each in self.below(key, voice)
        ]
        return {"data": said, "commentCount": len(said)}

    def _one(self, voice):
        text = f"<p>{voice.text}</p>"
        return {
            "id": voice.id,
            "by_nickname": voice.author,
            "parsedContent": text,
            "createdAt": f"{voice.at}Z",
        }


class Discourse(Talk):
    slug, path = "discourse", "/talk/t/5"
    widget = "<div id='discourse-comments'></div><script>DiscourseEmbed = {{ discourseUrl: '{url}/talk/', topicId: 5 }};</script>"

    def routes(self):
        return {"/talk/t/5.json": self.answer, "/talk/t/5/posts.json": self._posts}

    def _numbered(self):
        [voices] = self.threads.values()
        places = {voice.id: number for number, voice in enumerate(voices, 2)}
        first = {"id": 900, "post_number": 1, "cooked": "<p>The article.</p>", "username": "desk"}
        return [
            first,
            *(
                {
                    "id": 1000 + places[voice.id],
                    "post_number": places[voice.id],
                    "reply_to_post_number": places.get(voice.parent),
                    "username": voice.author.lower(),
                    "name": voice.author,
                    "created_at": f"{voice.at}.123Z",
                    "cooked": f"<p>{voice.text}</p>",
                    "post_type": 1,
                }
                for voice in voices
                if not voice.removed
            ),
        ]

    def say(self, path, query, data):
        posts = self._numbered()
        stream = [post["id"] for post in posts] + [5000 + number for number in range(self.hidden)]
        return {"post_stream": {"posts": posts[: self.size], "stream": stream}}

    def _posts(self, method, path, body):
        if self.status != 200:
            return self.status, "text/html", ""
        wanted = {int(number) for number in parse_qs(urlsplit(path).query)["post_ids[]"]}
        posts = [post for post in self._numbered() if post["id"] in wanted]
        return 200, "application/json", json.dumps({"post_stream": {"posts": posts}})

    def key_of(self, key, voice):
        return f"5-{self.threads[key].index(voice) + 2}"


class DiscourseByUrl(Discourse):
    """Pages name the topic by their own URL; the frame of a URL without a topic would begin one."""

    path = "/talk/"
    widget = "<div id='discourse-comments'></div><script>DiscourseEmbed = {{ discourseUrl: '{url}/talk/', discourseEmbedUrl: '{url}{{path}}' }};</script>"

    def routes(self):
        frames = {"/talk/embed/count": self.answer, "/talk/embed/comments": self._frame}
        return frames | super().routes()

    def say(self, path, query, data):
        if not path.endswith("/count"):
            return super().say(path, query, data)
        known = urlsplit(query["embed_url[]"]).path in self.threads
        return {"counts": {query["embed_url[]"].rstrip("/"): "7 replies"} if known else {}}

    def _frame(self, method, path, body):
        url = parse_qs(urlsplit(path).query)["embed_url"][0]
        assert urlsplit(url).path in self.threads, "a topic was begun"
        if self.status != 200:
            return self.status, "text/html", ""
        posts = "".join(
            f"<article class='post' id='post-{post['id']}'><a class='post-date' href='/talk/t/ice/5/{post['post_number']}'>May 1</a><div class='cooked'>{post['cooked']}<a class='post-date' href='/talk/t/fog/9/1'>Elsewhere</a></div></article>"
            for post in self._numbered()[1:]
        )
        more = "<a class='button' href='/talk/t/ice/5'>Start discussion</a>"
        return 200, "text/html", f"<html><body><header>{more}</header>{posts}</body></html>"


class Ghost(Talk):
    nests = False
    slug, path, widget = (
        "ghost",
        "/members/api/comments/",
        "<script defer src='{url}/comments-ui.min.js' data-ghost-comments='{url}/' data-post-id='{{name}}'></script>",
    )

    def say(self, path, query, data):
        if path.endswith("/counts/"):
            return {name: self.count(f"/2026/{name}/") for name in query["ids"].split(",")}
        name, number = path.split("/")[-2], int(query["page"])
        if path.endswith("/replies/"):
            number_of = path.split("/")[-3]
            key, above = next((k, v) for k, vs in self.threads.items() for v in vs if v.id == number_of)
            return {
                "comments": [self._one(each) for each in self.below(key, above)],
                "meta": {"pagination": {"pages": 1}},
            }
        key = f"/2026/{name}/"
        top, pages = self.page(key, number)
        said = [
            self._one(v)
            | {
                "replies": [self._one(e) for e in self.below(key, v)[:1]],
                "count": {"replies": len(self.below(key, v))},
            }
            for v in top
        ]
        total = sum(voice.parent is None for voice in self.threads.get(key, [])) + self.hidden
        return {"comments": said, "meta": {"pagination": {"page": number, "pages": pages, "total": total}}}

    def _one(self, voice):
        status = "deleted" if voice.removed else "published"
        text = None if voice.removed else f"<p>{voice.text}</p>"
        return {
            "id": voice.id,
            "html": text,
            "status": status,
            "created_at": f"{voice.at}.000Z",
            "member": {"name": voice.author},
        }


class Substack(Talk):
    slug, path, widget = (
        "substack",
        "/api/v1/post/",
        """<script>window._preloads        = JSON.parse("{{\\"post\\":{{\\"id\\":\\"{{name}}\\",\\"slug\\":\\"{{name}}\\"}}}}")</script>""",
    )

    def say(self, path, query, data):
        assert query == {"all_comments": "true", "sort": "oldest_first"}
        key = f"/2026/{path.split('/')[-2]}/"
        return {"comments": [self._one(key, v) for v in self.threads.get(key, []) if v.parent is None]}

    def _one(self, key, voice):
        below = [self._one(key, each) for each in self.below(key, voice)]
        return {
            "id": int(voice.id),
            "body": None if voice.removed else voice.text,
            "name": None if voice.removed else voice.author,
            "date": f"{voice.at}.428Z",
            "edited_at": None,
            "deleted": voice.removed,
            "type": "comment",
            "children": below,
            "children_count": len(below),
        }


class Disqus(Talk):
    slug, path = "disqus", "/api/3.0/"
    module, api = "pipeline.threads.disqus.API", "/api/3.0"
    widget = "<div id='disqus_thread'></div><script>var disqus_config = function () {{ this.page.identifier = '{{path}}'; }}; var d = document; d.src = 'https://gull.disqus.com/embed.js';</script>"

    def say(self, path, query, data):
        if path.endswith("/set.json"):
            return {
                "code": 0,
                "response": [{"identifiers": [key], "posts": self.count(key)} for key in self.threads],
            }
        start = int(query.get("cursor", "0"))
        voices = self.threads.get(query["thread:ident"], [])
        here = voices[start : start + self.size]
        following = start + self.size
        said = [
            {
                "id": voice.id,
                "parent": int(voice.parent) if voice.parent else None,
                "author": {
                    "name": voice.author,
                    "profileUrl": f"https://disqus.com/by/{voice.author.lower()}/",
                },
                "message": f"<p>{voice.text}</p>",
                "createdAt": voice.at,
                "isDeleted": voice.removed,
                "isApproved": True,
            }
            for voice in here
        ]
        return {
            "code": 0,
            "response": said,
            "cursor": {"hasNext": following < len(voices), "next": str(following)},
        }


SYSTEMS = (Remark42, Commento, Waline, Cusdis, Discourse, DiscourseByUrl, Ghost, Substack, Disqus)
