"""The command `serve`.

It queries an existing archive. Does not: use any configuration but that of the context.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from archive.cli import log_format
from archive.cli.console import Context, Exit, WholeNumber, opened, say
from archive.operations import serve as publish
from archive.operations.ports import must_be_free

Command = TypeVar("Command", bound=Callable[..., object])


def _is_metadata(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Return the path of metadata as it is. Raises BadParameter for a file that is none."""
    if path is None:
        return None
    from datasette.utils import BadMetadataError, parse_metadata  # noqa: PLC0415  (slow to import)

    try:
        found = parse_metadata(path.read_text(encoding="utf-8"))
    except (BadMetadataError, OSError, UnicodeDecodeError):
        found = None
    if not isinstance(found, dict):
        example = '{"title": "Our archive"}'
        raise click.BadParameter(
            f"{path} is no metadata of Datasette. Give an object in JSON or YAML, such as {example}."
        )
    return path


def pages_options(command: Command) -> Command:
    """Add the options of `serve` and `up`."""
    for option in (
        click.option(
            "--desk",
            is_flag=True,
            help="Let readers keep collections on desks, as `[desk] open = true` in the configuration does.",
        ),
        click.option(
            "--metadata",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            callback=_is_metadata,
            help="Datasette's metadata: the title, who may read, and settings of plugins (JSON or YAML).",
        ),
        click.option(
            "--replay",
            is_flag=True,
            help="Show each article's raw page next to it, in a sandbox. This publishes the site's pages.",
        ),
        click.option(
            "--base-path",
            default="/",
            show_default=True,
            callback=lambda _context, _option, text: publish.base_path(text),
            help="The path under which a proxy shows the pages.",
        ),
        click.option(
            "--port",
            default=8001,
            show_default=True,
            type=WholeNumber(1, 65535),
            help="The port of the pages.",
        ),
        click.option(
            "--host", default="127.0.0.1", show_default=True, help="The address that the pages listen on."
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument(
    "published",
    metavar="[DIR]",
    required=False,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
)
@pages_options
@click.option("--quiet", is_flag=True, help="Do not log each request.")
@click.pass_obj
def serve(
    context: Context,
    published: Path | None,
    host: str,
    port: int,
    base_path: str,
    metadata: Path | None,
    desk: bool,
    replay: bool,
    quiet: bool,
) -> int:
    """Serve the archive with Datasette, until Ctrl-C.

    Needs an existing archive; `backissue up` creates one and serves it while it grows. With the folder of
    `backissue publish`, it shows all archives in it as one, and switches to new generations by itself.
    """
    if published is not None and desk:
        raise click.UsageError("Published archives have no desks of readers. Leave out --desk or DIR.")
    if replay:
        publish.publish_raw_pages()
    library = None
    if published:
        library = publish.library_server(published, base_url=base_path, metadata=metadata)
    if published is None:
        with opened(context) as archive:
            path = archive.path
    else:
        path = published
    must_be_free(host, port, "--port")
    url = publish.local_url(host=host, port=port, base_url=base_path)
    if published is None and (desk or context.desk().is_open):
        publish.open_desks(path, url)
    if quiet:
        for name in ("uvicorn.access", "uvicorn.error"):
            logging.getLogger(name).addFilter(lambda record: record.levelno >= logging.WARNING)
    else:
        say(f"Serving {path} at {url} until Ctrl-C.")
    log_format.adopt_uvicorn()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(Exit.FINE))
    try:
        if library is not None:
            publish.run_library(library, host=host, port=port)
        else:
            command = publish.command(path, host=host, port=port, base_url=base_path, metadata=metadata)
            sys.argv = ["datasette", *command[command.index("serve") :]]
            publish.run_datasette()
    except KeyboardInterrupt:
        return Exit.FINE
    return Exit.FINE
