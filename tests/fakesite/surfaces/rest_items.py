"""The JSON of each kind of thing REST tells: posts, pages, comments, users, terms, types.

It knows the shapes of WordPress 6.5. It does not know who may ask (rest.py does). Its law: the same thing has
the same JSON in lists, alone and embedded.
"""

from __future__ import annotations

import html
from typing import Any

from tests.fakesite.model import Block, Comment, Post, Term, User
from tests.fakesite.paper import Paper
from tests.fakesite.typed import entities, titled

from .threads import comment_url

Item = dict[str, Any]


def _link(paper: Paper, path: str, embeddable: bool = False, **more: Any) -> Item:
    link = {"embeddable": True} if embeddable else {}
    return {**link, **more, "href": f"{paper.base}/wp-json/wp/v2/{path}"}


def _stamp(paper: Paper, moment: Any) -> str:
    return f"{paper.local(moment):%Y-%m-%dT%H:%M:%S}"


def body_html(paper: Paper, blocks: list[Block] | tuple[Block, ...]) -> str:
    """The markup of these blocks as WordPress sends it; a page break is its comment."""
    parts = ["<!--nextpage-->" if block.kind == "nextpage" else block.html for block in blocks]
    return "\n" + entities(paper.based("\n\n\n\n".join(parts))) + "\n"


def excerpt_html(post: Post) -> str:
    """The excerpt, written or cut from the text at 55 words."""
    words = (post.excerpt or " ".join(post.paragraphs)).split()
    cut = " [&hellip;]" if len(words) > 55 else ""
    return f"<p>{titled(' '.join(words[:55]))}{cut}</p>\n"


def post_item(paper: Paper, post: Post) -> Item:
    """A post or page."""
    closed = post.password
    item: Item = {
        "id": post.id,
        "date": _stamp(paper, post.date),
        "date_gmt": f"{post.date:%Y-%m-%dT%H:%M:%S}",
        "guid": {"rendered": f"{paper.base}/?p={post.id}"},
        "modified": _stamp(paper, post.modified),
        "modified_gmt": f"{post.modified:%Y-%m-%dT%H:%M:%S}",
        "slug": post.slug,
        "status": post.status,
        "type": post.kind,
        "link": paper.url(post),
        "title": {"rendered": titled(post.title)},
        "content": {"rendered": "" if closed else body_html(paper, post.blocks), "protected": closed},
        "excerpt": {"rendered": "" if closed else excerpt_html(post), "protected": closed},
        "author": post.author.id,
        "featured_media": 0,
        "comment_status": "open" if post.comments_open else "closed",
        "ping_status": "open" if post.comments_open else "closed",
        "template": "",
        "meta": {"footnotes": ""},
    }
    if post.kind == "page":
        return {**item, "parent": 0, "menu_order": 0, "_links": _post_links(paper, post)}
    item |= {"sticky": post.sticky, "format": "standard"}
    item |= {"categories": [t.id for t in post.categories], "tags": [t.id for t in post.tags]}
    return {**item, "_links": _post_links(paper, post)}


def _post_links(paper: Paper, post: Post) -> Item:
    route = "pages" if post.kind == "page" else "posts"
    links = {
        "self": [_link(paper, f"{route}/{post.id}")],
        "collection": [_link(paper, route)],
        "about": [_link(paper, f"types/{post.kind}")],
        "author": [_link(paper, f"users/{post.author.id}", True)],
        "replies": [_link(paper, f"comments?post={post.id}", True)],
        "version-history": [_link(paper, f"{route}/{post.id}/revisions", count=0)],
        "wp:attachment": [_link(paper, f"media?parent={post.id}")],
    }
    if post.kind == "post":
        links["wp:term"] = [
            _link(paper, f"{name}?post={post.id}", True, taxonomy=taxonomy)
            for taxonomy, name in (("category", "categories"), ("post_tag", "tags"))
        ]
    curies = [{"name": "wp", "href": "https://api.w.org/{rel}", "templated": True}]
    return {**links, "curies": curies}


def comment_item(paper: Paper, comment: Comment) -> Item:
    """A comment; the name is entity-encoded and empty for an anonymous reader."""
    post = paper.posts[comment.post]
    links = {
        "self": [_link(paper, f"comments/{comment.id}")],
        "collection": [_link(paper, "comments")],
        "up": [_link(paper, f"{post.kind}s/{post.id}", True, post_type=post.kind)],
    }
    if comment.user:
        links["author"] = [_link(paper, f"users/{comment.user.id}", True)]
    if comment.parent:
        links["in-reply-to"] = [_link(paper, f"comments/{comment.parent}", True)]
    if any(c.parent == comment.id for c in paper.approved(post)):
        links["children"] = [_link(paper, f"comments?parent={comment.id}")]
    return {
        "id": comment.id,
        "post": comment.post,
        "parent": comment.parent,
        "author": comment.user.id if comment.user else 0,
        "author_name": html.escape(comment.author, quote=False),
        "author_url": comment.url,
        "date": _stamp(paper, comment.date),
        "date_gmt": f"{comment.date:%Y-%m-%dT%H:%M:%S}",
        "content": {"rendered": entities(paper.based(comment.html)) + "\n"},
        "link": comment_url(paper, comment),
        "status": "approved",
        "type": comment.kind,
        "author_avatar_urls": {size: avatar(paper, comment.author, size) for size in ("24", "48", "96")},
        "meta": [],
        "_links": links,
    }


def avatar(paper: Paper, name: str, size: str) -> str:
    """The address of the picture beside a name: a coloured initial drawn by the site itself."""
    initial = next((letter for letter in name if letter.isascii() and letter.isalnum()), "A").upper()
    hue = sum(map(ord, name)) % 12
    return f"{paper.base}/wp-content/avatars/{initial}-{hue}.svg?s={size}"


def user_item(paper: Paper, user: User) -> Item:
    """A member of the newsroom."""
    return {
        "id": user.id,
        "name": user.name,
        "url": "",
        "description": titled(user.bio),
        "link": paper.user_url(user),
        "slug": user.slug,
        "avatar_urls": {size: avatar(paper, user.name, size) for size in ("24", "48", "96")},
        "meta": [],
        "_links": {"self": [_link(paper, f"users/{user.id}")], "collection": [_link(paper, "users")]},
    }


def term_item(paper: Paper, term: Term, count: int) -> Item:
    """A category or tag with its number of published posts."""
    name = "categories" if term.taxonomy == "category" else "tags"
    item = {
        "id": term.id,
        "count": count,
        "description": "",
        "link": paper.term_url(term),
        "name": html.escape(term.name, quote=False),
        "slug": term.slug,
        "taxonomy": term.taxonomy,
        **({"parent": 0} if name == "categories" else {}),
        "meta": [],
    }
    which = "categories" if name == "categories" else "tags"
    links = {
        "self": [_link(paper, f"{name}/{term.id}")],
        "collection": [_link(paper, name)],
        "about": [_link(paper, f"taxonomies/{term.taxonomy}")],
        "wp:post_type": [_link(paper, f"posts?{which}={term.id}")],
    }
    return {**item, "_links": links}


def types(paper: Paper) -> Item:
    """The post types a visitor may know of."""
    kinds = {"post": ("Posts", "posts"), "page": ("Pages", "pages"), "attachment": ("Media", "media")}
    return {
        slug: {
            "description": "",
            "hierarchical": slug == "page",
            "has_archive": False,
            "name": name,
            "slug": slug,
            "taxonomies": ["category", "post_tag"] if slug == "post" else [],
            "rest_base": base,
            "rest_namespace": "wp/v2",
            "_links": {"collection": [_link(paper, "types")], "wp:items": [_link(paper, base)]},
        }
        for slug, (name, base) in kinds.items()
    }
