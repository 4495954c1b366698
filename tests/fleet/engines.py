"""PostgreSQL and an S3 on the loopback, and a wire between them and a worker that can be cut.

Its law: nothing is installed here; what is missing is named, and `make postgres` installs it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from tests.builders.patience import free_port
from tests.builders.require import need
from tests.paths import ROOT

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
MOTO = ROOT / ".cache" / "moto" / "bin" / "python"
LIBRARIES = ("procrastinate", "psycopg", "obstore")
BUCKET = "archives"


def require_libraries() -> None:
    """Skip the calling test when the extra is not installed; fail it where it is required."""
    need("postgres", missing=[name for name in LIBRARIES if find_spec(name) is None])


def require_store() -> None:
    """Skip the calling test when no S3 can run here; fail it where one is required."""
    require_libraries()
    need("postgres", missing=[] if MOTO.exists() else ["moto"])


def require_engines() -> None:
    """Skip the calling test when no fleet can run here; fail it where one is required."""
    require_store()
    need("postgres", missing=[] if POSTGRES else ["PostgreSQL"])


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL in a temporary folder; its URL."""
    folder = Path(tempfile.mkdtemp(prefix="backissue-pg-", dir="/tmp"))
    who: list[str] = []
    if os.geteuid() == 0:  # it refuses to run as root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        who = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    data, port = str(folder / "data"), free_port()

    def run(program: str, *arguments: str) -> None:
        command = [*who, str(POSTGRES[-1] / program), "-D", data, *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
    try:
        run("initdb", "-A", "trust", "-U", "backissue", "--no-sync")
        run("pg_ctl", "-w", "-o", options, "-l", str(folder / "log"), "start")
        yield f"postgresql://backissue@127.0.0.1:{port}/postgres"
    finally:
        with suppress(subprocess.CalledProcessError):
            run("pg_ctl", "stop", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)


def new_database(url: str, name: str) -> str:
    """Make a database beside that of a URL, and return its own URL."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{url.rpartition('/')[0]}/{name}"


@contextmanager
def object_store() -> Iterator[int]:
    """An S3 with one bucket; its port. It is a process of its own, so that no test holds it up."""
    port = free_port()
    command = [str(MOTO), str(Path(__file__).with_name("moto_s3.py")), str(port), BUCKET]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            yield port
        finally:
            process.kill()


class Wire:
    """A TCP connection to a port that can be cut and mended."""

    def __init__(self, target: int) -> None:
        self.target, self.is_cut = target, False
        self._ends: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        self.is_cut = True
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def mend(self) -> None:
        self.is_cut = False

    def _serve(self) -> None:
        while True:
            near, _ = self._door.accept()
            if self.is_cut:
                near.close()
                continue
            with suppress(OSError):
                far = socket.create_connection(("127.0.0.1", self.target))
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while content := one.recv(65536):
            other.sendall(content)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def store_environment(port: int) -> dict[str, str]:
    """Environment of a program that uses the S3 at a port."""
    return {
        "AWS_ACCESS_KEY_ID": "reader",
        "AWS_SECRET_ACCESS_KEY": "writer",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
    }
