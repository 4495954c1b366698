"""The editor's desk: everything that can happen to a newspaper, each as one method.

It knows how WordPress changes posts and comments and what that does to their dates. It does not know
HTTP, nor when things ought to happen (life.py and the tests do). Its law: each method is one whole change
under the lock; without an `at` (an aware datetime) it happens now.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

from .model import Block, Comment, Post, Term, User
from .paper import Paper
from .typed import comment_html, smart

Clock = Callable[[], datetime]


def slugged(title: str) -> str:
    """A slug the way WordPress makes one: lower case, no accents or punctuation, hyphens."""
    ascii_ = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[\s-]+", "-", re.sub(r"[^a-z0-9\s-]", "", ascii_)).strip("-")


def text_blocks(text: str) -> tuple[Block, ...]:
    """Paragraph blocks of text whose paragraphs are parted by blank lines."""
    parts = (part.strip() for part in re.split(r"\n\s*\n", text) if part.strip())
    return tuple(Block("p", f"<p>{smart(part)}</p>") for part in parts)


class Desk:
    """All changes to one paper."""

    def __init__(self, paper: Paper, now: Clock) -> None:
        self.paper = paper
        self.now = now
        self.lock = threading.RLock()

    def _at(self, at: datetime | None) -> datetime:
        return (at or self.now()).astimezone(UTC).replace(microsecond=0)

    # Comments

    def reply(
        self,
        article_id: int,
        parent_comment_id: int = 0,
        author: str = "Reader",
        text: str = "",
        *,
        url: str = "",
        status: str = "approved",
        kind: str = "comment",
        at: datetime | None = None,
    ) -> int:
        """Write a comment (parent 0: to the article itself) and return its id.

        `text` is what a reader types: paragraphs by blank lines, `a em strong b i code blockquote` allowed.
        `kind` may be pingback or trackback, whose `url` is then the page that links here.
        """
        with self.lock:
            number = self.paper.next_comment
            user = next((user for user in self.paper.users.values() if user.name == author), None)
            email = f"reader{number}@mail.invalid"
            self.paper.add_comment(
                Comment(
                    id=number,
                    post=self.paper.posts[article_id].id,
                    parent=parent_comment_id,
                    author=author,
                    date=self._at(at),
                    html=comment_html(text),
                    url=url,
                    email=email,
                    user=user if kind == "comment" else None,
                    kind=kind,
                    status=status,
                )
            )
            return number

    def edit_comment(self, comment_id: int, text: str) -> None:
        """Change a comment's text; nothing else shows that it happened."""
        with self.lock:
            self.paper.comments[comment_id].html = comment_html(text)

    def rename_commenter(self, comment_id: int, author: str) -> None:
        """Change the name over a comment; nothing else shows that it happened."""
        with self.lock:
            self.paper.comments[comment_id].author = author

    def _status(self, comment_id: int, status: str) -> None:
        with self.lock:
            self.paper.comments[comment_id].status = status

    def trash_comment(self, comment_id: int) -> None:
        """Withdraw a comment; its replies leave the page with it but stay in REST."""
        self._status(comment_id, "trash")

    def hold_comment(self, comment_id: int) -> None:
        """Send a comment back to moderation."""
        self._status(comment_id, "hold")

    def spam_comment(self, comment_id: int) -> None:
        """Mark a comment as spam."""
        self._status(comment_id, "spam")

    def approve_comment(self, comment_id: int) -> None:
        """Let a held, spam or trashed comment appear, with the date it was written."""
        self._status(comment_id, "approved")

    def delete_comment(self, comment_id: int) -> None:
        """Remove a comment for good; its replies now answer what it answered."""
        with self.lock:
            gone = self.paper.comments[comment_id]
            for comment in self.paper.held_by(self.paper.posts[gone.post]):
                if comment.parent == comment_id:
                    comment.parent = gone.parent
            self.paper.drop_comment(gone)

    # Articles

    def publish(
        self,
        title: str,
        text: str,
        *,
        author: str | None = None,
        slug: str | None = None,
        category: str | None = None,
        tags: tuple[str, ...] = (),
        status: str = "publish",
        blocks: tuple[Block, ...] = (),
        excerpt: str = "",
        topic: str = "",
        at: datetime | None = None,
    ) -> int:
        """Write an article and return its id; `category` and `tags` are names, made if they are new.

        `status` may also be draft, private or future. `text` has its paragraphs parted by blank lines;
        `blocks`, if given, are used instead of it.
        """
        with self.lock:
            when = self._at(at)
            post = Post(
                id=self.paper.next_post,
                title=smart(title),
                slug=self._free_slug(slug or slugged(title)),
                date=when,
                modified=when,
                author=self._user(author),
                blocks=blocks or text_blocks(text),
                excerpt=excerpt,
                status=status,
                categories=(self._term("category", category or "Briefs"),),
                tags=tuple(self._term("post_tag", name) for name in tags),
                topic=topic,
            )
            return self.paper.add_post(post).id

    def _free_slug(self, wanted: str) -> str:
        wanted = wanted or str(self.paper.next_post)
        taken = {post.slug for post in self.paper.posts.values()}
        slug, twin = wanted, 2
        while slug in taken:
            slug, twin = f"{wanted}-{twin}", twin + 1
        return slug

    def _user(self, name: str | None) -> User:
        users = self.paper.users.values()
        return next(user for user in users if name is None or user.name == name)

    def _term(self, taxonomy: str, name: str) -> Term:
        for term in self.paper.terms.values():
            if (term.taxonomy, term.name) == (taxonomy, name):
                return term
        term = Term(max(self.paper.terms, default=0) + 1, taxonomy, name, slugged(name))
        self.paper.terms[term.id] = term
        return term

    def edit_article(
        self,
        article_id: int,
        *,
        text: str | None = None,
        title: str | None = None,
        blocks: tuple[Block, ...] = (),
        silent: bool = True,
        touch: bool = True,
        at: datetime | None = None,
    ) -> None:
        """Change an article's text or title.

        `silent` leaves no trace for readers; otherwise a paragraph says that the article was corrected. The
        modified date moves as WordPress moves it, unless `touch` is false (a change made in the database).
        """
        with self.lock:
            post, when = self.paper.posts[article_id], self._at(at)
            post.blocks = blocks or (text_blocks(text) if text is not None else post.blocks)
            post.title = smart(title) if title is not None else post.title
            if not silent:
                day = f"{self.paper.local(when):%d %B %Y}".lstrip("0")
                post.blocks += text_blocks(f"This article was corrected on {day}.")
            if touch:
                post.modified = when

    def rename(self, article_id: int, slug: str, *, at: datetime | None = None) -> None:
        """Give an article a new slug; the old address redirects."""
        with self.lock:
            post = self.paper.posts[article_id]
            post.old_slugs.append(post.slug)
            post.slug, post.modified = slug, self._at(at)

    def protect_article(self, article_id: int, *, at: datetime | None = None) -> None:
        """Put a password on an article: still listed, its text and comments closed."""
        with self.lock:
            self.paper.posts[article_id].password = True
            self.paper.posts[article_id].modified = self._at(at)

    def set_article_status(self, article_id: int, status: str, *, at: datetime | None = None) -> None:
        """Move an article to publish, draft, private or future."""
        with self.lock:
            self.paper.posts[article_id].status = status
            self.paper.posts[article_id].modified = self._at(at)

    def trash_article(self, article_id: int, *, at: datetime | None = None) -> None:
        """Withdraw an article with its approved comments."""
        with self.lock:
            self.set_article_status(article_id, "trash", at=at)
            for comment in self.paper.approved(self.paper.posts[article_id]):
                comment.status = "post-trashed"

    def restore_article(self, article_id: int, *, at: datetime | None = None) -> None:
        """Bring a trashed article back to its old address with its comments."""
        with self.lock:
            self.set_article_status(article_id, "publish", at=at)
            for comment in self.paper.held_by(self.paper.posts[article_id]):
                if comment.status == "post-trashed":
                    comment.status = "approved"

    def delete_article(self, article_id: int) -> None:
        """Remove an article and its comments for good."""
        with self.lock:
            for comment in self.paper.held_by(self.paper.posts[article_id]):
                self.paper.drop_comment(comment)
            del self.paper.posts[article_id]
