"""Writes crawler/demo/paper.json.gz, the text of the demo newspaper: `python -m tests.fakesite.write_demo`.

A newspaper of the generator lives through all its events; what a visitor may read before them, and what each
of them changes of it, is the content of the file. Times are seconds from the epoch, as crawler/demo/paper.py
says.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from crawler.demo.paper import FILE

from .life import LAST, when
from .model import Comment, Post, Term, User
from .site import SampleSite
from .surfaces.rest_items import body_html
from .surfaces.threads import visible_ids

MADE = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ARTICLES, COMMENTS, SEED = 120, 1200, 1
EXCERPT_WORDS = 40
_LINK = re.compile(r'<a href="(/archives/[^"]+)">(.*?)</a>')
_IMAGE = re.compile(r'<img [^>]*?src="([^"]+)"')

Row = dict[str, Any]
State = dict[str, dict[int, Row]]


def content() -> Row:
    """Return what the file holds: terms, articles and comments as they were made, and the events."""
    moment = [MADE]
    site = SampleSite(articles=ARTICLES, comments=COMMENTS, seed=SEED, epoch=MADE, now=lambda: moment[0])
    before = state(site)
    first, events = before, []
    for number in range(LAST):
        after = int(when(number))
        moment[0] = MADE + timedelta(seconds=after + 1)
        site.catch_up()
        now = state(site)
        if change := difference(before, now):
            events.append({"after": after, **change})
        before = now
    terms = [*map(author, site.paper.users.values()), *map(term, site.paper.terms.values())]
    rows = {name: list(kept.values()) for name, kept in first.items()}
    return {"made": MADE.isoformat(), "terms": terms, **rows, "events": events}


def state(site: SampleSite) -> State:
    """Return the articles and comments that a visitor may read, as rows by id."""
    posts = [post for post in site.paper.published() if site.paper.readable(post)]
    comments = [
        comment
        for post in posts
        for shown in [visible_ids(site.paper, post)]
        for comment in site.paper.approved(post)
        if comment.id in shown
    ]
    return {
        "articles": {post.id: article_row(site, post) for post in posts},
        "comments": {comment.id: comment_row(comment) for comment in comments},
    }


def difference(before: State, now: State) -> Row:
    """Return the rows that are new or changed, and the ids of the comments that are gone."""
    change: Row = {
        name: [row for number, row in now[name].items() if before[name].get(number) != row] for name in now
    }
    change["removed"] = sorted(set(before["comments"]) - set(now["comments"]))
    return {name: rows for name, rows in change.items() if rows}


def author(user: User) -> Row:
    return {"id": 1000 + user.id, "kind": "author", "slug": user.slug, "name": user.name, "about": user.bio}


def term(term: Term) -> Row:
    kind = {"post_tag": "tag"}.get(term.taxonomy, term.taxonomy)
    return {"id": term.id, "kind": kind, "slug": term.slug, "name": term.name}


def article_row(site: SampleSite, post: Post) -> Row:
    words = (post.excerpt or " ".join(post.paragraphs)).split()
    blocks = [block for block in post.blocks if block.kind != "nextpage"]
    html = _LINK.sub(partial(linked, site), body_html(site.paper, blocks).strip())
    image = _IMAGE.search(html)
    return {
        "id": post.id,
        "path": site.paper.path(post),
        "title": post.title,
        "author": 1000 + post.author.id,
        "category": post.categories[0].id,
        "tags": [tag.id for tag in post.tags],
        "published": seconds(post.date),
        "modified": seconds(post.modified),
        "excerpt": " ".join(words[:EXCERPT_WORDS]) + ("…" if len(words) > EXCERPT_WORDS else ""),
        "image": image.group(1) if image else "",
        "html": html,
    }


def linked(site: SampleSite, found: re.Match[str]) -> str:
    """Return a link to another article, or its words alone where a visitor may not read that article."""
    targets = (post for post in site.paper.published() if site.paper.readable(post))
    return found.group() if found.group(1) in map(site.paper.path, targets) else found.group(2)


def comment_row(comment: Comment) -> Row:
    return {
        "id": comment.id,
        "article": comment.post,
        "parent": comment.parent,
        "kind": comment.kind,
        "author": comment.author,
        "url": comment.url,
        "published": seconds(comment.date),
        "html": comment.html.replace("%BASE%", ""),
    }


def seconds(moment: datetime) -> int:
    return int((moment - MADE).total_seconds())


def packed() -> bytes:
    """Return the content as it is written."""
    text = json.dumps(content(), ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


if __name__ == "__main__":
    sys.stdout.write(f"{FILE.name}: {FILE.write_bytes(packed()):,} bytes\n")
