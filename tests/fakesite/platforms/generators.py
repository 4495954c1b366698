"""Static sites: Hugo, Jekyll with the theme Minima, and Eleventy with a JSON Feed."""

# ruff: noqa: E501  (markup reads better in one line)

from __future__ import annotations

import json
from html import escape

from tests.fakesite.platforms.markup import XML, html, rss, rss_item, sitemap
from tests.fakesite.platforms.paper import Answer, Story, System


class Hugo(System):
    """Its sitemap has lists and pages beside the articles; its feed has all sections."""

    slug, label, threads = "hugo", "Hugo 0.124.1", False

    def path(self, story: Story) -> str:
        return f"/posts/{story.slug}/"

    def head(self, title: str) -> str:
        return f'<meta name="generator" content="Hugo 0.124.1"><title>{escape(title)} | The Quay</title>'

    def story_page(self, story: Story) -> Answer:
        at = story.at.isoformat()
        return html(
            self.head(story.title)
            + f'<meta name="author" content="{story.author}"><meta property="og:title" content="{escape(story.title)}"><meta property="og:type" content="article"><meta property="article:section" content="posts"><meta property="article:published_time" content="{at}"><meta property="article:tag" content="{story.tags[0]}">',
            f'<header><a href="/">The Quay</a></header><main><article><header><h1>{escape(story.title)}</h1><time datetime="{at}">{story.at:%B} {story.at.day}, {story.at:%Y}</time></header>{story.html}<ul class="tags"><li><a href="/tags/{story.tags[0]}/">{story.tags[0]}</a></li></ul></article></main>',
        )

    def listing(self, title: str, stories: list[Story], feed: str) -> Answer:
        shown = "".join(
            f'<article><h2><a href="{self.path(s)}">{escape(s.title)}</a></h2><p>{s.paragraphs[0]}</p></article>'
            for s in stories
        )
        return html(
            self.head(title)
            + f'<link rel="alternate" type="application/rss+xml" href="{feed}" title="The Quay">',
            f"<main><h1>{title}</h1>{shown}</main>",
        )

    def answers(self) -> dict[str, Answer]:
        base = self.base
        found = {self.path(story): self.story_page(story) for story in self.stories}
        found["/"] = self.listing("The Quay", self.page(1), "/index.xml")
        found["/posts/"] = self.listing("Posts", self.page(1), "/posts/index.xml")
        tags = sorted({story.tags[0] for story in self.stories})
        for tag in tags:
            found[f"/tags/{tag}/"] = self.listing(
                tag, [s for s in self.stories if tag in s.tags], f"/tags/{tag}/index.xml"
            )
        found["/tags/"] = html(
            self.head("Tags"),
            "<main><h1>Tags</h1><ul>"
            + "".join(f'<li><a href="/tags/{tag}/">{tag}</a></li>' for tag in tags)
            + "</ul></main>",
        )
        found["/categories/"] = html(self.head("Categories"), "<main><h1>Categories</h1></main>")
        found["/index.xml"] = rss(
            "The Quay", [rss_item(s, self.url(s), creator=False, guid=self.url(s)) for s in self.page(1)]
        )
        last = self.stories[0].at.isoformat()
        lists = [(base + at, last) for at in ("/", "/posts/", "/tags/", *(f"/tags/{tag}/" for tag in tags))]
        found["/sitemap.xml"] = sitemap(
            [*lists, *((self.url(s), s.at.isoformat()) for s in self.stories), (f"{base}/categories/", None)]
        )
        return found


class Jekyll(System):
    """A feed of the newest with their whole text, a front page that lists everything, no sitemap."""

    slug, label, threads = "jekyll", "Jekyll 4.3.3", False
    newest_only = frozenset({"tags"})

    def path(self, story: Story) -> str:
        return f"/{story.tags[0]}/{story.at:%Y/%m/%d}/{story.slug}.html"

    def head(self, title: str) -> str:
        return f'<!-- Begin Jekyll SEO tag v2.8.0 --><title>{escape(title)} | The Quay</title><meta name="generator" content="Jekyll v4.3.3"><meta property="og:title" content="{escape(title)}"><link type="application/atom+xml" rel="alternate" href="{self.base}/feed.xml" title="The Quay">'

    def story_page(self, story: Story) -> Answer:
        at = story.at.isoformat()
        ld = {
            "@context": "https://schema.org",
            "@type": "BlogPosting",
            "author": {"@type": "Person", "name": story.author},
            "dateModified": at,
            "datePublished": at,
            "headline": story.title,
            "mainEntityOfPage": {"@type": "WebPage", "@id": self.url(story)},
            "url": self.url(story),
        }
        return html(
            self.head(story.title)
            + f'<meta name="author" content="{story.author}"><link rel="canonical" href="{self.url(story)}"><meta property="og:type" content="article"><meta property="article:published_time" content="{at}"><script type="application/ld+json">{json.dumps(ld)}</script>',
            f'<header class="site-header"><a class="site-title" rel="author" href="/">The Quay</a></header><main class="page-content"><article class="post h-entry" itemscope itemtype="http://schema.org/BlogPosting"><header class="post-header"><h1 class="post-title p-name" itemprop="name headline">{escape(story.title)}</h1><p class="post-meta"><time class="dt-published" datetime="{at}" itemprop="datePublished">{story.at:%b} {story.at.day}, {story.at:%Y}</time> • <span itemprop="author" itemscope itemtype="http://schema.org/Person"><span class="p-author h-card" itemprop="name">{story.author}</span></span></p></header><div class="post-content e-content" itemprop="articleBody">{story.html}</div><a class="u-url" href="{self.path(story)}" hidden></a></article></main>',
        )

    def answers(self) -> dict[str, Answer]:
        found = {self.path(story): self.story_page(story) for story in self.stories}
        entries = "".join(
            f'<entry><title type="html">{escape(s.title)}</title><link href="{self.url(s)}" rel="alternate" type="text/html" title="{escape(s.title)}"/><published>{s.at.isoformat()}</published><updated>{s.at.isoformat()}</updated><id>{self.url(s).removesuffix(".html")}</id><content type="html" xml:base="{self.url(s)}"><![CDATA[{s.html}]]></content><author><name>{s.author}</name></author><category term="{s.tags[0]}"/><summary type="html"><![CDATA[{s.paragraphs[0]}]]></summary></entry>'
            for s in self.page(1)
        )
        found["/feed.xml"] = (
            "application/xml",
            f'{XML}<feed xmlns="http://www.w3.org/2005/Atom"><generator uri="https://jekyllrb.com/" version="4.3.3">Jekyll</generator><link href="{self.base}/feed.xml" rel="self" type="application/atom+xml"/><id>{self.base}/feed.xml</id><title type="html">The Quay</title>{entries}</feed>',
        )
        rows = "".join(
            f'<li><span class="post-meta">{s.at:%b} {s.at.day}, {s.at:%Y}</span><h3><a class="post-link" href="{self.path(s)}">{escape(s.title)}</a></h3></li>'
            for s in self.stories
        )
        found["/about/"] = html(
            self.head("About"),
            '<main><article class="post"><h1 class="post-title">About</h1><div class="post-content"><p>The paper of the quay since a hundred years.</p></div></article></main>',
        )
        found["/"] = html(
            self.head("The Quay"),
            f'<header class="site-header"><a class="site-title" href="/">The Quay</a><nav><a class="page-link" href="/about/">About</a></nav></header><main class="page-content"><div class="home"><h2 class="post-list-heading">Posts</h2><ul class="post-list">{rows}</ul></div></main>',
        )
        return found


class Eleventy(System):
    """All articles in a JSON Feed of its own address, and nowhere else for machines."""

    slug, label, threads = "eleventy", "Eleventy 2.0.1", False

    def path(self, story: Story) -> str:
        return f"/blog/{story.slug}/"

    def head(self, title: str) -> str:
        return f'<title>{escape(title)}</title><meta name="generator" content="Eleventy v2.0.1"><link rel="alternate" href="/feed/quay.json" type="application/feed+json" title="The Quay">'

    def story_page(self, story: Story) -> Answer:
        return html(
            self.head(story.title),
            f'<header><a href="/" class="home-link">The Quay</a></header><main id="skip"><h1>{escape(story.title)}</h1><ul class="post-metadata"><li><time datetime="{story.at:%Y-%m-%d}">{story.at.day:02} {story.at:%B %Y}</time></li><li><a href="/tags/{story.tags[0]}/" class="post-tag">{story.tags[0]}</a></li></ul>{story.html}</main>',
        )

    def answers(self) -> dict[str, Answer]:
        found = {self.path(story): self.story_page(story) for story in self.stories}
        items = [
            {
                "id": self.url(s),
                "url": self.url(s),
                "title": s.title,
                "content_html": s.html,
                "date_published": s.at.isoformat(),
                "authors": [{"name": s.author}],
                "tags": s.tags,
            }
            for s in self.stories
        ]
        size = 5
        for start in range(0, len(items), size):
            at = "/feed/quay.json" if not start else f"/feed/quay-{start // size + 1}.json"
            told: dict[str, object] = {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "The Quay",
                "items": items[start : start + size],
            }
            if start + size < len(items):
                told["next_url"] = f"{self.base}/feed/quay-{start // size + 2}.json"
            found[at] = ("application/feed+json", json.dumps(told))
        rows = "".join(
            f'<li class="postlist-item"><a href="{self.path(s)}" class="postlist-link">{escape(s.title)}</a></li>'
            for s in self.page(1)
        )
        found["/"] = html(
            self.head("The Quay"), f'<main id="skip"><ol reversed class="postlist">{rows}</ol></main>'
        )
        return found
