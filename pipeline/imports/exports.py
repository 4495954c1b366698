"""Exports of WordPress (WXR) and Disqus: published posts and approved comments, and only those.

An e-mail address, an IP address, a draft, a comment that waits, and what is spam or trash are not read at
all: what is kept with the archive of an export is made of what may be published. Invariant: a file is read
piece by piece, without entities and without the network.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from lxml import etree

from archive.core.answers.tolerant_xml import local_name
from archive.core.records import Article, Comment, Extract, Page, PageKind, Site, Surface
from archive.core.urls import clean
from pipeline.article import body
from pipeline.html import word_breaks
from pipeline.html.document import parse
from pipeline.imports.observed import Fault, Found, Observed, PassedOver
from pipeline.platforms.wordpress import rest

_BLOCK = re.compile(
    r"^\s*</?(?:p|div|h\d|ul|ol|li|table|blockquote|pre|figure|section|hr|iframe|form|!--)", re.IGNORECASE
)
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PUBLISHED = {"publish"}
_KINDS = {"post", "page"}
_SHOWN = {"comment", "pingback", "trackback"}
"""Types of comments that WordPress shows; others are for its editors or a plugin."""
_DISQUS = "disqus-"


def kind_of(path: Path) -> str | None:
    """Return "wxr" or "disqus" for such an export; no result for another XML file."""
    try:
        with path.open("rb") as file:
            head = file.read(4096).decode("utf-8", "replace")
    except OSError:
        return None
    if "wordpress.org/export/" in head:
        return "wxr"
    if re.search(r"<disqus[\s>]", head):
        return "disqus"
    return None


def read_wxr(path: Path, site: Site, witness: str) -> Found:
    """Yield the published posts of a WordPress export with their approved comments."""
    at, names = _file_time(path), dict[str, str]()
    try:
        for item in _elements(path, {"pubDate", "author", "item"}):
            tag = local_name(item)
            if tag == "author" and (login := _text(item, "author_login")):
                names[login] = _text(item, "author_display_name") or login
            elif tag == "pubDate" and local_name(item.getparent()) == "channel":
                at = _mail_date(item.text) or at
            elif tag == "item":
                yield _post(item, site, at, witness, names)
    except (etree.LxmlError, OSError) as error:
        yield Fault(place=path.name, why=f"It cannot be read any further: {error}.")


def read_disqus(path: Path, site: Site, witness: str) -> Found:
    """Yield the threads of a Disqus export with the posts in them that are neither deleted nor spam."""
    threads: dict[str, dict[str, str]] = {}
    said: dict[str, list[dict[str, Any]]] = {}
    newest = ""
    try:
        for item in _elements(path, {"thread", "post"}):
            if local_name(item.getparent()) != "disqus":
                continue
            number, made = _attribute(item), _text(item, "createdAt") or ""
            if local_name(item) == "thread":
                threads[number] = {"url": _text(item, "link") or "", "title": _text(item, "title") or ""}
                continue
            newest = max(newest, made)
            if _text(item, "isDeleted") == "true" or _text(item, "isSpam") == "true":
                continue
            posts = said.setdefault(_attribute(_child(item, "thread")), [])
            posts.append(_disqus_post(item, number, made))
    except (etree.LxmlError, OSError) as error:
        yield Fault(place=path.name, why=f"It cannot be read any further: {error}.")
        return
    at = _iso(newest) or _file_time(path)
    for number, thread in threads.items():
        if not thread["url"].startswith(("http://", "https://")):
            yield PassedOver(why="threads without the URL of an article")
            continue
        article = Article(url=clean(thread["url"]), title=thread["title"] or None, further=True)
        yield _observed(article, said.get(number, []), site, at, witness, prefix=_DISQUS)


def _post(
    item: etree._Element, site: Site, at: datetime, witness: str, names: dict[str, str]
) -> Observed | Fault | PassedOver:
    if _text(item, "post_type") not in _KINDS or _text(item, "status") not in _PUBLISHED:
        return PassedOver(why="entries that are not published posts")
    if _text(item, "post_password"):
        return PassedOver(why="entries that ask for a password")
    link = _text(item, "link") or ""
    number = _text(item, "post_id") or ""
    if not link.startswith(("http://", "https://")) or not _is_number(number):
        place = f"post {number or '?'}"
        return Fault(place=place, url=link or None, why="It has no number or no URL.")
    page = _page(site, PageKind.POSTS, link, at, [_post_entry(item, names)])
    articles = rest.parse_posts(page, site).articles
    if not articles:
        return Fault(place=f"post {number}", url=link, why="It cannot be read as an article of the source.")
    article = articles[0]
    source = _autop(_text(item, "encoded", "content") or "")
    markup = f'<html><body><article><div class="entry-content">{source}</div></article></body></html>'
    own = replace(page, kind=PageKind.ARTICLE, headers=(), body=markup.encode("utf-8", "replace"))
    if source and (document := parse(own)) is not None:
        prose = body.extract_body(document, site, article.title, article.authors)
        article = replace(article, text=prose.text, markdown=prose.markdown, links=prose.links)
    comments = (_comment(child, number) for child in item if local_name(child) == "comment")
    return _observed(article, list(filter(None, comments)), site, at, witness)


def _post_entry(item: etree._Element, names: dict[str, str]) -> dict[str, Any]:
    """Return a post as REST would list it, without its text."""
    title = _text(item, "title") or ""
    return {
        "id": int(_text(item, "post_id") or 0),
        "link": _text(item, "link"),
        "status": "publish",
        "title": {"rendered": html.escape(title, quote=False)},
        "date_gmt": _rest_time(item, "post_date_gmt") or None,
        "modified_gmt": _rest_time(item, "post_modified_gmt") or None,
        "content": {},
        "_embedded": {"wp:term": [_terms(item)], "author": _byline(item, names)},
    }


def _rest_time(item: etree._Element, name: str) -> str:
    """Return a time as REST writes it."""
    return (_text(item, name) or "").replace(" ", "T")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _comment(item: etree._Element, post: str) -> dict[str, Any] | None:
    """Return a comment as REST would list it, if it is approved and shown."""
    number = _text(item, "comment_id") or ""
    kind = _text(item, "comment_type") or "comment"
    if _text(item, "comment_approved") != "1" or kind not in _SHOWN or not number.isdecimal():
        return None
    markup = _autop(_text(item, "comment_content") or "")
    return {
        "id": int(number),
        "post": int(post),
        "parent": int(_decimal(_text(item, "comment_parent"))),
        "type": kind,
        "author_name": _name(_text(item, "comment_author")),
        "author_url": _text(item, "comment_author_url") or "",
        "date_gmt": _rest_time(item, "comment_date_gmt"),
        "content": {"rendered": markup},
    }


def _decimal(text: str | None) -> str:
    """Return a number as it is written, else "0"."""
    if text and text.isdecimal():
        return text
    return "0"


def _disqus_post(item: etree._Element, number: str, made: str) -> dict[str, Any]:
    author = _child(item, "author")
    return {
        "id": _decimal(number),
        "parent": _decimal(_attribute(_child(item, "parent"))),
        "author_name": _name(_text(author, "name")),
        "date_gmt": made.removesuffix("Z"),
        "content": {"rendered": _text(item, "message") or ""},
    }


def _observed(
    article: Article,
    entries: list[dict[str, Any]],
    site: Site,
    at: datetime,
    witness: str,
    *,
    prefix: str = "",
) -> Observed:
    """Return an entry of an export: its page is what was taken of it, in JSON."""
    listing = _page(site, PageKind.COMMENTS, article.url, at, entries)
    listed = rest.parse_comments(listing, site).comments
    comments = tuple(_of_export(comment, prefix) for comment in listed)
    own = [comment for comment in comments if comment.kind == "comment"]
    article = replace(article, comments_stated=len(own))
    said = Extract(surface=Surface.PAGE, articles=(article,), comments=comments)
    taken = {"title": article.title, "text": article.text, "comments": entries}
    page = _page(site, PageKind.ARTICLE, article.url, at, taken)
    return Observed(page=page, witness=witness, said=word_breaks.closed(said))


def _of_export(comment: Comment, prefix: str) -> Comment:
    """Return a comment with ids of the export, so that it is no other's of the site."""
    ident, parent = f"{prefix}{comment.id}", None
    if comment.parent:
        parent = f"{prefix}{comment.parent}"
    return replace(comment, id=ident, parent=parent, post_id=None)


def _name(name: str | None) -> str:
    """Return a name, unless it is an e-mail address."""
    if name is None or _MAIL.search(name):
        return ""
    return name


def _autop(text: str) -> str:
    """Return a text with the paragraphs that WordPress makes of blank lines."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        return ""
    return "\n".join(map(_paragraph, re.split(r"\n\s*\n", text)))


def _paragraph(block: str) -> str:
    if _BLOCK.match(block):
        return block
    lines = block.replace("\n", "<br>")
    return f"<p>{lines}</p>"


def _terms(item: etree._Element) -> list[dict[str, str]]:
    return [_term(child) for child in item if local_name(child) == "category"]


def _term(category: etree._Element) -> dict[str, str]:
    name = html.escape(category.text or "", quote=False)
    return {"taxonomy": str(category.get("domain")), "name": name}


def _byline(item: etree._Element, names: dict[str, str]) -> list[dict[str, str]]:
    login = _text(item, "creator") or ""
    name = _name(names.get(login, login))
    if not name:
        return []
    return [{"name": html.escape(name, quote=False)}]


def _elements(path: Path, tags: set[str]) -> Iterator[etree._Element]:
    """Yield the elements of some names as they end, and forget each after that."""
    wanted = [f"{{*}}{tag}" for tag in sorted(tags)]
    found = etree.iterparse(
        str(path), tag=wanted, recover=True, resolve_entities=False, no_network=True, huge_tree=True
    )
    for _, element in found:
        yield element
        if local_name(element) in {"item", "post", "thread"} and local_name(element.getparent()) != "post":
            element.clear(keep_tail=False)


def _child(item: etree._Element | None, name: str) -> etree._Element | None:
    if item is None:
        return None
    return next((child for child in item if local_name(child) == name), None)


def _text(item: etree._Element | None, name: str, namespace: str = "") -> str | None:
    if item is None:
        return None
    for child in item:
        if local_name(child) == name and namespace in str(child.tag):
            return (child.text or "").strip() or None
    return None


def _attribute(item: etree._Element | None) -> str:
    """Return Disqus' number of a thread, post or parent."""
    if item is None:
        return ""
    for name, value in item.attrib.items():
        if str(name).endswith("}id"):
            return str(value)
    return ""


def _page(site: Site, kind: PageKind, url: str, at: datetime, value: object) -> Page:
    text = json.dumps(value, ensure_ascii=False)
    return Page(
        source=site.name,
        kind=kind,
        url=url,
        final_url=url,
        status=200,
        headers=(("content-type", "application/json"),),
        fetched_at=at,
        body=text.encode("utf-8", "replace"),
    )


def _file_time(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)


def _mail_date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text or "").astimezone(UTC)
    except (ValueError, TypeError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment
