"""Hand out submissions to judges: threads of this process, or a Dask cluster.

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

from grader.batch import judge_pool, outcome
from grader.batch.task import Task
from grader.core.errors import UserError, is_machine_error

AHEAD = 2  # tasks that wait for each judge of this machine
RECOUNT = 5.0  # seconds until workers that have joined or left a cluster are noticed
PATIENCE = 60.0  # seconds for a cluster's first worker to join
CHATTY = ("distributed", "distributed.client", "tornado.application")
Label = TypeVar("Label")


def grade_all(
    tasks: Iterable[tuple[Label, Task]],
    executor: Executor,
    capacity: Callable[[], int],
    watch: Callable[[list[str]], None] = lambda _: None,
) -> Iterator[tuple[Label, Task, bytes]]:
    """Grade tasks and yield each with its report, as they are finished.

    Args:
        tasks: With a label each; no more are taken than can be graded soon.
        executor: What runs `judge_pool.grade`.
        capacity: How many tasks it should have at a time.
        watch: Is told now and then whose submissions are being graded.

    Raises:
        UserError: With these settings, or on these machines, nothing can be graded.
    """
    waiting: dict[Future[bytes], tuple[Label, Task]] = {}
    source = iter(tasks)
    while True:
        free = max(capacity(), 1) - len(waiting)
        for label, task in itertools.islice(source, max(free, 0)):
            waiting[_submit(executor, task)] = (label, task)
        if not waiting:
            return
        done, _ = concurrent.futures.wait(waiting, RECOUNT, FIRST_COMPLETED)
        watch([task.student for future, (_, task) in waiting.items() if future.running()])
        for future in done:
            yield *waiting.pop(future), _report(future)


def _submit(executor: Executor, task: Task) -> Future[bytes]:
    """Start a task; if that fails, for want of threads for example, so does the task."""
    try:
        return executor.submit(judge_pool.grade, task)
    except Exception as error:  # noqa: BLE001 (of any kind: `_report` tells them apart)
        failed: Future[bytes] = Future()
        failed.set_exception(error)
        return failed


def _report(future: Future[bytes]) -> bytes:
    """Return a task's report, also if what ran it is gone, as a worker that Dask gives up.

    Raises:
        UserError: With these settings, or on these machines, nothing can be graded.
        CancelledError: The executor is gone.
    """
    try:
        return future.result()
    except CancelledError:
        raise
    except Exception as error:  # of any kind: it is this submission's, unless it is bad input
        if isinstance(error, UserError) and not is_machine_error(error):
            raise
        return outcome.not_judged(outcome.described(error))


@contextmanager
def local_executor(count: int) -> Iterator[tuple[Executor, Callable[[], int]]]:
    """Make an executor with threads for ``count`` judge processes; also yield its capacity.

    The judges end with the context, at once.
    """
    executor = ThreadPoolExecutor(count)
    judge_pool.close_pool(spread=True)
    try:
        yield executor, lambda: count * (1 + AHEAD)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        judge_pool.close_pool()


@contextmanager
def cluster_executor(
    address: str, kit: str, isolation: str
) -> Iterator[tuple[Executor, Callable[[], int]]]:
    """Make an executor of a Dask cluster's threads; also yield its capacity, a task for each.

    Workers may join later. No task waits on a worker: it would count as one that kills it. The
    judges end with the context.

    Args:
        address: The scheduler's.
        kit: The fingerprint of the kit that each worker should have.
        isolation: The least isolation that each should have.

    Raises:
        UserError: It can't be reached, has no workers, or one that must not grade.
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

        def capacity() -> int:
            if is_lost():
                raise CancelledError("the connection broke")
            return sum(client.nthreads().values())

        try:
            yield client.get_executor(pure=False), capacity
        finally:
            if not is_lost():
                client.run(judge_pool.close_pool)


@contextmanager
def _connected(address: str) -> Iterator[tuple[Any, Callable[[], bool]]]:
    """Connect to a scheduler; also yield a function that tells whether the connection is lost.

    Raises:
        UserError: There is no scheduler, or no longer.
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
    """Limit, on the scheduler, how many workers a task may take with it; clients can't do that."""
    dask_scheduler.allowed_failures = judge_pool.ATTEMPTS - 1


def _problem(kit: str, isolation: str) -> str:
    """Return why this worker must not grade; an empty text if it may."""
    try:
        judge_pool.check(kit, isolation)
    except UserError as error:
        return str(error)
    return ""
