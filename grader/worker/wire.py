"""Messages between judge and worker: plain data in frames, never objects.

A message is a tree of dicts, lists, text, numbers, booleans, None and NumPy arrays. A frame is

    u64 length of the rest | u32 length of the header | header: JSON in UTF-8 | arrays: safetensors

all little-endian. In the header an array is ``{"array": i}`` and names the i-th tensor of the
safetensors part; a dict of the message itself is ``{"dict": {…}}``, so the two can't be mixed up.
Nothing here can execute anything: what arrives is parsed by ``json`` and by safetensors, and every
malformed frame is a :class:`WireError`.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

import numpy as np
import safetensors
import safetensors.numpy

FRAME_LIMIT = 256 * 2**20  # bytes; far above any honest answer (a trained LSTM is 0.6 MB)
ARRAY_LIMIT = 10_000
DTYPES = frozenset(
    np.dtype(name) for name in ("bool", "uint8", "int32", "int64", "float16", "float32", "float64")
)


class WireError(Exception):
    """A frame that is too long, cut short or malformed, or a value that can't be sent."""


def encode(message: Any) -> bytes:
    """The frame of ``message``, length included."""
    arrays: dict[str, np.ndarray] = {}
    header = json.dumps(_flatten(message, arrays)).encode()
    body = struct.pack("<I", len(header)) + header + safetensors.numpy.save(arrays)
    return struct.pack("<Q", len(body)) + body


def decode(body: bytes) -> Any:
    """The message in a frame's body (what :func:`read_frame` returns)."""
    try:
        (length,) = struct.unpack_from("<I", body)
        arrays = safetensors.numpy.load(body[4 + length :])
        if len(arrays) > ARRAY_LIMIT:
            raise WireError(f"{len(arrays)} arrays in one message")
        return _unflatten(json.loads(body[4 : 4 + length]), arrays)
    except WireError:
        raise
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError, struct.error) as error:
        raise WireError(f"malformed message: {error}") from error
    except (RecursionError, AttributeError, OverflowError, MemoryError) as error:
        raise WireError(f"malformed message: {type(error).__name__}") from error


def read_frame(stream: BinaryIO, limit: int = FRAME_LIMIT) -> bytes | None:
    """The next frame's body, or None at the end of the stream."""
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


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    """``count`` bytes, or fewer at the end; in pieces, so that a lying length costs no memory."""
    pieces = []
    while count and (piece := stream.read(min(count, 2**20))):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


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
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise WireError(f"a {type(value).__name__} can't be sent")


def _unflatten(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unflatten(item, arrays) for item in value]
    if isinstance(value, dict):
        if "array" in value:
            return arrays[value["array"]]
        return {key: _unflatten(item, arrays) for key, item in value["dict"].items()}
    return value
