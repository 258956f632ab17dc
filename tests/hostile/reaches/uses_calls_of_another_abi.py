#: status = ["blocked", "crashed"]
# 32-bit system calls and x32's, by machine code: their numbers mean other calls.
import ctypes
import mmap
import os
import platform

if platform.machine() == "x86_64":
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(0x40000000 + 57) >= 0:  # x32's fork
        raise SystemError("BREACH: fork by x32")
    FORK_BY_INT_80 = b"\xb8\x02\x00\x00\x00\xcd\x80\xc3"  # mov eax, 2; int 0x80; ret
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(FORK_BY_INT_80)
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    result = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    if result == 0:
        os._exit(0)
    if result > 0:
        raise SystemError("BREACH: fork by int 0x80")
raise PermissionError(1, "denied")
