"""Readers with bounds: ordinary pages are read at once, others by a worker that may die."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import closing

import pytest

from archive.core.answers.reader_guard import GAVE_UP
from archive.core.records import Page, PageKind, Site
from pipeline import process, reading
from pipeline.reading import BoundedReader, InterruptedReadingError
from tests.builders.hostile import page

SITE = Site(name="gazette", url="https://gazette.example")
BODY = b"<title>Ice</title><article><h1>Ice</h1>" + b"<p>The ferry waits at the quay for the winter.</p>" * 9


@pytest.fixture
def reader() -> Iterator[BoundedReader]:
    with closing(BoundedReader()) as reader:
        yield reader


def large() -> Page:
    return page(PageKind.ARTICLE, BODY + b"<!--" + b"x" * reading.IN_PROCESS_BYTES + b"-->")


def test_an_ordinary_page_starts_no_worker(reader: BoundedReader) -> None:
    answer = page(PageKind.ARTICLE, BODY)
    assert reader.read(answer, SITE) == process(answer, SITE)
    assert (reader.apart, reader._worker) == (0, None)


def test_a_large_page_is_read_apart_with_the_same_result(reader: BoundedReader) -> None:
    answers = [large(), page(PageKind.POSTS, b"[" * (reading.IN_PROCESS_BYTES + 1))]
    for number, answer in enumerate(answers, 1):
        assert reader.read(answer, SITE) == process(answer, SITE)
        assert reader.apart == number


def test_a_page_is_read_apart_where_many_files_are_open(reader: BoundedReader) -> None:
    """select() takes no descriptor above 1,023."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1030)]
    try:
        assert reader.read(large(), SITE).articles[0].title == "Ice"
    finally:
        for descriptor in opened:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_page_that_takes_long_is_handed_over(
    reader: BoundedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object) -> None:
        while True:
            pass

    monkeypatch.setattr(reading, "IN_PROCESS_SECONDS", 0.05)
    monkeypatch.setattr("pipeline.article.extract.parse", endless)
    answer = page(PageKind.ARTICLE, BODY)
    assert (reader.read(answer, SITE).articles[0].title, reader.apart) == ("Ice", 1)


def test_a_worker_that_dies_gives_up_its_page_alone(reader: BoundedReader) -> None:
    reader.read(large(), SITE)
    assert reader._worker is not None
    os.kill(reader._worker.pid, signal.SIGKILL)
    reader._worker.wait()
    (problem,) = reader.read(large(), SITE).problems
    assert problem.code == GAVE_UP
    assert reader.read(large(), SITE).articles[0].title == "Ice"


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        ("while True: pass", "more than 1 s of CPU"),
        ("import sys; x = [bytes(2**24) for _ in range(500)]", "too much memory"),
        ("import os; os._exit(7)", "exit code 7"),
    ],
)
def test_a_worker_has_a_deadline_and_a_bound_of_memory(
    work: str, reason: str, reader: BoundedReader, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """The worker really runs into the kernel's limits; only what it works at is exchanged."""
    monkeypatch.setattr(reading, "WORKER_SECONDS", 1)
    program = (
        "from pipeline import article, reading\n"
        f"def read(*_):\n    {work}\n"
        "import sys\n"
        "sys.modules['pipeline.process']._load = lambda place: read\n"
        "reading.WORKER_SECONDS = 0\n"
        "reading.work()\n"
    )
    monkeypatch.setattr(reading, "COMMAND", ("-c", program))
    (problem,) = reader.read(large(), SITE).problems
    assert problem.code == GAVE_UP
    assert reason in problem.detail


def test_a_reading_is_broken_off_when_the_program_is_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "COMMAND", ("-c", "import time; time.sleep(600)"))
    with closing(BoundedReader(stopping=lambda: True)) as reader, pytest.raises(InterruptedReadingError):
        reader.read(large(), SITE)
    assert reader._worker is None
