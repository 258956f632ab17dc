"""Draws every figure that the sheets ask for, from the solutions: python -m reference.figures

Each is a PNG file that bears its sheet's number. Ctrl-C may come at any moment. It raises nothing,
since exceptions get lost in callbacks and break imports; hence only `draw` imports what is slow.
"""

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from multiprocessing import active_children
from pathlib import Path
from tempfile import TemporaryFile

INTERRUPTED = 130  # a shell's exit status for Ctrl-C


def main(arguments: list[str] | None = None) -> None:
    """Draw all figures; a folder that can't be written ends the program with one line."""
    parser = argparse.ArgumentParser(
        prog="python -m reference.figures",
        description="Draw every figure of the sheets, as PNG files that bear the sheet's number. "
        "Many networks are trained for it, in a process for each core: on two cores that takes "
        "about twelve minutes. All seeds are fixed.",
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
    draw(args.output, args.quick)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Inside, what the disk refuses ends the program, with one line that names the path."""
    try:
        yield
    except OSError as error:
        reason = "it is no folder" if isinstance(error, FileExistsError) else error.strerror
        sys.exit(f"error: can't write {path}: {reason}; choose another folder with -o")


def draw(folder: Path, quick: bool) -> None:
    """Write the figures one by one, and say so."""
    from matplotlib import rc_context

    from . import drawing

    with rc_context(drawing.STYLE):
        for name, figure in drawing.every_figure(drawing.QUICK if quick else drawing.FULL):
            image = BytesIO()
            figure.savefig(image, format="png")
            path = folder / f"{name}.png"
            with writing(path):
                path.write_bytes(image.getvalue())  # at once: no Ctrl-C leaves half a picture
            print(path, flush=True)


def end(*_: object) -> None:
    """End all at once, on SIGINT."""
    for worker in (workers := active_children()):
        worker.terminate()
    for worker in workers:
        worker.join()
    print("interrupted; the figures drawn so far are kept", file=sys.stderr, flush=True)
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, end)
    main()
