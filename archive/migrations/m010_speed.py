"""What keeps pages quick: indexes that hold all that is asked, so that few rows are read; months of comments.

A kind of comment is no way to find one: the planner is told so, or it would walk all comments for a thread.
"""

_LEAVE = """
    INSERT INTO comment_months SELECT old.id + 1, last, month FROM comment_months
    WHERE first = (SELECT max(first) FROM comment_months WHERE first <= old.id) AND last > old.id;
    UPDATE comment_months SET last = old.id - 1
    WHERE first = (SELECT max(first) FROM comment_months WHERE first < old.id) AND last >= old.id;
    DELETE FROM comment_months WHERE first = old.id;
"""
_ENTER = """
    UPDATE comment_months SET last = new.id
    WHERE first = (SELECT max(first) FROM comment_months WHERE first < new.id)
    AND last = new.id - 1 AND month = substr(new.published, 1, 7);
    INSERT INTO comment_months SELECT new.id, new.id, substr(new.published, 1, 7)
    WHERE changes() = 0 AND new.published > '';
"""

SQL = f"""
CREATE INDEX articles_filters ON articles(id, published, source);;
CREATE INDEX comments_filters ON comments(id, published, source);;
DROP INDEX comments_published;;
CREATE INDEX comments_published ON comments(published, source);;
DROP INDEX comments_author;;
CREATE INDEX comments_author ON comments(author, published, article_id);;
CREATE INDEX comments_kind ON comments(kind);;
ANALYZE comments_kind;;
DELETE FROM sqlite_stat1 WHERE idx = 'comments_kind';;
INSERT INTO sqlite_stat1 VALUES ('comments', 'comments_kind', '1000000 500000');;
ANALYZE sqlite_schema;;
DROP INDEX links_host;;
CREATE INDEX links_host ON links(host, article_id);;
CREATE TABLE comment_months (
    first INTEGER PRIMARY KEY,
    last INTEGER NOT NULL,
    month TEXT NOT NULL
);;
INSERT INTO comment_months
SELECT min(id), max(id), month FROM (
    SELECT id, month, id - row_number() OVER (PARTITION BY month ORDER BY id) AS run
    FROM (SELECT id, substr(published, 1, 7) AS month FROM comments WHERE published > '')
) GROUP BY month, run;;
CREATE TRIGGER comment_months_insert AFTER INSERT ON comments WHEN new.published > '' BEGIN {_ENTER} END;;
CREATE TRIGGER comment_months_delete AFTER DELETE ON comments BEGIN {_LEAVE} END;;
CREATE TRIGGER comment_months_update AFTER UPDATE OF published ON comments
WHEN substr(old.published, 1, 7) IS NOT substr(new.published, 1, 7) BEGIN {_LEAVE} {_ENTER} END
"""
