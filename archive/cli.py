"""The commands that keep an eye on the archive or take it along: export, sources, serve.

They ask an archive that is there and print what it says. They know no network and no configuration
beyond what the context tells.
"""

from __future__ import annotations

import logging
import signal
import sys
from dataclasses import asdict
from pathlib import Path

import click

from archive import export as exporting
from archive import logs, publish
from archive.console import Context, Exit, Planned, count, emit, opened, say, table, utf8_output, when
from archive.errors import ArchiveError, NotFoundError
from archive.store import Archive


@click.group()
def export() -> None:
    """Take the archive along.

    The form is promised in docs/contracts.md.
    """


@export.command()
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file instead of standard output."
)
@click.option("--source", help="Only this source.")
@click.option("--since", metavar="TIME", help="Published at or after an ISO 8601 day or time in UTC.")
@click.option("--until", metavar="TIME", help="Published before it.")
@click.pass_obj
def jsonl(
    context: Context, output: Path | None, source: str | None, since: str | None, until: str | None
) -> None:
    """Print every article with its comments, one JSON object a line.

    With --output the file takes its place whole, or not at all.
    """
    with opened(context) as archive:
        _must_know(archive, source)
        if output is None:
            exporting.jsonl(archive, utf8_output(), source=source, since=since, until=until)
            return
        new = output.with_name(f".{output.name}.new")
        try:
            with new.open("w", encoding="utf-8", errors="backslashreplace") as file:
                number = exporting.jsonl(archive, file, source=source, since=since, until=until)
            new.replace(output)
        except OSError as error:
            raise ArchiveError(f"{output} cannot be written: {error.strerror}.") from error
        finally:
            new.unlink(missing_ok=True)
    say(f"{count(number, 'article')} written to {output}.")


def _must_know(archive: Archive, source: str | None) -> None:
    names = [row["name"] for row in archive.db["sources"].rows]
    if source is not None and source not in names:
        raise NotFoundError(f"The archive holds no source “{source}”.", hint=f"It holds: {', '.join(names)}.")


# -- sources, serve -----------------------------------------------------------------------


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def sources(context: Context, as_json: bool) -> None:
    """List the sources and when each is due."""
    planned = context.planned()
    if as_json:
        emit([asdict(source) for source in planned])
        return
    table(
        ("source", "address", "schedule", "delay", "next run (UTC)"),
        [_source_row(source) for source in planned],
    )


def _source_row(source: Planned) -> tuple[str, ...]:
    return source.name, source.url, source.schedule, f"{source.delay:g} s", when(source.next_run)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address the pages listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535), help="Their port.")
@click.option("--quiet", is_flag=True, help="Say nothing of single requests.")
@click.pass_obj
def serve(context: Context, host: str, port: int, quiet: bool) -> int:
    """Serve the archive with Datasette, until Ctrl-C.

    Needs an archive that is there; `backissue up` makes one and serves it while it grows.
    """
    with opened(context) as archive:
        path = archive.path
    if quiet:
        for name in ("uvicorn.access", "uvicorn.error"):
            logging.getLogger(name).addFilter(lambda record: record.levelno >= logging.WARNING)
    else:
        say(f"Serving {path} at {publish.address(host=host, port=port)} until Ctrl-C.")
    logs.adopt_uvicorn()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(Exit.FINE))
    command = publish.command(path, host=host, port=port)
    sys.argv = ["datasette", *command[command.index("serve") :]]
    try:
        publish.main()
    except KeyboardInterrupt:
        return Exit.FINE
    return Exit.FINE
