"""An RFC 3161 time-stamp authority on the loopback, by openssl."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

CONFIG = """
[tsa]
serial = {folder}/serial
signer_cert = {folder}/signer.pem
certs = {folder}/ca.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
[v3]
extendedKeyUsage = critical,timeStamping
"""


def openssl(*words: object, data: bytes | None = None) -> bytes:
    done = subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, check=True)
    return done.stdout


class TimeAuthority:
    """One authority: `url` to ask, `certificate` to check with; `silent` answers with an error."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.certificate, self.silent = folder, folder / "ca.pem", False
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        new = ("req", "-newkey", "rsa:2048", "-nodes")
        openssl(*new, "-x509", "-subj", "/CN=CA", "-keyout", folder / "ca.key", "-out", self.certificate)
        openssl(*new, "-subj", "/CN=TSA", "-keyout", folder / "signer.key", "-out", folder / "signer.csr")
        signed = ("-CA", self.certificate, "-CAkey", folder / "ca.key", "-CAcreateserial")
        extra = ("-extfile", folder / "tsa.cnf", "-extensions", "v3")
        openssl("x509", "-req", "-in", folder / "signer.csr", *signed, *extra, "-out", folder / "signer.pem")
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(503 if authority.silent else 200)
                self.end_headers()
                if not authority.silent:
                    self.wfile.write(authority.reply(query))

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tsr"

    def reply(self, query: bytes) -> bytes:
        (self.folder / "query.tsq").write_bytes(query)
        how = ("-config", self.folder / "tsa.cnf", "-section", "tsa")
        return openssl("ts", "-reply", *how, "-queryfile", self.folder / "query.tsq")


@contextmanager
def time_authority(folder: Path) -> Iterator[TimeAuthority]:
    authority = TimeAuthority(folder)
    thread = threading.Thread(target=authority.server.serve_forever, daemon=True)
    thread.start()
    yield authority
    authority.server.shutdown()
    authority.server.server_close()
    thread.join()
