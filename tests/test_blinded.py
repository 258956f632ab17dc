"""Code that hides from the record of what ran: by threads, by stopping it, by a record inside."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from grader.bans import runtime
from grader.bans.runtime import Blinded, Record
from tests.test_bans_runtime import D, H, compare, inputs, watch

pytestmark = pytest.mark.usefixtures("alone")


def test_a_pass_that_starts_a_thread_does_not_pass() -> None:
    with pytest.raises(Blinded, match="has started threads"), watch() as record:  # noqa: PT012
        thread = threading.Thread(target=compare("LSTM"))
        thread.start()
        thread.join()
    assert record.modules == ["torch.nn.LSTM"]


def test_a_pass_beside_a_running_thread_does_not_pass() -> None:
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    with pytest.raises(Blinded, match="threads are running"), watch():
        pass
    end.set()
    thread.join()
    with watch() as record:  # threads that have ended are nobody's concern
        compare("GRU")()
    assert "aten::gru" in record.operators


def test_a_thread_of_a_library_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress bars and TensorBoard leave one behind, for good."""
    monkeypatch.setattr(runtime, "_LIBRARIES", (*runtime._LIBRARIES, __file__))
    end = threading.Event()
    thread = threading.Thread(target=lambda: end.wait())  # a frame of this file
    thread.start()
    with watch() as record:
        compare("GRU")()
    end.set()
    thread.join()
    assert "aten::gru" in record.operators


def test_a_record_that_was_begun_anew_does_not_pass() -> None:
    with pytest.raises(Blinded, match="has hidden calls from the record"), watch():  # noqa: PT012
        first = torch.autograd.profiler.profile(use_kineto=False)
        first.entered = True
        first.__exit__(None, None, None)
        compare("LSTM")()
        torch.autograd.profiler.profile(use_kineto=False).__enter__()


def test_nothing_is_recorded_before_and_after() -> None:
    compare("LSTM")()
    with watch() as record:
        pass
    compare("LSTM")()
    assert record == Record(modules=[], operators=[])


def test_every_watch_starts_with_an_empty_record() -> None:
    with watch() as first:
        compare("LSTM")()
    with watch() as second:
        compare("GRU")()
    assert (first.modules, second.modules) == (["torch.nn.LSTM"], ["torch.nn.GRU"])
    assert "aten::lstm" not in second.operators


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_the_record_is_complete_when_the_code_raises(error: type[BaseException]) -> None:
    with pytest.raises(error), watch() as record:  # noqa: PT012
        compare("LSTM")()
        raise error
    assert record.modules == ["torch.nn.LSTM"]
    assert "aten::lstm" in record.operators
    assert not nn.modules.module._global_forward_pre_hooks
    with watch():
        pass


def test_a_watch_inside_a_watch_is_refused_and_leaves_the_first_intact() -> None:
    with watch() as record:
        with pytest.raises(RuntimeError, match="a profiler is running already"), watch():
            pass
        compare("LSTM")()
    assert record.modules == ["torch.nn.LSTM"]
    assert "aten::lstm" in record.operators
    assert not nn.modules.module._global_forward_pre_hooks


def test_a_watch_of_a_patched_torch_still_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("patched")

    for place, name in [
        (torch.profiler, "profile"),
        (torch.autograd.profiler, "profile"),
        (torch.autograd, "_enable_profiler_legacy"),
        (torch.autograd, "_disable_profiler_legacy"),
        (torch._C._autograd, "_enable_profiler_legacy"),
        (torch._C._autograd, "_disable_profiler_legacy"),
        (nn.modules.module, "register_module_forward_pre_hook"),
    ]:
        monkeypatch.setattr(place, name, refuse)
    lstm = type("Renamed", (nn.LSTM,), {"__module__": "mine"})(D, H)
    monkeypatch.setattr(nn, "LSTM", refuse)
    with watch() as record:
        lstm(inputs())
    assert record.modules == ["torch.nn.LSTM"]
    assert "aten::lstm" in record.operators


@pytest.mark.parametrize("stop", ["_disable_profiler_legacy", "_disable_profiler"])
def test_code_that_stops_the_record_does_not_pass(stop: str) -> None:
    with pytest.raises(RuntimeError, match="has hidden calls from the record"), watch() as record:  # noqa: PT012
        with contextlib.suppress(RuntimeError):  # one of them refuses, and stops it all the same
            getattr(torch._C._autograd, stop)()
        compare("LSTM")()
    assert record.modules == ["torch.nn.LSTM"]
    assert not nn.modules.module._global_forward_pre_hooks
    with watch() as record:
        compare("GRU")()
    assert "aten::gru" in record.operators


def test_a_watch_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with watch():
        compare("LSTM")().sum().backward()
    assert capfd.readouterr() == ("", "")


@contextlib.contextmanager
def unrecorded() -> Iterator[None]:
    """Keep torch from recording inside, as hostile code would."""
    torch._C._autograd._enable_record_function(False)
    try:
        yield
    finally:
        torch._C._autograd._enable_record_function(True)


@pytest.mark.parametrize("before", [0, 10_000])
@pytest.mark.parametrize("with_gradient", [True, False])
def test_a_gap_in_the_record_does_not_pass(before: int, with_gradient: bool) -> None:
    """Marks are at random places later on, so the code is run some times."""
    x = torch.ones(2, requires_grad=with_gradient)
    with pytest.raises(Blinded, match="has hidden calls from the record"), watch():  # noqa: PT012
        for _ in range(before):
            len("")
        for _ in range(200 if before else 1):
            with unrecorded():
                torch.tanh(x)


def test_a_profile_function_that_was_taken_away_does_not_pass() -> None:
    with pytest.raises(Blinded, match="has hidden calls from the record"), watch():
        sys.setprofile(None)


def test_the_profile_function_of_a_debugger_is_put_back() -> None:
    seen: list[str] = []
    sys.setprofile(lambda _, event, __: seen.append(event))
    try:
        with watch():
            pass
        seen.clear()
        len("")
    finally:
        sys.setprofile(None)
    assert seen


def test_too_deep_a_recursion_stays_what_it_is() -> None:
    def endless() -> None:
        endless()

    with pytest.raises(RecursionError), watch():
        endless()


def test_a_class_that_overrides_operators_does_not_pass() -> None:
    class Mine(Tensor):
        @classmethod
        def __torch_function__(cls, *_: object, **__: object) -> Tensor:
            return torch.ones(1)

    with pytest.raises(Blinded, match=r"a class of its own, Mine, takes the place"), watch():
        pass
    del Mine
    gc.collect()
    with watch():
        pass
