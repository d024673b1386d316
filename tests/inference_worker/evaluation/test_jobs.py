"""Jobs side by side: one that fails, or kills its process, loses no other."""

import os
from functools import partial
from pathlib import Path

from inference_worker.evaluation.jobs import Job, run_jobs


def write(path: Path) -> None:
    path.write_text("done")


def fail() -> None:
    raise ValueError("no such slice")


def test_jobs_run_in_other_processes_and_survive_each_other(tmp_path):
    good = Job("good", partial(write, tmp_path / "good"))
    fatal = Job("fatal", partial(os._exit, 3))
    failed = run_jobs([Job("bad", fail), fatal, good], 2)
    assert (tmp_path / "good").is_file()
    assert sorted(failed) == [
        "bad: failed with ValueError: no such slice",
        "fatal: its process died",
    ]


def test_here_a_failure_loses_nothing_either(tmp_path):
    jobs = [Job("bad", fail), Job("good", partial(write, tmp_path / "x"))]
    assert run_jobs(jobs, 1) == ["bad: failed with ValueError: no such slice"]
    assert (tmp_path / "x").is_file()
