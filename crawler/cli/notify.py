"""Command `notify`: sends notifications, or a test message."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from archive.cli.console import Context, Exit, Interruption, opened, say
from archive.core.errors import ConfigError
from archive.core.formatting import count
from archive.core.locks import hold
from archive.notifications.conditions import Notice
from crawler.config.config import load_config

_TEST = Notice(subject="test", value="", title="A test", body="Backissue can send you notifications here.")


@click.command()
@click.option("--test", is_flag=True, help="Send a test message to each service.")
@click.option("--quiet", is_flag=True, help="Print nothing when there is no message.")
@click.pass_obj
def notify(context: Context, test: bool, quiet: bool) -> int:
    """Send notifications by mail, chat or webhook.

    They go to the services in [notify], and report a source that fails or recovers, new matches of saved
    searches, the events of alerts, and the digest when it is due. Each is sent once. `up` and `schedule` do
    this by themselves after each crawl; with cron, run it after `crawl`.

    Exits with 3 if a message could not be sent; the next `notify` tries again.
    """
    from crawler.notifications import sender as telling  # noqa: PLC0415  (apprise is slow to import)

    config = load_config(context.config, fetching=False)
    if not config.notify.urls:
        raise ConfigError(
            "No service for notifications is configured.",
            hint='Add a table [notify] with urls = ["mailtos://…"]; docs/configuration.md has examples.',
        )
    found = telling.services(config.notify.addresses(os.environ))
    if test:
        sent = [service.send(_TEST) for service in found]
        return Exit.FINE if all(sent) else Exit.INCOMPLETE
    with Interruption().heeded() as interruption, opened(context) as archive, hold(archive.path, "notify"):
        told = telling.send_due(archive, config.notify, found, datetime.now(UTC), lambda: interruption.asked)
    if told.sent:
        say(f"{count(told.sent, 'message')} sent.")
    elif not told.failed and not quiet:
        say("No new notifications.")
    return Exit.INCOMPLETE if told.failed else Exit.FINE
