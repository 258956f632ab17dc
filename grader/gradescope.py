"""An autograder for Gradescope: `python -m grader gradescope` packs it, and this file is what it
runs there, `python -m grader.gradescope SUBMISSION RESULTS [PYTEST-OPTIONS]`.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from grader.errors import UserError
from grader.handout import PACK, ROOT, kit_files, packed
from grader.reports.gradescope import refused, results


def run_gradescope(args: argparse.Namespace) -> int:
    """`grader gradescope`: write the ZIP that Gradescope asks for."""
    files = {PurePosixPath(path.name): path for path in (PACK / "gradescope").iterdir()}
    # Installation needs the file that pyproject.toml calls its README.
    files |= kit_files(ROOT) | {PurePosixPath("README.md"): PACK / "handout" / "README.md"}
    options = [f"--exercise={exercise}" for exercise in args.exercise]
    options.append(f"--time-scale={args.time_scale}")
    texts = {PurePosixPath("options.txt"): "".join(f"{option}\n" for option in options)}
    args.output.write_bytes(packed(files, texts))
    print(
        f"{args.output}: upload it as the assignment's autograder, and in its settings give it at "
        "least 1 CPU and 3 GB, and 40 minutes"
    )
    return 0


def grade(submission: Path, target: Path, options: Sequence[str]) -> None:
    """Grade what Gradescope has unpacked, write results.json as its specification has it."""
    from grader.run import run  # here, because packing needs neither torch nor pytest
    from grader.submission import open_submission

    start = time.monotonic()
    archives = sorted(submission.glob("*.zip"))
    if len(archives) == 1 and not list(submission.rglob("*.py")):
        submission = archives[0]
    try:
        open_submission(submission).close()
        done = run(submission, seed=secrets.randbelow(2**31), arguments=options)
        found = results(done.report, time.monotonic() - start)
    except UserError as error:
        found = refused(str(error))
    target.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    grade(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
