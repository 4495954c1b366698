"""One article and its thread as the templates of several eras print them."""

# ruff: noqa: E501  (invented markup reads better in one line)

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

HOST = "gazette.example"
HOME = f"http://{HOST}/"
URL = f"{HOME}archives/2009/07/ice.html"
TITLE = "Ice in the lower harbour"
PROSE = (
    "The harbour closed the lower quay on Sunday, and the pilots walked home across the water, which nobody had expected.",
    "Nobody had seen the like since the winter in which the bell tower froze, the oldest of them said over a glass.",
    "By Tuesday the ferry lane was open again, and the tide tables were printed anew in the shop on the corner.",
)
ARTICLE = "\n".join(f"<p>{paragraph}</p>" for paragraph in PROSE)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A comment: its place, its numbers in Movable Type and in WordPress, and the place of the one it answers."""

    place: int
    number: int
    today: int
    author: str
    url: str
    at: datetime
    words: tuple[str, ...]
    answers: int | None = None

    @property
    def name(self) -> str:
        said = html.escape(self.author, quote=False)
        return f'<a href="{self.url}">{said}</a>' if self.url else said

    @property
    def date(self) -> str:
        return f"{self.at:%B %d, %Y %I:%M %p}"

    @property
    def markup(self) -> str:
        return "\n".join(f"<p>{self._escaped(each)}</p>" for each in self.words)

    @property
    def lines(self) -> str:
        return "<br /><br />\n".join(map(self._escaped, self.words))

    def _escaped(self, words: str) -> str:
        return html.escape(words, quote=False).replace("\n", "<br />\n")


WORDS = (
    ("E. O'Brien", ('Bring skates, and mind the "ferry" lane -- it\'s thin.',)),
    ("Wren", ("And tea for the pilots, who walked all night & sang.", "They don't sing often...")),
    ('Gil "Skip" Strand', ("Posted a letter to the council about it, no answer.",)),
    ("Fay Moor", ("Thanks.",)),
    ("Ada Moor", ("Thanks.",)),
    ("anna", ("@Wren: the tide was lower that year, 1/2 a foot.\nMy father measured it.",)),
)
THREAD = [
    Letter(
        place=place,
        number=120 + 3 * place,
        today=900 + place,
        author=author,
        url="http://skates.example/" if place % 2 else "",
        at=datetime(2009, 7, 9 + place // 3, 9 + place, 5 + 7 * place),  # noqa: DTZ001 - as a template prints it
        words=words,
        answers={2: 1, 6: 2}.get(place),
    )
    for place, (author, words) in enumerate(WORDS, start=1)
]


def curly(letter: Letter) -> Letter:
    """Return a comment as WordPress prints it, with typographic signs."""
    signs = ((' "', " “"), ('"', "”"), ("'", "’"), ("...", "…"), (" -- ", " — "))

    def said(words: str) -> str:
        for plain, sign in signs:
            words = words.replace(plain, sign)
        return words

    return replace(letter, author=said(letter.author), words=tuple(map(said, letter.words)))


Thread = Sequence[Letter]


def _page(body: str, generator: str = "", profile: str = "") -> str:
    return f'<html xmlns="http://www.w3.org/1999/xhtml"><head{profile}><title>Gazette: {TITLE}</title>{generator}</head>{body}</html>'


def movable_type_2(thread: Thread) -> str:
    said = "".join(
        f'<div class="comments-body">\n{each.markup}\n<span class="comments-post">Posted by: {each.name} at {each.date}</span>\n</div>\n'
        for each in thread
    )
    return _page(
        f'<body><div id="banner"><h1><a href="{HOME}">Gazette</a></h1></div><div class="blogbody"><h3 class="title">{TITLE}</h3>'
        f'{ARTICLE}<div class="posted">Posted by Ada at July 09, 2009 08:30 AM</div></div>'
        f'<div class="comments-head"><a name="comments"></a>Comments</div>{said}<div class="comments-head">Post a comment</div>'
        f'<form method="post" action="{HOME}mt-comments.cgi" name="comments_form"><textarea></textarea></form></body>'
    )


def movable_type_3(thread: Thread) -> str:
    said = "".join(
        f'<a id="c{each.number}"></a>\n<div class="comment" id="comment-{each.number}">\n<div class="comment-content">\n{each.markup}\n</div>\n'
        f'<p class="comment-footer">\nPosted by:\n{each.name} |\n<a href="#comment-{each.number}">{each.date}</a>\n</p>\n</div>\n'
        for each in thread
    )
    return _page(
        f'<body class="layout-two-column-right"><div id="banner"><h1 id="banner-header"><a href="{HOME}">Gazette</a></h1></div><div id="alpha">'
        f'<div class="entry" id="entry-123"><h3 class="entry-header">{TITLE}</h3><div class="entry-content"><div class="entry-body">{ARTICLE}</div></div></div>'
        f'<div id="comments" class="comments"><h3 class="comments-header">Comments ({len(thread)})</h3>{said}</div></div></body>'
    )


def movable_type_4(thread: Thread) -> str:
    by_place = {each.place: each for each in thread}
    said = ""
    for each in thread:
        line = f'By <span class="vcard author">{each.name}</span> on'
        if each.answers:
            above = by_place[each.answers]
            answer = (
                f'<a href="#comment-{above.number}">comment from {html.escape(above.author, quote=False)}</a>'
            )
            line = f'<span class="vcard author">{each.name}</span> replied to {answer} |'
        said += (
            f'<div class="comment" id="comment-{each.number}"><div class="inner"><div class="comment-header"><div class="asset-meta"><span class="byline">{line} '
            f'<a href="#comment-{each.number}"><abbr class="published" title="{each.at.isoformat()}-05:00">{each.date}</abbr></a></span></div></div>'
            f'<div class="comment-content">\n{each.markup}\n</div></div></div>\n'
        )
    return _page(
        f'<body class="mt-entry-archive"><div id="header-name"><a href="{HOME}">Gazette</a></div><div id="entry-123" class="entry-asset asset hentry">'
        f'<h1 id="page-title" class="asset-name entry-title">{TITLE}</h1><div class="asset-content entry-content"><div class="asset-body">{ARTICLE}</div></div></div>'
        f'<div id="comments" class="comments"><h2 class="comments-header">{len(thread)} Comments</h2><div class="comments-content">{said}</div></div></body>',
        '<meta name="generator" content="Movable Type Publishing Platform 4.21-en" />',
    )


def typepad(thread: Thread) -> str:
    said = ""
    for each in thread:
        name = f"comment-6a00d8341c{each.number:04d}970b"
        said += (
            f'<a id="{name}"></a>\n<div id="{name}" class="comment comment-even">\n<div class="comment-content">\n<span id="{name}-content">{each.markup}</span>\n</div>\n'
            f'<p class="comment-footer">\nPosted by:\n{each.name} |\n<a href="{URL}?cid=6a00d8341c#{name}">{each.date}</a>\n</p>\n</div>\n'
        )
    return _page(
        f'<body><div id="banner"><h1 id="banner-header"><a href="{HOME}">Gazette</a></h1></div><div id="alpha"><h2 class="date-header">July 09, 2009</h2>'
        f'<div class="entry-type-post entry"><h3 class="entry-header">{TITLE}</h3><div class="entry-content"><div class="entry-body">{ARTICLE}</div></div></div>'
        f'<a id="comments"></a><div class="comments" id="all-comments"><h3 class="comments-header">Comments</h3>{said}</div></div></body>',
        '<meta name="generator" content="http://www.typepad.com/" />',
    )


def kubrick(thread: Thread) -> str:
    said = "".join(
        f'<li class="{"alt" * (each.place % 2)}" id="comment-{each.number}">\n<cite>{each.name}</cite> Says:\n<br />\n'
        f'<small class="commentmetadata"><a href="#comment-{each.number}" title="">{each.at:%B} {each.at.day}th, {each.at:%Y at %I:%M %p}</a> </small>\n{each.markup}\n</li>\n'
        for each in thread
    )
    return _page(
        f'<body><div id="headerimg"><h1><a href="{HOME}">Gazette</a></h1></div><div id="content" class="widecolumn"><div class="post" id="post-77">'
        f'<h2><a href="{URL}" rel="bookmark">{TITLE}</a></h2><div class="entrytext">{ARTICLE}</div></div>'
        f'<h3 id="comments">{len(thread)} Responses to &#8220;{TITLE}&#8221;</h3>\n<ol class="commentlist">\n{said}</ol></div></body>',
        '<meta name="generator" content="WordPress 2.3.1" />',
        ' profile="http://gmpg.org/xfn/11"',
    )


def _by_hand(
    write: Callable[[Letter], str], around: tuple[str, str] = ("", ""), shell: str = "div"
) -> Callable[[Thread], str]:
    """Return a template of the operator's own; its shell is one of `div` or the tables of older pages."""
    begin, end = (
        ('<div id="main">', "</div>")
        if shell == "div"
        else ('<table width="760"><tr><td width="560">', "</td></tr></table>")
    )
    side = f'<p>Recent entries</p><p><a href="{HOME}1.html">The lamp</a></p>'

    def make(thread: Thread) -> str:
        said = around[0] + "\n".join(map(write, thread)) + around[1]
        aside = f'<div id="side">{side}</div>' if shell == "div" else ""
        column = f'</td><td width="200">{side}' if shell == "table" else ""
        return _page(
            f'<body bgcolor="#ffffff"><h1><a href="{HOME}">Gazette</a></h1>{begin}<a name="top"></a><h2>{TITLE}</h2><p class="date">July 09, 2009</p>\n{ARTICLE}\n'
            f'<a name="comments"></a><h3>{len(thread)} Comments</h3>\n{said}\n<h3>Post a comment</h3><form method="post" action="{HOME}say.cgi"><textarea></textarea></form>'
            f"{column}{end}{aside}</body>"
        )

    return make


LIST = ("<ul>", "</ul>")
BY_HAND: dict[str, Callable[[Thread], str]] = {
    "anchor, name in bold, lines": _by_hand(
        lambda c: (
            f'<a name="c{c.place}"></a><b>{c.name}</b> wrote on {c.date}:<br />\n{c.lines}<br /><br />\n<hr size="1" />'
        )
    ),
    "anchor, name as plain text": _by_hand(
        lambda c: (
            f'<a name="{c.place}"></a>{html.escape(c.author, quote=False)} on {c.date} said:<br />\n{c.lines}<br /><br />'
        )
    ),
    "anchor, number": _by_hand(
        lambda c: (
            f'<p><a name="comment{c.place}"></a><strong>{c.place}. {c.name}</strong> <small>({c.date})</small><br />\n{c.lines}</p>'
        )
    ),
    "anchor around the name": _by_hand(
        lambda c: (
            f'<p><a name="comment-{c.number}">{html.escape(c.author, quote=False)}</a>, {c.date}:</p>{c.markup}'
        )
    ),
    "anchor in a block, signed below": _by_hand(
        lambda c: (
            f'<div class="comm"><a name="comment-{c.place}"></a>{c.markup}<div class="sig">Posted by {c.name} on {c.date} (<a href="#comment-{c.place}">link</a>)</div></div>'
        )
    ),
    "anchor, signed in a line": _by_hand(
        lambda c: (
            f'<a name="{c.number:06d}"></a>\n{c.lines}<br /><br />\n<i>Posted by {c.name} at {c.date}</i><br /><br />'
        )
    ),
    "anchor in a head of its own": _by_hand(
        lambda c: (
            f'<div class="hd"><a name="c{c.number}"></a><b>{c.name}</b> | {c.date}</div>\n<div class="tx">{c.markup}</div>'
        )
    ),
    "anchor in a row": _by_hand(
        lambda c: (
            f'<tr><td valign="top"><a name="c{c.number}"></a><b>{c.name}</b><br /><small>{c.date}</small></td><td>{c.markup}</td></tr>'
        ),
        ("<table>", "</table>"),
    ),
    "anchor in a term": _by_hand(
        lambda c: f'<dt><a name="c{c.number}"></a>{c.name} said on {c.date}:</dt><dd>{c.markup}</dd>',
        ("<dl>", "</dl>"),
    ),
    "bullets": _by_hand(lambda c: f"<li><b>{c.name}</b> on {c.date} said:<br />\n{c.lines}</li>", LIST),
    "bullets, name as plain text": _by_hand(
        lambda c: f"<li>{html.escape(c.author, quote=False)} ({c.date})<br />{c.lines}</li>", LIST
    ),
    "bullets, says": _by_hand(lambda c: f"<li>{c.name} says: <small>{c.date}</small>\n{c.markup}</li>", LIST),
    "bullets, signed below": _by_hand(
        lambda c: f"<li>{c.markup}<p><em>Posted by {c.name} on {c.date}</em></p></li>", LIST
    ),
    "bullets, cited": _by_hand(lambda c: f"<li>{c.markup}<cite>{c.name}, {c.date}</cite></li>", LIST),
    "bullets in a table": _by_hand(
        lambda c: f"<li><b>{c.name}</b> on {c.date} said:<br />\n{c.lines}</li>", LIST, "table"
    ),
    "anchor in a table": _by_hand(
        lambda c: (
            f'<a name="c{c.place}"></a><b>{c.name}</b> wrote on {c.date}:<br />\n{c.lines}<br />\n<hr />'
        ),
        shell="table",
    ),
}
ERAS: dict[str, Callable[[Thread], str]] = {
    "Movable Type 2": movable_type_2,
    "Movable Type 3": movable_type_3,
    "Movable Type 4": movable_type_4,
    "TypePad": typepad,
    "Kubrick": kubrick,
    **BY_HAND,
}


def wordpress(thread: Thread) -> str:
    """Return the page of today, where answers are nested."""

    def entry(each: Letter, depth: int) -> str:
        below = "".join(entry(other, depth + 1) for other in thread if other.answers == each.place)
        inner = f'<ol class="children">{below}</ol>' if below else ""
        return (
            f'<li id="comment-{each.today}" class="comment even depth-{depth}"><article id="div-comment-{each.today}" class="comment-body"><footer class="comment-meta">'
            f'<div class="comment-author vcard"><b class="fn">{each.name}</b> <span class="says">says:</span></div><div class="comment-metadata"><a href="{URL}#comment-{each.today}">'
            f'<time datetime="{each.at.isoformat()}-05:00">{each.date}</time></a></div></footer><div class="comment-content">{each.markup}</div></article>{inner}</li>'
        )

    said = "".join(entry(each, 1) for each in thread if each.answers is None)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{TITLE} - Gazette</title><link rel="canonical" href="{URL}">'
        f'<meta property="article:published_time" content="2009-07-09T13:30:00+00:00"></head><body class="single single-post postid-77"><article id="post-77" class="post hentry">'
        f'<h1 class="entry-title">{TITLE}</h1><div class="entry-content">{ARTICLE}</div></article><div id="comments" class="comments-area">'
        f'<h2 class="comments-title">{len(thread)} thoughts</h2><ol class="comment-list">{said}</ol></div></body></html>'
    )
