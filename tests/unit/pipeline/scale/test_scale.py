"""Kept pages read by many workers: the same rows as one reader's, whatever happens to the workers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import get_type_hints

import dill
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from datatrove.executor.slurm import SlurmPipelineExecutor

from archive.core.errors import BackissueError
from archive.core.records import (
    Article,
    Comment,
    CommentKind,
    Extract,
    Page,
    PageKind,
    Problem,
    Site,
    Surface,
)
from archive.exports.taken_pages import TakenPage
from archive.files.raw_pages import Pages
from archive.storage.archive import Archive
from pipeline.imports.warc import WarcRecords
from pipeline.reading import BoundedReader
from pipeline.replay import replay
from pipeline.scale import engines, rows
from pipeline.scale.engines import run_plan, steps_of
from pipeline.scale.page_files import PageFault, Unit, find_page_files, read_unit
from pipeline.scale.plan import ExtractionPlan, must_be_result, result_of
from pipeline.scale.result_files import ResultWriter, read_group, tasks_done
from pipeline.scale.results_reader import ResultsReader
from pipeline.scale.rows import ReadPage
from pipeline.scale.steps import Extraction
from pipeline.scale.steps import KeptPages as PagesStep
from tests.builders.kept_pages import KeptPages, all_read, read_there, rows_of, wait_for
from tests.builders.pages import made_page
from tests.builders.patience import PATIENCE
from tests.paths import ROOT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> KeptPages:
    return KeptPages(tmp_path_factory.mktemp("kept"))


@pytest.fixture(scope="module")
def result(kept: KeptPages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What three workers have read."""
    out = tmp_path_factory.mktemp("result") / "out"
    done = kept.program("reextract", kept.pages, out, "--workers", 3, "--tasks", 5)
    assert done.returncode == 0, done.stderr
    return out


# -- rows -------------------------------------------------------------------------------------------

ARTICLE = Article(
    url="https://gazette.example/ice",
    post_id=7,
    title="Ice",
    authors=("Ada", "Bo"),
    published=NOON + timedelta(microseconds=5),
    modified=NOON.date(),
    written=(("Ice.", "*Ice.*"), ("", "")),
    origins=(("title", "page:h1"),),
    further=True,
    comments_open=False,
)
COMMENT = Comment(id="11", kind=CommentKind.PINGBACK, published=NOON, position=0, origins=())
PROBLEM = Problem(code="no-text", detail="Nothing.", url="https://gazette.example/x")
EXTRACT = Extract(
    surface=Surface.FEED,
    articles=(ARTICLE, Article(url="https://gazette.example/snow", written=())),
    comments=(COMMENT,),
    problems=(PROBLEM,),
    wall=PROBLEM,
)


def facts(url: str = "https://gazette.example/ice") -> rows.Row:
    names = list(rows.columns_of("records"))[1:11]
    return dict.fromkeys(names) | {"source": "gazette", "url": url, "fetched_at": "2026-03-01T12:00:00Z"}


def test_rows_give_back_what_was_read(tmp_path: Path) -> None:
    writer = ResultWriter(tmp_path, 0)
    told = [
        ReadPage(facts=facts(), extract=EXTRACT),
        ReadPage(facts=facts("b"), extract=Extract(surface=Surface.REST)),
    ]
    for read in told:
        writer.add(read)
    writer.finish()
    assert list(read_group(tmp_path, 0, 0).values()) == told


def test_row_groups_of_all_tables_belong_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.scale.result_files.GROUP_PAGES", 2)
    writer = ResultWriter(tmp_path, 0)
    empty = Extract(surface=Surface.PAGE)
    told = [ReadPage(facts=facts(str(n)), extract=EXTRACT if n in {2, 5} else empty) for n in range(7)]
    for read in told:
        writer.add(read)
    writer.finish()
    assert list(all_read(tmp_path)) == told


def test_a_value_that_no_table_takes_is_the_problem_of_its_page_alone(tmp_path: Path) -> None:
    writer = ResultWriter(tmp_path, 0)
    for url, article in (
        ("a", replace(ARTICLE, title="\ud800")),
        ("b", replace(ARTICLE, post_id=2**70)),
        ("c", ARTICLE),
    ):
        writer.add(ReadPage(facts=facts(url), extract=replace(EXTRACT, articles=(article,))))
    writer.finish()
    found = [read.extract for read in read_group(tmp_path, 0, 0).values()]
    assert [[problem.code for problem in each.problems] for each in found] == [
        ["unreadable"],
        ["unreadable"],
        ["no-text"],
    ]
    assert found[2].articles == (ARTICLE,)


@pytest.mark.parametrize("record", [Article, Comment, Problem])
def test_every_field_has_a_column(record: type) -> None:
    table = {Article: "articles", Comment: "comments", Problem: "problems"}[record]
    assert {field.name for field in fields(record)} <= set(rows.columns_of(table)), get_type_hints(record)


# -- equality ---------------------------------------------------------------------------------------


def test_several_workers_read_what_one_process_reads(kept: KeptPages, result: Path) -> None:
    here = kept.read_here()
    assert len(tasks_done(result)) == 5
    assert len(here) > 30
    assert {page.kind for page in kept.newest()} >= {PageKind.ARTICLE, PageKind.POSTS, PageKind.COMMENTS}
    assert read_there(result) == here


def test_warc_gives_what_parquet_gives(kept: KeptPages, result: Path, tmp_path: Path) -> None:
    done = kept.program("reextract", kept.warc, tmp_path / "out", "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert {key(read): read for read in all_read(tmp_path / "out")} == {
        key(read): read for read in all_read(result)
    }


def key(read: ReadPage) -> tuple[str, str]:
    return read.facts["url"], read.facts["fetched_at"]


def test_a_result_comes_into_an_archive_as_its_own_reading_does(
    kept: KeptPages, result: Path, tmp_path: Path
) -> None:
    told = {}
    for name in ("own", "from"):
        archive = kept.copy(tmp_path / name)
        with (
            Archive.open(archive) as opened,
            Pages.open(archive.with_name("pages.db")) as pages,
            closing(BoundedReader()) as own,
        ):
            reader = ResultsReader(result, own, [kept.site]) if name == "from" else own
            told[name] = list(replay(opened, pages, kept.site, now=LATER, apply=True, reader=reader))
    assert (reader.taken, reader.read_here) == (len(list(kept.newest())), 0)
    assert told["from"] == told["own"]
    found = rows_of(tmp_path / "from" / "archive.db")
    assert found == rows_of(tmp_path / "own" / "archive.db")
    assert found["article_versions"]
    assert found["comment_versions"]
    assert "re-extracted" in str(found["article_versions"])
    assert "edited" not in str(found["events"])


def test_a_page_that_came_after_the_export_is_read_here(
    kept: KeptPages, result: Path, tmp_path: Path
) -> None:
    archive = kept.copy(tmp_path / "later")
    with Pages.open(archive.with_name("pages.db")) as pages:
        page = next(page for page in pages.newest_of_each("site") if page.kind is PageKind.ARTICLE)
        pages.keep(replace(page, fetched_at=page.fetched_at + timedelta(days=1)))
    words = kept.words("replay", "--from", result)
    words[words.index("--config") + 1] = str(archive.with_name("backissue.toml"))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "has them, 1 read here." in done.stdout


def test_the_example_of_the_docs_asks_a_result(kept: KeptPages, result: Path) -> None:
    example = ROOT / "docs" / "examples" / "analyse_result.py"
    done = subprocess.run([sys.executable, example, result], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    sql = """SELECT title, count(*) AS comments FROM comments JOIN articles ON articles.id = article_id
        WHERE comments.kind = 'comment' AND site_id IS NOT NULL
        GROUP BY article_id ORDER BY 2 DESC, 1 LIMIT 1"""
    [first] = kept.crawls.rows(sql)
    discussed = done.stdout.partition("Discussed most")[2]
    row = next(line for line in discussed.splitlines() if str(first["title"])[:20] in line)
    assert f" {first['comments']} " in row, discussed


def test_the_steps_can_be_sent_to_slurm(kept: KeptPages, tmp_path: Path) -> None:
    plan = ExtractionPlan.of([kept.pages], tmp_path / "out", [kept.site])
    executor = SlurmPipelineExecutor(
        pipeline=steps_of(plan),
        tasks=plan.tasks,
        time="01:00:00",
        partition="cpu",
        logging_dir=plan.engine_folder,
    )
    assert [step.name for step in dill.loads(dill.dumps(executor)).pipeline] == [
        "kept pages",
        "process(page, site)",
        "records, articles, comments, problems",
    ]


# -- what goes wrong --------------------------------------------------------------------------------


def change_body(folder: Path) -> str:
    """Change a byte of a page's body in a file of pages; return its URL."""
    file = folder / "pages-00000.parquet"
    table = parquet.read_table(file)
    bodies, urls = table.column("body").to_pylist(), table.column("url").to_pylist()
    place = table.column("kind").to_pylist().index("article")
    bodies[place] = bodies[place].replace(b"<p>", b"<q>", 1)
    changed = table.set_column(
        table.schema.get_field_index("body"), table.field("body"), pa.array(bodies, pa.binary())
    )
    parquet.write_table(changed, file, row_group_size=5)
    return str(urls[place])


def test_a_page_with_another_digest_is_named_and_the_others_are_read(kept: KeptPages, tmp_path: Path) -> None:
    pages = shutil.copytree(kept.pages, tmp_path / "pages")
    url = change_body(pages)
    done = kept.program("reextract", pages, tmp_path / "out", "--tasks", 2)
    assert done.returncode == 3
    assert f"The page {url} of" in done.stderr
    assert "not as it was received" in done.stderr
    there, here = read_there(tmp_path / "out"), kept.read_here()
    assert [problem.code for problem in there.pop(url).problems] == ["altered-page"]
    del here[url]
    assert there == here


def test_a_record_with_another_digest_is_named(kept: KeptPages, tmp_path: Path) -> None:
    from warcio.archiveiterator import ArchiveIterator
    from warcio.warcwriter import WARCWriter

    warc = tmp_path / "pages.warc.gz"
    with kept.warc.open("rb") as file, warc.open("wb") as out:
        writer = WARCWriter(out, gzip=True, warc_version="1.1")
        is_changed = False
        for record in ArchiveIterator(file):
            if record.rec_type == "response" and not is_changed:
                url = record.rec_headers.get_header("WARC-Target-URI")
                record.rec_headers.replace_header("WARC-Payload-Digest", "sha1:" + "A" * 32)
                is_changed = True
            writer.write_record(record)
    done = kept.program("reextract", warc, tmp_path / "out", "--tasks", 1)
    assert (done.returncode, f"The page {url} of" in done.stderr) == (3, True), done.stderr


@pytest.mark.parametrize(("deaths", "codes"), [(1, []), (2, ["gave-up"])])
def test_a_page_at_which_the_reader_dies_is_read_once_more_and_then_a_problem(
    monkeypatch: pytest.MonkeyPatch, deaths: int, codes: list[str]
) -> None:
    page = made_page("u", b"x")
    left = [deaths]

    def read(self: BoundedReader, page: Page, site: Site) -> Extract:
        left[0] -= 1
        if left[0] >= 0:
            return self._gave_up(page, "it needs too much memory")
        return Extract(surface=Surface.PAGE)

    monkeypatch.setattr(BoundedReader, "read_apart", read)
    from datatrove.data import Document

    kept = TakenPage(page=page, number=1, is_newest=True)
    step = Extraction([Site(name="gazette", url="https://gazette.example")])
    [document] = step([Document(text="", id="1", metadata={"kept": kept})])
    assert [problem.code for problem in document.metadata["read"].extract.problems] == codes


def descendants(pid: int) -> set[int]:
    """The processes that a process has started, and theirs."""
    found = {pid}
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def tasks_at_work(pid: int) -> list[int]:
    """The processes of tasks: each leads a group of its own."""

    def leads(child: int) -> bool:
        try:
            return os.getpgid(child) == child and b"forkserver" in Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            return False

    return [child for child in descendants(pid) if leads(child)]


def is_gone(pid: int, task: int) -> bool:
    return task not in tasks_at_work(pid)


def test_a_killed_worker_is_replaced_and_the_result_is_the_same(
    kept: KeptPages, result: Path, tmp_path: Path
) -> None:
    running = subprocess.Popen(
        kept.words("reextract", kept.pages, tmp_path / "out", "--workers", 2, "--tasks", 5),
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(2):
        victim = wait_for(lambda: tasks_at_work(running.pid))[0]
        os.kill(victim, signal.SIGKILL)
        wait_for(partial(is_gone, running.pid, victim))
    _, told = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, told
    assert read_there(tmp_path / "out") == read_there(result)
    assert not list((tmp_path / "out").rglob("*.unfinished"))


def test_a_killed_run_leaves_no_worker_and_goes_on_where_it_was(
    kept: KeptPages, result: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = kept.words("reextract", kept.pages, out, "--workers", 1, "--tasks", 5)
    running = subprocess.Popen(words)
    wait_for(lambda: tasks_done(out) and tasks_at_work(running.pid))
    tasks = tasks_at_work(running.pid)
    running.kill()
    running.wait()
    wait_for(lambda: not any(Path(f"/proc/{task}").exists() for task in tasks))
    done = {task: (out / "records" / f"{task:05d}.parquet").stat().st_mtime_ns for task in tasks_done(out)}
    marked = [task for task in done if (out / "engine" / "completions" / f"{task:05d}").exists()]
    assert 0 < len(done) < 5
    with pytest.raises(BackissueError, match="are not done"):
        must_be_result(out)
    again = kept.program(*words[4:])
    assert again.returncode == 0, again.stderr
    assert all((out / "records" / f"{task:05d}.parquet").stat().st_mtime_ns == done[task] for task in marked)
    assert read_there(out) == read_there(result)


def test_a_task_that_fails_is_named_with_its_log_and_the_others_are_done(
    kept: KeptPages, tmp_path: Path
) -> None:
    plan = ExtractionPlan.of([kept.pages], tmp_path / "out", [kept.site], tasks=3)
    (tmp_path / "out" / "articles" / "00001.parquet").mkdir(parents=True)
    with pytest.raises(BackissueError, match="1 task of 3 could not be done, the first is 1") as told:
        run_plan(plan, "local", 2)
    log = tmp_path / "out" / "engine" / "logs" / "task_00001.log"
    assert str(log) in str(told.value.hint)
    assert "Is a directory" in log.read_text()
    (tmp_path / "out" / "articles" / "00001.parquet").rmdir()
    run_plan(plan, "local", 2)
    assert read_there(tmp_path / "out") == kept.read_here()


def test_what_is_done_is_not_done_again(
    kept: KeptPages, result: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_run_local", lambda *_: pytest.fail("a worker was started"))
    seen: list[tuple[int, int]] = []
    plan = ExtractionPlan.of([kept.pages], result, [kept.site], source="site")
    run_plan(plan, "local", 3, lambda done, tasks: seen.append((done, tasks)))
    assert seen == [(5, 5)]
    assert result_of(result).rows["records"] == len(list(kept.newest()))


# -- what is refused --------------------------------------------------------------------------------


def test_a_folder_of_others_and_another_run_are_refused(
    kept: KeptPages, result: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(BackissueError, match="no result of `backissue reextract`, so it stays"):
        ExtractionPlan.of([kept.pages], tmp_path / "mine", [kept.site])
    with pytest.raises(BackissueError, match="another run; these differ: sites"):
        ExtractionPlan.of([kept.pages], result, [replace(kept.site, timezone="Europe/Berlin")])
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_pages_of_an_unknown_source_and_what_is_no_page_are_refused(kept: KeptPages, tmp_path: Path) -> None:
    with pytest.raises(BackissueError, match="These pages are of site, which the configuration lacks"):
        ExtractionPlan.of([kept.pages], tmp_path / "out", [replace(kept.site, name="other")])
    with pytest.raises(BackissueError, match="There is no file or folder"):
        ExtractionPlan.of([tmp_path / "nowhere"], tmp_path / "out", [kept.site])
    (tmp_path / "empty").mkdir()
    with pytest.raises(BackissueError, match="has no kept pages"):
        ExtractionPlan.of([tmp_path / "empty"], tmp_path / "out", [kept.site])
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(BackissueError, match="cannot be read as Parquet"):
        ExtractionPlan.of([tmp_path / "broken.parquet"], tmp_path / "out", [kept.site])


def test_a_result_of_other_rules_is_refused(
    kept: KeptPages, result: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    must_be_result(result)
    monkeypatch.setattr("pipeline.scale.plan.extractor_version", lambda: "999")
    with pytest.raises(BackissueError, match="was read by other rules"):
        must_be_result(result)


def test_a_result_of_a_site_with_other_rules_is_refused(kept: KeptPages, result: Path) -> None:
    must_be_result(result, [kept.site])
    must_be_result(result, [replace(kept.site, name="came-later", drop=("p",))])
    with pytest.raises(
        BackissueError, match="“site” as it was read by other rules: its drop, timezone differ"
    ):
        must_be_result(result, [replace(kept.site, drop=("p",), timezone="Europe/Berlin")])


def test_files_of_others_in_a_result_do_no_harm(kept: KeptPages, result: Path, tmp_path: Path) -> None:
    shutil.copytree(result, tmp_path / "out")
    (tmp_path / "out" / "analysis.csv").write_text("mine")
    must_be_result(tmp_path / "out", [kept.site])
    ExtractionPlan.of([kept.pages], tmp_path / "out", [kept.site])


@pytest.mark.parametrize("is_removed", [True, False])
def test_a_damaged_file_of_a_result_is_named_and_its_task_done_again(
    kept: KeptPages, result: Path, tmp_path: Path, is_removed: bool
) -> None:
    out = tmp_path / "out"
    shutil.copytree(result, out)
    file = out / "articles" / "00002.parquet"
    file.write_bytes(file.read_bytes()[:100])
    if not is_removed:
        done = kept.program("replay", "--from", out)
        assert done.returncode == 1
        assert f"{file} cannot be read" in done.stderr
        assert "Traceback" not in done.stderr
    file.unlink()
    with pytest.raises(BackissueError, match="1 of 5 tasks"):
        must_be_result(out)
    run_plan(ExtractionPlan.of([kept.pages], out, [kept.site]), "local", 1)
    assert read_there(out) == kept.read_here()


def test_pages_that_two_paths_name_are_read_once_and_a_result_among_them_never(
    kept: KeptPages, result: Path, tmp_path: Path
) -> None:
    shutil.copytree(kept.pages, tmp_path / "pages")
    shutil.copytree(result, tmp_path / "pages" / "out")
    (tmp_path / "pages" / "._pages-00000.parquet").write_bytes(b"of a file manager")
    file = tmp_path / "pages" / "pages-00000.parquet"
    assert find_page_files([tmp_path / "pages", file], but=tmp_path / "pages" / "out") == [str(file)]


def test_warc_that_names_no_source_is_refused_where_there_are_several(
    kept: KeptPages, tmp_path: Path
) -> None:
    (tmp_path / "other.warc.gz").touch()
    sites = [kept.site, replace(kept.site, name="second")]
    with pytest.raises(BackissueError, match="does not name the source") as told:
        ExtractionPlan.of([tmp_path / "other.warc.gz"], tmp_path / "out", sites)
    assert "--source with one of second, site" in str(told.value.hint)
    ExtractionPlan.of([kept.warc], tmp_path / "out", sites)


def test_warc_that_ends_within_a_page_is_named(kept: KeptPages, tmp_path: Path) -> None:
    """Wherever it ends: no page that is cut off is read as a whole one, and the end is named."""
    packed = kept.warc.read_bytes()
    taken = list(read_unit(Unit(path=str(kept.warc), group=-1), "site"))
    whole = {(each.page.url, each.digest) for each in taken if isinstance(each, TakenPage)}
    with kept.warc.open("rb") as file:
        records = WarcRecords(file)
        starts = {records.get_record_offset() for _ in records}
    cut = tmp_path / "cut.warc.gz"
    for end in range(1000, 30_000, 977):
        cut.write_bytes(packed[:end])
        found = list(read_unit(Unit(path=str(cut), group=-1), "site"))
        assert {(each.page.url, each.digest) for each in found if isinstance(each, TakenPage)} <= whole
        assert end in starts or any(isinstance(each, PageFault) for each in found), end


def test_without_its_libraries_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datatrove", None)
    with pytest.raises(BackissueError, match="which is not installed") as told:
        engines.engine_must_be_installed("local")
    assert "backissue[scale]" in str(told.value.hint)


def test_older_pages_of_a_url_are_read_where_that_is_asked_for(kept: KeptPages, tmp_path: Path) -> None:
    folder = tmp_path / "twice"
    archive = kept.copy(folder)
    with Pages.open(archive.with_name("pages.db")) as pages:
        page = next(page for page in pages.newest_of_each("site") if page.kind is PageKind.ARTICLE)
        pages.keep(replace(page, fetched_at=page.fetched_at + timedelta(days=1)))
        total = pages.db.execute("SELECT count(*) FROM pages").fetchone()[0]
    words = kept.words("export", "pages", "--output", folder / "pages")
    words[words.index("--config") + 1] = str(folder / "backissue.toml")
    subprocess.run(words, check=True, capture_output=True)
    files = [str(folder / "pages" / "pages-00000.parquet")]
    found = {every: list(PagesStep(files, every=every)()) for every in (False, True)}
    assert len(found[True]) == total
    newest = [
        document.metadata["kept"].page.fetched_at
        for document in found[False]
        if document.metadata["kept"].page.url == page.url
    ]
    assert newest == [page.fetched_at + timedelta(days=1)]
