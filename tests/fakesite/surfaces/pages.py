"""The HTML pages of the newspaper: front page, lists, articles, static pages, not found.

It knows what each template needs. It does not know which address leads here (routes.py does). Its law: a page
shows only what `Paper` and `threads` say a visitor may see.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from tests.fakesite.generator.dice import Dice
from tests.fakesite.model import Comment, Post, Term
from tests.fakesite.paper import Paper
from tests.fakesite.typed import entities
from tests.fakesite.wire import Headers, Response, page

from .rendering import render
from .rest_items import avatar, body_html, excerpt_html
from .threads import comment_url, default_page, page_count, shown

_IMAGE = re.compile(r'<img [^>]*?src="([^"]+)"')
NO_CACHE = [
    ("Cache-Control", "no-cache, must-revalidate, max-age=0"),
    ("Expires", "Wed, 11 Jan 1984 05:00:00 GMT"),
]


@dataclass(slots=True)
class Frame:
    """The frame around every page."""

    kind: str
    title: str
    body_class: str
    edition: datetime
    stories: int
    sections: list[Term]
    recent_posts: list[Post]
    recent_comments: list[tuple[Comment, Post, str]]
    tides: list[str]
    years: list[int]
    section: str = ""


@dataclass(slots=True)
class Listing:
    """A page of posts: which, under what heading, and the address of its further pages."""

    kind: str
    body_class: str
    posts: list[Post]
    number: int
    address: str
    heading: str = ""
    about: str = ""
    feed: str = ""
    section: str = ""
    suffix: str = ""


def _frame(paper: Paper, kind: str, title: str, body_class: str, section: str = "") -> Frame:
    posts = paper.published()
    readable = [c for c in paper.all_approved() if c.kind == "comment" and paper.public_comment(c)]
    recent = [(c, paper.posts[c.post], comment_url(paper, c)) for c in readable[:-6:-1]]
    edition = max(paper.last_post_modified(), paper.last_comment())
    dice = Dice("tides", f"{edition:%Y%m%d}")
    high = dice.number(0, 719)
    tides = [f"{m // 60 % 24}:{m % 60:02d}" for m in (high, high + 745, high + 372, high + 1117)]
    return Frame(
        kind=kind,
        title=f"{title} – {paper.options.name}"
        if title
        else f"{paper.options.name} – {paper.options.tagline}",
        body_class=body_class,
        edition=edition,
        stories=len(posts),
        sections=[term for term, _ in paper.used_terms("category")],
        recent_posts=posts[:5],
        recent_comments=recent,
        tides=tides,
        years=sorted({paper.local(post.date).year for post in posts}, reverse=True),
        section=section,
    )


def _tools(paper: Paper) -> dict[str, Any]:
    """Return the functions that every template may call."""

    def lead_image(post: Post) -> str:
        found = next((m for block in post.blocks if (m := _IMAGE.search(block.html))), None)
        return paper.based(found.group(1)) if found and not post.password else ""

    return {
        "paper": paper,
        "base": paper.base,
        "options": paper.options,
        "local": paper.local,
        "lead_image": lead_image,
        "post_class": _post_class,
        "excerpt": lambda post: Markup(excerpt_html(post)),
        "replies": lambda post: len(paper.approved(post)),
        "avatar": lambda name, size: avatar(paper, name, size),
        "comment_url": lambda comment: comment_url(paper, comment),
        "comment_body": lambda c: Markup(entities(paper.based(c.html))),
    }


def _post_class(post: Post) -> str:
    names = [f"post-{post.id}", post.kind, f"type-{post.kind}", f"status-{post.status}"]
    names += ["post-password-required"] if post.password else []
    names += ["format-standard", "hentry"] if post.kind == "post" else ["hentry"]
    names += [f"category-{term.slug}" for term in post.categories] + [
        f"tag-{term.slug}" for term in post.tags
    ]
    return " ".join(names)


def listing(paper: Paper, what: Listing) -> Response:
    """A page of a list of posts; past its end the HTML 404."""
    size = paper.options.posts_per_page
    pages = max(1, -(-len(what.posts) // size))
    if not 1 <= what.number <= pages:
        return not_found(paper)
    posts = what.posts[(what.number - 1) * size : what.number * size]
    if what.kind == "home":
        sticky = [post for post in paper.published() if post.sticky] if what.number == 1 else []
        posts = sticky + [post for post in posts if post not in sticky]

    def page_url(number: int) -> str:
        return (what.address if number == 1 else f"{what.address.rstrip('/')}/page/{number}") + what.suffix

    numbered = (
        f"{what.heading or paper.options.name} – Page {what.number}" if what.number > 1 else what.heading
    )
    body = render(
        "list.html",
        frame=_frame(paper, what.kind, numbered, what.body_class, what.section),
        posts=posts,
        number=what.number,
        pages=pages,
        page_url=page_url,
        heading=what.heading,
        heading_feed=what.feed,
        about=what.about,
        **_tools(paper),
    )
    return page(body, extra=[_api(paper)])


def article(paper: Paper, post: Post, part: int = 1, comments: int | None = None) -> Response:
    """An article or static page: its part (from 1), and one of its comment pages (None: the usual one)."""
    parts = post.pages
    if not 1 <= part <= len(parts):
        part = 1
    number = comments or default_page(paper, post)
    kind = "page" if post.kind == "page" else "single"
    body_class = (
        f"{kind} {kind}-template-default {kind} {'page-id' if kind == 'page' else 'postid'}-{post.id}"
    )
    body = render(
        "single.html",
        frame=_frame(paper, kind, _head_title(post, part, comments), body_class, _section(post)),
        post=post,
        part=part,
        parts=len(parts),
        body=Markup(body_html(paper, parts[part - 1])),
        canonical=_canonical(paper, post, part, comments),
        summary=_summary(post),
        graph=_graph(paper, post),
        related=_related(paper, post),
        tree=shown(paper, post, number),
        comment_page=number,
        comment_pages=page_count(paper, post),
        comment_page_url=_comment_page_url(paper, post),
        **_neighbours(paper, post),
        **_tools(paper),
    )
    return page(body, extra=_article_headers(paper, post))


def _section(post: Post) -> str:
    return post.categories[0].slug if post.categories else ""


def _head_title(post: Post, part: int, comments: int | None) -> str:
    title = post.title + (f" – Page {part}" if part > 1 else "")
    return f"{title} – Comments Page {comments}" if comments else title


def _canonical(paper: Paper, post: Post, part: int, comments: int | None) -> str:
    """A classic theme's canonical: the bare address, or this very part or comment page."""
    if comments:
        return f"{paper.url(post)}/comment-page-{comments}#comments"
    return paper.url(post) + (f"/{part}" if part > 1 else "")


def _comment_page_url(paper: Paper, post: Post) -> Callable[[int], str]:
    def address(number: int) -> str:
        first = number == 1 and not paper.options.newest_page_first
        return paper.url(post) + ("" if first else f"/comment-page-{number}")

    return address


def _api(paper: Paper) -> tuple[str, str]:
    return ("Link", f'<{paper.base}/wp-json/>; rel="https://api.w.org/"')


def _article_headers(paper: Paper, post: Post) -> Headers:
    item = f"{paper.base}/wp-json/wp/v2/{post.kind}s/{post.id}"
    return [
        *([("X-Pingback", f"{paper.base}/xmlrpc.php")] if post.comments_open and post.kind == "post" else []),
        _api(paper),
        ("Link", f'<{item}>; rel="alternate"; title="JSON"; type="application/json"'),
        ("Link", f"<{paper.base}/?p={post.id}>; rel=shortlink"),
    ]


def _summary(post: Post) -> str:
    words = (post.excerpt or " ".join(post.paragraphs)).split()
    return " ".join(words[:30]) + ("…" if len(words) > 30 else "")


def _related(paper: Paper, post: Post) -> list[Post]:
    if not post.categories:
        return []
    others = [
        other for other in paper.filed(post.categories[0]) if other.id != post.id and not other.password
    ]
    start = post.id % len(others) if others else 0
    return (others[start:] + others[:start])[:4]


def _neighbours(paper: Paper, post: Post) -> dict[str, Post | None]:
    posts = paper.published()
    if post not in posts:
        return {"older": None, "newer": None}
    place = posts.index(post)
    older = posts[place + 1] if place + 1 < len(posts) else None
    return {"older": older, "newer": posts[place - 1] if place else None}


def _graph(paper: Paper, post: Post) -> dict[str, Any]:
    """The JSON-LD an SEO plugin would add."""
    url, words = paper.url(post), sum(len(text.split()) for text in post.paragraphs)
    site = {
        "@type": "WebSite",
        "@id": f"{paper.base}/#website",
        "url": f"{paper.base}/",
        "name": paper.options.name,
    }
    person = {"@type": "Person", "@id": f"{paper.user_url(post.author)}#person", "name": post.author.name}
    story = {
        "@type": "NewsArticle" if post.kind == "post" else "WebPage",
        "@id": f"{url}#article",
        "isPartOf": {"@id": f"{paper.base}/#website"},
        "mainEntityOfPage": url,
        "headline": post.title,
        "datePublished": post.date.isoformat(),
        "dateModified": post.modified.isoformat(),
        "author": {"@id": person["@id"], "name": post.author.name},
        "wordCount": words,
        "commentCount": len(paper.approved(post)),
        "keywords": [term.name for term in post.tags],
        "articleSection": [term.name for term in post.categories],
        "inLanguage": "en-US",
    }
    return {"@context": "https://schema.org", "@graph": [story, site, person]}


def not_found(paper: Paper) -> Response:
    """The 404 page."""
    body = render(
        "notfound.html", frame=_frame(paper, "error404", "Page not found", "error404"), **_tools(paper)
    )
    return page(body, 404, [*NO_CACHE, _api(paper)])


__all__ = ["NO_CACHE", "Listing", "article", "listing", "not_found"]
