"""The phrases and classes with which themes label the parts of a comment.

Contains vocabulary only. The readers of names, dates and text share it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from pipeline.html.dom import Classed, text_of, tokens, words

NAMES = (
    frozenset({"fn"}),
    words(
        "comment-author-name comment_author_name wp-block-comment-author-name "
        "wpd-comment-author wc-comment-author "
        "comment-author-link commentauthorlink name "
        "comment_author commentauthor comment__author-name comment-name commenter-name "
        "commenter epoch-author-link author-name comment-autor nickname username user-name comment-user"
    ),
    words("comment-author comment__author comment-author-info comment-author-vcard vcard author"),
    words("comment-info comment-meta commentmeta comment-header comment-head commentmetadata"),
)
BODIES = (
    words(
        "comment-content comment-text commenttext comment_text comment__content comment__text comment-entry "
        "comment_content commentcontent comment-message comment-msg wp-block-comment-content "
        "wpd-comment-text "
        "wc-comment-text comment-copy epoch-comment-content comment-txt comment-body-text comment-text-body "
        "comment-content-text comment-post comment-the-content commentbody-text"
    ),
    words(
        "comment-body comment_body commentbody comment__body comment-entry-content "
        "entry-content format_text comment-inner comment-main text entry content body message"
    ),
)
DATES = words(
    "comment-date comment-time comment_time comment_date commentdate comment__date comment__time date time "
    "wpd-comment-date wc-comment-date comment-timestamp timestamp comment-meta-date wp-block-comment-date "
    "comment-permalink comment-metadata comment-meta commentmetadata meta comment-info posted-on published"
)
_COMMENT = r"[\w-]*(?:comments?|cmts?|reviews?)(?:[-_]+\w+)*?[-_]+"
NAME_LIKE = re.compile(_COMMENT + r"(?:(?:author|autor|auteur|user|nick)(?:[-_]*name)?|name)")
BODY_LIKE = re.compile(_COMMENT + r"(?:text|content|body|message|copy)(?:[-_]*(?:holder|wrap|inner))?")
DATE_LIKE = re.compile(_COMMENT + r"(?:date|time|timestamp|published)")
"""How themes of a house style call the parts: c-comment__author-name, w-comments-item-text."""
NOISE = re.compile(
    r"^(?:reply|reply-link|comment-?reply.*|edit-?link|edit-comment.*|comment-?edit.*|"
    r"comment-?actions?|comment-?tools?|"
    r"comment-?footer|comment(?:-|__)links?|comment-?permalink|comment-?meta.*|commentmetadata|"
    r"comment-?date|comment-?time|"
    r"comment-?head(?:er)?|comment-?author.*|comment-?avatar|vcard|avatar.*|gravatar|says|"
    r".*awaiting.*|.*moderation.*|"
    r"vote.*|.*-votes?(?:-.*)?|.*voting.*|.*-?ratings?(?:-.*)?|.*karma.*|.*thumbs?-?(?:up|"
    r"down).*|likes?|like[-_].*|.*-likes?|"
    r".*like-button.*|.*[-_]liked?(?:[-_].*)?|reports?|report[-_].*|.*-report.*|"
    r"flag[-_].*|sharedaddy|sd-.*|share|share[-_].*|social.*|screen-reader-text|"
    r"sr-only|visually-hidden|hide-if-no-js|hidden|wpulike.*|wp_ulike.*|sce-.*|pmcc-.*|comment-respond|jp-.*|"
    r"wpd-comment-(?:header|footer|left|share|link|author|date).*|wpd-(?:reply|tool|"
    r"vote).*|wc-(?:vote|reply|footer|comment-header).*|"
    r"heateor.*|.*read-?more.*|more-link|comment-(?:count|number|nr|index)|commentnumber|"
    r"addtoany.*|badge|author-badge|comment-badge|permalink)$"
)
BADGES = re.compile(
    r"^(?:.*badge.*|role|.*-role|label|.*-label|rank|title|says|.*-tag|post-author|"
    r"comment-meta|commentmetadata|.*-date|.*-time|date|time|screen-reader-text|wpd-.*|"
    r"wc-.*)$"
)
VERBS = (
    r"says?|said|wrote|writes|commented|replied|schreibt|schrieb|sagte?|meinte?|kommentierte?|"
    r"hat (?:gesagt|geschrieben)|"
    r"dit|a dit|a écrit|a répondu|écrit|dice|dijo|ha dicho|escribió|ha escrito|escribe"
    r"|comentó|comenta|opina|scrive|ha detto|ha scritto|disse|diz|escreveu|comentou|ha dit|zegt|schreef|"
    r"schrijft|skrev|skriver|siger|sagde|säger|sade|sier|mówi|pisze|napisał(?:\(?a\)?)?|říká|píše|"
    r"napsal(?:\(?a\)?)?|hovorí|napísal(?:\(?a\)?)?|говорит|сказал(?:\(?а\)?)?|пишет|"
    r"написал(?:\(?а\)?)?|каже|пише|каза|より|يقول|הגיב(?:ה)?|说道?|說道?|diyor ki|dedi ki|"
    r"yazdı|szerint|írta|λέει|γράφει|είπε|sanoo|kirjoitti|spune|a spus|ütleb|raksta|rašo|berkata"
)
"""What themes write behind the name of who comments."""
_PHRASE = re.compile(
    rf"(?<!\w)(?:{'|'.join(verb for verb in VERBS.split('|') if ' ' in verb and '(' not in verb)})(?!\w)",
    re.IGNORECASE,
)
REMARKS = (
    r"comments?|responses?|repl(?:y|ies)|thoughts?|kommentare?|antwort(?:en)?|gedanken?|"
    r"commentaires?|réponses?|"
    r"comentarios?|respuestas?|commenti?|risposte?|comentários?|respostas?|reacties?|kommentar(?:er)?|svar|"
    r"komentarz\w*|komentář\w*|комментари\w*|yorum(?:lar)?|kommenttia?|hozzászólás\w*|σχόλι\w+|коментар\w*|comentarii|"
    r"reacciones|opiniones|reações|komentar(?:a|i)?|bình luận|تعليقات?|تعليقًا?|نظرات?|דיבוריות|תגובות"
)
"""What themes call comments when they count them."""
_SAYS = re.compile(
    rf"^[\s\W]*(?:pingbacks?|trackbacks?|comment|kommentar|commentaire|comentario|commento|posted|comments?|{VERBS}|"
    r":|at|am|um|on|the|le|el|il|op|den|à|alle|a las|às|uhr|permalink|link|"
    r"edit|reply|antworten|bearbeiten|(?:reply|comment|post)\s#\d{1,6}|#\d*|\d{1,3}\.?|by|von|par|por|di)?[\s\W]*$",
    re.IGNORECASE,
)
COMMENT_PREFIX = re.compile(
    r"^\W*(?:(?:comment|pingback|trackback|kommentar|commentaire|comentario|comentário|commento|reactie|posted|"
    r"written|geschrieben|left|gepostet|publicado|publié|escrito|scritto|inviato|postado|submitted|soumis|"
    r"envoyé|enviado)\s+"
    r"(?:by|from|von|par|por|de|di|da|door|av|af|przez|от)|by|von|par|por|di|door|av|af)\s*(?::\s*|\s)"
    r"(?P<name>\S.{0,120}?)\s*(?:[—–|·•,@/]|\s-\s|\bon\b|\bam\b|\bat\b|\bum\b|$)",
    re.IGNORECASE,
)
_NAMING = (
    r"(?:auth|author|autor|auteur|autore|poster|commenter|commentor|commentator|nick(?:name)?|who|writer|"
    r"benutzer|nutzer|usuario|utilisateur)"
)
NAME_WORD = re.compile(
    rf"(?:[\w-]*[-_])?(?:{_NAMING}(?:[-_]?(?:name|info))?|(?:user|display|visitor|guest)[-_]?name)"
)
"""Classes of a name in themes of any kind: auth-name, comment_autor, poster."""
DATE_WORD = re.compile(
    r"(?:[\w-]*[-_])?(?:date|time|timestamp|datetime|datum|fecha|posted|published|when)(?:[-_][a-z]{1,6})?"
)
"""Classes of a date in themes of any kind: auth-time, post_date."""

SIGNS = frozenset(".:·•|—–-/()[]{}«»‹›“”„\"'’@#&→←↓↑…*+=~_!")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One comment as it is being read.

    `body` is the element of the comment's text, if the theme labels one; `sure` is True where that element
    contains nothing more; `anchor` is the fragment of the permalink.
    """

    classed: Classed
    body: HtmlElement | None
    sure: bool
    number: str | None
    base: str
    language: str | None
    anchor: str | None = None

    @property
    def element(self) -> HtmlElement:
        """The element of the comment."""
        return self.classed.root

    def in_body(self, node: HtmlElement | None) -> bool:
        """True if a node is in the comment's text."""
        return inside(node, self.body)

    def permalink(self) -> HtmlElement | None:
        """Return the link to this comment."""
        return next((a for a in self.own_links() if text_of(a)), None)

    def own_links(self) -> list[HtmlElement]:
        """Return the links whose fragment is this comment's anchor."""
        if not self.number:
            return []
        marks = [f"#comment-{self.number}"]
        if self.anchor:
            marks.append(f"#{self.anchor}")
        return [link for link in self.element.iter("a") if link.get("href", "").endswith(tuple(marks))]


def inside(node: HtmlElement | None, container: HtmlElement | None) -> bool:
    """True if a node is a container or is in it."""
    if container is None or node is None:
        return False
    return node is container or container in node.iterancestors()


def is_says(words: str) -> bool:
    """True if a piece is a phrase or sign of a theme.

    An emoji is not.
    """
    if _SAYS.match(words) is None:
        return False
    return all(sign.isalnum() or sign.isspace() or sign in SIGNS for sign in words)


def only_prefix(words: str) -> bool:
    """True if a piece is no more than "Posted by"."""
    found = COMMENT_PREFIX.match(f"{words} x")
    return found is not None and found["name"] == "x"


def only_says(words: str) -> bool:
    """True if a text is a theme's alone: "says", "on", separators.

    An emoji is a reader's text.
    """
    parts = re.split(r"[\s,;|·•—–]+", _PHRASE.sub(" ", words))
    return all(map(_is_theme_word, filter(None, parts)))


def _is_theme_word(part: str) -> bool:
    if all(sign in SIGNS for sign in part):
        return True
    if re.search(r"\w", part) is None:
        return False
    return _SAYS.match(part) is not None or COMMENT_PREFIX.match(f"{part} x") is not None


def is_noise(node: HtmlElement) -> bool:
    """True if an element inside a comment is the theme's and not the reader's."""
    marks = tokens(node)
    if node.tag == "a":
        href = node.get("href", "").strip().lower()
        if href.startswith("javascript:") or "comment-reply-link" in marks:
            return True
    return any(map(NOISE.match, marks))
