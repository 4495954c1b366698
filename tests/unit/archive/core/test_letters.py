"""The same words in other letters are no edit, and other words are one."""

from __future__ import annotations

import pytest

from archive.core.letters import is_cut, is_garbled, plain_letters

BEFORE = "Le conseil du port s’est réuni mardi soir pour régler la question des lampes de l’été."
CYRILLIC = "Совет порта собрался во вторник вечером, чтобы решить вопрос о фонарях."
ALIKE = [
    ("réuni", "re\u0301uni"),
    ("harbour", "har\xadbour"),
    ("winters", "win\u200bters\ufeff"),
    ("He said “no” – and went…", 'He said "no" -- and went...'),
    ("nine lamps", "nine\xa0lamps"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_forms_of_one_text_are_alike(one: str, other: str) -> None:
    assert plain_letters(one) == plain_letters(other)


@pytest.mark.parametrize("text", [BEFORE, CYRILLIC])
@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
def test_text_in_a_wrong_charset_is_garbled(text: str, wrong: str) -> None:
    after = text.encode().decode(wrong, "replace")
    assert is_garbled(text, after)
    assert not is_garbled(after, text)


@pytest.mark.parametrize("text", [BEFORE, CYRILLIC])
def test_text_with_question_marks_for_letters_is_garbled(text: str) -> None:
    assert is_garbled(text, text.encode("ascii", "replace").decode())
    assert is_garbled(text, text.encode().decode("ascii", "replace"))


@pytest.mark.parametrize("word", ["café", "Zoë", "été à Nîmes"])
def test_title_with_a_question_mark_at_the_end_of_a_word_is_garbled(word: str) -> None:
    title = f"The long {word} of the harbour"
    assert is_garbled(title, title.encode("ascii", "replace").decode())
    assert not is_garbled(title, f"The long {word} of the harbour?")
    assert not is_garbled("Is it over…", "Is it over?")


@pytest.mark.parametrize("text", ["Fish & chips", "He said “no”", "a < b"])
def test_text_that_is_escaped_twice_is_garbled(text: str) -> None:
    twice = text.replace("&", "&amp;").replace("“", "&#8220;").replace("”", "&rdquo;").replace("<", "&lt;")
    assert is_garbled(text, twice)
    assert not is_garbled(text, twice.replace("s", "z") + " more")
    assert not is_garbled(twice, text)


@pytest.mark.parametrize(
    "after",
    [
        BEFORE.replace("mardi", "jeudi"),
        BEFORE.replace("é", "e"),
        BEFORE + " Âge d’or.",
        "What?? Nobody came to the harbour.",
    ],
)
def test_other_words_are_not_garbled(after: str) -> None:
    assert not is_garbled(BEFORE, after)


LONG = (
    "They were never dark in our street, and whoever says otherwise has not walked there at night in winter."
)


@pytest.mark.parametrize(
    "end", ["…", " ...", " […]", "… Read more", "... Show full comment", "… (read more)"]
)
def test_beginning_with_an_ellipsis_is_cut(end: str) -> None:
    assert is_cut(LONG, LONG[:60] + end)


@pytest.mark.parametrize("after", [LONG[:60], LONG[:60] + "… and so on", "Never mind…", LONG[:95] + "…"])
def test_other_ends_are_not_cut(after: str) -> None:
    assert not is_cut(LONG, after)
