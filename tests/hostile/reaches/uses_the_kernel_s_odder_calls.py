import ctypes
import errno
import os
import platform

libc = ctypes.CDLL(None, use_errno=True)
CALLS = {  # io_uring, userfaultfd, bpf, perf, keys, new mounts, namespaces, file handles …
    425: "io_uring_setup", 428: "open_tree", 430: "fsopen", 442: "mount_setattr", 440: "madvise",
}  # fmt: skip
if platform.machine() == "x86_64":
    CALLS |= {
        323: "userfaultfd", 321: "bpf", 298: "perf_event_open", 248: "add_key", 250: "keyctl",
        165: "mount", 161: "chroot", 155: "pivot_root", 272: "unshare", 304: "open_by_handle_at",
        169: "reboot", 175: "init_module", 170: "sethostname", 164: "settimeofday", 308: "setns",
        300: "fanotify_init", 253: "inotify_init", 172: "iopl", 105: "setuid", 126: "capset",
    }  # fmt: skip
for number, name in CALLS.items():
    result = libc.syscall(number, 0, 1, 0, 0, 0, 0)
    if result >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
        raise SystemError(f"BREACH: {name}: {os.strerror(ctypes.get_errno())}")
raise PermissionError(1, "none of these")
