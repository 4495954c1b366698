"""Searching an archive: what was typed, as SQL over the articles and the comments.

Used by the page and by the command line alike: both hand a connection and an `Ask`, and get the
same hits in the same order. It only reads. Its law: the work is bounded whatever is asked. Counts
stop at `CAP`; of more matches than that, only the `CAP` archived last are ranked, and `Section`
says so. Snippets carry the marks MARK and UNMARK around what matched; they are not HTML.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from archive.wording import Groups, Term, Wording, any_of, expression, read, searchable, tidy

CAP = 10_000
MARK, UNMARK = "\x02", "\x03"
KINDS = ("articles", "comments")
_DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")

Row = dict[str, str | int | None]


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
class Section:
    """The answer for one kind. `count` is exact unless `more`; `ranked` is False for a part or by date."""

    kind: str
    count: int
    more: bool
    hits: tuple[Row, ...]
    partly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer: a section for each kind (the kind not asked for has a count and no hits), and notes."""

    ask: Ask
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many items were found, of the kinds asked for."""
        return sum(part.count for part in self.sections if self.ask.kind in ("all", part.kind))


def find(connection: sqlite3.Connection, ask: Ask) -> Found:
    """Search. Raises nothing but what SQLite raises for a broken or interrupted file."""
    wording, ask, notes = understand(ask)
    sections = [_section(connection, _Plan.of(kind, wording, ask), ask) for kind in KINDS]
    return Found(ask=ask, sections=tuple(sections), notes=notes)


def every(connection: sqlite3.Connection, ask: Ask, kind: str) -> Iterator[Row]:
    """All hits of one kind, in full and in the order of the pages, read as they are taken."""
    wording, ask, _ = understand(ask)
    plan = _Plan.of(kind, wording, ask)
    by_date = ask.sort == "date" or not plan.match
    score = "0" if by_date else plan.table.rank
    order = "r.published DESC, r.id DESC" if by_date else "found.score, r.id DESC"
    sql = (
        f"SELECT {plan.table.columns} FROM (SELECT r.id, {score} AS score {plan.source()}) AS found"
        f" CROSS JOIN {plan.table.rows} WHERE r.id = found.id ORDER BY {order}"
    )
    yield from _rows(connection, sql, plan.values)


def understand(ask: Ask) -> tuple[Wording, Ask, tuple[str, ...]]:
    """Read the words of a question and mend what cannot be meant, saying so."""
    wording = read(ask.words)
    notes = list(wording.notes)
    if ask.words.strip() and not wording and not wording.filters:
        notes.append("Nothing in this can be searched for, so all is shown, newest first.")
    ask = replace(ask, person=tidy(ask.person).strip(), tag=tidy(ask.tag).strip(), source=tidy(ask.source))
    if ask.person and not searchable(ask.person):
        notes.append(f"“{ask.person[:40]}” has no letters or digits and was left out.")
        ask = replace(ask, person="")
    for name, value in wording.filters:
        ask = (
            replace(ask, tag=ask.tag or value) if name == "tag" else replace(ask, source=ask.source or value)
        )
    for name in ("since", "until"):
        value = getattr(ask, name)
        if value and not _DAY.fullmatch(value):
            notes.append(
                f"“{value[:40]}” is not a date such as 2009, 2009-07 or 2009-07-15, and was left out."
            )
            ask = replace(ask, since="") if name == "since" else replace(ask, until="")
    ask = replace(
        ask,
        kind=ask.kind if ask.kind in KINDS else "all",
        sort="date" if ask.sort == "date" else "relevance",
        page=min(max(ask.page, 1), CAP // max(ask.size, 1)),
    )
    return wording, ask, tuple(notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
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
_TABLES = {
    "articles": _Table(
        name="articles",
        index="articles_fts",
        rows="articles AS r",
        fields={"author": "byline", "title": "title", "text": "text"},
        article="r.id",
        rank="bm25(articles_fts, 8.0, 4.0, 1.0)",
        columns="'article' AS kind, r.id, r.id AS article_id, r.title, r.byline AS author, r.published, r.url,"
        " r.source, r.text, r.comment_count, r.version_count, r.gone_at",
        excerpt=f"highlight(articles_fts, 0, {_MARKS}) AS title,"
        f" snippet(articles_fts, 2, {_MARKS}, '…', 40) AS excerpt",
    ),
    "comments": _Table(
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
class _Plan:
    """One question for one table: the FTS5 expression, the further conditions, and their values."""

    table: _Table
    match: str | None
    conditions: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: str, wording: Wording, ask: Ask) -> _Plan:
        table = _TABLES[kind]
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

    def source(self) -> str:
        """FROM and WHERE, matches first: the index decides, the rows only confirm."""
        where = " AND ".join(self.conditions)
        rows = f"{self.table.name} AS r"
        if not self.match:
            return f"FROM {rows} WHERE {where or 1}"
        matched = f"{self.table.index} MATCH :match"
        join = f"{self.table.index} CROSS JOIN {rows} ON r.id = {self.table.index}.rowid"
        return f"FROM {join} WHERE {matched} AND {where or 1}"

    def matching(self) -> str:
        """The same, without the rows where the index alone can tell."""
        if self.match and not self.conditions:
            return f"FROM {self.table.index} WHERE {self.table.index} MATCH :match"
        return self.source()


def _split(groups: Groups, table: _Table) -> tuple[Groups, Groups]:
    """Comments have no title of their own: `title:` there asks for the article they stand under."""
    if "title" in table.fields:
        return groups, ()
    titled = tuple(group for group in groups if all(term.field == "title" for term in group))
    return tuple(group for group in groups if group not in titled), titled


def _filters(ask: Ask, table: _Table) -> tuple[list[str], dict[str, str]]:
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


def _section(connection: sqlite3.Connection, plan: _Plan, ask: Ask) -> Section:
    counted = f"SELECT count(*) AS n FROM (SELECT 1 {plan.matching()} LIMIT {CAP + 1})"
    count = int(next(_rows(connection, counted, plan.values))["n"] or 0)
    more, by_date = count > CAP, ask.sort == "date" or not plan.match
    size = (ask.size if ask.kind != "all" else ask.size // 2) if ask.kind in ("all", plan.table.name) else 0
    ids = list(_ids(connection, plan, by_date, more, size, (ask.page - 1) * size)) if size and count else []
    hits = tuple(_show(connection, plan, ids))
    return Section(
        kind=plan.table.name, count=min(count, CAP), more=more, hits=hits, partly=more and not by_date
    )


def _ids(
    connection: sqlite3.Connection, plan: _Plan, by_date: bool, more: bool, size: int, offset: int
) -> Iterator[int]:
    """The ids of one page of hits, in order."""
    page = f"LIMIT {size} OFFSET {offset}"
    if not by_date:
        index = plan.table.index
        scored = f"SELECT {index}.rowid AS id, {plan.table.rank} AS score {plan.matching()}"
        sql = f"SELECT id FROM ({scored} ORDER BY {index}.rowid DESC LIMIT {CAP}) ORDER BY score, id DESC {page}"
    elif plan.match and more:  # many match: walk the rows by date and ask each whether it is one
        where = " AND ".join((f"+r.id IN (SELECT rowid {_only(plan)})", *plan.conditions))
        sql = f"SELECT r.id AS id FROM {plan.table.name} AS r WHERE {where} ORDER BY r.published DESC {page}"
    else:
        sql = f"SELECT r.id AS id {plan.source()} ORDER BY r.published DESC, r.id DESC {page}"
    return (int(row["id"] or 0) for row in _rows(connection, sql, plan.values))


def _only(plan: _Plan) -> str:
    return f"FROM {plan.table.index} WHERE {plan.table.index} MATCH :match"


def _show(connection: sqlite3.Connection, plan: _Plan, ids: list[int]) -> Iterator[Row]:
    """The hits themselves. Snippets are made for these few alone, since they read the whole text."""
    table = plan.table
    row_sql = f"SELECT {table.columns} FROM {table.rows} WHERE r.id = :id"
    marks_sql = f"SELECT {table.excerpt} {_only(plan)} AND rowid = :id"
    for row_id in ids:
        values: dict[str, str | int] = {**plan.values, "id": row_id}
        row = next(_rows(connection, row_sql, values))
        text = str(row.pop("text") or "")
        marked = next(_rows(connection, marks_sql, values), {}) if plan.match else {}
        yield {**row, "excerpt": text[:280] + ("…" if len(text) > 280 else ""), **marked}


def _rows(connection: sqlite3.Connection, sql: str, values: Mapping[str, str | int]) -> Iterator[Row]:
    cursor = connection.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return (dict(zip(names, row, strict=True)) for row in cursor)
