"""Tell whose error it is: the user's, the machine's, or the kit's own."""

from __future__ import annotations

import errno

from grader.core.text import shown

# The machine has run out of disk, descriptors or memory, or its disk fails.
MACHINE = frozenset(
    {errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC}
)


class UserError(Exception):
    """Bad input; the message is for the user and says what to do."""


class BusyError(UserError):
    """Another run is at work in a folder of results."""


class MachineError(Exception):
    """The machine failed, or files changed while they were read: nobody's mistake."""


class ChangedError(MachineError):
    """A hand-in was removed, replaced or changed while the batch ran: nobody's mistake."""

    def __init__(self, name: str, *, is_gone: bool = False) -> None:
        happened = "was removed" if is_gone else "has changed"
        super().__init__(
            f"{shown(name)} {happened} while the batch ran: run the same command again"
        )


def is_machine_error(error: BaseException) -> bool:
    """Return whether the machine is the cause of an error, or of one that led to it."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if isinstance(current, (MachineError, MemoryError)):
            return True
        if isinstance(current, OSError) and current.errno in MACHINE:
            return True
        context = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or context
    return False
