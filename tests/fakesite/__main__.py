"""Runs the sample newspaper in the foreground: `python -m tests.fakesite --port 8002`.

It knows arguments and signals. It does not know what it serves. Its law: Ctrl-C and SIGTERM end it cleanly,
and it says one line on the terminal unless asked to be quiet.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime

from .site import SampleSite


def _moment(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fakesite", description="Serve the sample newspaper."
    )
    parser.add_argument("--port", type=int, default=8002, help="port on 127.0.0.1 (default 8002)")
    parser.add_argument("--articles", type=int, default=200, help="how many articles (default 200)")
    parser.add_argument(
        "--comments", type=int, default=None, help="how many comments (default 10 an article)"
    )
    parser.add_argument("--seed", type=int, default=1, help="another number makes another newspaper")
    parser.add_argument(
        "--epoch", type=_moment, default=None, help="ISO time the paper starts at (default now)"
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Serve until told to end; 1 if the port is taken."""
    args = _arguments(argv)
    ended = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: ended.set())
    epoch = args.epoch or datetime.now(UTC)
    site = SampleSite(
        articles=args.articles, comments=args.comments, seed=args.seed, port=args.port, epoch=epoch
    )
    try:
        site.start()
    except OSError as error:
        print(f"Port {args.port} on 127.0.0.1 cannot be used: {error.strerror}.", file=sys.stderr)
        return 1
    if not args.quiet:
        print(f"The sample newspaper is at {site.url}/ (Ctrl-C ends it).", flush=True)
    ended.wait()
    site.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
