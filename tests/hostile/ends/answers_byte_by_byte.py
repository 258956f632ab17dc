#: time_scale = 0.2
import os
import struct
import time

for descriptor in range(3, 64):
    try:
        os.write(descriptor, struct.pack("<Q", 2**20))
    except OSError:
        continue
    while True:
        time.sleep(0.05)
        os.write(descriptor, b"x")
