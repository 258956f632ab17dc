import ctypes
import os
import platform

libc = ctypes.CDLL(None, use_errno=True)
x86 = platform.machine() == "x86_64"
CLONE, EXECVEAT = (56, 322) if x86 else (220, 281)
SIGCHLD, CLONE_VM, CLONE_VFORK, CLONE_NEWUSER, CLONE_PARENT = 17, 0x100, 0x4000, 1 << 28, 0x8000


def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "denied")
    if result == 0 and number == CLONE:
        os._exit(0)
    return result


CLONE3 = 435
attempt(call, CLONE3, (ctypes.c_uint64 * 8)(0, 0, 0, 0, SIGCHLD), 64)
attempt(call, EXECVEAT, -100, b"/bin/true", (ctypes.c_char_p * 2)(b"true"), None, 0)
for flags in (SIGCHLD, SIGCHLD | CLONE_NEWUSER, SIGCHLD | CLONE_PARENT):
    attempt(call, CLONE, ctypes.c_ulong(flags), None, None, None, None)
if x86:
    for number in (57, 58, 59):
        attempt(call, number, b"/bin/true", None, None)
raise denied()
