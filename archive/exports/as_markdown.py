"""Markdown: one file for each article, with its facts on top (YAML) and its thread below as quotes.

The article's own Markdown is given as it is stored. Plain text is escaped, so that a comment is read as it
was written, and is no heading, link or markup.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from archive.core.timestamps import to_text
from archive.exports.selection import Snapshot
from archive.exports.target import Bundle, facts
from archive.queries.articles import HeldArticle, HeldComment, conversation
from archive.queries.json_schema import article_json

_LONGEST = 160  # bytes of a name, well below every file system's limit
_LEVELS = 12  # deeper answers are next to the one they answer, and name it
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
_MARKUP = re.compile(r"([\\`*_\[\]<>~|]|&(?=[#\w]+;)|!(?=\[))")
_AT_START = re.compile(r"^(\d{0,9})([#+=.)-])", re.MULTILINE)


def write_markdown(snapshot: Snapshot, bundle: Bundle) -> None:
    """Write one file for each article, in a folder for each month."""
    articles = comments = 0
    for held in snapshot.articles():
        with bundle.text(_free_name(bundle, held)) as out:
            out.writelines(_page(held))
        articles += 1
        comments += len(held.comments)
    bundle.close(facts(snapshot, "markdown", {"articles": articles, "comments": comments}))


def _free_name(bundle: Bundle, held: HeldArticle) -> str:
    """Return `2009/07/slug.md`; with the archive's number where another article has that name."""
    published = to_text(held.article.published)
    folder = "undated"
    if published:
        folder = published[:7].replace("-", "/")
    name = f"{folder}/{_slug(held.article.url)}"
    taken = (bundle.folder / f"{name}.md").exists()
    if taken:
        return f"{name}-{held.id}.md"
    return f"{name}.md"


def _slug(url: str) -> str:
    """Return a name that every file system takes, out of the last part of an address."""
    segments = urlsplit(url).path.split("/")
    parts = [part for part in segments if part]
    last = ""
    if parts:
        last = unicodedata.normalize("NFKC", unquote(parts[-1]))
    last = re.sub(r"\.(php|html?|aspx?)$", "", last.casefold())
    words = re.sub(r"[\W_]+", "-", last).encode()
    slug = words[:_LONGEST].decode(errors="ignore").strip("-") or "article"
    if _RESERVED.fullmatch(slug):
        return f"{slug}-"
    return slug


def _page(held: HeldArticle) -> Iterator[str]:
    article = held.article
    yield f"---\n{yaml.safe_dump(_front_matter(held), allow_unicode=True, sort_keys=False)}---\n\n"
    yield f"# {_line(article.title or 'Untitled')}\n\n"
    yield (article.markdown or escaped(article.text or "")) + "\n"
    if held.comments:
        yield f"\n## Comments ({len(held.comments)})\n"
    for comment, level, answered in conversation(held.comments):
        yield _quoted(comment, level, answered)


def _front_matter(held: HeldArticle) -> dict[str, Any]:
    told = article_json(held.article)
    del told["text"]
    return told | {
        "source": held.source,
        "first_seen": held.history.first_seen,
        "last_seen": held.history.last_seen,
        "gone_at": held.history.gone_at,
        "hidden_at": held.history.hidden_at,
        "hidden_reason": held.history.hidden_reason,
        "comments": len(held.comments),
    }


def _quoted(held: HeldComment, level: int, answered: HeldComment | None) -> str:
    """Return a comment as a quote, indented by its depth in the thread."""
    comment = held.comment
    author = _line(comment.author or "No name")
    published = to_text(comment.published) or "undated"
    head = [f"**{author}**", (published)]
    if comment.kind.value != "comment":
        head.append(comment.kind.value)
    if answered and level > _LEVELS:
        head.append(f"to {_line(answered.comment.author or 'No name')}")
    if held.history.gone_at:
        head.append(f"removed by the site, found so {held.history.gone_at}")
    if held.history.hidden_reason:
        head.append(f"hidden by the operator: {_line(held.history.hidden_reason)}")
    if comment.permalink and _is_plain(comment.permalink):
        head.append(f"<{comment.permalink}>")
    deep = min(level, _LEVELS)
    paragraphs = escaped(comment.text or "").split("\n")
    lines = [" · ".join(head), "", *paragraphs]
    between = ("> " * (deep - 1)).rstrip()
    return f"{between}\n" + "".join(f"{('> ' * deep + line).rstrip(' ')}\n" for line in lines)


def escaped(text: str) -> str:
    """Return plain text as equivalent Markdown.

    Blank lines divide paragraphs, other line breaks stay.
    """
    every_line = re.split(r"\r\n?|\n", text)
    lines = [line.strip(" \t") for line in every_line]
    escaped_marks = _MARKUP.sub(r"\\\1", "\n".join(lines))
    safe = _AT_START.sub(r"\1\\\2", escaped_marks)
    return re.sub(r"(?<=[^\n])\n(?=[^\n])", "\\\\\n", safe)


def _line(text: str) -> str:
    return escaped(" ".join(text.split()))


def _is_plain(url: str) -> bool:
    """True if a URL can be between angle brackets, and leads to the web."""
    is_web = url.startswith(("http://", "https://"))
    return is_web and not re.search(r"[\s<>]", url)
