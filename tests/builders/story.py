"""What is done to a site in a random life, and what its archive must and must not say then."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.builders.life import Life
from tests.wordpress import changes
from tests.wordpress.truth import Truth

HIDING = ("trash", "spam", "hold")
TEXT = "<p>The quay is closed until further notice, for reason {}.</p><p>Nobody knows who closed it.</p>"
OTHER_TEXT = "<p>Of {} boats that left at dawn every one was back by noon.</p><p>So say the keepers.</p>"
WALLS = (
    "consent, German",
    "maintenance, English",
    "not found, Dutch",
    "database error",
    "firewall",
    "meter, English",
)
PLUGINS = ("views", "also", "email", "advert")


class Story:
    """What was done to a site so far, and so what its archive may tell."""

    def __init__(self, life: Life, dice: random.Random, theme: str) -> None:
        self.life, self.site, self.dice, self.theme = life, life.site, dice, theme
        self.waiting: set[int] = set()  # comments that can be shown (again)
        self.hidden: set[int] = set()  # comments that were ever taken away
        self.shown_at: dict[int, datetime] = {}  # when comments were shown (again)
        self.reworded: set[int] = set()  # comments that were ever edited
        self.away: set[int] = set()  # posts that can be published again
        self.gone: set[int] = set()  # posts that were ever not there
        self.rewritten: set[int] = set()  # posts that were ever edited
        self.retold: set[int] = set()  # posts that ever got another title, date or author
        self.renamed: set[int] = set()  # posts that ever had another address
        self.due: set[tuple[str, str, int]] = set()  # events that must be told in the end
        self.rare: set[str] = set()  # what was done once, and is not done again
        self.numbers: dict[tuple[str, str], int] = {}  # of posts today, by title and moment

    def go_on(self) -> str:
        """Do something to the site, and say what."""
        truth = self.site.truth()
        self._note_numbers(truth)
        self.posts = [post.id for post in truth.posts if post.kind == "post" and post.comments_open]
        self.comments = [comment for comment in truth.comments if comment.kind == "comment"]
        deeds = {
            self.write: 6, self.answer: 4, self.burst: 1, self.reword: 3, self.hide: 3, self.show: 5,
            self.delete: 2, self.hold: 2, self.rewrite: 3, self.rename: 2, self.withdraw: 3, self.publish: 4,
            self.redesign: 1, self.plug_in: 2, self.rezone: 1, self.move_house: 1, self.renumber: 1,
            self.retitle: 2, self.redate: 1, self.rename_author: 1, self.replace: 1, self.merge: 1,
            self.import_old: 1,
        }  # fmt: skip
        [deed] = self.dice.choices(list(deeds), list(deeds.values()))
        return f"{deed.__name__} {deed()}"

    def write(self) -> int:
        return self._add(self.dice.choice(self.posts), self.dice.randint(1, 3))

    def burst(self) -> int:
        return self._add(self.dice.choice(self.posts), self.dice.randint(11, 70))

    def answer(self) -> int:
        comment = self.dice.choice(self.comments)
        return self._add(comment.post, 1, parent=comment.id) if comment.post in self.posts else 0

    def _add(self, post: int, count: int, **options: Any) -> int:
        changes.add_comments(self.site, post, count, at=_ago(seconds=count), **options)
        return post

    def reword(self) -> int:
        number = self.dice.choice(self.comments).id
        changes.edit_comment(self.site, number, f"On second thoughts, {self.dice.random()} of it.")
        self.reworded.add(number)
        self._must("edited", "comment", number)
        return number

    def hide(self) -> int:
        number = self.dice.choice(self.comments).id
        changes.set_comment(self.site, number, self.dice.choice(HIDING))
        self.waiting.add(number)
        self.hidden.add(number)
        return number

    def hold(self) -> int:
        post, at = self.dice.choice(self.posts), _ago(days=self.dice.choice((0, 1, 30)))
        self.waiting.update(changes.add_comments(self.site, post, 2, at=at, status="0"))
        return post

    def show(self) -> int:
        self.waiting &= changes.existing_comments(self.site, self.waiting)  # some were deleted for good
        number = self._one_of(self.waiting, lambda number: changes.set_comment(self.site, number, "approve"))
        self.shown_at[number] = self.life.now()
        return number

    def delete(self) -> int:
        number = self.dice.choice(self.comments).id
        changes.delete_comment(self.site, number)
        self.hidden.add(number)
        return number

    def rewrite(self) -> int:
        post = self.dice.choice(self.posts)
        changes.edit_post(self.site, post, post_content=TEXT.format(self.dice.random()))
        self.rewritten.add(post)
        self._must("edited", "article", post)
        return post

    def rename(self) -> int:
        post = self.dice.choice(self.posts)
        changes.rename(self.site, post, f"renamed-{self.dice.randrange(10**6)}")
        self.renamed.add(post)
        return post

    def retitle(self) -> int:
        post = self.dice.choice(self.posts)
        changes.edit_post(self.site, post, post_title=f"Headline {self.dice.random()}")
        self.retold.add(post)
        self._must("edited", "article", post)
        return post

    def redate(self) -> int:
        """Correct the date of an article; its address may have the date, too."""
        post = self.dice.choice(self.posts)
        at = self.site.truth().post(post).published - timedelta(days=self.dice.randint(3, 300))
        changes.redate(self.site, post, at)
        self.retold.add(post)
        self.renamed.add(post)
        self._must("edited", "article", post)
        return post

    def rename_author(self) -> int:
        """Give an author another name: no edit is due, since a site's authors may be shown otherwise."""
        post = self.dice.choice(self.posts)
        self.retold |= changes.rename_author(self.site, post, f"Clerk {self.dice.randrange(10**6)}")
        return post

    def replace(self) -> int:
        """Delete an article, and publish another one at its address."""
        post = self.dice.choice(self.posts)
        title, text = f"Instead {self.dice.random()}", OTHER_TEXT.format(self.dice.random())
        self.gone.add(post)
        return changes.replace_post(self.site, post, title, text)

    def merge(self) -> int:
        """Put an article's comments below another one, and lead its address there."""
        if len(self.posts) < 2 or self.life.plain:
            return 0
        post, into = self.dice.sample(self.posts, 2)
        self.hidden |= {c.id for c in self.comments if c.post == post}
        changes.merge_posts(self.site, post, into)
        self.gone.add(post)
        return post

    def import_old(self) -> int:
        """Bring in letters of years ago below an article, with new ids."""
        post = self.dice.choice(self.posts)
        at = _ago(days=self.dice.choice((400, 2000)))
        changes.add_comments(self.site, post, self.dice.randint(2, 30), at=at)
        return post

    def withdraw(self) -> int:
        post = self.dice.choice(self.posts)
        way = self.dice.choice((changes.trash_post, changes.protect, changes.delete_post))
        way(self.site, post)
        self.gone.add(post)
        self.away |= {post} if way is not changes.delete_post else set()
        return post

    def publish(self) -> int:
        if self.away and self.dice.random() < 0.5:
            return self._one_of(self.away, self._bring_back)
        at = _ago(seconds=self.dice.choice((1, 3600, 400 * 86400)))
        title, text = f"News {self.dice.random()}", TEXT.format(self.dice.random())
        return changes.publish(self.site, title, text, at=at)

    def redesign(self) -> str:
        """Give the site another theme."""
        self.theme = "classic" if self.theme == "block" else "block"
        changes.redesign(self.site, self.theme)
        return self.theme

    def rezone(self) -> str:
        """Give the site another time zone: printed dates of all that is there move."""
        if self.life.rest or "rezone" in self.rare:
            return "again"
        self.rare.add("rezone")
        changes.option(self.site, "timezone_string", "Asia/Tokyo")
        return "Asia/Tokyo"

    def move_house(self) -> str:
        """Give all articles another form of address; the old ones redirect."""
        if "move_house" in self.rare or self.life.plain:
            return "again"
        self.rare.add("move_house")
        changes.permalinks(self.site, "/news/%year%/%postname%/")
        self.renamed |= {post.id for post in self.site.truth().posts}
        return "/news/"

    def renumber(self) -> str:
        """Build the site anew from an export: posts have other ids, some of them those of others before."""
        if "renumber" in self.rare or not self.life.rest or self.life.plain:
            return "again"
        self.rare.add("renumber")
        by = changes.renumber(self.site, 7)
        self.numbers = {told: number + by for told, number in self.numbers.items()}
        for some in (self.away, self.gone, self.rewritten, self.retold, self.renamed):
            moved = {number + by for number in some}
            some.clear()
            some.update(moved)
        self.due = {(event, kind, number + by * (kind == "article")) for event, kind, number in self.due}
        return str(by)

    def plug_in(self) -> str:
        """Let a plugin put something into each article that is new at each look, or take it out.

        Where REST tells what the publisher wrote, one may also rewrite sentences.
        """
        plugin = self.dice.choice((*PLUGINS, "words") if self.life.rest else PLUGINS)
        changes.toggle(self.site, "fragments", plugin)
        return plugin

    def _bring_back(self, post: int) -> None:
        changes.unprotect(self.site, post)
        changes.bring_back(self.site, post)

    def _one_of(self, numbers: set[int], then: Callable[[int], None]) -> int:
        if not numbers:
            return 0
        number = self.dice.choice(sorted(numbers))
        numbers.discard(number)
        then(number)
        return number

    def _must(self, event: str, kind: str, number: int) -> None:
        """Expect an event in the end of what is held and shown now, as it is changed."""
        held = self._comments() if kind == "comment" else self._articles()
        if number in held and held[number]["text"] is not None:
            self.due.add((event, kind, number))

    # -- what must be true ------------------------------------------------------------------------

    def invented(self) -> Iterator[str]:
        """What the archive tells and nobody has done."""
        allowed = {
            ("edited", "article"): self.rewritten | self.retold,
            ("moved", "article"): self.renamed | self.gone,
            ("edited", "comment"): self.reworded,
        }
        self._note_numbers(self.site.truth())
        for row in self._events():
            kind = "comment" if row["key"] else "article"
            post = self._number(row)
            number = int(row["key"] or post)
            done = allowed.get((row["kind"], kind), self.gone if kind == "article" else self.hidden)
            if number not in done and not (
                kind == "comment" and row["kind"] != "edited" and post in self.gone
            ):
                yield f"{kind} {number} is told to be {row['kind']} ({row['changed'] or row['how']})"
        for row in self.life.crawls.rows("SELECT kind, detail FROM source_events"):
            if not (row["kind"] == "redesign" or "rezone" in self.rare):
                yield f"the source is told to be {row['kind']}: {row['detail']}"

    def differs(self) -> Iterator[str]:
        """What archive and site do not agree on, in the end.

        Where only pages tell, a reply below a hidden comment is nowhere seen, and one below the theme's
        deepest level hangs there.
        """
        truth, held, rows = self.site.truth(), self.life.held(), self._comments()
        own = {post.id: post for post in truth.posts if post.kind == "post"}
        shown = {c.id: c for c in truth.comments if self.life.rest or (c.shown and c.post in own)}
        there = {c.id for c in truth.comments}
        unsaid = self._unsaid()
        yield from (f"comment {number} is held, not shown" for number in held - there - unsaid)
        yield from (f"comment {number} is shown, not held" for number in shown.keys() - held)
        for number, comment in shown.items():
            row = rows.get(number)
            if row and comment.kind == "comment" and _words(*comment.paragraphs) != _words(row["text"]):
                yield f"comment {number} says {row['text']!r}"
            if row and self.life.rest and str(comment.parent or "") != (row["site_parent"] or ""):
                yield f"comment {number} answers {row['site_parent']}, not {comment.parent}"
            if row and row["post_id"] != comment.post:
                yield f"comment {number} stands below {row['post_id']}, not {comment.post}"
        texts = {number: row["text"] for number, row in self._articles().items()}
        public = {post.id for post in truth.posts}
        yield from (f"article {number} is held, not shown" for number in texts.keys() - public)
        yield from (f"article {number} is shown, not held" for number in own.keys() - texts.keys())
        for number in self.rewritten & own.keys() & texts.keys():
            said = _words(texts[number])
            if [word for word in _words(*own[number].paragraphs) if word not in said]:
                yield f"article {number} says {texts[number]!r}"
        for number in self.retold & own.keys() & texts.keys():
            row = self._articles()[number]
            day = f"{own[number].published:%Y-%m-%d}"
            if (row["title"] or "") != own[number].title_shown or abs(_days(row["published"], day)) > 1:
                yield f"article {number} is {row['title']!r} of {row['published']}, not of {day}"
        yield from self._untold(shown.keys(), own.keys())

    def _unsaid(self) -> set[int]:
        """Return comments of threads that are empty now, of which the archive says that it is unsure."""
        sql = (
            "SELECT key FROM comments JOIN problems USING (article_id)"
            " WHERE code = 'comments-unreadable' AND ended_at IS NULL AND site_id IS NOT NULL"
        )
        return set() if self.life.rest else {int(str(row["key"])) for row in self.life.crawls.rows(sql)}

    def proves_falsely(self) -> Iterator[str]:
        """What `verify` proves and is not so."""
        done = self.life.crawls.program("verify")
        if done.returncode not in (0, 3):
            yield f"verify ended with {done.returncode}: {done.stdout}{done.stderr}"
        truth, held = self.site.truth(), self.life.held()
        own = {post.id for post in truth.posts if post.kind == "post"}
        shown = {c.id for c in truth.comments if c.shown and c.post in own}
        unseen = self._shown_since(done.stdout)
        lacking = sorted(own - self._articles().keys()) + sorted(shown - held - unseen)
        if lacking and (done.returncode == 0 or "Nothing that the site lists is missing" in done.stdout):
            yield f"verify proves that nothing is missing, and {lacking} are: {done.stdout}"
        withheld = "SELECT sum(number) AS n FROM coverage_gaps WHERE ended_at IS NULL AND reason = 'withheld'"
        [row] = self.life.crawls.rows(withheld)
        if (row["n"] or 0) > len(truth.hidden) + len([c for c in truth.comments if not c.shown]):
            yield f"verify says that {row['n']} are withheld, and {len(truth.hidden)} are"

    def _shown_since(self, told: str) -> set[int]:
        """Return comments that were shown after the last visit to their page, if `verify` names its age."""
        named = re.search(r"the earliest at (\d{4}-\d\d-\d\d) (\d\d:\d\d)", told)
        if named is None:
            return set()
        earliest, found = datetime.fromisoformat(f"{named[1]}T{named[2]}Z"), set[int]()
        below = {comment.id: comment.post for comment in self.site.truth().comments}
        sql = (
            "SELECT max(good_at) AS at FROM visits JOIN articles ON articles.id = article_id"
            " WHERE post_id = ? AND visits.kind = 'article'"
        )
        for number in self.shown_at.keys() & below.keys():
            [row] = self.life.crawls.rows(sql, below[number])
            seen = datetime.fromisoformat(row["at"]) if row["at"] else earliest
            if earliest <= seen <= self.shown_at[number] - self.life.passed:
                found.add(number)
        return found

    def _untold(self, comments: Any, posts: Any) -> Iterator[str]:
        told = {
            (row["kind"], "comment" if row["key"] else "article", int(row["key"] or self._number(row)))
            for row in self._events()
        }
        for event, kind, number in sorted(self.due - told):
            if number in (comments if kind == "comment" else posts):
                yield f"{kind} {number} was {event}, which is not told"

    def _events(self) -> list[dict[str, Any]]:
        return self.life.crawls.rows(
            "SELECT events.*, post_id, articles.title, articles.published, comments.key,"
            " coalesce(old.changed, said.changed) AS changed"
            " FROM events JOIN articles ON articles.id = events.article_id"
            " LEFT JOIN comments ON comments.id = events.comment_id"
            " LEFT JOIN article_versions AS old ON events.comment_id IS NULL"
            "  AND old.article_id = events.article_id AND old.version = events.version"
            " LEFT JOIN comment_versions AS said ON said.comment_id = events.comment_id"
            "  AND said.version = events.version"
        )

    def _note_numbers(self, truth: Truth) -> None:
        for post in truth.posts:
            self.numbers[post.title_shown, f"{post.published:%Y-%m-%dT%H:%M:%SZ}"] = post.id

    def _number(self, row: dict[str, Any]) -> int:
        """Return the number of an event's post today: the archive may know the one that it had before."""
        return self.numbers.get((row["title"] or "", row["published"] or ""), int(row["post_id"] or 0))

    def _articles(self) -> dict[int, dict[str, Any]]:
        found = self.life.crawls.rows("SELECT * FROM articles WHERE gone_at IS NULL")
        return {number: row for row in found if (number := self._number(row))}

    def _comments(self) -> dict[int, dict[str, Any]]:
        found = self.life.crawls.rows(
            "SELECT comments.*, post_id FROM comments JOIN articles ON articles.id = article_id"
            " WHERE site_id IS NOT NULL"
        )
        return {int(str(row["key"])): row for row in found}


def _ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def _days(moment: object, day: str) -> int:
    return (date.fromisoformat(str(moment)[: len(day)]) - date.fromisoformat(day)).days


def _words(*texts: object) -> list[str]:
    return " ".join(str(text or "") for text in texts).split()
