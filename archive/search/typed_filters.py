"""Filters as a person types them: accepted, or refused with the nearest name, and never left out.

The pages correct impossible values and show a note with the results. A command line has no such place: there
a mistyped filter would go unnoticed, so it is an error.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from archive.core.errors import ArchiveError, NotFoundError
from archive.core.formatting import in_quotes
from archive.core.nearest_name import nearest
from archive.search.engine import understand
from archive.search.query_parser import FIELDS, FILTERS, Term, any_of, searchable
from archive.search.sql import TABLES, Ask

_ISO = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(T\d\d:\d\d:\d\dZ)?)?)?")
_SPOKEN = re.compile(
    r"(?:today|yesterday|last (?:week|month|year)|(?:a|an|one|\d{1,4}) (?:day|week|month|year)s? ago)"
    r"|(?:\d{1,2}\.? )?[a-z]{3,9}\.?(?: \d{1,2},)? \d{4}",
    re.IGNORECASE,
)
_EXAMPLES = "2009, 2009-07, 2009-07-15, “July 2009”, today, yesterday, “3 days ago” or “last month” (UTC)"
_NAMED = re.compile(r"(?<![\w:])([A-Za-z]{2,10}):(?!//)(?=[^\s:])")


def moment(text: str, option: str, now: datetime, *, instants: bool = False) -> str:
    """Return a day, month or year as ISO 8601 text in UTC, "" for "".

    `now` is aware. `instants` allows 2009-07-15T12:00:00Z too. Raises ArchiveError, naming the option, for
    what is no such time.
    """
    typed = text.strip()
    if not typed:
        return ""
    found = _ISO.fullmatch(typed)
    said = _iso(typed, found) if found else _spoken(typed, now)
    if said is None or ("T" in said and not instants):
        more = ", or an instant such as 2009-07-15T12:00:00Z" if instants else ""
        raise ArchiveError(
            f"{in_quotes(text)} is not a date for --{option}.", hint=f"Give {_EXAMPLES}{more}."
        )
    return said


def span(since: str, until: str, *, instants: bool = False) -> tuple[str, str]:
    """Return both ends of a span of time, as `moment` does.

    Raises ArchiveError where it ends before it begins, or has not begun anywhere on earth.
    """
    now = datetime.now(UTC)
    first = moment(since, "since", now, instants=instants)
    last = moment(until, "until", now, instants=instants)
    tomorrow = (now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    if first > tomorrow[: len(first)]:
        raise ArchiveError(
            f"--since {first} is in the future, so nothing can match.", hint=f"Give {_EXAMPLES}."
        )
    if first and last and first[: len(last)] > last:
        raise ArchiveError(
            f"--since {first} is after --until {last}, so nothing can match.", hint="Swap them."
        )
    return first, last


def check_filters(connection: sqlite3.Connection, ask: Ask) -> None:
    """Raise ArchiveError for a filter value that is not in the archive."""
    _check_words(ask.words)
    wording, plain, _ = understand(replace(ask, since="", until=""))
    if ask.words.strip() and not wording and not wording.filters:
        raise ArchiveError(
            f"Nothing in {in_quotes(ask.words)} can be searched for.",
            hint="Give words. A star needs three letters before it.",
        )
    sources = [value for name, value in wording.filters if name == "source"]
    tags = [value for name, value in wording.filters if name == "tag"]
    for source in filter(None, (plain.source, *sources)):
        known_source(connection, source)
    types = [value for name, value in wording.filters if name == "type"]
    for name in filter(None, (plain.type, *types)):
        _known_type(connection, name)
    for tag in filter(None, (plain.tag, *tags)):
        _known_tag(connection, tag)
    terms = [*chain(*wording.groups), *wording.without]
    people = [term.text for term in terms if term.field == "author"]
    for person in filter(None, (ask.person.strip(), *people)):
        _known_person(connection, person)


def known_source(connection: sqlite3.Connection, source: str) -> None:
    """Raise NotFoundError, with the nearest name, for a source that is not in the archive."""
    names = [row[0] for row in connection.execute("SELECT name FROM main.sources ORDER BY name")]
    if source not in names:
        known = ", ".join(names) or "none yet"
        raise NotFoundError(
            f"The archive has no source {in_quotes(source)}{nearest(source, names)}.",
            hint=f"It has: {known}.",
        )


def _iso(text: str, found: re.Match[str]) -> str | None:
    year, month, day, _ = found.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
        if "T" in text:
            datetime.fromisoformat(text)
    except ValueError:
        return None
    return text


def _spoken(text: str, now: datetime) -> str | None:
    """Return the meaning of a time in natural language, if it is one."""
    if not _SPOKEN.fullmatch(text):
        return None
    from dateparser.date import DateDataParser  # noqa: PLC0415  (slow to import, and seldom needed)

    base = now.astimezone(UTC).replace(tzinfo=None)
    parser = DateDataParser(languages=["en"], settings={"RELATIVE_BASE": base, "TIMEZONE": "UTC"})
    data = parser.get_date_data(text)
    if data.date_obj is None:
        return None
    day = str(data.date_obj.date().isoformat())
    if re.fullmatch(r"[a-z]{3,9}\.? \d{4}", text, re.IGNORECASE):
        return day[:7]
    return day


def _check_words(words: str) -> None:
    """Raise ArchiveError for a term in the form of a filter, such as `autor:vane`."""
    known = {**FIELDS, **FILTERS}
    for found in _NAMED.finditer(re.sub(r'["“”„][^"“”„]*["“”„]', " ", words)):
        name = found[1].lower()
        near = nearest(name, known)
        if name not in known and near:
            known_filters = ", ".join(f"{each}:" for each in known)
            raise ArchiveError(
                f"“{found[1]}:” is not a filter of the search{near}.",
                hint=f"Filters are {known_filters}. Put quotes around it to search for the words.",
            )


def _known_type(connection: sqlite3.Connection, name: str) -> None:
    names = [row[0] for row in connection.execute("SELECT DISTINCT type FROM main.articles ORDER BY type")]
    if name not in names:
        known = ", ".join(names) or "nothing yet"
        raise NotFoundError(
            f"The archive has nothing of the type {in_quotes(name)}{nearest(name, names)}.",
            hint=f"It has: {known}.",
        )


def _known_tag(connection: sqlite3.Connection, tag: str) -> None:
    if connection.execute("SELECT 1 FROM main.tags WHERE name = ? COLLATE NOCASE", [tag]).fetchone():
        return
    names = [row[0] for row in connection.execute("SELECT DISTINCT name FROM main.tags ORDER BY name")]
    hint = "No article has any."
    if names:
        hint = "Write it as the pages show it; capitals do not matter."
    raise NotFoundError(
        f"No article has the tag or category {in_quotes(tag)}{nearest(tag, names)}.", hint=hint
    )


def _known_person(connection: sqlite3.Connection, person: str) -> None:
    if not searchable(person):
        raise ArchiveError(
            f"{in_quotes(person)} has no letters or digits, so it cannot be a name.", hint="Give a name."
        )
    for table in TABLES.values():
        match = any_of([Term(text=person, field="author")], table.fields)
        sql = f"SELECT 1 FROM main.{table.index} WHERE {table.index} MATCH ? LIMIT 1"
        if connection.execute(sql, [match]).fetchone():
            return
    similar = nearest(person, _people(connection))
    raise NotFoundError(
        f"Nobody named {in_quotes(person)} wrote anything in this archive{similar}.",
        hint="Give whole words of a name, as the pages show it.",
    )


def _people(connection: sqlite3.Connection) -> Iterator[str]:
    for sql in (
        "SELECT name FROM main.authors",
        "SELECT DISTINCT author FROM main.comments WHERE author IS NOT NULL",
    ):
        yield from (row[0] for row in connection.execute(sql))
