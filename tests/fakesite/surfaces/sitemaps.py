"""robots.txt and the sitemaps of WordPress 6.5.

It knows which addresses a site tells search engines. It does not know pages. Its law: posts by id ascending
with `lastmod` in site time, no `lastmod` in the index, no word about comments.
"""

from __future__ import annotations

import re
from datetime import datetime

from tests.fakesite.paper import Paper
from tests.fakesite.wire import Response, text, xml

_NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_KINDS = {
    "posts-post": "post",
    "posts-page": "page",
    "taxonomies-category": "category",
    "taxonomies-post_tag": "post_tag",
    "users": "user",
}


def robots(paper: Paper) -> Response:
    """The virtual robots.txt."""
    lines = ["User-agent: *", "Disallow: /wp-admin/", "Allow: /wp-admin/admin-ajax.php"]
    if paper.options.crawl_delay is not None:
        lines.append(f"Crawl-delay: {paper.options.crawl_delay}")
    return text("\n".join([*lines, "", f"Sitemap: {paper.base}/wp-sitemap.xml", ""]))


def sitemap(paper: Paper, path: str) -> Response | None:
    """The index or one part; None if there is no such part (WordPress then shows its HTML 404)."""
    if path == "/wp-sitemap.xml":
        return _index(paper)
    found = re.fullmatch(r"/wp-sitemap-([a-z_-]+)-(\d+)\.xml", path)
    if not found or found.group(1) not in _KINDS:
        return None
    size, number = paper.options.sitemap_size, int(found.group(2))
    rows = _rows(paper, _KINDS[found.group(1)])[(number - 1) * size : number * size]
    return _urlset(rows) if rows and number > 0 else None


def _index(paper: Paper) -> Response:
    parts = []
    for name, kind in _KINDS.items():
        count = -(-len(_rows(paper, kind)) // paper.options.sitemap_size)
        parts += [f"{paper.base}/wp-sitemap-{name}-{number}.xml" for number in range(1, count + 1)]
    body = "".join(f"<sitemap><loc>{xml(part)}</loc></sitemap>" for part in parts)
    return _xml(f"<sitemapindex {_NS}>{body}</sitemapindex>")


def _rows(paper: Paper, kind: str) -> list[tuple[str, str]]:
    """Address and lastmod (or an empty string) of everything of a kind."""
    if kind in ("post", "page"):
        posts = sorted(paper.published(kind), key=lambda post: post.id)
        rows = [(paper.url(post), _lastmod(paper, post.modified)) for post in posts]
        home = [(f"{paper.base}/", _lastmod(paper, paper.last_post_modified()))]
        return home + rows if kind == "page" else rows
    if kind == "user":
        return [(paper.user_url(user), "") for user in paper.writers()]
    return [(paper.term_url(term), "") for term, _ in paper.used_terms(kind)]


def _lastmod(paper: Paper, moment: datetime) -> str:
    return paper.local(moment).isoformat(timespec="seconds")


def _urlset(rows: list[tuple[str, str]]) -> Response:
    urls = []
    for url, lastmod in rows:
        stamp = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
        urls.append(f"<url><loc>{xml(url)}</loc>{stamp}</url>")
    return _xml(f"<urlset {_NS}>{''.join(urls)}</urlset>")


def _xml(body: str) -> Response:
    return text(f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n', "application/xml")
