"""Talk to a desk that runs in a thread or a process, over real HTTP."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from grader.batch.store import Store
from grader.desk.command import opened_socket, served
from grader.desk.publishing import reports_of
from grader.sandbox.isolation import available
from tests.conftest import ROOT

WAIT = 60.0  # seconds for a desk to open
END = 300.0  # seconds for a desk to end, which writes its reports before
Q = "1.4"  # a written question of 2 points


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """A browser without a page: it keeps the cookie, and sends the headers that a browser does."""

    def __init__(self, address: str) -> None:
        match = re.fullmatch(r"http://([\w.]+):(\d+)/\?token=(.+)", address)
        assert match
        self.address, self.host, self.port, self.token = address, match[1], int(match[2]), match[3]
        self.url = f"http://{self.host}:{self.port}"
        self.cookie = ""

    def enter(self) -> Client:
        answer = self.ask("GET", f"/?token={self.token}")
        assert answer.status == 200
        self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return self

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        host = f"{self.host}:{self.port}"
        sent: dict[str, str | None] = {"Cookie": self.cookie or None, "Host": host}
        if method != "GET":
            sent |= {"Origin": self.url, "Content-Type": "application/json"}
        sent |= headers or {}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        with contextlib.closing(connection):  # also when the desk is killed meanwhile
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            if method == "GET":
                connection.endheaders()
            else:
                connection.putheader("Content-Length", str(len(data)))
                connection.endheaders(data)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.body
        return answer.json

    def post(self, path: str, body: Any) -> Any:
        answer = self.ask("POST", path, body)
        assert answer.status == 200, answer.body
        return answer.json

    def students(self, question: str = Q) -> list[str]:
        """Return the keys of all students, in the question's order."""
        return [one["key"] for one in self.get(f"/api/question/{question}")["students"]]

    def mark(self, key: str, **changes: Any) -> dict[str, Any]:
        """Change a mark of the question `Q` from how it is now, and return how it is then."""
        now = self.get(f"/api/answer/{Q}/{key}")["mark"]
        body = {name: now[name] for name in ("items", "adjustment", "comment", "version")}
        answer: dict[str, Any] = self.post(
            "/api/mark", body | {"question": Q, "key": key, "decided": True} | changes
        )["mark"]
        return answer

    def item(self, label: str, points: float, **more: Any) -> dict[str, Any]:
        """Add a rubric item to the question `Q`, or change it, and return it."""
        body = {"question": Q, "label": label, "points": points, **more}
        items = self.post("/api/item", body)["items"]
        return next(one for one in items if one["label"] == label)


def arguments(**changes: Any) -> argparse.Namespace:
    """Return the command line's defaults, changed."""
    defaults: dict[str, Any] = {
        "host": "127.0.0.1", "port": 0, "allow_host": [], "password_file": None, "person": "Ann",
    }  # fmt: skip
    return argparse.Namespace(**defaults | changes)


@contextlib.contextmanager
def desk(out: Path, **changes: Any) -> Iterator[Client]:
    """Serve a folder of results from a thread, and log in."""
    args = arguments(**changes)
    store = Store(out)
    with opened_socket(args.host, args.port) as listener:
        port = listener.getsockname()[1]
        reports = reports_of(out, {})
        with served(store, store.source(), available(), reports, args, port) as (server, address):
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            client = Client(address)
            try:
                while not server.started:
                    time.sleep(0.01)
                yield client.enter()
            finally:
                server.stop()
                thread.join()


class Process:
    """A desk in a process of its own, that can be killed."""

    def __init__(self, out: Path, port: int = 0, options: Sequence[str] = ()) -> None:
        command = [sys.executable, "-m", "grader", "review", str(out), "--no-browser"]
        self.process = subprocess.Popen(
            [*command, "--person", "Ann", "--port", str(port), *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            # Whoever runs the tests may ignore it, as nohup does.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        address = re.search(r"http://\S+", line)
        assert address, line
        self.client = Client(address[0])
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            try:
                self.client.enter()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)

    def kill(self) -> None:
        """Kill it, if that has not been done."""
        self.process.kill()
        self._end()

    def close(self, number: int = signal.SIGINT) -> int:
        """End it by a signal, and return its exit status."""
        self.process.send_signal(number)
        return self._end()

    def _end(self) -> int:
        assert self.process.stdout
        if not self.process.stdout.closed:
            self.said, _ = self.process.communicate(timeout=END)
        return self.process.wait()
