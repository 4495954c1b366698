"""RSS and Atom: the newest posts, the newest comments, the comments of one post.

It knows what feeds hold and the validators WordPress gives them. It does not know pages or REST. Its law: the
validators are WordPress' own, one for the whole site, blind to edits and removals; no other surface has any.
"""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urlsplit

from markupsafe import Markup

from tests.fakesite.model import Comment, Post, plain
from tests.fakesite.paper import Paper
from tests.fakesite.typed import entities, titled
from tests.fakesite.wire import Request, Response, text

from .rendering import render
from .rest_items import body_html, excerpt_html
from .threads import comment_url

_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")


@dataclass(slots=True)
class Entry:
    """One item of a feed."""

    title: str
    link: str
    author: str
    date: datetime
    modified: datetime
    guid: str
    summary: str
    content: str
    terms: list[str] = field(default_factory=list)
    author_url: str = ""
    replies_link: str = ""
    replies: int = 0
    feed: str = ""
    parent: str = ""
    parent_link: str = ""
    root: str = ""
    root_link: str = ""


@dataclass(slots=True)
class Feed:
    """A channel; `comments` tells the two families apart."""

    title: str
    self: str
    link: str
    updated: datetime
    entries: list[Entry]
    tagline: str = ""
    comments: bool = False


def _without_port(base: str) -> str:
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.hostname}"


def _smilies(paper: Paper, markup: str) -> str:
    """Feeds show an emoji as a picture whose `alt` is the character."""

    def picture(found: re.Match[str]) -> str:
        code, char = f"{ord(found.group()):x}", found.group()
        source = f"{paper.base}/wp-includes/images/core/emoji/15.0.3/72x72/{code}.png"
        return f'<img src="{source}" alt="{char}" class="wp-smiley" style="height: 1em; max-height: 1em;" />'

    return _EMOJI.sub(picture, markup)


def _post_entry(paper: Paper, post: Post) -> Entry:
    closed = "<p>This content is password protected.</p>"
    terms = [html.escape(term.name, quote=False) for term in (*post.categories, *post.tags)]
    return Entry(
        title=Markup(titled(post.title)),
        link=paper.url(post),
        author=html.escape(post.author.name, quote=False),
        date=post.date,
        modified=post.modified,
        guid=f"{paper.base}/?p={post.id}",
        summary=closed if post.password else excerpt_html(post).strip(),
        content=closed if post.password else _smilies(paper, body_html(paper, post.blocks)),
        terms=terms,
        replies_link=paper.url(post) + ("#comments" if paper.approved(post) else "#respond"),
        replies=len(paper.approved(post)),
        feed=paper.url(post) + "/feed",
    )


def posts_feed(paper: Paper, request: Request, posts: list[Post], title: str, atom: bool) -> Response:
    """A feed of posts; `?paged=N` goes back in time, and past the end is a 404 with an empty channel."""
    number, size = _paged(request), paper.options.feed_items
    entries = [_post_entry(paper, post) for post in posts[(number - 1) * size : number * size]]
    feed = Feed(
        title=Markup(titled(title)),
        self=_without_port(paper.base) + request.path,
        link=paper.base,
        updated=paper.last_post_modified(),
        entries=entries,
        tagline=paper.options.tagline,
    )
    status = 404 if number > 1 and not entries else 200
    return _answer(request, feed, atom, paper.last_post_modified(), status, paper.base)


def _paged(request: Request) -> int:
    value = request.params.get("paged", "1")
    return int(value) if value.isdigit() and int(value) > 0 else 1


def comments_feed(paper: Paper, request: Request, post: Post | None, atom: bool) -> Response:
    """The newest comments of the site, or of one post; pings are among them. It cannot be paged."""
    if post is None and _paged(request) > 1:
        found: list[Comment] = []
    elif post is None:
        public = [c for c in paper.all_approved() if (p := paper.posts.get(c.post)) and p.status == "publish"]
        found = public[::-1][: paper.options.feed_items]
    else:
        found = paper.approved(post)[::-1][: paper.options.feed_items]
    title = f"Comments on: {post.title}" if post else f"Comments for {paper.options.name}"
    feed = Feed(
        title=Markup(titled(title)),
        self=_without_port(paper.base) + request.path,
        link=paper.url(post) if post else paper.base,
        updated=found[0].date if found else _last_change(paper),
        entries=[_comment_entry(paper, comment, site_wide=post is None) for comment in found],
        tagline=paper.options.tagline,
        comments=True,
    )
    status = 404 if post is None and _paged(request) > 1 else 200
    return _answer(request, feed, atom, _last_change(paper), status, paper.base)


def nobodys_feed(paper: Paper, request: Request, atom: bool) -> Response:
    """The comment feed of a post that is not there, or not public: 200, "Untitled", no link."""
    own = _without_port(paper.base) + request.path
    feed = Feed("Comments on: Untitled", own, "", _last_change(paper), [], paper.options.tagline, True)
    return _answer(request, feed, atom, _last_change(paper), 200, paper.base)


def _last_change(paper: Paper) -> datetime:
    return max(paper.last_post_modified(), paper.last_comment())


def _comment_entry(paper: Paper, comment: Comment, site_wide: bool) -> Entry:
    post = paper.posts[comment.post]
    name = html.escape(comment.author or "Anonymous", quote=False)
    above = paper.comments.get(comment.parent)
    content, lead = entities(paper.based(comment.html)), ""
    if above:
        answered = html.escape(above.author or "Anonymous", quote=False)
        lead = f'In reply to <a href="{comment_url(paper, above)}">{answered}</a>.\n\n'
    if post.password:
        content, lead = '<form action="wp-login.php?action=postpass">Password: <input /></form>', ""
    title = f"Comment on {titled(post.title)} by {name}" if site_wide else f"By: {name}"
    guid = f"{paper.base}/?p={post.id}#comment-"
    return Entry(
        title=Markup(title),
        link=comment_url(paper, comment),
        author=name,
        author_url=comment.url,
        date=comment.date,
        modified=comment.date,
        guid=f"{guid}{comment.id}",
        summary=_smilies(paper, html.escape(plain(lead + content), quote=False)),
        content=_smilies(paper, lead + content + "\n"),
        parent=f"{guid}{above.id}" if above else "",
        parent_link=comment_url(paper, above) if above else "",
        root=f"{paper.base}/?p={post.id}",
        root_link=paper.url(post),
    )


def _answer(request: Request, feed: Feed, atom: bool, changed: datetime, status: int, base: str) -> Response:
    """The feed with its validators, or 304 to a visitor who has it."""
    stamp = format_datetime(changed.astimezone(UTC), usegmt=True)
    etag = f'"{hashlib.md5(stamp.encode(), usedforsecurity=False).hexdigest()}"'
    validators = [("Last-Modified", stamp), ("ETag", etag)]
    if status == 200 and _unchanged(request, changed, etag):
        return Response(304, b"", validators)
    body = render("atom.xml" if atom else "rss.xml", feed=feed, base=base)
    kind = "application/atom+xml" if atom else "application/rss+xml"
    links = [("Link", f'<{base}/wp-json/>; rel="https://api.w.org/"')]
    return text(body, kind, status, [*links, *(validators if status == 200 else [])])


def _unchanged(request: Request, changed: datetime, etag: str) -> bool:
    """WordPress' test: if both validators are sent, both must match; a weak one (`W/`) never does."""
    tag, since = request.headers.get("if-none-match", ""), request.headers.get("if-modified-since", "")
    try:
        fresh = bool(since) and parsedate_to_datetime(since) >= changed.replace(microsecond=0)
    except (ValueError, TypeError):
        fresh = False
    return (fresh and tag == etag) if tag and since else (fresh or tag == etag)
