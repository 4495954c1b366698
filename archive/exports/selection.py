"""Selection of an export: the chosen articles and all that belongs to them.

Invariant: an export reads the archive only through a `Snapshot`. There every table shows, under its own name,
just the rows that may be taken, and all tables show one state of the file, even during a crawl.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol, Self

from archive.core.connection import Database
from archive.core.database import Closing, read_only
from archive.queries import articles as reading
from archive.queries.articles import HeldArticle
from archive.search import typed_filters
from archive.search.engine import Ask, expand_query
from archive.search.query_parser import Wording
from archive.search.sql import Plan

METADATA_FILE = Path(__file__).parents[1] / "public" / "metadata.json"
_OF_ARTICLE = "+article_id IN temp.picked"
_OF_COMMENT = "(SELECT article_id FROM main.comments WHERE comments.id = comment_id) IN temp.picked"
_OF_ITEM = (
    "CASE {kind} WHEN 'article' THEN {id}"
    " ELSE (SELECT article_id FROM main.comments WHERE comments.id = {id}) END IN temp.picked"
)
_OF_SOURCE = "source IN (SELECT name FROM sources)"

TAKEN = {
    "sources": "name IN (SELECT source FROM main.articles WHERE id IN temp.picked)",
    "articles": "id IN temp.picked",
    "comments": _OF_ARTICLE,
    "authors": "id IN (SELECT author_id FROM article_authors)",
    "article_authors": _OF_ARTICLE,
    "tags": "id IN (SELECT tag_id FROM article_tags)",
    "article_tags": _OF_ARTICLE,
    "links": _OF_ARTICLE,
    "embeds": _OF_ARTICLE,
    "files": "id IN (SELECT file_id FROM article_files)",
    "article_files": _OF_ARTICLE,
    "file_versions": "file_id IN (SELECT id FROM files)",
    "addresses": _OF_ARTICLE,
    "article_parts": _OF_ARTICLE,
    "article_versions": _OF_ARTICLE,
    "comment_versions": _OF_COMMENT,
    "comment_links": _OF_COMMENT,
    "events": _OF_ARTICLE,
    "captures": _OF_ARTICLE,
    "captured_comments": _OF_COMMENT,
    "redactions": "id IN (SELECT redaction_id FROM articles UNION SELECT redaction_id FROM comments"
    " UNION SELECT name_redaction_id FROM comments)",
    "visits": _OF_ARTICLE,
    "problems": _OF_ARTICLE,
    "runs": _OF_SOURCE,
    "run_totals": _OF_SOURCE,
    "coverage": _OF_SOURCE,
    "coverage_gaps": _OF_SOURCE,
    "coverage_types": _OF_SOURCE,
    "moderation_gaps": _OF_SOURCE,
    "source_addresses": _OF_SOURCE,
    "source_events": _OF_SOURCE,
    "copies": _OF_ITEM.format(kind="kind", id="item_id"),
    "passages": f"{_OF_ITEM.format(kind='kind', id='item_id')}"
    f" AND {_OF_ITEM.format(kind='other_kind', id='other_id')}",
}
"""The tables that are taken, and which of their rows belong to picked articles; parents come first."""

LEFT = frozenset(
    {
        "checks",
        "comment_months",
        "copies_queue",
        "crawl_state",
        "noise_places",
        "notified",
        "pending_changes",
        "proof_leaves",
        "proof_pending",
        "proof_seals",
        "publisher_texts",
        "redaction_seals",
        "redaction_work",
        "refused_texts",
        "text_digests",
        "unlisted",
        "_sqlite_migrations",
        "sqlite_stat1",
    }
)
"""The tables that stay: the operator's, the crawler's and the schema's own. So do full-text indexes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which articles are meant; "" is no limit.

    `since` and `until` are a day, a month, a year or an instant, ISO 8601 in UTC, both inclusive, and
    limit the time of publication. `tag` is a tag or category. `query` is what one types into the search:
    an article is taken when the search finds it, or a comment below it. `article` is one id; 0 is no limit.
    """

    source: str = ""
    since: str = ""
    until: str = ""
    tag: str = ""
    query: str = ""
    article: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    @property
    def narrow(self) -> bool:
        """True if single articles are meant, and not all of a source."""
        return any((self.since, self.until, self.tag, self.query, self.article))

    @property
    def filters(self) -> dict[str, str | int]:
        """The limits that are set, by name."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: its SQLite type, and what it means."""

    name: str
    type: str
    description: str


class Watch(Protocol):
    """Passes items on and shows how far it is; rich's `Progress.track` is one."""

    def __call__(self, sequence: Iterable[Any], *, total: float, description: str) -> Iterable[Any]:
        """Yield what is in `sequence`, `total` items."""


def unwatched(sequence: Iterable[Any], *, total: float, description: str) -> Iterable[Any]:  # noqa: ARG001
    """Pass items on and show nothing."""
    return sequence


class Snapshot(Closing):
    """The archive as one export sees it, read-only. `db` shows nothing but what may be taken.

    `left_out` has a sentence for each raw page that could not be taken, since it is altered.
    """

    def __init__(self, db: Database, path: Path, selection: Selection, watch: Watch) -> None:
        self.db = db
        self.path = path
        self.selection = selection
        self.watch = watch
        self.left_out: list[str] = []

    @classmethod
    def open(cls, path: Path, selection: Selection, watch: Watch = unwatched) -> Self:
        """Open an archive that is there and up to date.

        Raises ArchiveError for a selection that cannot be meant, NotFoundError for an unknown source.
        """
        connection = read_only(path)
        connection.execute("BEGIN")
        db = Database(connection)
        _pick(db, selection)
        for table, condition in TAKEN.items():
            where = ""
            if selection:
                where = f" WHERE {condition}"
            connection.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table}{where}")
        return cls(db, path, selection, watch)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @property
    def schema(self) -> str:
        """Name of the newest migration that the archive has had."""
        sql = "SELECT max(name) FROM _sqlite_migrations WHERE migration_set = 'backissue'"
        return str(self.db.execute(sql).fetchone()[0])

    def columns(self, table: str) -> list[Column]:
        """Return the columns of a table, in their order."""
        told = described().get(table, {}).get("columns", {})
        found = self.db.execute(f"PRAGMA main.table_info({table})").fetchall()
        return [Column(name=row[1], type=row[2], description=told.get(row[1], "")) for row in found]

    def statements(self, table: str, kind: str) -> list[str]:
        """Return the SQL that makes a table (`kind` is "table") or its indexes ("index")."""
        sql = "SELECT sql FROM main.sqlite_master WHERE tbl_name = ? AND type = ? AND sql IS NOT NULL"
        found = self.db.execute(f"{sql} ORDER BY name", [table, kind])
        return [row[0] for row in found]

    def count(self, table: str) -> int:
        """Return how many rows of a table are taken."""
        cursor = self.db.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])

    def counts(self) -> dict[str, int]:
        """Return the same for every table."""
        return {table: self.count(table) for table in TAKEN}

    def key(self, table: str) -> list[str]:
        """Return the columns of a table's primary key, in order."""
        info = self.db.execute(f"PRAGMA main.table_info({table})").fetchall()
        return [row[1] for row in sorted(info, key=lambda row: row[5]) if row[5]]

    def rows(self, table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table, or some columns of them, in the order of its primary key."""
        key = ", ".join(self.key(table))
        names = ", ".join(columns) or "*"
        cursor = self.db.execute(f"SELECT {names} FROM {table} ORDER BY {key}")
        yield from self.watch(cursor, total=self.count(table), description=table)

    def articles(self) -> Iterator[HeldArticle]:
        """Yield the articles with their threads, one by one, in the order of their ids."""
        held = reading.iterate_articles(self.db)
        yield from self.watch(held, total=self.count("articles"), description="articles")


@cache
def described() -> dict[str, Any]:
    """Return the description of each table and column, as the pages show it."""
    metadata = json.loads(METADATA_FILE.read_text(encoding="utf-8"))
    told: dict[str, Any] = metadata["tables"]
    return told


def _pick(db: Database, selection: Selection) -> None:
    """Note the ids of the articles that are meant."""
    since, until = typed_filters.span(selection.since, selection.until, instants=True)
    asked = Ask(words=selection.query, source=selection.source, tag=selection.tag)
    typed_filters.check_filters(db.conn, asked)
    db.execute("CREATE TEMP TABLE picked (id INTEGER PRIMARY KEY)")
    limits = Ask(source=selection.source, since=since, until=until, tag=selection.tag)
    plan = Plan.of("articles", Wording(), limits)
    found = ""
    if selection.query:
        found = _found(db, selection.query)
    db.execute(f"INSERT INTO picked SELECT id FROM ({plan.few('date')}){found}", plan.values)
    if selection.article:
        db.execute("DELETE FROM picked WHERE id <> ?", [selection.article])


def _found(db: Database, query: str) -> str:
    """Return a condition for the articles that a search finds, by themselves or by a comment."""
    asked = Ask(words=query)
    wording, ask, _ = expand_query(db.conn, asked)
    db.execute("CREATE TEMP TABLE found (id INTEGER PRIMARY KEY)")
    articles = Plan.of("articles", wording, ask)
    comments = Plan.of("comments", wording, ask)
    db.execute(f"INSERT INTO found SELECT id FROM ({articles.few('date')})", articles.values)
    below = f"SELECT article_id FROM main.comments WHERE id IN (SELECT id FROM ({comments.few('date')}))"
    db.execute(f"INSERT OR IGNORE INTO found {below}", comments.values)
    return " WHERE id IN temp.found"
