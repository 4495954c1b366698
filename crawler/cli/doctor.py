"""Command `doctor`: checks machine, archive, configuration and sites."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial

import click

from archive.cli.console import Context, Exit, emit
from archive.core.errors import ConfigError
from archive.core.formatting import count, plain
from archive.operations import doctor as examining
from archive.operations.doctor import CheckResult, Finding
from crawler.cli.crawl import quietly
from crawler.config.config import load_config

_COLOURS = {CheckResult.OK: "green", CheckResult.WARN: "yellow", CheckResult.BAD: "red"}


@click.command()
@click.option("--offline", is_flag=True, help="Send no request to any site.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: at, ok, findings.")
@click.pass_obj
def doctor(context: Context, offline: bool, as_json: bool) -> int:
    """Check machine, archive, configuration and sites.

    Every problem comes with advice. The archive is read completely, which takes a minute for each few
    gigabytes. Exits with 3 when something is bad; a warning is less urgent.
    """
    now = datetime.now(UTC)
    findings = []
    for finding in _findings(context, now, offline=offline):
        findings.append(finding)
        if not as_json:
            _tell(finding)
    verdicts = [finding.verdict for finding in findings]
    ok = CheckResult.BAD not in verdicts
    if as_json:
        emit({"at": now, "ok": ok, "findings": [asdict(finding) for finding in findings]})
    else:
        worse = [verdict for verdict in verdicts if verdict is not CheckResult.OK]
        summary = f"{count(len(worse), 'finding')} to check." if worse else "All is well."
        click.echo(f"\n{summary}")
    return Exit.FINE if ok else Exit.INCOMPLETE


def _findings(context: Context, now: datetime, *, offline: bool) -> Iterator[Finding]:
    from crawler.probe import site_checks  # noqa: PLC0415  (Scrapy is slow to import)

    try:
        config = load_config(context.config, fetching=False)
    except ConfigError as error:
        yield examining.bad(
            "configuration", str(error), error.hint or "Correct the file, then run this again."
        )
        yield examining.libraries()
        return
    yield from site_checks.check_configuration(config)
    yield from examining.look(config.archive, now)
    if not offline:
        with quietly():
            yield from site_checks.check_sites(config.sources)


def _tell(finding: Finding) -> None:
    name = f"{finding.verdict.upper():<5}"
    verdict = click.style(name, fg=_COLOURS[finding.verdict])
    text = finding.sentence
    if finding.hint:
        text += f"\n→ {finding.hint}"
    wrap = partial(textwrap.wrap, width=80, break_long_words=False, break_on_hyphens=False)
    lines = [line for part in plain(text).split("\n") for line in wrap(part)]
    for number, line in enumerate(lines):
        head = f"{verdict} {finding.check:<18}" if number == 0 else f"{'':<24}"
        click.echo(f"{head} {line}")
