"""Check the names and sizes of entries (no `../`), and decide which files are taken.

What endangers the judge, or leaves open which file is meant, is refused as a whole. Anything else
that is not wanted is left out, and the student is told. Nothing is written here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from pathlib import PurePosixPath

from grader.core.sources import MAX_CODE
from grader.core.spelling import PROTECTED
from grader.core.text import shown
from grader.submission.archive import ARCHIVES, CODE, Entry, SubmissionError, is_junk

MIB = 2**20
MAX_MODULES = 2_000
MAX_NOTEBOOKS = 20
MAX_CODE_TOTAL = 4 * MIB  # of modules; the judge parses all of it
MAX_TOTAL = 200 * MIB
MAX_RATIO = 200  # of unpacked to packed, for files above 1 MiB
MAX_NAME = 240  # characters of a path, as on Windows
MAX_NAME_BYTES = 250  # of a file or folder in UTF-8: file systems have 255, and modules add some
MAX_DEPTH = 20  # folders in folders

# The kinds of files that are taken, each with a size that is enough for anybody.
DATA = (
    ".csv", ".jpg", ".json", ".md", ".npy", ".npz", ".png", ".pt", ".pth", ".toml", ".txt", ".yaml",
)  # fmt: skip
LARGEST = dict.fromkeys(DATA, 10 * MIB) | {
    ".py": MAX_CODE,
    ".ipynb": 20 * MIB,
    ".pdf": 20 * MIB,
}

CONFIGURATION = {
    "conftest.py", "pyproject.toml", "pytest.ini", "pytest.toml", "setup.cfg", "sitecustomize.py",
    "tox.ini", "usercustomize.py",
}  # fmt: skip
COMPILED = {".dll", ".dylib", ".o", ".pyc", ".pyd", ".pyo", ".so"}

# Why files are not taken as they are, in the order in which the student reads it.
NOTICES = {
    "junk": "Left out, because a computer made it and not you: {}.",
    "link": "Left out, because only plain files are copied, no links or devices: {}.",
    "configuration": "Left out, because it would configure Python or pytest: {}.",
    "shadow": "Left out, because a module of Python or of the grader has its name; rename it: {}.",
    "compiled": "Left out, because only source code is read, no compiled code: {}.",
    "archive": "Left out, because an archive within is not opened; put its files there: {}.",
    "name": "Left out, because its name is too long or has invisible characters: {}.",
    "large": "Left out, because it is larger than allowed: {}.",
    "other": "Left out, because only code, PDF and small data files are used: {}.",
    "encoding": "Read in another encoding than UTF-8; save it as UTF-8: {}.",
    "damaged": "Holds null bytes, so Python can't read it; save it anew as UTF-8: {}.",
    "magic": "Runs without its lines for IPython (% and !), which Python can't read: {}.",
    "notebook": "Not used: {}.",
    "more": f"Not used as a whole, because all code together is more than {MAX_CODE_TOTAL // MIB} "
    f"MiB or {MAX_MODULES:,} files: {{}}.",
    "cell": "Left out, because it is not Python: {}.",
    "barred": "Not written, because a file and a folder can't share one name: {}.",
}


class Notes:
    """The notices for the student: for each kind of `NOTICES`, the files that it concerns."""

    def __init__(self) -> None:
        self._labels: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def __contains__(self, kind: str) -> bool:
        return kind in self._labels

    def add(self, kind: str, label: str, reason: str = "") -> None:
        """Add a notice of that kind about a file, a folder, or a phrase for one.

        Args:
            kind: A key of `NOTICES`.
            label: The student's name for it.
            reason: A sentence of ours on why.
        """
        words = f" ({reason.rstrip('.')})" if reason else ""
        self._labels[kind][shown(label) + words] = None

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each kind; of many files it names the first five."""
        return tuple(
            NOTICES[kind].format(_enumerated(list(self._labels[kind])))
            for kind in NOTICES
            if kind in self
        )


def _enumerated(labels: list[str]) -> str:
    more = len(labels) - 5
    return ", ".join(labels[:5]) + (f" and {more} more" if more > 0 else "")


def vet(submission: str, entries: list[Entry]) -> tuple[dict[PurePosixPath, Entry], Notes]:
    """Choose the files to take, by where they will stand, and collect notices about the others.

    Args:
        submission: Its name in messages.
        entries: All files that were handed in.

    Raises:
        SubmissionError: The submission is unsafe, ambiguous, too large, or holds no code.
    """
    notes = Notes()
    wanted: list[tuple[PurePosixPath, Entry]] = []
    for entry in entries:
        path = _inner_path(submission, entry.name)
        against = _reason_against(path, entry)
        if against is None:
            wanted.append((path, entry))
        else:
            notes.add(*against)
    _check_names(submission, [path for path, _ in wanted])
    _check_sizes(submission, wanted)
    if not any(path.suffix.lower() in CODE for path, _ in wanted):
        raise _without_code(submission, notes)
    return dict(wanted), notes


def _inner_path(submission: str, name: str) -> PurePosixPath:
    # A much longer name is left out anyway, and its normal form may take minutes.
    short = unicodedata.normalize("NFC", name) if len(name) <= 4 * MAX_NAME else name
    text = short.replace("\\", "/")
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", text) or not path.parts:
        raise SubmissionError(
            f"{submission} has an entry that leads out of it ({shown(name)}): "
            "ZIP your folder with the computer's file manager."
        )
    return path


def _reason_against(path: PurePosixPath, entry: Entry) -> tuple[str, str] | None:
    """Return the kind of notice if a file is not taken, and the label that it names."""
    for depth, part in enumerate(path.parts, start=1):
        if is_junk(part):
            return "junk", str(PurePosixPath(*path.parts[:depth]))
        if part == "grader" and depth < len(path.parts):
            return "shadow", str(PurePosixPath(*path.parts[:depth]))
    label, suffix = str(path), path.suffix.lower()
    if not entry.plain:
        return "link", label
    if path.name.lower() in CONFIGURATION or (suffix == ".pth" and not _is_checkpoint(entry)):
        return "configuration", label
    if suffix == ".py" and path.stem in PROTECTED:
        return "shadow", label
    if suffix in COMPILED:
        return "compiled", label
    if suffix in ARCHIVES:
        return "archive", label
    if suffix not in LARGEST:
        return "other", label
    if not has_short_name(path) or not label.isprintable():
        return "name", label
    if entry.size > LARGEST[suffix]:
        return "large", f"{label} ({entry.size / MIB:.1f} of {LARGEST[suffix] / MIB:g} MiB)"
    return None


def has_short_name(path: PurePosixPath) -> bool:
    """Return whether a file of this path can be written on any system."""
    longest = max(len(part.encode(errors="replace")) for part in path.parts)
    return len(str(path)) <= MAX_NAME and len(path.parts) <= MAX_DEPTH and longest <= MAX_NAME_BYTES


def _is_checkpoint(entry: Entry) -> bool:
    """Return whether a .pth file holds weights (a ZIP or a pickle) rather than paths for Python."""
    return entry.read(2).startswith((b"PK", b"\x80"))


def _check_names(submission: str, paths: list[PurePosixPath]) -> None:
    """Refuse files that would be one and the same on some file systems."""
    spelled: dict[str, PurePosixPath] = {}
    for path in paths:
        key = str(path).casefold()
        if key in spelled:
            raise SubmissionError(
                f"{submission} holds both {shown(str(spelled[key]))} and {shown(str(path))}, "
                "which many computers take for the same file: keep one."
            )
        spelled[key] = path
    folders = {str(folder).casefold() for path in paths for folder in path.parents}
    for key in sorted(folders & spelled.keys()):
        raise SubmissionError(
            f"{submission} holds {shown(str(spelled[key]))} as a file and as a folder: keep one."
        )


def _check_sizes(submission: str, wanted: list[tuple[PurePosixPath, Entry]]) -> None:
    for path, entry in wanted:
        if entry.size > MIB and entry.size > MAX_RATIO * entry.packed:
            raise SubmissionError(
                f"{submission} holds {shown(str(path))}, which unpacks to more than "
                f"{MAX_RATIO} times its size: leave it out."
            )
    modules = [entry.size for path, entry in wanted if path.suffix.lower() == ".py"]
    notebooks = [entry.size for path, entry in wanted if path.suffix.lower() == ".ipynb"]
    for amount, limit, words in (
        (sum(entry.size for _, entry in wanted), MAX_TOTAL, f"{MAX_TOTAL // MIB} MiB of files"),
        (sum(modules), MAX_CODE_TOTAL, f"{MAX_CODE_TOTAL // MIB} MiB of code"),
        (len(modules), MAX_MODULES, f"{MAX_MODULES:,} .py files"),
        (len(notebooks), MAX_NOTEBOOKS, f"{MAX_NOTEBOOKS} notebooks"),
    ):
        if amount > limit:
            raise SubmissionError(
                f"{submission} holds more than {words}: "
                "leave out data sets and what is not your own."
            )


def _without_code(submission: str, notes: Notes) -> SubmissionError:
    advice = "ZIP the code itself, once." if "archive" in notes else "add your code."
    return SubmissionError(
        " ".join([f"{submission} holds no .py or .ipynb file: {advice}", *notes.sentences()])
    )
