"""JSON Schema of backissue.toml, from the models of its tables.

Editors complete and check the file by it. What a schema cannot express, such as a schedule's fields, is
checked when the file is read. Does not: read a configuration.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec

from archive.core.atomic_files import replaced
from archive.core.errors import ConfigError
from crawler.config.config import TopTable
from crawler.config.key_model import KeyNote, KeyTable, described_key, key_notes
from crawler.config.keys.desk_keys import DeskTable
from crawler.config.keys.fleet_keys import FleetTable
from crawler.config.keys.notify_keys import NotifyTable
from crawler.config.keys.proof_keys import ProofTable
from crawler.config.keys.question_keys import AlertTable, SearchTable
from crawler.config.keys.source_keys import SourceTable
from crawler.config.keys.visitor_keys import VisitorTable

SCHEMA_TITLE = "Configuration of Backissue"
_DIALECT = "http://json-schema.org/draft-07/schema#"
_A_TABLE = "a table"
_NAMED_TABLES = "a table of tables, each with a name of yours"


class RootTable(TopTable, frozen=True):
    """The whole file."""

    sources: Annotated[
        dict[str, SourceTable] | None,
        described_key("The sites to archive, each with its name.", _NAMED_TABLES),
    ] = None
    notify: Annotated[NotifyTable | None, described_key("Who is notified.", _A_TABLE)] = None
    searches: Annotated[
        dict[str, SearchTable] | None,
        described_key("Searches with a notification of new matches.", _NAMED_TABLES),
    ] = None
    alerts: Annotated[
        dict[str, AlertTable] | None, described_key("Events with a notification.", _NAMED_TABLES)
    ] = None
    proof: Annotated[ProofTable | None, described_key("How seals are signed and time-stamped.", _A_TABLE)] = (
        None
    )
    fleet: Annotated[
        FleetTable | None, described_key("The queue and the store of several machines.", _A_TABLE)
    ] = None
    visitor: Annotated[VisitorTable | None, described_key("How requests are signed.", _A_TABLE)] = None
    desk: Annotated[DeskTable | None, described_key("Collections of named readers.", _A_TABLE)] = None


TABLES: dict[str, type[KeyTable]] = {
    "": RootTable,
    "sources.NAME": SourceTable,
    "notify": NotifyTable,
    "searches.NAME": SearchTable,
    "alerts.NAME": AlertTable,
    "proof": ProofTable,
    "fleet": FleetTable,
    "visitor": VisitorTable,
    "desk": DeskTable,
}
"""Models by the names of their tables; "" is the top of the file."""


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of the configuration file (draft 7)."""
    [root], components = msgspec.json.schema_components([RootTable], ref_template="#/definitions/{name}")
    definitions = {
        model.__name__: _table_schema(model, components[model.__name__]) for model in TABLES.values()
    }
    schema = {"$schema": _DIALECT, "title": SCHEMA_TITLE, **root, "definitions": definitions}
    in_json: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(schema))
    return in_json


def _table_schema(model: type[KeyTable], raw: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one table, from msgspec's and the notes of its keys."""
    notes = key_notes(model)
    properties = {name: _key_schema(raw["properties"][name], note) for name, note in notes.items()}
    return {
        "description": raw["description"],
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _key_schema(raw: dict[str, Any], note: KeyNote) -> dict[str, Any]:
    """Return the schema of one key, without null, which TOML does not have."""
    schema = {name: value for name, value in raw.items() if name != "anyOf"}
    for option in raw.get("anyOf", ()):
        if option != {"type": "null"}:
            schema |= option
    schema["description"] = f"{note.meaning} Expected: {note.expected}."
    if note.default is not None:
        schema["default"] = note.default
    if schema.get("default") is None:
        schema.pop("default", None)
    if schema.get("type") == "string":
        schema |= _text_schema(note)
    elif schema.get("type") == "array":
        schema["items"] = {"type": "string", **_text_schema(note)}
    return schema


def _text_schema(note: KeyNote) -> dict[str, Any]:
    if note.choices:
        return {"enum": list(note.choices)}
    return {"minLength": 1}


def schema_text() -> str:
    """Return the JSON Schema as text, indented."""
    return msgspec.json.format(msgspec.json.encode(config_schema()), indent=2).decode() + "\n"


def write_schema(file: Path) -> None:
    """Write the schema to a file, in the place of an older one of ours.

    Raises ConfigError for another file of that name, and where the folder cannot be written.
    """
    place = file.resolve()
    try:
        with replaced(place, partial(_must_be_ours, place)) as new:
            new.write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written: {error.strerror}.", hint="Is the folder writable?"
        ) from error


def _must_be_ours(file: Path) -> None:
    """Raise ConfigError for a file that we did not write."""
    if file.exists() and not _is_ours(file):
        raise ConfigError(
            f"{file} is not a schema of Backissue, and was not replaced.",
            hint="Move it, or give another --output.",
        )


def _is_ours(file: Path) -> bool:
    """True if a file has a schema that we wrote, of any version."""
    try:
        known = msgspec.json.decode(file.read_bytes())
    except (msgspec.DecodeError, OSError):
        return False
    return isinstance(known, dict) and known.get("title") == SCHEMA_TITLE
