"""Commands `config`: the configuration file's schema and check."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.console import Context, say
from archive.core.formatting import count
from crawler.config.config import load_config
from crawler.config.json_schema import schema_text, write_schema
from crawler.config.writer import SCHEMA_LINE


@click.group("config")
def config() -> None:
    """Check backissue.toml, or print its JSON Schema.

    \b
    backissue config check         report the first error
    backissue config schema        print its JSON Schema
    """


@config.command("check")
@click.pass_obj
def config_check(context: Context) -> None:
    """Check the configuration, and report the first error with its line."""
    read = load_config(context.config)
    click.echo(f"{read.path} has no error. It has {count(len(read.sources), 'source')}.")


@config.command("schema")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the schema to this file. Of existing files, only such a schema is replaced.",
)
def print_config_schema(output: Path | None) -> None:
    """Print the JSON Schema of the configuration, for editors.

    `backissue init` writes it next to the configuration, whose first line refers to it. Editors with taplo,
    such as VS Code with Even Better TOML, then complete keys and underline errors.
    """
    if output is None:
        click.echo(schema_text(), nl=False)
        return
    write_schema(output)
    say(f"{output} was written. Make this the first line of the configuration: {SCHEMA_LINE}")
