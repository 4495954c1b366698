"""Machine-readable surfaces of the demo newspaper: feeds, sitemap and robots.txt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from html import escape

from crawler.demo.pages import fill_template
from crawler.demo.paper import Paper
from crawler.demo.response import Response

ITEMS = 10
_SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def article_feed(paper: Paper) -> Response:
    """Return the feed of the newest articles."""
    items = [
        {
            "title": article.title,
            "link": paper.base + article.path,
            "author": article.author.name,
            "date": format_datetime(article.published),
            "terms": [article.category.name, *(tag.name for tag in article.tags)],
            "guid": f"{paper.base}/?p={article.id}",
            "content": absolute_markup(article.html, paper.base),
        }
        for article in paper.newest()[:ITEMS]
    ]
    return _feed(paper, "", items)


def comment_feed(paper: Paper) -> Response:
    """Return the feed of the newest comments of all articles."""
    items = []
    for comment in paper.conversation()[: -ITEMS - 1 : -1]:
        article, above = paper.articles[comment.article], paper.comments.get(comment.parent)
        link = f"{paper.base}{article.path}#comment-"
        answered = f'In reply to <a href="{link}{above.id}">{escape(above.author)}</a>.\n\n' if above else ""
        items.append(
            {
                "title": f"Comment on {article.title} by {comment.author or 'Anonymous'}",
                "link": f"{link}{comment.id}",
                "author": comment.author or "Anonymous",
                "date": format_datetime(comment.published),
                "terms": [],
                "guid": f"{paper.base}/?p={article.id}#comment-{comment.id}",
                "content": answered + absolute_markup(comment.html, paper.base),
            }
        )
    return _feed(paper, "Comments for ", items)


def _feed(paper: Paper, prefix: str, items: Sequence[Mapping[str, object]]) -> Response:
    body = fill_template(
        "feed.xml", base=paper.base, prefix=prefix, built=format_datetime(paper.changed), items=items
    )
    return Response.text(body, "application/rss+xml", changed=paper.changed)


def sitemap_index(paper: Paper) -> Response:
    """Return the index of sitemaps: one."""
    part = f"<sitemap><loc>{paper.base}/wp-sitemap-posts-post-1.xml</loc></sitemap>"
    return Response.text(f"<sitemapindex {_SITEMAP}>{part}</sitemapindex>", "application/xml")


def sitemap(paper: Paper) -> Response:
    """Return the sitemap of all articles."""
    rows = [(escape(paper.base + each.path), each.modified.isoformat()) for each in paper.newest()]
    urls = "".join(f"<url><loc>{url}</loc><lastmod>{modified}</lastmod></url>" for url, modified in rows)
    return Response.text(f"<urlset {_SITEMAP}>{urls}</urlset>", "application/xml")


def robots_txt(paper: Paper) -> Response:
    """Return robots.txt, which allows everything."""
    return Response.text(f"User-agent: *\nDisallow:\n\nSitemap: {paper.base}/wp-sitemap.xml\n", "text/plain")


def absolute_markup(html: str, base: str) -> str:
    """Return markup with absolute URLs for the newspaper's own links and pictures."""
    return html.replace('="/', f'="{base}/')
