"""Shared parts of the commands: context, output and exit codes.

Standard output carries the result only; messages about it are written to standard error. Text from a site is
shown without control characters, so that no page can steer the terminal. An error a user can correct is a
sentence and a hint; any other keeps its traceback.
"""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from importlib import import_module
from itertools import pairwise, takewhile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TextIO

import click

from archive.core.database import is_locked, locked
from archive.core.errors import BackissueError, BusyError
from archive.core.formatting import plain
from archive.core.nearest_name import nearest
from archive.core.timestamps import to_text

if TYPE_CHECKING:
    from archive.search.sql import Ask
    from archive.storage.archive import Archive
    from archive.storage.open_archive import OpenArchive

VOICE = "backissue"  # the logger of messages to the person who started the program
_voice = logging.getLogger(VOICE)


class Exit(IntEnum):
    """The exit codes, as `--help` and docs/commands.md promise them."""

    FINE = 0
    ERROR = 1
    USAGE = 2
    INCOMPLETE = 3
    BUSY = 4
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Source as shown by commands.

    `next_run` is the first of `next_runs`.
    """

    name: str
    url: str
    title: str | None
    schedule: str
    delay: float
    next_run: datetime
    next_runs: tuple[datetime, ...]
    limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """Whether readers' desks are open, and the URL of the published archive, None where there is none."""

    is_open: bool
    public_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Context of a command: the named configuration and its loaders.

    `file` is the configuration in force, None where there is none; `key` is that of the key that signs, or
    None; `desk` gives the settings of readers' desks;
    `saved` gives the saved search of a name, and raises ConfigError where there is none.
    """

    config: Path | None
    file: Callable[[], Path | None]
    archive: Callable[[], Path]
    key: Callable[[], Path | None]
    planned: Callable[[], tuple[Planned, ...]]
    saved: Callable[[str], Ask]
    desk: Callable[[], DeskSettings]


@contextmanager
def opened(context: Context, *, finish: bool = True) -> Iterator[OpenArchive]:
    """Open the configured archive to read it. Raises ArchiveError if missing.

    `finish` as for OpenArchive.open.
    """
    from archive.storage.open_archive import OpenArchive  # noqa: PLC0415  (--help does not need it)

    with OpenArchive.open(context.archive(), create=False, finish=finish) as archive:
        yield archive


@contextmanager
def opened_to_change(context: Context) -> Iterator[Archive]:
    """Open the configured archive to change articles or comments. Raises ArchiveError if missing."""
    from archive.storage.archive import Archive  # noqa: PLC0415  (slow to import)

    with Archive.open(context.archive(), create=False) as archive:
        yield archive


class Told(click.ClickException):
    """An error a user can mend, on its way out through click."""

    exit_code = Exit.ERROR

    def __init__(self, error: BackissueError) -> None:
        super().__init__(str(error))
        self.error = error

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002  (click's signature)
        """Print it on standard error."""
        tell_error(self.error)


class ToldBusy(Told):
    """The same, where another run is in the way and waiting helps."""

    exit_code = Exit.BUSY


@dataclass(frozen=True, slots=True)
class CommandPlace:
    """Where a command is, as "module:name", and the line that the help has of it.

    `where` is "" for a command that was added to the group itself.
    """

    where: str
    summary: str


class Program(click.Group):
    """Group with ordered commands and exit codes, each command loaded when it is wanted.

    `places` has the place of each command by its name, in reading order.
    """

    places: Mapping[str, CommandPlace] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """Return the command names in their reading order."""
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, if its name exists."""
        place = self.places.get(cmd_name)
        if place is None or not place.where:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.where.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without loading one."""
        with formatter.section("Commands"):
            rows = [(name, place.summary) for name, place in self.places.items()]
            formatter.write_dl(rows)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program, with output failures as a sentence."""
        _guard_output()
        try:
            return super().main(*args, **kwargs)
        except OutputError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # otherwise it fails again at the end of the program
            tell_error(
                BackissueError(
                    f"Standard output cannot be written: {error.strerror}.",
                    hint="Is the disk full, or is the output closed? Write to another place, such as > FILE.",
                )
            )
            sys.exit(Exit.ERROR)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find a command; a misspelt one is refused with the nearest name.

        So is an empty value: it comes from a variable that is not set, and would mean "all" to a filter.
        """
        _refuse_empty_values(ctx, args)
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            said = f"There is no command “{args[0]}”{nearest(args[0], self.places)}."
            raise click.UsageError(said, ctx=error.ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what it returns is the exit code."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BackissueError as error:
            failure = Told
            if isinstance(error, BusyError):
                failure = ToldBusy
            raise failure(error) from error
        except sqlite3.OperationalError as error:
            if not is_locked(error):
                raise
            raise ToldBusy(locked(_archive_of(ctx))) from error
        except (click.Abort, KeyboardInterrupt):
            ctx.exit(Exit.INTERRUPTED)
        except BrokenPipeError:  # the reader had enough, as `head` has
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            ctx.exit(Exit.FINE)
        if not isinstance(code, int):
            code = Exit.FINE
        ctx.exit(code)


def _refuse_empty_values(ctx: click.Context, args: Sequence[str]) -> None:
    options = list(takewhile(lambda given: given != "--", args))
    for before, given in pairwise(options):
        if given and not (given.startswith("--") and given.endswith("=")):
            continue
        name = given[:-1] or before
        raise click.UsageError(
            f"There is an empty value after `{name}`. Fill it in, or leave both out.", ctx=ctx
        )


class NearChoice(click.Choice[str]):
    """A choice of names that refuses another one with the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the chosen name; fail with the nearest one."""
        if value not in self.choices:
            names = ", ".join(self.choices)
            similar = nearest(str(value), self.choices)
            self.fail(f"“{plain(str(value))}” is not one of {names}{similar}.", param, ctx)
        return str(value)


class WholeNumber(click.IntRange):
    """A whole number within bounds."""

    name = "integer"


class Interruption:
    """Termination signals, handled between steps; the second interrupts."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, *_: object) -> None:
        """Handle a signal."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    @contextmanager
    def heeded(self) -> Iterator[Interruption]:
        """Take SIGINT, SIGTERM and SIGHUP while the block runs."""
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self) for number in numbers}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class OutputError(OSError):
    """Standard output that cannot be written."""


class _Output(io.FileIO):
    """Standard output with failures of its own kind."""

    def write(self, data: Any) -> int | None:  # type: ignore[override]
        """Write bytes. Raises BrokenPipeError or OutputError."""
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(error.errno, error.strerror) from error


def _guard_output() -> None:
    """Wrap standard output, so that its failures are named."""
    if sys.stdout is None:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 1)  # what is written then fails, and is not lost in silence
    elif sys.stdout is not sys.__stdout__ or not isinstance(sys.stdout, io.TextIOWrapper):
        return
    encoding = "utf-8"
    line_buffering = False
    if sys.stdout is not None:
        encoding = sys.stdout.encoding
        line_buffering = sys.stdout.line_buffering
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Output(1, "w", closefd=False)),
        encoding=encoding,
        errors="backslashreplace",
        line_buffering=line_buffering,
    )


def _archive_of(ctx: click.Context) -> Path | str:
    """Return the running command's archive for messages."""
    with suppress(BackissueError):
        if isinstance(ctx.obj, Context):
            return ctx.obj.archive()
    return "The archive"


def typed(text: str) -> str:
    """Return command-line arguments decoded in any locale."""
    try:
        return text.encode(errors="surrogateescape").decode()
    except UnicodeDecodeError:
        return text


def tell_error(error: BackissueError) -> None:
    """Print on standard error what failed and what to do next."""
    _voice.error("%s", error, extra={"hint": error.hint})


def say(text: str) -> None:
    """Print a message about the work on standard error."""
    _voice.info("%s", text)


def emit(value: object, *, indent: int | None = 2) -> None:
    """Print one JSON value; without `indent` on one line."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_jsonable)
    utf8_output().write(text + "\n")


def utf8_output() -> TextIO:
    """Return standard output as UTF-8 in any locale."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    return sys.stdout


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write columns to standard output, each as wide as its widest cell."""
    cells = [list(headings)]
    cells += [[plain(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(len(row[index]) for row in cells) for index in range(len(headings))]
    for number, row in enumerate(cells):
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line = "  ".join(padded).rstrip()
        if number == 0:
            line = click.style(line, bold=True)
        click.echo(line)


def _jsonable(value: object) -> object:
    if isinstance(value, datetime | date):
        return to_text(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"not for JSON: {value!r}")
