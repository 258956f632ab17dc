#: status = "crashed"
#: says = "named twice"
import json
import struct

import numpy
import safetensors.numpy

import grader.sandbox.wire as wire

real = wire.encode


def encode(message):
    if message.get("value") is None:
        return real(message)
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", 100, 100)
    pixels = numpy.frombuffer(head.ljust(2**21, b"x"), dtype=numpy.uint8)
    value = [{"dict": {"png": {"array": "0"}}}] * 50_000
    answer = {"dict": {"id": message["id"], "status": "ok", "value": value}}
    header = json.dumps(answer, separators=(",", ":")).encode()
    body = struct.pack("<I", len(header)) + header + safetensors.numpy.save({"0": pixels})
    return struct.pack("<Q", len(body)) + body


wire.encode = encode
