"""Run the command `review`."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import html
import importlib.util
import os
import secrets
import socket
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from grader.batch.progress import say
from grader.batch.store import Store
from grader.core.errors import UserError
from grader.sandbox.isolation import Level, available, missing

if TYPE_CHECKING:
    import uvicorn

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
    """Serve the desk until Ctrl-C, then write all reports."""
    if lacking := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise UserError(
            f'install what the desk needs ({", ".join(lacking)}): pip install ".[desk]"'
        )
    store = Store(args.output)
    source = args.submissions or store.source()
    console = Console(soft_wrap=True)
    level = chosen_level(args.isolation)
    with opened_socket(args.host, args.port) as listener:
        port = listener.getsockname()[1]
        with served(store, source, level, args, port) as (server, address):
            say(console, f"The desk is open: {address}")
            say(console, "Everything is saved at once. Ctrl-C closes the desk.")
            if args.password_file is None and args.host not in LOCAL:
                say(console, f"The password of the team: {server.password}")
            with contextlib.ExitStack() as stack:
                if not args.no_browser:
                    webbrowser.open(stack.enter_context(private_page(store, address)).as_uri())
                stack.enter_context(contextlib.suppress(KeyboardInterrupt))
                server.run(sockets=[listener])
    from grader.desk.publishing import publish_now

    message, problems = publish_now(store)
    for line in problems:
        say(console, f"error: {line}")
    say(console, message)
    return 1 if problems else 0


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
    store: Store, source: Path, level: Level, args: argparse.Namespace, port: int
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
        app = desk(Course(store, marking, documents, key), sessions, hosts, port)
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
