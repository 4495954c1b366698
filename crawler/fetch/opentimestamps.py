"""OpenTimestamps: calendars that bring a digest into the Bitcoin chain. They get 32 bytes, and nothing else.

A calendar promises at once, and names the block some hours later; until then the proof is pending. Only
calendars that the operator has named are asked. Needs the extra `ots`. Does not: check a block.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from archive.core.errors import ConfigError, SiteError

if TYPE_CHECKING:
    from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

CALENDAR_TIMEOUT_SECONDS = 20
_INSTALL = "Install them with `pip install 'backissue[ots]'`, or remove [proof] calendars."
logger = logging.getLogger(__name__)


def submit_head(head: bytes, calendars: Sequence[str], *, agent: str) -> bytes:
    """Return the OpenTimestamps file of some bytes, with the promises of all calendars that answered.

    Raises SiteError where no calendar answered, ConfigError without the libraries.
    """
    check_ots_installed()
    from opentimestamps.core.op import OpSHA256  # noqa: PLC0415
    from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp  # noqa: PLC0415

    digest = hashlib.sha256(head).digest()
    timestamp = Timestamp(digest)
    refusals = [_ask(calendar, timestamp, agent, _submit) for calendar in calendars]
    failed = [refusal for refusal in refusals if refusal is not None]
    if len(failed) == len(calendars):
        raise SiteError(
            f"No calendar gave a time-stamp. {' '.join(failed)}",
            hint="The next run asks again; `backissue seal` asks now.",
        )
    for refusal in failed:
        logger.warning("%s", refusal)
    _warn_of_strangers(timestamp, calendars)
    return _as_bytes(DetachedTimestampFile(OpSHA256(), timestamp))


def complete_proof(proof: bytes, calendars: Sequence[str], *, agent: str) -> tuple[bytes, bool]:
    """Ask the calendars for the block that they promised; return the file, and whether it names a block.

    Only promises of `calendars` are followed. A calendar that does not answer, or has no block yet, is asked
    again another time. Raises ConfigError without the libraries, ValueError for bytes that are no such file.
    """
    check_ots_installed()
    file = _as_file(proof)
    named = {calendar.rstrip("/") for calendar in calendars}
    for timestamp, calendar in _promises(file.timestamp):
        if calendar in named:
            refusal = _ask(calendar, timestamp, agent, _complete)
            if refusal is not None:
                logger.debug("%s", refusal)
    return _as_bytes(file), bool(block_heights(file.timestamp))


def block_heights(timestamp: Timestamp) -> list[int]:
    """Return the heights of the Bitcoin blocks that a time-stamp leads to, the lowest first."""
    from opentimestamps.core.notary import BitcoinBlockHeaderAttestation  # noqa: PLC0415

    attestations = [attestation for _, attestation in timestamp.all_attestations()]
    blocks = [each for each in attestations if isinstance(each, BitcoinBlockHeaderAttestation)]
    return sorted(block.height for block in blocks)


def check_ots_installed() -> None:
    """Raise ConfigError where the libraries of the extra are missing."""
    try:
        import opentimestamps.calendar  # noqa: F401, PLC0415
    except ImportError as error:
        raise ConfigError(
            "[proof] calendars needs libraries that are not installed.", hint=_INSTALL
        ) from error


def _warn_of_strangers(timestamp: Timestamp, calendars: Sequence[str]) -> None:
    """Log promises of calendars that are not named, and so are never asked for their block."""
    named = {calendar.rstrip("/") for calendar in calendars}
    for _, calendar in _promises(timestamp):
        if calendar not in named:
            logger.warning(
                "%s promises a time-stamp. Add it to [proof] calendars, or its block is never fetched.",
                calendar,
            )


def _promises(timestamp: Timestamp) -> list[tuple[Timestamp, str]]:
    """Return the parts of a time-stamp that wait for a calendar, each with its URL."""
    from opentimestamps.core.notary import PendingAttestation  # noqa: PLC0415

    pending = [each for each in timestamp.attestations if isinstance(each, PendingAttestation)]
    found = [(timestamp, attestation.uri.rstrip("/")) for attestation in pending]
    for part in timestamp.ops.values():
        found += _promises(part)
    return found


def _ask(
    calendar: str, timestamp: Timestamp, agent: str, question: Callable[[Any, Timestamp], Timestamp]
) -> str | None:
    """Merge a calendar's answer into a time-stamp; return a sentence where there is no answer."""
    from opentimestamps.calendar import CommitmentNotFoundError, RemoteCalendar  # noqa: PLC0415

    remote = RemoteCalendar(calendar.rstrip("/") + "/", user_agent=agent)
    try:
        answer = question(remote, timestamp)
        timestamp.merge(answer)
    except CommitmentNotFoundError:
        return f"The calendar {calendar} has no block yet."
    except Exception as error:  # noqa: BLE001  (the library raises Exception itself)
        return f"The calendar {calendar} gave no answer: {error}."
    return None


def _submit(remote: Any, timestamp: Timestamp) -> Timestamp:
    return remote.submit(timestamp.msg, timeout=CALENDAR_TIMEOUT_SECONDS)


def _complete(remote: Any, timestamp: Timestamp) -> Timestamp:
    return remote.get_timestamp(timestamp.msg, timeout=CALENDAR_TIMEOUT_SECONDS)


def _as_bytes(file: DetachedTimestampFile) -> bytes:
    from opentimestamps.core.serialize import StreamSerializationContext  # noqa: PLC0415

    stream = BytesIO()
    file.serialize(StreamSerializationContext(stream))
    return stream.getvalue()


def _as_file(proof: bytes) -> DetachedTimestampFile:
    from opentimestamps.core.serialize import DeserializationError, StreamDeserializationContext  # noqa: PLC0415
    from opentimestamps.core.timestamp import DetachedTimestampFile  # noqa: PLC0415

    try:
        return DetachedTimestampFile.deserialize(StreamDeserializationContext(BytesIO(proof)))
    except DeserializationError as error:
        raise ValueError(f"no OpenTimestamps file: {error}") from error
