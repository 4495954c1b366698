"""Commands `visitor`: the key that signs our requests, and the directory by which sites check it."""

from __future__ import annotations

from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import click

from archive.cli.console import Context, Interruption, WholeNumber, say
from archive.core.errors import ConfigError
from archive.operations.ports import must_be_free
from crawler.config.config import load_config
from crawler.config.keys.visitor_keys import VisitorConfig
from crawler.fetch.visitor import DIRECTORY_PATH, DIRECTORY_TYPE, Visitor, load_visitor, make_visitor_key


@click.group("visitor")
def visitor() -> None:
    """Sign requests, so that sites can recognise you.

    The signatures follow Web Bot Auth; docs/visitor.md explains it.

    \b
    backissue visitor key          make the key that [visitor] names
    backissue visitor directory    print what to publish
    backissue visitor serve        or let this program publish it
    """


@visitor.command("key")
@click.pass_obj
def visitor_key(context: Context) -> None:
    """Make the private key, and print the key directory to publish.

    The key is written to the file that `[visitor] key` names, visitor.key by default. Whoever has it can
    visit sites in the name of this archive.
    """
    config = load_config(context.config, fetching=False)
    path = config.visitor.key
    if path is None:
        raise ConfigError(f"{config.path} has no key.")
    make_visitor_key(path)
    click.echo(load_visitor(path, None).directory_json(), nl=False)
    say(f"The key is in {path}. Keep it secret and safe, and publish the lines above at")
    say(f"{(config.visitor.directory or 'https://YOUR-SITE').rstrip('/')}{DIRECTORY_PATH}")
    say('Then add to backissue.toml: [visitor] sign = true, and directory = "https://YOUR-SITE".')


@visitor.command("directory")
@click.pass_obj
def visitor_directory(context: Context) -> None:
    """Print the key directory: the public key, as JSON."""
    click.echo(_visitor(context).directory_json(), nl=False)


@visitor.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=WholeNumber(1, 65535), default=8003, show_default=True, help="Its port.")
@click.pass_obj
def visitor_serve(context: Context, host: str, port: int) -> None:
    """Publish the key directory, signed, until Ctrl-C. Put a proxy with HTTPS in front."""
    ours = _visitor(context)
    must_be_free(host, port, "--port")
    server = directory_server(ours, host, port)
    say(f"The key directory is at http://{host}:{port}{DIRECTORY_PATH}. Ctrl-C ends it.")
    server.timeout = 0.2
    with Interruption().heeded() as interruption, server:
        while not interruption.asked:
            server.handle_request()


def directory_server(ours: Visitor, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server of the key directory, which answers 404 to every other request."""
    body = ours.directory_json().encode()

    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "backissue", ""

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != DIRECTORY_PATH:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", DIRECTORY_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "max-age=3600")
            authority = self.headers.get("Host", "")
            for name, value in ours.directory_headers(authority, datetime.now(UTC)).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    return ThreadingHTTPServer((host, port), Handler)


def _visitor(context: Context) -> Visitor:
    config: VisitorConfig = load_config(context.config, fetching=False).visitor
    if config.key is None:
        raise ConfigError("The configuration has no key.")
    return load_visitor(config.key, config.directory)
