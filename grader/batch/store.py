"""Keep the folder of results: what is finished, and whether it is still valid.

    run.json            seed, the students of the last run in order, the names that are taken
    run.lock            held by whoever writes here, until that process ends
    results/NAME.json   one a submission, with the key of everything that it depends on
    grades.csv, report.html, feedback/, feedback.zip     made from these by reports/
    marking.sqlite      what people have decided, kept by marking/; beside it a ".backup"
    late.toml, marks.csv, marks.xlsx    what late hand-ins cost, and a person's marks to exchange

Every other file is written beside its place and then renamed, so that each is there as a whole or
not at all. A result that can't be written stays in memory until it can.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from grader.batch.attempts import HandIn, platform_of
from grader.batch.names import Names, assign_names
from grader.batch.participant import Participant
from grader.batch.platforms.base import Platform
from grader.batch.platforms.known import PLATFORMS
from grader.core.errors import BusyError, UserError
from grader.core.report import Report, RowStatus
from grader.core.text import shown

# All that a run leaves that had just begun, and what a person may have put there before.
OWN = {"results", "run.json.partial", "run.lock", "late.toml"}


class Store:
    """A folder of results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unwritten: dict[str, tuple[bytes, OSError]] = {}  # results by file name

    def create(self) -> None:
        """Make the folder, or use one of an earlier run.

        Raises:
            UserError: It can't be written to, or is something else.
        """
        try:
            present = {path.name for path in self.folder.iterdir()} if self.folder.exists() else ()
            if "run.json" not in present and not OWN.issuperset(present):
                raise UserError(f"{self.folder} holds other things: name a new folder for -o.")
            (self.folder / "results").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error) from error

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs out of the folder, and clear up after one that was killed.

        Raises:
            BusyError: One is at work there.
            UserError: The folder can't be written to.
        """
        try:
            lock = (self.folder / "run.lock").open("w")
        except OSError as error:
            raise unwritable(self.folder, error) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(
                    f"another run is at work in {self.folder}: wait until it ends."
                ) from error
            for left_over in self.folder.rglob("*.partial"):
                left_over.unlink()
            yield

    def seed(self, wanted: int | None) -> int:
        """Return the seed to grade with: the wanted one, that of the run before, or a new one."""
        if wanted is None and self._run_file.exists():
            return int(self._manifest()["seed"])
        return secrets.randbelow(2**31) if wanted is None else wanted

    def begin(
        self, seed: int, hand_ins: Sequence[HandIn], source: Path | None = None
    ) -> list[Participant]:
        """Note what this run is about, and return who takes part, in the order of ``hand_ins``.

        Args:
            seed: The run's.
            hand_ins: Those of the run.
            source: Where they lie; `source` returns it.
        """
        known = self._inherited(hand_ins) if self._run_file.exists() else {}
        names = assign_names({hand_in.identity: hand_in.student for hand_in in hand_ins}, known)
        participants = [
            Participant(
                *names[one.identity], one.folder, one.doubt, one.submitted, one.late, one.ids
            )
            for one in hand_ins
        ]
        manifest = {
            "seed": seed,
            "platform": platform_of(hand_ins),
            "students": [asdict(participant) for participant in participants],
            "names": names,
            "source": str(source.resolve()) if source else "",
            "owners": self._owners() | {hand_in.identity: hand_in.owner for hand_in in hand_ins},
        }
        write(self._run_file, json.dumps(manifest, ensure_ascii=False, indent=1))
        return participants

    def platform(self) -> Platform:
        """Return the platform that the last run's download came from.

        Raises:
            UserError: There was no run.
        """
        return PLATFORMS[self._manifest().get("platform", "moodle")]

    def platform_name(self) -> str:
        """Return that platform's name; empty if the run has not noted it."""
        name: str = self._manifest().get("platform", "")
        return name

    def participants(self) -> list[Participant]:
        """Return those of the last run, in order.

        Raises:
            UserError: There was none.
        """
        rows = self._manifest()["students"]
        ids = [tuple((kind, value) for kind, value in row.get("ids", ())) for row in rows]
        return [Participant(**row | {"ids": own}) for row, own in zip(rows, ids, strict=True)]

    def source(self) -> Path:
        """Return where the hand-ins of the last run lie.

        Raises:
            UserError: There was none, or it has not noted that.
        """
        source = self._manifest().get("source", "")
        if not source:
            raise UserError(
                f"{self.folder} does not say where the submissions lie: name them, too."
            )
        return Path(source)

    def files_by_identity(self) -> dict[str, str]:
        """Return what each student's files are called, by the identity of the hand-in."""
        return {identity: names.file for identity, names in self._names().items()}

    def left(self) -> list[Names]:
        """Return the names of students of earlier runs who are not in the last one."""
        present = {participant.file for participant in self.participants()}
        return [name for name in self._names().values() if name.file not in present]

    def is_done(self, participant: Participant, key: str) -> bool:
        """Return whether there is a result for this key that need not be made again."""
        batch = self.result(participant).get("batch")
        if batch is None or batch.get("key") != key or batch.get("provisional"):
            return False
        return batch["status"] != "internal"

    def forget(self, participant: Participant) -> None:
        """Remove a result, so that it is made anew."""
        self._path(participant.file).unlink(missing_ok=True)

    def save(
        self, participant: Participant, key: str, report: bytes, *, provisional: bool = False
    ) -> RowStatus:
        """Keep a judge's report and return its status.

        Args:
            participant: Whose it is.
            key: What the result depends on.
            report: The JSON report.
            provisional: Whether it is to be tried once more.
        """
        result: Report = json.loads(report)
        result["batch"] |= {"student": participant.name, "key": key}
        if provisional:
            result["batch"]["provisional"] = True
        data = json.dumps(result, ensure_ascii=False, indent=1).encode(errors="replace")
        self._keep(participant.file, data)
        return result["batch"]["status"]

    def write_again(self) -> str:
        """Try to write what could not be written; return why that fails, or an empty text."""
        for file, (data, _) in list(self.unwritten.items()):
            self._keep(file, data)
        errors = [str(error.strerror) for _, error in self.unwritten.values()]
        return errors[0] if errors else ""

    def result(self, participant: Participant) -> Report:
        """Return the report on a submission; {} if there is none that can be read."""
        if participant.file in self.unwritten:
            return cast(Report, json.loads(self.unwritten[participant.file][0]))
        try:
            result = json.loads(self._path(participant.file).read_bytes())
        except (FileNotFoundError, ValueError):  # ValueError: somebody has edited it
            return {}
        known = isinstance(result, dict) and isinstance(result.get("batch"), dict)
        return cast(Report, result) if known else {}

    def _keep(self, file: str, data: bytes) -> None:
        try:
            replace_file(self._path(file), data)
        except OSError as error:
            self.unwritten[file] = (data, error)
        else:
            self.unwritten.pop(file, None)

    def _path(self, file: str) -> Path:
        return self.folder / "results" / f"{file}.json"

    @property
    def _run_file(self) -> Path:
        return self.folder / "run.json"

    def _names(self) -> dict[str, Names]:
        """Return all names that students have had here, by identity."""
        manifest = self._manifest()
        before = {row["name"]: Names(row["name"], row["file"]) for row in manifest["students"]}
        return {key: Names(*row) for key, row in manifest.get("names", before).items()}

    def _owners(self) -> dict[str, str]:
        """Return whose each hand-in of all runs says that it is, by identity."""
        if not self._run_file.exists():
            return {}
        owners: dict[str, str] = self._manifest().get("owners", {})
        return {key: key for key in self._names()} | owners

    def _inherited(self, hand_ins: Sequence[HandIn]) -> dict[str, Names]:
        """Return the names of all runs; a new hand-in takes over those of one that it replaces.

        It does if it says the same owner, the other has gone, and nothing else claims the same.
        """
        names, owners = self._names(), self._owners()
        present = {hand_in.identity for hand_in in hand_ins}
        gone = {owners[key]: key for key in names if key not in present}
        for hand_in in hand_ins:
            if hand_in.identity not in names and not hand_in.doubt and hand_in.owner in gone:
                names[hand_in.identity] = names.pop(gone.pop(hand_in.owner))
        return names

    def _manifest(self) -> dict[str, Any]:
        if not self._run_file.exists():
            raise UserError(f"{self.folder} is no folder of results: run `grader batch` first.")
        try:
            manifest: dict[str, Any] = json.loads(self._run_file.read_bytes())
        except ValueError as error:
            raise UserError(
                f"{self._run_file} can't be read ({shown(str(error))}): name a new folder for -o."
            ) from error
        return manifest


def write(path: Path, content: str | bytes, *, lasting: bool = True) -> None:
    """Write a file such that it is there as a whole or not at all, whenever this is killed.

    Raises:
        UserError: The disk is full, or the like; the file is as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        replace_file(path, data, lasting=lasting)
    except OSError as error:
        raise unwritable(path, error) from error


def replace_file(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """Do as `write` does; an error is the system's own."""
    if path.exists() and path.read_bytes() == data:
        return
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            if lasting:  # also when the power is cut; what is made again needs no such wait
                os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):  # the first error tells more
            partial.unlink(missing_ok=True)
        raise


def unwritable(path: Path, error: OSError) -> UserError:
    """Return the error for a file that can't be written, with what a person can do about it."""
    return UserError(
        f"{path} can't be written ({error.strerror}). What is finished stays: mend that, and the "
        "same command goes on where this one ended."
    )
