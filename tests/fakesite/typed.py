"""WordPress' treatment of text that people type: quotes are curled, tags weeded, paragraphs made, links
linked.

It knows strings only. Its law: the output is safe, balanced HTML, with typographic characters as
themselves; `entities` writes those the way WordPress sends them, at the last moment.
"""

from __future__ import annotations

import html
import re

_ENTITIES = {"’": "&#8217;", "‘": "&#8216;", "“": "&#8220;", "”": "&#8221;", "–": "&#8211;", "…": "&#8230;"}
_ENTITY = re.compile("[" + "".join(_ENTITIES) + "]")
_TOKEN = re.compile(r"(</?[a-zA-Z][^<>]*>)")
_QUOTE = re.compile(r"""(^|[\s(\[“‘–—])?(["'])""")
_LINK = re.compile(r"(?<![\">=])\bhttps?://[^\s<>\"]*[^\s<>\".,;:!?)]")
_HREF = re.compile(r"""href=["'](https?://[^"'<>\s]+)["']""")
_INLINE = ("a", "b", "code", "em", "i", "strong")
_SMILIES = {":)": "🙂", ":-)": "🙂", ";)": "😉", ";-)": "😉", ":(": "🙁", ":-(": "🙁"}
_SMILEY = re.compile(r"(?:(?<=\s)|^)(?::\)|:-\)|;\)|;-\)|:\(|:-\()(?=\s|$)")


def entities(markup: str) -> str:
    """Typographic characters as WordPress writes them: `&#8217;` for an apostrophe, and so on."""
    return _ENTITY.sub(lambda found: _ENTITIES[found.group()], markup)


def titled(text: str) -> str:
    """A plain title as WordPress renders it: `O&#8217;Brien &#038; Sons`."""
    return entities(html.escape(text, quote=False).replace("&amp;", "&#038;").replace('"', "&#8221;"))


def smart(text: str) -> str:
    """Curled quotes, dashes and ellipses, in text that may carry tags (those are left alone)."""
    pieces, before = [], ""
    for token in _TOKEN.split(text):
        if token.startswith("<") and token.endswith(">"):
            pieces.append(token)
        elif token:
            curled = _curl(before + token)[len(before) :]
            pieces.append(curled)
            before = curled[-1]
    return "".join(pieces)


def _curl(text: str) -> str:
    def curled(found: re.Match[str]) -> str:
        opens = found.group(1) is not None
        double = found.group(2) == '"'
        return (found.group(1) or "") + (("“" if double else "‘") if opens else ("”" if double else "’"))

    text = _QUOTE.sub(curled, text) if '"' in text or "'" in text else text
    return text.replace("...", "…").replace(" -- ", " – ").replace("--", "—")


def comment_html(typed: str) -> str:
    """The stored HTML of a comment as typed: blank lines part paragraphs, a few tags are allowed."""
    parts = []
    for chunk in re.split(r"(<blockquote>.*?</blockquote>)", typed, flags=re.DOTALL):
        if chunk.startswith("<blockquote>"):
            parts.append(f"<blockquote>{_paragraphs(chunk[12:-13])}</blockquote>")
        elif chunk.strip():
            parts.append(_paragraphs(chunk))
    return "\n".join(parts)


def _paragraphs(chunk: str) -> str:
    lines = [part.strip() for part in re.split(r"\n\s*\n", chunk) if part.strip()]
    return "\n".join("<p>" + _inline(line).replace("\n", "<br />\n") + "</p>" for line in lines)


def _inline(text: str) -> str:
    open_tags: list[str] = []
    pieces = [_weeded(token, open_tags) for token in _TOKEN.split(text)]
    pieces += [f"</{name}>" for name in reversed(open_tags)]
    return smart("".join(pieces))


def _weeded(token: str, open_tags: list[str]) -> str:
    """One token of typed text: text is escaped and linked, an allowed tag kept, another dropped."""
    if not (token.startswith("<") and token.endswith(">")):
        escaped = html.escape(html.unescape(token), quote=False)
        escaped = _SMILEY.sub(lambda found: _SMILIES[found.group()], escaped)
        return escaped if "a" in open_tags else _LINK.sub(lambda found: _anchor(found.group()), escaped)
    name = re.sub(r"\W.*", "", token.strip("</>"), flags=re.DOTALL).lower()
    if name not in _INLINE:
        return ""
    if token.startswith("</"):
        if name not in open_tags:
            return ""
        closed = open_tags[open_tags.index(name) :]
        del open_tags[open_tags.index(name) :]
        return "".join(f"</{each}>" for each in reversed(closed))
    return _opened(name, token, open_tags)


def _opened(name: str, token: str, open_tags: list[str]) -> str:
    if name != "a":
        open_tags.append(name)
        return f"<{name}>"
    href = _HREF.search(token)
    if not href:
        return ""
    open_tags.append(name)
    return f'<a href="{html.escape(href.group(1))}" rel="nofollow ugc">'


def _anchor(url: str) -> str:
    return f'<a href="{url}" rel="nofollow ugc">{url}</a>'
