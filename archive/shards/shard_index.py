"""Index of a generation's shards: facts, newest items and terms.

Terms are kept as the full-text indexes of the shards spell them, one row of a contentless FTS5 table for each
shard, with a column for each kind of text. It selects the shards to search; only a shard itself can confirm a
match. Invariant: a shard that has a match is always among the candidates.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from archive.core.errors import ArchiveError
from archive.search.query_parser import Term, Wording, quoted
from archive.search.sql import TABLES, Ask
from archive.search.substrings import is_of_other_script
from archive.search.vocabulary import near_stems

_TOKENS = "porter unicode61 remove_diacritics 2"
"""The tokenizer of the full-text indexes of an archive."""
_SCHEMA = f"""
CREATE TABLE about (generation INTEGER NOT NULL, made_at TEXT NOT NULL);
CREATE TABLE shards (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, facts TEXT NOT NULL);
CREATE TABLE newest (shard INTEGER NOT NULL, id INTEGER NOT NULL, title TEXT, byline TEXT,
    published TEXT NOT NULL, comment_count INTEGER, gone_at TEXT, held INTEGER NOT NULL);
CREATE INDEX newest_published ON newest (published);
CREATE TABLE months (shard INTEGER NOT NULL, month TEXT NOT NULL, articles INTEGER NOT NULL,
    comments INTEGER, waiting INTEGER NOT NULL, gone INTEGER NOT NULL, unseen INTEGER);
CREATE VIRTUAL TABLE words USING fts5({", ".join(TABLES)}, content='', detail='column',
    tokenize='unicode61 remove_diacritics 0');
"""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Index entry of one archive.

    `state` distinguishes states of its origin. `texts` counts the texts of each kind, `latest` has the last
    event of each kind of change (ISO times in UTC). `since` and `until` are the dates of the oldest and the
    newest article. `sources` have name, url, title, and `complete`, a sentence. `has_substrings` is True
    where terms of scripts without spaces, or compounds, may be found that the index lacks.
    """

    id: int
    name: str
    state: str
    title: str
    bytes: int
    texts: Mapping[str, int]
    latest: Mapping[str, str]
    sources: list[Row]
    since: str | None
    until: str | None
    last_run: Row | None
    has_substrings: bool


def create_index(path: Path, *, generation: int, made_at: str) -> sqlite3.Connection:
    """Create an empty index, and return a connection to it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(f"BEGIN;{_SCHEMA}")
    connection.execute("INSERT INTO about VALUES (?, ?)", [generation, made_at])
    return connection


def continue_index(
    before: Path, path: Path, *, generation: int, made_at: str, keep: Collection[str]
) -> sqlite3.Connection | None:
    """Create an index from an older one; return its connection.

    Only the shards in `keep` stay.

    No result where half of its terms belong to shards that have changed: the caller creates an empty one.
    """
    shutil.copyfile(before, path)
    connection = sqlite3.connect(path, isolation_level=None)
    [[rows, living]] = connection.execute(
        "SELECT (SELECT count(*) FROM words_docsize), (SELECT count(*) FROM shards)"
    )
    if rows > 2 * living:
        connection.close()
        path.unlink()
        return None
    connection.execute("BEGIN")
    connection.execute("UPDATE about SET generation = ?, made_at = ?", [generation, made_at])
    names = [row[0] for row in connection.execute("SELECT name FROM shards")]
    for name in set(names) - set(keep):
        for table in ("newest", "months"):
            connection.execute(
                f"DELETE FROM {table} WHERE shard = (SELECT id FROM shards WHERE name = ?)", [name]
            )
        connection.execute("DELETE FROM shards WHERE name = ?", [name])
    return connection


def free_id(index: sqlite3.Connection) -> int:
    """Return an id that no shard has or had."""
    return int(index.execute("SELECT coalesce(max(id), 0) + 1 FROM words_docsize").fetchone()[0])


def add_shard(
    index: sqlite3.Connection, shard: Shard, words: Mapping[str, str], newest: list[Row], months: list[Row]
) -> None:
    """Write the facts of one shard."""
    facts = asdict(shard)
    facts = {name: value for name, value in facts.items() if name not in ("id", "name")}
    packed = json.dumps(facts)
    index.execute("INSERT INTO shards VALUES (?, ?, ?)", [shard.id, shard.name, packed])
    columns = ", ".join(TABLES)
    marks = ", ".join("?" * len(TABLES))
    index.execute(
        f"INSERT INTO words (rowid, {columns}) VALUES (?, {marks})",
        [shard.id, *(words[kind] for kind in TABLES)],
    )
    for table, rows in (("newest", newest), ("months", months)):
        for row in rows:
            names = ", ".join(row)
            index.execute(
                f"INSERT INTO {table} (shard, {names}) VALUES (?{', ?' * len(row)})",
                [shard.id, *row.values()],
            )


def vocabulary_words(archive: sqlite3.Connection) -> dict[str, str]:
    """Return an archive's indexed terms by kind, separated by spaces."""
    found = {}
    for kind, table in TABLES.items():
        vocabulary = vocabulary_of(archive, table.index)
        terms = archive.execute(f"SELECT term FROM {vocabulary}")
        found[kind] = " ".join(row[0] for row in terms)
    return found


def vocabulary_of(archive: sqlite3.Connection, index: str) -> str:
    """Create a full-text index's vocabulary table; return its name."""
    name = f"temp.{index}_words"
    archive.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING fts5vocab('main', '{index}', 'row')")
    return name


def has_substrings(archive: sqlite3.Connection) -> bool:
    """True if an archive's index of substrings has texts."""
    tables = ("articles_substrings_docsize", "comments_substrings_docsize")
    return any(archive.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in tables)


class ShardIndex:
    """Index of a generation, opened for reading by one thread."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises ArchiveError where it is missing or damaged."""
        try:
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            self._db = sqlite3.connect(
                uri,
                uri=True,
                check_same_thread=False,
                isolation_level=None,
            )
            about = self._db.execute("SELECT generation, made_at FROM about").fetchone()
            self.generation, self.made_at = about
            self.shards = {shard.name: shard for shard in self._shards()}
        except (sqlite3.Error, TypeError, ValueError) as error:
            raise ArchiveError(
                f"{path} is missing or damaged: {error}.",
                hint="`backissue publish SRC --to DIR` makes another one.",
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _shards(self) -> list[Shard]:
        rows = self._db.execute("SELECT id, name, facts FROM shards ORDER BY name")
        known = {field.name for field in fields(Shard)}
        shards = []
        for number, name, facts in rows:
            own = {key: value for key, value in json.loads(facts).items() if key in known}
            shards.append(Shard(id=number, name=name, **own))
        return shards

    def newest(self, names: Iterable[str], size: int) -> list[Row]:
        """Return the newest articles of shards; `archive` is the shard."""
        wanted = {self.shards[name].id: name for name in names}
        cursor = self._db.execute("SELECT * FROM newest ORDER BY published DESC")
        columns = [column[0] for column in cursor.description]
        found = (dict(zip(columns, row, strict=True)) for row in cursor)
        mine = ({**row, "archive": wanted[row["shard"]]} for row in found if row["shard"] in wanted)
        return [row for row, _ in zip(mine, range(size), strict=False)]

    def months(self, names: Iterable[str]) -> list[Row]:
        """Return the months of some shards together, oldest first."""
        marks = ", ".join(str(self.shards[name].id) for name in names)
        sums = ("articles", "comments", "waiting", "gone", "unseen")
        columns = ", ".join(f"sum({name}) AS {name}" for name in sums)
        sql = f"SELECT month, {columns} FROM months WHERE shard IN ({marks}) GROUP BY month ORDER BY month"
        names_of_columns = ("month", *sums)
        return [dict(zip(names_of_columns, row, strict=True)) for row in self._db.execute(sql)]

    def near_stems(self, word: str) -> list[str]:
        """Return the indexed words that are spelled like a word, the nearest first."""
        return near_stems(self._db, word, ["words"])

    def candidates(self, kind: str, wording: Wording, ask: Ask) -> set[str]:
        """Return the names of shards that may have matches."""
        shards = [shard for shard in self.shards.values() if shard.texts[kind]]
        if ask.source:
            shards = [shard for shard in shards if _has_source(shard, ask.source)]
        match = _expression(kind, wording, ask)
        if match is None:
            return {shard.name for shard in shards}
        found = self._db.execute("SELECT rowid FROM words WHERE words MATCH ?", [match])
        ids = {row[0] for row in found}
        return {shard.name for shard in shards if shard.id in ids or shard.has_substrings}


def _has_source(shard: Shard, name: str) -> bool:
    return any(source["name"] == name for source in shard.sources)


def _expression(kind: str, wording: Wording, ask: Ask) -> str | None:
    """Return the FTS5 expression for a shard's terms, if any."""
    columns = TABLES[kind].fields
    deciding = [group for group in wording.groups if all(_decides(term, columns) for term in group)]
    groups = [[_words_expression(term) for term in group] for group in deciding]
    if ask.match and len(groups) < len(wording.groups):
        return None  # the others may be the ones that are met
    operator = " AND "
    if ask.match:
        operator = " OR "
    wanted = operator.join(f"({' OR '.join(group)})" for group in groups)
    by = Term(text=ask.person)
    person = _words_expression(by) if index_words(ask.person) else ""
    parts = [f"({part})" for part in (wanted, person) if part]
    if not parts:
        return None
    return f"{{{kind}}} : ({' AND '.join(parts)})"


def _decides(term: Term, columns: Mapping[str, str]) -> bool:
    """True if the full-text index alone can exclude a shard."""
    is_here = term.field is None or term.field in columns
    if not is_here or is_of_other_script(term.text):
        return False
    return all(map(index_words, (term.text, *term.also)))


def _words_expression(term: Term) -> str:
    """Return an expression for a term and its other spellings."""
    spellings = (_all_of(text, prefix=term.prefix) for text in (term.text, *term.also))
    return f"({' OR '.join(spellings)})"


def _all_of(text: str, *, prefix: bool) -> str:
    words = index_words(text)
    star = "*" if prefix else ""
    parts = [*map(quoted, words)]
    if parts:
        parts[-1] += star
    return f"({' AND '.join(parts)})"


@lru_cache(maxsize=1000)
def index_words(text: str) -> tuple[str, ...]:
    """Return the terms of a text as full-text indexes spell them."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE VIRTUAL TABLE texts USING fts5(text, tokenize='{_TOKENS}')")
        db.execute("CREATE VIRTUAL TABLE words USING fts5vocab('texts', 'instance')")
        db.execute("INSERT INTO texts VALUES (?)", [text])
        return tuple(row[0] for row in db.execute("SELECT term FROM words ORDER BY offset"))
