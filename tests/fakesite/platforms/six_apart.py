"""Movable Type 4 and TypePad: static pages, monthly archives, feeds of the newest, and no sitemap."""

# ruff: noqa: E501  (markup reads better in one line)

from __future__ import annotations

from html import escape

from tests.fakesite.platforms.markup import XML, html
from tests.fakesite.platforms.paper import Answer, Story, System


class _SixApart(System):
    root = ""

    def months(self) -> dict[str, list[Story]]:
        found: dict[str, list[Story]] = {}
        for story in self.stories:
            found.setdefault(f"{self.root}/{story.at:%Y/%m}/", []).append(story)
        return found

    def path(self, story: Story) -> str:
        return f"{self.root}/{story.at:%Y/%m}/{story.slug[:24]}.html"

    def atom(self) -> Answer:
        entries = "".join(
            f'<entry><title>{escape(s.title)}</title><link rel="alternate" type="text/html" href="{self.url(s)}"/><id>tag:127.0.0.1,2024://1.{s.number}</id><published>{s.at.isoformat()}</published><updated>{s.at.isoformat()}</updated><summary>{escape(s.paragraphs[0])}</summary><author><name>{s.author}</name></author><category term="{s.tags[0]}"/><content type="html">{escape(s.html)}</content></entry>'
            for s in self.page(1)
        )
        return (
            "application/atom+xml",
            f'{XML}<feed xmlns="http://www.w3.org/2005/Atom"><title>The Quay</title><id>tag:127.0.0.1,2024://1</id>{entries}</feed>',
        )


class MovableType(_SixApart):
    slug, label = "movable-type", "Movable Type 4.38"

    def head(self, title: str) -> str:
        return f'<title>{escape(title)}</title><meta name="generator" content="Movable Type Pro 4.38"><link rel="alternate" type="application/atom+xml" title="Recent Entries" href="{self.base}/atom.xml"><script src="/mt-static/mt.js"></script>'

    def story_page(self, story: Story) -> Answer:
        said = {each.id: each.author for each in story.remarks}
        thread = "".join(
            f'<div class="comment" {"" if each.parent is None else "data-reply"} id="comment-{each.id}"><div class="inner"><div class="comment-header"><div class="asset-meta"><span class="byline">'
            + (
                f'<span class="vcard author">{each.author}</span> replied to <a href="{self.url(story)}#comment-{each.parent}">comment from {said[each.parent]}</a>'
                if each.parent
                else f'By <span class="vcard author">{each.author}</span>'
            )
            + f' on <a href="#comment-{each.id}"><abbr class="published" title="{each.at.isoformat()}">{each.at:%B} {each.at.day}, {each.at:%Y} {each.at:%I:%M %p}</abbr></a></span></div></div><div class="comment-content"><p>{each.text}</p></div></div></div>'
            for each in story.remarks
        )
        return html(
            self.head(f"{story.title} - The Quay"),
            f'<div id="container"><div id="header"><div id="header-name"><a href="/">The Quay</a></div></div><div id="content"><div id="alpha"><div id="entry-{story.number}" class="entry-asset asset hentry"><div class="asset-header"><h1 id="page-title" class="asset-name entry-title">{escape(story.title)}</h1><div class="asset-meta"><span class="byline">By <span class="vcard author">{story.author}</span> on <abbr class="published" title="{story.at.isoformat()}">{story.at:%B} {story.at.day}, {story.at:%Y} {story.at:%I:%M %p}</abbr></span><span class="separator">|</span> <a href="#comments">{len(story.remarks)} Comments</a></div></div><div class="asset-content entry-content"><div class="asset-body">{story.html}</div></div><div class="asset-footer"><div class="entry-tags"><h4>Tags<span class="delimiter">:</span></h4><ul><li><a href="/mt-search.cgi?tag={story.tags[0]}" rel="tag">{story.tags[0]}</a></li></ul></div></div></div><div id="comments" class="comments"><h2 class="comments-header">{len(story.remarks)} Comments</h2><div class="comments-content">{thread}</div></div></div></div></div>',
            'class="mt-entry-archive"',
        )

    def listing(self, title: str, stories: list[Story], more: str = "") -> Answer:
        shown = "".join(
            f'<div class="entry-asset asset hentry"><h2 class="asset-name entry-title"><a rel="bookmark" href="{self.url(s)}">{escape(s.title)}</a></h2><div class="asset-body"><p>{s.paragraphs[0]}</p></div></div>'
            for s in stories
        )
        return html(
            self.head(title),
            f'<div id="content"><div id="alpha">{shown}</div><div id="beta">{more}</div></div>',
            'class="mt-main-index"',
        )

    def answers(self) -> dict[str, Answer]:
        found = {self.path(story): self.story_page(story) for story in self.stories}
        found["/atom.xml"] = self.atom()
        months = self.months()
        links = "".join(
            f'<li><a href="{self.base}{at}">{each[0].at:%B %Y} ({len(each)})</a></li>'
            for at, each in months.items()
        )
        found["/"] = self.listing(
            "The Quay", self.page(1), f'<div class="widget-archive"><h3>Archives</h3><ul>{links}</ul></div>'
        )
        found |= {at: self.listing(at, each) for at, each in months.items()}
        return found


class TypePad(_SixApart):
    slug, label, root = "typepad", "TypePad", "/quay"
    nests, newest_only = False, frozenset({"tags", "published"})

    def head(self, title: str) -> str:
        return f'<title>{escape(title)}</title><meta name="generator" content="http://www.typepad.com/"><link rel="alternate" type="application/atom+xml" title="Posts on \'The Quay\' (Atom)" href="{self.base}/quay/atom.xml"><link rel="stylesheet" href="http://static.typepad.com/.shared/themes/common/base.css">'

    def story_page(self, story: Story) -> Answer:
        thread = "".join(
            f'<div id="comment-6a00e54ee8f1a28833{each.id}" class="comment comment-odd"><div class="comment-content" id="comment-6a00e54ee8f1a28833{each.id}-content"><p>{each.text}</p></div><p class="comment-footer">Posted by: {each.author} | <a class="permalink" href="{self.url(story)}?cid=6a00e54ee8f1a28833{each.id}#comment-6a00e54ee8f1a28833{each.id}">{each.at:%B} {each.at.day}, {each.at:%Y} at {each.at:%I:%M %p}</a></p></div>'
            for each in story.remarks
        )
        return html(
            self.head(f"The Quay: {story.title}") + f'<link rel="canonical" href="{self.url(story)}">',
            f'<div id="container"><div id="banner"><h1 id="banner-header"><a href="{self.base}/quay/">The Quay</a></h1></div><div id="alpha"><h2 class="date-header">{story.at:%B} {story.at.day}, {story.at:%Y}</h2><div class="entry-category-{story.tags[0]} entry-author-x entry-type-post entry" id="entry-6a00{story.number}"><h3 class="entry-header">{escape(story.title)}</h3><div class="entry-content"><div class="entry-body">{story.html}</div></div><div class="entry-footer"><p class="entry-footer-info"><span class="post-footers">Posted by {story.author} on {story.at:%B} {story.at.day}, {story.at:%Y} at {story.at:%I:%M %p} in <a href="{self.base}/quay/{story.tags[0]}/">{story.tags[0]}</a></span> <span class="separator">|</span> <a class="permalink" href="{self.url(story)}">Permalink</a></p></div></div><div class="comments"><a id="comments"></a><h3 class="comments-header">Comments</h3><div class="comments-content">{thread}</div></div></div></div>',
            'class="layout-two-column-right"',
        )

    def listing(self, stories: list[Story], further: str | None, more: str = "") -> Answer:
        shown = "".join(
            f'<div class="entry" id="entry-6a00{s.number}"><h3 class="entry-header"><a href="{self.url(s)}">{escape(s.title)}</a></h3><div class="entry-body">{s.html}</div></div>'
            for s in stories
        )
        pager = (
            f'<div class="pager-bottom"><span class="pager-right"><a href="{self.base}{further}"><span class="pager-label">Next</span> <span class="chevron">&raquo;</span></a></span></div>'
            if further
            else ""
        )
        return html(
            self.head("The Quay"),
            f'<div id="container"><div id="alpha">{shown}{pager}</div><div id="beta">{more}</div></div>',
        )

    def answers(self) -> dict[str, Answer]:
        found = {self.path(story): self.story_page(story) for story in self.stories}
        found["/quay/atom.xml"] = self.atom()
        for at, each in self.months().items():
            found[at] = self.listing(each, None)
        for number in self.pages:
            at = "/" if number == 1 else f"/quay/page/{number}/"
            found[at] = self.listing(
                self.page(number), f"/quay/page/{number + 1}/" if number + 1 in self.pages else None
            )
        found["/quay/"] = found["/"]
        return found
