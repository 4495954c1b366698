"""Reader of RSS and Atom feeds of articles and comments.

Read with lxml in recovery rather than with feedparser: the content is unchanged (feedparser's own sanitising
would make the same comment differ from REST's), and it costs a tenth.
Invariant: an entry without a URL is no article, and an entry without an id is no comment.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree

from archive.core import urls
from archive.core.answers.tolerant_xml import local_name, parse_xml
from archive.core.records import Article, Comment, CommentKind, Extract, Moment, Page, Problem, Site, Surface
from pipeline.article import publisher
from pipeline.dates import parse as dates
from pipeline.html import images
from pipeline.html.document import charset_problems
from pipeline.html.sanitize import is_excerpt, markup_to_line, render
from pipeline.platforms import json_feed, news_sitemap

_POST_ID = re.compile(r"[?&](?:p|page_id)=(\d{1,18})(?!\d)", re.ASCII)
_COMMENT_ID = re.compile(r"#(?:comment-|c)(\d{1,20})(?!\d)", re.ASCII)
_BLOGGER_PARENT = re.compile(r"/comments/default/(\d{1,20})$", re.ASCII)
_IN_REPLY = re.compile(
    r"""^\s*(?:<p>\s*)?[^<>]{1,60}?<a\b[^>]*?href=["'][^"']*#comment-(\d+)["'][^>]*>.*?</a>\s*\.?\s*(?:</p>|<br\s*/?>|\n)\s*""",
    re.DOTALL,
)
_WORDPRESS = re.compile(rb"<generator>https?://(?:www\.)?wordpress\.(?:org|com)/")
_NO_EXCERPT = re.compile(r"^\W*There is no excerpt because this is a protected post")
_CUT = re.compile(r"(?:…|\.\.\.)\s*[\])]?\s*(?:\w[^.!?]{0,40})?\W*$")
"""The end of a text that the feed cuts off: "[…]", perhaps with a link to go on reading."""
_TAG = re.compile(r"<[^>]*>")
_TAIL = 800
"""Characters of markup in which that end is looked for."""
_APPEARED = re.compile(
    r"\s*(?:<p>)?(?:The post )?<a\b[^>]*>[^<]*</a>\s*[^<]{0,40}<a\b[^>]*>[^<]*</a>\.?\s*(?:</p>)?\s*$"
)


def parse_post_feed(page: Page, site: Site) -> Extract:
    """Return the articles of a feed.

    Facts, and the publisher's own copy of the text where the feed has all of it.
    """
    if news_sitemap.is_news_sitemap(page):
        return news_sitemap.parse_news_sitemap(page, site)
    if feed := json_feed.read_feed(page):
        return json_feed.parse_json_feed(page, feed, site)
    return _feed(page, lambda entry: _article(entry, page, site))


def parse_comment_feed(page: Page, site: Site) -> Extract:
    """Return a feed's comments, with the stated parents."""
    return _feed(page, lambda entry: _comment(entry, page, site))


def _feed(page: Page, read: Any) -> Extract:
    if not page.body.strip():
        return Extract(surface=Surface.FEED)
    root, decoded = parse_xml(page.body, page.header("content-type"))
    if root is None or local_name(root) not in ("rss", "feed", "RDF"):
        return Extract(
            surface=Surface.FEED,
            problems=(Problem(code="not-a-feed", detail="The answer is neither RSS nor Atom."),),
        )
    found = [read(entry) for entry in root.iter() if local_name(entry) in ("item", "entry")]
    return Extract(
        surface=Surface.FEED,
        articles=tuple(x for x in found if isinstance(x, Article)),
        comments=tuple(x for x in found if isinstance(x, Comment)),
        problems=(*charset_problems(decoded), *(x for x in found if isinstance(x, Problem))),
    )


def _article(entry: etree._Element, page: Page, site: Site) -> Article | Problem | None:
    url = urls.absolute(_link(entry), page.final_url)
    if url is None:
        return Problem(code="unreadable-entry", detail="An entry of the feed has no link.", field="url")
    if not urls.matches(url, site.article_pattern):
        return None
    guid = _first(entry, "guid", "id")
    count = _first(entry, "comments", "total", last=True)
    summary = _first(entry, "description", "summary") or ""
    content = _first(entry, "encoded", "content")
    protected = _is_protected(content or "") or _NO_EXCERPT.search(summary)
    facts: dict[str, Any] = {
        "post_id": _number(_POST_ID, guid),
        "title": None if protected else markup_to_line(_first(entry, "title")),
        "authors": _names(entry),
        "published": _when(entry, site),
        "modified": dates.iso(_first(entry, "updated", "modified"), site.timezone),
        "description": None if protected else render(_APPEARED.sub("", summary)).text,
        "image": images.unwrap_image(_image(entry), page.final_url),
        "tags": _terms(entry, page),
        "comments_stated": int(count) if count and re.fullmatch(r"\d{1,7}", count) else None,
    }
    origins = tuple((name, "feed:entry") for name, value in facts.items() if value not in (None, ()))
    written = None
    if content and not protected and not _is_cut(content):
        whole = _APPEARED.sub("", content)
        written, _ = publisher.read_written(whole, replace(page, final_url=url), site, facts)
    served = urls.as_served(urls.clean(url), page.final_url)
    return Article(url=served, written=written or None, origins=origins, **facts)


def _comment(entry: etree._Element, page: Page, site: Site) -> Comment | Problem | None:
    link = urls.absolute(_link(entry), page.final_url)
    guid = _first(entry, "guid", "id") or ""
    ident = _COMMENT_ID.search(guid) or _COMMENT_ID.search(link or "")
    if ident is None:
        return Problem(code="unreadable-entry", detail="An entry of the comments feed has no id.", field="id")
    markup = _first(entry, "encoded", "content") or _first(entry, "description", "summary") or ""
    if _is_protected(markup):
        return Problem(
            code="password-protected",
            detail=f"Comment {ident[1]} belongs to a protected article.",
            field="text",
        )
    parent, origin = _parent(entry, markup)
    body = render(_IN_REPLY.sub("", markup, count=1) if origin == "feed:prefix" else markup, link)
    ping = is_excerpt(body.text)
    names = _names(entry)
    return Comment(
        id=ident[1],
        parent=parent,
        post_id=_number(_POST_ID, guid),
        kind=CommentKind.PINGBACK if ping else CommentKind.COMMENT,
        author=names[0] if names else "Anonymous",
        author_url=urls.absolute(_author_uri(entry), page.final_url),
        published=_when(entry, site),
        published_raw=_first(entry, "pubDate", "published", "date", "updated"),
        text=body.text,
        html=body.html,
        permalink=link,
        origins=(
            ("parent", origin),
            ("kind", "feed:excerpt" if ping else "feed:default"),
            ("author", "feed:creator"),
            ("published", "feed:date"),
            ("text", "feed:content"),
        ),
    )


def _is_cut(markup: str) -> bool:
    """True if a feed gives only the beginning of a text."""
    return bool(_CUT.search(html.unescape(_TAG.sub("", _APPEARED.sub("", markup)[-_TAIL:]))))


def _is_protected(markup: str) -> bool:
    """True if a feed has a password form in place of an article's text."""
    return "post-password-form" in markup or "wp-login.php?action=postpass" in markup


def _parent(entry: etree._Element, markup: str) -> tuple[str | None, str]:
    """Return the comment answered to.

    Atom states it in an element, Blogger in a link, RSS in a line before the text.
    """
    related = (child.get("href") or "" for child in entry if child.get("rel") == "related")
    for href in related:
        if found := _BLOGGER_PARENT.search(href):
            return found[1], "feed:related"
    for child in entry:
        if local_name(child) == "in-reply-to":
            found = _COMMENT_ID.search(child.get("ref") or "") or _COMMENT_ID.search(child.get("href") or "")
            return (found[1], "feed:in-reply-to") if found else (None, "feed:in-reply-to")
    prefix = _IN_REPLY.match(markup)
    return (prefix[1], "feed:prefix") if prefix else (None, "feed:none")


def _when(entry: etree._Element, site: Site) -> Moment | None:
    return dates.rfc822(_first(entry, "pubDate")) or dates.iso(
        _first(entry, "published", "date", "updated"), site.timezone
    )


def _names(entry: etree._Element) -> tuple[str, ...]:
    """Return names of the authors: dc:creator, or Atom's author/name."""
    creators = [markup_to_line(_content(child)) for child in entry if local_name(child) == "creator"]
    authors = [markup_to_line(_first(child, "name")) for child in entry if local_name(child) == "author"]
    return tuple(dict.fromkeys(name for name in creators or authors if name))


def _terms(entry: etree._Element, page: Page) -> tuple[str, ...]:
    """Return the terms of an entry as tags: the text of RSS' categories, the label or term of Atom's.

    Empty for WordPress' own feeds, which mix tags with categories; its pages distinguish them.
    """
    if _number(_POST_ID, _first(entry, "guid", "id")) or _WORDPRESS.search(page.body):
        return ()
    categories = [child for child in entry if local_name(child) == "category"]
    told = (child.get("label") or child.get("term") or _content(child) for child in categories)
    return tuple(dict.fromkeys(name for said in told if (name := markup_to_line(said))))


def _author_uri(entry: etree._Element) -> str | None:
    return next((_first(child, "uri") for child in entry if local_name(child) == "author"), None)


def _image(entry: etree._Element) -> str | None:
    for child in entry.iter():
        if local_name(child) in ("content", "thumbnail", "enclosure") and child.get("url"):
            kind = child.get("type") or child.get("medium") or "image"
            if kind.startswith("image"):
                return str(child.get("url"))
    return None


def _link(entry: etree._Element) -> str | None:
    """Return the link of an entry: text in RSS, an attribute in Atom.

    Atom's own page is the alternate one.
    """
    for child in entry:
        if local_name(child) == "link":
            if child.get("href") and child.get("rel", "alternate") == "alternate":
                return str(child.get("href"))
            if _content(child):
                return _content(child)
    guid = next((child for child in entry if local_name(child) == "guid"), None)
    return _content(guid) if guid is not None and guid.get("isPermaLink") != "false" else None


def _first(entry: etree._Element, *names: str, last: bool = False) -> str | None:
    """Return the text of the first child so named, names in order.

    `last` wants the last of that name.
    """
    for name in names:
        found: Iterator[str] = filter(None, (_content(child) for child in entry if local_name(child) == name))
        values = list(found)
        if values:
            return values[-1 if last else 0]
    return None


def _content(element: etree._Element) -> str | None:
    """Return all character data of an element.

    XHTML inside Atom content is written out again.
    """
    if element.get("type") == "xhtml":
        return (
            "".join(etree.tostring(child, encoding="unicode", method="html") for child in element).strip()
            or None
        )
    return "".join(element.itertext()).strip() or None


def _number(pattern: re.Pattern[str], value: str | None) -> int | None:
    found = pattern.search(value or "")
    return int(found[1]) if found else None
