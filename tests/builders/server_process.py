"""A real server of another project that a test starts, and ends with its block."""

from __future__ import annotations

from subprocess import Popen


class ServerProcess:
    """A context in which `process` runs; entering it is each server's own."""

    process: Popen[bytes]

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
