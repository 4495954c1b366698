"""The SQL of a search: how the two kinds are laid out, and the queries over each. Runs nothing.

Matches of the full-text index come first and the rows only confirm, unless a great many match:
then the conditions are met once, as a set. The planner is told so by CROSS JOIN and unary plus.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archive.wording import Groups, Term, Wording, any_of, expression

CAP = 10_000
MARK, UNMARK = "\x02", "\x03"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question. `since` and `until` are a day, a month or a year, both inclusive."""

    words: str = ""
    kind: str = "all"
    sort: str = "relevance"
    since: str = ""
    until: str = ""
    person: str = ""
    tag: str = ""
    source: str = ""
    state: str = ""
    page: int = 1
    size: int = 20

    @property
    def filtered(self) -> bool:
        """Whether anything besides the words narrows the question."""
        return any((self.since, self.until, self.person, self.tag, self.source, self.state))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How one kind is laid out: its index, its rows (always called r), and what a hit shows."""

    name: str
    index: str
    rows: str
    fields: Mapping[str, str]
    article: str
    rank: str
    columns: str
    excerpt: str


_MARKS = "char(2), char(3)"
TABLES = {
    "articles": Table(
        name="articles",
        index="articles_fts",
        rows="articles AS r",
        fields={"author": "byline", "title": "title", "text": "text"},
        article="r.id",
        rank="bm25(articles_fts, 8.0, 4.0, 1.0)",
        columns="'article' AS kind, r.id, r.id AS article_id, r.title, r.byline AS author, r.published,"
        " r.url, r.source, r.text, r.comment_count, r.version_count, r.gone_at",
        excerpt=f"highlight(articles_fts, 0, {_MARKS}) AS title,"
        f" snippet(articles_fts, 2, {_MARKS}, '…', 40) AS excerpt",
    ),
    "comments": Table(
        name="comments",
        index="comments_fts",
        rows="comments AS r LEFT JOIN articles AS a ON a.id = r.article_id",
        fields={"author": "author", "text": "text"},
        article="r.article_id",
        rank="bm25(comments_fts, 2.0, 1.0)",
        columns="r.kind, r.id, r.article_id, a.title, r.author, r.published, r.permalink AS url,"
        " r.source, r.text, a.comment_count, r.version_count, r.gone_at",
        excerpt=f"highlight(comments_fts, 0, {_MARKS}) AS author,"
        f" snippet(comments_fts, 1, {_MARKS}, '…', 40) AS excerpt",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One question for one table: the FTS5 expression, the further conditions, and their values."""

    table: Table
    match: str | None
    conditions: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: str, wording: Wording, ask: Ask) -> Plan:
        """The plan for one kind of thing, from what was typed and how it was narrowed down."""
        table = TABLES[kind]
        groups, titled = _split(wording.groups, table)
        if ask.person:
            groups = (*groups, (Term(text=ask.person, field="author"),))
        match = expression(groups, table.fields)
        conditions, values = _filters(ask, table)
        if titles := expression(titled, {"title": "title"}):
            conditions.append(
                "r.article_id IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH :titles)"
            )
            values["titles"] = titles
        if without := any_of(wording.without, table.fields):
            conditions.append(
                f"r.id NOT IN (SELECT rowid FROM {table.index} WHERE {table.index} MATCH :without)"
            )
            values["without"] = without
        if match:
            values["match"] = match
        elif groups:
            conditions.append("0")  # nothing of what was asked for can stand in this table
        return cls(table=table, match=match, conditions=tuple(conditions), values=values)

    def few(self, order: str) -> str:
        """Ids and scores of the matches, asking each match whether it meets the conditions."""
        table, where = self.table, " AND ".join(self.conditions) or "1"
        if not self.match:
            return f"SELECT r.id, r.published AS score FROM {table.name} AS r WHERE {where}"
        score = "r.published" if order == "date" else table.rank
        return (
            f"SELECT r.id, {score} AS score FROM {table.index} CROSS JOIN {table.name} AS r"
            f" ON r.id = {table.index}.rowid WHERE {table.index} MATCH :match AND {where}"
        )

    def many(self, order: str) -> str:
        """The same where a great many match: the conditions are met once, as a set of ids."""
        table, within = self.table, ""
        if self.conditions:
            where = " AND ".join(self.conditions)
            within = f" AND +{table.index}.rowid IN (SELECT r.id FROM {table.name} AS r WHERE {where})"
        rank = f"SELECT rowid AS id, {table.rank} AS score FROM {table.index}"
        newest = f"{rank} WHERE {table.index} MATCH :match{within} ORDER BY rowid DESC LIMIT {CAP + 1}"
        if order != "date":
            return f"SELECT id, score FROM ({newest})"
        rows = f"({newest}) AS found CROSS JOIN {table.name} AS r WHERE r.id = found.id"
        return f"SELECT r.id, r.published AS score FROM {rows}"

    def walk(self) -> str:
        """Ids of the newest of a great many: walk the rows by date and ask each whether it is one."""
        matching = f"+r.id IN (SELECT rowid FROM {self.table.index} WHERE {self.table.index} MATCH :match)"
        where = " AND ".join(([matching] if self.match else []) + list(self.conditions)) or "1"
        return f"SELECT r.id FROM {self.table.name} AS r WHERE {where} ORDER BY r.published DESC, r.id DESC"

    def whole(self, order: str) -> str:
        """All that is found, with all columns. Ids are put in order first: whole rows sort slowly."""
        table, where = self.table, " AND ".join(self.conditions) or "1"
        if not self.match:
            return (
                f"SELECT {table.columns} FROM {table.rows} WHERE {where} ORDER BY r.published DESC, r.id DESC"
            )
        best = "score DESC, id DESC" if order == "date" else "score, id DESC"
        found = f"SELECT id, score FROM ({self.few(order)}) ORDER BY {best} LIMIT -1"
        return f"SELECT {table.columns} FROM ({found}) AS found CROSS JOIN {table.rows} WHERE r.id = found.id"

    def matches(self) -> str:
        """The bare matches, by the index alone."""
        return f"SELECT 1 FROM {self.table.index} WHERE {self.table.index} MATCH :match"


def _split(groups: Groups, table: Table) -> tuple[Groups, Groups]:
    """Comments have no title of their own: `title:` there asks for the article they stand under."""
    if "title" in table.fields:
        return groups, ()
    titled = tuple(group for group in groups if all(term.field == "title" for term in group))
    return tuple(group for group in groups if group not in titled), titled


def _filters(ask: Ask, table: Table) -> tuple[list[str], dict[str, str]]:
    conditions, values = [], {}
    if ask.since:
        conditions.append("r.published >= :since")
        values["since"] = ask.since
    if ask.until:
        conditions.append("r.published <= :until")
        values["until"] = ask.until + "~"  # sorts after every time within that day, month or year
    if ask.source:
        conditions.append("r.source = :source")
        values["source"] = ask.source
    if ask.tag:
        conditions.append(
            f"+{table.article} IN (SELECT article_id FROM article_tags JOIN tags ON tags.id = tag_id"
            " WHERE name = :tag COLLATE NOCASE)"
        )
        values["tag"] = ask.tag
    state = {"edited": "r.version_count > 1", "removed": "r.gone_at IS NOT NULL"}.get(ask.state)
    return [*conditions, *([state] if state else [])], values
