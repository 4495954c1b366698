"""A download as a response: its portions become text and are sent as they are taken.

Invariant: an incomplete download never appears complete. The first portion is read before anything is
answered; where a later one fails, the connection is cut and no text is added.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from datasette.utils.asgi import AsgiStream

from archive.core.formatting import csv_line
from archive.public.sql.pool import CrowdedError, Download, LateError, LostError

PORTION_ROWS = 500  # read at a time; a time limit applies to each portion
READER_WAIT_SECONDS = 10
"""How many of Datasette's time limits a portion may take where the statement is ours or Datasette's own."""

Texts = Callable[[list[tuple[Any, ...]], bool], str]
_log = logging.getLogger("backissue.pages")


class BrokenOffError(Exception):
    """An answer that cannot be brought to its end; nothing more may be sent."""


def _refuse_beyond(sent: int, most_bytes: int) -> None:
    if most_bytes and sent > most_bytes:
        raise LostError(f"It is longer than {most_bytes // 2**20} MB (max_csv_mb).")


class Unsaid:
    """The answer of which nothing more is sent, so that the server cuts the connection."""

    async def asgi_send(self, send: Any) -> None:
        """Send nothing."""


def stream_response(
    download: Download,
    texts: Texts,
    *,
    content_type: str,
    headers: Mapping[str, str],
    end: str = "",
    most_bytes: int = 0,
) -> Any:
    """Return the streamed answer.

    `texts` converts a portion to text; its argument states which one is the first.

    `most_bytes` 0 means no bound. Beyond it, and after a failure, the answer breaks off (BrokenOffError).
    """

    async def stream(writer: Any) -> None:
        sent, is_first = 0, True
        try:
            while (portion := await download.portion()) is not None:
                text = portion.lines
                if portion.rows or is_first:  # other pages continue meanwhile
                    text = await asyncio.to_thread(texts, portion.rows, is_first) + text
                is_first = False
                sent += len(text)
                _refuse_beyond(sent, most_bytes)
                if text:
                    await writer.write(text)
            if end:
                await writer.write(end)
        except (LateError, LostError, CrowdedError) as error:
            _log.warning("A download was cut: %s", str(error) or "it took too long, or the pages are ending.")
            raise BrokenOffError from error
        finally:
            download.close()

    return AsgiStream(stream, headers=dict(headers), content_type=content_type)


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as lines of CSV."""
    return "".join(map(csv_line, rows))
