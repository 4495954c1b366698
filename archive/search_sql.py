"""The SQL of a search: how each kind is laid out, and the queries over it. Runs nothing.

Two kinds are articles and comments as they are held, removed ones included. Two more are their earlier
versions, where only wording is found that was edited away: neither the next version nor the present
one has it.

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
    """A question. `since` and `until` are a day, a month or a year, both inclusive.

    `state` is "edited", "removed", "changed" for either, or "".
    """

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
    """How one kind is laid out: its index, its rows (always called r), and what a hit shows.

    `newest` is the date by which the newest come first, `states` the condition for each `Ask.state`.
    Versions have an `item` they are of, the column of that and the index of what it says now.
    """

    name: str
    index: str
    rows: str
    fields: Mapping[str, str]
    article: str
    source: str
    states: Mapping[str, str]
    rank: str
    columns: str
    excerpt: str
    newest: str = "r.published"
    item: tuple[str, str] | None = None


_MARKS = "char(2), char(3)"
_STATES = {
    "edited": "r.version_count > 1",
    "removed": "r.gone_at IS NOT NULL",
    "changed": "(r.version_count > 1 OR r.gone_at IS NOT NULL)",
}
_NOW = "NULL AS version, NULL AS replaced_at"
_THEN = "r.version, r.until AS replaced_at"
_ARTICLE_EXCERPT = f"highlight({{0}}, 0, {_MARKS}) AS title, snippet({{0}}, 2, {_MARKS}, '…', 40) AS excerpt"
_COMMENT_EXCERPT = f"highlight({{0}}, 0, {_MARKS}) AS author, snippet({{0}}, 1, {_MARKS}, '…', 40) AS excerpt"
TABLES = {
    "articles": Table(
        name="articles",
        index="articles_fts",
        rows="articles AS r",
        fields={"author": "byline", "title": "title", "text": "text"},
        article="r.id",
        source="r.source",
        states=_STATES,
        rank="bm25(articles_fts, 8.0, 4.0, 1.0)",
        columns="'article' AS kind, r.id, r.id AS article_id, r.title, r.byline AS author, r.published,"
        f" r.url, r.source, r.text, r.comment_count, r.version_count, r.gone_at, {_NOW}",
        excerpt=_ARTICLE_EXCERPT.format("articles_fts"),
    ),
    "comments": Table(
        name="comments",
        index="comments_fts",
        rows="comments AS r LEFT JOIN articles AS a ON a.id = r.article_id",
        fields={"author": "author", "text": "text"},
        article="r.article_id",
        source="r.source",
        states=_STATES,
        rank="bm25(comments_fts, 2.0, 1.0)",
        columns="r.kind, r.id, r.article_id, a.title, r.author, r.published, r.permalink AS url,"
        f" r.source, r.text, a.comment_count, r.version_count, r.gone_at, {_NOW}",
        excerpt=_COMMENT_EXCERPT.format("comments_fts"),
    ),
    "article_versions": Table(
        name="article_versions",
        index="article_versions_fts",
        rows="article_versions AS r JOIN articles AS a ON a.id = r.article_id",
        fields={"author": "byline", "title": "title", "text": "text"},
        article="r.article_id",
        source="(SELECT source FROM articles WHERE articles.id = r.article_id)",
        states={
            "removed": "(SELECT gone_at FROM articles WHERE articles.id = r.article_id) IS NOT NULL",
        },
        rank="bm25(article_versions_fts, 8.0, 4.0, 1.0)",
        columns="'article version' AS kind, a.id, a.id AS article_id, r.title, r.byline AS author,"
        f" r.published, a.url, a.source, r.text, a.comment_count, a.version_count, a.gone_at, {_THEN}",
        excerpt=_ARTICLE_EXCERPT.format("article_versions_fts"),
        newest="r.until",
        item=("article_id", "articles_fts"),
    ),
    "comment_versions": Table(
        name="comment_versions",
        index="comment_versions_fts",
        rows="comment_versions AS r JOIN comments AS c ON c.id = r.comment_id"
        " LEFT JOIN articles AS a ON a.id = c.article_id",
        fields={"author": "author", "text": "text"},
        article="(SELECT article_id FROM comments WHERE comments.id = r.comment_id)",
        source="(SELECT source FROM comments WHERE comments.id = r.comment_id)",
        states={
            "removed": "(SELECT gone_at FROM comments WHERE comments.id = r.comment_id) IS NOT NULL",
        },
        rank="bm25(comment_versions_fts, 2.0, 1.0)",
        columns="'comment version' AS kind, c.id, c.article_id, a.title, r.author, r.published,"
        f" c.permalink AS url, c.source, r.text, a.comment_count, c.version_count, c.gone_at, {_THEN}",
        excerpt=_COMMENT_EXCERPT.format("comment_versions_fts"),
        newest="r.until",
        item=("comment_id", "comments_fts"),
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
                f"{table.article} IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH :titles)"
            )
            values["titles"] = titles
        if without := any_of(wording.without, table.fields):
            conditions.append(
                f"r.id NOT IN (SELECT rowid FROM {table.index} WHERE {table.index} MATCH :without)"
            )
            values["without"] = without
        if table.item:
            conditions += _edited_away(table, *table.item) if match else ["r.cause = 'edited'"]
        if match:
            values["match"] = match
        elif groups:
            conditions.append("0")  # nothing of what was asked for can stand in this table
        return cls(table=table, match=match, conditions=tuple(conditions), values=values)

    def few(self, order: str) -> str:
        """Ids and scores of the matches, asking each match whether it meets the conditions."""
        table, where = self.table, " AND ".join(self.conditions) or "1"
        if not self.match:
            return f"SELECT r.id, {table.newest} AS score FROM {table.name} AS r WHERE {where}"
        score = table.newest if order == "date" else table.rank
        return (
            f"SELECT r.id, {score} AS score FROM {table.index} CROSS JOIN {table.name} AS r"
            f" ON r.id = {table.index}.rowid WHERE {table.index} MATCH :match AND {where}"
        )

    def many(self, order: str) -> str:
        """The same where a great many match: the conditions are met once, as a set of ids.

        Of versions, whose conditions cost more, only the newest matches are asked.
        """
        table, within = self.table, ""
        where = " AND ".join(self.conditions)
        if self.conditions and not table.item:
            within = f" AND +{table.index}.rowid IN (SELECT r.id FROM {table.name} AS r WHERE {where})"
        rank = f"SELECT rowid AS id, {table.rank} AS score FROM {table.index}"
        newest = f"{rank} WHERE {table.index} MATCH :match{within} ORDER BY rowid DESC LIMIT {CAP + 1}"
        if order != "date" and not table.item:
            return f"SELECT id, score FROM ({newest})"
        rows = f"({newest}) AS found CROSS JOIN {table.name} AS r WHERE r.id = found.id"
        score = table.newest if order == "date" else "found.score"
        return f"SELECT r.id, {score} AS score FROM {rows}" + (f" AND {where}" if table.item else "")

    def walk(self) -> str:
        """Ids of the newest of a great many: walk the rows by date and ask each whether it is one."""
        matching = f"+r.id IN (SELECT rowid FROM {self.table.index} WHERE {self.table.index} MATCH :match)"
        where = " AND ".join(([matching] if self.match else []) + list(self.conditions)) or "1"
        table = self.table
        return f"SELECT r.id FROM {table.name} AS r WHERE {where} ORDER BY {table.newest} DESC, r.id DESC"

    def whole(self, order: str) -> str:
        """All that is found, with all columns. Ids are put in order first: whole rows sort slowly."""
        table, where = self.table, " AND ".join(self.conditions) or "1"
        if not self.match:
            newest = f"ORDER BY {table.newest} DESC, r.id DESC"
            return f"SELECT {table.columns} FROM {table.rows} WHERE {where} {newest}"
        best = "score DESC, id DESC" if order == "date" else "score, id DESC"
        found = f"SELECT id, score FROM ({self.few(order)}) ORDER BY {best} LIMIT -1"
        return f"SELECT {table.columns} FROM ({found}) AS found CROSS JOIN {table.rows} WHERE r.id = found.id"

    def matches(self, index: str | None = None) -> str:
        """The bare matches, by the index alone; by the one of present wording where that is named."""
        index = index or self.table.index
        return f"SELECT 1 FROM {index} WHERE {index} MATCH :match"


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
        conditions.append(f"{table.source} = :source")
        values["source"] = ask.source
    if ask.tag:
        conditions.append(
            f"+{table.article} IN (SELECT article_id FROM article_tags JOIN tags ON tags.id = tag_id"
            " WHERE name = :tag COLLATE NOCASE)"
        )
        values["tag"] = ask.tag
    state = table.states.get(ask.state)
    return [*conditions, *([state] if state else [])], values


def _edited_away(table: Table, item: str, present: str) -> list[str]:
    """That a version was edited by the publisher, and what is asked for went with that edit."""
    then = f"SELECT rowid FROM {table.index} WHERE {table.index} MATCH :match"
    return [
        "r.cause = 'edited'",
        f"r.{item} NOT IN (SELECT rowid FROM {present} WHERE {present} MATCH :match)",
        f"NOT EXISTS (SELECT 1 FROM {table.name} AS later WHERE later.{item} = r.{item}"
        f" AND later.version = r.version + 1 AND later.id IN ({then}))",
    ]
