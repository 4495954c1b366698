"""URLs of the pages of a WordPress thread, and of the parts of a divided article.

Pure. A page is parsed only for links to pages of the same thread or article. Does not: decide which URLs are
duplicates; `archive/core/urls.py` does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.core import urls
from archive.core.records import Page

PLAIN_POST = re.compile(r"(?:^|&)p=\d+(?:&|$)")
"""Query of a post where permalinks are plain."""
_IN_QUERY = rb"""(?:&#0*38;|[^"'#\s>]){0,300}?"""
"""Beginning of a query, as it stands in an attribute."""
_COMMENT_ID = re.compile(rb"""id=["'](?:(?:\w+-){0,2}comment-|c(?=\d{4}))(\d{1,20}|6a[0-9a-f]{10,60})["']""")
_COMMENT_MARK = re.compile(rb"""(?:id|class)=["'][^"'>]*\b(?:comment-\d+|depth-\d+|pingback|trackback)\b""")
_NUMBER_MARKS = (b"/comment-page-", b"cpage=")
"""One of these is in each link to a further page of a thread."""

_MORE_BUTTON = re.compile(
    rb"""<(?:a|button|div|span|input)\b[^<>]{0,300}?\b(?:class|id)=["'][^"'<>]{0,200}?\b(?:wpd-load-more"""
    rb"""|(?:load|show|view)[-_]?more[-_]?comments?|comments?[-_](?:load|show|view)[-_]?more|more[-_]comments?)\b""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPages:
    """Pages of an article's thread.

    `urls` are all pages found so far, `own` is the URL of the parsed page itself, if that is clear.
    """

    urls: tuple[str, ...] = ()
    own: str | None = None


def thread_pages(page: Page) -> ThreadPages:
    """Return the pages of a thread that one of its pages links.

    Found by regular expression: links that continue the article's own URL by /comment-page-N or, where
    permalinks are plain, by cpage=N. All pages up to the highest number are returned in order, since themes
    link only the neighbours. The number of this page is in the permalinks of its own comments, when they
    agree on one number; those of other comments, as in a list of recent ones, are ignored.
    """
    body = page.body.lower()
    if not any(mark in body for mark in _NUMBER_MARKS):  # most threads have one page
        return ThreadPages()
    article = urls.clean(page.final_url)
    pattern, make = _numbering(article)
    shown = shown_comments(page)
    named, own = set(), set()
    for found in re.finditer(pattern + rb"(?:#comment-(\d{1,18}))?", page.body, re.IGNORECASE):
        named.add(int(found[1]))
        if found[2] in shown:
            own.add(int(found[1]))
    highest = max(named, default=0)
    pages = tuple(map(make.format, range(1, highest + 1)))
    own_page = None
    if len(own) == 1 and (number := own.pop()):
        own_page = pages[number - 1]
    return ThreadPages(urls=pages, own=own_page)


def loads_more(page: Page) -> bool:
    """True if a page has a button for further comments."""
    return _MORE_BUTTON.search(page.body) is not None


def _numbering(article: str) -> tuple[bytes, str]:
    """Return a pattern of links to thread pages, and a URL template."""
    path = urls.path_of(article)
    query = article.partition("?")[2]
    if PLAIN_POST.search(query):  # the links of a further page name its number first
        values = (re.escape(value).encode() for value in query.split("&"))
        asked = b"".join(b"(?=%s\\b%s(?!\\w))" % (_IN_QUERY, value) for value in values)
        return rb"\?" + asked + _IN_QUERY + rb"\bcpage=(\d{1,4})", _braced(article) + "&cpage={}"
    base, question_mark, _ = article.partition("?")
    slash = ""
    if base.endswith("/"):
        slash = "/"
    linked = re.escape(path.rstrip("/")).encode() + rb"/comment-page-(\d{1,4})/?"
    start = _braced(base.rstrip("/"))
    return linked, f"{start}/comment-page-{{}}{slash}{_braced(question_mark + query)}"


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def parts(page: Page) -> tuple[str, ...]:
    """Return the URLs of the further parts of a divided article.

    Empty where the first part has no such links.
    """
    article = urls.clean(page.final_url)
    path = urls.path_of(article).rstrip("/").encode()
    query = article.partition("?")[2]
    if not path and PLAIN_POST.fullmatch(query) and not urls.is_comment_page(page.url):
        linked = re.escape(query).encode() + rb"(?:&|&amp;|&#0*38;)page=(\d{1,2})[\"']"
        plain = {int(number) for number in re.findall(linked, page.body) if int(number) > 1}
        return tuple(urls.part_url(article, number) for number in sorted(plain))
    if not path or urls.is_comment_page(page.url):
        return ()
    numbered = re.escape(path.lower()) + rb"""/(\d{1,2})(/?)["']"""
    body = page.body.lower()  # much faster than to ignore the case
    if not re.search(numbered, body):  # as is looking for a text that is known from its first letter on
        return ()
    found = re.findall(rb"""href=["'](?:https?://[^/"']+)?""" + numbered, body)
    numbers = {int(number): slash.decode() for number, slash in found if int(number) > 1}
    base = article.partition("?")[0].rstrip("/")
    return tuple(f"{base}/{number}{slash}" for number, slash in sorted(numbers.items()))


def shows_comments(page: Page) -> bool:
    """True if a page has any comment in its markup.

    A comment page past the end has status 200, but no comment.
    """
    return page.status == 200 and _COMMENT_MARK.search(page.body) is not None


def shown_comments(page: Page) -> frozenset[bytes]:
    """Return the ids of the comments in a page's markup."""
    return frozenset(_COMMENT_ID.findall(page.body))
