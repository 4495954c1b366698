"""Invented articles of one site as its theme prints them, and visits to them at chosen moments."""

# ruff: noqa: E501  (invented markup reads better in one line)

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive.core.records import Site
from pipeline import process
from tests.builders.pages import made_page

SITE = Site(name="gull", url="https://gazette.example")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper")
SENTENCES = (
    "The harbour council met again on a Monday in {}, and few came to hear it, for the wind had turned.",
    "Nobody from the {} board would say who had moved the buoys that night, nor who had paid for it.",
    "A clerk of the {} office showed us the ledger, which ends in April with a line that nobody signed.",
    "Two pilots of {} have asked for the old bell to be hung again before the first frost of the year.",
    "In the end the people of {} paid for the eleven masts themselves, as they had always done before.",
)


@dataclass(kw_only=True)
class Story:
    """One article; `plain` is the markup of a theme without classes, ids and meta elements."""

    number: int
    plain: bool = False
    fragment: str = ""
    offset: int = 0  # hours from UTC that the site prints
    changed: tuple[tuple[str, str], ...] = ()
    comments: int = 0

    @property
    def url(self) -> str:
        return f"https://gazette.example/archives/2009/07/story_{self.number}/"

    @property
    def title(self) -> str:
        return f"The masts of {NAMES[self.number]}"

    def date(self, hours=0) -> str:
        moment = datetime(2009, 7, 9 + self.number, 14, tzinfo=UTC) + timedelta(hours=hours)
        local = moment + timedelta(hours=self.offset)
        return local.strftime("%Y-%m-%dT%H:%M:%S+00:00")

    def markup(self) -> str:
        paragraphs = [f"<p>{said.format(NAMES[self.number])}</p>" for said in SENTENCES]
        paragraphs.insert(3, self.fragment)
        markup = (_plain if self.plain else _themed)(self, "\n".join(paragraphs))
        for before, after in self.changed:
            assert before in markup, before
            markup = markup.replace(before, after)
        return markup


def _comments(story: Story) -> str:
    return "".join(
        f'<li id="comment-{story.number * 100 + n}" class="comment depth-1"><article class="comment-body">'
        f'<footer class="comment-meta"><b class="fn">Reader {n}</b>'
        f' <time datetime="{story.date(n + 1)}">then</time></footer>'
        f'<div class="comment-content"><p>They were never dark in street {n} of ours.</p></div></article></li>'
        for n in range(story.comments)
    )


def _themed(story: Story, paragraphs: str) -> str:
    return f"""<!DOCTYPE html><html lang="en-US"><head><title>{story.title} | The Gull Gazette</title>
<link rel="canonical" href="{story.url}"><link rel="shortlink" href="https://gazette.example/?p={story.number + 70}">
<meta property="og:site_name" content="The Gull Gazette"><meta property="og:type" content="article">
<meta property="og:image" content="https://gazette.example/files/lamp-{story.number}.jpg">
<meta name="description" content="What became of {NAMES[story.number]}.">
<meta property="article:published_time" content="{story.date()}"></head>
<body class="single single-post postid-{story.number + 70}"><main><article class="post hentry">
<h1 class="entry-title">{story.title}</h1><div class="entry-meta">By <span class="author vcard">
<a class="url fn n" rel="author" href="/author/ida">Ida Marsh</a></span></div>
<div class="entry-content">{paragraphs}</div>
<footer class="entry-footer"><a rel="tag" href="/tag/lamps/">lamps</a></footer></article>
<div id="comments" class="comments-area"><h2 class="comments-title">{story.comments} comments</h2>
<ol class="comment-list">{_comments(story)}</ol></div></main></body></html>"""


def _plain(story: Story, paragraphs: str) -> str:
    return f"""<!DOCTYPE html><html lang="en-US"><head><title>{story.title} - Gazette</title>
<link rel="canonical" href="{story.url}"></head>
<body><div><a href="/">Gazette</a></div><div><div><h1>{story.title}</h1>
<div>July {story.number + 9}, 2009 in Harbour news</div><div>{paragraphs}
<p>Filed by the Gazette on the {story.number + 9}th of July under harbour news and other matters of {NAMES[story.number]}.</p></div></div>
<ol>{_comments(story)}</ol></div></body></html>"""


def visit(archive, story: Story, at: datetime):
    """Save the page of a story as it is at a moment."""
    page = made_page(story.url, story.markup(), source="gull", fetched_at=at)
    return archive.save(page, process(page, SITE))
