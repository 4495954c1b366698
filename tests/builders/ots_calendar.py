"""An OpenTimestamps calendar on the loopback, with a Bitcoin chain of its own invention."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpPrepend, OpSHA256
from opentimestamps.core.serialize import BytesSerializationContext
from opentimestamps.core.timestamp import Timestamp

NONCE = b"calendar"
LEFT, RIGHT = hashlib.sha256(b"left").digest(), hashlib.sha256(b"right").digest()


class Calendar:
    """One calendar: `url` to ask, `asked` the paths that were; it names a block once `height` is set."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.height: int | None = None
        self.silent = False
        self.promised_by: str | None = None
        calendar = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                digest = self.rfile.read(int(self.headers["Content-Length"]))
                self.reply(calendar.promise(digest))

            def do_GET(self) -> None:
                self.reply(calendar.block(bytes.fromhex(self.path.rpartition("/")[2])))

            def reply(self, timestamp: Timestamp | None) -> None:
                calendar.asked.append(self.path)
                if calendar.silent or timestamp is None:
                    self.send_error(503 if calendar.silent else 404)
                    return
                context = BytesSerializationContext()
                timestamp.serialize(context)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(context.getbytes())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def promise(self, digest: bytes) -> Timestamp:
        timestamp = Timestamp(digest)
        commitment = timestamp.ops.add(OpAppend(NONCE)).ops.add(OpSHA256())
        commitment.attestations.add(PendingAttestation(self.promised_by or self.url))
        return timestamp

    def block(self, commitment: bytes) -> Timestamp | None:
        if self.height is None:
            return None
        timestamp = Timestamp(commitment)
        left = timestamp.ops.add(OpPrepend(LEFT)).ops.add(OpSHA256())
        top = left.ops.add(OpAppend(RIGHT)).ops.add(OpSHA256())
        top.attestations.add(BitcoinBlockHeaderAttestation(self.height))
        return timestamp

    def merkle_root(self, head: bytes) -> str:
        """The root of the block that a head leads to, as block explorers show it: reversed."""
        message = hashlib.sha256(hashlib.sha256(head).digest() + NONCE).digest()
        message = hashlib.sha256(LEFT + message).digest()
        return hashlib.sha256(message + RIGHT).digest()[::-1].hex()


@contextmanager
def calendar_server() -> Iterator[Calendar]:
    calendar = Calendar()
    thread = threading.Thread(target=calendar.server.serve_forever, daemon=True)
    thread.start()
    yield calendar
    calendar.server.shutdown()
    calendar.server.server_close()
    thread.join()
