"""A real pywb on the loopback that replays one WARC file, in an environment of its own (`make pywb`)."""

from __future__ import annotations

import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import format_datetime
from http.client import HTTPConnection
from pathlib import Path

from tests.builders.patience import until
from tests.builders.require import need
from tests.builders.room_server import free_port
from tests.paths import ROOT

PROGRAMS = ROOT / ".cache" / "pywb" / "bin"
COLLECTION = "news"


class Pywb:
    """One server; it keeps its connection, since it is asked a thousand times."""

    def __init__(self, port: int) -> None:
        self.port = port

    def memento_of(self, url: str, moment: datetime) -> str:
        """The time of the memento, as 14 digits, to which the time gate leads."""
        connection = HTTPConnection("127.0.0.1", self.port)
        headers = {"Accept-Datetime": format_datetime(moment, usegmt=True)}
        connection.request("GET", f"/{COLLECTION}/{url}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        location = answer.getheader("Location") or answer.getheader("Content-Location") or ""
        return location.partition(f"/{COLLECTION}/")[2][:14]


@contextmanager
def pywb_server(warc: Path, folder: Path) -> Iterator[Pywb]:
    need("pywb", missing=[] if (PROGRAMS / "wayback").is_file() else ["pywb"])
    manager = [str(PROGRAMS / "wb-manager")]
    for words in (["init", COLLECTION], ["add", COLLECTION, str(warc)]):
        subprocess.run([*manager, *words], cwd=folder, check=True, capture_output=True)
    (folder / "config.yaml").write_text("redirect_to_exact: true\nenable_memento: true\n")
    port = free_port()
    command = [str(PROGRAMS / "wayback"), "-b", "127.0.0.1", "-p", str(port)]
    with (folder / "pywb.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env={**os.environ})
    try:
        until(lambda: server.poll() is not None or _answers(port), "pywb did not start.")
        yield Pywb(port)
    finally:
        server.terminate()
        server.wait()


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/{COLLECTION}/").close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
