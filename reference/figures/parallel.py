"""Many jobs at a time, in a process for each core, that end at once and quietly on Ctrl-C."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import active_children, cpu_count, get_context
from typing import TypeVar

import torch

from .interrupts import interrupts_deferred

Job = TypeVar("Job")
Result = TypeVar("Result")


def use_one_thread() -> None:
    """Leave the other cores to the other processes."""
    torch.set_num_threads(1)


def in_parallel(
    function: Callable[[Job], Result], jobs: Sequence[Job]
) -> Iterator[tuple[Job, Result]]:
    """Yield each job with function(job) as soon as it is done; start with the first jobs."""
    executor = ProcessPoolExecutor(cpu_count(), get_context("spawn"), use_one_thread)
    try:
        with interrupts_deferred():
            futures = {executor.submit(function, job): job for job in jobs}
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BaseException:  # Ctrl-C above all: nobody waits for jobs that are half done
        for worker in active_children():
            worker.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)
