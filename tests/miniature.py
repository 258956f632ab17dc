"""Make a reference of one small file, and the template that students get of it."""

from pathlib import Path, PurePosixPath

from grader.release.template import render_template

BEGIN, END = "### BEGIN SOLUTION Task\n", "### END SOLUTION\n"
CELL = '''\
"""A cell."""

import math
import os

import numpy as np

SIZE = 3


### BEGIN SOLUTION
def squash(x):
    return np.tanh(x) + math.pi


### END SOLUTION
class Cell:
    """Keeps a state."""

    ### BEGIN SOLUTION text is allowed here, too
    limit = os.cpu_count()

    def _secret(self):
        return self.limit

    ### END SOLUTION

    def step(self, x: np.ndarray) -> np.ndarray:
        """One step, (B, n)."""
        # Hint: squash is bounded.
        if x.size == 0:
            ### BEGIN SOLUTION Question 1: the empty batch, as it is
            # a comment of the solution

            return x
            ### END SOLUTION
        ### BEGIN SOLUTION Question 2: say "h", 'a' and Θ
        h = squash(x) + self._secret()
        return h
        ### END SOLUTION
'''

CELL_FOR_STUDENTS = '''\
"""A cell."""

import numpy as np

SIZE = 3


class Cell:
    """Keeps a state."""

    def step(self, x: np.ndarray) -> np.ndarray:
        """One step, (B, n)."""
        # Hint: squash is bounded.
        if x.size == 0:
            raise NotImplementedError("Question 1: the empty batch, as it is")
        raise NotImplementedError("Question 2: say \\"h\\", 'a' and Θ")
'''


def make(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder, return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def render(folder: Path, source: str) -> str:
    """Return the template of a reference that is this one file."""
    return render_template(make(folder / "reference", {"file.py": source}))[
        PurePosixPath("file.py")
    ]


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
