"""Fork workers from a warm process that has imported torch.

Importing torch takes seconds, forking a process that has imported it takes milliseconds. The
server imports what every worker needs, runs no operation on more than one thread (a forked child
would hang) and holds no secret: neither oracle nor seed, nor anybody's name. Where there is no
fork that can be trusted (macOS, Windows) this file starts one worker directly.

Contract, over a Unix socket that keeps message boundaries, JSON each way:

    ← {"ready": true}                  once, when all is imported
    → {"do": "fork", "root", "scratch", "lock"} with two descriptors: channel, student's output
    ← {"pid"}
    → {"do": "reap", "pid"}            kill the worker's group if it lives, then wait for it
    ← {"status"}                       exit status, negative for a signal
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, BinaryIO, cast

from grader.core.course import course
from grader.core.paths import IS_CLONE, ROOT
from grader.sandbox import isolation, locking

MESSAGE_LIMIT = 2**16


def preload(modules: list[str]) -> None:
    """Import and set up everything that forked workers share."""
    gc.disable()  # nearly all of it stays
    sys.dont_write_bytecode = True
    for name in ["torch", "matplotlib", "numpy.random", *modules]:
        importlib.import_module(name)
    import matplotlib
    import torch

    from grader.bans import runtime, switches  # runtime binds what is withheld

    del runtime
    torch.set_num_threads(1)
    matplotlib.use("Agg")
    importlib.import_module("matplotlib.pyplot")
    importlib.import_module("torch.utils.data")
    importlib.import_module("grader.worker.compiler").leave_out_compiler()
    for module in ("surroundings", "importing", "answering", "current_line"):
        importlib.import_module(f"grader.worker.{module}")
    importlib.import_module("grader.worker.finders").read_given(course().exercises)
    locking.prepare()
    switches.withhold()
    gc.freeze()
    gc.enable()


def run_worker(reader: BinaryIO, writer: BinaryIO, request: dict[str, Any]) -> None:
    """Lock this process and report it; if it is locked, answer the judge's requests."""
    from grader.sandbox import wire
    from grader.worker import answering, current_line, surroundings
    from grader.worker.importing import StudentCode

    hidden = ("", str(ROOT)) if IS_CLONE else ("",)
    sys.path[:] = [folder for folder in sys.path if folder not in hidden]
    sys.argv = ["submission"]
    lock = isolation.Lock.from_dict(request["lock"])
    surroundings.provide()
    folder = surroundings.copied(request["root"], request["scratch"])
    try:
        locking.lock(lock, request["root"], request["scratch"])
        current_line.write_when_asked(Path(request["scratch"]))
        ready = {"locked": True, "problem": ""}
    except Exception as error:  # noqa: BLE001 (the judge refuses to go on)
        ready = {"locked": False, "problem": f"{type(error).__name__}: {error}"}
    writer.write(wire.encode(ready))
    writer.flush()
    if ready["locked"]:
        code = StudentCode(Path(folder), Path(request["root"]), Path(request["scratch"]))
        answering.serve(reader, writer, code, lock)


def fork_worker(request: dict[str, Any], control: socket.socket, channel: int, output: int) -> int:
    """Fork a worker, and return its process id; the child ends in here."""
    server = os.getpid()
    pid = os.fork()
    if pid:
        os.close(channel)
        os.close(output)
        return pid
    status = 1
    try:
        locking.die_with(server)
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        control.close()
        _attach(output)
        locking.close_descriptors(keep=channel)
        reader = cast(BinaryIO, os.fdopen(channel, "rb", 0))
        writer = cast(BinaryIO, os.fdopen(channel, "wb", closefd=False))
        run_worker(reader, writer, request)
        status = 0
    finally:
        os._exit(status)
    return 0  # never reached; for the type checker


def _attach(output: int) -> None:
    """Make ``output`` the standard output and error; standard input is empty."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(null)
    os.close(output)
    # New text layers: the old ones may hold the server's buffered text.
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, 1, "utf-8", "replace", closefd=False)
        for number, mode in ((0, "r"), (1, "w"), (2, "w"))
    )


def reap(pid: int, live: set[int]) -> int:
    """End worker ``pid`` and all that it started, and return its exit status."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it has ended, or has no group of its own yet
    _, status = os.waitpid(pid, 0)
    live.discard(pid)
    return os.waitstatus_to_exitcode(status)


def serve(control: socket.socket) -> None:
    """Fork and reap as the judge asks, until it hangs up; then leave nothing behind."""
    live: set[int] = set()
    # A judge that ends before it has read every message resets the connection.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        control.send(b'{"ready": true}')
        _answer(control, live)
    for pid in list(live):
        reap(pid, live)


def _answer(control: socket.socket, live: set[int]) -> None:
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, MESSAGE_LIMIT, 2)
        if not data:
            return
        request = json.loads(data)
        if request["do"] == "fork":
            pid = fork_worker(request, control, descriptors[0], descriptors[1])
            live.add(pid)
            answer = {"pid": pid}
        else:
            answer = {"status": reap(request["pid"], live)}
        control.send(json.dumps(answer).encode())


def main() -> None:
    """Serve forks (``… fork FD MODULE…``) or be one worker (``… spawn REQUEST MODULE…``).

    The command line is made by processes.py.
    """
    mode, argument, *modules = sys.argv[1:]
    if mode == "fork":
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the judge's to handle
        control = socket.socket(fileno=int(argument))
        preload(modules)
        serve(control)
        os._exit(0)  # taking torch apart lasts a third of a second, and the judge waits for it
    else:
        preload(modules)
        # Student prints must not end up among the frames on standard output.
        reader, writer = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb")
        _attach(os.dup(2))
        request = json.loads(argument)
        run_worker(cast(BinaryIO, reader), writer, request)


if __name__ == "__main__":
    main()
