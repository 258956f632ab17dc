"""Hands out submissions to judges: to threads of this process, or to a Dask cluster.

Both are executors of `concurrent.futures` that run the same function. Only as many submissions as
keep the judges busy are in memory at a time.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from grader.batch import lane
from grader.batch.task import Task
from grader.errors import UserError

AHEAD = 2  # tasks that wait for each judge
Label = TypeVar("Label")


def grade_all(
    tasks: Iterable[tuple[Label, Task]], executor: Executor, judges: int
) -> Iterator[tuple[Label, Task, bytes]]:
    """Each task's report, as they come."""
    waiting: dict[Future[bytes], tuple[Label, Task]] = {}
    source = iter(tasks)
    while True:
        for label, task in source:
            waiting[executor.submit(lane.grade, task)] = (label, task)
            if len(waiting) >= judges * (1 + AHEAD):
                break
        if not waiting:
            return
        done, _ = concurrent.futures.wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            yield *waiting.pop(future), _report(future)


def _report(future: Future[bytes]) -> bytes:
    """A task's report, also if what ran it is gone: Dask gives up on tasks that kill workers."""
    try:
        return future.result()
    except UserError:
        raise
    except Exception as error:
        return lane.not_judged(f"{type(error).__name__}: {error}")


@contextmanager
def local_executor(judges: int) -> Iterator[Executor]:
    """So many threads, each with a judge process; the judges end with the context, at once."""
    executor = ThreadPoolExecutor(judges)
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        lane.close_lanes()


@contextmanager
def cluster_executor(address: str, kit: str, isolation: str) -> Iterator[tuple[Executor, int]]:
    """A Dask cluster's threads, and their number; its judges end with the context.

    :param kit, isolation: what `lane.check` is to find on each worker.
    :raises UserError: it can't be reached, has no workers, or one that must not grade.
    """
    try:
        import distributed
    except ImportError as error:
        raise UserError('install the cluster\'s packages: pip install ".[cluster]"') from error
    try:
        client: Any = distributed.Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise UserError(f"no Dask scheduler answers at {address}: {error}") from error
    with client:
        client.wait_for_workers(1, timeout=60)
        for worker, problem in client.run(_problem, kit, isolation).items():
            if problem:
                raise UserError(f"worker {worker}: {problem}")
        try:
            yield client.get_executor(pure=False), sum(client.nthreads().values())
        finally:
            client.run(lane.close_lanes)


def _problem(kit: str, isolation: str) -> str:
    """Why this worker must not grade, if so."""
    try:
        lane.check(kit, isolation)
    except UserError as error:
        return str(error)
    return ""
