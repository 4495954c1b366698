"""Errors a user can mend, as one tree. Programming errors keep their traceback and are not here.

    BackissueError
    ├── ConfigError          backissue.toml says something that cannot be
    ├── ArchiveError         a database file cannot be opened, read or written
    │   ├── NotFoundError    the archive holds no such article or source
    │   ├── LockedError      another program holds a database file; also a BusyError
    │   └── DamagedError     a database file is not sound; only a backup helps
    ├── ClockError           this machine's clock is behind what the archive holds
    ├── BusyError            another run holds the lock; waiting helps
    └── SiteError            the site cannot be read at all (not a problem of one page)

Each says what happened to which thing (`str(error)`), what to do next (`hint`), and whether
trying the same again can help (`retry`).
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
