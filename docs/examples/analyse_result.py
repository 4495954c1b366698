"""Ask a result of `backissue reextract` with DuckDB: python analyse_result.py RESULT

It prints three tables: readers' comments by month, the articles that were discussed most, and how many hours
after an article its comments came. DuckDB reads the Parquet files as they are, also many of them, and larger
ones than the memory.
"""

import sys
from pathlib import Path

import duckdb

RESULT = Path(sys.argv[1] if len(sys.argv) > 1 else "result")

db = duckdb.connect()
for table in ("records", "articles", "comments", "problems"):
    db.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{RESULT}/{table}/*.parquet')")

# A comment is told by several pages (REST, the page, feeds); it counts once, as the first of them says.
db.execute(
    """CREATE TEMP TABLE thread AS
    SELECT comment.source, comment.id, any_value(comment.author) AS author,
        any_value(try_cast(comment.published AS TIMESTAMP)) AS written,
        any_value(article.title) AS title, any_value(try_cast(article.published AS TIMESTAMP)) AS published
    FROM comments AS comment
    JOIN (SELECT source, post_id, any_value(title) AS title, any_value(published) AS published
        FROM articles WHERE post_id IS NOT NULL GROUP BY ALL) AS article
        ON article.source = comment.source AND article.post_id = comment.post_id
    WHERE comment.id IS NOT NULL AND comment.kind = 'comment'
    GROUP BY comment.source, comment.id"""
)

print("Comments by month")
months = "SELECT strftime(written, '%Y-%m') AS month, count(*) AS comments FROM thread GROUP BY 1 ORDER BY 1"
print(db.sql(months))

print("Discussed most")
print(
    db.sql(
        """SELECT title, count(*) AS comments, count(DISTINCT author) AS people
        FROM thread GROUP BY ALL ORDER BY comments DESC, title LIMIT 10"""
    )
)

print("Hours after the article")
print(
    db.sql(
        """SELECT quantile_cont(date_diff('minute', published, written) / 60, [0.25, 0.5, 0.75]) AS quartiles
        FROM thread WHERE written >= published"""
    )
)
