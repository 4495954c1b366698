"""What an operator asks: the clock's plan, results of checks, and sums for which no rows need be counted."""

_ADD = """
    INSERT INTO run_totals VALUES (
        new.source, new.outcome, 1,
        coalesce(strftime('%s', new.ended_at) - strftime('%s', new.started_at), 0),
        new.requests, new.bytes, new.articles_new, new.articles_changed,
        new.comments_new, new.comments_changed, new.gone
    ) ON CONFLICT DO UPDATE SET
        runs = runs + 1,
        seconds = seconds + excluded.seconds,
        requests = requests + excluded.requests,
        bytes = bytes + excluded.bytes,
        articles_new = articles_new + excluded.articles_new,
        articles_changed = articles_changed + excluded.articles_changed,
        comments_new = comments_new + excluded.comments_new,
        comments_changed = comments_changed + excluded.comments_changed,
        gone = gone + excluded.gone;
"""

SQL = f"""
ALTER TABLE sources ADD COLUMN schedule TEXT;;
ALTER TABLE sources ADD COLUMN next_run TEXT;;
CREATE TABLE checks (
    name TEXT PRIMARY KEY NOT NULL,
    at TEXT NOT NULL,
    ok INTEGER NOT NULL,
    sentence TEXT NOT NULL
);;
CREATE TABLE run_totals (
    source TEXT NOT NULL REFERENCES sources(name),
    outcome TEXT NOT NULL,
    runs INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    articles_new INTEGER NOT NULL,
    articles_changed INTEGER NOT NULL,
    comments_new INTEGER NOT NULL,
    comments_changed INTEGER NOT NULL,
    gone INTEGER NOT NULL,
    PRIMARY KEY (source, outcome)
);;
INSERT INTO run_totals
SELECT source, outcome, count(*),
    coalesce(sum(strftime('%s', ended_at) - strftime('%s', started_at)), 0), sum(requests), sum(bytes),
    sum(articles_new), sum(articles_changed), sum(comments_new), sum(comments_changed), sum(gone)
FROM runs WHERE outcome IS NOT NULL GROUP BY source, outcome;;
CREATE TRIGGER run_totals_insert AFTER INSERT ON runs WHEN new.outcome IS NOT NULL BEGIN {_ADD} END;;
CREATE TRIGGER run_totals_update AFTER UPDATE ON runs WHEN new.outcome IS NOT NULL BEGIN {_ADD} END;;
CREATE TRIGGER run_totals_take_back AFTER UPDATE ON runs WHEN old.outcome IS NOT NULL BEGIN
    UPDATE run_totals SET
        runs = runs - 1,
        seconds = seconds - coalesce(strftime('%s', old.ended_at) - strftime('%s', old.started_at), 0),
        requests = requests - old.requests,
        bytes = bytes - old.bytes,
        articles_new = articles_new - old.articles_new,
        articles_changed = articles_changed - old.articles_changed,
        comments_new = comments_new - old.comments_new,
        comments_changed = comments_changed - old.comments_changed,
        gone = gone - old.gone
    WHERE source = old.source AND outcome = old.outcome;
END;;
CREATE INDEX runs_outcome ON runs(source, outcome);;
CREATE INDEX runs_newest ON runs(source);;
CREATE INDEX runs_reading ON runs(source) WHERE pages_read > 0;;
CREATE INDEX articles_held ON articles(source, comment_count, last_comment, gone_at);;
CREATE INDEX articles_unread ON articles(source) WHERE text IS NULL;;
CREATE INDEX comments_removed ON comments(source) WHERE gone_at IS NOT NULL;;
CREATE INDEX problems_open ON problems(source, code) WHERE ended_at IS NULL
"""
