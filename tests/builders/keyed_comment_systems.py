"""Imitations of comment systems whose APIs want a key: giscus, Coral and Hyvor Talk, from their documentation.

GraphQL is not evaluated: what a question asks for is known from its variables and from a word of its query.
"""

# ruff: noqa: E501  (markup of pages reads better in one line)

from datetime import datetime
from urllib.parse import urlsplit

from tests.builders.comment_systems import Talk


def after(listed, cursor, size):
    """What stands behind a cursor, and what the API says of the rest."""
    start = int(cursor or 0)
    more = start + size < len(listed)
    about = {"hasNextPage": more, "endCursor": str(start + size) if more else None}
    return listed[start : start + size], about


class Giscus(Talk):
    nests = False
    slug, path, module = "giscus", "/graphql", "pipeline.threads.giscus.GITHUB"
    api = "/graphql"
    widget = "<script src='https://giscus.app/client.js' data-repo='Gull/paper' data-repo-id='R_1' data-category='News' data-mapping='pathname' data-strict='0'></script>"

    def say(self, path, query, data):
        asked = data["variables"]
        if "node(id" in data["query"]:
            key, above = next((k, v) for k, vs in self.threads.items() for v in vs if v.id == asked["id"])
            return {"data": {"node": {"id": above.id, "replies": self._replies(key, above, asked["after"])}}}
        named = asked["query"].removeprefix('repo:gull/paper category:"News" in:title ')
        key = f"/{named[1:-1]}"
        if not self.threads.get(key):
            return {"data": {"search": {"nodes": []}}}
        top = [voice for voice in self.threads[key] if voice.parent is None]
        some, about = after(top, asked["after"], self.size)
        nodes = [self._one(voice) | {"replies": self._replies(key, voice, None)} for voice in some]
        comments = {"totalCount": len(top) + self.hidden, "pageInfo": about, "nodes": nodes}
        return {"data": {"search": {"nodes": [{"comments": comments}]}}}

    def _replies(self, key, voice, cursor):
        found = self.below(key, voice)
        some, about = after(found, cursor, 1)
        return {"totalCount": len(found), "pageInfo": about, "nodes": [self._one(each) for each in some]}

    def _one(self, voice):
        return {
            "id": voice.id,
            "url": f"https://github.com/gull/paper/discussions/1#discussioncomment-{voice.id}",
            "createdAt": f"{voice.at}Z",
            "deletedAt": f"{voice.at}Z" if voice.removed else None,
            "isMinimized": False,
            "bodyHTML": "" if voice.removed else f"<p>{voice.text}</p>",
            "author": {"login": voice.author, "url": f"https://github.com/{voice.author.lower()}"},
        }


class Coral(Talk):
    slug, path, server = "coral", "/talk/api/graphql", "/talk"
    widget = '<div id="coral_thread"></div><script>var s = "{url}/talk"; Coral.createStreamEmbed({{ id: "coral_thread", autoRender: true, rootURL: "" + s }});</script>'

    def say(self, path, query, data):
        asked = data["variables"]
        if "comment(id" in data["query"]:
            key, above = next((k, v) for k, vs in self.threads.items() for v in vs if v.id == asked["id"])
            return {
                "data": {"comment": {"id": above.id, "replies": self._replies(key, above, asked["after"])}}
            }
        key = urlsplit(asked["url"]).path
        if key not in self.threads:
            return {"data": {"story": None}}
        top = [voice for voice in self.threads[key] if voice.parent is None]
        some, about = after(top, asked["after"], self.size)
        edges = [{"node": self._one(voice) | {"replies": self._replies(key, voice, None)}} for voice in some]
        story = {
            "commentCounts": {"totalPublished": self.count(key)},
            "comments": {"pageInfo": about, "edges": edges},
        }
        return {"data": {"story": story}}

    def _replies(self, key, voice, cursor):
        some, about = after(self._under(key, voice), cursor, 1)
        return {"pageInfo": about, "edges": [{"node": self._one(each)} for each in some]}

    def _under(self, key, voice):
        """All replies at any depth, as `flatten` has them."""
        direct = self.below(key, voice)
        return [*direct, *(each for reply in direct for each in self._under(key, reply))]

    def _one(self, voice):
        return {
            "id": voice.id,
            "body": None if voice.removed else f"<div>{voice.text}</div>",
            "createdAt": f"{voice.at}.000Z",
            "status": "APPROVED",
            "deleted": voice.removed,
            "permalink": f"https://gazette.example/?commentID={voice.id}",
            "author": None if voice.removed else {"username": voice.author},
            "parent": {"id": voice.parent} if voice.parent else None,
        }


class Hyvor(Talk):
    forgets = True
    slug, path, module = "hyvor", "/api/data/v1/", "pipeline.threads.hyvor.HYVOR_API"
    api = "/api/data/v1"
    widget = "<hyvor-talk-comments website-id='7' page-id='{{path}}'></hyvor-talk-comments>"

    def say(self, path, query, data):
        keys = list(self.threads)
        if path.endswith("/pages"):
            key = query["filter"].removeprefix("identifier='")[:-1]
            if key not in keys:
                return []
            return [{"id": keys.index(key) + 40, "identifier": key, "comments_count": self.count(key)}]
        key, start = keys[int(query["filter"].removeprefix("page_id=")) - 40], int(query["offset"])
        return [self._one(key, voice) for voice in self.shown(key)[start : start + int(query["limit"])]]

    def _one(self, key, voice):
        above = self._above(key, voice)
        return {
            "id": int(voice.id),
            "parent_ids": above,
            "depth": len(above),
            "created_at": int(datetime.fromisoformat(f"{voice.at}+00:00").timestamp()),
            "body_html": f"<p>{voice.text}</p>",
            "user": {"name": voice.author, "username": None},
        }

    def _above(self, key, voice):
        """The numbers of what it answers, the nearest first."""
        if voice.parent is None:
            return []
        found = next(each for each in self.threads[key] if each.id == voice.parent)
        return [int(found.id), *self._above(key, found)]


KEYED = (Giscus, Coral, Hyvor)
