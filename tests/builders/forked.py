"""The program as a process of its own that need not import anything: forked from one that has done so.

    python tests/builders/forked.py

It reads orders from standard input, one line of JSON each, and answers each with two lines: the number of
the process, and the same with its exit code when it has ended, a negative one for the signal that ended it.
An order has `words`, the command line; `folder` and `environ`, in which it runs; `out` and `err`, the files
for what it prints; and `values`, names in modules that get another value, such as the seconds until it tries
again. All else is as in a process started anew.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scrapy.utils.misc import load_object

import scheduler
from crawler.runs.runner import settings

MODULES = ("crawler.spiders.news", "crawler.spiders.verify", "pipeline.item_pipeline")
PARTS = ("DOWNLOAD_HANDLERS", "DOWNLOADER_MIDDLEWARES", "EXTENSIONS", "SPIDER_MIDDLEWARES")


def warm_up() -> None:
    """Import what a crawl imports."""
    for module in MODULES:
        import_module(module)
    for part in PARTS:
        for name, value in settings().getwithbase(part).items():
            load_object(value if part == "DOWNLOAD_HANDLERS" else name)
    assert threading.active_count() == 1, "what is forked has one thread"
    assert "twisted.internet.reactor" not in sys.modules, "and no reactor"


def order() -> dict[str, Any]:
    """The next order, in a process of its own; this one waits for its end, and ends after the last order."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            return dict(json.loads(line))
        print(child, flush=True)
        print(child, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.exit()


def begin(folder: str, environ: dict[str, str], out: str, err: str, values: dict[str, Any]) -> None:
    """Be as a process that was started for an order."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    for number, name in enumerate((os.devnull, out, err)):
        os.dup2(os.open(name, os.O_RDWR), number)
    for name, value in values.items():
        module, _, attribute = name.rpartition(".")
        setattr(import_module(module), attribute, value)


warm_up()
asked = order()
words = asked.pop("words")
begin(**asked)
scheduler.main(words, prog_name="backissue")
