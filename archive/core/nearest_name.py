"""The nearest name to a misspelt one, for the messages of errors."""

from __future__ import annotations

from collections.abc import Iterable

_CLOSE = 0.8
"""Similarity of one slip; a part of a name that is so close is nearer than a whole name that is less."""


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return a suggestion such as " (did you mean “url”?)", or ""."""
    from difflib import get_close_matches  # noqa: PLC0415  (slow to import, and only errors need it)

    names = {name.casefold(): name for name in choices}
    wanted = word.casefold()
    found = (
        get_close_matches(wanted, names, n=1, cutoff=_CLOSE)
        or _parts(wanted, names)
        or get_close_matches(wanted, names, n=1, cutoff=0.6)
    )
    if found and names[found[0]] != word:
        return f" (did you mean “{names[found[0]]}”?)"
    return ""


def _parts(word: str, names: Iterable[str]) -> list[str]:
    """Return the first name with a similar part, in a list."""
    from difflib import get_close_matches  # noqa: PLC0415

    for name in names:
        if get_close_matches(word, name.split(), n=1, cutoff=_CLOSE):
            return [name]
    return []
