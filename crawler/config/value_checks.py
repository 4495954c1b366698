"""Checks of values that no JSON Schema can express. Each returns the canonical text.

Each raises ValueError with the reason, which is empty where the value itself says enough. Does not: know
which key a value is of.
"""

from __future__ import annotations

import re

_HOST = re.compile(r"[\w.-]+(:\d{1,5})?")
_NAME = re.compile("[A-Za-z0-9_-]+")
_CONTACT = re.compile(r"[!-~]+@[!-~]+\.[!-~]+|https?://[!-~]+")
MAX_NAME_CHARS = 60
"""Of a source's name, which is part of file names."""
NAME_EXPECTED = f"a name of at most {MAX_NAME_CHARS} small letters, digits, _ and -"
_SOURCE_NAME = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{MAX_NAME_CHARS - 1}}}")
_LANGUAGE = re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def is_contact(text: str) -> bool:
    """True if a text has the form of an e-mail or URL."""
    return _CONTACT.fullmatch(text) is not None


def is_source_name(text: str) -> bool:
    """True if a text can be the name of a source."""
    return _SOURCE_NAME.fullmatch(text) is not None


def is_language(text: str | None) -> bool:
    """True if a text has the form of a language tag."""
    return _LANGUAGE.fullmatch(text or "") is not None


def check_contact(text: str) -> str:
    """Return a contact. Raises ValueError."""
    return _if_true(text, is_contact(text))


def check_language(text: str) -> str:
    """Return a language tag. Raises ValueError."""
    return _if_true(text, is_language(text))


def check_host_name(text: str) -> str:
    """Return a host in lower case, with its port if any. Raises ValueError."""
    return _if_true(text.lower(), _HOST.fullmatch(text) is not None)


def check_type_name(text: str) -> str:
    """Return the name of a content type. Raises ValueError."""
    return _if_true(text, _NAME.fullmatch(text) is not None)


def check_regular_expression(text: str) -> str:
    """Return a regular expression that compiles. Raises ValueError."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"there is {error} in it") from error
    return text


def check_selector(text: str) -> str:
    """Return a valid CSS selector. Raises ValueError."""
    from cssselect import SelectorError, parse  # noqa: PLC0415  (few files have any)

    try:
        parse(text)
    except SelectorError as error:
        raise ValueError(f"it is invalid: {error}") from error
    return text


def check_zone_name(text: str) -> str:
    """Return the name of an IANA time zone. Raises ValueError."""
    from crawler.schedule.cron import check_timezone  # noqa: PLC0415

    check_timezone(text)
    return text


def _if_true(text: str, is_fine: bool) -> str:
    if not is_fine:
        raise ValueError
    return text
