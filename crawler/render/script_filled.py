"""Whether a page is filled by a script: does it lack, as the server sends it, what its readers see?

And the contrary: has a script taken away what the server has sent? Pure. It judges one page by its words,
its markup and what is read out of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.core.records import Extract, Page

MAX_SHELL_WORDS = 60  # of the text of a page that has nothing but its frame
_UNSEEN = re.compile(
    rb"<(script|style|template|noscript|head)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(rb"<[^>]*>")
_SCRIPT = re.compile(rb"<script\b", re.IGNORECASE)
_MOUNT = re.compile(
    rb"<(?:div|main|app-root)\b[^>]*\bid=[\"']?(?:root|app|__next|__nuxt|___gatsby|svelte|q-app|main-app)\b"
    rb"|<app-root\b",
    re.IGNORECASE,
)
_NOSCRIPT = re.compile(rb"<noscript\b.*?</noscript\s*>", re.IGNORECASE | re.DOTALL)
_ASKS_FOR_SCRIPTS = re.compile(rb"java\s?script", re.IGNORECASE)
TEXT, COMMENTS = "text", "comments"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderingCost:
    """What rendering one page took, and what it brought.

    `megabytes` and `requests` are beside the page itself; `seconds` includes the delays between requests.
    `words` and `comments` were read from the rendered page. `refused_hosts` are others that its scripts
    wanted.
    """

    url: str
    seconds: float
    megabytes: float
    requests: int
    words: int
    comments: int
    refused_hosts: tuple[str, ...] = ()


def missing_part(page: Page, extract: Extract) -> str | None:
    """Return what of an article only a script fills in: TEXT, COMMENTS, or None.

    `extract` is what was read of the page as the server sent it. The text is missing in a page without
    words that has a place for a script's work, or says that it needs scripts; comments are where it states
    some and shows none, though no other system has them.
    """
    body = page.body
    if page.status != 200 or not _SCRIPT.search(body):
        return None
    words = _count_words(body)
    asks = any(_ASKS_FOR_SCRIPTS.search(note) for note in _NOSCRIPT.findall(body))
    if words <= MAX_SHELL_WORDS and (asks or _MOUNT.search(body)):
        return TEXT
    article = next(iter(extract.articles), None)
    stated = article.comments_stated if article else None
    is_elsewhere = any(problem.code == "external-comments" for problem in extract.problems)
    if stated and not extract.comments and not is_elsewhere:
        return COMMENTS
    return None


def is_emptied(sent: bytes, shown: bytes) -> bool:
    """True if most of the words that a server has sent are not in the page that scripts have made of it.

    As by a script that fails and puts an error message in the article's place.
    """
    words = _count_words(sent)
    return words > MAX_SHELL_WORDS and 2 * _count_words(shown) < words


def _count_words(body: bytes) -> int:
    """Return the number of words that a page shows, in its frame as in its text."""
    return len(_TAG.sub(b" ", _UNSEEN.sub(b" ", body)).split())
