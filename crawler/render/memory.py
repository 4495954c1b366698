"""Memory of the browser's processes, which are below this one.

Only what each has for itself: the pages of memory that they share would count many times. Where the system
has no /proc, 0.
"""

from __future__ import annotations

import os
from pathlib import Path

_PROCESSES = Path("/proc")


def browser_bytes() -> int:
    """Return the bytes of memory that all processes below this one have for themselves."""
    parents: dict[int, list[int]] = {}
    pages: dict[int, int] = {}
    for folder in _PROCESSES.glob("[0-9]*"):
        try:
            _, _, after_name = (folder / "stat").read_text().rpartition(")")
            _, resident, shared, *_ = (folder / "statm").read_text().split()
        except (OSError, ValueError):  # it has ended meanwhile
            continue
        number = int(folder.name)
        parent = int(after_name.split()[1])
        parents.setdefault(parent, []).append(number)
        pages[number] = int(resident) - int(shared)
    waiting = list(parents.get(os.getpid(), ()))
    total = 0
    while waiting:
        number = waiting.pop()
        total += pages[number]
        waiting += parents.get(number, ())
    return total * os.sysconf("SC_PAGE_SIZE")
