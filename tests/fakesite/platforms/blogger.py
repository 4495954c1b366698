"""Blogger with one of its layout templates and its feeds."""

# ruff: noqa: E501  (markup reads better in one line)

from __future__ import annotations

import json
from html import escape

from tests.fakesite.platforms.markup import XML, html, sitemap, sitemap_index
from tests.fakesite.platforms.paper import PER_FEED, Answer, Remark, Story, System

BLOG = 5550001
NAMESPACES = 'xmlns="http://www.w3.org/2005/Atom" xmlns:openSearch="http://a9.com/-/spec/opensearchrss/1.0/" xmlns:gd="http://schemas.google.com/g/2005" xmlns:thr="http://purl.org/syndication/thread/1.0"'


class Blogger(System):
    slug, label = "blogger", "Blogger"
    renders = True  # the thread in the page; else a script fills it in

    def path(self, story: Story) -> str:
        return f"/{story.at:%Y/%m}/{story.slug[:36]}.html"

    def head(self, title: str) -> str:
        base = self.base
        return f'<title>{escape(title)}</title><meta content="blogger" name="generator"><link rel="alternate" type="application/atom+xml" title="The Quay - Atom" href="{base}/feeds/posts/default"><link rel="alternate" type="application/rss+xml" title="The Quay - RSS" href="{base}/feeds/posts/default?alt=rss"><link rel="service.post" type="application/atom+xml" title="The Quay - Atom" href="https://www.blogger.com/feeds/{BLOG}/posts/default">'

    def remark(self, story: Story, each: Remark) -> str:
        below = "".join(self.remark(story, other) for other in story.remarks if other.parent == each.id)
        nested = (
            f'<div class="comment-replies"><div id="c{each.id}-rt" class="comment-thread inline-thread"><ol id="c{each.id}-ra" class="thread-chrome thread-expanded"><div>{below}</div></ol></div></div>'
            if below
            else ""
        )
        where = f"{self.url(story)}?showComment={int(each.at.timestamp() * 1000)}#c{each.id}"
        return f'<li class="comment" id="c{each.id}"><div class="avatar-image-container"><img src="//resources.blogblog.com/img/blank.gif" alt=""></div><div class="comment-block"><div class="comment-header"><cite class="user"><a href="https://www.blogger.com/profile/1" rel="nofollow">{each.author}</a></cite><span class="icon user "></span><span class="datetime secondary-text"><a rel="nofollow" href="{where}">{each.at:%B} {each.at.day}, {each.at:%Y} at {each.at:%I:%M %p}</a></span></div><p class="comment-content">{each.text}</p><span class="comment-actions secondary-text"><a class="comment-reply" target="_self" data-comment-id="{each.id}">Reply</a></span></div>{nested}</li>'

    def story_page(self, story: Story) -> Answer:
        tag = story.tags[0]
        thread = "".join(self.remark(story, each) for each in story.remarks if each.parent is None)
        ol = (
            f'<div id="comment-holder"><div class="comment-thread toplevel-thread"><ol id="top-ra">{thread}</ol></div></div>'
            if self.renders
            else '<div id="comment-holder"></div>'
        )
        ld = {
            "@context": "http://schema.org",
            "@type": "BlogPosting",
            "mainEntityOfPage": {"@type": "WebPage", "@id": self.url(story)},
            "headline": story.title,
            "datePublished": story.at.isoformat(),
            "dateModified": story.at.isoformat(),
            "author": {"@type": "Person", "name": story.author},
        }
        return html(
            self.head(f"{story.title} - The Quay")
            + f'<link rel="alternate" type="application/atom+xml" title="The Quay - Atom" href="{self.base}/feeds/{story.number}/comments/default"><link rel="canonical" href="{self.url(story)}"><meta property="og:url" content="{self.url(story)}"><meta property="og:title" content="{escape(story.title)}">',
            f'<div class="main"><div class="blog-posts hfeed"><div class="post-outer"><div class="post hentry"><script type="application/ld+json">{json.dumps(ld)}</script><a name="{story.number}"></a><h3 class="post-title entry-title">{escape(story.title)}</h3><div class="post-body entry-content" id="post-body-{story.number}">{story.html}</div><div class="post-footer"><span class="post-author vcard">Posted by <span class="fn"><span>{story.author}</span></span></span> <span class="post-timestamp">at <a class="timestamp-link" href="{self.url(story)}" rel="bookmark"><abbr class="published" title="{story.at.isoformat()}">{story.at:%I:%M %p}</abbr></a></span><span class="post-labels">Labels: <a href="{self.base}/search/label/{tag}" rel="tag">{tag}</a></span></div></div><div class="comments" id="comments"><h4>{len(story.remarks)} comments:</h4><div class="comments-content">{ol}</div></div></div></div></div><script src="https://www.blogger.com/static/v1/widgets/1-widgets.js"></script>',
            'class="item-view"',
        )

    def entry(self, story: Story) -> str:
        base, at = self.base, story.at.isoformat()
        terms = "".join(
            f'<category scheme="http://www.blogger.com/atom/ns#" term="{tag}"/>' for tag in story.tags
        )
        return f'<entry><id>tag:blogger.com,1999:blog-{BLOG}.post-{story.number}</id><published>{at}</published><updated>{at}</updated>{terms}<title type="text">{escape(story.title)}</title><content type="html">{escape(story.html)}</content><link rel="replies" type="application/atom+xml" href="{base}/feeds/{story.number}/comments/default" title="Post Comments"/><link rel="replies" type="text/html" href="{self.url(story)}#comment-form" title="{len(story.remarks)} Comments"/><link rel="edit" type="application/atom+xml" href="https://www.blogger.com/feeds/{BLOG}/posts/default/{story.number}"/><link rel="self" type="application/atom+xml" href="https://www.blogger.com/feeds/{BLOG}/posts/default/{story.number}"/><link rel="alternate" type="text/html" href="{self.url(story)}" title="{escape(story.title)}"/><author><name>{story.author}</name><uri>https://www.blogger.com/profile/9</uri><email>noreply@blogger.com</email></author><thr:total>{len(story.remarks)}</thr:total></entry>'

    def remark_entry(self, story: Story, each: Remark) -> str:
        at = each.at.isoformat()
        feed = f"https://www.blogger.com/feeds/{BLOG}/{story.number}/comments/default"
        related = (
            f'<link rel="related" type="application/atom+xml" href="{feed}/{each.parent}"/>'
            if each.parent
            else ""
        )
        return f'<entry><id>tag:blogger.com,1999:blog-{BLOG}.post-{each.id}</id><published>{at}</published><updated>{at}</updated><title type="text">{each.text[:20]}</title><content type="html">{escape(each.text)}</content><link rel="edit" type="application/atom+xml" href="{feed}/{each.id}"/><link rel="self" type="application/atom+xml" href="{feed}/{each.id}"/><link rel="alternate" type="text/html" href="{self.url(story)}?showComment={int(each.at.timestamp() * 1000)}#c{each.id}" title=""/>{related}<author><name>{each.author}</name><uri>https://www.blogger.com/profile/1</uri><email>noreply@blogger.com</email></author><thr:in-reply-to href="{self.url(story)}" ref="tag:blogger.com,1999:blog-{BLOG}.post-{story.number}" source="https://www.blogger.com/feeds/{BLOG}/posts/default/{story.number}" type="text/html"/></entry>'

    def feed(self, path: str, entries: list[str], start: int, size: int = PER_FEED) -> dict[str, Answer]:
        """One page of a feed of entries, at both of its addresses."""
        shown = entries[start - 1 : start - 1 + size]
        following = start + size
        more = (
            f'<link rel="next" type="application/atom+xml" href="https://www.blogger.com/feeds/{BLOG}{path.removeprefix("/feeds")}?start-index={following}&amp;max-results={size}"/>'
            if following <= len(entries)
            else ""
        )
        text = f'{XML}<feed {NAMESPACES}><id>tag:blogger.com,1999:blog-{BLOG}</id><title type="text">The Quay</title>{more}<openSearch:totalResults>{len(entries)}</openSearch:totalResults><openSearch:startIndex>{start}</openSearch:startIndex><openSearch:itemsPerPage>{size}</openSearch:itemsPerPage>{"".join(shown)}</feed>'
        return {
            path if start == 1 else f"{path}?start-index={start}&max-results={size}": (
                "application/atom+xml; charset=UTF-8",
                text,
            )
        }

    def answers(self) -> dict[str, Answer]:
        base = self.base
        found = {self.path(story): self.story_page(story) for story in self.stories}
        found["/robots.txt"] = (
            "text/plain",
            f"User-agent: Mediapartners-Google\nDisallow:\n\nUser-agent: *\nDisallow: /search\nDisallow: /share-widget\nAllow: /\n\nSitemap: {base}/sitemap.xml\n",
        )
        found["/sitemap.xml"] = sitemap_index([f"{base}/sitemap.xml?page=1"])
        found["/sitemap.xml?page=1"] = sitemap([(self.url(s), s.at.isoformat()) for s in self.stories])
        entries = [self.entry(s) for s in self.stories]
        remarks = sorted(
            ((r.at, self.remark_entry(s, r)) for s in self.stories for r in s.remarks), reverse=True
        )
        for start in range(1, len(entries) + 1, PER_FEED):
            found |= self.feed("/feeds/posts/default", entries, start)
        found |= self.feed("/feeds/comments/default", [text for _, text in remarks], 1)
        for story in self.stories:
            told = [self.remark_entry(story, each) for each in story.remarks]
            path = f"/feeds/{story.number}/comments/default"
            found[f"{path}?max-results=100"] = self.feed(path, told, 1, 2)[path]
            found |= {
                key.replace("max-results=2", "max-results=100"): answer
                for start in range(3, len(told) + 1, 2)
                for key, answer in self.feed(path, told, start, 2).items()
            }
        posts = "".join(
            f'<div class="post-outer"><div class="post hentry"><h3 class="post-title entry-title"><a href="{self.url(s)}">{escape(s.title)}</a></h3><div class="post-body entry-content">{s.html}</div></div></div>'
            for s in self.page(1)
        )
        found["/"] = html(
            self.head("The Quay"),
            f'<div class="blog-posts hfeed">{posts}</div><div id="blog-pager"><a class="blog-pager-older-link" href="{base}/search?updated-max=2024-04-10T06:30:00Z&amp;max-results=5" title="Older Posts">Older Posts</a></div>',
        )
        return found
