"""Shows which Bitcoin block head.bin.ots leads to. Needs Python 3.8 or newer, and nothing else."""

import hashlib
from pathlib import Path

_FOLDER = Path(__file__).parent
MAGIC = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\x08"
BITCOIN = bytes.fromhex("0588960d73d71901")
HASHES = {0x02: "sha1", 0x03: "ripemd160", 0x08: "sha256"}
proof = (_FOLDER / "head.bin.ots").read_bytes()
digest = hashlib.sha256((_FOLDER / "head.bin").read_bytes()).digest()
if not proof.startswith(MAGIC + digest):
    raise SystemExit("head.bin.ots is no proof of head.bin.")
place = len(MAGIC + digest)


def take(length: int) -> bytes:
    """Return the next bytes."""
    global place  # noqa: PLW0603
    place += length
    return proof[place - length : place]


def read_number(data: "bytes | None" = None) -> int:
    """Return the next number, or that of some bytes: seven bits a byte, the lowest first."""
    value, shift = 0, 0
    for index in range(10):
        byte = data[index] if data else take(1)[0]
        value += (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    return value


def follow(message: bytes) -> None:
    """Follow each branch from a message to what attests it."""
    tag = take(1)[0]
    while tag == 0xFF:
        take_step(take(1)[0], message)
        tag = take(1)[0]
    take_step(tag, message)


def take_step(tag: int, message: bytes) -> None:
    """Take one step."""
    if tag == 0:
        kind = take(8)
        claim = take(read_number())
        if kind == BITCOIN:
            print(f"Bitcoin block {read_number(claim)} has the Merkle root {message[::-1].hex()}")
        else:
            print("Promised, without a block yet:", claim[1:].decode("utf-8", "replace"))
    elif tag == 0xF0:
        follow(message + take(read_number()))
    elif tag == 0xF1:
        follow(take(read_number()) + message)
    elif tag in HASHES:
        follow(hashlib.new(HASHES[tag], message).digest())
    else:
        raise SystemExit("A step that this script does not know: use `ots verify head.bin.ots`.")


follow(digest)
