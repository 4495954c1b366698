"""What happened to things: a ledger, the states of each moment as views, and a search over past wording."""

SQL = """
ALTER TABLE article_versions ADD COLUMN image TEXT;;
ALTER TABLE article_versions ADD COLUMN tags TEXT;;
ALTER TABLE article_versions ADD COLUMN categories TEXT;;
ALTER TABLE article_versions ADD COLUMN links TEXT;;
CREATE INDEX articles_url ON articles(source, url);;
UPDATE articles SET gone_how = 'removed' WHERE gone_how LIKE 'status %';;
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('edited', 'removed', 'redirected', 'returned', 'moved')),
    source TEXT NOT NULL REFERENCES sources(name),
    article_id INTEGER NOT NULL REFERENCES articles(id),
    comment_id INTEGER REFERENCES comments(id),
    version INTEGER,
    since TEXT,
    how TEXT,
    old_url TEXT,
    new_url TEXT
);;
INSERT INTO events (at, kind, source, article_id, comment_id, version, since, how)
SELECT until AS at, 'edited', source, article_id, NULL, version, since, NULL
FROM article_versions JOIN articles ON articles.id = article_id WHERE cause = 'edited'
UNION ALL
SELECT until, 'edited', source, article_id, comment_id, version, since, NULL
FROM comment_versions JOIN comments ON comments.id = comment_id WHERE cause = 'edited'
UNION ALL
SELECT gone_at, 'removed', source, id, NULL, NULL, missed_at, gone_how
FROM articles WHERE gone_at IS NOT NULL
UNION ALL
SELECT gone_at, 'removed', source, article_id, id, NULL, missed_at, gone_how
FROM comments WHERE gone_at IS NOT NULL
ORDER BY at;;
CREATE INDEX events_article ON events(article_id, kind, at) WHERE comment_id IS NULL;;
CREATE INDEX events_comment ON events(comment_id, kind, at) WHERE comment_id IS NOT NULL;;
CREATE INDEX events_at ON events(at) WHERE how IS NOT 'article gone';;
CREATE INDEX events_kind ON events(kind, at) WHERE how IS NOT 'article gone';;
CREATE INDEX events_source ON events(source, at) WHERE how IS NOT 'article gone';;
CREATE VIEW article_shown AS
SELECT id AS article_id, first_seen AS since,
    (SELECT min(at) FROM events WHERE article_id = articles.id AND comment_id IS NULL
        AND kind IN ('removed', 'redirected')) AS until
FROM articles
UNION ALL
SELECT article_id, at,
    (SELECT min(at) FROM events AS later WHERE later.article_id = events.article_id
        AND later.comment_id IS NULL AND later.kind IN ('removed', 'redirected') AND later.at > events.at)
FROM events WHERE kind = 'returned' AND comment_id IS NULL;;
CREATE VIEW comment_shown AS
SELECT id AS comment_id, article_id, first_seen AS since,
    (SELECT min(at) FROM events WHERE comment_id = comments.id AND kind = 'removed') AS until
FROM comments
UNION ALL
SELECT comments.id, comments.article_id, events.at,
    (SELECT min(at) FROM events AS later WHERE later.comment_id = events.comment_id
        AND later.kind = 'removed' AND later.at > events.at)
FROM comments JOIN events ON events.comment_id = comments.id AND events.kind = 'returned';;
CREATE VIEW article_states AS
SELECT said.article_id, version, max(said.since, shown.since) AS since,
    nullif(min(coalesce(said.until, '~'), coalesce(shown.until, '~')), '~') AS until,
    title, byline, published, modified, text, markdown, description, image, tags, categories, links
FROM (
    SELECT article_id, version, since, until, title, byline, published, modified, text, markdown, description,
        image, tags, categories, links
    FROM article_versions
    UNION ALL
    SELECT id, version_count, changed_at, NULL, title, byline, published, modified, text, markdown,
        description, image,
        (SELECT json_group_array(name) FROM (SELECT name FROM article_tags JOIN tags ON tags.id = tag_id
            WHERE article_id = articles.id AND kind = 'tag' ORDER BY position)),
        (SELECT json_group_array(name) FROM (SELECT name FROM article_tags JOIN tags ON tags.id = tag_id
            WHERE article_id = articles.id AND kind = 'category' ORDER BY position)),
        (SELECT json_group_array(url) FROM (SELECT url FROM links
            WHERE article_id = articles.id ORDER BY position))
    FROM articles
) AS said JOIN article_shown AS shown ON shown.article_id = said.article_id
WHERE said.since < coalesce(shown.until, '~') AND coalesce(said.until, '~') > shown.since;;
CREATE VIEW comment_states AS
SELECT said.comment_id, said.article_id, version, max(said.since, shown.since) AS since,
    nullif(min(coalesce(said.until, '~'), coalesce(shown.until, '~')), '~') AS until,
    kind, parent_id, author, author_url, published, text, html
FROM (
    SELECT comments.id AS comment_id, article_id, version, since, until, kind, parent_id,
        comment_versions.author, comment_versions.author_url, comment_versions.published,
        comment_versions.text, comment_versions.html
    FROM comments JOIN comment_versions ON comment_versions.comment_id = comments.id
    UNION ALL
    SELECT id, article_id, version_count, changed_at, NULL, kind, parent_id, author, author_url, published,
        text, html
    FROM comments
) AS said JOIN comment_shown AS shown
    ON shown.article_id = said.article_id AND shown.comment_id = said.comment_id
WHERE said.since < coalesce(shown.until, '~') AND coalesce(said.until, '~') > shown.since;;
CREATE VIRTUAL TABLE article_versions_fts USING fts5(
    title, byline, text,
    content='article_versions', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);;
CREATE TRIGGER article_versions_fts_insert AFTER INSERT ON article_versions BEGIN
    INSERT INTO article_versions_fts(rowid, title, byline, text)
    VALUES (new.id, new.title, new.byline, new.text);
END;;
CREATE TRIGGER article_versions_fts_delete AFTER DELETE ON article_versions BEGIN
    INSERT INTO article_versions_fts(article_versions_fts, rowid, title, byline, text)
    VALUES ('delete', old.id, old.title, old.byline, old.text);
END;;
CREATE TRIGGER article_versions_fts_update AFTER UPDATE OF title, byline, text ON article_versions
WHEN old.title IS NOT new.title OR old.byline IS NOT new.byline OR old.text IS NOT new.text BEGIN
    INSERT INTO article_versions_fts(article_versions_fts, rowid, title, byline, text)
    VALUES ('delete', old.id, old.title, old.byline, old.text);
    INSERT INTO article_versions_fts(rowid, title, byline, text)
    VALUES (new.id, new.title, new.byline, new.text);
END;;
INSERT INTO article_versions_fts(article_versions_fts) VALUES ('rebuild');;
CREATE VIRTUAL TABLE comment_versions_fts USING fts5(
    author, text,
    content='comment_versions', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);;
CREATE TRIGGER comment_versions_fts_insert AFTER INSERT ON comment_versions BEGIN
    INSERT INTO comment_versions_fts(rowid, author, text) VALUES (new.id, new.author, new.text);
END;;
CREATE TRIGGER comment_versions_fts_delete AFTER DELETE ON comment_versions BEGIN
    INSERT INTO comment_versions_fts(comment_versions_fts, rowid, author, text)
    VALUES ('delete', old.id, old.author, old.text);
END;;
CREATE TRIGGER comment_versions_fts_update AFTER UPDATE OF author, text ON comment_versions
WHEN old.author IS NOT new.author OR old.text IS NOT new.text BEGIN
    INSERT INTO comment_versions_fts(comment_versions_fts, rowid, author, text)
    VALUES ('delete', old.id, old.author, old.text);
    INSERT INTO comment_versions_fts(rowid, author, text) VALUES (new.id, new.author, new.text);
END;;
INSERT INTO comment_versions_fts(comment_versions_fts) VALUES ('rebuild')
"""
