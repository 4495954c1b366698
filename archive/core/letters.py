"""Letters that mean the same, and letters that were garbled on their way. Pure.

Does not: decide what is an edit; `change_detection` and `text_blocks` do.
Invariant: texts with different ASCII letters or digits are neither alike nor garbled, unless a third of one
is question marks.
"""

from __future__ import annotations

import html
import re
import unicodedata

_TYPOGRAPHY = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\xa0": " "}
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_SPACED = "A-Za-zÀÁÄ-ÏÑ-ÖØ-öø-\u024f\u0300-\u036f\u0370-\u052f\u1e00-\u1fff"
"""Letters of scripts that put spaces between words, without those that begin an "í" decoded wrongly."""
_BREAKS = re.compile(
    "(?<![^\n])\u00ad+(?:\n+|\\Z)"  # a line of nothing else
    "| \u00ad+(?= |\\Z)"
    f"|(?<=[{_SPACED}])[\u00ad\u200b\u2060\ufeff]+(?=[{_SPACED}])"
    "|(?<![ÃÂÐ])\u00ad"
)
_HIDDEN = ("\u00ad", "\u200b", "\u2060", "\ufeff")
_DASHES = re.compile(r"-{2,3}")
_GARBLED = re.compile(r"\ufffd|[ÃÂâÐÑ][\x80-\xbf\u0152-\u2122]|(?<=\w)\?+(?=\w)|\?{2,}")
_MARKS = re.compile(r"[^\x00-\x3e\x40-\x7f]+")  # "?", and all that is not ASCII
_REFERENCE = re.compile(r"&(?:\w{2,8}|#\d{2,7}|#x[0-9a-fA-F]{2,6});")
_OTHERS = re.compile(r"[^A-Za-z0-9]+")
_LOST = 1 / 3
"""Share of question marks from which on a text was lost on its way, whatever its letters are."""
_STARRED = re.compile(
    r"(\W*?\w?)(?:[*•●█■✱∗＊#]{2,}|\[(?:removed|censored|deleted|redacted)\])(\w?\W*?)", re.IGNORECASE
)
_LONGEST_WORD = 60
"""Characters of a word with stars; of a longer one, the stars could be divided in too many ways."""
_CUT = re.compile(
    r"^(.{40,}?)\s*\[?(?:…|\.\.\.)\]?\W{0,4}(?:(?:read|show|view|see|click)\W.{0,40})?$",
    re.DOTALL | re.IGNORECASE,
)
_REST = 20  # characters that a text which was cut has more, at least


def plain_letters(text: str) -> str:
    """Return a text in one form of Unicode, without typography and invisible characters."""
    composed = unicodedata.normalize("NFC", text)
    plain = _INVISIBLE.sub("", composed).translate(_TYPOGRAPHY)
    return _DASHES.sub("-", plain)


def without_word_breaks(text: str) -> str:
    """Return a text without the invisible places at which a browser may break a word.

    Those are soft hyphens, and spaces without width inside words. In scripts without spaces the latter divide
    words, and stay.
    """
    if text.isascii() or not any(mark in text for mark in _HIDDEN):
        return text
    return _BREAKS.sub("", text)


def is_garbled(before: str, after: str) -> bool:
    """True if a text is another one that was decoded wrongly: "Ã©" or "?" in the place of "é".

    So is one that was escaped twice: "&amp;" in the place of "&".
    """
    if _is_questioned(before, after) or _is_escaped(before, after):
        return True
    if not _GARBLED.search(after) or _GARBLED.search(before):
        return False
    lost = after.count("?") + after.count("\ufffd")
    letters = "".join(after.split())
    if lost >= _LOST * len(letters):
        return True
    return _OTHERS.sub("", before) == _OTHERS.sub("", after)


def _is_questioned(before: str, after: str) -> bool:
    """True if question marks stand where a text has other letters than ASCII."""
    if "?" not in after and "\ufffd" not in after:
        return False
    others = [letter for letter in before if not letter.isascii()]
    if not any(map(str.isalpha, others)):
        return False
    if not after.replace("\ufffd", "").isascii():
        return False
    return _MARKS.sub("?", before) == _MARKS.sub("?", after)


def _is_escaped(before: str, after: str) -> bool:
    """True if a text shows character references of another one."""
    if not _REFERENCE.search(after) or len(after) <= len(before):
        return False
    return plain_letters(html.unescape(after)) == plain_letters(before)


def is_starred(before: str, after: str) -> bool:
    """True if a text has stars or the like in the place of words of another one: "r**e" for "rope".

    All other words have to be the same.
    """
    words, shown = before.split(), after.split()
    if len(words) != len(shown):
        return False
    differing = [pair for pair in zip(words, shown, strict=True) if pair[0] != pair[1]]
    return bool(differing) and all(_is_starred_word(word, star) for word, star in differing)


def _is_starred_word(word: str, shown: str) -> bool:
    """True if a word is shown with its first and last letters at most."""
    if max(len(word), len(shown)) > _LONGEST_WORD:
        return False
    found = _STARRED.fullmatch(shown)
    if found is None or not any(map(str.isalpha, word)) or _STARRED.fullmatch(word):
        return False
    return word.startswith(found[1]) and word.endswith(found[2])


def is_cut(before: str, after: str) -> bool:
    """True if a text is the beginning of another one, with an ellipsis and perhaps "Read more"."""
    found = _CUT.match(after)
    if found is None or len(before) < len(found[1]) + _REST:
        return False
    return plain_letters(before).startswith(plain_letters(found[1]))
