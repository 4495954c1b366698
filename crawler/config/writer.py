"""Writing backissue.toml: a commented block for a site, and adding it to a file that is there.

Pure text; what is written is read back strictly before it takes its place. An existing line is
never changed. It knows nothing of how a site was looked at.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from archive.core.errors import ConfigError
from archive.core.urls import same_site
from crawler.config.config import load_config
from crawler.schedule.cron import DEFAULT_SCHEDULE

CONFIG_HEAD = """\
# What Backissue archives, and how. Every key is described in docs/configuration.md.

# Where the archive is kept; a relative path starts at this file.
archive = "archive.db"

{contact}
"""
_CONTACT = """\
# How the site's owner can reach you; it is sent with every request.
contact = {value}
"""
_NO_CONTACT = """\
# How the site's owner can reach you; it is sent with every request. Needed before the first crawl.
# contact = "you@example.org"
"""


def quote(text: str) -> str:
    """A text as TOML writes it: as it stands where that can be, else with escapes."""
    if "'" not in text and "\\" in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + '"'


def name_for(url: str) -> str:
    """A source's name out of its address: www.the-site.co.uk becomes the-site, a number just "site"."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    labels = [""] if re.fullmatch(r"[\d.:]+", host) else host.split(".")
    kept = "".join(char for char in labels[0].lower() if char.isascii() and (char.isalnum() or char in "-_"))
    return kept.strip("-_") or "site"


def profile_block(name: str, profile: str) -> str:
    """The block for a known site: its profile says everything, and can be overruled here."""
    return (
        f"[sources.{name}]\n"
        f"# All that is known of this site comes with the program (crawler/config/sites/{profile}.toml).\n"
        f"# Any key set here wins, such as: schedule = {quote(DEFAULT_SCHEDULE)}\n"
        f"profile = {quote(profile)}\n"
    )


def site_block(
    name: str,
    url: str,
    *,
    title: str | None = None,
    delay: float = 1.0,
    comments: str = "auto",
    language: str | None = None,
    timezone: str | None = None,
    hosts: tuple[str, ...] = (),
) -> str:
    """The block for a site that was looked at, each line with its reason.

    Further hosts of the same publisher are allowed; a stranger's are named, for the user to allow.
    """
    lines = [f"[sources.{name}]", f"url = {quote(url)}"]
    if title:
        lines.append(f"title = {quote(title)}")
    lines += [
        "# When to look for what is new: five crontab fields and perhaps a time zone.",
        f"schedule = {quote(DEFAULT_SCHEDULE)}",
        '# Or, instead, every so often: every = "30m". And never at night: quiet = "22:00-06:00".',
        "# Seconds between two requests. A longer Crawl-delay in robots.txt is kept.",
        f"delay = {delay:g}",
        "# How readers' comments are marked up: auto, native, wpdiscuz or none.",
        f"comments = {quote(comments)}",
    ]
    lines += _or_example(
        "language", language, "en", "The site's language, in which printed months are to be read."
    )
    lines += _or_example("timezone", timezone, "Europe/Berlin", "Where printed dates are at home.")
    if hosts:
        own = all(same_site(f"https://{host}", url) for host in hosts)
        said = "" if own else " Whose they are is not known: allow them by taking the sign away."
        lines.append(f"# Further hosts, on which its articles are.{said}")
        lines.append(f"{'' if own else '# '}hosts = [{', '.join(map(quote, hosts))}]")
    lines += [
        "# A regular expression on the path of an address, if it does not become clear what is an article.",
        r"# article_pattern = '/\d{4}/\d\d/[^/]+/$'",
    ]
    return "\n".join(lines) + "\n"


def _or_example(key: str, value: str | None, example: str, why: str) -> list[str]:
    return [f"# {why}", f"{key} = {quote(value)}" if value else f"# {key} = {quote(example)}"]


def new_config_text(block: str, contact: str | None) -> str:
    """A new file."""
    return CONFIG_HEAD.format(contact=contact_line(contact)) + block


def contact_line(contact: str | None) -> str:
    """The lines about the contact, as a comment where there is none yet."""
    return _NO_CONTACT if contact is None else _CONTACT.format(value=quote(contact))


def extended_config_text(file: Path, block: str, name: str, contact: str | None) -> str:
    """The text of an existing file with a block more. Raises ConfigError when that cannot be done cleanly."""
    config = load_config(file, fetching=False)
    if any(source.name == name for source in config.sources):
        raise ConfigError(
            f"{file} already has a source “{name}”; nothing was changed.",
            hint="Give another --name, change the file by hand, or write it anew with --force.",
        )
    text = file.read_text(encoding="utf-8-sig").rstrip("\n") + "\n\n" + block
    if contact is not None and config.contact is None:
        text = contact_line(contact) + "\n" + text
    return text


def write_config(file: Path, text: str, name: str) -> None:
    """Put a text in the place of a file, whole or not at all, once it reads as it should.

    Raises ConfigError, leaving the old file, when it does not (an inline `sources` cannot be added to).
    """
    new = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        new.write_text(text, encoding="utf-8")
        load_config(new, fetching=False).source(name)
        new.replace(file)
    except (ConfigError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"{file} could not be added to; nothing was changed.", hint=f"Paste this into it:\n\n{text}"
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written: {error.strerror}.", hint="Is the folder writable?"
        ) from error
    finally:
        new.unlink(missing_ok=True)
