"""The command `export`: the archive in eleven forms.

Where a form goes is decided here; what is in it, by archive/exports.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from archive.cli.console import Context, Exit, NearChoice, opened, say
from archive.core.errors import ArchiveError
from archive.core.formatting import count, plain
from archive.exports.selection import Selection, Snapshot, Watch, unwatched
from archive.exports.target import Bundle, Own, Summed, bundled, placed, text_stream, written
from archive.files import own_files

TEXTS = {"jsonl": "write_jsonl", "sql": "write_sql", "csv --joined": "write_joined"}
BUNDLES = {
    "csv": "write_tables",
    "folder": "write_folder",
    "markdown": "write_markdown",
    "pages": "write_pages",
    "parquet": "write_parquet",
    "site": "write_site",
}
FILES = {"db": "write_db", "wacz": "write_wacz"}
"""The function that writes each form; that of jsonl is in `archive.exports.as_jsonl`, loaded for it alone."""
_FILE_ENDINGS = (
    *(".csv", ".jsonl", ".json", ".sql", ".db", ".sqlite", ".md", ".html", ".txt", ".xlsx", ".gz", ".warc"),
    ".wacz",
)
"""Endings of names of single files: no folder is given one by intention."""
ENDINGS = {"db": "-export.db", "warc": ".warc.gz", "wacz": ".wacz"}
FORMS = ("jsonl", "csv", "sql", "parquet", "markdown", "folder", "site", "db", "pages", "warc", "wacz")


@click.command(context_settings={"allow_extra_args": True})
@click.argument("form", metavar="FORMAT", type=NearChoice(FORMS))
@click.option("--output", metavar="PATH", help="A new file or folder; - is standard output.")
@click.option("--force", is_flag=True, help="Replace an earlier export.")
@click.option("--source", default="", help="Only this source.")
@click.option("--since", default="", metavar="DAY", help="Published on or after a day, month or year.")
@click.option("--until", default="", metavar="DAY", help="Published on or before a day, month or year.")
@click.option("--tag", default="", help="With this tag or category.")
@click.option(
    "--query", default="", help="Articles that this search finds, or one of whose comments it finds."
)
@click.option("--joined", is_flag=True, help="csv: one file, a row for each comment with its article.")
@click.option(
    "--raw", is_flag=True, help="csv: do not protect text that a spreadsheet would run as a formula."
)
@click.pass_obj
def export(
    context: Context, /, form: str, output: str | None, force: bool, joined: bool, raw: bool, **limits: Any
) -> int:
    """Export the archive, or a part of it.

    \b
    jsonl      a line for each article with its thread; to standard output
    csv        a file for each table; with --joined one file
    sql        statements that create the tables in SQLite; to standard output
    parquet    a file for each table, for data tools
    markdown   a file for each article, its thread below
    folder     a folder that Datasette serves by itself
    site       static pages for any web server, with a search in the browser
    db         one SQLite file, with checksums and what each column means
    pages      the raw pages as Parquet, for `reextract` and data tools
    warc, wacz the raw pages, for pywb and ReplayWeb.page

    An export appears complete or not at all. A folder can be a .zip file. Exits with 3 if raw pages were left
    out because they are no longer as they were received.
    """
    if further := click.get_current_context().args:
        raise click.UsageError(f"Name the place with an option: --output {plain(further[0])}.")
    if form != "csv" and (joined or raw):
        raise click.UsageError("--joined and --raw are for csv.")
    if form in {"parquet", "pages"}:
        _writer("parquet", "must_be_installed")()
    if form == "site":
        _writer(form, "find_indexer")()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # every way of ending leaves no partial file behind
    with (
        opened(context) as archive,
        _progress() as watch,
        Snapshot.open(archive.path, Selection(**limits), watch) as snapshot,
    ):
        target = output or _usual(form, archive.path, joined=joined)
        _must_fit(target, "csv --joined" if joined else form)
        how = _arguments(context, form, raw=raw)
        place = _Place(target, force, partial(own_files.refuse, archive=archive.path, config=context.file()))
        _write(snapshot, "csv --joined" if joined else form, place, how)
        articles = snapshot.count("articles")
        comments = snapshot.count("comments")
    if target != "-":
        say(f"{count(articles, 'article')} and {count(comments, 'comment')} written to {target}.")
    for sentence in snapshot.left_out:
        say(f"{sentence} It is left out.")
    if snapshot.left_out:
        return Exit.INCOMPLETE
    return Exit.FINE


def _writer(form: str, name: str) -> Callable[..., object]:
    """Return a function of a form's module."""
    module = import_module(f"archive.exports.as_{form.partition(' ')[0]}")
    function: Callable[..., object] = getattr(module, name)
    return function


def _usual(form: str, archive: Path, *, joined: bool) -> str:
    """Return a format's default destination."""
    if form in TEXTS or joined:
        return "-"
    return f"{archive.stem}{ENDINGS.get(form, f'-{form}')}"


def _arguments(context: Context, form: str, *, raw: bool) -> dict[str, Any]:
    """Return the arguments for the writer of this form."""
    match form:
        case "csv":
            return {"raw": raw}
        case "wacz":
            return {"key": context.key()}
        case _:
            return {}


def _must_fit(target: str, form: str) -> None:
    """Raise ArchiveError where the name is that of a file and the form a folder, or the reverse."""
    if form in BUNDLES and target.lower().endswith(_FILE_ENDINGS):
        joined = ", or add --joined for one file" if form == "csv" else ""
        raise ArchiveError(
            f"{form} is a folder of files, and {target} is the name of one file.",
            hint=f"Give the name of a folder or of a .zip file{joined}.",
        )
    if form not in BUNDLES and target.lower().endswith((".zip", "/")):
        ending = ENDINGS.get(form, f".{form.partition(' ')[0]}").removeprefix("-export")
        name = target.rstrip("/").removesuffix(".zip") or "archive"
        raise ArchiveError(
            f"{form} is one file, and {target} is the name of a folder or of a .zip file.",
            hint=f"Give another name, such as {name}{ending}.",
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """Destination of an export: path or "-", and its guard."""

    target: str
    replace: bool
    own: Own

    @property
    def is_stream(self) -> bool:
        """True if it is standard output."""
        return self.target == "-"

    def file(self) -> AbstractContextManager[Path]:
        """Yield a path to write one file at."""
        return placed(Path(self.target), replace=self.replace, own=self.own)

    def folder(self) -> AbstractContextManager[Bundle]:
        """Yield a folder to write files into."""
        return bundled(Path(self.target), replace=self.replace, own=self.own)


def _write(snapshot: Snapshot, form: str, place: _Place, how: dict[str, Any]) -> None:
    if place.is_stream and (form in BUNDLES or form in FILES):
        raise ArchiveError(
            f"{form} is not a single stream, so it cannot go to standard output.",
            hint="Give a path with --output.",
        )
    if form in BUNDLES:
        with place.folder() as bundle:
            _writer(form, BUNDLES[form])(snapshot, bundle, **how)
    elif form in FILES:
        with place.file() as path:
            _writer(form, FILES[form])(snapshot, path, **how)
    elif form in TEXTS:
        with _stream(place) as out, text_stream(out) as text:
            _writer(form, TEXTS[form])(snapshot, text, **how)
    else:
        with _stream(place) as out:
            _writer(form, "write_warc")(snapshot, out)


@contextmanager
def _stream(place: _Place) -> Iterator[Summed]:
    if not place.is_stream:
        with place.file() as path, path.open("wb") as file:
            yield Summed(file)
        return
    try:
        with written("Standard output"):
            yield Summed(sys.stdout.buffer)
            sys.stdout.buffer.flush()
    except ArchiveError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python would fail a second time, at its end
        raise


@contextmanager
def _progress() -> Iterator[Watch]:
    """Show progress on standard error, at a terminal."""
    if not sys.stderr.isatty():
        yield unwatched
        return
    from rich.console import Console  # noqa: PLC0415  (slow to import)
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield progress.track
