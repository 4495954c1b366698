"""Jinja2, set up once: the templates and the few filters they share.

It knows how to turn values into text for HTML and XML. It does not know what is shown. Its law: everything is
escaped unless it is marked as markup here.
"""

from __future__ import annotations

import functools
import html
import json
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from tests.fakesite.typed import entities, titled

_HERE = Path(__file__).parent


def _ld(value: object) -> Markup:
    return Markup(json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/"))


def _zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rfc(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))


def _long(moment: datetime) -> str:
    return f"{moment:%B} {moment.day}, {moment.year}"


def _clock(moment: datetime) -> str:
    return f"{moment.hour % 12 or 12}:{moment:%M} {'am' if moment.hour < 12 else 'pm'}"


@functools.cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(_HERE / "templates")
    env = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=False, keep_trailing_newline=True, auto_reload=False
    )
    env.filters |= {
        "cdata": lambda text: Markup(str(text).replace("]]>", "]]]]><![CDATA[>")),
        "clock": _clock,
        "decoded": html.unescape,
        "entities": lambda text: Markup(entities(str(text))),
        "ld": _ld,
        "long": _long,
        "rfc": _rfc,
        "titled": lambda text: Markup(titled(str(text))),
        "zulu": _zulu,
    }
    return env


def render(template: str, **values: Any) -> str:
    """The text of a template with these values."""
    return _environment().get_template(template).render(**values)
