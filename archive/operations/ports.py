"""True if a server can listen at a host and port, and whether one answers there."""

from __future__ import annotations

import errno
import socket
import time

from archive.core.errors import BackissueError


def must_be_free(host: str, port: int, option: str) -> None:
    """Raise BackissueError, with what helps, when no server could listen there."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise _no_host(host) from error
    family, kind, protocol, _, place = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError as error:
            raise _unbound(error, host, port, option) from error


def _no_host(host: str) -> BackissueError:
    return BackissueError(
        f"“{host}” is not an address of this machine, so nothing can listen on it.",
        hint="Give --host 127.0.0.1 for this machine alone, or --host 0.0.0.0 for the network.",
    )


def _unbound(error: OSError, host: str, port: int, option: str) -> BackissueError:
    """Return the error for a server that cannot listen."""
    other_port = port - 10
    if port < 65_000:
        other_port = port + 10
    other = f"{option} {other_port}"
    if error.errno == errno.EADDRINUSE:
        return BackissueError(
            f"Port {port} on {host} is in use by another program.",
            hint=f"Is Backissue already running? Otherwise use another port: {other}.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return BackissueError(
            f"Port {port} on {host} is not allowed for this user.",
            hint=f"Ports below 1024 belong to root. Use another one: {option} 8001.",
        )
    return _no_host(host)


def wait_until_answering(host: str, port: int, seconds: float) -> bool:
    """Wait until a server accepts connections; False on timeout."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((host, port), timeout=1):
                return True
        except OSError:
            time.sleep(0.05)
    return False
