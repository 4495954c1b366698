"""Every `backissue …` line that people are shown, in documents, packages and messages, is one that runs.

A line is read by the real command line: its commands, options, number of arguments, and the values of
options that have a type. Words in capitals stand for something, and `[ ]`, `…` and `|` are those of a
synopsis.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from scheduler import main
from tests.paths import ROOT

TEXTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / ".github").rglob("*.md")),
    *sorted((ROOT / ".github").rglob("*.yml")),
    *(ROOT / name for name in ("Dockerfile", "Makefile", "compose.yaml", "mkdocs.yml")),
]
SOURCES = [
    ROOT / "scheduler.py",
    *(p for room in ("archive", "pipeline", "crawler") for p in (ROOT / room).rglob("*.py")),
]
TEMPLATES = sorted((ROOT / "archive" / "public" / "templates").rglob("*.html"))
STANDS_FOR_SOMETHING = re.compile(r"[A-Z][A-Z0-9_/.:-]*$|X$|<.*>$")
_FENCE = re.compile(r"^( *)(```+|~~~+).*?\n(.*?)^\1\2", re.MULTILINE | re.DOTALL)
_RUN = re.compile(r"(?:^|[\s=/])(?<!unit )backissue +([^\n]*)$", re.MULTILINE)
_SPAN = re.compile(r"`(?:\$ )?backissue\s+([^`]+)`")


def in_text(text: str) -> Iterator[tuple[str, bool]]:
    """The lines of a text in Markdown after `backissue`, and whether each is whole, in a block."""
    for block in _FENCE.finditer(text):
        for line in _RUN.finditer(re.sub(r"\\\n\s*", " ", block[3])):
            yield line[1], True
    for span in _SPAN.finditer(_FENCE.sub("", text)):
        yield " ".join(span[1].split()), False


def in_source(source: str) -> Iterator[tuple[str, bool]]:
    """The same of the texts in Python code, with X for what is filled in."""
    for node in ast.walk(ast.parse(source)):
        text = ""
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        yield from ((line, False) for line, _ in in_text(text))


def words_of(line: str) -> list[str]:
    """The words of a command without what a shell does with it, and without the signs of a synopsis."""
    own = re.split(r"\s(?:\||&&|>|2>|#|;|  )\s?|;\s", f"{line} ")[0]
    own = re.sub(r"\[OPTIONS\]|[\[\]…]|\.\.\.", " ", own)
    return [word.split("|")[0] for word in shlex.split(own, comments=True)]


def fault(words: list[str], *, is_whole: bool) -> str | None:
    """What the command line would refuse; a line that is not whole may lack what is needed."""
    try:
        command, context, words = leaf(words)
        values, rest, _ = command.make_parser(context).parse_args(words)
        for parameter in command.params:
            check_value(parameter, values.get(parameter.name), context, is_whole=is_whole)
        check_rest(command, rest)
    except click.UsageError as error:
        lacks_only = isinstance(error, click.BadOptionUsage) and "requires an argument" in error.message
        return None if lacks_only and not is_whole else error.format_message()
    return None


def leaf(words: list[str]) -> tuple[click.Command, click.Context, list[str]]:
    """The command that words name, or the group where a word stands for a command; and what follows it."""
    command: click.Command = main
    context = click.Context(main, info_name="backissue", **main.context_settings)
    while isinstance(command, click.Group):
        _, rest, _ = command.make_parser(context).parse_args(list(words))
        if not rest or STANDS_FOR_SOMETHING.match(rest[0]):
            return command, context, [word for word in words if word not in rest]
        found = command.get_command(context, rest[0])
        if found is None:
            raise click.UsageError(f"No command {rest[0]}")
        context = click.Context(found, parent=context, info_name=rest[0], **found.context_settings)
        command, words = found, rest[1:]
    return command, context, words


def check_rest(command: click.Command, rest: list[str]) -> None:
    if rest and not isinstance(command, click.Group):
        raise click.UsageError(f"Too many arguments: {rest}")


def check_value(parameter: click.Parameter, value: object, context: click.Context, *, is_whole: bool) -> None:
    """Raise click.UsageError where a value is missing, or is not of the type."""
    if isinstance(parameter, click.Argument):
        if is_whole and parameter.required and parameter.nargs == 1 and not isinstance(value, str):
            raise click.UsageError(f"No {parameter.name} is given")
        return
    if isinstance(parameter.type, click.Path | click.File):
        return
    for each in value if isinstance(value, list | tuple) else [value]:
        if isinstance(each, str) and not STANDS_FOR_SOMETHING.match(each):
            parameter.type.convert(each, parameter, context)


def faults_of(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    if "backissue " not in text:
        return []
    found = []
    for line, is_whole in in_source(text) if path.suffix == ".py" else in_text(text):
        told = fault(words_of(line), is_whole=is_whole)
        if told:
            found.append(f"{path.relative_to(ROOT)}: backissue {line}: {told}")
    return found


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_command_in_a_document_is_one(path: Path) -> None:
    assert faults_of(path) == []


def test_each_command_in_a_message_or_a_page_is_one() -> None:
    assert [told for path in (*SOURCES, *TEMPLATES) for told in faults_of(path)] == []


def test_what_is_wrong_is_found() -> None:
    told = (
        "See `backissue stauts`, `backissue export site FOLDER` or `backissue seal --make-key`.\n"
        "```sh\nbackissue crawl --jsno\n$ .venv/bin/backissue restore\nbackissue serve --port soon | cat\n"
        "backissue publish archives --to public   # well\n```\n"
    )
    found = [str(fault(words_of(line), is_whole=whole)) for line, whole in in_text(told)]
    assert [text[:14] for text in found] == [
        "No such option",
        "No folder is g",
        "Invalid value ",
        "None",
        "No command sta",
        "Too many argum",
        "None",
    ]
