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
_SINGLE = frozenset({"single", "single-post", "singular", "page", "attachment"})


def refusal_reason(document: Document, head: Head) -> Problem | None:
    """Why a page is not read as an article, if there is a reason."""
    titles = document.index.tagged("title")
    name = text_of(titles[0]) if titles else ""
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
    nodes = (next(iter(document.index.tagged(tag)), None) for tag in ("title", "h1", "h2"))
    found = find_wall(text_of(node)[:_NAME] for node in nodes if node is not None)
    if found is None:
        return None
    code, said = found
    return Problem(code=code, detail=f"{WALLS[code][0]} (“{said}”).")


def _challenge(document: Document, name: str) -> str | None:
    small = len(document.source) < SMALL and not document.index.tagged("article")
    if small and (TITLE.match(name) or (CHALLENGE.search(document.source) and len(_words(document)) < 1500)):
        return f"The site asks for proof of a browser instead of showing the page ({name or 'no title'})."
    return None


def _protected(document: Document) -> str | None:
    for form in document.index.tagged("form"):
        if "post-password-form" in tokens(form) or "action=postpass" in (form.get("action") or ""):
            return "The article is shown only with a password."
    return None


def _login(document: Document, head: Head) -> str | None:
    forms = [f for f in document.index.tagged("form") if "loginform" in (f.get("id"), f.get("name"))]
    away = _LOGIN.search(document.page.final_url) and not _LOGIN.search(document.page.url)
    return "The site asks for a login." if away or (forms and "login" in head.marks) else None


def _lost(document: Document, head: Head, name: str) -> str | None:
    if "error404" in head.marks or (
        _LOST_TITLE.match(name)
        and not head.marks & _SINGLE
        and not head.article
        and len(_words(document)) < 3000
    ):
        return f"The page says that there is nothing, with status {document.page.status}."
    return None


def _listing(document: Document, head: Head) -> str | None:
    if head.marks & _SINGLE and "home" not in head.marks:
        return None
    lists = head.marks & {"home", "archive", "search", "search-results", "blog"}
    if lists and head.marks & _LISTS and not head.article and head.meta("og:type") != "article":
        return "The page lists articles."
    asked, answered = urlsplit(document.page.url), urlsplit(document.page.final_url)
    if answered.path in ("", "/") and not answered.query and (asked.path not in ("", "/") or asked.query):
        return "The site answers with its home page."
    return None


def _words(document: Document) -> str:
    """Return the text of the page's paragraphs and headings."""
    return " ".join(text_of(node) for node in document.index.tagged("p", "h1", "h2", "td", "li"))
