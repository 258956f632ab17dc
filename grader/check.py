"""Grade one submission from the command line, from any folder: `rnn-autograder check`."""

from __future__ import annotations

import argparse

from grader.core.paths import KIT


def run_check(args: argparse.Namespace) -> int:
    """Grade a folder or ZIP as `pytest grader` does, and return pytest's exit status."""
    import pytest  # here, because it takes a moment

    # Pytest would keep its cache in the folder of its root: that of the installed packages.
    quiet = ["-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return pytest.main([str(KIT), f"--submission={args.path}", *quiet, *args.pytest])
