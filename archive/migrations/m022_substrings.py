"""An index of substrings, for texts whose words the index of words does not divide or bend.

Chinese, Japanese and Thai write no spaces, Korean and Arabic join particles to words, German compounds them.
Only texts in another script than Latin, or of an article in another language than English, are in it, so it
costs nothing elsewhere. It keeps groups of three characters without positions; two spaces at the end let the
last two characters begin a group too.
"""

_SCRIPT = "GLOB '*[Ͱ-῿Ⰰ-퟿豈-﷿ﹰ-﻾＀-￯𠀀-𳿿]*'"
_FOREIGN = "coalesce({language}, 'en') NOT LIKE 'en%'"
_ARTICLE_TEXT = "coalesce({row}.title, '') || ' ' || coalesce({row}.text, '') || '  '"
_COMMENT_TEXT = "coalesce({row}.text, '') || '  '"


def _article_in(row: str) -> str:
    language = _FOREIGN.format(language=f"{row}.language")
    return f"(({_ARTICLE_TEXT.format(row=row)}) {_SCRIPT} OR {language})"


def _comment_in(row: str) -> str:
    language = f"(SELECT {_FOREIGN.format(language='language')} FROM articles WHERE id = {row}.article_id)"
    return f"({row}.text {_SCRIPT} OR {language})"


def _enter(index: str, row: str, text: str, is_in: str) -> str:
    return f"INSERT INTO {index}(rowid, text) SELECT {row}.id, {text.format(row=row)} WHERE {is_in}"


def _leave(index: str, row: str, text: str, is_in: str) -> str:
    return (
        f"INSERT INTO {index}({index}, rowid, text)"
        f" SELECT 'delete', {row}.id, {text.format(row=row)} WHERE {is_in}"
    )


_A, _C = "articles_substrings", "comments_substrings"
_BELOW = f"FROM comments WHERE article_id = new.id AND NOT coalesce(text {_SCRIPT}, 0) AND "
_WAS, _IS = (_FOREIGN.format(language=f"{row}.language") for row in ("old", "new"))

SQL = f"""
CREATE VIEW {_A}_texts AS
SELECT id, {_ARTICLE_TEXT.format(row="articles")} AS text FROM articles WHERE {_article_in("articles")};;
CREATE VIEW {_C}_texts AS
SELECT id, {_COMMENT_TEXT.format(row="comments")} AS text FROM comments WHERE {_comment_in("comments")};;
CREATE VIRTUAL TABLE {_A} USING fts5(
    text, content='{_A}_texts', content_rowid='id', tokenize='trigram', detail=none
);;
CREATE VIRTUAL TABLE {_C} USING fts5(
    text, content='{_C}_texts', content_rowid='id', tokenize='trigram', detail=none
);;
INSERT INTO {_A}(rowid, text) SELECT id, text FROM {_A}_texts;;
INSERT INTO {_C}(rowid, text) SELECT id, text FROM {_C}_texts;;
CREATE TRIGGER {_A}_insert AFTER INSERT ON articles BEGIN
    {_enter(_A, "new", _ARTICLE_TEXT, _article_in("new"))};
END;;
CREATE TRIGGER {_A}_delete AFTER DELETE ON articles BEGIN
    {_leave(_A, "old", _ARTICLE_TEXT, _article_in("old"))};
END;;
CREATE TRIGGER {_A}_update AFTER UPDATE OF title, text, language ON articles
WHEN old.title IS NOT new.title OR old.text IS NOT new.text OR old.language IS NOT new.language BEGIN
    {_leave(_A, "old", _ARTICLE_TEXT, _article_in("old"))};
    {_enter(_A, "new", _ARTICLE_TEXT, _article_in("new"))};
END;;
CREATE TRIGGER {_C}_language AFTER UPDATE OF language ON articles WHEN ({_WAS}) IS NOT ({_IS}) BEGIN
    INSERT INTO {_C}({_C}, rowid, text) SELECT 'delete', id, coalesce(text, '') || '  ' {_BELOW} {_WAS};
    INSERT INTO {_C}(rowid, text) SELECT id, coalesce(text, '') || '  ' {_BELOW} {_IS};
END;;
CREATE TRIGGER {_C}_insert AFTER INSERT ON comments BEGIN
    {_enter(_C, "new", _COMMENT_TEXT, _comment_in("new"))};
END;;
CREATE TRIGGER {_C}_delete AFTER DELETE ON comments BEGIN
    {_leave(_C, "old", _COMMENT_TEXT, _comment_in("old"))};
END;;
CREATE TRIGGER {_C}_update AFTER UPDATE OF text, article_id ON comments
WHEN old.text IS NOT new.text OR old.article_id IS NOT new.article_id BEGIN
    {_leave(_C, "old", _COMMENT_TEXT, _comment_in("old"))};
    {_enter(_C, "new", _COMMENT_TEXT, _comment_in("new"))};
END
"""
