"""Limits of the cost of one statement of a reader. A worker bounds itself by these before it runs any.

Does not: bound time; the pool ends a process that is late, and SQLite's progress handler most before that.
"""

from __future__ import annotations

import os
import resource
import sqlite3
from contextlib import suppress
from pathlib import Path

LONGEST_VALUE_BYTES = 5_000_000
"""Of any string, blob or row of a statement: one call such as hex(zeroblob(…)) escapes a time limit."""

MOST_ANSWER_BYTES = 20_000_000
"""Of the text of all rows of one answer; downloads come in portions and have no bound as a whole."""

SQLITE_HEAP_BYTES = 128 * 2**20
MEMORY_BYTES = 320 * 2**20  # of address space beyond what a fresh worker has
TEMPORARY_FILE_BYTES = 2 * 2**30  # a sort of a million rows needs about one
NICENESS = 10  # the server and the crawler have priority

_STATEMENT = {
    sqlite3.SQLITE_LIMIT_LENGTH: LONGEST_VALUE_BYTES,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 300,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 100,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
}


def bound_connection(connection: sqlite3.Connection) -> None:
    """Bound the values, patterns, depth and memory of what this connection runs."""
    for limit, most in _STATEMENT.items():
        connection.setlimit(limit, most)
    connection.execute(f"PRAGMA hard_heap_limit = {SQLITE_HEAP_BYTES}")


def bound_process() -> None:
    """Bound the memory and temporary files of this process, and lower its priority."""
    os.nice(NICENESS)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, TEMPORARY_FILE_BYTES)
    with suppress(OSError):  # no /proc: then only SQLite's own bound applies
        usage = Path("/proc/self/statm").read_text(encoding="ascii")
        pages = int(usage.split()[0])
        _lower(resource.RLIMIT_AS, pages * resource.getpagesize() + MEMORY_BYTES)


def bound_cpu(seconds: float) -> None:
    """End this process, by the kernel, after so many more seconds of CPU. Each call replaces the last."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    used_seconds = used.ru_utime + used.ru_stime
    soft = int(used_seconds + seconds) + 1
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _lower(limit: int, most: int) -> None:
    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(limit, (most, hard))
