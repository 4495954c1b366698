"""One WordPress on the loopback: a copy of a prepared site, and PHP's own web server in front of it.

It binds 127.0.0.1 alone, on a port the system gives, and keeps that port over a restart. Its law:
it ends its own processes and no other, by the id of the group it started.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.builders.patience import PATIENCE, free_port

from . import php
from .php import WordPressError
from .prepared import ADDRESS, copy
from .truth import Hidden, Truth, read


@dataclass(kw_only=True)
class WordPress:
    """A running WordPress: `with WordPress(workdir=tmp_path) as site: ... site.url ...`.

    `version` is "6.2" to "6.5", "beta" (6.6) or "nightly" (6.7); `theme` is "classic" (ours) or "block"
    (the bundled one). `closed` names doors that are shut: "rest", "comments-feed", "feeds", "sitemap".
    `comments_per_page` counts threads, 0 puts all on one page; `thread_depth` 0 or 1 nests nothing.
    `comments_page` tells which page of comments comes first: "newest" or "oldest"; `comment_order` which
    thread stands first on a page: the oldest ("asc") or the newest ("desc"). A theme shows the site's
    recent comments beside each page where `recent_comments` is True, and each block theme does.
    """

    workdir: Path
    version: str = "6.5"
    theme: str = "classic"
    permalinks: str = "/archives/%year%/%monthnum%/%postname%.php"
    timezone: str = "America/New_York"
    closed: tuple[str, ...] = ()
    comments_per_page: int = 20
    thread_depth: int = 5
    comments_page: str = "newest"
    comment_order: str = "asc"
    posts_per_page: int = 10
    recent_comments: bool = False
    workers: int = 2
    _port: int = field(default=0, init=False)
    _server: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """The site's address, without a slash at its end."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def htdocs(self) -> Path:
        """Where WordPress lies."""
        return self.workdir / "htdocs"

    @property
    def log(self) -> Path:
        """What the server and its PHP printed."""
        return self.workdir / "server.log"

    def start(self) -> Self:
        """Make the site where it is not there yet, and serve it until `stop`."""
        if self._server is not None:
            raise WordPressError("this WordPress is running already")
        if not self._port:
            self._port = free_port()
        if not self.htdocs.is_dir():
            self._make()
        self._serve()
        return self

    def stop(self) -> None:
        """End the server's own processes; what it published stays in the directory."""
        server, self._server = self._server, None
        if server is None:
            return
        # PHP's workers outlive the process that forked them, so the whole group is told to end.
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(timeout=5)
        self._wait_for_silence()

    def run(self, code: str, **values: object) -> str:
        """What this PHP prints, run inside the WordPress by a process of its own.

        Each of `values` is a variable there: `site.run("wp_trash_post($id);", id=7)`.
        """
        return php.run(self.htdocs, code, **values)

    def truth(self) -> Truth:
        """What WordPress says is published at this moment, and what it hides."""
        return read(json.loads(php.run_file(self.htdocs, "truth.php")))

    def hidden(self) -> tuple[Hidden, ...]:
        """What must never be archived: drafts, private, protected, held, spam, trashed and the like."""
        return self.truth().hidden

    def _make(self) -> None:
        copy(self.version, self.timezone, self.workdir)
        (self.workdir / "url").write_text(self.url)
        php.run_file(
            self.htdocs,
            "configure.php",
            prepared_at=ADDRESS,
            theme="gazette" if self.theme == "classic" else self.theme,
            permalinks=self.permalinks,
            options=self._options(),
        )

    def _options(self) -> dict[str, object]:
        return {
            "page_comments": int(self.comments_per_page > 0),
            "comments_per_page": self.comments_per_page or 50,
            "thread_comments": int(self.thread_depth > 1),
            "thread_comments_depth": max(self.thread_depth, 2),
            "default_comments_page": self.comments_page,
            "comment_order": self.comment_order,
            "recent_comments": int(self.recent_comments or self.theme == "block"),
            "posts_per_page": self.posts_per_page,
            "closed_doors": list(self.closed),
        }

    def _serve(self) -> None:
        quick = [
            "-d",
            "opcache.enable_cli=1",
            "-d",
            "expose_php=0",
            "-d",
            "display_errors=0",
            "-d",
            "log_errors=1",
        ]
        where = ["-S", f"127.0.0.1:{self._port}", "-t", str(self.htdocs), str(php.HERE / "router.php")]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                ["php", *quick, *where],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PHP_CLI_SERVER_WORKERS": str(self.workers)},
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        trouble: Exception | None = None
        while time.monotonic() < until and self._server is not None and self._server.poll() is None:
            try:
                with _direct().open(self.url + "/", timeout=PATIENCE):
                    return
            except urllib.error.HTTPError as error:
                trouble = error
                break
            except OSError as error:
                trouble = error
                time.sleep(0.05)
        raise WordPressError(
            f"WordPress did not answer at {self.url} ({trouble}). Its log ends:\n{self._log_tail()}"
        )

    def _wait_for_silence(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)):
                    return
            time.sleep(0.02)
        raise WordPressError(f"something still listens at {self.url} after its server was ended")

    def _log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines[-40:] if not line.endswith((" Accepted", " Closing")))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _direct() -> urllib.request.OpenerDirector:
    """An opener that asks no proxy."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
