"""Feeds and sitemaps, as most systems write them."""

# ruff: noqa: E501  (markup reads better in one line)

from __future__ import annotations

from collections.abc import Iterable, Sequence
from email.utils import format_datetime
from html import escape

from tests.fakesite.platforms.paper import Story

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def rss(title: str, items: Iterable[str], extra: str = "") -> tuple[str, str]:
    head = (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom">'
    )
    return (
        "application/rss+xml; charset=utf-8",
        f"{XML}{head}<channel><title>{title}</title>{extra}{''.join(items)}</channel></rss>",
    )


def rss_item(
    story: Story, url: str, *, creator: bool = True, guid: str | None = None, content: bool = False
) -> str:
    by = f"<dc:creator>{story.author}</dc:creator>" if creator else ""
    terms = "".join(f"<category>{tag}</category>" for tag in story.tags)
    whole = f"<content:encoded><![CDATA[{story.html}]]></content:encoded>" if content else ""
    return (
        f"<item><title>{escape(story.title)}</title><link>{url}</link>"
        f'<guid isPermaLink="false">{guid or story.number}</guid>{by}{terms}'
        f"<pubDate>{format_datetime(story.at)}</pubDate>"
        f"<description>{escape(story.paragraphs[0])}</description>{whole}</item>"
    )


def sitemap(entries: Sequence[tuple[str, str | None]]) -> tuple[str, str]:
    listed = "".join(
        f"<url><loc>{escape(url)}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</url>"
        for url, at in entries
    )
    return (
        "application/xml",
        f'{XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>',
    )


def sitemap_index(urls: Sequence[str]) -> tuple[str, str]:
    listed = "".join(f"<sitemap><loc>{escape(url)}</loc></sitemap>" for url in urls)
    return (
        "application/xml",
        f'{XML}<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>',
    )


def html(head: str, body: str, attributes: str = "") -> tuple[str, str]:
    return (
        "text/html; charset=utf-8",
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{head}</head><body {attributes}>{body}</body></html>',
    )
