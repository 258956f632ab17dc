"""Code that hides from the record of what ran: by threads, by stopping it, by a record inside."""

from __future__ import annotations

import contextlib
import threading

import pytest
import torch
from torch import nn

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
    with pytest.raises(Blinded, match="has stopped the record"), watch():  # noqa: PT012
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
    with pytest.raises(RuntimeError, match="has stopped the record"), watch() as record:  # noqa: PT012
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
