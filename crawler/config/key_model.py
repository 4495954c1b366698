"""Models of the tables of backissue.toml: which keys there are, of what type, and with what meaning.

A table is a msgspec struct with a field for each key. `Annotated` adds what a message, the JSON Schema and
the reference need. From the same models come the reader, `backissue config schema` and docs/reference.md.
Does not: know the meaning of any key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

Check = Callable[[str], str]
"""Function that returns the canonical form of a text. Raises ValueError with the reason, perhaps empty."""


class KeyTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the models; an absent key has its default, None where it has no other."""


@dataclass(frozen=True, slots=True)
class KeyNote:
    """What messages and documents need to know of a key.

    `expected` completes "expected …"; `choices` are the values of a text or of a list, empty where any value
    is possible. A `secret` value is not repeated in a message.
    """

    meaning: str
    expected: str
    check: Check | None = None
    choices: Sequence[str] = ()
    default: Any = None
    secret: bool = False


def described_key(
    meaning: str,
    expected: str,
    *,
    check: Check | None = None,
    default: Any = None,
    secret: bool = False,
    **limits: Any,
) -> msgspec.Meta:
    """Return the annotation of a key.

    `default` is for documents, where the model's own default is None or empty. `limits` are those of
    `msgspec.Meta`, such as ge.
    """
    note = KeyNote(meaning, expected, check, default=default, secret=secret)
    return _meta(note, **limits)


def choice(meaning: str, choices: Sequence[str], *, default: Any = None) -> msgspec.Meta:
    """Return the annotation of a key with one of some values."""
    note = KeyNote(meaning, f"one of {', '.join(choices)}", choices=choices, default=default)
    return _meta(note)


def choices(meaning: str, choices: Sequence[str], *, default: Any = None) -> msgspec.Meta:
    """Return the annotation of a key with a list of some values."""
    note = KeyNote(meaning, f"a list of {', '.join(choices)}", choices=choices, default=default)
    return _meta(note)


def described_number(meaning: str, most: int, *, default: Any = None) -> msgspec.Meta:
    """Return the annotation of a key with a whole number from 1 to `most`."""
    return described_key(meaning, f"a whole number from 1 to {most:,}", default=default, ge=1, le=most)


def truth(meaning: str, *, default: Any = None) -> msgspec.Meta:
    """Return the annotation of a key that is true or false."""
    return described_key(meaning, "true or false", default=default)


def _meta(note: KeyNote, **limits: Any) -> msgspec.Meta:
    return msgspec.Meta(extra={"note": note}, **limits)


@cache
def key_notes(model: type[KeyTable]) -> dict[str, KeyNote]:
    """Return the notes of all keys of a model, by their names and in its order."""
    hints = get_type_hints(model, include_extras=True)
    return {name: _note_of(hints[name]) for name in model.__struct_fields__}


def key_names(model: type[KeyTable]) -> tuple[str, ...]:
    """Return the names of a model's keys, in its order."""
    return model.__struct_fields__


def _note_of(hint: Any) -> KeyNote:
    """Return the note of a field, which may be in a union with None. Raises TypeError without one."""
    for part in (hint, *get_args(hint)):
        if get_origin(part) is Annotated:
            note: KeyNote = part.__metadata__[0].extra["note"]
            return note
    raise TypeError(f"{hint} has no described_key(…)")
