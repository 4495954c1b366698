"""Sealing what a run has changed: log, seal, signature, time-stamp."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from archive.core.errors import BackissueError
from archive.proof import log, signing
from archive.proof.log import LogSeal, SealBlockProof, SealSignature, SealStamp
from archive.storage.archive import Archive
from crawler.config.keys.proof_keys import ProofConfig

MAX_PENDING = 7
"""Seals whose blocks one run asks for, the newest ones first: a calendar needs some hours for each."""
logger = logging.getLogger(__name__)


def seal_now(archive: Archive, proof: ProofConfig, now: datetime, *, agent: str) -> tuple[int, list[LogSeal]]:
    """Log all changes and seal them; return how many leaves were new, and the new seals.

    `now` is aware. The newest seal is signed and stamped, as far as that is configured and was not done.
    Raises ArchiveError for a key that cannot be read, SiteError for a stamp that cannot be had.
    """
    added = log.log_changes(archive.db, archive.path)
    made = log.seal_log(archive.db, now)
    certify(archive, proof, agent=agent)
    return added, made


def seal_after_run(archive: Archive, proof: ProofConfig, now: datetime, *, agent: str) -> None:
    """Log what a run changed; seal it if no seal was made on this day.

    A signature or a stamp that is not available is logged, and requested again after the next run.
    """
    log.log_changes(archive.db, archive.path)
    if log.is_seal_due(archive.db, now):
        log.seal_log(archive.db, now)
    try:
        certify(archive, proof, agent=agent)
    except BackissueError as error:
        logger.warning(
            "The newest seal has no signature or time-stamp yet. %s", error, extra={"hint": error.hint}
        )


def certify(archive: Archive, proof: ProofConfig, *, agent: str) -> None:
    """Sign and stamp the newest seal, where that is configured and was not done. Raises BackissueError."""
    last = log.newest_seal(archive.db)
    if last is None:
        return
    if proof.key and last.signature is None:
        public_key, signature = signing.signature(last.head, proof.key)
        signed = SealSignature(public_key=public_key, signature=signature)
        log.attach(archive.db, last.number, signed)
    if proof.timestamp and last.stamp is None:
        from crawler.fetch.timestamps import stamp  # noqa: PLC0415  (slow to import)

        stamped = stamp(last.head, proof.timestamp, agent=agent)
        log.attach(archive.db, last.number, SealStamp(authority=proof.timestamp, stamp=stamped))
    if proof.calendars:
        _ask_calendars(archive, last, proof.calendars, agent=agent)


def _ask_calendars(archive: Archive, last: LogSeal, calendars: Sequence[str], *, agent: str) -> None:
    """Submit the newest seal, and complete older proofs.

    To and by the calendars.
    """
    from crawler.fetch.opentimestamps import complete_proof, submit_head  # noqa: PLC0415  (as above)

    for seal in log.pending_seals(archive.db, MAX_PENDING):
        completed, has_block = complete_proof(seal.ots or b"", calendars, agent=agent)
        log.attach(archive.db, seal.number, SealBlockProof(ots=completed, ots_pending=not has_block))
    if last.ots is None:
        promised = submit_head(last.head, calendars, agent=agent)
        log.attach(archive.db, last.number, SealBlockProof(ots=promised, ots_pending=True))
