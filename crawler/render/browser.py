"""Chromium on this machine: where it is, how it is started, and how it is ended for certain.

It has no network of its own: names resolve to nothing, and all else goes to a proxy that is not there. What
its pages request is answered by `page_requests`. Does not: read a page, or decide which page needs it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.core.errors import ConfigError

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Playwright
    from scrapy.settings import BaseSettings

VARIABLE = "BACKISSUE_CHROMIUM"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PAGES_PER_BROWSER = 100  # then another is started, so that what one leaks is bounded
BROWSER_START_SECONDS = 60.0
BROWSER_END_SECONDS = 10.0  # for which a browser may take to end by itself
MAX_SCRIPT_MEGABYTES = 512  # of one page's scripts
INSTALL_EXTRA = f"{Path(sys.executable).name} -m pip install 'backissue[browser]'"
INSTALL_CHROMIUM = "apt-get install chromium (Debian), or: playwright install chromium"
_NOWHERE = "http://127.0.0.1:9"  # the port of "discard": whatever is sent there is lost
ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-pings",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    f"--js-flags=--max-old-space-size={MAX_SCRIPT_MEGABYTES}",
)
_MIDDLEWARE = "crawler.render.middleware.RenderMiddleware"
_MIDDLEWARE_PLACE = 200  # after retries and redirects: nearer to the spider
_SILENCED = """
for (const name of ["WebSocket", "WebTransport", "EventSource", "RTCPeerConnection", "SharedWorker"])
    delete window[name];
Object.assign(window, {
    open: () => null, alert: () => undefined, confirm: () => false, prompt: () => null,
    print: () => undefined,
});
"""
"""What a page cannot use here; a script that checks for it takes another way."""

logger = logging.getLogger(__name__)


def find_chromium() -> Path | None:
    """Return the program of a Chromium on this machine, or None.

    That of $BACKISSUE_CHROMIUM, else the system's, else the one that playwright has installed.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found:
        return Path(found)
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    installed = sorted(folder.glob("chromium-*/chrome-linux*/chrome"))
    return installed[-1] if installed else None


def lacking() -> str | None:
    """Return how to install what rendering lacks on this machine, None where it lacks nothing."""
    if find_spec("playwright") is None:
        return INSTALL_EXTRA
    if find_chromium() is None:
        return INSTALL_CHROMIUM
    return None


def render_articles(settings: BaseSettings) -> None:
    """Have the articles of a run rendered; without it, a run loads nothing for that."""
    settings["DOWNLOADER_MIDDLEWARES"][_MIDDLEWARE] = _MIDDLEWARE_PLACE
    settings.set("BACKISSUE_RENDER", True, "spider")


def require_browser(source: str) -> None:
    """Raise ConfigError where a rendered source has no browser here."""
    how = lacking()
    if how is None:
        return
    named = os.environ.get(VARIABLE)
    if how == INSTALL_EXTRA:
        what, remedy = "the extra “browser” is not installed", f"Install it: {how}"
    elif named:
        what = f"${VARIABLE} is {named}, which is no program"
        remedy = f"Set ${VARIABLE} to the path of a Chromium, or unset it"
    else:
        what, remedy = "there is no Chromium", f"Install it: {how}"
    raise ConfigError(
        f"sources.{source}: render: its pages are read in a browser, and {what}.",
        hint=f"{remedy}. Or remove render = true; then only what the server sends is read.",
    )


class Chromium:
    """A browser that is started with the first page, and again where it has crashed.

    `agent` is the user agent of its pages: ours. `version` is as "Chromium/145.0.1", "" before the start.
    """

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.version = ""
        self._driver: Playwright | None = None
        self._browser: Browser | None = None
        self._pages = 0

    async def context(self) -> BrowserContext:
        """Return a visitor of its own, without cookies, storage, downloads or permissions.

        Raises playwright's Error where the browser cannot be started.
        """
        if self._browser is None or not self._browser.is_connected() or self._pages >= PAGES_PER_BROWSER:
            await self.end_browser()
            await self._start()
        self._pages += 1
        assert self._browser is not None  # noqa: S101 - as _start leaves it
        context = await self._browser.new_context(
            user_agent=self.agent,
            accept_downloads=False,
            service_workers="block",
            viewport={"width": 1280, "height": 1600},
        )
        await context.add_init_script(_SILENCED)
        return context

    async def _start(self) -> None:
        from playwright.async_api import async_playwright  # noqa: PLC0415  (an extra, and slow to import)

        if self._driver is None:
            self._driver = await async_playwright().start()
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        self._browser = await self._driver.chromium.launch(
            executable_path=find_chromium(),
            args=list(ARGUMENTS),
            proxy={"server": _NOWHERE},
            chromium_sandbox=not is_root,  # which Chromium refuses to root
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            timeout=1000 * BROWSER_START_SECONDS,
        )
        self._pages = 0
        self.version = f"Chromium/{self._browser.version}"

    async def end_browser(self) -> None:
        """End the browser, and all its pages."""
        browser, self._browser = self._browser, None
        if browser is not None:
            await in_time(browser.close())

    async def close(self) -> None:
        """End the browser and what drives it."""
        await self.end_browser()
        driver, self._driver = self._driver, None
        if driver is not None:
            await in_time(driver.stop())


async def in_time(ending: Any, seconds: float = BROWSER_END_SECONDS) -> bool:
    """Wait for something to end; False where it takes longer than `seconds`, or fails."""
    try:
        await asyncio.wait_for(ending, seconds)
    except Exception as error:  # noqa: BLE001 - what is being ended may be broken in any way
        logger.debug("The browser did not end in order: %s", error)
        return False
    return True
