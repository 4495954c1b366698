"""`python -m tests.reference` writes what the documentation says of the program by itself.

That is docs/reference.md, with every command, option and key (from the models of its tables), and the
packages in docs/architecture.md.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import click

from crawler.config.json_schema import TABLES, config_schema
from crawler.config.key_model import KeyTable, key_notes
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


def page() -> str:
    """Return the page in Markdown."""
    parts = [HEAD, "## Commands\n", *(_command(path, command) for path, command in commands())]
    parts += ["## Configuration\n", *(_keys(*table) for table in TABLES.items())]
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


def _keys(place: str, model: type[KeyTable]) -> str:
    heading = f"### In `[{place}]`" if place else "### At the top"
    schema = config_schema()["definitions"][model.__name__]["properties"]
    rows = [
        f"| `{key}` | {_cell(note.meaning)} | {_cell(note.expected)} | {_default(schema[key])} |"
        for key, note in key_notes(model).items()
    ]
    columns = ["| key | meaning | expected | default |", "|---|---|---|---|"]
    return "\n".join([heading, "", *columns, *rows, ""])


def _default(schema: dict[str, Any]) -> str:
    """Return the default of a key; a dash where it has no other than to be absent."""
    value = schema.get("default")
    return "–" if value in (None, {}) else f"`{json.dumps(value)}`"


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    MAP.write_text(with_map(MAP.read_text(encoding="utf-8")), encoding="utf-8")
