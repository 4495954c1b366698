"""Links in comments, comments with what they stand below, and quicker views of states.

The links are read out of the markup by triggers, in SQL, so that whoever writes a comment keeps them: each
`href="http…"` of its text, and the address left with a name. A host is kept in lower case without "www.".

The views of states have the same rows as before. What was never removed is a part of its own now, without a
look at the ledger for each row: a deep page skips such rows by their ids.
"""

_REST = "substr(rest, instr(rest, 'href=\"') + 6)"
_URLS = f"""WITH RECURSIVE found(position, url, rest) AS (
        SELECT 0, NULL, {{html}}
        UNION ALL
        SELECT position + 1, substr({_REST}, 1, instr({_REST} || '"', '"') - 1), {_REST}
        FROM found WHERE instr(rest, 'href="') > 0 AND position < 200
    ) SELECT position, 'text' AS place, replace(url, '&amp;', '&') AS url FROM found WHERE url LIKE 'http%://_%'
    UNION ALL SELECT 0, 'name', {{name}} WHERE {{name}} LIKE 'http%://_%'"""
_AUTHORITY = "substr(url, instr(url, '://') + 3)"
_ENDED = f"replace(replace(replace({_AUTHORITY}, '?', '/'), '#', '/'), ':', '/') || '/'"
_HOST = f"lower(substr({_AUTHORITY}, 1, instr({_ENDED}, '/') - 1))"


def _note(html: str, name: str) -> str:
    """Return the statement of a trigger that notes the links of the comment `new.id`."""
    urls = _URLS.format(html=html, name=name)
    return f"""INSERT INTO comment_links (comment_id, place, position, url, host)
    SELECT new.id, place, position, url, iif(host LIKE 'www.%', substr(host, 5), host)
    FROM (SELECT place, position, url, {_HOST} AS host FROM ({urls}))"""


_NEW = _note("new.html", "new.author_url")
_HELD = _note(*(f"(SELECT {column} FROM comments WHERE id = new.id)" for column in ("html", "author_url")))

# -- the views of states, as in m016 ----------------------------------------------------------------

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
FROM article_versions AS said JOIN articles ON articles.id = said.article_id {back} WHERE {where}"""
_COMMENT_NOW = """SELECT comments.id AS comment_id, comments.article_id, version_count AS version, {span},
    comments.kind, parent_id, author, author_url, published, text, html
FROM comments {back} WHERE {where}"""
_COMMENT_THEN = """SELECT said.comment_id, comments.article_id, said.version, {span},
    comments.kind, comments.parent_id, said.author, said.author_url, said.published, said.text, said.html
FROM comment_versions AS said JOIN comments ON comments.id = said.comment_id {back} WHERE {where}"""


def _part(select: str, said: str, since: str, until: str, back: str, start: str, end: str) -> str:
    marks = {"said": said, "since": since, "said_until": until, "shown_since": start, "shown_until": end}
    return select.format(span=_SPAN.format(**marks), where=_WHERE.format(**marks), back=back)


def _view(name: str, table: str, now: str, then: str, out: str, ends: str, back: str, later: str) -> str:
    first = f"{table}.first_seen"
    standing = now.format(
        span=f"max({table}.changed_at, {first}) AS since, NULL AS until",
        where=f"{table}.id NOT IN ({out})",
        back="",
    )
    parts = [
        standing,
        f"{_part(now, table, 'changed_at', 'NULL', '', first, ends)} AND {table}.id IN ({out})",
        _part(then, "said", "since", "said.until", "", first, ends),
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
CREATE TABLE comment_links (
    comment_id INTEGER NOT NULL REFERENCES comments(id),
    place TEXT NOT NULL CHECK (place IN ('text', 'name')),
    position INTEGER NOT NULL,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    PRIMARY KEY (comment_id, place, position)
);;
CREATE INDEX comment_links_host ON comment_links(host, comment_id);;
CREATE INDEX comment_links_url ON comment_links(url, comment_id);;
CREATE TABLE comment_links_due (id INTEGER PRIMARY KEY);;
CREATE TRIGGER comment_links_fill AFTER INSERT ON comment_links_due BEGIN {_HELD}; END;;
INSERT INTO comment_links_due SELECT id FROM comments
WHERE html LIKE '%href="http%' OR author_url LIKE 'http%';;
DROP TABLE comment_links_due;;
CREATE TRIGGER comment_links_insert AFTER INSERT ON comments
WHEN new.html LIKE '%href="http%' OR new.author_url LIKE 'http%' BEGIN {_NEW}; END;;
CREATE TRIGGER comment_links_delete BEFORE DELETE ON comments BEGIN
    DELETE FROM comment_links WHERE comment_id = old.id;
END;;
CREATE TRIGGER comment_links_update AFTER UPDATE OF html, author_url ON comments
WHEN old.html IS NOT new.html OR old.author_url IS NOT new.author_url BEGIN
    DELETE FROM comment_links WHERE comment_id = old.id;
    {_NEW};
END;;
CREATE VIEW comments_in_context AS
SELECT comments.id AS comment_id, comments.author, comments.text, comments.published, comments.article_id,
    articles.title AS article_title, articles.url AS article_url, comments.parent_id,
    parent.author AS parent_author, comments.permalink, comments.gone_at, comments.version_count,
    comments.kind, comments.source
FROM comments JOIN articles ON articles.id = comments.article_id
LEFT JOIN comments AS parent ON parent.id = comments.parent_id;;
DROP VIEW article_states;;
DROP VIEW comment_states;;
{_ARTICLES};;
{_COMMENTS}
"""
