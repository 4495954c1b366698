"""What a page says about its thread without showing it: how many, open or closed, kept elsewhere.

Knows headings, comment forms and the marks of foreign comment systems. Its law: a thread kept elsewhere
is a problem with a name, never zero comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from archive.records import Comment, Problem
from pipeline import addresses
from pipeline.heads import Head
from pipeline.markup import below_body, text_of, tokens
from pipeline.page import Document

_HEADINGS = (
    "//*[@id='comments-title' or contains(@class,'comments-title') or contains(@class,'comments__headline') or contains(@class,'comments__title')"
    " or contains(@class,'comment-title') or contains(@class,'comments-heading') or contains(@class,'comments_intro') or contains(@class,'comments-header')"
    " or contains(@class,'comment-count') or contains(@class,'comments-count') or contains(@class,'wpd-thread-info') or contains(@class,'td-comments-title')]",
    "//*[@id='comments'][self::h2 or self::h3 or self::h4]",
    "//*[@id='comments' or @id='commentsbox' or contains(@class,'comments-area')]//*[self::h2 or self::h3 or self::h4][not(ancestor::li)][position()<3]",
    "//*[self::h2 or self::h3 or self::h4][following-sibling::*[1][self::ol or self::ul][contains(@class,'comment')]]",
)
_QUOTED = re.compile('[“„«"‘‚].*[”“»"’‘]', re.S)
_NUMBER = re.compile(r"(?<![\w.,])(\d{1,3}(?:[.,  ]\d{3})+|\d{1,6})(?![\w%])")
_ONE = re.compile(
    r"^\W*(?:one|ein|eine|un|una|une|uno|um|uma|één|en|et|ett|jeden)\s+(?:thought|response|comment|reply|kommentar|antwort|gedanke|commentaire|réponse|réflexion|comentario|respuesta|commento|risposta|reactie)",
    re.I,
)
_NONE = re.compile(
    r"^\W*(?:no|keine|kein|aucun|sin|nessun|geen)\s+(?:thoughts?|responses?|comments?|repl|kommentare?|commentaire|comentarios|commento)",
    re.I,
)
_SYSTEMS = (
    (
        "Disqus",
        "//*[@id='disqus_thread'] | //script[contains(@src,'disqus.com/embed.js') or contains(@src,'disqus.com/count.js')]",
    ),
    (
        "Facebook",
        "//*[contains(concat(' ',@class,' '),' fb-comments ')] | //*[local-name()='comments' and contains(name(),'fb:')]",
    ),
    (
        "Coral",
        "//*[@id='coral_thread' or @id='coral_talk_stream' or @id='coral-stream' or contains(@class,'coral-embed')]",
    ),
    (
        "IntenseDebate",
        "//*[@id='idc-container' or @id='idc-container-parent'] | //script[contains(@src,'intensedebate.com')]",
    ),
    ("Livefyre", "//*[@id='livefyre-comments' or @id='livefyre' or contains(@class,'livefyre')]"),
    (
        "OpenWeb",
        "//*[@data-spotim-module or contains(@class,'sppre_conversation') or @data-openweb-conversation-module] | //script[contains(@src,'spot.im/')]",
    ),
    ("Viafoura", "//*[contains(@class,'viafoura') or local-name()='vf-conversations']"),
    ("Hyvor Talk", "//*[@id='hyvor-talk-view' or local-name()='hyvor-talk-comments']"),
    ("Commento", "//*[@id='commento']"),
    ("Remark42", "//*[@id='remark42']"),
    ("Isso", "//*[@id='isso-thread']"),
    ("GraphComment", "//*[@id='graphcomment']"),
    ("Discourse", "//*[@id='discourse-comments']"),
    ("Utterances", "//script[contains(@src,'utteranc.es') or contains(@src,'giscus.app')]"),
    ("Vuukle", "//*[@id='vuukle-comments']"),
    ("Muut", "//*[contains(concat(' ',@class,' '),' muut ')]"),
    ("VK", "//*[@id='vk_comments']"),
    (
        "Jetpack",
        "//iframe[@id='jetpack_remote_comment' or contains(@src,'jetpack.wordpress.com/jetpack-comment')]",
    ),
)
_FORM_ONLY = frozenset({"Jetpack"})
"""Systems that may serve the form alone while the thread is native."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the page says around its thread."""

    stated: int | None
    stated_rule: str
    open: bool | None
    system: str | None
    more_pages: bool


def survey(document: Document, head: Head) -> Survey:
    """Look at the page before the thread is taken out."""
    stated, rule = _stated(document.tree, head)
    return Survey(
        stated=stated,
        stated_rule=rule,
        open=_open(document.tree),
        system=next((name for name, path in _SYSTEMS if document.tree.xpath(path)), None),
        more_pages=_more_pages(document, head),
    )


def problems(found: Survey, comments: tuple[Comment, ...], *, whole: bool) -> list[Problem]:
    """What is missing of the thread, and why. `whole`: this page should hold all of it."""
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


def _stated(tree: HtmlElement, head: Head) -> tuple[int | None, str]:
    for path in _HEADINGS:
        for node in tree.xpath(path):
            if _in_entry(node) or "widget" in {m for n in below_body(node) for m in tokens(n)}:
                continue
            if (number := count_in(text_of(node))) is not None:
                return number, "page:heading"
    for value in (head.article.get("commentCount"), head.meta("commentcount")):
        if (
            isinstance(value, int | str)
            and not isinstance(value, bool)
            and re.fullmatch(r"\d{1,7}", str(value))
        ):
            return int(value), "page:json-ld"
    return None, "none"


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


def _in_entry(node: HtmlElement) -> bool:
    return any(
        tokens(outer) & {"comment", "commentlist", "comment-list", "sidebar"}
        for outer in below_body(node)
        if outer is not node
    )


def _open(tree: HtmlElement) -> bool | None:
    if tree.xpath(
        "//form[@id='commentform' or contains(@action,'wp-comments-post.php')] | //*[@id='respond']//form | //p[contains(@class,'must-log-in')] | //iframe[@id='jetpack_remote_comment']"
    ):
        return True
    closed = tree.xpath(
        "//*[contains(@class,'no-comments') or contains(@class,'nocomments') or contains(@class,'comments-closed')]"
    )
    return False if closed else None


def _more_pages(document: Document, head: Head) -> bool:
    """Whether the page links to other pages of its own thread."""
    own = addresses.path_key(head.url)
    for href in document.tree.xpath("//a[contains(@href,'comment-page-') or contains(@href,'cpage=')]/@href"):
        bare = href.split("#")[0]
        url = addresses.absolute(bare, document.base)
        if url and not re.search(r"#comment-\d", href) and addresses.path_key(url) == own:
            return True
    return False
