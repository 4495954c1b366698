"""Log records as readable lines on standard error, or as JSON, one object a line.

There is one handler for everything: our own sentences, our log, and the warnings of all libraries.
Times are UTC. Passwords, tokens and the addresses of notifications are masked in every line, and
what came from a site is shown without control characters. Child processes inherit form and level.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import click

from archive.cli.console import VOICE, NearChoice
from archive.core.formatting import plain

FORMAT_VARIABLE, LEVEL_VARIABLE = "BACKISSUE_LOG_FORMAT", "BACKISSUE_LOG_LEVEL"
FORMATS = ("text", "json")
_LEVELS = ("warning", "info", "debug")

_ROOMS = ("archive", "crawler", "pipeline", "scheduler")
_HEARD = {VOICE, *_ROOMS, "uvicorn"}  # below a warning, libraries are logged only where they serve
_RECORDED = {"scrapy.downloadermiddlewares.robotstxt", "scrapy.downloadermiddlewares.retry"}
"""Loggers of failed requests. Each is a recorded problem, and the sentence of its run says why."""
_TLS = "scrapy.core.downloader.tls"  # warns at each connection of a source with verify_tls = false
_NAMES = (
    r"[\w-]*(?:token|secret|passw|apikey|api[_-]key|signature|credential)[\w-]*|pass|pwd|key|sig|auth|code"
)
_PLACE = r"(?:s3a?|gs|az)://[\w./%-]+(?![\w./%@:?-])"  # a bucket and a folder, without a key
_MASKS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        # any URL but of the web, a store or a file, such as slack://token/channel or mailtos://user:pass@host
        # with a non-empty rest: "mailtos://…" in a hint of ours has nothing to hide
        (
            rf"\b(?!https?:|ftps?:|file:|sqlite:|{_PLACE})([a-z][a-z0-9+.-]*)://(?=[^\s\"'<>“”]*\w)[^\s\"'<>“”]+",
            r"\1://***",
        ),
        (r"\b(https?|ftps?)://[^/?#\s\"'<>]*@", r"\1://***@"),
        (r"(hooks\.slack\.com/|/api/webhooks/|/bot(?=\d+:))[^\s\"'<>?]+", r"\1***"),
        (rf"([?&;#](?:{_NAMES})=)[^&\s\"'<>#]+", r"\1***"),
        (r"((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(['\"]?\s*[:=]\s*)[^\r\n]+", r"\1\2***"),
        (r"\bbearer [\w.~+/=-]{16,}", "Bearer ***"),
    )
)


def masked(text: str) -> str:
    """Return a text without secrets of URLs and headers."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add logging options, each with an environment variable."""
    form = click.option(
        "--log-format",
        type=NearChoice(FORMATS),
        envvar=FORMAT_VARIABLE,
        help=f"Log as text, or as JSON lines (${FORMAT_VARIABLE}).",
    )
    level = click.option(
        "--log-level",
        type=NearChoice(_LEVELS),
        envvar=LEVEL_VARIABLE,
        help=f"How much to log; debug adds a line for each page (${LEVEL_VARIABLE}).",
    )
    return form(level(command))


def begin(form: str | None, level: str | None) -> None:
    """Configure logging to standard error, also for children."""
    for variable, given in ((FORMAT_VARIABLE, form), (LEVEL_VARIABLE, level)):
        if given:
            os.environ[variable] = given
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, _Lines)]
    formatter = as_text
    if form == "json":
        formatter = format_json
    root.addHandler(_Lines(formatter))
    logging.getLogger(VOICE).setLevel(logging.INFO)
    for room in _ROOMS:
        logging.getLogger(room).setLevel((level or "info").upper())
    if form == "json":
        sys.excepthook = _crash


def adopt_uvicorn() -> None:
    """Route the server's log through ours."""
    from uvicorn.config import LOGGING_CONFIG  # noqa: PLC0415  (only the serving process needs it)

    LOGGING_CONFIG.update(formatters={}, handlers={}, loggers={})


class _Lines(logging.Handler):
    """Handler that writes formatted records to standard error."""

    def __init__(self, write: Callable[[logging.LogRecord], str]) -> None:
        super().__init__()
        self._write = write

    def filter(self, record: logging.LogRecord) -> bool:
        """True if a record is not a single request's failure."""
        is_handshake = record.name == _TLS and record.levelno < logging.ERROR
        if is_handshake or record.name in _RECORDED:
            return False
        package = record.name.partition(".")[0]
        return record.levelno >= logging.WARNING or package in _HEARD

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record. A fault in it never ends the program."""
        try:
            click.echo(masked(self._write(record)), err=True)
        except Exception:  # noqa: BLE001  (as every handler does: it logs the fault, and work continues)
            self.handleError(record)


def as_text(record: logging.LogRecord) -> str:
    """Return a record for people; our own sentences without prefix."""
    message = plain(record.getMessage())
    hint = plain(getattr(record, "hint", None))
    if record.name == VOICE and record.levelno < logging.ERROR:
        return message
    if record.name == VOICE and not record.exc_info:
        told = f"{click.style('Error', fg='red')}: {message}"
        if hint:
            return f"{told}\n{click.style('Hint', bold=True)}: {hint}"
        return told
    line_text = message.replace("\n", " ")
    line = f"{_time(record)} {record.levelname} {record.name}: " + line_text
    return "\n".join(filter(None, [line, _trace(record)]))


def format_json(record: logging.LogRecord) -> str:
    """Return a record as one line of JSON."""
    value = {
        "time": _time(record),
        "level": record.levelname.lower(),
        "logger": record.name,
        "process": record.process,
        "message": plain(record.getMessage()).strip(),
        "hint": getattr(record, "hint", None),
        "exception": _trace(record) or None,
    }
    return json.dumps({name: given for name, given in value.items() if given is not None}, ensure_ascii=False)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _trace(record: logging.LogRecord) -> str:
    if not record.exc_info:
        return ""
    return plain(logging.Formatter().formatException(record.exc_info))


def _crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger(VOICE).critical("The program crashed: %s", error, exc_info=(kind, error, trace))
