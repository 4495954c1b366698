"""Numbers, sizes, times and text of a site, as people read them in terminals, pages and spreadsheets.

Invariant: what a reader of the site wrote is never run as a formula.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from archive.core.timestamps import to_text

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MENTION = re.compile(r"@\w[\w.-]*(?:[\s,:;.?!][^(|=]*)?", re.DOTALL)
"""A reader who is named ("@noor, you are right"): no function, no reference to a program."""

_PAIR = re.compile(r"[\"“„«]([^\"“”„«»]*)[\"“”»]")
_OPENING = re.compile(r"(?<!\S)[\"“„](?=\S)")
_SINGLE = str.maketrans('"“”„«»', "’‘’‚‹›")


def plain(text: str | None) -> str:
    """Return text without terminal control characters; line breaks stay."""
    return "".join(char if char == "\n" or char.isprintable() else " " for char in text or "")


def in_quotes(text: str, most: int = 200) -> str:
    """Return text in quotation marks; inner ones become single."""
    inner = _OPENING.sub("‘", _PAIR.sub(r"‘\1’", text[:most])).translate(_SINGLE)
    return f"“{inner}”"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: "1 article", "2,000 articles"."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun}s"


def size(number: int) -> str:
    """Return a number of bytes for people: "1.4 GB"."""
    amount = float(number)
    unit = 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount /= 1000
        unit += 1
    if amount >= 10 or unit == 0:
        return f"{amount:,.0f} {_UNITS[unit]}"
    return f"{amount:.1f} {_UNITS[unit]}"


def when(moment: datetime | date | str | None) -> str:
    """Return a time as "2009-07-09 14:50" UTC, or a dash."""
    if not isinstance(moment, str):
        moment = to_text(moment)
    return (moment or "–").replace("T", " ")[:16]


def disarmed(value: Any) -> Any:
    """Return a value that a spreadsheet can open: text like a formula gets an apostrophe."""
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    if _MENTION.fullmatch(value):
        return value
    return "'" + value


def csv_line(cells: Iterable[Any]) -> str:
    """Return a row as a line of CSV, as Python's csv module writes it, in a third of its time.

    None is an empty cell.
    """
    written = [_csv_cell(cell) for cell in cells]
    if written == [""]:
        return '""\r\n'  # an empty line would be no row
    return ",".join(written) + "\r\n"


def _csv_cell(cell: Any) -> str:
    if cell is None:
        return ""
    text = str(cell)
    if '"' in text:
        return '"' + text.replace('"', '""') + '"'
    if "," in text or "\n" in text or "\r" in text:
        return f'"{text}"'
    return text


def file_name(start: str, words: Iterable[str], ending: str, now: datetime) -> str:
    """Return a file name with some words and the day, such as "search-harbour-ferry-2026-11-28.csv".

    It has ASCII letters, digits, "-" and one "." alone, so that every system and header takes it; "é" becomes
    "e". `now` is aware.
    """
    plain_words = unicodedata.normalize("NFKD", " ".join(words).lower())
    ascii_words = plain_words.encode("ascii", "ignore").decode()
    said = "-".join(re.findall(r"[a-z0-9]+", ascii_words))
    parts = (start, said[:60].strip("-"), now.date().isoformat())
    return "-".join(filter(None, parts)) + f".{ending}"
