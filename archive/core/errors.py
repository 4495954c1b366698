"""Errors a user can correct, as one tree. Programming errors keep their traceback and are not here.

    BackissueError
    ├── ConfigError          backissue.toml has an impossible value
    ├── ArchiveError         a database file cannot be opened, read or written
    │   ├── NotFoundError    no such article or source in the archive
    │   ├── LockedError      another program has locked a database file; also a BusyError
    │   └── DamagedError     a database file is not sound; only a backup helps
    ├── ClockError           this machine's clock is behind the archive's newest entry
    ├── BusyError            another run has the lock; waiting helps
    └── SiteError            the site cannot be read at all (not a problem of one page)

Each states what happened to which object (`str(error)`), what to do next (`hint`), and whether trying the
same again can help (`retry`).
"""

from __future__ import annotations


class BackissueError(Exception):
    """Base of all errors shown as a sentence."""

    retry = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class ConfigError(BackissueError):
    """Unknown key, wrong type or impossible value in backissue.toml."""


class ArchiveError(BackissueError):
    """A database file cannot be opened, read or written."""


class NotFoundError(ArchiveError):
    """No such article or source in the archive."""


class DamagedError(ArchiveError):
    """A database file is not sound."""


class ClockError(BackissueError):
    """Clock of this machine behind the archive's newest time."""


class BusyError(BackissueError):
    """Another run of the same source is under way."""

    retry = True


class LockedError(ArchiveError, BusyError):
    """Database file locked by another program for too long."""


class SiteError(BackissueError):
    """The site cannot be read at all: not there, or refusing."""

    retry = True
