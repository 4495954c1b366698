"""The JSON Schema of the configuration: what an editor accepts, completes and refuses."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft7Validator

from archive.core.errors import ConfigError
from crawler.config import config, writer
from crawler.config.json_schema import TABLES, config_schema, schema_text, write_schema
from crawler.config.key_model import key_notes
from crawler.schedule.timetable import format_span
from scheduler import main

LOCAL = '[sources.town]\nurl = "http://127.0.0.1:8002"\n'


def faults(text: str) -> list[str]:
    Draft7Validator.check_schema(config_schema())
    return [error.message for error in Draft7Validator(config_schema()).iter_errors(tomllib.loads(text))]


@pytest.mark.parametrize(
    "text",
    [
        LOCAL,
        LOCAL + "delay = 0\nfiles = ['image']\ncomment_keys.disqus = '${KEY}'\n[fleet]\nlease = '30s'",
        LOCAL + "[alerts.one]\nevents = ['edited']\nwords = 50\n[searches.two]\nquery = 'ferry'",
        writer.new_config_text(
            writer.site_block("packet", "https://example.org", hosts=("x.example.org",)), None
        ),
        *(f"[sources.a]\n{config.profile_path(name).read_text()}" for name in config.profiles()),
    ],
)
def test_what_the_program_reads_has_no_fault(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (LOCAL + "shedule = 'x'", "'shedule' was unexpected"),
        (LOCAL + "comments = 'natif'", "'natif' is not one of"),
        (LOCAL + "files = ['image', 'film']", "'film' is not one of"),
        (LOCAL + "file_megabytes = 33", "33 is greater than the maximum of 32"),
        (LOCAL + "delay = -1", "-1 is less than the minimum of 0"),
        (LOCAL + "title = ''", "'' should be non-empty"),
        (LOCAL + "[notify]\nurls = 'slack://x'", "is not of type 'array'"),
    ],
)
def test_what_the_program_refuses_is_a_fault(tmp_path: Path, text: str, fault: str) -> None:
    assert [fault in found for found in faults(text)] == [True]
    file = tmp_path / "backissue.toml"
    file.write_text(text)
    with pytest.raises(ConfigError):
        config.load_config(file)


def test_every_key_has_a_meaning_and_top_keys_are_those_of_the_reader() -> None:
    for model in TABLES.values():
        for key, note in key_notes(model).items():
            assert note.meaning.endswith("."), key
            assert not note.expected.endswith("."), key
    assert tuple(key_notes(TABLES[""])) == config.CONFIG_KEYS


def test_defaults_of_the_schema_are_those_of_the_program(tmp_path: Path) -> None:
    file = tmp_path / "backissue.toml"
    file.write_text(LOCAL)
    read = config.load_config(file)
    [source] = read.sources
    actual: dict[str, Any] = {
        "archive": read.archive.name,
        "schedule": source.schedule.rule.text,
        "limit": format_span(source.limit),
        "delay": source.delay,
        "verify_tls": source.verify_tls,
        "comments": source.site.comments,
        "timezone": source.site.timezone,
        "foreign_comments": source.site.foreign_comments,
        "file_megabytes": source.file_limits.bytes // 2**20,
        "files_per_crawl": source.file_limits.per_crawl,
        "render": source.rendering.is_on,
        "empty_digest": read.notify.empty_digest,
        "lease": format_span(read.fleet.lease),
        "slice": format_span(read.fleet.slice),
        "sign": read.visitor.sign,
        "open": read.desk.open,
    }
    tables = config_schema()["definitions"].values()
    stated = {
        key: part["default"]
        for table in tables
        for key, part in table["properties"].items()
        if part.get("default") not in (None, [], {})
    }
    key_file = stated.pop("key")
    assert read.visitor.key == tmp_path / key_file
    assert stated == actual


def test_schema_command_prints_and_writes_one_schema(tmp_path: Path) -> None:
    printed = CliRunner().invoke(main, ["config", "schema"])
    assert json.loads(printed.stdout) == config_schema()
    file = tmp_path / "s.json"
    assert CliRunner().invoke(main, ["config", "schema", "--output", str(file)]).exit_code == 0
    assert file.read_text() == schema_text()
    file.write_text('{"title": "Configuration of Backissue", "old": true}')
    write_schema(file)
    assert file.read_text() == schema_text(), "an older schema of ours is replaced"


def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "backissue.schema.json"
    file.write_text('{"title": "A stranger"}')
    with pytest.raises(ConfigError, match="is not a schema of Backissue"):
        write_schema(file)
    assert file.read_text() == '{"title": "A stranger"}'


def test_check_command_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "backissue.toml"
    file.write_text(f"# first\n{LOCAL}shedule = '@daily'\n")
    refused = CliRunner().invoke(main, ["--config", str(file), "config", "check"])
    assert refused.exit_code == 1
    assert f"{file}, line 4: sources.town.shedule" in refused.stderr
    file.write_text(LOCAL)
    assert "1 source" in CliRunner().invoke(main, ["--config", str(file), "config", "check"]).stdout
