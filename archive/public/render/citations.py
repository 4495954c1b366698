"""How an article is cited: a plain line, BibTeX, and Wikipedia's template. Pure.

What a site wrote goes into these forms by their own rules of escaping; the page then escapes for HTML.
"""

from __future__ import annotations

import re
from typing import Any

Citation = tuple[str, str]

_TEX = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}
_WIKI = str.maketrans({char: f"&#{ord(char)};" for char in "&|{}[]<>"})


def citations(article: dict[str, Any], here: str) -> list[Citation]:
    """(form, text) for each form. `here` is our page, `article` a row with its source's title."""
    names = ("title", "byline", "url", "source_title")
    said = {name: " ".join(str(article.get(name) or "").split()) for name in names}
    said["source_title"] = said["source_title"] or str(article["source"])
    day, kept = str(article["published"] or "")[:10], str(article["changed_at"])[:10]
    return [
        ("Plain", _plain(said, day, kept, here)),
        ("BibTeX", _bibtex(article["id"], said, day, kept, here)),
        ("Wikipedia", _wikipedia(said, day, kept, here)),
    ]


def _plain(said: dict[str, str], day: str, kept: str, here: str) -> str:
    author = f"{said['byline']}: " if said["byline"] else ""
    when = f", {day}" if day else ""
    where = f"{said['source_title']}{when}. {said['url']}"
    return f"{author}“{said['title']}”, {where} Kept at {here}, state of {kept}."


def _bibtex(number: int, said: dict[str, str], day: str, kept: str, here: str) -> str:
    fields = [
        ("title", _tex(said["title"])),
        ("author", _tex(said["byline"].replace(", ", " and "))),
        ("journal", _tex(said["source_title"])),
        ("date", day),
        ("url", _url(said["url"])),
        ("urldate", kept),
        ("note", f"Kept at {_url(here)}"),
    ]
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields if value)
    return f"@article{{backissue{number},\n{lines}\n}}"


def _wikipedia(said: dict[str, str], day: str, kept: str, here: str) -> str:
    fields = [
        ("title", said["title"]),
        ("author", said["byline"]),
        ("newspaper", said["source_title"]),
        ("date", day),
        ("url", said["url"]),
        ("archive-url", here),
        ("archive-date", kept),
    ]
    return "{{cite news " + " ".join(f"|{name}={_wiki(value)}" for name, value in fields if value) + " }}"


def _tex(text: str) -> str:
    return re.sub(r"[\\{}$&#^_%~]", lambda found: _TEX.get(found[0], "\\" + found[0]), text)


def _url(text: str) -> str:
    return text.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


def _wiki(text: str) -> str:
    if "://" in text:
        return text.replace("|", "%7C").replace("{", "%7B").replace("}", "%7D")
    return text.translate(_WIKI)
