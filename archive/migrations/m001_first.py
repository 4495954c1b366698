"""The first schema: articles, comments, their versions, and the facts about pages and runs."""

SQL = """
CREATE TABLE sources (
    name TEXT PRIMARY KEY NOT NULL,
    url TEXT NOT NULL,
    title TEXT,
    first_seen TEXT NOT NULL
);;
CREATE TABLE articles (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES sources(name),
    post_id INTEGER,
    url TEXT NOT NULL,
    title TEXT,
    byline TEXT,
    published TEXT,
    modified TEXT,
    text TEXT,
    markdown TEXT,
    description TEXT,
    language TEXT,
    image TEXT,
    comments_stated INTEGER,
    comments_open INTEGER,
    comment_count INTEGER NOT NULL DEFAULT 0,
    last_comment TEXT,
    version_count INTEGER NOT NULL DEFAULT 1,
    first_seen TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    missed_at TEXT,
    gone_at TEXT,
    gone_how TEXT,
    origins TEXT NOT NULL DEFAULT '{}',
    UNIQUE (source, post_id)
);;
CREATE INDEX articles_months ON articles(published, comment_count, comments_stated);;
CREATE INDEX articles_waiting ON articles(published) WHERE text IS NULL;;
CREATE INDEX articles_edited ON articles(version_count) WHERE version_count > 1;;
CREATE INDEX articles_gone ON articles(gone_at, published) WHERE gone_at IS NOT NULL;;
CREATE INDEX articles_changed_at ON articles(changed_at);;
CREATE INDEX articles_last_comment ON articles(last_comment);;
CREATE INDEX articles_source_published ON articles(source, published);;
CREATE TABLE addresses (
    source TEXT NOT NULL REFERENCES sources(name),
    url TEXT NOT NULL,
    article_id INTEGER NOT NULL REFERENCES articles(id),
    first_seen TEXT NOT NULL,
    PRIMARY KEY (source, url)
);;
CREATE INDEX addresses_article ON addresses(article_id);;
CREATE TABLE authors (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);;
CREATE TABLE article_authors (
    article_id INTEGER NOT NULL REFERENCES articles(id),
    author_id INTEGER NOT NULL REFERENCES authors(id),
    position INTEGER NOT NULL,
    PRIMARY KEY (article_id, author_id)
);;
CREATE INDEX article_authors_author ON article_authors(author_id);;
CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('tag', 'category')),
    name TEXT NOT NULL,
    UNIQUE (kind, name)
);;
CREATE TABLE article_tags (
    article_id INTEGER NOT NULL REFERENCES articles(id),
    tag_id INTEGER NOT NULL REFERENCES tags(id),
    position INTEGER NOT NULL,
    PRIMARY KEY (article_id, tag_id)
);;
CREATE INDEX article_tags_tag ON article_tags(tag_id);;
CREATE TABLE links (
    article_id INTEGER NOT NULL REFERENCES articles(id),
    position INTEGER NOT NULL,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    PRIMARY KEY (article_id, position)
);;
CREATE INDEX links_host ON links(host);;
CREATE TABLE article_parts (
    article_id INTEGER NOT NULL REFERENCES articles(id),
    part INTEGER NOT NULL,
    text TEXT NOT NULL,
    markdown TEXT,
    PRIMARY KEY (article_id, part)
);;
CREATE TABLE comments (
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles(id),
    source TEXT NOT NULL REFERENCES sources(name),
    key TEXT NOT NULL,
    site_id TEXT,
    site_parent TEXT,
    parent_id INTEGER REFERENCES comments(id),
    kind TEXT NOT NULL CHECK (kind IN ('comment', 'pingback', 'trackback')),
    author TEXT,
    author_url TEXT,
    published TEXT,
    published_raw TEXT,
    text TEXT,
    html TEXT,
    permalink TEXT,
    depth INTEGER,
    position INTEGER,
    version_count INTEGER NOT NULL DEFAULT 1,
    first_seen TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    missed_at TEXT,
    gone_at TEXT,
    gone_how TEXT,
    origins TEXT NOT NULL DEFAULT '{}',
    UNIQUE (source, key)
);;
CREATE INDEX comments_article ON comments(article_id, published);;
CREATE INDEX comments_parent ON comments(parent_id);;
CREATE INDEX comments_site_parent ON comments(source, site_parent) WHERE parent_id IS NULL;;
CREATE INDEX comments_published ON comments(published);;
CREATE INDEX comments_author ON comments(author);;
CREATE INDEX comments_changed_at ON comments(changed_at);;
CREATE INDEX comments_edited ON comments(version_count) WHERE version_count > 1;;
CREATE INDEX comments_missed ON comments(source, missed_at) WHERE missed_at IS NOT NULL AND gone_at IS NULL;;
CREATE INDEX comments_gone ON comments(gone_at) WHERE gone_at IS NOT NULL;;
CREATE TABLE article_versions (
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles(id),
    version INTEGER NOT NULL,
    since TEXT NOT NULL,
    until TEXT NOT NULL,
    changed TEXT NOT NULL,
    cause TEXT NOT NULL,
    title TEXT,
    byline TEXT,
    published TEXT,
    modified TEXT,
    text TEXT,
    markdown TEXT,
    description TEXT,
    UNIQUE (article_id, version)
);;
CREATE INDEX article_versions_until ON article_versions(until);;
CREATE TABLE comment_versions (
    id INTEGER PRIMARY KEY,
    comment_id INTEGER NOT NULL REFERENCES comments(id),
    version INTEGER NOT NULL,
    since TEXT NOT NULL,
    until TEXT NOT NULL,
    changed TEXT NOT NULL,
    cause TEXT NOT NULL,
    site_parent TEXT,
    author TEXT,
    author_url TEXT,
    published TEXT,
    text TEXT,
    html TEXT,
    UNIQUE (comment_id, version)
);;
CREATE INDEX comment_versions_until ON comment_versions(until);;
CREATE TABLE visits (
    source TEXT NOT NULL REFERENCES sources(name),
    url TEXT NOT NULL,
    kind TEXT NOT NULL,
    article_id INTEGER REFERENCES articles(id),
    status INTEGER NOT NULL,
    first_fetched TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    good_at TEXT,
    changed_at TEXT,
    times INTEGER NOT NULL DEFAULT 1,
    failures INTEGER NOT NULL DEFAULT 0,
    etag TEXT,
    last_modified TEXT,
    lastmod TEXT,
    PRIMARY KEY (source, url)
);;
CREATE INDEX visits_article ON visits(article_id);;
CREATE INDEX visits_fetched_at ON visits(fetched_at);;
CREATE TABLE problems (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES sources(name),
    url TEXT NOT NULL,
    code TEXT NOT NULL,
    field TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL,
    article_id INTEGER REFERENCES articles(id),
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    ended_at TEXT,
    UNIQUE (source, url, code, field)
);;
CREATE INDEX problems_article ON problems(article_id);;
CREATE TABLE cursors (
    source TEXT NOT NULL REFERENCES sources(name),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (source, name)
);;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES sources(name),
    trigger TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    outcome TEXT,
    requests INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    articles_new INTEGER NOT NULL DEFAULT 0,
    articles_changed INTEGER NOT NULL DEFAULT 0,
    comments_new INTEGER NOT NULL DEFAULT 0,
    comments_changed INTEGER NOT NULL DEFAULT 0,
    missed INTEGER NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0,
    problems INTEGER NOT NULL DEFAULT 0,
    sentence TEXT
);;
CREATE INDEX runs_source ON runs(source, started_at);;
CREATE VIRTUAL TABLE articles_fts USING fts5(
    title, byline, text,
    content='articles', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);;
CREATE TRIGGER articles_fts_insert AFTER INSERT ON articles BEGIN
    INSERT INTO articles_fts(rowid, title, byline, text) VALUES (new.id, new.title, new.byline, new.text);
END;;
CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles BEGIN
    INSERT INTO articles_fts(articles_fts, rowid, title, byline, text)
    VALUES ('delete', old.id, old.title, old.byline, old.text);
END;;
CREATE TRIGGER articles_fts_update AFTER UPDATE OF title, byline, text ON articles
WHEN old.title IS NOT new.title OR old.byline IS NOT new.byline OR old.text IS NOT new.text BEGIN
    INSERT INTO articles_fts(articles_fts, rowid, title, byline, text)
    VALUES ('delete', old.id, old.title, old.byline, old.text);
    INSERT INTO articles_fts(rowid, title, byline, text) VALUES (new.id, new.title, new.byline, new.text);
END;;
CREATE VIRTUAL TABLE comments_fts USING fts5(
    author, text,
    content='comments', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);;
CREATE TRIGGER comments_fts_insert AFTER INSERT ON comments BEGIN
    INSERT INTO comments_fts(rowid, author, text) VALUES (new.id, new.author, new.text);
END;;
CREATE TRIGGER comments_fts_delete AFTER DELETE ON comments BEGIN
    INSERT INTO comments_fts(comments_fts, rowid, author, text)
    VALUES ('delete', old.id, old.author, old.text);
END;;
CREATE TRIGGER comments_fts_update AFTER UPDATE OF author, text ON comments
WHEN old.author IS NOT new.author OR old.text IS NOT new.text BEGIN
    INSERT INTO comments_fts(comments_fts, rowid, author, text)
    VALUES ('delete', old.id, old.author, old.text);
    INSERT INTO comments_fts(rowid, author, text) VALUES (new.id, new.author, new.text);
END
"""
