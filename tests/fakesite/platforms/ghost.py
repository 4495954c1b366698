"""Ghost 5 with its theme Casper."""

# ruff: noqa: E501  (markup reads better in one line)

from __future__ import annotations

import json
from html import escape

from tests.fakesite.platforms.markup import html, rss, rss_item, sitemap, sitemap_index
from tests.fakesite.platforms.paper import Answer, Story, System

KEY = "0123456789abcdef0123456789"


class Ghost(System):
    slug, label, threads = "ghost", "Ghost 5.87", False
    is_open = False  # robots.txt closes the API, as it does unless the operator changes it

    def path(self, story: Story) -> str:
        return f"/{story.slug}/"

    def head(self, title: str) -> str:
        return (
            f'<title>{escape(title)}</title><meta name="generator" content="Ghost 5.87">'
            f'<link rel="alternate" type="application/rss+xml" title="The Quay" href="{self.base}/rss/">'
            f'<script defer src="https://cdn.jsdelivr.net/ghost/portal@~2.37/umd/portal.min.js" data-ghost="{self.base}/" data-key="{KEY}" data-api="{self.base}/ghost/api/content/"></script>'
        )

    def story_page(self, story: Story) -> Answer:
        at = story.at.isoformat().replace("+00:00", ".000Z")
        tag = story.tags[0]
        ld = {
            "@context": "https://schema.org",
            "@type": "Article",
            "publisher": {"@type": "Organization", "name": "The Quay", "url": self.base + "/"},
            "author": {"@type": "Person", "name": story.author, "url": f"{self.base}/author/x/"},
            "headline": story.title,
            "url": self.url(story),
            "datePublished": at,
            "dateModified": at,
            "keywords": tag,
            "mainEntityOfPage": self.url(story),
        }
        return html(
            self.head(story.title)
            + f'<link rel="canonical" href="{self.url(story)}"><meta property="og:site_name" content="The Quay"><meta property="og:type" content="article"><meta property="og:title" content="{escape(story.title)}"><meta property="article:published_time" content="{at}"><meta property="article:tag" content="{tag}"><meta name="twitter:data1" content="{story.author}">'
            + f'<script type="application/ld+json">{json.dumps(ld)}</script>',
            f'<header id="gh-head" class="gh-head"><a href="{self.base}">The Quay</a><nav><ul class="nav"><li><a href="{self.base}/about/">About</a></li></ul></nav></header><main id="site-main" class="site-main"><article class="article post tag-{tag}"><header class="article-header gh-canvas"><div class="article-tag post-card-tags"><span class="post-card-primary-tag"><a href="/tag/{tag}/">{tag}</a></span></div><h1 class="article-title">{escape(story.title)}</h1><div class="article-byline"><section class="article-byline-content"><ul class="author-list"><li class="author-list-item"><a href="/author/x/" class="author-avatar"></a></li></ul><div class="article-byline-meta"><h4 class="author-name"><a href="/author/x/">{story.author}</a></h4><div class="byline-meta-content"><time class="byline-meta-date" datetime="{story.at.date()}">{story.at:%d %b %Y}</time><span class="byline-reading-time"><span class="bull">&bull;</span> 2 min read</span></div></div></section></div></header><section class="gh-content gh-canvas">{story.html}</section></article></main>',
            f'class="post-template tag-{tag}"',
        )

    def content(self, number: int) -> dict[str, object]:
        """One answer of the Content API."""
        hidden = {"name": "#featured", "visibility": "internal"}
        posts = [
            {
                "id": f"63a{s.number}",
                "title": s.title,
                "url": self.url(s),
                "html": s.html,
                "published_at": s.at.isoformat(),
                "updated_at": s.at.isoformat(),
                "visibility": "public",
                "authors": [{"name": s.author}],
                "tags": [*({"name": tag, "visibility": "public"} for tag in s.tags), hidden],
            }
            for s in self.page(number)
        ]
        following = number + 1 if number + 1 in self.pages else None
        return {
            "posts": posts,
            "meta": {"pagination": {"page": number, "pages": len(self.pages), "next": following}},
        }

    def answers(self) -> dict[str, Answer]:
        base = self.base
        found = {self.path(story): self.story_page(story) for story in self.stories}
        closed = "" if self.is_open else "Disallow: /ghost/\n"
        found["/robots.txt"] = (
            "text/plain",
            f"User-agent: *\nSitemap: {base}/sitemap.xml\n{closed}Disallow: /email/\nDisallow: /members/api/comments/counts/\n",
        )
        for number in self.pages:
            asked = f"/ghost/api/content/posts/?key={KEY}&include=authors,tags&limit=50&page={number}"
            found[asked] = ("application/json", json.dumps(self.content(number)))
        kinds = ("pages", "posts", "authors", "tags")
        found["/sitemap.xml"] = sitemap_index([f"{base}/sitemap-{kind}.xml" for kind in kinds])
        found["/sitemap-posts.xml"] = sitemap([(self.url(s), s.at.isoformat()) for s in self.stories])
        found["/sitemap-pages.xml"] = sitemap([(base + "/", "2024-01-01"), (f"{base}/about/", "2024-01-01")])
        found["/sitemap-authors.xml"] = sitemap([(f"{base}/author/x/", "2024-01-01")])
        found["/sitemap-tags.xml"] = sitemap([(f"{base}/tag/harbour/", "2024-01-01")])
        for at in ("/rss/",):
            found[at] = rss("The Quay", [rss_item(s, self.url(s), content=True) for s in self.page(1)])
        about = '<main><article class="article page"><h1 class="article-title">About</h1><section class="gh-content"><p>We are the paper of the quay, and have been for a hundred years or so.</p></section></article></main>'
        found["/about/"] = html(
            self.head("About")
            + f'<link rel="canonical" href="{base}/about/"><meta property="og:type" content="article">',
            about,
            'class="page-template page-about"',
        )
        for number in self.pages:
            cards = "".join(
                f'<article class="post-card post"><a class="post-card-content-link" href="{self.path(s)}"><h2 class="post-card-title">{escape(s.title)}</h2></a></article>'
                for s in self.page(number)
            )
            further = (
                f'<link rel="next" href="{base}/page/{number + 1}/">' if number + 1 in self.pages else ""
            )
            found["/" if number == 1 else f"/page/{number}/"] = html(
                self.head("The Quay") + further, f"<main>{cards}</main>", 'class="home-template"'
            )
        return found
