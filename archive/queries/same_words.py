"""Read models of copies and passages.

Reads what `archive.copies` found. Only equal text is shown; nothing is inferred about its author.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any

Row = dict[str, Any]

MAX_PLACES = 500
"""Places of one text that are listed."""

_GROUP = "(SELECT copy_group FROM copies WHERE kind = :kind AND item_id = :id)"
_OWN = f"""own(kind, item_id) AS (
    SELECT :kind, CAST(:id AS INTEGER)
    UNION SELECT * FROM (SELECT kind, item_id FROM copies WHERE copy_group = {_GROUP} LIMIT {MAX_PLACES})
)"""
_FOUND = f"""WITH {_OWN}, found(kind, item_id, words) AS (
    SELECT kind, item_id, NULL FROM own
    UNION ALL SELECT other_kind, other_id, max(words) FROM own JOIN passages USING (kind, item_id)
        GROUP BY other_kind, other_id
    UNION ALL SELECT passages.kind, passages.item_id, max(words) FROM own JOIN passages
        ON other_kind = own.kind AND other_id = own.item_id GROUP BY passages.kind, passages.item_id
), placed AS (
    SELECT found.kind, found.item_id, CASE WHEN min(coalesce(words, 0)) > 0 THEN max(words) END AS words
    FROM found GROUP BY found.kind, found.item_id
)"""
PLACES = f"""{_FOUND}
SELECT coalesce(comments.published, articles.published, comments.first_seen, articles.first_seen)
        AS published,
    coalesce(comments.author, iif(placed.kind = 'article', articles.byline, NULL)) AS author,
    placed.kind, placed.item_id, articles.id AS article_id, articles.title, placed.words,
    CASE WHEN placed.kind = 'comment' THEN comments.gone_at ELSE articles.gone_at END AS removed,
    CASE WHEN placed.kind = 'comment' THEN comments.text ELSE articles.text END AS text
FROM placed LEFT JOIN comments ON placed.kind = 'comment' AND comments.id = placed.item_id
JOIN articles ON articles.id = coalesce(comments.article_id,
        iif(placed.kind = 'article', placed.item_id, NULL))
ORDER BY 1, placed.kind, placed.item_id LIMIT {MAX_PLACES + 1}"""
"""SQL of every place of the words of item `:kind`, `:id`, itself included, the earliest first.

`words` is the length of the shared passage, NULL for a copy.
"""
NETWORKS = """
SELECT items, names, articles, first, last, comments.id AS comment_id, comments.text, written_by
FROM (
    SELECT copy_group, count(*) AS items, count(DISTINCT nullif(author, '[hidden]')) AS names,
        count(DISTINCT article_id) AS articles, min(published) AS first, max(published) AS last,
        json_group_array(DISTINCT author) AS written_by,
        min(coalesce(published, '9') || ' ' || printf('%018d', comments.id)) AS earliest
    FROM copies JOIN comments ON comments.id = item_id WHERE copies.kind = 'comment' GROUP BY copy_group
    HAVING names > 1
) JOIN comments ON comments.id = CAST(substr(earliest, -18) AS INTEGER)
ORDER BY names DESC, items DESC, last DESC LIMIT 200"""
"""SQL of the texts that stand under several names, those with most names first."""


def find_places(connection: sqlite3.Connection, kind: str, item_id: int) -> list[Row]:
    """Return all places of an item's text, the earliest first.

    The item itself is included.
    """
    return _rows(connection.execute(PLACES, {"kind": kind, "id": item_id}))


def find_networks(connection: sqlite3.Connection) -> list[Row]:
    """Return the texts that appear under several names."""
    return _rows(connection.execute(NETWORKS))


def count_elsewhere(connection: sqlite3.Connection, kind: str, ids: Collection[int]) -> dict[int, int]:
    """Return the number of other places, by item id.

    Items without another place are left out.
    """
    marks = ", ".join("?" * len(ids))
    sql = (
        f"SELECT item_id FROM copies WHERE kind = ? AND item_id IN ({marks})"
        f" UNION SELECT item_id FROM passages WHERE kind = ? AND item_id IN ({marks})"
        f" UNION SELECT other_id FROM passages WHERE other_kind = ? AND other_id IN ({marks})"
    )
    values = [kind, *ids, kind, *ids, kind, *ids]
    found = connection.execute(sql, values)
    sql = f"{_FOUND} SELECT count(*) - 1 FROM placed"
    places = {}
    for (number,) in found.fetchall():
        [times] = connection.execute(sql, {"kind": kind, "id": number}).fetchone()
        places[number] = int(times)
    return {number: count for number, count in places.items() if count}


def waiting(connection: sqlite3.Connection) -> int:
    """Return how many items are yet to be compared."""
    return int(connection.execute("SELECT count(*) FROM copies_queue").fetchone()[0])


def _rows(cursor: sqlite3.Cursor) -> list[Row]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
