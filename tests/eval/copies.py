"""Figures of static copies: body, blocks by kind, title, author, date and terms against what WordPress says.

Knows no files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from archive.core.records import Article, Problem
from pipeline.dates import parse
from pipeline.html.dom import fold
from tests.eval.measure import Shares, overlap
from tests.eval.static_copies import Post


@dataclass(slots=True)
class Copies:
    """Right answers and questions by name, over the posts of all sites."""

    posts: int = 0
    sites: set[str] = field(default_factory=set)
    ours: list[Shares] = field(default_factory=list)
    theirs: list[Shares] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    silent: int = 0
    errors: list[str] = field(default_factory=list)

    def add(
        self, site: str, post: Post, article: Article | None, rival: str, problems: Sequence[Problem]
    ) -> None:
        """Compare one post with what was read from its page."""
        self.posts += 1
        self.sites.add(site)
        text = (article.text if article else None) or ""
        self.ours.append(overlap(post.text, text))
        self.theirs.append(overlap(post.text, rival))
        self._blocks(post, text, problems)
        self._fact(post, "title", post.title, article.title if article else None)
        if post.authors:
            told = article.authors if article else ()
            same = set(map(fold, told)) == set(map(fold, post.authors))
            self._count(post, "author", same, bool(told), f"{post.authors} / {told}")
        if post.published is not None:
            moment = article.published if article else None
            near = moment is not None and abs((parse.day_of(moment) - post.published.date()).days) <= 1
            self._count(post, "date", near, moment is not None, f"{post.published} / {moment}")
        if post.terms:
            self._terms(post, {*article.tags, *article.categories} if article else set())

    def lines(self) -> Iterator[str]:
        """Yield the table, a line for each name."""
        for name, asked in sorted(self.asked.items()):
            share = self.right[name] / asked
            wrong = f"  wrong {self.wrong[name] / asked:.3f}" if name in self.wrong else ""
            yield f"{name:<24} {self.right[name]:>6} of {asked:<6} {share:.3f}{wrong}"
        yield f"blocks lost without a problem: {self.silent}"

    def _blocks(self, post: Post, text: str, problems: Sequence[Problem]) -> None:
        folded = fold(text)
        named = any(problem.field == "text" for problem in problems)
        for kind, words in post.blocks:
            whole = fold(words)
            if not whole:
                continue
            self.asked[f"block: {kind}"] += 1
            held = whole in folded
            self.right[f"block: {kind}"] += held
            if not held:
                self.silent += not named
                self.errors.append(f"{post.url[:70]} lost {kind}: {words[:90]!r}")

    def _fact(self, post: Post, name: str, wanted: str | None, got: str | None) -> None:
        if wanted:
            self._count(post, name, fold(wanted) == fold(got or ""), bool(got), f"{wanted!r} / {got!r}")

    def _terms(self, post: Post, told: set[str]) -> None:
        wanted, got = {fold(term) for term in post.terms}, {fold(term) for term in told}
        self.asked["terms: recall"] += len(wanted)
        self.right["terms: recall"] += len(wanted & got)
        self.asked["terms: precision"] += len(got)
        self.right["terms: precision"] += len(wanted & got)
        if wanted != got:
            self.errors.append(f"{post.url[:70]} terms: {sorted(post.terms)} / {sorted(told)}"[:240])

    def _count(self, post: Post, name: str, good: bool, told: bool, both: str) -> None:
        self.asked[name] += 1
        self.right[name] += good
        self.wrong[name] += told and not good
        if not good:
            self.errors.append(f"{post.url[:70]} {name}: {both}"[:240])
