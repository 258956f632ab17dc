import ctypes
import os
from multiprocessing import shared_memory

libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "denied")


attempt(shared_memory.SharedMemory, "hostile-was-here", True, 4096)
attempt(open, "/dev/shm/hostile-was-here", "w")
attempt(call, libc.shmget, 0x4057, 4096, 0o1600)
attempt(call, libc.semget, 0x4057, 1, 0o1600)
attempt(call, libc.msgget, 0x4057, 0o1600)
raise PermissionError(1, str(denied()))
