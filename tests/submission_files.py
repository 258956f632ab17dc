"""Make the files of submissions, and read what the student is told about them."""

import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.submission.handin import RULES, Finding, check_formalities
from grader.submission.snapshot import Submission, SubmissionError, open_submission

CODE = b"class VanillaRNN:\n    pass\n"


def zip_of(
    folder: Path,
    files: Mapping[Any, bytes],
    name: str = "Doe-1234567.zip",
    method: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """Write a ZIP of ``files``: names or ZipInfos to contents."""
    path = folder / name
    with zipfile.ZipFile(path, "w", method) as archive:
        for entry, content in files.items():
            archive.writestr(entry, content)
    return path


def entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def folder_of(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def patched(path: Path, old: bytes, new: bytes, count: int = -1) -> Path:
    """Exchange some bytes of a file, as no well-behaved program writes it."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, count))
    return path


def names(submission: Submission) -> list[str]:
    return [str(file) for file in submission.files]


def on_disk(root: Path) -> list[str]:
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if not p.is_dir())


def refusal(path: Path, snapshots: Path) -> str:
    """Return the message that refuses ``path``: one line that names it; nothing is left behind."""
    with pytest.raises(SubmissionError) as caught:
        open_submission(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    assert path.name in message
    assert not list(snapshots.iterdir())
    return message


def notice(submission: Submission, about: str) -> str:
    """Return the one notice about a file."""
    [found] = [notice for notice in submission.notices if about in notice]
    assert found.isprintable()
    return found


def findings_of(
    folder: Path, files: Mapping[str, bytes], name: str = "Müller-1234567.zip"
) -> dict[str, Finding]:
    """Return the findings on a ZIP of ``files``, by rule."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in files.items():
            archive.writestr(entry, content)
    with open_submission(path) as submission:
        findings = check_formalities(submission, RULES)
    for finding in findings:
        assert finding.message.isprintable()
    return {finding.rule: finding for finding in findings}


def notebook_of(*cells: str) -> str:
    """Return a notebook with these code cells, as text."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(cells)]
    text: str = nbformat.writes(notebook)
    return text
