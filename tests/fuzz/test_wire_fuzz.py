"""Whatever bytes a worker sends, the judge gets a message or a WireError, and nothing else.

Short by default; ``FUZZ_EXAMPLES=100000 pytest tests/fuzz`` looks longer.
"""

from __future__ import annotations

import io
import json
import os
import struct
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.sandbox import wire

pytestmark = pytest.mark.slow

EXAMPLES = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
HEADERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["dict", "array", "0", "x"]), inner, max_size=3)
    ),
    max_leaves=20,
)


def survives(body: bytes) -> None:
    try:
        message = wire.decode(body)
    except wire.WireError:
        return
    json.dumps(_without_arrays(message)).encode()


def _without_arrays(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key).encode().decode(): _without_arrays(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_arrays(item) for item in value]
    if isinstance(value, np.ndarray):
        assert value.dtype in wire.DTYPES
        return None
    return value


@EXAMPLES
@given(st.binary(max_size=400))
def test_any_bytes(body: bytes) -> None:
    survives(body)


@EXAMPLES
@given(HEADERS, st.binary(max_size=200), st.integers(-3, 3))
def test_any_header(header: Any, rest: bytes, slip: int) -> None:
    text = json.dumps(header).encode()
    survives(struct.pack("<I", max(0, len(text) + slip)) + text + rest)
    survives(struct.pack("<I", len(text)) + text + safetensors.numpy.save({}))


@EXAMPLES
@given(HEADERS, st.integers(0, 2**64 - 1))
def test_any_index_of_arrays(index: Any, length: int) -> None:
    text = json.dumps(index).encode()
    for size in (len(text), length):
        survives(struct.pack("<I", 2) + b"[]" + struct.pack("<Q", size) + text + bytes(64))


@EXAMPLES
@given(st.data())
def test_damaged_messages(data: st.DataObject) -> None:
    message = {"id": "x", "value": {"a": np.arange(12.0).reshape(3, 4), "b": [1, "text", None]}}
    frame = bytearray(wire.encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(8, len(frame) - 1))] = data.draw(st.integers(0, 255))
    survives(bytes(frame[8:]))
    survives(bytes(frame[8 : data.draw(st.integers(8, len(frame)))]))


@EXAMPLES
@given(st.binary(max_size=100))
def test_any_stream(stream: bytes) -> None:
    reader = io.BytesIO(stream)
    try:
        while wire.read_frame(reader, limit=2**10) is not None:
            pass
    except wire.WireError:
        return
    assert reader.read() == b""


@pytest.mark.parametrize("size", [2**40, 2**63 - 1])
def test_shapes_that_lie(size: int) -> None:
    for shape in ([size], [size, size], [0, size], [-1], [1.5], ["x"], []):
        index = {"0": {"dtype": "F64", "shape": shape, "data_offsets": [0, 8]}}
        text = json.dumps(index).encode()
        header = json.dumps({"array": "0"}).encode()
        survives(
            struct.pack("<I", len(header)) + header + struct.pack("<Q", len(text)) + text + bytes(8)
        )
