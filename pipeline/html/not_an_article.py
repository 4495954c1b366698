"""Pages that are no articles: challenges, logins, passwords, errors in disguise, listings.

Contains the signs of such pages.
Invariant: a page is refused for clear signs only, and every refusal has a name; where there is doubt the page
is read.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from archive.core.answers.challenges import CHALLENGE, TITLE
from archive.core.records import Problem
from pipeline.html.document import Document
from pipeline.html.dom import text_of, tokens
from pipeline.html.metadata import Head
from pipeline.html.refusal_words import WALLS, find_wall

_LOST_TITLE = re.compile(
    r"^(?:404\b|(?:error 404|page not found|not found|nothing found|seite nicht gefunden|"
    r"page introuvable|página no encontrada|oops))",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"wp-login\.php|/login/?$|/sign-?in/?$", re.IGNORECASE)
SMALL = 150_000
_NAME = 200  # letters of a title that are looked at
_LISTS = frozenset(
    {"archive", "search", "search-results", "blog", "category", "tag", "author", "date", "post-type-archive"}
)
_LISTINGS = frozenset({"home", "archive", "search", "search-results", "blog"})
_SINGLE = frozenset({"single", "single-post", "singular", "page", "attachment"})


def refusal_reason(document: Document, head: Head) -> Problem | None:
    """Why a page is not read as an article, if there is a reason."""
    names = map(text_of, document.index.tagged("title"))
    name = next(names, "")
    for code, detail in (
        ("challenge-page", _challenge(document, name)),
        ("password-protected", _protected(document)),
        ("login-wall", _login(document, head)),
        ("soft-404", _lost(document, head, name)),
        ("not-an-article", _listing(document, head)),
    ):
        if detail:
            return Problem(code=code, detail=detail)
    return None


def name_wall(document: Document) -> Problem | None:
    """Return the kind of page that a title or first heading names, if it is not the article.

    A name is no refusal: whether the page is the article is decided by the recorded facts of that.
    """
    names = []
    for tag in ("title", "h1", "h2"):
        names += [text_of(node)[:_NAME] for node in document.index.tagged(tag)[:1]]
    found = find_wall(names)
    if found is None:
        return None
    code, said = found
    sentence = WALLS[code][0]
    return Problem(code=code, detail=f"{sentence} (“{said}”).")


def _challenge(document: Document, name: str) -> str | None:
    if len(document.source) >= SMALL or document.index.tagged("article"):
        return None
    is_named = TITLE.match(name) is not None
    if is_named or (len(_words(document)) < 1500 and CHALLENGE.search(document.source)):
        return f"The site asks for proof of a browser instead of showing the page ({name or 'no title'})."
    return None


def _protected(document: Document) -> str | None:
    for form in document.index.tagged("form"):
        if "post-password-form" in tokens(form) or "action=postpass" in form.get("action", ""):
            return "The article is shown only with a password."
    return None


def _login(document: Document, head: Head) -> str | None:
    forms = [
        form for form in document.index.tagged("form") if "loginform" in (form.get("id"), form.get("name"))
    ]
    page = document.page
    is_sent_away = _LOGIN.search(page.final_url) and not _LOGIN.search(page.url)
    if is_sent_away or (forms and "login" in head.marks):
        return "The site asks for a login."
    return None


def _lost(document: Document, head: Head, name: str) -> str | None:
    if "error404" in head.marks or _is_named_lost(document, head, name):
        return f"The page says that there is nothing, with status {document.page.status}."
    return None


def _is_named_lost(document: Document, head: Head, name: str) -> bool:
    """True if the title of a short page that is no article says that there is nothing."""
    if not _LOST_TITLE.match(name):
        return False
    if head.article or head.marks & _SINGLE:
        return False
    return len(_words(document)) < 3000


def _listing(document: Document, head: Head) -> str | None:
    if head.marks & _SINGLE and "home" not in head.marks:
        return None
    is_listing = head.marks & _LISTINGS and head.marks & _LISTS
    if is_listing and not head.article and head.meta("og:type") != "article":
        return "The page lists articles."
    if _is_home(document.page.final_url) and not _is_home(document.page.url):
        return "The site answers with its home page."
    return None


def _is_home(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _words(document: Document) -> str:
    """Return the text of the page's paragraphs and headings."""
    blocks = document.index.tagged("p", "h1", "h2", "td", "li")
    return " ".join(map(text_of, blocks))
