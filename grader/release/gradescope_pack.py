"""Pack an autograder for Gradescope."""

from __future__ import annotations

import argparse
import difflib
from pathlib import PurePosixPath

from grader.core.course import course
from grader.core.errors import UserError
from grader.release.handout import FILES, kit_files, packed, save


def run_gradescope(args: argparse.Namespace) -> int:
    """Write the ZIP that Gradescope asks for: `grader gradescope`.

    Raises:
        UserError: An exercise is unknown.
    """
    known = course().names
    for name in args.exercise:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" (is it {near[0]}?)" if near else ""
            raise UserError(f"There is no exercise {name!r}{hint}: choose from {', '.join(known)}.")
    files = {PurePosixPath(path.name): path for path in (FILES / "gradescope").iterdir()}
    # Installation needs the file that pyproject.toml calls its README.
    files |= kit_files() | {PurePosixPath("README.md"): FILES / "handout" / "README.md"}
    options = [f"--exercise={exercise}" for exercise in args.exercise]
    options.append(f"--time-scale={args.time_scale}")
    options.append(f"--visibility={args.visibility}")
    options += ["--leaderboard"] if args.leaderboard else []
    texts = {PurePosixPath("options.txt"): "".join(f"{option}\n" for option in options)}
    save(args.output, packed(files, texts))
    print(
        f"{args.output}: upload it as the assignment's autograder, and in its settings give it at "
        "least 1 CPU and 3 GB, and 40 minutes"
    )
    return 0
