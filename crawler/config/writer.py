"""Writer of backissue.toml: a commented block for a site.

The block makes a new file, or is appended to an existing one. Pure text; the result is parsed strictly before
it replaces the file. An existing line is never changed. Does not: probe a site.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tomllib
from contextlib import suppress
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from archive.core.errors import ConfigError
from archive.core.urls import same_site
from archive.files.own_files import CONFIG_ASIDE
from crawler.config.config import load_config, profile, twin_of
from crawler.config.value_checks import MAX_NAME_CHARS
from crawler.schedule.cron import DEFAULT_SCHEDULE

SCHEMA_FILE = "backissue.schema.json"
SCHEMA_LINE = f"#:schema ./{SCHEMA_FILE}"
"""Line by which editors find the schema, which lies beside the configuration."""

CONFIG_HEAD = """\
{schema}
# Configuration of Backissue. Every key is described in docs/configuration.md.

# The file of the archive; a relative path starts at this file.
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
    """Return a text in TOML's format, with escapes where necessary."""
    if "'" not in text and "\\" in text and text.isprintable():
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    printable = (char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped)
    return '"' + "".join(printable) + '"'


def name_for(url: str) -> str:
    """Return a source's name from its URL.

    www.the-site.co.uk becomes the-site, an IP address just "site".
    """
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    if re.fullmatch(r"[\d.:]+", host):
        return "site"
    label, _, _ = host.lower().partition(".")
    kept = re.sub(r"[^a-z0-9_-]", "", label)
    return kept.strip("-_")[:MAX_NAME_CHARS] or "site"


def profile_block(name: str, profile: str) -> str:
    """Return the block for a built-in site.

    Its profile has all values, and the block may override each.
    """
    return (
        f"[sources.{name}]\n"
        f"# All values of this site are built in (crawler/config/sites/{profile}.toml).\n"
        f"# Any key set here overrides them, such as: schedule = {quote(DEFAULT_SCHEDULE)}\n"
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
    system: str | None = None,
    script_fills: str | None = None,
) -> str:
    """Return the block for a probed site, each line with its reason.

    Further hosts of the same publisher are allowed; other hosts are in a comment, for the user to allow.
    """
    lines = [f"[sources.{name}]", f"url = {quote(url)}"]
    if title:
        lines.append(f"title = {quote(title)}")
    lines += [
        "# When to crawl: five crontab fields and optionally a time zone.",
        f"schedule = {quote(DEFAULT_SCHEDULE)}",
        '# Or, instead, an interval: every = "30m". And never at night: quiet = "22:00-06:00".',
        "# Seconds between two requests. A longer Crawl-delay in robots.txt is obeyed.",
        f"delay = {delay:g}",
        "# How readers' comments are marked up: auto, native, wpdiscuz or none.",
        f"comments = {quote(comments)}",
    ]
    if system:
        lines += [
            f"# Comments are kept by {system}: true archives them from there, as far as its API is public.",
            "foreign_comments = true",
        ]
    lines += _or_example("language", language, "en", "The site's language, for the names of months.")
    lines += _or_example("timezone", timezone, "Europe/Berlin", "The time zone of the dates on its pages.")
    if hosts:
        lines += _hosts_lines(hosts, url)
    if script_fills:
        lines += [
            f"# A script fills in the {script_fills}. Without the # below a browser reads it; that needs",
            "# the extra backissue[browser] and a Chromium, and costs what `backissue init` has measured.",
            "# render = true",
        ]
    lines += [
        "# A regular expression for the path of an article's URL, if articles are not recognised.",
        r"# article_pattern = '/\d{4}/\d\d/[^/]+/$'",
        "# Content types to archive. Without this line: posts, pages and all others that visitors see.",
        '# types = ["post", "page"]',
        "# Files of articles that are archived with them: image, document, data, audio.",
        'files = ["image", "document", "data"]',
    ]
    return "\n".join(lines) + "\n"


def _hosts_lines(hosts: tuple[str, ...], url: str) -> list[str]:
    """Return the lines of further hosts."""
    listed = ", ".join(map(quote, hosts))
    if all(same_site(f"https://{host}", url) for host in hosts):
        return ["# Further hosts with its articles.", f"hosts = [{listed}]"]
    return [
        "# Further hosts with its articles. Their owner is unclear: remove the # to allow them.",
        f"# hosts = [{listed}]",
    ]


def _or_example(key: str, value: str | None, example: str, why: str) -> list[str]:
    if value:
        return [f"# {why}", f"{key} = {quote(value)}"]
    return [f"# {why}", f"# {key} = {quote(example)}"]


def new_config_text(block: str, contact: str | None) -> str:
    """Return the text of a new file."""
    return CONFIG_HEAD.format(schema=SCHEMA_LINE, contact=contact_line(contact)) + block


def contact_line(contact: str | None) -> str:
    """Return the lines of the contact.

    Without one, a comment with an example.
    """
    if contact is None:
        return _NO_CONTACT
    return _CONTACT.format(value=quote(contact))


def extended_config_text(file: Path, block: str, name: str, contact: str | None) -> str:
    """Return the text of an existing file with the block appended.

    Raises ConfigError for a duplicate name or site, or an invalid file.
    """
    config = load_config(file, fetching=False)
    if any(source.name == name for source in config.sources):
        raise ConfigError(
            f"{file} already has a source “{name}”; nothing was changed.",
            hint="Give another --name, edit the file, or replace it with --force.",
        )
    values = tomllib.loads(block)["sources"][name]
    url = values.get("url") or profile(values["profile"]).site.url
    if twin := twin_of(url, config.sources):
        raise ConfigError(
            f"{file} has {url} already, as source “{twin.name}”; nothing was changed.",
            hint=f"`backissue sources rename {twin.name} {name}` gives it another name.",
        )
    before = config_text(file)
    end = "\r\n" if "\r\n" in before else "\n"
    head = f"{contact_line(contact)}\n" if contact is not None and config.contact is None else ""
    return head.replace("\n", end) + before.rstrip("\r\n") + f"\n\n{block}".replace("\n", end)


def config_text(file: Path) -> str:
    """Return the text of a file, with its line endings."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return opened.read()


def write_config(file: Path, text: str, name: str) -> None:
    """Replace a file by a text, atomically, once it parses.

    Raises ConfigError, with the old file unchanged, when it does not (an inline `sources` cannot be
    extended).
    """
    try:
        _replace(file, text, name)
    except (ConfigError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"{file} could not be added to; nothing was changed.", hint=f"Paste this into it:\n\n{text}"
        ) from error


def keep_aside(file: Path) -> Path:
    """Copy a configuration that is to be replaced to a new file beside it, and return that."""
    endings = (CONFIG_ASIDE if number == 1 else f"{CONFIG_ASIDE}-{number}" for number in count(1))
    paths = (file.with_name(file.name + ending) for ending in endings)
    aside = next(path for path in paths if not os.path.lexists(path))
    shutil.copy2(file, aside)
    return aside


def rewrite_config(file: Path, text: str, name: str | None) -> None:
    """Replace a file by an edited text, once it parses.

    It then has the source `name`, if any. Raises ConfigError, with the old file unchanged, when it does not.
    """
    try:
        _replace(file, text, name)
    except (ConfigError, tomllib.TOMLDecodeError) as error:
        new = _new_beside(file.resolve())
        reason = str(error).replace(str(new), file.name)
        hint = f"Edit it by hand, and try again. {getattr(error, 'hint', None) or ''}"
        raise ConfigError(
            f"{file} could not be changed, so nothing was: {reason}", hint=hint.strip()
        ) from error


def _new_beside(file: Path) -> Path:
    return file.with_name(f".{file.name}.{os.getpid()}.new")


def _replace(file: Path, text: str, name: str | None) -> None:
    """Replace a file once the text parses; links to it stay, and so does who may read it.

    Raises ConfigError, tomllib.TOMLDecodeError.
    """
    place = file.resolve()
    new = _new_beside(place)
    try:
        _write_alike(new, text, place)
        config = load_config(new, fetching=False)
        if name is not None:
            config.source(name)
        new.replace(place)
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written: {error.strerror}.", hint="Is the folder writable?"
        ) from error
    finally:
        new.unlink(missing_ok=True)


def _write_alike(new: Path, text: str, old: Path) -> None:
    """Write a new file with the mode and owner of an old one, if any."""
    known, mode = None, 0o666
    if old.exists():
        known = old.stat()
        mode = stat.S_IMODE(known.st_mode)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        if known is not None:
            with suppress(PermissionError):  # the owner may only be changed by root
                os.chown(handle, known.st_uid, known.st_gid)
            os.fchmod(handle, mode)
        file.flush()
        os.fsync(handle)
