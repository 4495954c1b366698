"""Statements of a page about its thread: count, open or closed, external system.

Knows headings, comment forms and the marks of foreign comment systems. Its law: a thread kept elsewhere
is a problem with a name, never zero comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

from archive.core import urls
from archive.core.records import Comment, Problem
from pipeline.html.document import Document
from pipeline.html.dom import Index, elsewhere, text_of
from pipeline.html.metadata import Head

_HEADINGS = re.compile(
    r"^(?:comments?[-_]+(?:title|heading|headline|header|count|intro)s?|"
    r"comments__(?:headline|title)|wpd-thread-info|td-comments-title|comment-count-area|"
    r"comments_intro|wp-block-comments-title|title-comments?|comments-number)$",
    re.IGNORECASE,
)
_HEADS = ("h2", "h3", "h4")
_NOT_HERE = frozenset(
    {"comment", "commentlist", "comment-list", "sidebar", "widget", "entry-meta", "post-meta"}
)
_BOXES = (
    "comments",
    "commentsbox",
    "comments-area",
    "comments-container",
    "comments-wrap",
    "comments_wrap",
    "commentlist-wrap",
)
_QUOTED = re.compile('[“„«"‘‚].*[”“»"’‘]', re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.,])(\d{1,3}(?:[.,  ]\d{3})+|\d{1,6})(?![\w%])")
_ONE = re.compile(
    r"^\W*(?:one|ein|eine|un|una|une|uno|um|uma|één|en|et|ett|jeden)\s+(?:thought|"
    r"response|comment|reply|kommentar|antwort|gedanke|commentaire|réponse|réflexion|"
    r"comentario|respuesta|commento|risposta|reactie)",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"^\W*(?:no|keine|kein|aucun|sin|nessun|geen)\s+(?:thoughts?|responses?|comments?|"
    r"repl|kommentare?|commentaire|comentarios|commento)",
    re.IGNORECASE,
)
_SYSTEMS: tuple[tuple[str, frozenset[str], frozenset[str], str], ...] = tuple(
    (name, frozenset(ids.split()), frozenset(marks.split()), source)
    for name, ids, marks, source in (
        ("Disqus", "disqus_thread", "", r"disqus\.com/(?:embed|count)\.js"),
        ("Facebook", "", "fb-comments", r"facebook\.com/plugins/(?:comments|feedback)"),
        (
            "Coral",
            "coral_thread coral_talk_stream coral-stream",
            "coral-embed",
            r"coral\.coralproject|/embed/stream",
        ),
        ("IntenseDebate", "idc-container idc-container-parent", "", r"intensedebate\.com/"),
        ("Livefyre", "livefyre-comments livefyre", "livefyre-comments fyre", r"livefyre\.com/"),
        ("OpenWeb", "", "sppre_conversation", r"spot\.im/|openweb"),
        ("Viafoura", "", "viafoura", r"viafoura\.(?:net|co)"),
        ("Hyvor Talk", "hyvor-talk-view", "", r"talk\.hyvor\.com"),
        ("Commento", "commento", "", r"commento\.io"),
        ("Remark42", "remark42", "", ""),
        ("Isso", "isso-thread", "", ""),
        ("GraphComment", "graphcomment", "", r"graphcomment\.com"),
        ("Discourse", "discourse-comments", "", ""),
        ("Utterances", "", "utterances giscus", r"utteranc\.es|giscus\.app"),
        ("Vuukle", "vuukle-comments", "vuukle-comments", r"vuukle\.com"),
        ("Cusdis", "cusdis_thread", "", ""),
        ("VK", "vk_comments", "", ""),
        ("Jetpack", "jetpack_remote_comment", "", r"jetpack\.wordpress\.com/jetpack-comment"),
    )
)
"""Comment systems by name, ids, classes, and the address of a script or frame."""
_FORM_ONLY = frozenset({"Jetpack"})
"""Systems that may serve the form alone while the thread is native."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Statements of a page about its thread."""

    stated: int | None
    stated_rule: str
    open: bool | None
    system: str | None
    more_pages: bool


def survey(document: Document, head: Head) -> Survey:
    """Look at the page before the thread is taken out."""
    stated, rule = _stated(document.index, head)
    return Survey(
        stated=stated,
        stated_rule=rule,
        open=_open(document.index),
        system=_system(document.index),
        more_pages=_more_pages(document, head),
    )


def _system(index: Index) -> str | None:
    """The foreign system that a page's marks name."""
    sources = " ".join(e.get("src") or "" for e in index.tagged("script", "iframe"))
    for name, ids, marks, source in _SYSTEMS:
        if index.named(*ids) or index.having(marks) or (source and re.search(source, sources)):
            return name
    return None


def problems(found: Survey, comments: tuple[Comment, ...], *, whole: bool) -> list[Problem]:
    """Return the problems of an incomplete thread. `whole`: this page should hold all of it."""
    if found.system and not comments and (found.system not in _FORM_ONLY or found.stated):
        return [
            Problem(
                code="external-comments",
                detail=f"The comments are kept by {found.system} and are not in the page.",
                field="comments",
            )
        ]
    if found.stated is not None and whole and not found.more_pages and len(comments) < found.stated:
        return [
            Problem(
                code="comments-missing",
                detail=f"The page states {found.stated} comments and shows {len(comments)}.",
                field="comments",
            )
        ]
    return []


def _stated(index: Index, head: Head) -> tuple[int | None, str]:
    for node in _headings(index):
        if not elsewhere(node, _NOT_HERE) and (number := count_in(text_of(node))) is not None:
            return number, "page:heading"
    for value in (head.article.get("commentCount"), head.meta("commentcount")):
        if (
            isinstance(value, int | str)
            and not isinstance(value, bool)
            and re.fullmatch(r"\d{1,7}", str(value))
        ):
            return int(value), "page:json-ld"
    return None, "none"


def _headings(index: Index) -> Iterator[HtmlElement]:
    """Where a page may state the number: marked headings, headings of the thread's box, one before a list."""
    yield from (node for node in index.like(_HEADINGS) if node.tag not in ("ol", "ul", "li", "article"))
    yield from (node for node in index.named("comments") if node.tag in _HEADS)
    for box in (*index.named(*_BOXES), *index.having(_BOXES)):
        yield from (
            node for node in box.iter(*_HEADS) if not any(a.tag == "li" for a in node.iterancestors())
        )
    for listing in index.having(("commentlist", "comment-list", "commentslist")):
        previous = listing.getprevious()
        if previous is not None and previous.tag in (*_HEADS, "p", "div", "span"):
            yield previous


def count_in(words: str) -> int | None:
    """The number of comments a heading tells, the article's own title left aside."""
    if not words or len(words) > 500:
        return None
    head = _QUOTED.sub(" ", words)
    if _ONE.match(head):
        return 1
    if _NONE.match(head):
        return 0
    match = _NUMBER.search(head[:120])
    return int(re.sub(r"\D", "", match[1])) if match else None


def _open(index: Index) -> bool | None:
    """Open where there is a form, closed where the theme says so."""
    forms = any(
        f.get("id") == "commentform" or "wp-comments-post.php" in (f.get("action") or "")
        for f in index.tagged("form")
    )
    inside = any(box.find(".//form") is not None for box in index.named("respond"))
    if forms or inside or index.having(("must-log-in",)) or index.named("jetpack_remote_comment"):
        return True
    return False if index.having(("no-comments", "nocomments", "comments-closed")) else None


def _more_pages(document: Document, head: Head) -> bool:
    """True if the page links to other pages of its own thread."""
    own = urls.link_key(head.url)
    for link in document.index.tagged("a"):
        href = link.get("href") or ""
        if "comment-page-" not in href and "cpage=" not in href:
            continue
        bare = href.split("#")[0]
        url = urls.absolute(bare, document.base)
        if url and not re.search(r"#comment-\d", href) and urls.link_key(url) == own:
            return True
    return False
