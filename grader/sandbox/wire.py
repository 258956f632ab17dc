"""Encode messages between judge and worker as plain data in frames of bounded size.

A message is a tree of dicts, lists, text, numbers, booleans, None and NumPy arrays. A frame is

    u64 length of the rest | u32 length of the header | header: JSON in UTF-8 | arrays: safetensors

all little-endian. In the header an array is ``{"array": i}`` and names the i-th tensor of the
safetensors part; a dict of the message itself is ``{"dict": {…}}``, so the two can't be mixed up.

What arrives may have been written to harm the reader. Nothing here can execute anything: it is
parsed by ``json`` and by safetensors. Text comes out printable, and every malformed frame is a
:class:`WireError`. Memory is bounded: reading a frame takes at most FRAME_LIMIT three times for its
arrays and OBJECTS bytes for each byte of its header. Each array is named once in the header, so no
reader can be made to copy it many times.
"""

from __future__ import annotations

import json
import struct
import types
import typing
from typing import Any, BinaryIO

import numpy as np
import safetensors
import safetensors.numpy

from grader.core.annotations import unaliased
from grader.core.text import plain

FRAME_LIMIT = 64 * 2**20  # bytes; the longest answer of a right solution has 7 MB
NUMBERS_LIMIT = FRAME_LIMIT // 8  # in all arrays of a frame, whatever their dtype: the judge
# computes in float64
HEADER_LIMIT = 2 * 2**20  # bytes of JSON: a second's work; right solutions send 26 kB
INDEX_LIMIT = 2**20  # bytes of safetensors' own header: ten thousand arrays
OBJECTS = 40  # bytes of Python objects that a byte of JSON can become, at most
KINDS = {
    name: np.dtype(kind)
    for kind, name in {
        "bool": "BOOL", "uint8": "U8", "int32": "I32", "int64": "I64",
        "float16": "F16", "float32": "F32", "float64": "F64",
    }.items()
}  # fmt: skip
DTYPES = frozenset(KINDS.values())
# Bound before student code is imported: no function of a library that it has replaced sees the
# arrays that a probe is sent before the probe does.
_deserialize: Any = safetensors.deserialize
_frombuffer: Any = np.frombuffer


class WireError(Exception):
    """A frame that is too long, cut short or malformed, or a value that can't be sent."""


def encode(message: Any) -> bytes:
    """Return the frame of ``message``, length included."""
    arrays: dict[str, np.ndarray] = {}
    header = json.dumps(_flatten(message, arrays)).encode()
    body = struct.pack("<I", len(header)) + header + safetensors.numpy.save(arrays)
    return struct.pack("<Q", len(body)) + body


def decode(body: bytes) -> Any:
    """Return the message in a frame's body (that :func:`read_frame` returned)."""
    try:
        length, index = _header_lengths(body)
        if length > HEADER_LIMIT or index > INDEX_LIMIT:
            raise WireError(f"a header of {max(length, index)} bytes")
        arrays = {name: _array(part) for name, part in _deserialize(body[4 + length :])}
        if (numbers := sum(array.size for array in arrays.values())) > NUMBERS_LIMIT:
            raise WireError(f"arrays of {numbers} numbers, the limit is {NUMBERS_LIMIT}")
        return _unflatten(json.loads(body[4 : 4 + length]), arrays)
    except WireError:
        raise
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError, struct.error) as error:
        raise WireError(f"malformed message: {plain(str(error))[:200]}") from error
    except (RecursionError, AttributeError, OverflowError, MemoryError) as error:
        raise WireError(f"malformed message: {type(error).__name__}") from error


def weight(body: bytes) -> int:
    """Return the bytes of memory that the message of a frame's body may take once decoded."""
    try:
        length, index = _header_lengths(body)
    except struct.error:
        return len(body)
    return len(body) + OBJECTS * min(length + index, len(body))


def _header_lengths(body: bytes) -> tuple[int, int]:
    (length,) = struct.unpack_from("<I", body)
    (index,) = struct.unpack_from("<Q", body, 4 + length)
    return length, index


def read_frame(stream: BinaryIO, limit: int = FRAME_LIMIT) -> bytes | None:
    """Return the next frame's body, or None at the end of the stream."""
    prefix = _read_exactly(stream, 8)
    if not prefix:
        return None
    if len(prefix) < 8:
        raise WireError("cut short")
    (length,) = struct.unpack("<Q", prefix)
    if length > limit:
        raise WireError(f"a message of {length} bytes, the limit is {limit}")
    body = _read_exactly(stream, length)
    if len(body) < length:
        raise WireError("cut short")
    return body


def conforms(value: Any, annotation: Any) -> bool:
    """Tell whether a received value is one that a function with this return type could return.

    Knows the types that messages consist of, unions, ``Any``, TypedDicts, and aliases of these. An
    ``int`` passes for a ``float``.
    """
    annotation = unaliased(annotation)
    if typing.is_typeddict(annotation):
        hints = typing.get_type_hints(annotation)
        return (
            isinstance(value, dict)
            and value.keys() == hints.keys()
            and all(conforms(value[name], hint) for name, hint in hints.items())
        )
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is Any:
        return True
    if annotation is None:
        return value is None
    if origin in (typing.Union, types.UnionType):
        return any(conforms(value, kind) for kind in inner)
    if origin is list:
        return isinstance(value, list | tuple) and all(conforms(item, inner[0]) for item in value)
    if origin is tuple and inner[-1] is not Ellipsis:
        return (
            isinstance(value, list | tuple)  # on the wire, a tuple is a list
            and len(value) == len(inner)
            and all(map(conforms, value, inner))
        )
    if origin is dict:
        return isinstance(value, dict) and all(conforms(item, inner[1]) for item in value.values())
    if isinstance(value, bool) and annotation in (int, float):
        return False
    return isinstance(value, (int, float) if annotation is float else origin or annotation)


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    """Return ``count`` bytes, or fewer at the end; in pieces, so a lying length costs no memory."""
    pieces = []
    while count and (piece := stream.read(min(count, 2**20))):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _array(part: dict[str, Any]) -> np.ndarray:
    if part["dtype"] not in KINDS:
        raise WireError(f"an array of dtype {part['dtype']}")
    dtype = KINDS[part["dtype"]]
    if dtype == np.bool_:  # a byte other than 0 and 1 would count as more than one
        array: np.ndarray = _frombuffer(part["data"], np.uint8) != 0
    else:
        array = _frombuffer(part["data"], dtype)
    return array.reshape(part["shape"])


def _flatten(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype not in DTYPES:
            raise WireError(f"an array of dtype {value.dtype} can't be sent")
        name = str(len(arrays))
        arrays[name] = np.array(value, order="C", subok=False)
        return {"array": name}
    if isinstance(value, dict):
        return {"dict": {str(key): _flatten(item, arrays) for key, item in value.items()}}
    if isinstance(value, list | tuple):
        return [_flatten(item, arrays) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, int) and abs(value) >= 2**63:
        return float(value) if abs(value) < 2**1023 else float("inf")  # no array could hold it
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise WireError(f"a {type(value).__name__} can't be sent")


def _unflatten(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        for index, item in enumerate(value):  # in place: a long list takes its memory once
            value[index] = _unflatten(item, arrays)
        return value
    if isinstance(value, dict):
        if "array" in value:
            name = value["array"]
            if name not in arrays:
                raise WireError("an array that is missing, or named twice")
            return arrays.pop(name)
        return {plain(key): _unflatten(item, arrays) for key, item in value["dict"].items()}
    if isinstance(value, int) and abs(value) >= 2**63:
        raise WireError("an integer of more than 64 bits")
    return value
