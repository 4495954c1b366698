"""What a test needs from the machine, and what is done when it is not there.

A part that a fresh machine may lack (a browser, a real WordPress) is skipped with a reason that
names the make target which installs it. Where BACKISSUE_REQUIRE names the part, as in CI, the
test fails instead: what must run is never skipped in silence.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest


def need(part: str, *, missing: Iterable[str]) -> None:
    """Go on if nothing is missing; else skip, or fail where BACKISSUE_REQUIRE contains `part`."""
    lacking = [name for name in missing if name]
    if not lacking:
        return
    reason = f"{part}: {', '.join(lacking)} not found; `make {part}` installs what this test needs"
    if part in os.environ.get("BACKISSUE_REQUIRE", "").replace(",", " ").split():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
