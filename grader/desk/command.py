"""Run the command `review`."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import html
import importlib.util
import os
import secrets
import signal
import socket
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console

from grader.batch.command import INTERRUPTED, keep_late_rule
from grader.batch.progress import say
from grader.batch.store import Store
from grader.core.errors import UserError
from grader.sandbox.isolation import Level, available, missing

if TYPE_CHECKING:
    import uvicorn

    from grader.desk.publishing import Reports

LOCAL = ("127.0.0.1", "localhost", "::1")
PORT = 8642
PORTS = 20  # that are tried
NEEDED = (
    "starlette",
    "uvicorn",
    "pypdfium2",
    "nh3",
    "markdown_it",
    "mdit_py_plugins",
    "latex2mathml",
)


def run_review(args: argparse.Namespace) -> int:
    """Serve the desk until Ctrl-C or a signal ends it, then see that all reports are written."""
    if lacking := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise UserError(
            f'install what the desk needs ({", ".join(lacking)}): pip install ".[desk]"'
        )
    from grader.desk.publishing import reports_of

    store, console = Store(args.output), Console(soft_wrap=True)
    store.participants()  # of no run, there is nothing to mark
    keep_late_rule(store, args.late)
    reports = reports_of(store.folder, publishing_options(args))
    take_signals()
    try:
        _serve(console, store, reports, args)
        return _finish(console, reports)
    except KeyboardInterrupt:  # while it opened, or for a second time
        say(console, f"Write the reports yourself: python -m grader marks {args.output}")
        return INTERRUPTED


def _serve(console: Console, store: Store, reports: Reports, args: argparse.Namespace) -> None:
    """Serve the desk until a signal comes."""
    source = args.submissions or store.source()
    level = chosen_level(args.isolation)
    with (
        opened_socket(args.host, args.port) as listener,
        served(store, source, level, reports, args, listener.getsockname()[1]) as opened,
        contextlib.ExitStack() as stack,
    ):
        server, address = opened
        say(console, f"The desk is open: {address}")
        say(console, "Everything is saved at once, and the reports follow. Ctrl-C closes the desk.")
        if args.password_file is None and args.host not in LOCAL:
            say(console, f"The password of the team: {server.password}")
        if not args.no_browser:
            webbrowser.open(stack.enter_context(private_page(store, address)).as_uri())
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


def _finish(console: Console, reports: Reports) -> int:
    """Write the reports if they lack a change, and say what came out."""
    written = reports.finish()
    with contextlib.suppress(OSError):  # a terminal that was closed can't be written to
        for line in written.problems:
            say(console, f"error: {line}")
        for line in written.remarks:
            say(console, f"note: {line}")
        say(console, written.message)
    return 1 if written.problems else 0


def take_signals() -> None:
    """Have SIGTERM, and a terminal that is closed, end this program as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup leaves it
        signal.signal(signal.SIGHUP, _terminate)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


def _terminate(number: int, frame: FrameType | None) -> None:
    """End as SIGTERM does: the server takes that one itself, to end in good order."""
    del number, frame
    signal.raise_signal(signal.SIGTERM)


def publishing_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the options of `publish` that the command line gives."""
    return {
        "worksheet": args.worksheet,
        "columns": dict(args.column),
        "provisional": args.provisional,
        "part_size": args.part_size,
    }


@contextlib.contextmanager
def private_page(store: Store, address: str) -> Iterator[Path]:
    """Yield a file that leads to the desk and that only its owner can read.

    A browser is started with it, because every user can see the arguments of a program.
    """
    path = store.folder.resolve() / "desk.html"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f'<meta http-equiv="refresh" content="0;url={html.escape(address)}">')
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def chosen_level(wanted: str) -> Level:
    """Return how well documents are read apart.

    Raises:
        UserError: This system can't lock processes fully, and nobody has said that less will do.
    """
    if wanted == "full" and missing():
        raise UserError(
            f"students' PDFs can't be read safely here: this system lacks {', '.join(missing())}. "
            "--isolation limits reads them all the same."
        )
    return available()


@contextlib.contextmanager
def opened_socket(host: str, port: int | None) -> Iterator[socket.socket]:
    """Listen on a port: the wanted one, or the first that is free from `PORT` on.

    Raises:
        UserError: None is free, or this machine has no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in [port] if port is not None else range(PORT, PORT + PORTS):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, number))
            listener.listen()  # a browser that comes early waits
        except OSError as error:
            listener.close()
            failed = error
            continue
        with listener:
            yield listener
        return
    raise UserError(f"nothing can listen on {host}, port {port or PORT}: {failed.strerror}.")


class Server:
    """Hold uvicorn's server, and the password of the team, if there is one."""

    def __init__(self, server: uvicorn.Server, password: str) -> None:
        self.password, self._server = password, server
        self.run = server.run

    @property
    def started(self) -> bool:
        """Return whether it answers."""
        return self._server.started

    def stop(self) -> None:
        """Let it end, from another thread."""
        self._server.should_exit = True


@contextlib.contextmanager
def served(
    store: Store,
    source: Path,
    level: Level,
    reports: Reports,
    args: argparse.Namespace,
    port: int,
) -> Iterator[tuple[Server, str]]:
    """Open all that the desk needs, and yield its server and its address, with the token."""
    import uvicorn

    from grader.desk.app import desk
    from grader.desk.course import Course
    from grader.desk.documents import Documents
    from grader.desk.handins import opened
    from grader.desk.jobs import Jobs
    from grader.desk.sessions import Sessions, folder_key
    from grader.marking.store import FILE, MarkingStore

    password = _password(args)
    hosts = {*LOCAL, *args.allow_host}
    if args.host not in ("0.0.0.0", "::"):
        hosts.add(args.host)
    with opened(store, source) as hand_ins, MarkingStore(store.folder / FILE) as marking:
        key = folder_key(store.folder)
        documents = Documents(hand_ins, Jobs(level), store.folder / "desk")
        sessions = Sessions(key, args.person or getpass.getuser(), password)
        app = desk(Course(store, marking, documents, reports, key), sessions, hosts, port)
        config = uvicorn.Config(
            app, access_log=False, log_level="warning", server_header=False, ws="none",
            timeout_graceful_shutdown=3,
        )  # fmt: skip
        name = "127.0.0.1" if args.host in ("0.0.0.0", "::") else args.host
        shown = f"[{name}]" if ":" in name else name
        address = f"http://{shown}:{port}/?token={sessions.token}"
        yield Server(uvicorn.Server(config), password), address


def _password(args: argparse.Namespace) -> str:
    """Return the password of a team: that in the file, or a new one; none for one person alone.

    Raises:
        UserError: The file can't be read, or the password is short.
    """
    if args.password_file is None:
        return "" if args.host in LOCAL else secrets.token_urlsafe(9)
    try:
        password: str = args.password_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{args.password_file} can't be read as a password.") from error
    if len(password) < 8:
        raise UserError("a password should have 8 characters at least.")
    return password
