"""Reader of RSS and Atom feeds of articles and comments.

Read with lxml in recovery rather than with feedparser: the content is unchanged (feedparser's own sanitising
would make the same comment differ from REST's), and it costs a tenth.
Invariant: an entry without a URL is no article, and an entry without an id is no comment.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
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
from pipeline.platforms import json_feed, json_feed_articles, news_sitemap
from pipeline.platforms.entries import NO_LINK, ReadEntry, as_extract, origins_of, unique

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
_COUNT = re.compile(r"\A(\d{1,7})\Z")
_COMMENT_ORIGINS = (("author", "feed:creator"), ("published", "feed:date"), ("text", "feed:content"))


def parse_post_feed(page: Page, site: Site) -> Extract:
    """Return the articles of a feed.

    Facts, and the publisher's own copy of the text where the feed has all of it.
    """
    if news_sitemap.is_news_sitemap(page):
        return news_sitemap.parse_news_sitemap(page, site)
    if feed := json_feed.read_feed(page):
        return json_feed_articles.parse_json_feed(page, feed, site)
    return _feed(page, lambda entry: _article(entry, page, site))


def parse_comment_feed(page: Page, site: Site) -> Extract:
    """Return a feed's comments, with the stated parents."""
    return _feed(page, lambda entry: _comment(entry, page, site))


def _feed(page: Page, read: Callable[[etree._Element], ReadEntry]) -> Extract:
    if not page.body.strip():
        return Extract(surface=Surface.FEED)
    root, decoded = parse_xml(page.body, page.header("content-type"))
    if root is None or local_name(root) not in ("rss", "feed", "RDF"):
        problem = Problem(code="not-a-feed", detail="The answer is neither RSS nor Atom.")
        return Extract(surface=Surface.FEED, problems=(problem,))
    entries = [element for element in root.iter() if local_name(element) in ("item", "entry")]
    return as_extract(Surface.FEED, map(read, entries), charset_problems(decoded))


def _article(entry: etree._Element, page: Page, site: Site) -> Article | Problem | None:
    url = urls.absolute(_link(entry), page.final_url)
    if url is None:
        return NO_LINK
    if not urls.matches(url, site.article_pattern):
        return None
    summary = _first(entry, "description", "summary") or ""
    content = _first(entry, "encoded", "content") or ""
    is_protected = _is_protected(content) or _NO_EXCERPT.search(summary)
    facts: dict[str, Any] = {
        "post_id": _number(_POST_ID, _first(entry, "guid", "id")),
        "title": markup_to_line(_first(entry, "title")),
        "authors": _names(entry),
        "published": _when(entry, site),
        "modified": dates.iso(_first(entry, "updated", "modified"), site.timezone),
        "description": render(_APPEARED.sub("", summary)).text,
        "image": images.unwrap_image(_image(entry), page.final_url),
        "tags": _terms(entry, page),
        "comments_stated": _number(_COUNT, _first(entry, "comments", "total", last=True)),
    }
    if is_protected:
        facts |= {"title": None, "description": None}
    written = None
    if content and not is_protected and not _is_cut(content):
        whole = _APPEARED.sub("", content)
        own_page = replace(page, final_url=url)
        written, _ = publisher.read_written(whole, own_page, site, facts)
    served = urls.as_served(urls.clean(url), page.final_url)
    origins = origins_of(facts, "feed:entry")
    return Article(url=served, written=written or None, origins=origins, **facts)


def _comment(entry: etree._Element, page: Page, site: Site) -> Comment | Problem | None:
    link = urls.absolute(_link(entry), page.final_url)
    guid = _first(entry, "guid", "id") or ""
    ident = _COMMENT_ID.search(guid) or _COMMENT_ID.search(link or "")
    if ident is None:
        return Problem(code="unreadable-entry", detail="An entry of the comments feed has no id.", field="id")
    markup = _first(entry, "encoded", "content") or _first(entry, "description", "summary") or ""
    if _is_protected(markup):
        detail = f"Comment {ident[1]} belongs to a protected article."
        return Problem(code="password-protected", detail=detail, field="text")
    parent, parent_origin = _parent(entry, markup)
    if parent_origin == "feed:prefix":
        markup = _IN_REPLY.sub("", markup, count=1)
    body = render(markup, link)
    kind, kind_origin = CommentKind.COMMENT, "feed:default"
    if is_excerpt(body.text):
        kind, kind_origin = CommentKind.PINGBACK, "feed:excerpt"
    author, *_ = _names(entry) or ("Anonymous",)
    return Comment(
        id=ident[1],
        parent=parent,
        post_id=_number(_POST_ID, guid),
        kind=kind,
        author=author,
        author_url=urls.absolute(_author_uri(entry), page.final_url),
        published=_when(entry, site),
        published_raw=_first(entry, "pubDate", "published", "date", "updated"),
        text=body.text,
        html=body.html,
        permalink=link,
        origins=(("parent", parent_origin), ("kind", kind_origin), *_COMMENT_ORIGINS),
    )


def _is_cut(markup: str) -> bool:
    """True if a feed gives only the beginning of a text."""
    ending = _APPEARED.sub("", markup)[-_TAIL:]
    text = html.unescape(_TAG.sub("", ending))
    return _CUT.search(text) is not None


def _is_protected(markup: str) -> bool:
    """True if a feed has a password form in place of an article's text."""
    return "post-password-form" in markup or "wp-login.php?action=postpass" in markup


def _parent(entry: etree._Element, markup: str) -> tuple[str | None, str]:
    """Return the comment answered to.

    Atom states it in an element, Blogger in a link, RSS in a line before the text.
    """
    for link in entry:
        if link.get("rel") == "related" and (found := _BLOGGER_PARENT.search(link.get("href") or "")):
            return found[1], "feed:related"
    answered = _child(entry, "in-reply-to")
    if answered is not None:
        addresses = f"{answered.get('ref', '')} {answered.get('href', '')}"
        found = _COMMENT_ID.search(addresses)
        return found and found[1], "feed:in-reply-to"
    if prefix := _IN_REPLY.match(markup):
        return prefix[1], "feed:prefix"
    return None, "feed:none"


def _when(entry: etree._Element, site: Site) -> Moment | None:
    in_rss = _first(entry, "pubDate")
    in_atom = _first(entry, "published", "date", "updated")
    return dates.rfc822(in_rss) or dates.iso(in_atom, site.timezone)


def _names(entry: etree._Element) -> tuple[str, ...]:
    """Return names of the authors: dc:creator, or Atom's author/name."""
    creators = [_content(child) for child in _children(entry, "creator")]
    authors = [_first(child, "name") for child in _children(entry, "author")]
    names = map(markup_to_line, creators or authors)
    return unique(names)


def _terms(entry: etree._Element, page: Page) -> tuple[str, ...]:
    """Return the terms of an entry as tags: the text of RSS' categories, the label or term of Atom's.

    Empty for WordPress' own feeds, which mix tags with categories; its pages distinguish them.
    """
    post_id = _number(_POST_ID, _first(entry, "guid", "id"))
    if post_id or _WORDPRESS.search(page.body):
        return ()
    return unique(markup_to_line(_term(category)) for category in _children(entry, "category"))


def _term(category: etree._Element) -> str | None:
    return category.get("label") or category.get("term") or _content(category)


def _author_uri(entry: etree._Element) -> str | None:
    author = _child(entry, "author")
    if author is None:
        return None
    return _first(author, "uri")


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
    for link in _children(entry, "link"):
        if link.get("href") and link.get("rel", "alternate") == "alternate":
            return str(link.get("href"))
        if _content(link):
            return _content(link)
    guid = _child(entry, "guid")
    if guid is None or guid.get("isPermaLink") == "false":
        return None
    return _content(guid)


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in element if local_name(child) == name]


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next(iter(_children(element, name)), None)


def _first(entry: etree._Element, *names: str, last: bool = False) -> str | None:
    """Return the text of the first child so named, names in order.

    `last` wants the last of that name.
    """
    for name in names:
        texts = map(_content, _children(entry, name))
        values = [text for text in texts if text]
        if last:
            values.reverse()
        if values:
            return values[0]
    return None


def _content(element: etree._Element) -> str | None:
    """Return all character data of an element.

    XHTML inside Atom content is written out again.
    """
    pieces = element.itertext()
    if element.get("type") == "xhtml":
        pieces = (etree.tostring(child, encoding="unicode", method="html") for child in element)
    return "".join(pieces).strip() or None


def _number(pattern: re.Pattern[str], value: str | None) -> int | None:
    if found := pattern.search(value or ""):
        return int(found[1])
    return None
