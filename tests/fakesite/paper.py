"""The newspaper as a whole: everything it holds, who may see what, and the address of each thing.

It knows all posts and comments in every state and WordPress' rules of visibility. It does not know HTTP,
HTML pages or chance, and it never changes anything by itself (desk.py does). Its law: each surface asks
here what a visitor may see, so that what is hidden is hidden everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from .model import Comment, Post, Term, User

_EVER = datetime(2006, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Options:
    """The settings a WordPress site would keep in its dashboard."""

    name: str = "The Averil Packet"
    tagline: str = "News of the harbour and the hills since 1871"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/New_York"))
    comments_per_page: int = 20
    newest_page_first: bool = True
    thread_depth: int = 5
    posts_per_page: int = 10
    feed_items: int = 10
    sitemap_size: int = 2000
    crawl_delay: int | None = None


@dataclass(slots=True)
class Paper:
    """All the newspaper holds; `base` is the site's address without a final slash."""

    options: Options
    base: str = ""
    posts: dict[int, Post] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    terms: dict[int, Term] = field(default_factory=dict)
    next_post: int = 38
    next_comment: int = 101
    _of_post: dict[int, list[Comment]] = field(default_factory=dict)

    def add_post(self, post: Post) -> Post:
        """Keep a post whose id was taken from `next_post` or above."""
        self.posts[post.id] = post
        self.next_post = max(self.next_post, post.id + 1)
        return post

    def add_comment(self, comment: Comment) -> Comment:
        """Keep a comment."""
        self.comments[comment.id] = comment
        self._of_post.setdefault(comment.post, []).append(comment)
        self.next_comment = max(self.next_comment, comment.id + 1)
        return comment

    def drop_comment(self, comment: Comment) -> None:
        """Forget a comment for good."""
        del self.comments[comment.id]
        self._of_post[comment.post].remove(comment)

    # Who may see what

    def published(self, kind: str = "post") -> list[Post]:
        """Posts (or pages) a visitor finds listed, newest first; those with a password are among them."""
        listed = [post for post in self.posts.values() if post.kind == kind and post.status == "publish"]
        return sorted(listed, key=lambda post: (post.date, post.id), reverse=True)

    def readable(self, post: Post | None) -> bool:
        """True if a visitor may read the post's text."""
        return post is not None and post.status == "publish" and not post.password

    def approved(self, post: Post) -> list[Comment]:
        """The approved comments and pings of a post, oldest first."""
        return by_date(c for c in self._of_post.get(post.id, ()) if c.status == "approved")

    def held_by(self, post: Post) -> list[Comment]:
        """All comments of a post in any state, in the order they came in."""
        return list(self._of_post.get(post.id, ()))

    def public_comment(self, comment: Comment) -> bool:
        """True if a visitor may read the comment: approved, and its post is readable."""
        return comment.status == "approved" and self.readable(self.posts.get(comment.post))

    def all_approved(self) -> list[Comment]:
        """Every approved comment and ping, oldest first, whatever its post's state, as WordPress counts."""
        return by_date(c for c in self.comments.values() if c.status == "approved")

    def last_post_modified(self) -> datetime:
        """When a published post was last changed: the validator of the post feeds."""
        published = (post.modified for post in self.posts.values() if post.status == "publish")
        return max(published, default=_EVER)

    def last_comment(self) -> datetime:
        """The newest date of any approved comment; edits and removals of others leave it as it is."""
        return max((c.date for c in self.comments.values() if c.status == "approved"), default=_EVER)

    # Addresses

    def local(self, moment: datetime) -> datetime:
        """The moment in the site's own time zone."""
        return moment.astimezone(self.options.zone)

    def path(self, post: Post) -> str:
        """The path of a post's permalink; a published page's is `/slug.php`."""
        if post.kind == "page":
            return f"/{post.slug}.php"
        return f"/archives/{self.local(post.date):%Y/%m}/{post.slug}.php"

    def url(self, post: Post) -> str:
        """The post's permalink."""
        return self.base + self.path(post)

    def term_url(self, term: Term) -> str:
        """The address of a category or tag page."""
        return self.base + ("/archives/category/" if term.taxonomy == "category" else "/tags/") + term.slug

    def user_url(self, user: User) -> str:
        """The address of an author's page."""
        return f"{self.base}/archives/author/{user.slug}"

    def based(self, markup: str) -> str:
        """Stored markup with the site's address filled in."""
        return markup.replace("%BASE%", self.base)

    # Terms

    def filed(self, term: Term) -> list[Post]:
        """Published posts under a term, newest first."""
        return [post for post in self.published() if term in post.categories or term in post.tags]

    def used_terms(self, taxonomy: str) -> list[tuple[Term, int]]:
        """Terms with at least one published post, by id, each with its number of posts."""
        count: dict[int, int] = {}
        for post in self.published():
            for term in (*post.categories, *post.tags):
                count[term.id] = count.get(term.id, 0) + 1
        used = (term for term in self.terms.values() if term.taxonomy == taxonomy and term.id in count)
        return [(term, count[term.id]) for term in sorted(used, key=lambda term: term.id)]

    def writers(self) -> list[User]:
        """Users with at least one published post or page, by id."""
        ids = {post.author.id for post in self.posts.values() if post.status == "publish"}
        return [self.users[number] for number in sorted(ids)]


def by_date(comments: Iterable[Comment]) -> list[Comment]:
    """Comments oldest first; those of one second by id."""
    return sorted(comments, key=lambda comment: (comment.date, comment.id))
