"""Units for systemd, as text.

Either the scheduler with the pages as a service, or single crawls by a timer. They are for the system
manager, run as the owner of the configuration, and may write only next to the archive. Special characters of
a path are quoted as systemd requires.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from archive.core.errors import BackissueError
from crawler.daemon.processes import SCHEDULER_SCRIPT, STOP_GRACE_SECONDS

NEXT = (
    "Copy them into /etc/systemd/system, then:\n"
    "  systemctl daemon-reload\n"
    "  systemctl enable --now backissue.service        the scheduler and the pages; or\n"
    "  systemctl enable --now backissue-crawl.timer    only crawls, once an hour"
)

_UNIT = """\
[Unit]
Description={description}
Documentation=man:systemd.service(5)
Wants=network-online.target
After=network-online.target
"""
_PLACE = """\
User={user}
WorkingDirectory={folder}
# Secrets for [notify], as NAME=value lines. The file need not be there.
EnvironmentFile=-{folder}/backissue.env
"""
_BOUNDS = """\
# It reads the web, and writes only next to the archive.
UMask=0027
NoNewPrivileges=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={writes}
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictSUIDSGID=yes
LockPersonality=yes
"""
_SERVICE = """
[Service]
Type=exec
ExecStart={program} up
{place}Restart=on-failure
RestartSec=30
# The program lets its crawls save their page, and ends within {grace} s.
KillMode=mixed
TimeoutStopSec={stop}
{bounds}
[Install]
WantedBy=multi-user.target
"""
_CRAWL = """
[Service]
Type=oneshot
ExecStart={program} crawl --no-progress
{tell}# 4: another run of the source is active; 130: it was stopped, and has saved its page.
SuccessExitStatus=4 130
{place}KillMode=mixed
TimeoutStopSec={stop}
{bounds}"""
_TIMER = """\
[Unit]
Description=Backissue: crawl once an hour

[Timer]
OnCalendar=*-*-* *:17:00
RandomizedDelaySec=2min
# A crawl that was missed while the machine was off is made up.
Persistent=yes

[Install]
WantedBy=timers.target
"""


def units(config: Path, archive: Path, *, tells: bool) -> dict[str, str]:
    """Return the units of a configuration and its archive, by file name.

    `tells` is True where notifications are configured.
    """
    place = _PLACE.format(user=config.owner(), folder=_escaped(config.parent))
    writes = dict.fromkeys((config.parent, archive.parent))
    known = {
        "program": " ".join(map(_quoted, (*_program(), "--config", str(config)))),
        "place": place,
        "bounds": _BOUNDS.format(writes=" ".join(_quoted(str(folder)) for folder in writes)),
        "grace": f"{STOP_GRACE_SECONDS:g}",
        "stop": f"{3 * STOP_GRACE_SECONDS:g}",
    }
    tell = "ExecStopPost={program} notify --quiet\n".format(**known) if tells else ""
    both, single = "Backissue: archives news and serves the archive", "Backissue: one crawl of every source"
    service = _UNIT.format(description=both) + _SERVICE.format(**known)
    crawl = _UNIT.format(description=single) + _CRAWL.format(**known, tell=tell)
    return {"backissue.service": service, "backissue-crawl.service": crawl, "backissue-crawl.timer": _TIMER}


def write_units(folder: Path, texts: Mapping[str, str]) -> None:
    """Write units into a folder, which is created.

    Raises BackissueError where that fails.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BackissueError(
            f"The units cannot be written to {folder}: {error.strerror}.",
            hint="Name a folder of yours with --output, and copy them from there.",
        ) from error


def _program() -> tuple[str, ...]:
    """Return the command that starts this very installation."""
    script = Path(sys.executable).with_name("backissue")
    if script.exists():
        return (str(script),)
    return (sys.executable, str(SCHEDULER_SCRIPT))


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    if any(char in word for char in " \"'\\;"):
        return f'"{escaped}"'
    return escaped
