"""Hands out submissions to judges: to threads of this process, or to a Dask cluster.

Both are executors of `concurrent.futures` that run the same function. Only as many submissions as
keep the judges busy are in memory at a time.

A cluster's worker that dies has its submission graded elsewhere, once: Dask itself would give it to
four workers, and so would end four if the submission is what kills them.
"""

from __future__ import annotations

import concurrent.futures
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
)
from contextlib import contextmanager
from typing import Any, TypeVar

from grader.batch import judges
from grader.batch.task import Task
from grader.core.errors import UserError

AHEAD = 2  # tasks that wait for each judge of this machine
RECOUNT = 5.0  # seconds until workers that have joined or left a cluster are noticed
PATIENCE = 60.0  # seconds for a cluster's first worker to join
CHATTY = ("distributed", "distributed.client", "tornado.application")
Label = TypeVar("Label")


def grade_all(
    tasks: Iterable[tuple[Label, Task]], executor: Executor, room: Callable[[], int]
) -> Iterator[tuple[Label, Task, bytes]]:
    """Each task's report, as they come; ``room`` says for how many there is some at a time."""
    waiting: dict[Future[bytes], tuple[Label, Task]] = {}
    source = iter(tasks)
    while True:
        free = max(room(), 1) - len(waiting)
        for label, task in itertools.islice(source, max(free, 0)):
            waiting[executor.submit(judges.grade, task)] = (label, task)
        if not waiting:
            return
        done, _ = concurrent.futures.wait(waiting, RECOUNT, FIRST_COMPLETED)
        for future in done:
            yield *waiting.pop(future), _report(future)


def _report(future: Future[bytes]) -> bytes:
    """A task's report, also if what ran it is gone: Dask gives up on tasks that kill workers."""
    try:
        return future.result()
    except (UserError, CancelledError):
        raise
    except Exception as error:
        return judges.not_judged(f"{type(error).__name__}: {error}")


@contextmanager
def local_executor(count: int) -> Iterator[tuple[Executor, Callable[[], int]]]:
    """So many threads, each with a judge process, and room for tasks as `grade_all` takes it.

    The judges end with the context, at once.
    """
    executor = ThreadPoolExecutor(count)
    judges.close_lanes(spread=True)
    try:
        yield executor, lambda: count * (1 + AHEAD)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        judges.close_lanes()


@contextmanager
def cluster_executor(
    address: str, kit: str, isolation: str
) -> Iterator[tuple[Executor, Callable[[], int]]]:
    """A Dask cluster's threads, and room for a task on each; its judges end with the context.

    There may be more workers later. None waits on a worker: it would count as one that kills it.

    :param kit, isolation: what `judges.check` is to find on each worker.
    :raises UserError: it can't be reached, has no workers, or one that must not grade.
    """
    with _connected(address) as (client, is_lost):
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise UserError(
                f"the Dask scheduler at {address} has no workers: start some with "
                f"dask worker {address}"
            ) from error
        for worker, problem in client.run(_problem, kit, isolation).items():
            if problem:
                raise UserError(f"worker {worker}: {problem}")
        client.run_on_scheduler(_set_attempts)

        def room() -> int:
            if is_lost():
                raise CancelledError("the connection broke")
            return sum(client.nthreads().values())

        try:
            yield client.get_executor(pure=False), room
        finally:
            if not is_lost():
                client.run(judges.close_lanes)


@contextmanager
def _connected(address: str) -> Iterator[tuple[Any, Callable[[], bool]]]:
    """Dask's client, and whether its connection is lost; if so, all errors are this one.

    :raises UserError: there is no scheduler, or no longer.
    """
    try:
        import distributed
        from distributed.comm.core import CommClosedError
    except ImportError as error:
        raise UserError('install the cluster\'s packages: pip install ".[cluster]"') from error
    for name in CHATTY:  # what they have to say comes as an exception, too
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client: Any = distributed.Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise UserError(f"no Dask scheduler answers at {address}: {error}") from error
    with client:
        connection = client.scheduler_comm

        def is_lost() -> bool:
            # A connection that is made anew has forgotten what the old one waited for.
            return client.scheduler_comm is not connection or bool(connection.closed())

        try:
            yield client, is_lost
        except UserError:
            raise
        except Exception as error:  # Dask has many for a scheduler that is gone
            if not is_lost() and not isinstance(error, (CommClosedError, CancelledError)):
                raise
            raise UserError(
                f"the Dask scheduler at {address} is gone. What is finished stays: start it anew, "
                "and the same command goes on where this one ended."
            ) from error


def _set_attempts(dask_scheduler: Any) -> None:
    """On the scheduler: how many workers a task may take with it. Clients can't say that."""
    dask_scheduler.allowed_failures = judges.ATTEMPTS - 1


def _problem(kit: str, isolation: str) -> str:
    """Why this worker must not grade, if so."""
    try:
        judges.check(kit, isolation)
    except UserError as error:
        return str(error)
    return ""
