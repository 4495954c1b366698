"""An invented archive for tests of the pages: everyday articles, and every extreme a page must bear.

Rows are put in by plain SQL after the migrations, so these tests depend on the schema alone, not
on the code that fills it. All text is ours; names are made up. The same seed gives the same archive.
"""

# ruff: noqa: E501  (invented text and addresses read better in one line)

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database

from archive.migrations import migrations

LONG, BARE, SINGLE, CROWDED, DEEP, RTL, ATTACK, LISTED, GONE, EDITED = range(101, 111)
LONG_NAME = "Ottilie-Marguerite van der " + "Long" * 43 + "x"
START = datetime(2009, 3, 2, 8, 0, tzinfo=UTC)
SEEN = "2026-11-20T06:00:00Z"
ATTACKS = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "\"><svg onload=document.title='owned'>",
    "</textarea></title><script>document.title='owned'</script>",
    "{{ 7*7 }}{% raw %}",
    "javascript:document.title='owned'",
)
PLACES = [
    "Harbour Row",
    "Millbrook",
    "the Lower Quay",
    "Saint Alder",
    "Foxglove Lane",
    "the Tannery",
    "Northgate",
]
THINGS = ["ferry", "library", "footbridge", "orchard", "night market", "tide mill", "tram line", "bandstand"]
DEEDS = [
    "reopens",
    "is delayed again",
    "wins its appeal",
    "loses its roof",
    "turns a hundred",
    "changes hands",
]
PEOPLE = ["Ada Brindle", "Tomas Quill", "Imke Sandvoort", "Rafael Ortega-Lind", "June Pettifer", "Oskar Vane"]
READERS = [
    "gull_on_a_post",
    "Marten",
    "Old Ferryman",
    "Priya K.",
    "quietreader",
    "T. Alder",
    "noor",
    "The Baker",
]
TAGS = ["harbour", "council", "transport", "weather", "history", "schools", "music"]
SENTENCES = [
    "The {thing} at {place} {deed}, the council said on Tuesday.",
    "Residents of {place} had asked for the {thing} since the storm of 1987.",
    "“We counted every plank twice,” said a carpenter who did not want to be named.",
    "Nobody in {place} remembers a winter in which the {thing} stood idle for so long.",
    "The figures were published late in the evening and corrected once since.",
    "A second hearing is planned for the spring, when the tide tables are known.",
    "Costs have risen by a third; the surveyor blames the price of oak.",
    "Children from the school by {place} drew the {thing} from memory for the exhibition.",
]
REPLIES = [
    "I walked past the {thing} this morning and the gate was open.",
    "That is not what was said at the meeting in {place}; the minutes are public.",
    "My grandmother sold tickets for the {thing}. She would have liked this.",
    "Source? The old plan says otherwise.",
    "Thank you for following this story, nobody else does.",
    "Half the {thing} belongs to the parish anyway.\n\nLook it up in the ledger of 1902.",
    "Agreed.",
]


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def empty(path: Path, *, schemas: int | None = None) -> Path:
    """An archive with the newest schema, or that of the first few migrations, in WAL mode and without rows."""
    db = Database(path)
    db.conn.execute("PRAGMA journal_mode = WAL")
    names = [migration.name for migration in migrations.pending(Database(memory=True))]
    migrations.apply(db, stop_before=[] if schemas is None else names[schemas:])
    db.close()
    return path


class Filler:
    """Puts articles and comments into an archive by plain SQL."""

    def __init__(self, path: Path, *, schemas: int | None = None) -> None:
        self.dice = random.Random(20091)
        self.db = Database(empty(path, schemas=schemas))
        self.conn = self.db.conn
        for name, url, title in [
            ("quayside", "https://quayside.example", "The Quayside Courier"),
            ("uplands", "https://uplands.example", "Uplands Gazette"),
        ]:
            self.insert("sources", name=name, url=url, title=title, first_seen=iso(START))

    def insert(self, table: str, **values: object) -> int:
        marks = ", ".join("?" * len(values))
        sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"
        return self.conn.execute(sql, list(values.values())).lastrowid or 0

    def words(self, patterns: list[str], count: int) -> list[str]:
        def one() -> str:
            return self.dice.choice(patterns).format(
                thing=self.dice.choice(THINGS), place=self.dice.choice(PLACES), deed=self.dice.choice(DEEDS)
            )

        return [one() for _ in range(count)]

    def article(self, article_id: int, when: datetime, **given: object) -> int:
        paragraphs = [
            " ".join(self.words(SENTENCES, self.dice.randint(2, 5))) for _ in range(self.dice.randint(3, 8))
        ]
        title = f"The {self.dice.choice(THINGS)} at {self.dice.choice(PLACES)} {self.dice.choice(DEEDS)}"
        slug = f"https://quayside.example/{when:%Y/%m}/story-{article_id}/"
        row: dict[str, object] = {
            "id": article_id,
            "source": "quayside",
            "post_id": 1000 + article_id,
            "url": slug,
            "title": title,
            "byline": self.dice.choice(PEOPLE),
            "published": iso(when),
            "text": "\n\n".join(paragraphs),
            "description": paragraphs[0][:140],
            "language": "en",
            "first_seen": iso(when + timedelta(hours=2)),
            "changed_at": iso(when + timedelta(hours=2)),
            "origins": json.dumps(
                {"title": "page:entry-title", "published": "page:json-ld", "text": "page:body"}
            ),
        } | given
        if row["text"] and "markdown" not in row:
            parts = str(row["text"]).split("\n\n")
            parts.insert(1, "## What the plan says")
            parts.insert(
                3,
                "> Oak does not hurry.\n\n- planks: 212\n- nails: not counted\n- see [the ledger](https://ledger.example/1902)",
            )
            row["markdown"] = "\n\n".join(parts)
        self.insert("articles", **row)
        self.joins(article_id, str(row["byline"] or ""), self.dice.sample(TAGS, 2))
        self.insert(
            "visits", source=row["source"], url=row["url"], kind="article", article_id=article_id, status=200,
            first_fetched=row["first_seen"], fetched_at=SEEN, changed_at=row["changed_at"], times=3,
        )  # fmt: skip
        return article_id

    def joins(self, article_id: int, byline: str, tags: list[str]) -> None:
        for position, name in enumerate(filter(None, byline.split(", "))):
            self.conn.execute("INSERT OR IGNORE INTO authors (name) VALUES (?)", [name])
            key = self.conn.execute("SELECT id FROM authors WHERE name = ?", [name]).fetchone()[0]
            self.insert("article_authors", article_id=article_id, author_id=key, position=position)
        for position, name in enumerate(tags):
            kind = "category" if position else "tag"
            self.conn.execute("INSERT OR IGNORE INTO tags (kind, name) VALUES (?, ?)", [kind, name])
            key = self.conn.execute(
                "SELECT id FROM tags WHERE kind = ? AND name = ?", [kind, name]
            ).fetchone()[0]
            self.insert("article_tags", article_id=article_id, tag_id=key, position=position)

    def comment(self, article_id: int, when: datetime, **given: object) -> int:
        text = "\n\n".join(self.words(REPLIES, self.dice.randint(1, 2)))
        row: dict[str, object] = {
            "article_id": article_id,
            "source": "quayside",
            "kind": "comment",
            "author": self.dice.choice(READERS),
            "published": iso(when),
            "text": text,
            "first_seen": iso(when + timedelta(hours=1)),
            "changed_at": iso(when + timedelta(hours=1)),
        } | given
        row.setdefault("html", "".join(f"<p>{part}</p>" for part in str(row["text"]).split("\n\n")))
        number = self.conn.execute("SELECT coalesce(max(id), 0) + 1 FROM comments").fetchone()[0]
        row.setdefault("site_id", str(50_000 + number))
        row["key"] = f"id:{number}"
        return self.insert("comments", **row)

    def thread(self, article_id: int, when: datetime, count: int, *, nested: float = 0.6) -> list[int]:
        made: list[int] = []
        for number in range(count):
            parent = self.dice.choice(made[-12:]) if made and self.dice.random() < nested else None
            site = (
                None
                if parent is None
                else self.conn.execute("SELECT site_id FROM comments WHERE id = ?", [parent]).fetchone()[0]
            )
            moment = when + timedelta(minutes=17 * number + 20)
            made.append(self.comment(article_id, moment, parent_id=parent, site_parent=site, position=number))
        return made

    @contextmanager
    def read_only(self) -> Iterator[sqlite3.Connection]:
        """What has been put in, for readers alone; nothing more can be."""
        self.conn.commit()
        path = self.conn.execute("PRAGMA database_list").fetchone()[2]
        self.db.close()
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            yield connection

    def finish(self) -> None:
        """Bring the counters that the store keeps up to date, and close."""
        self.conn.execute(
            "UPDATE articles SET comment_count = (SELECT count(*) FROM comments WHERE article_id = articles.id"
            " AND gone_at IS NULL), last_comment = (SELECT max(published) FROM comments WHERE article_id = articles.id)"
        )
        self.conn.commit()
        self.db.close()


def everyday(fill: Filler, count: int) -> None:
    """Ordinary articles over some years, with threads of ordinary length."""
    for number in range(1, count + 1):
        when = START + timedelta(days=53 * number, minutes=37 * number)
        fill.article(number, when)
        fill.thread(number, when, fill.dice.choice([0, 1, 3, 8, 15, 40]))
        host = ("ledger.example", "www.ledger.example", "tides.example")[number % 3]
        fill.insert("links", article_id=number, position=0, url=f"https://{host}/1902", host=host)


def extremes(fill: Filler) -> None:
    """What a real site throws at a page sooner or later. Ids are the constants at the top."""
    when = datetime(2015, 5, 4, 9, 30, tzinfo=UTC)
    long_title = (
        "Council, parish and harbour board agree, disagree and agree again on "
        + "the very long footbridge " * 16
    )
    fill.article(LONG, when, title=long_title.strip())
    fill.article(
        BARE,
        when + timedelta(days=1),
        title="Nothing was said about this one",
        byline=None,
        image="https://quayside.example/pictures/quay.jpg",
    )
    fill.article(SINGLE, when + timedelta(days=2), title="One remark below the line")
    fill.comment(
        SINGLE, when + timedelta(days=2, hours=1), author=LONG_NAME, author_url="https://names.example/long"
    )
    fill.article(CROWDED, when + timedelta(days=3), title="Five thousand opinions about a bandstand")
    fill.thread(CROWDED, when + timedelta(days=3), 5000, nested=0.5)
    fill.article(DEEP, when + timedelta(days=4), title="Two readers who never stop")
    parent: int | None = None
    for level in range(60):
        moment = when + timedelta(days=4, minutes=9 * level)
        parent = fill.comment(
            DEEP, moment, parent_id=parent, author=["noor", "Marten"][level % 2], depth=level + 1
        )
    rtl = "عادت العبّارة إلى الرصيف القديم بعد شتاء طويل، وقال المجلس إن الجسر سيُفتح في الربيع."
    fill.article(
        RTL,
        when + timedelta(days=5),
        title="العبّارة تعود إلى الرصيف القديم",
        byline="ليلى حدّاد",
        text=f"{rtl}\n\n{rtl}",
        language="ar",
    )
    fill.comment(
        RTL, when + timedelta(days=5, hours=2), author="قارئ هادئ", text="شكرًا على هذا الخبر الجميل."
    )
    attacked(fill, when + timedelta(days=6))
    fill.article(
        LISTED,
        when + timedelta(days=7),
        title="Seen in a listing, not yet fetched",
        text=None,
        markdown=None,
        description=None,
    )
    changed(fill, when + timedelta(days=8))


def attacked(fill: Filler, when: datetime) -> None:
    """An article and comments with an attack in every field that a site controls."""
    script, image, svg, close, template, link = ATTACKS
    fill.article(
        ATTACK, when, title=script, byline=f"{image}, {svg}", url=link, text="\n\n".join(ATTACKS), description=close,
        markdown=f"# {script}\n\n{image}\n\n[click]({link})\n\n![x]({link})\n\n![x\" onerror=\"x](https://a.example/b.png)\n\n{template}",
        image=link, language='en" onload="x', origins=json.dumps({"title": script}), gone_how=close,
    )  # fmt: skip
    fill.joins(ATTACK, "", [svg, script])
    for number, attack in enumerate(ATTACKS):
        fill.comment(
            ATTACK, when + timedelta(minutes=number), author=attack, author_url=link, permalink=link, text=attack,
            html=f"<p onclick=x>{attack}</p><a href=\"{link}\">x</a><iframe src=//evil.example></iframe><style>*{{}}</style>",
            published_raw=attack,
        )  # fmt: skip
    fill.insert("links", article_id=ATTACK, position=0, url=link, host=script)
    fill.insert(
        "events", at="2015-05-12T00:00:00Z", kind="moved", source="quayside", article_id=ATTACK, old_url=link, new_url=script,
    )  # fmt: skip


def changed(fill: Filler, when: datetime) -> None:
    """Vanished and edited items, pings, orphans: the states that must be said in words."""
    fill.article(
        GONE,
        when,
        title="The article that was taken down",
        gone_at="2016-02-01T10:00:00Z",
        gone_how="protected",
    )
    below = fill.thread(GONE, when, 4)
    fill.conn.execute(
        "UPDATE comments SET gone_at = '2016-02-01T10:00:00Z', gone_how = 'article gone' WHERE id = ?",
        [below[3]],
    )
    fill.article(
        EDITED,
        when + timedelta(days=1),
        title="The bridge will open in May",
        version_count=3,
        changed_at="2026-11-02T07:30:00Z",
    )
    text = str(fill.conn.execute("SELECT text FROM articles WHERE id = ?", [EDITED]).fetchone()[0])
    for number, (title, body, until) in enumerate(
        [
            ("The bridge will open in March", text.replace("council", "mayor"), "2026-10-30T09:00:00Z"),
            ("The bridge will open in April", text.replace("a third", "a half"), "2026-11-02T07:30:00Z"),
        ],
        1,
    ):
        fill.insert(
            "article_versions", article_id=EDITED, version=number, since=iso(when) if number == 1 else "2026-10-30T09:00:00Z",
            until=until, changed=json.dumps(["title", "text"]), cause="edited", title=title, byline="Ada Brindle",
            published=iso(when), text=body, markdown=body,
        )  # fmt: skip
    made = fill.thread(EDITED, when + timedelta(days=1), 6, nested=0.0)
    fill.conn.execute(
        "UPDATE comments SET gone_at = '2026-11-05T10:00:00Z', gone_how = 'missing' WHERE id = ?", [made[1]]
    )
    fill.conn.execute(
        "UPDATE comments SET version_count = 2, changed_at = '2026-11-06T10:00:00Z' WHERE id = ?", [made[2]]
    )
    fill.insert(
        "comment_versions", comment_id=made[2], version=1, since=iso(when), until="2026-11-06T10:00:00Z",
        changed='["text"]', cause="edited", author="Marten", published=iso(when), text="An earlier wording of this remark.",
    )  # fmt: skip
    happened(fill, made, below)
    fill.comment(
        EDITED,
        when + timedelta(days=2),
        kind="pingback",
        author="Bridges of the North",
        author_url="https://bridges.example/may",
        text="[…] the bridge will open in May […]",
    )
    fill.comment(
        EDITED,
        when + timedelta(days=3),
        site_parent="999999",
        text="An answer to something that was never held.",
    )
    fill.comment(EDITED, when + timedelta(days=3), author=None, text="An answer without a name.")


def happened(fill: Filler, comments: list[int], below: list[int]) -> None:
    """The ledger of what `changed` made, and a return, a move and a redirect besides."""

    def note(at: str, kind: str, article_id: int = EDITED, **facts: object) -> None:
        fill.insert("events", at=at, kind=kind, source="quayside", article_id=article_id, **facts)

    note("2016-02-01T10:00:00Z", "removed", GONE, since="2016-02-01T08:00:00Z", how="protected")
    note("2026-10-30T09:00:00Z", "edited", version=1, since="2015-05-13T09:30:00Z")
    note(
        "2026-11-01T09:00:00Z",
        "moved",
        old_url="https://quayside.example/bridge",
        new_url="https://quayside.example/the-bridge",
    )
    note("2026-11-02T07:30:00Z", "edited", version=2, since="2026-10-30T09:00:00Z")
    note(
        "2026-11-03T07:30:00Z",
        "redirected",
        EDITED,
        how="redirected",
        old_url="https://quayside.example/a",
        new_url="https://quayside.example/b",
    )
    note("2026-11-04T07:30:00Z", "returned", how="redirected", since="2026-11-03T07:30:00Z")
    note("2026-11-05T10:00:00Z", "removed", comment_id=comments[1], how="removed")
    note("2016-02-01T10:00:00Z", "removed", GONE, comment_id=below[3], how="article gone")
    note("2026-11-06T10:00:00Z", "edited", comment_id=comments[2], version=1, since="2015-05-13T09:30:00Z")


def ledger(fill: Filler) -> None:
    """Two runs, one open problem, and a proof of three months."""
    fill.insert(
        "runs", source="quayside", trigger="schedule", started_at="2026-11-19T06:00:00Z", ended_at="2026-11-19T06:04:10Z",
        outcome="complete", requests=212, bytes=4_100_000, articles_new=3, comments_new=41,
        sentence="3 new articles and 41 new comments in 4 minutes.",
    )  # fmt: skip
    fill.insert(
        "runs", source="quayside", trigger="schedule", started_at="2026-11-20T06:00:00Z", ended_at="2026-11-20T06:01:10Z",
        outcome="complete", requests=12, bytes=90_000, sentence="Nothing new; 12 requests in 70 seconds.",
    )  # fmt: skip
    fill.insert(
        "problems", source="quayside", url="https://quayside.example/2015/05/story-108/", code="no-text", field="text",
        detail="The page held no text that could be read.", article_id=LISTED, first_seen=SEEN, last_seen=SEEN,
    )  # fmt: skip
    for month, kind, stated, held, missing, withheld in (
        ("2015-04", "article", 9, 9, 0, 0), ("2015-04", "comment", 140, 138, 0, 2),
        ("2015-05", "article", 11, 10, 1, 0), ("2015-05", "comment", 1204, 1202, 2, 0), ("2015-06", "article", 0, 0, 0, 0),
    ):  # fmt: skip
        fill.insert(
            "coverage", source="quayside", month=month, kind=kind, stated=stated, held=held, missing=missing,
            withheld=withheld, surface="rest", proved_at=SEEN, looked_at=SEEN,
        )  # fmt: skip
    fill.insert(
        "coverage", source="quayside", month="2015-06", kind="comment", looked_at=SEEN,
        unproved="REST gives no list, and not every article's page states how many it has.",
    )  # fmt: skip
    for key, kind, number, reason, detail in (
        ("4711", "article", 1, "refused", "Its page answered 403."), ("9001", "comment", 2, "never listed", "No crawl was shown it."),
        ("2015-04", "comment", 2, "not shown", "The site counts more than it shows."),
    ):  # fmt: skip
        fill.insert(
            "coverage_gaps", source="quayside", kind=kind, key=key, month="2015-05", number=number, reason=reason, detail=detail,
            url=f"https://quayside.example/?p={key}", first_seen=SEEN, last_seen=SEEN,
        )  # fmt: skip


def build(path: Path, *, count: int = 60) -> Path:
    """The whole invented archive, about 6,000 comments, in about a second."""
    fill = Filler(path)
    everyday(fill, count)
    extremes(fill)
    ledger(fill)
    fill.finish()
    return path


if __name__ == "__main__":
    import sys

    build(Path(sys.argv[1]))
