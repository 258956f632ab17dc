"""Test that data from a worker are bounded and checked before they are used."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
from typing import Any, TypedDict, TypeVar

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray
from typing_extensions import TypeAliasType

from grader.core.text import plain
from grader.sandbox import wire

PART = wire.HEADER_LIMIT // 16  # bytes of a header


def body(header: Any, arrays: dict[str, np.ndarray] | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + safetensors.numpy.save(arrays or {})


def decoded(message: Any) -> Any:
    frame = wire.encode(message)
    received = wire.read_frame(io.BytesIO(frame))
    assert received is not None
    return wire.decode(received)


def test_messages_survive() -> None:
    message = {
        "text": "W_hx ≠ W_hh\n",
        "numbers": [1, -2.5, True, None, float("inf")],
        "array": {"dict": "a key of the wire's own"},
        "empty": [{}, [], ""],
    }
    assert decoded(message) == message


@pytest.mark.parametrize("dtype", sorted(wire.DTYPES, key=str))
def test_arrays_survive(dtype: np.dtype[Any]) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    received = decoded([array.T, np.array(1).astype(dtype)])
    assert received[0].dtype == dtype
    np.testing.assert_array_equal(received[0], array.T)
    assert received[1].shape == ()


def test_booleans_are_true_or_false() -> None:
    index = b'{"0":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}}'
    header = b'{"array":"0"}'
    frame = struct.pack("<I", len(header)) + header + struct.pack("<Q", len(index)) + index
    assert wire.decode(frame + bytes([0, 1, 7])).sum() == 2


def test_numbers_that_no_word_holds_become_floats() -> None:
    assert decoded([10**30, -(10**400), np.float32(0.5)]) == [1e30, float("inf"), 0.5]


def test_objects_are_not_sent() -> None:
    for value in (object(), {1, 2}, np.array(["text"]), np.array([None])):
        with pytest.raises(wire.WireError, match="can't be sent"):
            wire.encode({"value": value})


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x00",
        struct.pack("<I", 10) + b"{}",
        body(b"not json"),
        body(b"\xff\xfe"),
        body({"array": "0"}),
        body({"neither": 1}),
        body(b"9" * 5000),
        body(2**63),
        body(b"[" * 100_000),
        body({"array": "0"}, {"0": np.zeros(2, dtype=np.complex64)}),
        body({"array": "0"}, {"0": np.zeros(2, dtype=np.uint64)}),
        body([{"array": "0"}, {"array": "0"}], {"0": np.zeros(2)}),
        body({"array": "0"}, {"0": np.zeros(wire.NUMBERS_LIMIT + 1, dtype=bool)}),
        body([])[:-1],
        struct.pack("<I", wire.HEADER_LIMIT + 1) + bytes(wire.HEADER_LIMIT + 9) + b"{}",
        struct.pack("<I", 2) + b"[]" + struct.pack("<Q", wire.INDEX_LIMIT + 1) + b"{}",
    ],
)
def test_malformed_frames_are_refused(frame: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(frame)


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (b"\x01\x02", "cut short"),
        (struct.pack("<Q", 10) + b"abc", "cut short"),
        (struct.pack("<Q", 2**62), "the limit is"),
        (struct.pack("<Q", 2**40) + b"abc", "the limit is"),
    ],
)
def test_frames_of_a_wrong_length_are_refused(stream: bytes, said: str) -> None:
    with pytest.raises(wire.WireError, match=said):
        wire.read_frame(io.BytesIO(stream))


def test_the_end_of_the_stream_is_no_error() -> None:
    assert wire.read_frame(io.BytesIO(b"")) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "header",
    [
        b"[" + b"[[]]," * (PART // 5 - 2) + b"[]]",
        b"[" + b"[]," * (PART // 3 - 2) + b"[]]",
        b"[" + b'{"dict":{}},' * (PART // 12 - 2) + b"[]]",
        b"[" + '"\U0001f600b",'.encode() * (PART // 8 - 2) + b"1]",
    ],
)
def test_the_memory_that_a_frame_takes_is_foreseen(header: bytes) -> None:
    frame = body(header)
    tracemalloc.start()
    kept = wire.decode(frame)
    size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept
    assert size <= wire.weight(frame)
    assert peak <= wire.weight(frame) + 3 * len(header)


def test_text_comes_out_printable() -> None:
    message = decoded({"a\x1b[2J": "tab\t line\n \x00\x9b \ud800 ü"})
    assert message == {"a\ufffd[2J": "tab\t line\n \ufffd\ufffd ? ü"}
    message["a\ufffd[2J"].encode()


def test_plain_leaves_ordinary_text_alone() -> None:
    assert plain("∂L/∂W_hh = Σ …\n\tx") == "∂L/∂W_hh = Σ …\n\tx"


class Answer(TypedDict):
    """A probe's answer."""

    counts: list[float]
    note: str | None


# What ``type`` makes from Python 3.12 on, and what NumPy's NDArray is from 2.5 on.
Number = TypeVar("Number", bound=np.generic)
Vector: Any = TypeAliasType("Vector", np.ndarray[Any, np.dtype[Number]], type_params=(Number,))  # type: ignore[arg-type]
Vectors: Any = TypeAliasType("Vectors", dict[str, Vector[np.float64]])


@pytest.mark.parametrize(
    ("value", "form", "fits"),
    [
        ({"a": np.zeros(2)}, dict[str, NDArray[Any]], True),
        ({"a": [0.0]}, dict[str, NDArray[Any]], False),
        ([np.zeros(2), 1], list[NDArray[Any]], False),
        ([1, 2.5], list[float], True),
        ([True], list[float], False),
        (1.5, int, False),
        (None, str | None, True),
        (np.zeros(2), float | NDArray[Any], True),
        ([1, "a"], tuple[int, str], True),
        ([1], tuple[int, str], False),
        (None, type(None), True),
        (0, type(None), False),
        ({"counts": [1], "note": None}, Answer, True),
        ({"counts": [1]}, Answer, False),
        ({"counts": [1], "note": "", "more": 1}, Answer, False),
        (object(), Any, True),
        (np.zeros(2), Vector[np.float64], True),
        ([0.0], Vector, False),
        ({"a": np.zeros(2)}, Vectors, True),
        ({"a": [0.0]}, Vectors, False),
    ],
)
def test_answers_have_the_type_that_the_probe_declares(value: Any, form: Any, fits: bool) -> None:
    assert wire.conforms(value, form) is fits
