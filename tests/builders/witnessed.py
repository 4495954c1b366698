"""An archive into which crawls and captures come, and all rows that must not depend on their order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from archive.core.records import Article, Comment, Extract, PageKind, Site, Surface
from archive.files import captured_pages
from archive.files.raw_pages import Pages
from archive.storage.archive import Archive
from archive.tables import captured
from archive.tables.observations import Window
from tests.builders.pages import made_page

SITE = Site(name="gazette", url="https://gazette.example")
ICE = f"{SITE.url}/2009/07/ice"
FIRST = datetime(2009, 7, 1, 9, tzinfo=UTC)
WORDS = "Ice closed the harbour on Sunday, and the pilots walked home across the water to the {} quay."
ARTICLE = Article(
    url=ICE,
    post_id=7,
    title="Ice in the harbour",
    published=FIRST,
    text=WORDS.format("lower"),
    comments_stated=0,
)


def years(number):
    return datetime(2010, 1, 1, tzinfo=UTC) + timedelta(days=365 * number)


def stamp(number):
    return years(number).strftime("%Y-%m-%dT%H:%M:%SZ")


def remark(number, author="Wren", text=None, **more):
    said = text or f"Remark number {number} about the tide tables of the old harbour."
    return Comment(
        id=str(number), author=author, published=FIRST + timedelta(days=number), text=said, html=said, **more
    )


def article(*comments, **more):
    return replace(ARTICLE, comments_stated=len(comments), **more)


class Desk:
    """An archive with its raw pages, into which crawls and imports come."""

    def __init__(self, folder):
        folder.mkdir(exist_ok=True)
        self.archive = Archive.open(folder / "archive.db")
        self.pages = Pages.open(folder / "pages.db")
        self.db = self.archive.db
        self.archive.add_source(SITE, "2026-01-01T00:00:00Z")

    def close(self):
        self.archive.close()
        self.pages.close()

    def page(self, at, url=ICE):
        body = f"{url} at {at}".encode()
        return made_page(url, body, fetched_at=at)

    def crawl(self, at, said, *comments, url=ICE):
        page = self.page(years(at), url)
        self.pages.keep(page)
        return self.archive.save(page, Extract(surface=Surface.PAGE, articles=(said,), comments=comments))

    def crawl_with_rest(self, at, said, *comments):
        """A crawl to which REST tells of the article first, then its page, then the list of all comments."""
        listed = tuple(replace(comment, post_id=7) for comment in comments)
        self.list(at, PageKind.POSTS, replace(said, text=None))
        self.crawl(at, said, *comments)
        self.list(at, PageKind.COMMENTS, comments=listed)
        shown = frozenset(comment.id for comment in comments)
        for hour in (0, 2):
            look = years(at) + timedelta(hours=hour)
            window = {"first": 0, "last": 10_000, "total": len(shown)}
            self.archive.note_look(Window(source="gazette", shown=shown, looked_at=look, **window))

    def list(self, at, kind, *articles, comments=()):
        page = replace(self.page(years(at), f"{SITE.url}/wp-json/{kind}"), kind=kind)
        self.pages.keep(page)
        self.archive.save(page, Extract(surface=Surface.REST, articles=articles, comments=comments))

    def take(self, at, said, *comments, witness="web.archive.example", url=ICE, later=timedelta(0)):
        page = self.page(years(at) + later, url)
        captured_pages.keep_page(self.pages, page, witness)
        captured_pages.note_said(self.pages, page, witness, captured.to_json(said, comments), "1")
        extract = Extract(surface=Surface.PAGE, articles=(said,), comments=comments)
        return self.archive.save_capture(page, extract, witness)

    def thread(self):
        sql = (
            "SELECT c.author, c.text, c.witness, c.first_seen, c.seen_at, c.gone_at, p.text AS parent,"
            " c.version_count"
            " FROM comments AS c LEFT JOIN comments AS p ON p.id = c.parent_id ORDER BY c.published, c.text"
        )
        return list(self.db.query(sql))


PLAIN = {
    "articles": "SELECT url, title, text, first_seen, seen_at, witness, changed_at, version_count,"
    " comment_count FROM articles ORDER BY 1",
    "article_versions": "SELECT url, v.version, since, until, changed, cause, v.witness, v.title, v.text"
    " FROM article_versions AS v JOIN articles ON articles.id = article_id ORDER BY 1, 2",
    "comments": "SELECT c.key, a.url, c.author, c.text, c.first_seen, c.seen_at, c.witness, c.changed_at,"
    " c.version_count, c.missed_at, c.gone_at, c.gone_how, p.key AS parent FROM comments AS c"
    " JOIN articles AS a ON a.id = c.article_id LEFT JOIN comments AS p ON p.id = c.parent_id ORDER BY 1",
    "comment_versions": "SELECT key, v.version, v.since, v.until, v.changed, v.cause, v.witness, v.text"
    " FROM comment_versions AS v JOIN comments ON comments.id = comment_id ORDER BY 1, 2",
    "events": "SELECT at, events.kind, articles.url, key, version, since, how, events.witness FROM events"
    " JOIN articles ON articles.id = events.article_id"
    " LEFT JOIN comments ON comments.id = comment_id ORDER BY 1, 2, 3, 4",
    "captures": "SELECT at, captures.url, captures.witness, comments, articles.url FROM captures"
    " JOIN articles ON articles.id = article_id ORDER BY 1, 2, 3",
    "links": "SELECT articles.url, links.url FROM links JOIN articles ON articles.id = article_id"
    " ORDER BY 1, 2",
}


def rows_of(desk):
    return {table: desk.db.execute(sql).fetchall() for table, sql in PLAIN.items()}
