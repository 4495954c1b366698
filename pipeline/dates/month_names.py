"""The names of months, and other words of dates, in many languages.

Knows dateparser's tables; it parses nothing itself.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_COMMON = ("de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "tr", "ru")


@lru_cache(maxsize=64)
def names(tongue: str) -> dict[str, tuple[str, ...]]:
    """dateparser's words of one language."""
    try:
        info = import_module(f"dateparser.data.date_translation_data.{tongue}").info
    except ImportError:
        return {}
    return {
        key: tuple(words)
        for key, words in info.items()
        if isinstance(words, list) and all(isinstance(w, str) for w in words)
    }


@lru_cache(maxsize=64)
def numbers(tongue: str) -> dict[str, int]:
    """Month names of one language and of English; of no language: those of many."""
    table: dict[str, int] = {}
    for source in ("en", tongue) if tongue else _COMMON:
        words = names(source)
        for number, month in enumerate(MONTHS, 1):
            for word in words.get(month, ()):
                table[word.lower().rstrip(".")] = number
    return table


def tongue(language: str | None) -> str:
    """The bare language of a tag such as de-AT; English where there is none."""
    tongue = (language or "en").replace("_", "-").split("-")[0].lower()
    return tongue if re.fullmatch(r"[a-z]{2,3}", tongue) else "en"


def month_first(language: str | None) -> bool:
    """Americans write the month first; so does a page that names no language."""
    known = (language or "en").replace("_", "-").lower()
    return known in ("en", "en-us", "en-ph", "fil")
