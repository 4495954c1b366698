"""Object stores by their URLs, such as s3://bucket/folder, opened by obstore, an extra.

Keys come from the environment (AWS_ACCESS_KEY_ID and the like). Does not: decide what a failure means.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_LONGEST_REASON = 300


def open_object_store(url: str, *, seconds: int, retries: int) -> ObjectStore:
    """Return the store of a URL, whose requests end after `seconds`.

    Without TLS only where $AWS_ENDPOINT_URL says so. Raises ImportError without obstore, and obstore's own
    errors for a URL that it does not support.
    """
    from obstore.store import from_url  # noqa: PLC0415  (an extra)

    is_plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
    options: Any = {"timeout": f"{seconds}s", "allow_http": is_plain}
    return from_url(url, client_options=options, retry_config={"max_retries": retries})


def failure_reason(error: Exception) -> str:
    """Return why a store failed, as a clause."""
    first_line, _, _ = str(error).strip().partition("\n")
    return first_line[:_LONGEST_REASON].rstrip(".")
