"""Which text each article has, as a digest with its proof, and the texts that were refused at an address."""

SQL = """
CREATE TABLE text_digests (
    article_id INTEGER PRIMARY KEY NOT NULL REFERENCES articles(id),
    source TEXT NOT NULL REFERENCES sources(name),
    digest TEXT NOT NULL,
    proof TEXT NOT NULL
);;
CREATE INDEX text_digests_digest ON text_digests(source, digest);;
CREATE TRIGGER text_digests_forget AFTER UPDATE OF text ON articles WHEN new.text IS NOT old.text BEGIN
    DELETE FROM text_digests WHERE article_id = new.id;
END;;
CREATE TABLE refused_texts (
    source TEXT NOT NULL REFERENCES sources(name),
    url TEXT NOT NULL,
    digest TEXT NOT NULL,
    reason TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    PRIMARY KEY (source, url)
) WITHOUT ROWID;;
CREATE INDEX refused_texts_digest ON refused_texts(source, digest);;
CREATE INDEX articles_title ON articles(source, title)
"""
