"""Read one of a student's documents in a locked process, and leave the results in a folder.

Theory of operation
===================
PDFs, notebooks and pictures are strangers' files, and the libraries that read them are large. So
the desk's server never parses one. For each job it starts a process (jobs.py) that

1. keeps no descriptor but /dev/null, and dies with its parent;
2. locks itself as a worker does (sandbox/locking.py): it can read one folder with the document and
   write to one scratch folder; it has no network, starts no process, and its processor time, memory
   and length of files are limited;
3. reads the document, and writes plain results: ``result.json`` and pictures.

The server ends it after a time limit, and takes from the scratch folder only files of known names
and bounded length. It serves pictures as they are and cleans all HTML (cleaning.py). A process that
a document has taken over can therefore at most show a wrong picture of that same document.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.sandbox import locking
from grader.sandbox.isolation import Lock

RESULT = "result.json"
DOCUMENT = "document"  # the name of the file to read
# Each kind of job: a module of this room and its function of document, folder and arguments.
JOBS = {
    "pdf": ("pdf", "outline"),
    "pages": ("pdf", "draw"),
    "notebook": ("notebook", "read"),
    "text": ("text", "read"),
    "picture": ("picture", "read"),
}
Read = Callable[..., dict[str, Any]]


class UnreadableError(Exception):
    """The document can't be shown; the message says why, in a sentence for the person who marks."""


def perform(
    kind: str, root: str, scratch: str, lock: dict[str, Any], options: dict[str, Any]
) -> None:
    """Lock this process, do one job, and end the process.

    Args:
        kind: A key of `JOBS`.
        root: The folder that holds the document.
        scratch: The folder for the results.
        lock: How to lock, as `Lock.as_dict` gives it.
        options: Keyword arguments of the job.
    """
    status = 1
    try:
        locking.die_with(os.getppid())
        _detach()
        read = _function(kind)
        locking.prepare()
        locking.lock(Lock.from_dict(lock), root, scratch)
        result = _result(read, Path(root, DOCUMENT), Path(scratch), options)
        Path(scratch, RESULT).write_text(json.dumps(result), encoding="utf-8")
        status = 0
    finally:
        os._exit(status)


def _function(kind: str) -> Read:
    module, name = JOBS[kind]
    function: Read = getattr(importlib.import_module(f"grader.desk.reading.{module}"), name)
    return function


def _result(read: Read, document: Path, scratch: Path, options: dict[str, Any]) -> dict[str, Any]:
    try:
        return read(document, scratch, **options)
    except UnreadableError as error:
        return {"problem": str(error)}
    except MemoryError:
        return {"problem": "It takes too much memory to show."}
    except Exception as error:  # noqa: BLE001 (of any kind: libraries fail in many ways on broken files)
        return {"problem": f"It can't be read: {type(error).__name__}."}


def _detach() -> None:
    """Replace the standard streams by /dev/null, and close all other descriptors."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
