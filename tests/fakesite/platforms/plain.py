"""Sites of no known system: without a feed, and with a sitemap of news."""

# ruff: noqa: E501  (markup reads better in one line)

from __future__ import annotations

from html import escape

from tests.fakesite.platforms.markup import XML, html
from tests.fakesite.platforms.paper import Answer, Story, System


class Plain(System):
    """A front page with older pages; what tells of the articles for machines is in the sitemaps, if any."""

    slug, label, threads = "plain", "", False

    def path(self, story: Story) -> str:
        return f"/stories/{story.number}-{story.slug}"

    def story_page(self, story: Story) -> Answer:
        return html(
            f'<title>{escape(story.title)}</title><meta property="og:type" content="article"><meta name="author" content="{story.author}"><meta property="article:published_time" content="{story.at.isoformat()}">',
            f'<main><article><h1>{escape(story.title)}</h1>{story.html}<p class="tags">Tags: <a href="/tag/{story.tags[0]}">{story.tags[0]}</a></p></article></main>',
        )

    def answers(self) -> dict[str, Answer]:
        found = {self.path(story): self.story_page(story) for story in self.stories}
        for number in self.pages:
            rows = "".join(
                f'<article><h2><a href="{self.path(s)}">{escape(s.title)}</a></h2></article>'
                for s in self.page(number)
            )
            further = (
                f'<a class="next" href="/?page={number + 1}">Older stories</a>'
                if number + 1 in self.pages
                else ""
            )
            found["/" if number == 1 else f"/?page={number}"] = html(
                "<title>The Quay</title>", f"<main>{rows}{further}</main>"
            )
        return found


class NewsOnly(Plain):
    """Its robots.txt names a sitemap of news, which has the newest articles with titles and dates."""

    slug, newest_only = "news-only", frozenset({"tags", "published"})

    def story_page(self, story: Story) -> Answer:
        return html(
            f'<title>{escape(story.title)}</title><meta property="og:type" content="article">',
            f'<main><article><h1>{escape(story.title)}</h1><p class="byline">By {story.author}</p>{story.html}</article></main>',
        )

    def answers(self) -> dict[str, Answer]:
        found = super().answers()
        found["/robots.txt"] = (
            "text/plain",
            f"User-agent: *\nDisallow:\nSitemap: {self.base}/maps/fresh.xml\n",
        )
        entries = "".join(
            f"<url><loc>{self.url(s)}</loc><news:news><news:publication><news:name>The Quay</news:name><news:language>en</news:language></news:publication><news:publication_date>{s.at.isoformat()}</news:publication_date><news:title>{escape(s.title)}</news:title><news:keywords>{s.tags[0]}</news:keywords></news:news></url>"
            for s in self.page(1)
        )
        found["/maps/fresh.xml"] = (
            "application/xml",
            f'{XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{entries}</urlset>',
        )
        return found
