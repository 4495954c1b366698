"""`backissue schedule` with a clock that ticks every few seconds, which no configuration allows.

    python tests/builders/clockwork.py FILE SECONDS

Everything else is the program: its scheduler, its crawls as processes, its locks, its archive.
"""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import scheduler
from crawler.config.config import load_config
from crawler.schedule.timetable import Interval, Timetable


def main(file: Path, seconds: int) -> int:
    config = load_config(file)
    rule = Interval(text=f"every {seconds}s", every=timedelta(seconds=seconds))
    sources = tuple(replace(source, schedule=Timetable(rule=rule)) for source in config.sources)
    return scheduler.run_scheduler(replace(config, sources=sources), (), lambda: None)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), int(sys.argv[2])))
