"""From kept text to HTML that is safe to show.

The text comes from a site that may be hostile. Although it was sanitised before, it is sanitised here again,
at the last moment, by nh3. Pictures become links: reading an archive must not call the site.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

_TAGS = {
    "p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "q", "cite",
    "ul", "ol", "li", "dl", "dt", "dd",
    "a", "em", "strong", "b", "i", "u", "s", "del", "ins", "code", "pre", "sub", "sup", "abbr",
    "table", "thead", "tbody", "tr", "th", "td", "caption",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "abbr": {"title"}, "ol": {"start"}, "blockquote": {"cite"}}
_RELATION = "nofollow ugc noopener noreferrer"


def article_html(markdown: str | None, text: str | None) -> Markup:
    """Return the body of an article as HTML.

    It is made from its Markdown, or from its paragraphs where it has no Markdown.
    """
    if not markdown:
        return paragraphs(text)
    return _safe(_parser().render(markdown))


def comment_html(html: str | None, text: str | None) -> Markup:
    """Return the body of a comment as HTML.

    Harmless tags stay where they were kept; a comment without them has paragraphs.
    """
    if html:
        return _safe(html)
    return paragraphs(text)


def paragraphs(text: str | None) -> Markup:
    """Return plain text: blank lines divide paragraphs, other line breaks stay."""
    parts = [part.strip() for part in (text or "").split("\n\n") if part.strip()]
    return Markup("\n").join(_paragraph(part) for part in parts)


def _paragraph(text: str) -> Markup:
    lines = Markup("<br>").join(escape(line) for line in text.split("\n"))
    return Markup("<p>{}</p>").format(lines)


def _safe(html: str) -> Markup:
    schemes = {"http", "https", "mailto"}
    return Markup(  # noqa: S704  (this is the sanitiser)
        nh3.clean(
            html,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes=schemes,
            link_rel=_RELATION,
        )
    )


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.add_render_rule("image", _picture)
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


def _picture(_renderer: Any, tokens: Sequence[Any], index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    label = token.content or "without a caption"
    source = escape(token.attrs.get("src", ""))
    return f'<a href="{source}">[Picture: {escape(label)}]</a>'


def _lower_headings(state: Any) -> None:
    """Return HTML with headings below that of the page, which has one <h1>."""
    for token in state.tokens:
        is_heading = token.type in ("heading_open", "heading_close")
        if is_heading and token.tag == "h1":
            token.tag = "h2"
