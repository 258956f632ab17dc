"""Lay out a folder for a student to work in: `rnn-autograder init FOLDER`."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import shutil
from pathlib import Path, PurePosixPath

from grader.core.course import course
from grader.core.errors import UserError
from grader.release.handout import FILES, below, project_file

NAME = "rnn-autograder"


def run_init(args: argparse.Namespace) -> int:
    """Write the template, a README and a workflow to a new or empty folder.

    Raises:
        UserError: Something is there already, or the course has no template.
    """
    folder: Path = args.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is there already: name a new folder, or an empty one.")
    template = course().template
    if not template.is_dir():
        raise UserError(f"{template} is missing: run `python -m grader template` first.")
    for place, source in {
        **below(template, PurePosixPath("student_template")),
        **below(FILES / "init", PurePosixPath()),
        PurePosixPath(".github/workflows/grade.yml"): FILES / "init/.github/workflows/grade.yml",
        PurePosixPath("constraints.txt"): project_file("constraints.txt"),
    }.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    (folder / "requirements.txt").write_text(f"{requirement()}\n", encoding="utf-8")
    print(f"{folder}: work in student_template/, then: rnn-autograder check student_template")
    return 0


def requirement() -> str:
    """Return the line of a requirements.txt that installs this very kit."""
    kit = importlib.metadata.distribution(NAME)
    origin = json.loads(kit.read_text("direct_url.json") or "{}")
    if "vcs_info" in origin:
        vcs = origin["vcs_info"]
        return f"{NAME} @ {vcs['vcs']}+{origin['url']}@{vcs['commit_id']}"
    if origin.get("url", "").startswith("http"):
        return f"{NAME} @ {origin['url']}"
    return f"{NAME}=={kit.version}"
