"""Joomla 4 with its template Cassiopeia: a blog as the front page, no sitemap."""

# ruff: noqa: E501  (markup reads better in one line)

from __future__ import annotations

from html import escape

from tests.fakesite.platforms.markup import html, rss, rss_item
from tests.fakesite.platforms.paper import PER_FEED, Answer, Story, System


class Joomla(System):
    slug, label, threads, terms = "joomla", "Joomla", False, "category"

    def path(self, story: Story) -> str:
        return f"/index.php/{story.tags[0]}/{story.number}-{story.slug}"

    def head(self, title: str) -> str:
        return f'<base href="{self.base}/index.php"><meta name="generator" content="Joomla! - Open Source Content Management"><title>{escape(title)}</title>'

    def story_page(self, story: Story) -> Answer:
        return html(
            self.head(story.title) + f'<meta name="author" content="{story.author}">',
            f'<header class="header"><div class="navbar-brand"><a class="brand-logo" href="/">The Quay</a></div></header><main><div class="com-content-article item-page" itemscope itemtype="https://schema.org/Article"><meta itemprop="inLanguage" content="en-GB"><div class="page-header"><h1 itemprop="headline">{escape(story.title)}</h1></div><dl class="article-info text-muted"><dt class="article-info-term"><span class="visually-hidden">Details</span></dt><dd class="createdby" itemprop="author" itemscope itemtype="https://schema.org/Person"><span class="icon-user icon-fw"></span> Written by: <span itemprop="name">{story.author}</span></dd><dd class="category-name"><span class="icon-folder-open icon-fw"></span> Category: <a href="/index.php/{story.tags[0]}" itemprop="genre">{story.tags[0]}</a></dd><dd class="published"><span class="icon-calendar icon-fw"></span> <time datetime="{story.at.isoformat()}" itemprop="datePublished">Published: {story.at:%d %B %Y}</time></dd><dd class="hits"><meta itemprop="interactionCount" content="UserPageVisits:12"> Hits: 12</dd></dl><div itemprop="articleBody" class="com-content-article__body">{story.html}</div></div></main>',
            'class="site com_content view-article no-layout"',
        )

    def answers(self) -> dict[str, Answer]:
        found = {self.path(story): self.story_page(story) for story in self.stories}
        items = [rss_item(s, self.url(s), creator=False, guid=self.url(s)) for s in self.page(1)]
        found["/index.php?format=feed&type=rss"] = rss("The Quay", items)
        found["/?format=feed&type=rss"] = found["/index.php?format=feed&type=rss"]
        for number in self.pages:
            shown = "".join(
                f'<div class="blog-item"><div class="item-content"><div class="page-header"><h2><a href="{self.path(s)}">{escape(s.title)}</a></h2></div><p>{s.paragraphs[0]}</p></div></div>'
                for s in self.page(number)
            )
            further = (
                f'<li class="page-item"><a aria-label="Go to next page" href="/index.php?start={number * PER_FEED}" class="page-link"><span class="icon-angle-right"></span></a></li>'
                if number + 1 in self.pages
                else ""
            )
            numbers = "".join(
                f'<li class="page-item"><a aria-label="Go to page {n}" href="/index.php?start={(n - 1) * PER_FEED}" class="page-link">{n}</a></li>'
                for n in self.pages
                if n != number
            )
            page = html(
                self.head("Home")
                + '<link href="/index.php?format=feed&amp;type=rss" rel="alternate" type="application/rss+xml" title="The Quay">',
                f'<main><div class="com-content-category-blog blog"><div class="blog-items">{shown}</div><nav class="pagination__wrapper"><ul class="pagination">{numbers}{further}</ul></nav></div></main>',
                'class="site com_content view-featured"',
            )
            found["/" if number == 1 else f"/index.php?start={(number - 1) * PER_FEED}"] = page
        return found
