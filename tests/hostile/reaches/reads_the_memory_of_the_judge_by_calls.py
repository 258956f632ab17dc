import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "denied")


PTRACE, PROCESS_VM_READV, KCMP, PIDFD_OPEN = 101, 310, 312, 434
if os.uname().machine == "aarch64":
    PTRACE, PROCESS_VM_READV, KCMP = 117, 270, 272
buffer = ctypes.create_string_buffer(16)
vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 16)
for process in (os.getppid(), JUDGE):
    attempt(call, PTRACE, 16, process, 0, 0)
    attempt(call, PROCESS_VM_READV, process, vector, 1, vector, 1, 0)
    attempt(call, KCMP, os.getpid(), process, 0, 1, 1)
    attempt(call, PIDFD_OPEN, process, 0)
raise denied()
