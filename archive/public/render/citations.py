"""How an article or comment is cited, in the forms that writers and their tools use. Pure.

Text of a site is escaped by the rules of each form; the page then escapes for HTML. Names of authors stay as
the byline has them: family names cannot be recognised in every language.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from markupsafe import Markup

Citation = tuple[str, str]
Cited = tuple[dict[str, str], str, str, str]
"""Texts of an item, its day, the day of the archived state, and our page."""

_TEX = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}
_WIKI = str.maketrans({char: f"&#{ord(char)};" for char in "&|{}[]<>"})


def citations(article: dict[str, Any], here: str) -> list[Citation]:
    """Return (form, text) for each form.

    `here` is our page, `article` a row with its source's title.
    """
    facts = (*_facts(article), here)
    csl = ("article-newspaper", f"article-{article['id']}")
    shared = _forms(facts, f"backissue{article['id']}", "NEWS", csl)
    return [*shared, ("Wikipedia", _wikipedia(*facts))]


def comment_citations(comment: dict[str, Any], here: str) -> list[Citation]:
    """Return (form, text) for a comment, a row with its article's title and URL, except for Wikipedia."""
    said, day, kept = _facts(comment)
    said["byline"] = said["byline"] or "Unnamed commenter"
    quoted = _inner(said["title"] or "Untitled")
    said["title"] = f"Comment on ‘{quoted}’"
    url = str(comment.get("permalink") or comment["url"] or "")
    said["url"] = " ".join(url.split())
    facts = (said, day, kept, here)
    number = comment["id"]
    return _forms(facts, f"backissuecomment{number}", "BLOG", ("post", f"comment-{number}"))


def _inner(title: str) -> str:
    """Return a title for use inside a quotation: double quotation marks become single ones."""
    return title.translate(str.maketrans('“”"', "‘’'"))


def _forms(facts: Cited, key: str, ris: str, csl: tuple[str, str]) -> list[Citation]:
    """Return the forms that articles and comments share.

    `key` is BibTeX's, `ris` a type of RIS, `csl` a type of CSL with the item's id.
    """
    return [
        ("Plain", _plain(*facts)),
        ("APA", _apa(*facts)),
        ("Chicago", _chicago(*facts)),
        ("MLA", _mla(*facts)),
        ("BibTeX", _bibtex(key, *facts)),
        ("RIS", _ris(ris, *facts)),
        ("CSL-JSON", _csl(csl[0], csl[1], *facts)),
    ]


def linked_data(article: dict[str, Any], authors: list[str], here: str) -> Markup:
    """Return an article as schema.org's NewsArticle in JSON-LD, safe inside a script element."""
    said, day, _ = _facts(article)
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": said["title"],
        "author": [{"@type": "Person", "name": name} for name in authors],
        "datePublished": str(article["published"] or day) or None,
        "publisher": {"@type": "Organization", "name": said["source_title"]},
        "url": _web_url(said["url"]),
        "archivedAt": here,
        "inLanguage": article.get("language"),
        "commentCount": article.get("comment_count"),
    }
    return _script(data)


def linked_comment(comment: dict[str, Any], here: str) -> Markup:
    """Return a comment as schema.org's Comment in JSON-LD, safe inside a script element."""
    said, day, _ = _facts(comment)
    author = None
    if said["byline"]:
        author = {"@type": "Person", "name": said["byline"]}
    data = {
        "@context": "https://schema.org",
        "@type": "Comment",
        "author": author,
        "datePublished": str(comment["published"] or day) or None,
        "text": comment.get("text"),
        "url": _web_url(comment.get("permalink")),
        "archivedAt": here,
        "about": {
            "@type": "NewsArticle",
            "headline": said["title"],
            "url": _web_url(comment["url"]),
            "publisher": {"@type": "Organization", "name": said["source_title"]},
        },
    }
    return _script(data)


def _web_url(url: Any) -> str | None:
    text = str(url or "")
    if not text.startswith(("http://", "https://")):
        return None
    return text


def _script(data: dict[str, Any]) -> Markup:
    """Return JSON without empty fields, safe inside a script element."""
    known = {name: value for name, value in data.items() if value not in (None, "", [])}
    text = json.dumps(known, ensure_ascii=True)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704


def _facts(item: dict[str, Any]) -> tuple[dict[str, str], str, str]:
    """Return the texts of an item on one line each, its day, and the day of the archived state."""
    names = ("title", "byline", "url", "source_title")
    said = {name: " ".join(str(item.get(name) or "").split()) for name in names}
    said["source_title"] = said["source_title"] or str(item["source"])
    return said, str(item["published"] or "")[:10], str(item["changed_at"])[:10]


def _long_day(day: str) -> str:
    """Return "9 July 2009" for "2009-07-09", a text as it is where it is no whole day."""
    try:
        moment = date.fromisoformat(day)
    except ValueError:
        return day
    return f"{moment.day} {moment:%B %Y}"


def _with_ending(text: str, ending: str) -> str:
    if not text:
        return ""
    return f"{text}{ending}"


def _after_comma(text: str) -> str:
    if not text:
        return ""
    return f", {text}"


def _plain(said: dict[str, str], day: str, kept: str, here: str) -> str:
    author = _with_ending(said["byline"], ": ")
    when = _after_comma(day)
    where = f"{said['source_title']}{when}. {said['url']}"
    title = _inner(said["title"])
    return f"{author}“{title}”, {where} Archived at {here}, state of {kept}."


def _apa(said: dict[str, str], day: str, kept: str, here: str) -> str:
    author = _with_ending(said["byline"], ". ")
    when = f"({_long_day(day) or 'n.d.'})"
    start = f"{said['title']}. {when}."
    if author:
        start = f"{author}{when}. {said['title']}."
    return f"{start} {said['source_title']}. {said['url']} (archived {_long_day(kept)}, {here})"


def _chicago(said: dict[str, str], day: str, kept: str, here: str) -> str:
    author = _with_ending(said["byline"], ". ")
    when = _after_comma(_long_day(day))
    archived = f"Archived {_long_day(kept)}, at {here}."
    title = _inner(said["title"])
    return f"{author}“{title}.” {said['source_title']}{when}. {said['url']}. {archived}"


def _mla(said: dict[str, str], day: str, kept: str, here: str) -> str:
    author = _with_ending(said["byline"], ". ")
    when = _after_comma(_long_day(day))
    where = f"{said['source_title']}{when}, {said['url']}"
    title = _inner(said["title"])
    return f"{author}“{title}.” {where}. Archived {_long_day(kept)}, {here}."


def _ris(kind: str, said: dict[str, str], day: str, kept: str, here: str) -> str:
    authors = [("AU", name) for name in said["byline"].split(", ") if name]
    fields = [
        ("TY", kind),
        *authors,
        ("TI", said["title"]),
        ("T2", said["source_title"]),
        ("DA", day.replace("-", "/")),
        ("UR", said["url"]),
        ("L2", here),
        ("Y2", kept.replace("-", "/")),
    ]
    lines = [f"{name}  - {value}" for name, value in fields if value]
    return "\n".join([*lines, "ER  - "])


def _csl(kind: str, number: str, said: dict[str, str], day: str, kept: str, here: str) -> str:
    authors = [{"literal": name} for name in said["byline"].split(", ") if name]
    item = {
        "id": f"backissue-{number}",
        "type": kind,
        "title": said["title"],
        "author": authors,
        "container-title": said["source_title"],
        "issued": _csl_date(day),
        "URL": said["url"],
        "archive": here,
        "accessed": _csl_date(kept),
    }
    known = {name: value for name, value in item.items() if value}
    return json.dumps([known], ensure_ascii=False, indent=1)


def _csl_date(day: str) -> dict[str, list[list[int]]] | None:
    parts = [int(part) for part in day.split("-") if part.isdigit()]
    if not parts:
        return None
    return {"date-parts": [parts]}


def _bibtex(key: str, said: dict[str, str], day: str, kept: str, here: str) -> str:
    fields = [
        ("title", _tex(said["title"])),
        ("author", _tex(said["byline"].replace(", ", " and "))),
        ("journal", _tex(said["source_title"])),
        ("date", day),
        ("url", _url(said["url"])),
        ("urldate", kept),
        ("note", f"Archived at {_url(here)}"),
    ]
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields if value)
    return f"@article{{{key},\n{lines}\n}}"


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
    parameters = [f" |{name}={_wiki(value)}" for name, value in fields if value]
    return "{{cite news" + "".join(parameters) + " }}"


def _tex(text: str) -> str:
    return re.sub(r"[\\{}$&#^_%~]", lambda found: _TEX.get(found[0], "\\" + found[0]), text)


def _url(text: str) -> str:
    return text.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


def _wiki(text: str) -> str:
    if "://" in text:
        return text.replace("|", "%7C").replace("{", "%7B").replace("}", "%7D")
    return text.translate(_WIKI)
