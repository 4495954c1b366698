"""Reader of news sitemaps: the titles, dates and keywords of the articles of the last days.

Pure. Invariant: an entry without an address is no article.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from archive.core import urls
from archive.core.answers import tolerant_xml
from archive.core.records import Article, Extract, Page, Site, Surface
from pipeline.platforms.entries import as_extract, origins_of, unique

_NEWS = "news"


def is_news_sitemap(page: Page) -> bool:
    """True if a sitemap states the news of each of its entries, so that it has the newest only."""
    if b"sitemap-news" not in page.body:
        return False
    root, _ = tolerant_xml.parse_xml(page.body)
    if root is None or tolerant_xml.local_name(root) != "urlset":
        return False
    return len(root) > 0 and all(_child(entry, _NEWS) is not None for entry in root)


def parse_news_sitemap(page: Page, site: Site) -> Extract:
    """Return the articles of a news sitemap."""
    root, _ = tolerant_xml.parse_xml(page.body)
    if root is None:
        return Extract(surface=Surface.FEED)
    return as_extract(Surface.FEED, (_article(entry, page, site) for entry in root))


def _article(entry: etree._Element, page: Page, site: Site) -> Article | None:
    url = urls.absolute(_text(entry, "loc"), page.final_url)
    news = _child(entry, _NEWS)
    if url is None or news is None:
        return None
    if not urls.matches(url, site.article_pattern):
        return None
    from pipeline.dates import parse as dates  # noqa: PLC0415  (few sitemaps are of news)
    from pipeline.html.sanitize import line  # noqa: PLC0415

    keywords = (_text(news, "keywords") or "").split(",")
    facts: dict[str, Any] = {
        "title": _text(news, "title"),
        "published": dates.iso(_text(news, "publication_date"), site.timezone),
        "language": _text(_child(news, "publication"), "language"),
        "tags": unique(map(line, keywords)),
    }
    served = urls.as_served(urls.clean(url), page.final_url)
    return Article(url=served, origins=origins_of(facts, "feed:news-sitemap"), **facts)


def _child(element: etree._Element, name: str) -> etree._Element | None:
    for child in element:
        if tolerant_xml.local_name(child) == name:
            return child
    return None


def _text(element: etree._Element | None, name: str) -> str | None:
    if element is None:
        return None
    child = _child(element, name)
    if child is None:
        return None
    from pipeline.html.sanitize import line  # noqa: PLC0415

    return line("".join(child.itertext()))
