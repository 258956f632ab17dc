"""Draw every figure that the sheets ask for: ``python -m reference.figures``.

Each is a PNG file that bears its sheet's number. Ctrl-C ends the program with one line and keeps
the figures drawn so far. Only `draw` imports slow modules, so that ``--help`` answers at once.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile

from .interrupts import interrupts_deferred

INTERRUPTED = 130  # a shell's exit status for Ctrl-C


def main(arguments: list[str] | None = None) -> None:
    """Draw all figures; end with one line if the folder can't be written, or on Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m reference.figures",
        description="Draw every figure of the sheets, as PNG files that bear the sheet's number. "
        "Many networks are trained for it, in a process for each core: on two cores that takes "
        "about five minutes. All seeds are fixed.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="fewer, shorter trainings: a minute or two")
    add(
        "-o",
        "--output",
        type=Path,
        default=Path("figures"),
        metavar="DIR",
        help="folder for the files, made if it is missing (default: %(default)s)",
    )
    args = parser.parse_args(arguments)
    with writing(args.output):
        args.output.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=args.output).close()  # rather fail now than after the trainings
    try:
        draw(args.output, args.quick)
    except KeyboardInterrupt:
        print("interrupted; the figures drawn so far are kept", file=sys.stderr)
        sys.exit(INTERRUPTED)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """End the program with one line that names the path if the block can't write."""
    try:
        yield
    except OSError as error:
        reason = "it is no folder" if isinstance(error, FileExistsError) else error.strerror
        sys.exit(f"error: can't write {path}: {reason}; choose another folder with -o")


def draw(folder: Path, quick: bool) -> None:
    """Write the figures one by one, and print the path of each."""
    with interrupts_deferred():  # an exception in the midst of an import leaves it broken
        from matplotlib import rc_context

        from . import drawing

    with rc_context(drawing.STYLE):
        for name, figure in drawing.every_figure(drawing.QUICK if quick else drawing.FULL):
            image = BytesIO()
            figure.savefig(image, format="png")
            path = folder / f"{name}.png"
            with writing(path), interrupts_deferred():  # no half pictures
                path.write_bytes(image.getvalue())
            print(path, flush=True)


if __name__ == "__main__":
    main()
