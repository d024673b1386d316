"""Pieces of work on as many processes as asked for; one that fails loses no other.

Every process computes on one thread: two runs side by side are done sooner than one
after the other on two threads, and their seconds can be compared.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial

from inference_worker.arithmetic import set_threads

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A name for the report, and a call that can be sent to another process."""

    name: str
    call: Callable[[], object]


def run_jobs(jobs: Sequence[Job], processes: int) -> list[str]:
    """Do every job; "name: reason" for each that failed.

    Parameters
    ----------
    processes: with 1, everything happens here.
    """
    if processes == 1 or not jobs:
        set_threads(1)
        return [f"{job.name}: {why}" for job in jobs if (why := _tried(job))]
    failed, lost = _in_pool(jobs, processes)
    for job in lost:  # a process died: which job killed it shows when each is alone
        alone, died = _in_pool([job], 1)
        failed += alone
        failed += [f"{gone.name}: its process died" for gone in died]
    return failed


def _in_pool(jobs: Sequence[Job], processes: int) -> tuple[list[str], list[Job]]:
    """Reasons of the failed, and the jobs that went down with a process."""
    failed: list[str] = []
    lost: list[Job] = []
    with ProcessPoolExecutor(
        min(processes, len(jobs)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=partial(_prepare, logging.getLogger().level),
    ) as pool:
        waiting: dict[Future[str], Job] = {pool.submit(_tried, j): j for j in jobs}
        for done in as_completed(waiting):
            job = waiting[done]
            try:
                reason = done.result()
            except BrokenProcessPool:
                lost.append(job)
                continue
            if reason:
                failed.append(f"{job.name}: {reason}")
    return failed, lost


def _prepare(level: int) -> None:
    logging.basicConfig(level=level, format="%(message)s")
    set_threads(1)


def _tried(job: Job) -> str:
    """Why the job failed, or nothing."""
    try:
        job.call()
    except Exception as error:
        logger.exception("%s failed", job.name)
        return f"failed with {type(error).__name__}: {error}"
    return ""
