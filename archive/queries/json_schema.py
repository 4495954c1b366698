"""The public form of articles and comments: what `explain --json` and `export jsonl` print.

These names and types are a promise (docs/contracts.md): fields may be added, and never change or disappear.
Every field is always present; an unknown value is null, or an empty list. Times are ISO 8601 in UTC with a
"Z", or a day alone where the site stated only the day.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archive.core.records import Article, Comment, Extract, Problem
from archive.core.timestamps import to_text

ARTICLE_FIELDS = (
    "url",
    "title",
    "authors",
    "published",
    "modified",
    "text",
    "description",
    "language",
    "tags",
    "categories",
    "image",
)
COMMENT_FIELDS = ("id", "parent", "author", "author_url", "published", "text", "kind", "permalink")
PROBLEM_FIELDS = ("code", "detail", "field")
HISTORY_FIELDS = ("number", "first_seen", "last_seen", "gone_at", "hidden_at", "hidden_reason")


def article_json(article: Article) -> dict[str, Any]:
    """Return the schema of an article without comments."""
    return {
        "url": article.url,
        "title": article.title,
        "authors": list(article.authors),
        "published": to_text(article.published),
        "modified": to_text(article.modified),
        "text": article.text,
        "description": article.description,
        "language": article.language,
        "tags": list(article.tags),
        "categories": list(article.categories),
        "image": article.image,
    }


def comment_json(comment: Comment) -> dict[str, Any]:
    """Return the schema of a comment, with the site's ids."""
    return {
        "id": comment.id,
        "parent": comment.parent,
        "author": comment.author,
        "author_url": comment.author_url,
        "published": to_text(comment.published),
        "text": comment.text,
        "kind": comment.kind.value,
        "permalink": comment.permalink,
    }


def problem_json(problem: Problem) -> dict[str, Any]:
    """Return a problem as JSON."""
    return {"code": problem.code, "detail": problem.detail, "field": problem.field}


def extract_json(extract: Extract) -> dict[str, Any]:
    """Return the schema of `explain --json`."""
    article = None
    if extract.articles:
        article = article_json(extract.articles[0])
    problems = list(extract.problems)
    if extract.wall:
        problems.append(extract.wall)
    return {
        "article": article,
        "comments": [comment_json(comment) for comment in extract.comments],
        "problems": [problem_json(problem) for problem in problems],
    }


def with_history(fields: dict[str, Any], history: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with the archive's id and history."""
    return {**fields, **{name: history[name] for name in HISTORY_FIELDS}}


def export_json(article: dict[str, Any], comments: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of one line of `export jsonl`."""
    return {**article, "comments": list(comments)}
