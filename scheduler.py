"""Entry point of all commands, and loop of the scheduler.

The loop runs until a signal. Handles signals and child processes. Each crawl is a process of its own, and
does not outlive this one. Does not: implement a crawl, an extraction or a page.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import TYPE_CHECKING, Any

import click

from archive.cli import log_format as logs
from archive.cli import serve as archive_cli
from archive.cli.console import (
    CommandPlace,
    Context,
    DeskSettings,
    Exit,
    Interruption,
    Program,
    WholeNumber,
    say,
)
from archive.operations import serve
from archive.operations.ports import must_be_free, wait_until_answering
from crawler import demo
from crawler.cli import crawl as crawler_cli
from crawler.config.config import (
    FILE_VARIABLE,
    Config,
    Source,
    archive_here,
    find_config,
    load_config,
    proof_key,
)
from crawler.config.lookup import site_for
from crawler.daemon import processes

if TYPE_CHECKING:
    from archive.core.records import Article, Site
    from archive.tables.publisher_copies import PublisherCopy

PAGES_STOP_SECONDS = 5.0  # seconds for Datasette to end
PROGRAM_NAME = "backissue" if shutil.which("backissue") else sys.argv[0]
WAKE_SECONDS = 20.0  # seconds between checks of the clock, in case that the machine slept


@click.group(
    cls=Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Exits with 0 when all is well, 1 after an error, 2 for an invalid command line, 3 when something is
missing or needs attention, 4 when another run of the source is active, and 130 when it was
interrupted. Documentation: docs/commands.md and docs/configuration.md.""",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, _, wanted: _print_version(ctx, wanted=wanted),
    help="Show the version and exit.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"The configuration; by default ${FILE_VARIABLE}, or else ./backissue.toml.",
)
@logs.options
@click.option(
    "--child", is_flag=True, hidden=True, help="Started by another process of ours; end when it ends."
)
@click.pass_context
def main(
    ctx: click.Context, config: Path | None, child: bool, log_format: str | None, log_level: str | None
) -> None:
    """Archive a news site and its comments: complete, living and searchable.

    \b
    First:           backissue demo                     archive a sample newspaper and read it
    Your site:       backissue init https://www.example.org --contact you@example.org
                     backissue up                       archive it on schedule, and serve it
    By cron:         backissue crawl                    one crawl of every source, now
    Read it:         backissue search harbour ferry
                     backissue show 17
    Export it:       backissue export jsonl --output articles.jsonl
    Is all well?     backissue status
    Notify me:       backissue notify
    Is it complete?  backissue verify
    Why this text?   backissue explain page.html
    """
    logs.begin(log_format, log_level)
    if child:
        processes.watch_parent()
    ctx.obj = Context(
        config=config,
        file=lambda: find_config(config, os.environ),
        archive=lambda: archive_here(config),
        key=lambda: proof_key(config),
        planned=lambda: crawler_cli.planned(load_config(config, fetching=False)),
        saved=lambda name: load_config(config, fetching=False).notify.search(name).ask,
        desk=lambda: _desk_settings(config),
    )


def _print_version(ctx: click.Context, *, wanted: bool) -> None:
    if not wanted:
        return
    from crawler.settings import VERSION  # noqa: PLC0415  (it reads what is installed)

    click.echo(f"backissue, version {VERSION}")
    ctx.exit()


def _desk_settings(file: Path | None) -> DeskSettings:
    """Return the settings of readers' desks; they are closed without a configuration. Raises ConfigError."""
    if find_config(file, os.environ) is None:
        return DeskSettings(is_open=False, public_url=None)
    config = load_config(file, fetching=False)
    return DeskSettings(is_open=config.desk.open, public_url=config.notify.public_url)


# -- the scheduler --------------------------------------------------------------------------------


def run_scheduler(config: Config, pages: Sequence[str], greet: Callable[[], None]) -> int:
    """Run the scheduler and the pages until a signal.

    `pages` is the command line of the pages, or empty; `greet` is called in a thread after the start. Returns
    the exit code. Raises ConfigError where the URLs of notifications need a variable that is not set.
    """
    from archive.storage.archive import Archive  # noqa: PLC0415  (slow to import, as is APScheduler)
    from crawler.daemon.dispatcher import Clock  # noqa: PLC0415
    from crawler.daemon.notifier import Notifier  # noqa: PLC0415
    from crawler.daemon.pages_keeper import PagesKeeper  # noqa: PLC0415
    from crawler.daemon.pages_notes import PagesNotes  # noqa: PLC0415

    Archive.open(config.archive).close()
    has_readers = bool(config.notify.addresses(os.environ))
    notifier = Notifier(config.notify.digest, partial(_notify, config))
    clock = Clock(config, partial(_launch, config), ended=notifier.ask)
    keeper = None
    others: list[Popen[bytes]] = []
    with Interruption().heeded() as interruption:
        try:
            if pages:
                keeper = PagesKeeper(partial(processes.start, pages), PagesNotes(config.archive))
            clock.start()
            threading.Thread(target=greet, name="greet", daemon=True).start()
            awake = time.monotonic()
            while not interruption.asked:
                time.sleep(0.1)
                if keeper:
                    keeper.step()
                if has_readers:
                    notifier.step()
                if time.monotonic() - awake > WAKE_SECONDS:
                    awake = time.monotonic()
                    clock.wake()
            clock.stop()
            clock.finish(processes.STOP_GRACE_SECONDS)
            others += notifier.children
            if keeper:
                others += keeper.children
            processes.ask_to_stop(others)
            processes.wait_for(others, PAGES_STOP_SECONDS)
            # The last close merges the write-ahead log into the file.
            Archive.open(config.archive, create=False).close()
        except KeyboardInterrupt:
            return Exit.INTERRUPTED
        finally:
            children = [*clock.crawls.values(), *notifier.children, *others]
            if keeper:
                children += keeper.children
            processes.kill(children)
    return Exit.FINE


def _launch(config: Config, source: Source, run_id: int) -> Popen[bytes]:
    arguments = processes.crawl_arguments(config.path, source.name)
    return processes.start([*arguments, "--run", str(run_id)])


def _notify(config: Config) -> Popen[bytes]:
    return processes.start(["--config", str(config.path), "notify", "--quiet"])


# -- commands -------------------------------------------------------------------------------------


@click.command()
@archive_cli.pages_options
@click.pass_obj
def up(context: Context, /, **served: Any) -> int:
    """Archive on schedule and serve the archive, until Ctrl-C.

    A source that was never crawled, or missed its time, is crawled at once. Ctrl-C lets the current page be
    saved; a second one ends everything at once.
    """
    config = load_config(context.config)
    must_be_free(served["host"], served["port"], "--port")
    names = ", ".join(source.name for source in config.sources)
    return _up(config, names, **served)


@click.command("demo")
@archive_cli.pages_options
@click.option(
    "--sample-port",
    type=WholeNumber(1, 65535),
    envvar=demo.PORT_VARIABLE,
    help=f"The port of the sample newspaper (${demo.PORT_VARIABLE}; by default {demo.PORT}).",
)
@click.pass_obj
def show_demo(context: Context, /, sample_port: int | None, **served: Any) -> int:
    """Try it: archive and serve a bundled sample newspaper.

    It runs until Ctrl-C. Everything is stored in demo.db and demo-pages.db in the current folder, by the
    configuration demo.toml, and crawled once a minute. Other commands read it with --config demo.toml.
    """
    from crawler.demo import workspace  # noqa: PLC0415  (slow to import, as is what only a demo does)
    from crawler.demo.first_minute import beginning  # noqa: PLC0415

    if context.config is not None:
        raise click.UsageError("The demo has a configuration of its own; omit --config.")
    port = workspace.port_in(Path.cwd(), sample_port)
    must_be_free(served["host"], served["port"], "--port")
    must_be_free("127.0.0.1", port, "--sample-port")
    config = workspace.prepare(Path.cwd(), port)
    url = config.sources[0].site.url
    with workspace.newspaper(config), beginning(config, url, workspace.start_of(config)):
        what = f"the bundled sample newspaper ({url})"
        return _up(config, what, *_NEXT, **served)


_NEXT = (
    f"Search it in another terminal: {PROGRAM_NAME} --config {demo.FILE} search council",
    f"A real site instead: {PROGRAM_NAME} init https://www.example.org --contact you@example.org",
)


def _up(
    config: Config,
    what: str,
    *further: str,
    host: str,
    port: int,
    base_path: str,
    metadata: Path | None,
    desk: bool,
    replay: bool,
) -> int:
    """Run the scheduler and the pages, and print where, once they respond."""
    pages = ["--config", str(config.path), "serve", "--host", host, "--port", str(port)]
    pages += ["--base-path", base_path, "--quiet"]
    if desk:
        pages.append("--desk")
    if replay:
        pages.append("--replay")
    if metadata:
        pages += ["--metadata", str(metadata)]

    def greet() -> None:
        if wait_until_answering(host, port, seconds=60):
            say(f"Archiving {what} into {config.archive}.")
            say(f"Read and search it at {serve.local_url(host=host, port=port, base_url=base_path)}")
            for line in further:
                say(line)
            say("Ctrl-C ends it; everything saved is kept.")

    return run_scheduler(config, pages, greet)


@click.command()
@click.pass_obj
def schedule(context: Context) -> int:
    """Archive on schedule without serving, until Ctrl-C."""
    config = load_config(context.config)
    names = ", ".join(source.name for source in config.sources)
    return run_scheduler(config, (), lambda: say(f"Archiving {names} into {config.archive}. Ctrl-C ends it."))


@click.command("explain")
@click.argument("page", metavar="FILE|URL")
@click.option("--url", help="The URL of a saved page, if the page does not contain it.")
@click.option("--source", help="The source or known site whose rules apply; by default that of the URL.")
@click.option("--copy", metavar="FILE", help="The post as REST or a feed gives it, saved as a file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: article, comments, problems.")
@click.pass_obj
def explain_page(
    context: Context, page: str, url: str | None, source: str | None, copy: str | None, as_json: bool
) -> None:
    """Show what is extracted from one page, and by which rule.

    Nothing is stored. FILE is a saved page, optionally gzipped, or "-" for standard input. If the archive has
    the publisher's own copy of the text, or --copy gives it, each block is compared with it.

    \b
    backissue explain page.html.gz --url https://www.example.org/2009/07/name/
    backissue explain https://www.example.org/2009/07/name/ --json
    """
    from archive.tables.publisher_copies import find_copy  # noqa: PLC0415  (sqlite-utils is slow to import)
    from pipeline.cli import explain as pipeline_cli  # noqa: PLC0415  (and trafilatura)

    config = None
    sources: tuple[Source, ...] = ()
    contact = None
    if context.file():
        config = load_config(context.config, fetching=False)
        sources = config.sources
        contact = config.contact
    if page.startswith(("http://", "https://")):
        from crawler.probe.survey import fetch_page  # noqa: PLC0415  (Scrapy is slow to import)

        name = site_for(sources, source, page).name
        known = next((known for known in sources if known.name == name), None)
        with crawler_cli.quietly():
            read = fetch_page(page, contact, known)
    else:
        read = pipeline_cli.read_file(page, url)

    def copy_of(article: Article, site: Site) -> PublisherCopy | None:
        if copy is not None:
            return pipeline_cli.read_saved_copy(copy, article, site)
        if config is None:
            return None
        return find_copy(config.archive, article.url)

    pipeline_cli.explain(read, partial(site_for, sources, source), copy_of, as_json=as_json)


for command in (up, show_demo, schedule, explain_page):
    main.add_command(command)
main.places = {
    "init": CommandPlace("crawler.cli.init:init", "Probe a site and write backissue.toml."),
    "config": CommandPlace("crawler.cli.config:config", "Check backissue.toml, or print its JSON Schema."),
    "up": CommandPlace("", "Archive on schedule and serve the archive, until Ctrl-C."),
    "demo": CommandPlace("", "Try it: archive and serve a bundled sample newspaper."),
    "crawl": CommandPlace("crawler.cli.crawl:crawl", "Crawl one source or all of them, once and now."),
    "verify": CommandPlace("crawler.cli.verify:verify", "Prove month by month that nothing is missing."),
    "import": CommandPlace("crawler.cli.import_:import_", "Import what others have kept of a source."),
    "schedule": CommandPlace("", "Archive on schedule without serving, until Ctrl-C."),
    "fleet": CommandPlace("crawler.cli.fleet:fleet", "Crawl many sources on several machines."),
    "publish": CommandPlace(
        "crawler.cli.publish:publish_archives", "Publish checked copies of archives as one reading room."
    ),
    "notify": CommandPlace("crawler.cli.notify:notify", "Send notifications by mail, chat or webhook."),
    "serve": CommandPlace("archive.cli.serve:serve", "Serve the archive with Datasette, until Ctrl-C."),
    "search": CommandPlace(
        "archive.cli.search:search", "Search articles, comments and their earlier versions."
    ),
    "show": CommandPlace("archive.cli.search:show", "Show one article and its thread."),
    "export": CommandPlace("archive.cli.export:export", "Export the archive, or a part of it."),
    "desk": CommandPlace("archive.cli.desk:desk", "Give readers a desk for their own collections."),
    "redact": CommandPlace("archive.cli.redact:redact", "Hide articles, comments or names of commenters."),
    "unredact": CommandPlace("archive.cli.redact:unredact", "Show again what was hidden."),
    "status": CommandPlace(
        "archive.cli.status:status", "Print the archive's state, and how the last runs ended."
    ),
    "backup": CommandPlace("archive.cli.backup:backup", "Make a checked copy of the archive in DIR."),
    "restore": CommandPlace("archive.cli.backup:restore", "Restore the backup in DIR."),
    "repack": CommandPlace(
        "archive.cli.repack:repack", "Compress raw pages of an older version of Backissue."
    ),
    "doctor": CommandPlace("crawler.cli.doctor:doctor", "Check machine, archive, configuration and sites."),
    "seal": CommandPlace("crawler.cli.seal:seal", "Seal what is archived now, so that it can be proved."),
    "prove": CommandPlace("archive.cli.prove:prove", "Write evidence of one article or comment to a folder."),
    "same-words": CommandPlace("archive.cli.same_words:same_words", "Show where else the same words appear."),
    "sources": CommandPlace("crawler.cli.sources:sources", "List the sources; rename, move or remove one."),
    "visitor": CommandPlace("crawler.cli.visitor:visitor", "Sign requests, so that sites can recognise you."),
    "explain": CommandPlace("", "Show what is extracted from one page, and by which rule."),
    "explain-schedule": CommandPlace(
        "crawler.cli.explain_schedule:explain_schedule",
        "Show when an article's page is visited again, and why.",
    ),
    "replay": CommandPlace("crawler.cli.replay:replay_pages", "Read raw pages again by the present rules."),
    "reextract": CommandPlace(
        "crawler.cli.reextract:reextract",
        "Read raw pages again on many cores or machines.",
    ),
}

if __name__ == "__main__":
    main(prog_name="backissue")
