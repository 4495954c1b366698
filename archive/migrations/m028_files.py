"""Embedded things of articles, and the files that articles show or link."""

SQL = """
CREATE TABLE embeds (
    article_id INTEGER NOT NULL REFERENCES articles(id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    host TEXT NOT NULL,
    PRIMARY KEY (article_id, position)
);;
CREATE INDEX embeds_kind ON embeds(kind, host);;
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL REFERENCES sources(name),
    url TEXT NOT NULL,
    kind TEXT NOT NULL,
    digest TEXT,
    size INTEGER,
    content_type TEXT,
    etag TEXT,
    last_modified TEXT,
    status INTEGER,
    reason TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    version_count INTEGER NOT NULL DEFAULT 0,
    first_fetched TEXT,
    fetched_at TEXT,
    changed_at TEXT,
    due_at TEXT,
    UNIQUE (source, url)
);;
CREATE INDEX files_due ON files(source, due_at);;
CREATE INDEX files_digest ON files(digest);;
CREATE TABLE file_versions (
    file_id INTEGER NOT NULL REFERENCES files(id),
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    content_type TEXT,
    since TEXT NOT NULL,
    until TEXT NOT NULL,
    PRIMARY KEY (file_id, version)
);;
CREATE INDEX file_versions_digest ON file_versions(digest);;
CREATE TABLE article_files (
    article_id INTEGER NOT NULL REFERENCES articles(id),
    position INTEGER NOT NULL,
    file_id INTEGER NOT NULL REFERENCES files(id),
    PRIMARY KEY (article_id, position)
);;
CREATE INDEX article_files_file ON article_files(file_id);;
CREATE TRIGGER articles_image_inserted AFTER INSERT ON articles WHEN new.image GLOB 'http*' BEGIN
    INSERT OR IGNORE INTO files (source, url, kind) VALUES (new.source, new.image, 'image');
    INSERT OR REPLACE INTO article_files
        SELECT new.id, -1, id FROM files WHERE source = new.source AND url = new.image;
END;;
CREATE TRIGGER articles_image_updated AFTER UPDATE OF image ON articles
WHEN new.image IS NOT old.image BEGIN
    DELETE FROM article_files WHERE article_id = new.id AND position = -1;
    INSERT OR IGNORE INTO files (source, url, kind)
        SELECT new.source, new.image, 'image' WHERE new.image GLOB 'http*';
    INSERT OR REPLACE INTO article_files
        SELECT new.id, -1, id FROM files WHERE source = new.source AND url = new.image;
END;;
INSERT OR IGNORE INTO files (source, url, kind)
    SELECT source, image, 'image' FROM articles WHERE image GLOB 'http*';;
INSERT OR REPLACE INTO article_files
    SELECT articles.id, -1, files.id FROM articles
    JOIN files ON files.source = articles.source AND files.url = articles.image
"""
