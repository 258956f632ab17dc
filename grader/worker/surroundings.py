"""Give student code what its author's own machine had: a display, a GPU, a writable folder.

Called once in each worker, before the lock and before anything of the student's is imported. What
runs elsewhere without these changes computes the same here with them:

- a DataLoader starts no processes (dataloader.py), and absent GPUs are the CPU (devices.py);
- ``torch.compile`` and ``torch.jit.script`` give back what they are given: they only save time,
  and the first starts a C++ compiler;
- matplotlib draws without windows, whatever backend is asked for;
- the folder of the submission may be written to, since each worker has a copy (:func:`copied`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Any

import torch

from grader.sandbox.timeout_line import COPY
from grader.worker import dataloader, devices

LARGEST = 2**20  # bytes of a file that each worker gets a copy of; links lead to larger ones


def provide() -> None:
    """Make these changes in this process."""
    dataloader.load_in_this_process()
    devices.run_on_cpu()
    for owner, name in ((torch, "compile"), (torch.jit, "script")):
        setattr(owner, name, as_it_is)
    setattr(torch.nn.Module, "compile", lambda *_, **__: None)  # noqa: B010 (for mypy)
    draw_without_windows()


def as_it_is(model: Any = None, *_: Any, **__: Any) -> Any:
    """Return the function or module; called with options alone, a decorator that does."""
    return as_it_is if model is None else model


def draw_without_windows() -> None:
    """Keep matplotlib's backend Agg, whatever is asked for."""
    import matplotlib as mpl  # here: the judge imports this module, too, and never draws
    import matplotlib.pyplot as plt

    switch = plt.switch_backend
    for owner, name in ((mpl, "use"), (plt, "switch_backend")):
        setattr(owner, name, lambda *_, **__: switch("agg"))


def copied(root: str, scratch: str) -> str:
    """Return a copy of the submission in the folder that the worker may write to.

    Its sources are never those that another worker imports, and what this one writes beside them
    is gone with it.
    """
    copy = Path(scratch) / COPY
    for folder, _, names in os.walk(root):
        target = copy / os.path.relpath(folder, root)
        target.mkdir()
        for name in names:
            _provide_file(Path(folder) / name, target / name)
    return str(copy)


def _provide_file(source: Path, target: Path) -> None:
    if source.stat().st_size > LARGEST:
        with contextlib.suppress(OSError):  # Windows allows links to few: it is copied below
            target.symlink_to(source)
            return
    shutil.copyfile(source, target)
