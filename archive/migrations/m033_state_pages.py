"""Views of states whose earlier states are found by an index, at any depth of a page.

Earlier states of what was never removed are a part of their own: no row of it asks the ledger, and as a LEFT
JOIN it asks for the article or comment itself only where its columns are read. A state that lasted no time is
none. Apart from that the views have the same rows as in m021. (The unary plus keeps SQLite from reading every
removed comment to find the few of them that have earlier states.)
"""

_SPAN = """max({said}.{since}, {shown_since}) AS since,
    nullif(min(coalesce({said_until}, '~'), coalesce({shown_until}, '~')), '~') AS until"""
_WHERE = "{said}.{since} < coalesce({shown_until}, '~') AND coalesce({said_until}, '~') > {shown_since}"

_ARTICLE_OUT = "SELECT article_id FROM events WHERE comment_id IS NULL AND kind IN ('removed', 'redirected')"
_COMMENT_OUT = "SELECT comment_id FROM events WHERE comment_id IS NOT NULL AND kind = 'removed'"
_ARTICLE_ENDS = """(SELECT min(at) FROM events WHERE article_id = articles.id AND comment_id IS NULL
    AND kind IN ('removed', 'redirected'))"""
_ARTICLE_LATER = """(SELECT min(at) FROM events AS later WHERE later.article_id = back.article_id
    AND later.comment_id IS NULL AND later.kind IN ('removed', 'redirected') AND later.at > back.at)"""
_ARTICLE_BACK = "JOIN events AS back ON back.article_id = articles.id AND back.kind = 'returned'"
_ARTICLE_BACK += " AND back.comment_id IS NULL"
_COMMENT_ENDS = "(SELECT min(at) FROM events WHERE comment_id = comments.id AND kind = 'removed')"
_COMMENT_LATER = """(SELECT min(at) FROM events AS later WHERE later.comment_id = back.comment_id
    AND later.kind = 'removed' AND later.at > back.at)"""
_COMMENT_BACK = "JOIN events AS back ON back.comment_id = comments.id AND back.kind = 'returned'"

_ARTICLE_NOW = """SELECT articles.id AS article_id, version_count AS version, {span},
    title, byline, published, modified, text, markdown, description, image,
    (SELECT json_group_array(name) FROM (SELECT name FROM article_tags JOIN tags ON tags.id = tag_id
        WHERE article_id = articles.id AND kind = 'tag' ORDER BY position)) AS tags,
    (SELECT json_group_array(name) FROM (SELECT name FROM article_tags JOIN tags ON tags.id = tag_id
        WHERE article_id = articles.id AND kind = 'category' ORDER BY position)) AS categories,
    (SELECT json_group_array(url) FROM (SELECT url FROM links
        WHERE article_id = articles.id ORDER BY position)) AS links
FROM articles {back} WHERE {where}"""
_ARTICLE_THEN = """SELECT said.article_id, said.version, {span},
    said.title, said.byline, said.published, said.modified, said.text, said.markdown, said.description,
    said.image, said.tags, said.categories, said.links
FROM article_versions AS said {left}JOIN articles ON articles.id = said.article_id {back} WHERE {where}"""
_COMMENT_NOW = """SELECT comments.id AS comment_id, comments.article_id, version_count AS version, {span},
    comments.kind, parent_id, author, author_url, published, text, html
FROM comments {back} WHERE {where}"""
_COMMENT_THEN = """SELECT said.comment_id, comments.article_id, said.version, {span},
    comments.kind, comments.parent_id, said.author, said.author_url, said.published, said.text, said.html
FROM comment_versions AS said {left}JOIN comments ON comments.id = said.comment_id {back} WHERE {where}"""


def _part(select: str, said: str, since: str, until: str, back: str, start: str, end: str) -> str:
    marks = {"said": said, "since": since, "said_until": until, "shown_since": start, "shown_until": end}
    return select.format(span=_SPAN.format(**marks), where=_WHERE.format(**marks), back=back, left="")


def _view(name: str, table: str, now: str, then: str, out: str, ends: str, back: str, later: str) -> str:
    first, item = f"{table}.first_seen", f"said.{table[:-1]}_id"
    standing = now.format(
        span=f"max({table}.changed_at, {first}) AS since, NULL AS until",
        where=f"{table}.id NOT IN ({out})",
        back="",
    )
    stood = then.format(
        span=f"max(said.since, {first}) AS since, said.until AS until",
        where=f"{item} NOT IN ({out}) AND said.until > said.since",
        back="",
        left="LEFT ",
    )
    parts = [
        standing,
        f"{_part(now, table, 'changed_at', 'NULL', '', first, ends)} AND {table}.id IN ({out})",
        stood,
        f"{_part(then, 'said', 'since', 'said.until', '', first, ends)} AND +{item} IN ({out})",
        _part(now, table, "changed_at", "NULL", back, "back.at", later),
        _part(then, "said", "since", "said.until", back, "back.at", later),
    ]
    return f"CREATE VIEW {name} AS " + "\nUNION ALL ".join(parts)


_ARTICLES = _view(
    "article_states",
    "articles",
    _ARTICLE_NOW,
    _ARTICLE_THEN,
    _ARTICLE_OUT,
    _ARTICLE_ENDS,
    _ARTICLE_BACK,
    _ARTICLE_LATER,
)
_COMMENTS = _view(
    "comment_states",
    "comments",
    _COMMENT_NOW,
    _COMMENT_THEN,
    _COMMENT_OUT,
    _COMMENT_ENDS,
    _COMMENT_BACK,
    _COMMENT_LATER,
)

SQL = f"""
DROP VIEW article_states;;
DROP VIEW comment_states;;
{_ARTICLES};;
{_COMMENTS};;
CREATE INDEX article_versions_spans ON article_versions(article_id, version, since, until);;
CREATE INDEX comment_versions_spans ON comment_versions(comment_id, version, since, until)
"""
