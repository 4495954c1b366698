"""Triggers of the indexes of substrings that ask first whether a text can be of another script at all.

The test of scripts (m022) looks at each character, and takes longer than the index of words does. A text of
ASCII alone, of as many characters as bytes, is passed over at once; one that has nothing beyond Latin letters
and general punctuation, at half the price. What is in the indexes is the same.
"""

_SCRIPT = "GLOB '*[Ͱ-῿Ⰰ-퟿豈-﷿ﹰ-﻾＀-￯𠀀-𳿿]*'"
_BEYOND_LATIN = "GLOB '*[^\x01-ͯ\u2000-⯿]*'"
_FOREIGN = "coalesce({language}, 'en') NOT LIKE 'en%'"
_ARTICLE_TEXT = "coalesce({row}.title, '') || ' ' || coalesce({row}.text, '') || '  '"
_COMMENT_TEXT = "coalesce({row}.text, '') || '  '"


def _of_script(text: str) -> str:
    return f"(length({text}) < length(CAST({text} AS BLOB)) AND {text} {_BEYOND_LATIN} AND {text} {_SCRIPT})"


def _article_in(row: str) -> str:
    language = _FOREIGN.format(language=f"{row}.language")
    return f"({_of_script(f'({_ARTICLE_TEXT.format(row=row)})')} OR {language})"


def _comment_in(row: str) -> str:
    language = f"(SELECT {_FOREIGN.format(language='language')} FROM articles WHERE id = {row}.article_id)"
    return f"({_of_script(f'{row}.text')} OR {language})"


def _enter(index: str, row: str, text: str, is_in: str) -> str:
    return f"INSERT INTO {index}(rowid, text) SELECT {row}.id, {text.format(row=row)} WHERE {is_in}"


def _leave(index: str, row: str, text: str, is_in: str) -> str:
    return (
        f"INSERT INTO {index}({index}, rowid, text)"
        f" SELECT 'delete', {row}.id, {text.format(row=row)} WHERE {is_in}"
    )


_A, _C = "articles_substrings", "comments_substrings"

SQL = f"""
DROP TRIGGER {_A}_insert;;
DROP TRIGGER {_A}_delete;;
DROP TRIGGER {_A}_update;;
DROP TRIGGER {_C}_insert;;
DROP TRIGGER {_C}_delete;;
DROP TRIGGER {_C}_update;;
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
