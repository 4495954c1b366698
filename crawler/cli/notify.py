"""The command `notify`: tells people what there is to say, or that it can."""

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

_TEST = Notice(subject="test", value="", title="A test", body="Backissue can tell you here what happens.")


@click.command()
@click.option("--test", is_flag=True, help="Send a message to each address, to see that it arrives.")
@click.option("--quiet", is_flag=True, help="Say nothing of a look that found nothing to tell.")
@click.pass_obj
def notify(context: Context, test: bool, quiet: bool) -> int:
    """Tell people what happened: by mail, Slack, a webhook or whatever [notify] names.

    A source that starts failing or recovers, new matches of saved searches, and the digest when it is
    due. Each is said once. `up` and `schedule` do this by themselves after each crawl; with cron it
    stands behind `crawl`.

    Leaves with 3 when something could not be sent; it is tried again the next time.
    """
    from crawler.notifications import sender as telling  # noqa: PLC0415  (apprise is slow to import)

    config = load_config(context.config, fetching=False)
    if not config.notify.urls:
        raise ConfigError(
            "No address of notifications is configured.",
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
        say("Nothing new to tell.")
    return Exit.INCOMPLETE if told.failed else Exit.FINE
