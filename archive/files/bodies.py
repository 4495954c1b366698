"""Bodies of raw pages, each kept once, by its digest, in little space.

A body is packed by zstd: by itself, with a dictionary trained from earlier pages of its source and kind, or
as a patch of an earlier body of the same URL. What a patch is of is no patch itself.
Does not: store headers or times.
Invariant: what a body needs is on the disk before it, and foreign keys keep it there; each was unpacked once
before it was kept, and its digest is checked whenever it is read.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import zstandard

from archive.core.connection import Database
from archive.core.database import transaction
from archive.core.records import Page

ALONE, DICTIONARY, PATCH = "zstd", "zstd-dictionary", "zstd-patch"
"""How a body may be packed, as `bodies.coding` has it."""

FIRST_TRAINING = 24
"""Bodies of a source and kind after which a first dictionary is trained. On made pages 8 would do."""
NEXT_TRAINING = 256
"""Bodies packed with a dictionary after which another one is tried."""

_ALONE_LEVEL = 10  # half a gzip'd WARC's size at about 2 ms a page
_DICTIONARY_LEVEL = 6  # at 10 it takes twice the time, for 3 % less room
_PATCH_LEVEL = 3  # higher levels find no more in what is nearly the same
_DICTIONARY_BYTES = 256 * 1024  # a larger one is worse
_SEGMENT_BYTES, _DMER_BYTES = 2000, 8  # of the trainer: long segments, as templates have
_SAMPLES, _SAMPLE_BYTES = 64, 16 * 2**20
_BETTER = 0.95  # of the room that a new dictionary may take, to replace an older one
_WORSE = 1.1  # times the room that bodies took at its training, at which a dictionary serves badly
_PATCHABLE_BYTES = 8 * 2**20
_PATCH_SHARE = 3  # a patch takes at most this part of the size of its base, otherwise the body is kept whole
_CACHED = 8  # dictionaries in memory
_REPACKED = 50  # bodies packed again in one transaction
_ID_BYTES = 7  # of a dictionary's digest, which SQLite keeps as a positive number
_LEAST_WINDOW = 10  # zstd's

_Row = dict[str, Any]


class _Dictionary:
    """A trained dictionary, ready for use."""

    def __init__(self, data: bytes) -> None:
        self._data = zstandard.ZstdCompressionDict(data)

    @cached_property
    def _packer(self) -> zstandard.ZstdCompressor:
        self._data.precompute_compress(level=_DICTIONARY_LEVEL)
        return zstandard.ZstdCompressor(level=_DICTIONARY_LEVEL, dict_data=self._data)

    @cached_property
    def _unpacker(self) -> zstandard.ZstdDecompressor:
        return zstandard.ZstdDecompressor(dict_data=self._data)

    def pack(self, body: bytes) -> bytes:
        return self._packer.compress(body)

    def unpack(self, packed: bytes) -> bytes:
        return self._unpacker.decompress(packed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packed:
    """A body as it is kept; `base` is the digest of what a patch is of, `dictionary` the id of one."""

    data: bytes
    coding: str = ALONE
    base: str | None = None
    dictionary: int | None = None


class Bodies:
    """The bodies in the file of raw pages."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._pack = zstandard.ZstdCompressor(level=_ALONE_LEVEL)
        self._unpack = zstandard.ZstdDecompressor()
        self._dictionaries: dict[int, _Dictionary] = {}

    def keep(self, page: Page) -> str:
        """Keep the body of a page; return its SHA-256 digest in hex. Inside a transaction of its caller.

        A stored one is not kept again, but repaired if it differs from the received body.
        """
        digest = hashlib.sha256(page.body).hexdigest()
        if self.fault(digest) is None:
            return digest
        is_held = self._row(digest) is not None
        packed = None if is_held else self._patch(page.body, self._latest(page.source, page.url))
        if packed is None:
            packed = self._whole(page.source, page.kind.value, page.body)
        self._db.execute(
            "INSERT INTO bodies (digest, coding, length, body, base, dictionary) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET coding = excluded.coding, length = excluded.length,"
            " body = excluded.body, base = excluded.base, dictionary = excluded.dictionary",
            [digest, packed.coding, len(page.body), packed.data, packed.base, packed.dictionary],
        )
        return digest

    def read(self, digest: str) -> tuple[bytes, str | None]:
        """Return a body and its fault, if any."""
        try:
            row = self._row(digest)
            body = self._unpacked(row) if row else None
        except (zstandard.ZstdError, sqlite3.DatabaseError, MemoryError, TypeError, _LostError) as error:
            return b"", f"its body cannot be unpacked ({error})"
        if body is None:
            return b"", "its body has gone"
        same = hashlib.sha256(body).hexdigest() == digest
        return (body, None) if same else (b"", "its body has another digest")

    def fault(self, digest: str) -> str | None:
        """Return a body's fault, if any."""
        return self.read(digest)[1]

    # -- training ---------------------------------------------------------------------------------

    def train_when_due(self, source: str, kind: str) -> None:
        """Train a dictionary if there is none yet, or if the present one may serve badly."""
        sql = (
            "SELECT bodies, received, stored, ratio FROM packing LEFT JOIN dictionaries ON id = dictionary"
            " WHERE packing.source = ? AND packing.kind = ?"
        )
        row = self._db.execute(sql, [source, kind]).fetchone()
        if row is None:
            return
        bodies, received, stored, ratio = row
        if ratio is None and bodies >= FIRST_TRAINING:
            self._train(source, kind)
        elif ratio is not None and bodies >= NEXT_TRAINING:
            if stored > received * ratio * _WORSE:
                self._train(source, kind)
            else:
                self._count_anew(source, kind)

    def _train(self, source: str, kind: str, *, repack: bool = True) -> None:
        """Train a dictionary from the newest pages of a source and kind, and take it if it is better.

        `repack` packs those of them with it that were packed by themselves.
        """
        samples = self._samples(source, kind)
        tried = [body for _, _, body in samples[::4]]
        learned = [body for place, (_, _, body) in enumerate(samples) if place % 4]
        made = _trained(learned)
        if made is None:
            self._count_anew(source, kind)
            return
        new = _Dictionary(made)
        takes = sum(len(new.pack(body)) for body in tried)
        with transaction(self._db):
            if takes < _BETTER * self._takes(source, kind, tried):
                number = self._add(source, kind, made, takes / sum(map(len, tried)))
                for digest, coding, body in samples if repack else ():
                    packed = self._with_dictionary(number, body) if coding == ALONE else None
                    if packed is not None:
                        self._replace(digest, packed)
            self._count_anew(source, kind)

    def _takes(self, source: str, kind: str, bodies: list[bytes]) -> int:
        """Return how many bytes some bodies take as they would be packed now."""
        number = self._current(source, kind)
        dictionary = None if number is None else self._dictionary(number)
        pack = self._pack.compress if dictionary is None else dictionary.pack
        return sum(len(pack(body)) for body in bodies)

    def _samples(self, source: str, kind: str) -> list[tuple[str, str, bytes]]:
        """Return the newest whole bodies of a source and kind: digest, coding and body."""
        sql = (
            "SELECT digest, coding FROM pages JOIN bodies USING (digest)"
            " WHERE source = ? AND kind = ? AND base IS NULL ORDER BY id DESC"
        )
        found: dict[str, tuple[str, str, bytes]] = {}
        left = _SAMPLE_BYTES
        for digest, coding in self._db.execute(sql, [source, kind]):
            body, why = self.read(digest)
            if why is None and digest not in found and body:
                found[digest] = (digest, coding, body)
                left -= len(body)
            if len(found) == _SAMPLES or left < 0:
                break
        return list(found.values())

    def _add(self, source: str, kind: str, data: bytes, ratio: float) -> int:
        """Keep a dictionary for future bodies; return its id."""
        number = _id_of(data)
        sql = "INSERT OR IGNORE INTO dictionaries (id, source, kind, ratio, body) VALUES (?, ?, ?, ?, ?)"
        self._db.execute(sql, [number, source, kind, ratio, self._pack.compress(data)])
        sql = (
            "INSERT INTO packing (source, kind, dictionary) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET dictionary = excluded.dictionary"
        )
        self._db.execute(sql, [source, kind, number])
        return number

    def _count_anew(self, source: str, kind: str) -> None:
        with transaction(self._db):
            sql = "UPDATE packing SET bodies = 0, received = 0, stored = 0 WHERE source = ? AND kind = ?"
            self._db.execute(sql, [source, kind])

    # -- repacking --------------------------------------------------------------------------------

    def repack(self) -> Iterator[tuple[int, int]]:
        """Repack self-contained bodies, oldest pages first; yield how many of how many are done."""
        sql = "SELECT DISTINCT source, kind FROM pages JOIN bodies USING (digest) WHERE coding = ?"
        for source, kind in self._db.execute(sql, [ALONE]).fetchall():
            self._train(source, kind, repack=False)
        sql = (
            "SELECT min(id), digest FROM pages JOIN bodies USING (digest) WHERE coding = ?"
            " GROUP BY digest ORDER BY 1"
        )
        wanted = self._db.execute(sql, [ALONE]).fetchall()
        for start in range(0, len(wanted), _REPACKED):
            some = wanted[start : start + _REPACKED]
            with transaction(self._db):
                bases = {row[0] for row in self._db.execute("SELECT base FROM bodies WHERE base IS NOT NULL")}
                for number, digest in some:
                    self._repack(number, digest, bases)
            yield start + len(some), len(wanted)

    def forget_dictionaries(self) -> None:
        """Remove all dictionaries, with the text of pages in them; `repack` makes others."""
        sql = "SELECT digest FROM bodies WHERE dictionary IS NOT NULL"
        wanted = [row[0] for row in self._db.execute(sql).fetchall()]
        for start in range(0, len(wanted), _REPACKED):
            with transaction(self._db):
                for digest in wanted[start : start + _REPACKED]:
                    self._pack_alone(digest)
        with transaction(self._db):
            self._db.execute("UPDATE packing SET dictionary = NULL, bodies = 0, received = 0, stored = 0")
            used = "SELECT dictionary FROM bodies WHERE dictionary IS NOT NULL"
            sql = f"DELETE FROM dictionaries WHERE id NOT IN ({used})"
            self._db.execute(sql)

    def _pack_alone(self, digest: str) -> None:
        """Pack a body by itself, if it is sound."""
        body, why = self.read(digest)
        if why is None:
            sql = "UPDATE bodies SET coding = ?, body = ?, dictionary = NULL WHERE digest = ?"
            self._db.execute(sql, [ALONE, self._pack.compress(body), digest])

    def _repack(self, number: int, digest: str, bases: set[str]) -> None:
        """Repack the body of a page, if it is sound; `bases` are those that others are patches of."""
        sql = "SELECT source, kind, url FROM pages WHERE id = ?"
        source, kind, url = self._db.execute(sql, [number]).fetchone()
        body, why = self.read(digest)
        if why is not None:
            return
        packed = None if digest in bases else self._patch(body, self._latest(source, url, before=number))
        packed = packed or self._with_dictionary(self._current(source, kind), body)
        if packed is not None:
            self._replace(digest, packed)
            bases.add(packed.base or "")

    def _replace(self, digest: str, packed: _Packed) -> None:
        """Keep a body otherwise where that takes less room."""
        sql = (
            "UPDATE bodies SET coding = ?, body = ?, base = ?, dictionary = ?"
            " WHERE digest = ? AND length(body) > ?"
        )
        values = [packed.coding, packed.data, packed.base, packed.dictionary, digest, len(packed.data)]
        self._db.execute(sql, values)

    # -- how a body is packed ---------------------------------------------------------------------

    def _whole(self, source: str, kind: str, body: bytes) -> _Packed:
        """Pack a body by itself or with the dictionary of its source, and count it."""
        packed = self._with_dictionary(self._current(source, kind), body)
        packed = packed or _Packed(data=self._pack.compress(body))
        self._db.execute(
            "INSERT INTO packing (source, kind, bodies, received, stored) VALUES (?, ?, 1, ?, ?)"
            " ON CONFLICT DO UPDATE SET bodies = bodies + 1, received = received + excluded.received,"
            " stored = stored + excluded.stored",
            [source, kind, len(body), len(packed.data)],
        )
        return packed

    def _with_dictionary(self, number: int | None, body: bytes) -> _Packed | None:
        """Pack a body with a dictionary, if there is one that can be read."""
        dictionary = None if number is None else self._dictionary(number)
        if dictionary is None:
            return None
        packed = dictionary.pack(body)
        is_sound = dictionary.unpack(packed) == body
        return _Packed(data=packed, coding=DICTIONARY, dictionary=number) if is_sound else None

    def _patch(self, body: bytes, base: _Row | None) -> _Packed | None:
        """Pack a body as a patch of another one, if that pays."""
        if base is None or max(base["length"], len(body)) > _PATCHABLE_BYTES:
            return None
        before, why = self.read(base["digest"])
        if why is not None or not before:
            return None
        packed = _patched(before, body)
        is_small = len(packed) * _PATCH_SHARE <= len(base["body"])
        if not is_small or _unpatched(before, packed) != body:
            return None
        return _Packed(data=packed, coding=PATCH, base=base["digest"])

    def _latest(self, source: str, url: str, *, before: int = 2**63 - 1) -> _Row | None:
        """Return the whole body that the latest page of a URL has, or is a patch of."""
        sql = (
            "SELECT coalesce(base, digest) FROM pages JOIN bodies USING (digest)"
            " WHERE source = ? AND url = ? AND id < ? ORDER BY id DESC LIMIT 1"
        )
        found = self._db.execute(sql, [source, url, before]).fetchone()
        return self._row(found[0]) if found else None

    # -- and how it is unpacked -------------------------------------------------------------------

    def _row(self, digest: str) -> _Row | None:
        """Return a body as it is kept, if it is; an older file has fewer columns."""
        cursor = self._db.execute("SELECT * FROM bodies WHERE digest = ?", [digest])
        row = cursor.fetchone()
        names = (column[0] for column in cursor.description)
        return dict(zip(names, row, strict=True)) if row else None

    def _unpacked(self, row: _Row) -> bytes:
        if row["coding"] == DICTIONARY:
            dictionary = self._dictionary(row["dictionary"])
            if dictionary is None:
                raise _LostError("its dictionary is damaged or has gone")
            return dictionary.unpack(row["body"])
        if row["coding"] == PATCH:
            base = self._row(row["base"])
            if base is None or base["coding"] == PATCH:
                raise _LostError("the body that it is a patch of has gone")
            return _unpatched(self._unpacked(base), row["body"])
        return self._unpack.decompress(row["body"])

    def _current(self, source: str, kind: str) -> int | None:
        """Return the id of the dictionary that bodies of a source and kind are packed with."""
        sql = "SELECT dictionary FROM packing WHERE source = ? AND kind = ?"
        found = self._db.execute(sql, [source, kind]).fetchone()
        return found[0] if found else None

    def _dictionary(self, number: int) -> _Dictionary | None:
        """Return a dictionary, if it is stored and sound."""
        if number not in self._dictionaries:
            row = self._db.execute("SELECT body FROM dictionaries WHERE id = ?", [number]).fetchone()
            data = self._unpack.decompress(row[0]) if row else b""
            if _id_of(data) != number:
                return None
            if len(self._dictionaries) == _CACHED:
                self._dictionaries.pop(next(iter(self._dictionaries)))
            self._dictionaries[number] = _Dictionary(data)
        return self._dictionaries[number]


class _LostError(Exception):
    """Missing part that is needed to unpack a body."""


def _trained(samples: list[bytes]) -> bytes | None:
    """Return a dictionary, unless the samples are too few or too small."""
    size = min(_DICTIONARY_BYTES, sum(map(len, samples)) // 4)
    try:
        made = zstandard.train_dictionary(size, [*samples], k=_SEGMENT_BYTES, d=_DMER_BYTES)
    except zstandard.ZstdError:
        return None
    return made.as_bytes()


def _id_of(dictionary: bytes) -> int:
    """Return the number of a dictionary, by which changes are detected."""
    return int.from_bytes(hashlib.sha256(dictionary).digest()[:_ID_BYTES])


def _patched(before: bytes, body: bytes) -> bytes:
    """Return a body as a patch of another one."""
    window = max(_LEAST_WINDOW, (len(before) + len(body)).bit_length())
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _PATCH_LEVEL, source_size=len(body), dict_size=len(before), window_log=window
    )
    raw = zstandard.ZstdCompressionDict(before, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdCompressor(dict_data=raw, compression_params=parameters).compress(body)


def _unpatched(before: bytes, patch: bytes) -> bytes:
    raw = zstandard.ZstdCompressionDict(before, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdDecompressor(dict_data=raw).decompress(patch)
