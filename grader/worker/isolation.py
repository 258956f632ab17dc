"""Locks the worker before it imports anything of the student's.

Protected here: nothing is inherited but the two descriptors to the judge, the environment is
empty, no core files are written. Not yet protected: files that the user may read, the network,
memory and processor time beyond the judge's clock.
"""

from __future__ import annotations

import os
import sys

ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}


def lock(scratch: str) -> str:
    """Lock this process; ``scratch`` is the one folder it may write to. Returns the level."""
    os.environ.clear()
    os.environ.update(ENVIRONMENT, HOME=scratch, TMPDIR=scratch, MPLCONFIGDIR=scratch)
    os.chdir(scratch)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return "process"
