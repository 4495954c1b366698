"""Substack: posts below /p/, one of them for payers only, a public archive, comments by a script."""

# ruff: noqa: E501  (markup reads better in one line)

from __future__ import annotations

import json
from html import escape

from tests.fakesite.platforms.markup import html, rss, rss_item
from tests.fakesite.platforms.paper import PER_FEED, Answer, Story, System


class Substack(System):
    slug, label, threads = "substack", "Substack", False
    paid = True

    def path(self, story: Story) -> str:
        return f"/p/{story.slug}"

    def head(self, title: str) -> str:
        return f'<title>{escape(title)}</title><link rel="preconnect" href="https://substackcdn.com"><link rel="alternate" type="application/rss+xml" href="/feed" title="The Quay">'

    def story_page(self, story: Story) -> Answer:
        at = story.at.isoformat().replace("+00:00", ".000Z")
        ld = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "url": self.url(story),
            "mainEntityOfPage": self.url(story),
            "headline": story.title,
            "datePublished": at,
            "dateModified": at,
            "isAccessibleForFree": not story.paid,
            "author": [{"@type": "Person", "name": story.author}],
            "publisher": {"@type": "Organization", "name": "The Quay"},
        }
        shown = f"<p>{story.paragraphs[0]}</p>" if story.paid else story.html
        wall = (
            '<div data-testid="paywall" class="paywall"><h2 class="paywall-title">This post is for paid subscribers</h2><a href="/subscribe">Subscribe</a></div>'
            if story.paid
            else ""
        )
        return html(
            self.head(f"{story.title} - by {story.author}")
            + f'<link rel="canonical" href="{self.url(story)}"><meta property="og:type" content="article"><meta property="og:title" content="{escape(story.title)}"><meta name="author" content="{story.author}"><script type="application/ld+json">{json.dumps(ld)}</script>',
            f'<div id="entry"><div class="main-menu"><a href="/">The Quay</a></div><div class="single-post-container"><div class="single-post"><article class="typography newsletter-post post"><div class="post-header"><h1 class="post-title published">{escape(story.title)}</h1><div class="meta"><a href="https://substack.com/@x">{story.author}</a><div>{story.at:%b} {story.at.day:02}, {story.at:%Y}</div></div></div><div class="available-content"><div class="body markup">{shown}</div></div>{wall}</article></div></div></div>',
        )

    def entry(self, story: Story) -> dict[str, object]:
        return {
            "id": story.number,
            "title": story.title,
            "slug": story.slug,
            "post_date": story.at.isoformat().replace("+00:00", ".000Z"),
            "audience": "only_paid" if story.paid else "everyone",
            "canonical_url": self.url(story),
            "description": story.paragraphs[0],
            "type": "newsletter",
            "comment_count": 0,
            "publishedBylines": [{"id": 1, "name": story.author}],
            "postTags": [{"name": tag, "slug": tag} for tag in story.tags],
            "cover_image": None,
        }

    def answers(self) -> dict[str, Answer]:
        found = {self.path(story): self.story_page(story) for story in self.stories}
        found["/feed"] = rss(
            "The Quay", [rss_item(s, self.url(s), guid=self.url(s), content=not s.paid) for s in self.page(1)]
        )
        for start in range(len(self.stories) + 1):
            told = [self.entry(story) for story in self.stories[start : start + PER_FEED]]
            found[f"/api/v1/archive?sort=new&offset={start}&limit=50"] = (
                "application/json",
                json.dumps(told),
            )
        rows = "".join(
            f'<div class="post-preview"><a data-testid="post-preview-title" href="{self.url(s)}">{escape(s.title)}</a></div>'
            for s in self.page(1)
        )
        found["/"] = html(
            self.head("The Quay"), f'<div id="entry"><div class="portable-archive-list">{rows}</div></div>'
        )
        found["/archive"] = found["/"]
        return found
