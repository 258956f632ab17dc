# Reserved blocks beyond a file's end count neither as its length nor, if looked at so, as its size.
import ctypes
import os

KEEP_SIZE = 1
libc = ctypes.CDLL(None, use_errno=True)
with open("file", "wb") as file:
    for mode in (KEEP_SIZE, KEEP_SIZE | 0x40):
        size = ctypes.c_int64(2**28)  # bytes: more than a file may be long
        if not libc.fallocate(file.fileno(), mode, ctypes.c_int64(0), size):
            raise SystemError(f"BREACH: {os.fstat(file.fileno()).st_blocks * 512} bytes reserved")
raise PermissionError(1, os.strerror(ctypes.get_errno()))
