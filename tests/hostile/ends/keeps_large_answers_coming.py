#: status = ["crashed", "failed"]
# Each is shorter than the longest allowed; the judge must not keep more and more of them.
import json
import struct

import grader.sandbox.wire as wire

real = wire.encode
filler = b"[" + b"[]," * (wire.HEADER_LIMIT // 3 - 100) + b"[]]"


def encode(message):
    if message.get("value") is None:
        return real(message)
    start = json.dumps({"id": message["id"], "status": "ok"})[:-1].encode()
    header = b'{"dict":' + start + b',"value":' + filler + b"}}"
    body = struct.pack("<I", len(header)) + header + struct.pack("<Q", 2) + b"{}"
    return struct.pack("<Q", len(body)) + body


wire.encode = encode
