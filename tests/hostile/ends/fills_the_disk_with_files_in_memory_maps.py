#: status = "crashed"
#: arguments = ["--limit", "disk=128", "--limit", "file=16", "--time-scale", "1"]
#: says = "at most 128 MiB in files"
# Neither a name nor a descriptor: one page of each file is mapped.
import ctypes
import mmap
import os
import time

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        for number in range(30):
            with open(f"file{number}\rb", "w+b", buffering=0) as file:
                for _ in range(8):
                    file.write(bytes(2**21))
                libc.mmap(None, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE, file.fileno(), 0)
            os.unlink(f"file{number}\rb")
        time.sleep(60)
