"""`python -m tests.reference` writes what the documentation says of the program by itself.

That is docs/reference.md, with every command, option and key, and the packages in docs/architecture.md.
"""

from __future__ import annotations

import ast
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from archive.core.errors import ConfigError
from crawler.config import config, desk_keys, fleet_keys, notify_keys, proof_keys, question_keys, visitor_keys
from crawler.schedule.timetable import format_span
from scheduler import main
from tests.paths import ROOT

PAGE = ROOT / "docs" / "reference.md"
MAP = ROOT / "docs" / "architecture.md"
ROOMS = ("archive", "crawler", "pipeline")
BEGIN, END = "<!-- packages, by `python -m tests.reference` -->\n", "<!-- end of packages -->\n"
HEAD = """# Reference

Every command and option, and every key of the configuration. `python -m tests.reference` writes this page
from the program itself. [commands.md](commands.md) and [configuration.md](configuration.md) explain them,
with examples.
"""
RIGHT: dict[str, dict[str, str]] = {
    "": {},
    "sources.town": {"url": '"http://127.0.0.1"'},
    "notify": {},
    "proof": {},
    "searches.one": {"query": '"ferry"'},
    "alerts.one": {},
    "fleet": {},
    "visitor": {},
    "desk": {},
}
"""A configuration by its tables, as TOML."""
TABLES = (
    ("At the top", "", config.CONFIG_KEYS),
    ("In `[sources.NAME]`", "sources.town", config.SOURCE_KEYS),
    ("In `[notify]`", "notify", notify_keys.NOTIFY_KEYS),
    ("In `[searches.NAME]`", "searches.one", question_keys.SEARCH_KEYS),
    ("In `[alerts.NAME]`", "alerts.one", question_keys.ALERT_KEYS),
    ("In `[proof]`", "proof", proof_keys.PROOF_KEYS),
    ("In `[fleet]`", "fleet", fleet_keys.FLEET_KEYS),
    ("In `[visitor]`", "visitor", visitor_keys.VISITOR_KEYS),
    ("In `[desk]`", "desk", desk_keys.DESK_KEYS),
)


def page() -> str:
    """Return the page in Markdown."""
    parts = [HEAD, "## Commands\n", *(_command(path, command) for path, command in commands())]
    parts += ["## Configuration\n", *(_keys(*table) for table in TABLES)]
    return "\n".join(parts)


def package_map() -> str:
    """Return a table of all packages in Markdown, each with the first sentence of its docstring."""
    rows = ["| package | what it holds |", "|---|---|"]
    for file in sorted(each for room in ROOMS for each in (ROOT / room).rglob("__init__.py")):
        about = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        sentence = re.split(r"\.(?:\s|$)", about)[0].replace("\n", " ")
        rows.append(f"| `{file.parent.relative_to(ROOT).as_posix()}` | {sentence} |")
    return "\n".join(["", *rows, "", ""])


def with_map(text: str) -> str:
    """Return a page in which the map of packages stands between its two marks."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{package_map()}{END}{rest.partition(END)[2]}"


def commands(group: click.Command = main, path: str = "backissue") -> Iterator[tuple[str, click.Command]]:
    """Yield the program itself and each command with its words, in alphabetical order."""
    yield path, group
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in sorted(group.list_commands(context)):
            command = group.get_command(context, name)
            assert command, name
            if not command.hidden:
                yield from commands(command, f"{path} {name}")


def _command(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    about = command.get_short_help_str(limit=1000)
    options = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
    lines = [f"### {path}", "", f"`{usage}`", "", about, ""]
    if options:
        lines += ["| option | meaning |", "|---|---|", *(_option(each, context) for each in options), ""]
    return "\n".join(lines)


def _option(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    assert record, option.name
    names, meaning = (" ".join(text.split()) for text in record)
    return f"| `{names.replace('|', '/')}` | {_cell(meaning)} |"


def _keys(heading: str, table: str, keys: tuple[str, ...]) -> str:
    rows = [f"| `{key}` | {_cell(_expected(table, key))} | {_default(key)} |" for key in keys]
    return "\n".join([f"### {heading}", "", "| key | expected | default |", "|---|---|---|", *rows, ""])


def _expected(table: str, key: str) -> str:
    """Return what the program says that it expects of a key, when it is given something of another type."""
    if key in {"sources", "notify", "searches", "alerts", "proof", "fleet", "visitor", "desk"}:
        wrong = {"": {key: "1"}, **{name: RIGHT[name] for name in RIGHT if name and not name.startswith(key)}}
    else:
        other = "1" if key == "comment_keys" else "{}"
        wrong = RIGHT | {table: RIGHT[table] | {key: other}}
    refusal = ""
    try:
        _load(wrong)
    except ConfigError as error:
        refusal = str(error)
    found = re.search(rf"\b{key}: expected (.+?); found", refusal, re.DOTALL)
    assert found, refusal or f"{key} takes an empty table"
    return found[1].replace("one of town", "the name of a source")


def _load(tables: dict[str, dict[str, str]]) -> config.Config:
    lines = []
    for name, values in tables.items():
        lines += [f"[{name}]"] if name else []
        lines += [f"{key} = {value}" for key, value in values.items()]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / config.FILE_NAME
        file.write_text("\n".join(lines), encoding="utf-8")
        return config.load_config(file)


def _default(key: str) -> str:
    """Return what the program takes for a key that is left out; a dash for nothing."""
    read = _load({"sources.town": RIGHT["sources.town"]})
    [source] = read.sources
    known = {
        "archive": read.archive.name,
        "schedule": source.schedule.rule.text,
        "limit": format_span(source.limit),
        "file_megabytes": source.file_limits.bytes // 2**20,
        "files_per_crawl": source.file_limits.per_crawl,
        "lease": format_span(read.fleet.lease),
        "slice": format_span(read.fleet.slice),
        "render": source.rendering.is_on,
    }
    owners = (source, source.site, read.notify, read.proof)
    value = known.get(key)
    value = (
        value
        if value is not None
        else next((getattr(each, key) for each in owners if hasattr(each, key)), None)
    )
    unshown = {"url", "proof", "visitor", "desk"}
    return "–" if value in (None, ()) or key in unshown else f"`{json.dumps(value)}`"


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    MAP.write_text(with_map(MAP.read_text(encoding="utf-8")), encoding="utf-8")
