"""Answer the judge's requests: import a student's file, run a probe, send the result.

Contract. The worker says ``{"locked", "problem"}`` before it imports anything of the student's.
Then the judge sends a request and waits; the worker answers it once, in order. Each request names
the running test's exercise, too:

    {"id", "do": "load", "file"}                              import a file
    {"id", "do": "run", "file", "probe": "module:name", "seed", "inputs": {…}}
    {"id", "do": "script", "file", "probe", "seed", "inputs"} run a probe on a file that is a
                                                              script: see script.py
    {"id", "do": "reply", "value"}                            answer the probe's question

    {"id", "status": "ok", "value"}
    {"id", "status": "question", "value"}                     the probe waits for a reply
    {"id", "status": "wrong" | "banned", "what", "expected", "got", "hint"}   Unusable, Banned
    {"id", "status": "not started" | "error" | "blocked", "type", "message", "where", …}   raised

An answer has ``"notes"``, too: sentences about what the worker changed (notes.py).
All of these are the student's doing: the worker has no status for a failure of the kit, since a
probe only handles the student's objects. A probe is ``probe(module, **inputs) -> data`` and stands
in an exercise's ``probes.py``. It may raise :class:`Unusable` to say what the student's code
returned instead of what was asked for. Ending the process, hanging or swelling needs no answer: the
judge sees it and says so.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import random
import sys
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
import torch

from grader.sandbox import wire
from grader.sandbox.isolation import Lock
from grader.worker import notes
from grader.worker.attribution import describe, raised_by_student
from grader.worker.explain import explain, is_out_of_memory
from grader.worker.importing import StudentCode
from grader.worker.script import Ask, Script

Probe = Callable[..., Any]


class Unusable(Exception):
    """Student code returned something that can't be judged: ``expected`` and ``got``, as text."""

    status = "wrong"

    def __init__(self, what: str, *, expected: str, got: str, hint: str = "") -> None:
        super().__init__(what)
        self.details = {"what": what, "expected": expected, "got": got, "hint": hint}


class Banned(Unusable):
    """Student code used what it must not use."""

    status = "banned"


def serve(reader: BinaryIO, writer: BinaryIO, code: StudentCode, lock: Lock) -> None:
    """Answer requests until the judge hangs up."""

    def send(frame: bytes) -> None:
        flush_prints()
        writer.write(frame)
        writer.flush()

    while (body := wire.read_frame(reader)) is not None:
        request = wire.decode(body)
        if request["do"] in ("load", "script"):
            os.chdir((code.root / request["file"]).parent)  # where its author runs it

        def ask(value: Any, identity: str = request["id"]) -> Any:
            send(wire.encode({"id": identity, "notes": [], "status": "question", "value": value}))
            if (body := wire.read_frame(reader)) is None:
                os._exit(0)  # the judge has hung up
            return wire.decode(body)["value"]

        send(reply(request, code, lock, ask))


def reply(request: dict[str, Any], code: StudentCode, lock: Lock, ask: Ask) -> bytes:
    """Return the frame that answers ``request``."""
    answer = handle(request, code, lock, ask)
    try:
        return wire.encode({"id": request["id"], "notes": notes.take(), **answer})
    except Exception as error:  # noqa: BLE001 (an object of theirs among the values raises anything)
        return wire.encode({"id": request["id"], "notes": [], **_failure(error, code, lock)})


def handle(request: dict[str, Any], code: StudentCode, lock: Lock, ask: Ask) -> dict[str, Any]:
    """Execute one request and return the result, or the exception as data.

    Args:
        ask: Sends a question of a script's probe to the judge and returns the reply.
    """
    code.exercise = request["exercise"]
    try:
        if request["do"] == "load":
            code.module(request["file"])
            return {"status": "ok", "value": None}
        probe = resolve(request["probe"])
        is_script = request["do"] == "script"
        file = request["file"]
        subject = Script(code, file, ask) if is_script else code.module(file)
        set_seeds(request["seed"])
        return {"status": "ok", "value": probe(subject, **request["inputs"])}
    except Unusable as error:
        return {"status": error.status, **error.details}
    except BaseException as error:  # noqa: BLE001 (student code raises anything, SystemExit too)
        if is_out_of_memory(error):  # what fills the memory hangs on the traceback's frames
            traceback.clear_frames(error.__traceback__)
        return _failure(error, code, lock)


def _failure(error: BaseException, code: StudentCode, lock: Lock) -> dict[str, Any]:
    """Return the answer for an exception: always of the student's doing (see attribution.py)."""
    details = describe(error, code)
    if denial := explain(error, lock):
        return {**details, **denial}
    if isinstance(error, NotImplementedError) and raised_by_student(error.__traceback__, code):
        return {"status": "not started", **details}
    return {"status": "error", **details}


def resolve(probe: str) -> Probe:
    """Return the probe that ``module:name`` names; only modules of the kit can be named."""
    module, _, name = probe.partition(":")
    if not module.startswith("grader."):
        raise ValueError(f"not a probe of the kit: {probe}")
    function: Probe = getattr(importlib.import_module(module), name)
    return function


def flush_prints() -> None:
    """Send the student's prints on their way before the answer that they belong to."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # they may have closed or replaced it
            stream.flush()


def set_seeds(seed: int) -> None:
    """Fix every generator that student code draws from, and undo what it left behind."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)  # not that of each device: there is none
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
