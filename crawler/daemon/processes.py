"""Child processes that never outlive us: crawls and pages.

A child's standard input is a pipe owned only by its parent. When the parent has ended, for any reason, the
pipe ends, and the child requests its own end as a SIGTERM would. Children have a session of their own, so
that a Ctrl-C reaches them once, through us, and not twice.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

SCHEDULER_SCRIPT = Path(__file__).parents[2] / "scheduler.py"  # by its path: no folder can shadow it
STOP_GRACE_SECONDS = 10.0  # seconds for a crawl to end its page and save it
PROGRESS_KEPT = "Everything it saved is kept."


def start(
    arguments: Sequence[str], environ: Mapping[str, str] | None = None, *, quiet: bool = False
) -> subprocess.Popen[bytes]:
    """Start `backissue ARGUMENTS` as a child, with our output unless it is `quiet`."""
    output = subprocess.DEVNULL if quiet else None
    command = [sys.executable, str(SCHEDULER_SCRIPT), "--child", *arguments]
    return subprocess.Popen(  # noqa: S603  (our own program, and no shell)
        command,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        env={**os.environ, **(environ or {})},
        start_new_session=True,
    )


def ask_to_stop(children: Iterable[subprocess.Popen[bytes]]) -> None:
    """Request each child to end, as soon as its work is saved."""
    for child in children:
        if child.poll() is None:
            child.terminate()


def wait_for(children: Sequence[subprocess.Popen[bytes]], seconds: float) -> None:
    """Wait until all have ended, by force after `seconds`."""
    deadline = time.monotonic() + seconds
    try:
        for child in children:
            child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        kill(children)


def kill(children: Iterable[subprocess.Popen[bytes]]) -> None:
    """End children at once, with their own children.

    Saved data stays saved.
    """
    for child in children:
        if child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # each leads a session of its own
            child.kill()
        child.wait()


def crawl_arguments(config: Path, source: str) -> list[str]:
    """Return the command line of a crawl process."""
    return ["--config", str(config), "crawl", source]


def ending(code: int) -> str:
    """Return a sentence for a crawl process that ended without a reason."""
    if code >= 0:
        return (
            f"The crawl process ended too early (exit code {code}); its log has the reason. {PROGRESS_KEPT}"
        )
    is_named = -code in set(signal.Signals)
    name = signal.Signals(-code).name if is_named else f"signal {-code}"
    perhaps = ", perhaps because the machine ran out of memory" if -code == signal.SIGKILL else ""
    return f"The crawl process was killed from outside ({name}{perhaps}). {PROGRESS_KEPT}"


def run_child(arguments: Sequence[str]) -> int:
    """Run a child to its end, and return its exit code.

    Call it in the main thread. An interruption is passed on, so that the child can save its work; a second
    one ends it at once.
    """
    child = start(arguments)

    def hand_on(*_: object) -> None:
        if signals:
            child.kill()
        else:
            signals.append(True)
            child.terminate()
            timer.start()

    signals: list[bool] = []
    timer = threading.Timer(STOP_GRACE_SECONDS, child.kill)
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, hand_on) for number in numbers}
    try:
        code = child.wait()
    finally:
        timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def watch_parent(grace: float = STOP_GRACE_SECONDS) -> None:
    """Watch the parent, in a child; end this process after it.

    At the latest `grace` seconds later.
    """
    watch = threading.Thread(target=_watch, args=(grace,), name="watch-parent", daemon=True)
    watch.start()


def _watch(grace: float) -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace)
    os._exit(1)
