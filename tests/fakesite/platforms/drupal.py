"""Drupal 10 with its theme Olivero, with path aliases and without a sitemap, as it is installed."""

# ruff: noqa: E501  (markup reads better in one line)

from __future__ import annotations

from html import escape

from tests.fakesite.platforms.markup import html, rss, rss_item
from tests.fakesite.platforms.paper import Answer, Remark, Story, System


class Drupal(System):
    slug, label = "drupal", "Drupal 10"

    def path(self, story: Story) -> str:
        return f"/news/{story.slug}" if story.number % 2 else f"/node/{story.number}"

    def head(self, title: str) -> str:
        return f'<meta name="Generator" content="Drupal 10 (https://www.drupal.org)"><title>{escape(title)} | The Quay</title><script type="application/json" data-drupal-selector="drupal-settings-json">{{}}</script>'

    def remark(self, story: Story, each: Remark) -> str:
        below = "".join(self.remark(story, other) for other in story.remarks if other.parent == each.id)
        nested = f'<div class="indented">{below}</div>' if below else ""
        where = f"/comment/{each.id}#comment-{each.id}"
        parent = (
            f'<p class="visually-hidden">In reply to <a href="/comment/{each.parent}#comment-{each.parent}" class="permalink" rel="bookmark" hreflang="en">Remark</a> by <span>Someone</span></p>'
            if each.parent
            else ""
        )
        return f'<a id="comment-{each.id}"></a>\n<article data-comment-user-id="0" class="comment js-comment by-anonymous" role="article"><div class="comment__text-wrapper"><footer class="comment__meta"><p class="comment__author"><span>{each.author} (not verified)</span></p><p class="comment__time">{each.at:%A, %B} {each.at.day}, {each.at:%Y - %H:%M}</p>{parent}</footer><div class="comment__content"><h3><a href="{where}" class="permalink" rel="bookmark" hreflang="en">{each.text[:8]}</a></h3><div class="text-content clearfix field field--name-comment-body field--type-text-long field--label-hidden field__item"><p>{each.text}</p></div><ul class="links inline comment__links"><li><a href="/comment/reply/node/{story.number}/comment/{each.id}">Reply</a></li></ul></div></div></article>{nested}'

    def story_page(self, story: Story) -> Answer:
        tag = story.tags[0]
        thread = "".join(self.remark(story, each) for each in story.remarks if each.parent is None)
        comments = f'<section data-drupal-selector="comments" class="comments"><h2 class="comments__title">Comments <span class="comments__count">{len(story.remarks)}</span></h2>{thread}</section>'
        return html(
            self.head(story.title)
            + f'<link rel="canonical" href="{self.url(story)}"><link rel="shortlink" href="{self.base}/node/{story.number}">',
            f'<div id="page-wrapper"><header id="header" class="site-header"><div class="site-branding__name"><a href="/" rel="home">The Quay</a></div></header><main role="main"><div id="block-olivero-page-title"><h1 class="title page-title"><span class="field field--name-title field--type-string field--label-hidden">{escape(story.title)}</span></h1></div><article data-history-node-id="{story.number}" class="node node--type-article node--promoted node--view-mode-full"><header><div class="node__meta"><span>By <span class="field field--name-uid field--type-entity-reference field--label-hidden"><span>{story.author}</span></span>, <span class="field field--name-created field--type-created field--label-hidden"><time datetime="{story.at.isoformat()}" title="{story.at:%A, %B %d, %Y - %H:%M}">{story.at.day} {story.at:%B, %Y}</time></span></span></div></header><div class="node__content"><div class="text-content clearfix field field--name-body field--type-text-with-summary field--label-hidden field__item">{story.html}</div><div class="field field--name-field-tags field--type-entity-reference field--label-visually_hidden field--tags"><h3 class="field__label visually-hidden">Tags</h3><ul class="field__items"><li class="field__item"><a href="/taxonomy/term/{1 + len(tag)}" hreflang="en">{tag}</a></li></ul></div>{comments}</div></article></main></div>',
            'class="path-node page-node-type-article"',
        )

    def answers(self) -> dict[str, Answer]:
        found = {self.path(story): self.story_page(story) for story in self.stories}
        found["/rss.xml"] = rss(
            "The Quay", [rss_item(s, self.url(s), guid=f"{s.number} at {self.base}") for s in self.page(1)]
        )
        for number in self.pages:
            rows = "".join(
                f'<div class="views-row"><article data-history-node-id="{s.number}" class="node node--type-article node--view-mode-teaser"><h2 class="node__title"><a href="{self.path(s)}" rel="bookmark"><span class="field field--name-title">{escape(s.title)}</span></a></h2><div class="node__content"><p>{s.paragraphs[0]}</p><ul class="links inline"><li class="node-readmore"><a href="{self.path(s)}" rel="tag" title="{escape(s.title)}">Read more</a></li></ul></div></article></div>'
                for s in self.page(number)
            )
            further = (
                f'<li class="pager__item pager__item--control pager__item--next"><a href="?page={number}" class="pager__link" title="Go to next page" rel="next"><span class="visually-hidden">Next page</span></a></li>'
                if number + 1 in self.pages
                else ""
            )
            body = f'<main role="main">{rows}<nav class="pager"><ul class="pager__items">{further}</ul></nav></main>'
            page = html(
                self.head("Home")
                + '<link rel="alternate" type="application/rss+xml" title="" href="/rss.xml">',
                body,
                'class="path-frontpage"',
            )
            found["/" if number == 1 else f"/?page={number - 1}"] = page
        return found
