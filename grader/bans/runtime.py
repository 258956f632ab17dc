"""Record which layers and kernels student code calls while it runs.

One `Table` of an exercise drives three checks, for no single one is enough. ``static.py`` reads the
source and says in which line a banned name is used. `Watcher` records a forward and backward pass:
a hook on every module call names the banned layers that ran, and torch's own record of the
operators names the banned kernels, whichever of their many names the code reached them by.

What remains possible: a watcher runs in the same process as the code that it records. It binds what
it needs of torch before any student code is imported, so patching torch's public functions hides
nothing. Operators are recorded per thread (and for the threads that torch starts), so a pass beside
which Python threads run counts as unseen. A worker takes away the switches by which torch stops to
record (switches.py), and a record that was interrupted lacks marks (marks.py). But code written to
blind a watcher may empty torch's table of hooks, or reach into this module. A layer that was taken
apart elsewhere runs as the products that are allowed. Such code doesn't look like an honest
solution: see tampering.py and hidden.py.
"""

from __future__ import annotations

import _thread
import ctypes
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread, get_ident
from types import CodeType, FrameType, MappingProxyType
from typing import Any

from torch import nn
from torch._C._autograd import (
    _disable_profiler_legacy,
    _enable_profiler_legacy,
    _profiler_enabled,
)
from torch._C._profiler import (
    ProfilerConfig,
    ProfilerState,
    _ExperimentalConfig,
)
from torch.nn.modules.module import register_module_forward_pre_hook

from grader.bans import switches
from grader.bans.marks import Marks
from grader.bans.table import Table

_NAMES_ONLY, _WITH_SHAPES = (
    ProfilerConfig(ProfilerState.CPU, shapes, False, False, False, False, _ExperimentalConfig())
    for shapes in (False, True)
)
_live_threads = _thread._count
_OWN_THREADS = _live_threads()  # a debugger's, say
_frames_of_threads = sys._current_frames
_LIBRARIES = sysconfig.get_path("purelib"), sysconfig.get_path("platlib")
_PYTHON = sysconfig.get_path("stdlib")
_state, _number_of_state = ctypes.pythonapi.PyThreadState_Get, ctypes.pythonapi.PyThreadState_GetID
_state.restype = ctypes.c_void_p
_number_of_state.argtypes, _number_of_state.restype = [ctypes.c_void_p], ctypes.c_uint64


class Blinded(RuntimeError):
    """Raised when a pass can't be recorded: the code uses threads, or torch's profiler itself."""


@dataclass
class Record:
    """A record of what ran that is banned, sorted; complete when `Watcher.watch` has ended.

    Attributes:
        modules: Layers as ``torch.nn.LSTM``, for their subclasses too; if none was called, the
            functions of theirs that ran.
        operators: Torch's own names, ``aten::lstm``.
    """

    modules: list[str] = field(default_factory=list)
    operators: list[str] = field(default_factory=list)


class Watcher:
    """Record the uses of what a table bans; make it before student code is imported."""

    def __init__(self, table: Table) -> None:
        self._operators = table.operators
        # Older torch lacks the newest of the layers.
        self._layers = tuple(
            (title, layer)
            for name, title in table.titles.items()
            if isinstance(layer := getattr(nn, name, None), type)
        )
        self._functions = {
            **{vars(a)["forward"].__code__: t for t, a in self._layers if "forward" in vars(a)},
            **switches.equivalents(name.lower() for name in table.titles if hasattr(nn, name)),
        }

    @contextmanager
    def watch(self) -> Iterator[Record]:
        """Record the banned modules and operators that run inside, also when it raises.

        Meant for one forward and backward pass, as `recording` is; Blinded as there.
        """
        record, ran, titles = Record(), list[Any](), set[str]()

        def note(module: nn.Module, _inputs: object) -> None:
            found = [title for title, layer in self._layers if isinstance(module, layer)]
            titles.update((found or _made_elsewhere(type(module)))[:1])  # before their bases

        hook = register_module_forward_pre_hook(note)
        try:
            with recording(titles=self._functions) as ran:
                yield record
        finally:
            hook.remove()
            operators = names(ran).keys()
            record.modules = sorted(titles or operators & {*self._functions.values()})
            record.operators = sorted(self._operators & operators)


def _made_elsewhere(kind: type[nn.Module]) -> list[str]:
    """Return the classes of torch that a layer is made of and that ``torch.nn`` doesn't have.

    Torch has more cells than it shows, for quantized networks and for its own tests.
    """
    owned = [each for each in kind.__mro__ if each.__module__.startswith("torch.")]
    names = [f"{each.__module__}.{each.__qualname__}" for each in owned]
    return [name for name in names if not name.startswith(("torch.nn.", "torch.jit."))]


@contextmanager
def recording(
    shapes: bool = False, titles: Mapping[CodeType, str] = MappingProxyType({})
) -> Iterator[list[Any]]:
    """Record what torch runs inside the context: yield events, complete at the end.

    Torch keeps about 1 kB for every operator that runs, so this is meant for short calls. Of its
    two profilers the older one records: the newer one (Kineto) writes to standard error at each
    start and stop, and reads files that a locked process may not.

    Args:
        shapes: Record the shapes of inputs, too.
        titles: Names to record for Python functions that run, by their code.

    Raises:
        Blinded: This thread is being profiled already (recordings do not nest), or other threads
            run. At the end: the record has gaps, or the code inside has started a thread.
    """
    if _profiler_enabled():
        raise Blinded("a profiler is running already: end it before the pass is watched")
    if _live_threads() > _OWN_THREADS and _has_strange_threads():
        raise Blinded("threads are running: end them before the pass is watched")
    events = list[Any]()
    marks, threads, undisturbed, is_cut = Marks(titles), _threads_so_far(), True, False
    withheld = len(switches.ASKED)
    _enable_profiler_legacy(_WITH_SHAPES if shapes else _NAMES_ONLY)
    marks.begin()
    try:
        yield events
        undisturbed = marks.end()
    except BaseException as error:
        marks.end()
        is_cut = isinstance(error, RecursionError)  # it has removed the profile function, too
        raise
    finally:
        events += _recorded()
        if not undisturbed or (names(events)[marks.name] < marks.placed and not is_cut):
            raise Blinded("the code that was watched has hidden calls from the record of them")
        if _threads_so_far() > threads + 1:
            raise Blinded("the code that was watched has started threads")
        if asked := switches.ASKED[withheld:]:
            raise Blinded(f"the code that was watched has used {asked[0]}")
        if found := switches.overriding():
            raise Blinded(f"a class of its own, {found}, takes the place of torch's operators")


def names(events: Iterable[Any]) -> Counter[str]:
    """Count the operators in a record of :func:`recording`: ``aten::mm``, and so on."""
    return Counter(event.name() for event in events)


def _recorded() -> list[Any]:
    """Stop the profiler and return the events since it was started."""
    try:
        threads = _disable_profiler_legacy()
    except RuntimeError:
        return []
    return [event for events in threads for event in events]


def _has_strange_threads() -> bool:
    """Return whether another thread may run student code; a library's own, as of a bar, won't."""
    return any(
        not _is_of_a_library(list(_files(frame)))
        for thread, frame in _frames_of_threads().items()
        if thread != get_ident()
    )


def _is_of_a_library(files: list[str]) -> bool:
    """Return whether only a library runs there; Python's own pools wait for anybody's work."""
    return any(file.startswith(_LIBRARIES) for file in files) and all(
        file.startswith((*_LIBRARIES, _PYTHON)) for file in files
    )


def _files(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        yield frame.f_code.co_filename
        frame = frame.f_back


def _threads_so_far() -> int:
    """Return the number that Python gives to a new thread, by starting one.

    Threads are counted up, so those that come and go between two calls show by the difference.
    """
    numbers: list[int] = []
    thread = Thread(target=lambda: numbers.append(_number_of_state(_state())))
    thread.start()
    thread.join()
    return numbers[0]
