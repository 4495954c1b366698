"""The SQL of a search: how each kind is laid out, and the queries over it. Runs nothing.

Two kinds are articles and comments as they are stored, removed ones included. Two more are their earlier
versions, where only wording is found that was edited away: neither the next version nor the present one has
it.

Matches of the full-text index are read first and the rows only confirm, in an index with the filtered
columns; what few rows can meet is evaluated once, as a set of ids. CROSS JOIN, INDEXED BY and unary plus
direct the planner: whole rows are wide, and reading a hundred thousand of them takes a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archive.core.records import POST
from archive.search.query_parser import Groups, Term, Wording, any_of, at_least, expression
from archive.search.word_forms import other_forms

CAP = 10_000
MAX_SET = 50_000
"""Texts that one word of the index of substrings may match; the newest count."""
MARK, UNMARK = "\x02", "\x03"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Query of a search. `since` and `until` are a day, a month or a year, both inclusive.

    `state` is "edited", "removed", "changed" for either, or "". `site` is the host of a link, without "www.".
    `type` is a content type, as "post" or "page". `match` is how many of the terms a text must have; 0 means
    all of them.
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
    site: str = ""
    type: str = ""
    match: int = 0
    page: int = 1
    size: int = 20

    @property
    def filtered(self) -> bool:
        """True if a filter narrows the query in addition to its terms."""
        return any(
            (self.since, self.until, self.person, self.tag, self.source, self.state, self.site, self.type)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Layout of one kind: its index, its rows (always called r), and what a hit shows.

    `newest` is the date by which the newest are first, `states` the condition for each `Ask.state`, `below`
    that for belonging to some articles, `linking` that for a link to a site. `narrow` names the index that
    has the filtered columns, `months` the table of the months of ids, `pieces` the index of substrings and
    `held` the text in it. Versions have an `item` they are of, the column of that and the index of its
    present text.
    """

    name: str
    index: str
    rows: str
    fields: Mapping[str, str]
    below: str
    linking: str
    source: str
    states: Mapping[str, str]
    rank: str
    columns: str
    excerpt: str
    newest: str = "r.published"
    narrow: str = ""
    months: str = ""
    pieces: str = ""
    held: str = ""
    item: tuple[str, str] | None = None


_MARKS = "char(2), char(3)"
_EDITED = "SELECT id FROM {} WHERE version_count > 1"
_REMOVED = "SELECT id FROM {} WHERE gone_at IS NOT NULL"
_STATES = {"edited": _EDITED, "removed": _REMOVED, "changed": f"{_EDITED} UNION ALL {_REMOVED}"}
_TAGGED = "SELECT article_id FROM article_tags JOIN tags ON tags.id = tag_id WHERE name = :tag COLLATE NOCASE"
_OTHER_TYPES = "SELECT id FROM articles INDEXED BY articles_type WHERE type <> 'post'"
_LINKING_ARTICLES = "SELECT article_id FROM links WHERE host IN (:site, 'www.' || :site)"
_LINKING_COMMENTS = "SELECT comment_id FROM comment_links WHERE host = :site"
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
        below="{id} IN (<articles>)",
        linking=f"{{id}} IN ({_LINKING_ARTICLES})",
        source="r.source",
        states={state: f"{{id}} IN ({sql.format('articles', 'articles')})" for state, sql in _STATES.items()},
        narrow="INDEXED BY articles_filters",
        pieces="articles_substrings",
        held="SELECT coalesce(title, '') || ' ' || coalesce(text, '') AS text"
        " FROM articles WHERE id = found.id",
        rank="bm25(articles_fts, 8.0, 4.0, 1.0)",
        columns="'article' AS kind, r.id, r.id AS article_id, r.title, r.byline AS author, r.published,"
        f" r.url, r.source, r.type, r.text, r.comment_count, r.version_count, r.gone_at, {_NOW}",
        excerpt=_ARTICLE_EXCERPT.format("articles_fts"),
    ),
    "comments": Table(
        name="comments",
        index="comments_fts",
        rows="comments AS r LEFT JOIN articles AS a ON a.id = r.article_id",
        fields={"author": "author", "text": "text"},
        below="{id} IN (SELECT id FROM comments WHERE article_id IN (<articles>))",
        linking=f"{{id}} IN ({_LINKING_COMMENTS})",
        source="+r.source",
        states={state: f"{{id}} IN ({sql.format('comments', 'comments')})" for state, sql in _STATES.items()},
        narrow="INDEXED BY comments_filters",
        months="comment_months",
        pieces="comments_substrings",
        held="SELECT text FROM comments WHERE id = found.id",
        rank="bm25(comments_fts, 2.0, 1.0)",
        columns="r.kind, r.id, r.article_id, a.title, r.author, r.published, r.permalink AS url,"
        f" r.source, a.type, r.text, a.comment_count, r.version_count, r.gone_at, {_NOW}",
        excerpt=_COMMENT_EXCERPT.format("comments_fts"),
    ),
    "article_versions": Table(
        name="article_versions",
        index="article_versions_fts",
        rows="article_versions AS r JOIN articles AS a ON a.id = r.article_id",
        fields={"author": "byline", "title": "title", "text": "text"},
        below="r.article_id IN (<articles>)",
        linking=f"r.article_id IN ({_LINKING_ARTICLES})",
        source="(SELECT source FROM articles INDEXED BY articles_filters WHERE articles.id = r.article_id)",
        states={"removed": f"r.article_id IN ({_REMOVED.format('articles')})"},
        rank="bm25(article_versions_fts, 8.0, 4.0, 1.0)",
        columns="'article version' AS kind, a.id, a.id AS article_id, r.title, r.byline AS author,"
        f" r.published, a.url, a.source, a.type, r.text, a.comment_count,"
        f" a.version_count, a.gone_at, {_THEN}",
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
        below="r.comment_id IN (SELECT id FROM comments WHERE article_id IN (<articles>))",
        linking=f"r.comment_id IN ({_LINKING_COMMENTS})",
        source="(SELECT source FROM comments INDEXED BY comments_filters WHERE comments.id = r.comment_id)",
        states={"removed": f"r.comment_id IN ({_REMOVED.format('comments')})"},
        rank="bm25(comment_versions_fts, 2.0, 1.0)",
        columns="'comment version' AS kind, c.id, c.article_id, a.title, r.author, r.published,"
        f" c.permalink AS url, c.source, a.type, r.text, a.comment_count,"
        f" c.version_count, c.gone_at, {_THEN}",
        excerpt=_COMMENT_EXCERPT.format("comment_versions_fts"),
        newest="r.until",
        item=("comment_id", "comments_fts"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Query of one table: the FTS5 expression, the further conditions, and their values.

    In conditions, {id} and {row} represent the id of the row, in a set of ids and in a range of them;
    conditions that name no other column need no row. For highlights, `groups` are those of `match`, and
    `needles` the terms that the index of substrings has found.
    """

    table: Table
    match: str | None
    conditions: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    needles: tuple[str, ...] = ()
    groups: Groups = ()

    @classmethod
    def of(cls, kind: str, wording: Wording, ask: Ask) -> Plan:
        """Return the plan for one kind, from the typed query and its filters."""
        table = TABLES[kind]
        groups, titled = _split(wording.groups, table)
        groups, pieced = _divide(groups, table)
        if ask.person:
            person = Term(text=ask.person, field="author", also=other_forms(ask.person))
            groups = (*groups, (person,))
        wanted = at_least(groups, ask.match, table.fields) if ask.match else None
        match = wanted or expression(groups, table.fields)
        conditions, values = _filters(ask, table)
        for number, group in enumerate(pieced):
            conditions.append(f"{{id}} IN ({_pieces_set(table, group, f'piece{number}', values)})")
        if titles := expression(titled, {"title": "title"}):
            articles = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH :titles"
            conditions.append(f"+{_below(table, articles)}")  # where these are many, so are the comments
            values["titles"] = titles
        if without := any_of(wording.without, table.fields):
            match, more = _excluded(table, match, without, values)
            conditions += more
        if any(term.pieces for term in wording.without) and table.pieces:
            conditions.append(f"{{id}} NOT IN ({_pieces_set(table, wording.without, 'lacking', values)})")
        if table.item:
            conditions += _edited_away(table, *table.item) if match else ["r.cause = 'edited'"]
        if match:
            values["match"] = match
        elif groups:
            conditions.append("0")  # no part of the query can be in this table
        needles = tuple(term.text for group in pieced for term in group if term.pieces)
        all_of = tuple(conditions)
        return cls(table=table, match=match, conditions=all_of, values=values, needles=needles, groups=groups)

    def few(self, order: str) -> str:
        """Return ids and scores of the matches, asking each match whether it meets the conditions.

        The score is 0 where `order` is "count".
        """
        table, index = self.table, self.table.index
        if not self.match:
            return f"SELECT r.id, {table.newest} AS score FROM {table.name} AS r WHERE {self._where('r.id')}"
        score = {"date": table.newest, "count": "0"}.get(order, table.rank)
        where = self._where(f"{index}.rowid")
        rows = f" CROSS JOIN {table.name} AS r {table.narrow} ON r.id = {index}.rowid"
        joined = rows if order == "date" or any("r." in condition for condition in self.conditions) else ""
        matching = f"{index} MATCH :match AND {where}"
        return f"SELECT {index}.rowid AS id, {score} AS score FROM {index}{joined} WHERE {matching}"

    def many(self, order: str) -> str:
        """Return the same of the matches archived last, where a great many match.

        Versions are only tested for being among the newest matches, since their conditions cost more.
        """
        table = self.table
        if not table.item:
            return f"{self.few(order)} ORDER BY {table.index}.rowid DESC"
        rank = f"SELECT rowid AS id, {table.rank} AS score FROM {table.index}"
        newest = f"{rank} WHERE {table.index} MATCH :match ORDER BY rowid DESC LIMIT {CAP + 1}"
        score = table.newest if order == "date" else "found.score"
        rows = f"({newest}) AS found CROSS JOIN {table.name} AS r WHERE r.id = found.id"
        return f"SELECT r.id, {score} AS score FROM {rows} AND {self._where('r.id')}"

    def walk(self) -> str:
        """Return ids of the newest.

        Walk the rows by date and test each, or sort a set of ids.
        """
        table, where = self.table, self._where("r.id")
        rows = f"{table.name} AS r"
        if self.match:
            matching = f"SELECT rowid FROM {table.index} WHERE {table.index} MATCH :match"
            where = f"+r.id IN ({matching}) AND {where}"
        elif any(condition.startswith("{id} IN") for condition in self.conditions):
            rows, where = f"{rows} {table.narrow}", self._where("r.id", sets_first=True)
        return f"SELECT r.id FROM {rows} WHERE {where} ORDER BY {table.newest} DESC, r.id DESC"

    def whole(self, order: str) -> str:
        """Return all that is found, with all columns.

        Ids are put in order first: whole rows sort slowly.
        """
        table = self.table
        if not self.match:
            where = self._where("r.id")
            newest = f"ORDER BY {table.newest} DESC, r.id DESC"
            return f"SELECT {table.columns} FROM {table.rows} WHERE {where} {newest}"
        best = "score DESC, id DESC" if order == "date" else "score, id DESC"
        found = f"SELECT id, score FROM ({self.few(order)}) ORDER BY {best} LIMIT -1"
        return f"SELECT {table.columns} FROM ({found}) AS found CROSS JOIN {table.rows} WHERE r.id = found.id"

    @property
    def has_prefix(self) -> bool:
        """True if the query contains prefixes.

        The index then gathers them at every query.
        """
        return bool(self.match and '" *' in self.match)

    def _where(self, row_id: str, *, sets_first: bool = False) -> str:
        """Return the conditions; sets of ids are only tested, or are where to begin."""
        names = {"id": row_id if sets_first else f"+{row_id}", "row": row_id}
        return " AND ".join(condition.format(**names) for condition in self.conditions) or "1"


def _within(months: str) -> list[str]:
    """Return the span of ids of some months.

    Many rows of other months are passed over in one step.
    """
    asked = f"FROM {months} WHERE month BETWEEN substr(:since, 1, 7) AND substr(:until, 1, 7)"
    return [f"{{row}} >= (SELECT min(first) {asked})", f"{{row}} <= (SELECT max(last) {asked})"]


def _below(table: Table, articles: str) -> str:
    return table.below.replace("<articles>", articles)


def _split(groups: Groups, table: Table) -> tuple[Groups, Groups]:
    """Split off the groups of titles: in comments, `title:` is for that of their article."""
    if "title" in table.fields:
        return groups, ()
    titled = tuple(group for group in groups if all(term.field == "title" for term in group))
    return tuple(group for group in groups if group not in titled), titled


def _excluded(
    table: Table, match: str | None, without: str, values: dict[str, str]
) -> tuple[str | None, list[str]]:
    """Return the expression without some terms, and the conditions for what it cannot exclude."""
    if match and not table.item:
        return f"({match}) NOT ({without})", []
    values["without"] = without
    having = f"SELECT rowid FROM {table.index} WHERE {table.index} MATCH :without"
    return match, [f"{{id}} NOT IN ({having})"]


def _divide(groups: Groups, table: Table) -> tuple[Groups, Groups]:
    """Return the groups for the full-text index, and those for the index of substrings."""
    if not table.pieces:
        return groups, ()
    pieced = tuple(group for group in groups if any(term.pieces for term in group))
    return tuple(group for group in groups if group not in pieced), pieced


def _pieces_set(table: Table, terms: tuple[Term, ...], name: str, values: dict[str, str]) -> str:
    """Return a statement for the ids of texts that have one of some terms, by either index."""
    sets = []
    if match := any_of(terms, table.fields):
        values[name] = match
        sets.append(f"SELECT rowid FROM {table.index} WHERE {table.index} MATCH :{name}")
    for number, term in enumerate(term for term in terms if term.pieces):
        key = f"{name}_{number}"
        values[key] = term.pieces
        newest = (
            f"SELECT rowid AS id FROM {table.pieces} WHERE {table.pieces} MATCH :{key}"
            f" ORDER BY rowid DESC LIMIT {MAX_SET}"
        )
        confirmed = []
        for position, spelling in enumerate(term.spelled):
            values[f"{key}_{position}"] = spelling
            confirmed.append(f"instr(text, :{key}_{position})")
        where = f" WHERE EXISTS (SELECT 1 FROM ({table.held}) WHERE {' OR '.join(confirmed)})"
        sets.append(f"SELECT id FROM ({newest}) AS found{where if confirmed else ''}")
    return " UNION ALL ".join(sets)


def _filters(ask: Ask, table: Table) -> tuple[list[str], dict[str, str]]:
    conditions, values = [], {}
    if ask.since:
        conditions.append("r.published >= :since")
        values["since"] = ask.since
    if ask.until:
        conditions.append("r.published <= :until")
        values["until"] = ask.until + "~"  # sorts after every time within that day, month or year
    if table.months and ask.since and ask.until:
        conditions += _within(table.months)
    if ask.source:
        conditions.append(f"{table.source} = :source")
        values["source"] = ask.source
    if ask.tag:
        conditions.append(_below(table, _TAGGED))
        values["tag"] = ask.tag
    if ask.type:
        conditions.append(_of_type(ask, table, values))
    if ask.site:
        conditions.append(table.linking)
        values["site"] = ask.site
    state = table.states.get(ask.state)
    return [*conditions, *([state] if state else [])], values


def _of_type(ask: Ask, table: Table, values: dict[str, str]) -> str:
    """Return the condition for a content type; posts are what is of no other type."""
    if ask.type == POST:
        return f"NOT {_below(table, _OTHER_TYPES)}"
    values["type"] = ask.type
    return _below(table, f"{_OTHER_TYPES} AND type = :type")


def _edited_away(table: Table, item: str, present: str) -> list[str]:
    """Return the conditions that the publisher's edit of a version removed the match."""
    then = f"SELECT rowid FROM {table.index} WHERE {table.index} MATCH :match"
    return [
        "r.cause = 'edited'",
        f"r.{item} NOT IN (SELECT rowid FROM {present} WHERE {present} MATCH :match)",
        f"NOT EXISTS (SELECT 1 FROM {table.name} AS later WHERE later.{item} = r.{item}"
        f" AND later.version = r.version + 1 AND later.id IN ({then}))",
    ]
