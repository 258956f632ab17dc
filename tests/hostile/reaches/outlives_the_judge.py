import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "denied")


attempt(os.setsid)
attempt(os.setpgid, 0, 0)
for option in (1, 1 | 1 << 32):
    attempt(call, libc.prctl, ctypes.c_ulong(option), 0, 0, 0, 0)
raise PermissionError(1, str(denied()))
