"""Reader of news sitemaps: the titles, dates and keywords of the articles of the last days.

Pure. Invariant: an entry without an address is no article.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from archive.core import urls
from archive.core.answers import tolerant_xml
from archive.core.records import Article, Extract, Page, Site, Surface
from pipeline.dates import parse as dates
from pipeline.html.sanitize import line

_NEWS = "news"


def is_news_sitemap(page: Page) -> bool:
    """True if a sitemap states the news of each of its entries, so that it has the newest only."""
    if b"sitemap-news" not in page.body:
        return False
    root, _ = tolerant_xml.parse_xml(page.body)
    entries = [] if root is None or tolerant_xml.local_name(root) != "urlset" else list(root)
    return bool(entries) and all(_child(entry, _NEWS) is not None for entry in entries)


def parse_news_sitemap(page: Page, site: Site) -> Extract:
    """Return the articles of a news sitemap."""
    root, _ = tolerant_xml.parse_xml(page.body)
    found = [_article(entry, page, site) for entry in (() if root is None else root)]
    return Extract(surface=Surface.FEED, articles=tuple(article for article in found if article))


def _article(entry: etree._Element, page: Page, site: Site) -> Article | None:
    url = urls.absolute(_text(entry, "loc"), page.final_url)
    news = _child(entry, _NEWS)
    if url is None or news is None or not urls.matches(url, site.article_pattern):
        return None
    keywords = (line(word) for word in (_text(news, "keywords") or "").split(","))
    publication = _child(news, "publication")
    facts: dict[str, Any] = {
        "title": _text(news, "title"),
        "published": dates.iso(_text(news, "publication_date"), site.timezone),
        "language": _text(publication, "language") if publication is not None else None,
        "tags": tuple(dict.fromkeys(filter(None, keywords))),
    }
    origins = tuple((name, "feed:news-sitemap") for name, value in facts.items() if value not in (None, ()))
    return Article(url=urls.as_served(urls.clean(url), page.final_url), origins=origins, **facts)


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element if tolerant_xml.local_name(child) == name), None)


def _text(element: etree._Element, name: str) -> str | None:
    child = _child(element, name)
    return line("".join(child.itertext())) if child is not None else None
