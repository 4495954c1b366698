"""How WordPress lays a post's comments out on pages: paging by top-level comments, nesting to a limit.

It knows the rules of the comment walker and of comment permalinks. It does not know HTML. Its law: it tells
what a browser shows, which is less than REST tells: replies below a hidden comment are missing, and replies
deeper than the limit stand flat.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakesite.model import Comment, Post
from tests.fakesite.paper import Paper


@dataclass(slots=True)
class Shown:
    """A comment in its place on a page: `depth` as the markup says (never above the limit)."""

    comment: Comment
    depth: int
    number: int
    thread: int
    replies: list[Shown] = field(default_factory=list)
    has_replies: bool = False


def top_level(paper: Paper, post: Post) -> list[Comment]:
    """The approved comments of a post that answer none, oldest first."""
    return [comment for comment in paper.approved(post) if comment.parent == 0]


def page_count(paper: Paper, post: Post) -> int:
    """How many comment pages a post has; one if it has few comments or none."""
    return max(1, -(-len(top_level(paper, post)) // paper.options.comments_per_page))


def default_page(paper: Paper, post: Post) -> int:
    """The comment page the bare address shows, from 1."""
    return page_count(paper, post) if paper.options.newest_page_first else 1


def shown(paper: Paper, post: Post, page: int) -> list[Shown]:
    """The trees of comments on one page (from 1); empty past the end."""
    size = paper.options.comments_per_page
    children: dict[int, list[Comment]] = {}
    for comment in paper.approved(post):
        children.setdefault(comment.parent, []).append(comment)
    walk = _Walk(children, paper.options.thread_depth)
    roots = children.get(0, [])[(page - 1) * size : page * size] if page > 0 else []
    return [tree for root in roots for tree in walk.place(root, 1)]


@dataclass(slots=True)
class _Walk:
    """One pass over a page of comments, counting as it goes for the even and odd classes."""

    children: dict[int, list[Comment]]
    limit: int
    number: int = 0
    thread: int = 0

    def place(self, comment: Comment, depth: int) -> list[Shown]:
        """The comment and its replies; at the limit the replies follow it as its equals."""
        replies = self.children.get(comment.id, [])
        item = Shown(comment, depth, self.number, self.thread, has_replies=bool(replies))
        self.number += 1
        self.thread += depth == 1
        if depth < self.limit:
            item.replies = [below for reply in replies for below in self.place(reply, depth + 1)]
            return [item]
        return [item, *(below for reply in replies for below in self.place(reply, depth))]


def flat(trees: list[Shown]) -> list[Shown]:
    """All comments of the trees in the order a reader meets them."""
    return [item for tree in trees for item in (tree, *flat(tree.replies))]


def visible_ids(paper: Paper, post: Post) -> set[int]:
    """The ids of all comments and pings that the post's comment pages show, all pages together."""
    pages = range(1, page_count(paper, post) + 1)
    return {item.comment.id for page in pages for item in flat(shown(paper, post, page))}


def true_depth(paper: Paper, comment: Comment) -> int:
    """How deep the comment really is: 1 for one that answers none."""
    depth, above = 1, paper.comments.get(comment.parent)
    while above is not None:
        depth, above = depth + 1, paper.comments.get(above.parent)
    return depth


def comment_page(paper: Paper, comment: Comment) -> int:
    """The page that shows the comment, from 1, by its place among the top-level comments."""
    root = comment
    while root.parent and root.parent in paper.comments:
        root = paper.comments[root.parent]
    tops = top_level(paper, paper.posts[comment.post])
    older = sum(1 for top in tops if (top.date, top.id) < (root.date, root.id))
    return older // paper.options.comments_per_page + 1


def comment_url(paper: Paper, comment: Comment) -> str:
    """The comment's permalink, with the comment page that shows it."""
    page = comment_page(paper, comment)
    bare = page == 1 and not paper.options.newest_page_first
    part = "" if bare else f"/comment-page-{page}"
    return f"{paper.url(paper.posts[comment.post])}{part}#comment-{comment.id}"
