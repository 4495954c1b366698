"""The edges of an article's text.

What themes and plugins leave above its first and below its last block, and messages of PHP within.

Knows the turns of phrase of share prompts, tag lines and lives of authors.
Invariant: only whole blocks go, and never the last one.
"""

from __future__ import annotations

import re

from pipeline.html.dom import fold
from pipeline.markdown.writer import Block

_MORE = re.compile(
    r"^\W*(?:read (?:more|also|next)|related|see (?:also|more)|also (?:read|on)|don.?t "
    r"miss|more (?:on|from)|recommended|you may also like|lire aussi|à lire|lesen sie "
    r"auch|mehr zum thema|leia (?:também|mais)|lee también|leggi anche|lees ook)\b",
    re.IGNORECASE,
)
_HOSTS = re.compile(r"\]\(https?://([^/)\s]+)")
_IS = re.compile(
    r"^[\s,]*(?:\([^)]*\)\s*)?(?:is|was|has|ist|war|est|es|è|é|writes|covers|serves|works|"
    r"schreibt|arbeitet)\b",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"^\W*(?:(?:posted |written |published )?(?:by|von|par|por|di)|"
    r"(?:author|autor(?:in)?|auteur|autore)\s?:)\s",
    re.IGNORECASE,
)
_PHP = re.compile(
    r"^(?:PHP )?(?:Warning|Notice|Deprecated|Strict Standards|(?:Recoverable )?[Ff]atal error|Parse error)"
    r": .{1,1000} in \S.{0,500} on line \d+\.?$",
    re.DOTALL,
)
"""A message of PHP, which a site prints where its program fails."""
_TAGS = re.compile(
    r"^\W*(?:tags?|tagged(?: (?:with|under|as))?|filed under|posted in|categories|"
    r"category|schlagw[öo]rter|schlagworte|kategorien?|étiquettes?|etiquetas|"
    r"topics?)\s*:.{0,400}$",
    re.IGNORECASE | re.DOTALL,
)


def remove_boilerplate(
    found: list[Block],
    title: str | None,
    authors: tuple[str, ...],
    host: str | None,
    *,
    sure: bool,
    is_copy: bool = False,
) -> list[Block]:
    """Return blocks less a title and byline repeated at the top, and terms and the author's life at the end.

    Links at the end are those to other articles, but where they lead to other sites than `host`, and where it
    is `sure` that all blocks are the theme's text. In the publisher's own copy (`is_copy`) a link to another
    article is the editor's.
    """
    found = [block for block in found if not _PHP.match(block.text)] or found
    names = [fold(author) for author in authors]
    for _ in range(4):
        if len(found) > 1 and _opens(found[0], title, names):
            found = found[1:]
    if not is_copy and not sure:
        found = [block for block in found if not _prompts(block)] or found
    while not sure and len(found) > 2 and _trails(found, host):
        found = found[:-1]
    for _ in range(3):
        if len(found) <= 1:
            break
        if _lists_terms(found[-1], sure=sure) or _about(found[-1], authors):
            found = found[:-1]
    return found


def _trails(found: list[Block], host: str | None) -> bool:
    """True if the last block is an empty heading or links."""
    last = found[-1]
    if _hangs(last):
        return True
    if not _only_links(last) or _leads_out(last, host):
        return False
    return last.kind == "list" or _only_links(found[-2])


def is_prompt(words: str) -> bool:
    """True if a text invites readers to another article."""
    return bool(_MORE.match(words))


def _prompts(block: Block) -> bool:
    """True if a paragraph is a link to another article: "Read more: …"."""
    is_linked = block.linked > 0.6 * len(block.text)
    return block.kind == "p" and is_linked and _MORE.match(block.text) is not None


def _lists_terms(block: Block, *, sure: bool) -> bool:
    """True if a last block lists tags or categories.

    Where all blocks are the publisher's, only as links: in words he may speak of them.
    """
    is_linked = 2 * block.linked > len(block.text)
    return _TAGS.match(block.text) is not None and (is_linked or not sure)


def _hangs(block: Block) -> bool:
    """True if a block is a short heading with nothing below it."""
    if block.kind != "head" or len(block.text) >= 60:
        return False
    return not block.text.endswith((".", "!", "”", '"'))


def _leads_out(block: Block, host: str | None) -> bool:
    """True if most of a block's links leave the site."""
    own = (host or "").removeprefix("www.")
    hosts = [found.removeprefix("www.") for found in _HOSTS.findall(block.markdown)]
    leaving = [found for found in hosts if found != own]
    return 2 * len(leaving) > len(hosts)


def _only_links(block: Block) -> bool:
    words = block.text.replace("\n", "")
    return block.linked >= 0.95 * len(words)


def _opens(block: Block, title: str | None, names: list[str]) -> bool:
    """True if a first block is the title or the byline once more."""
    folded = fold(block.text)
    if title and folded == fold(title):
        return True
    if len(block.text) >= 120:
        return False
    if folded in names:
        return True
    return _BYLINE.match(block.text) is not None and any(name and name in folded for name in names)


def _about(block: Block, authors: tuple[str, ...]) -> bool:
    """True if a last block is about the author.

    It begins with the name and a description.
    """
    if len(block.text) > 900:
        return False
    for name in authors:
        if len(name) > 3 and block.text.startswith(name):
            following = block.text.removeprefix(name)
            if _IS.match(following):
                return True
    return False
