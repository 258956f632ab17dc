"""Filter the system calls of a locked worker (seccomp, through libseccomp).

A list of what is allowed, not of what is forbidden: a kernel newer than this file brings no new
way out. Three answers:

- ALLOWED goes ahead, some only with the arguments that :func:`_allow_with_arguments` names.
- FORBIDDEN fails with EPERM, so that Python raises PermissionError and the student is told.
- All else fails with ENOSYS, as on an older kernel: the C library then falls back on an older call
  (``clone3``, which can't be judged by its arguments, becomes ``clone``, which can).

Arguments are compared for equality where 32 bits count, since a filter sees all 64.
"""

from __future__ import annotations

import errno
import os

import pyseccomp  # type: ignore[import-untyped]
from pyseccomp import EQ, GE, MASKED_EQ, NE, Arg

ALLOWED = """
    brk munmap mremap mprotect madvise mlock mlock2 munlock mincore msync membarrier
    pkey_alloc pkey_free pkey_mprotect get_mempolicy map_shadow_stack arch_prctl

    futex futex_waitv set_robust_list get_robust_list rseq set_tid_address gettid exit exit_group
    sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max
    sched_get_priority_min getcpu restart_syscall

    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait
    sigaltstack pause alarm getitimer setitimer signalfd4
    timerfd_create timerfd_settime timerfd_gettime
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times

    getpid getppid getuid geteuid getgid getegid getresuid getresgid getgroups getpgid getpgrp
    getsid getpriority getrlimit setrlimit getrusage uname sysinfo capget getrandom

    open openat openat2 creat close read write readv writev pread64 pwrite64 preadv
    pwritev preadv2 pwritev2 lseek dup dup2 dup3 flock fsync fdatasync sync_file_range ftruncate
    fadvise64 readahead copy_file_range sendfile splice tee cachestat
    stat lstat fstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink
    readlinkat getdents getdents64 getcwd chdir fchdir umask
    mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2
    pipe pipe2 eventfd eventfd2 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait
    epoll_pwait2 poll ppoll select pselect6
"""

FORBIDDEN = """
    fork vfork execve execveat unshare setns setsid setpgid
    socket socketpair connect bind listen accept accept4 shutdown sendto sendmsg sendmmsg
    recvfrom recvmsg recvmmsg getsockopt setsockopt getsockname getpeername
    tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_send_signal pidfd_getfd
    ptrace process_vm_readv process_vm_writev process_madvise kcmp
    memfd_create memfd_secret shmget shmat shmctl shmdt semget semctl semop semtimedop
    msgget msgctl msgsnd msgrcv mq_open mq_unlink
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr truncate
    link linkat symlink symlinkat mknod mknodat mount umount2 pivot_root chroot
    setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset
    setpriority ioprio_set sched_setaffinity sched_setparam sched_setscheduler sched_setattr
    add_key request_key keyctl bpf perf_event_open userfaultfd seccomp
    io_setup io_submit io_uring_setup io_uring_enter io_uring_register
    init_module finit_module delete_module kexec_load reboot swapon swapoff
    settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname syslog acct
"""

THREAD = 0x10000 | 0x400  # CLONE_THREAD, CLONE_FILES: a thread, with the descriptors of all
CLOSE_RANGE_UNSHARE = 2  # gives a thread descriptors that the judge can't see
MAP_STACK = 0x20000
SMALLEST_STACK = 2**20  # bytes; with the limit on memory, this bounds the number of threads
PRCTL_OPTIONS = {"PR_SET_NAME": 15, "PR_GET_NAME": 16, "PR_SET_VMA": 0x53564D41}
FCNTL_COMMANDS = {  # not F_SETFL: whether the pipe of the output blocks is the judge's concern, too
    "F_DUPFD": 0, "F_GETFD": 1, "F_SETFD": 2, "F_GETFL": 3, "F_GETLK": 5, "F_SETLK": 6,
    "F_SETLKW": 7, "F_DUPFD_CLOEXEC": 1030, "F_GETPIPE_SZ": 1032,
}  # fmt: skip
IOCTL_REQUESTS = {
    "TCGETS": 0x5401, "TIOCGWINSZ": 0x5413, "FIONREAD": 0x541B, "FIONCLEX": 0x5450,
    "FIOCLEX": 0x5451,
}  # fmt: skip

_DENY = pyseccomp.ERRNO(errno.EPERM)


def build() -> pyseccomp.SyscallFilter:
    """Return the filter without its rules for one process; this takes milliseconds."""
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    rules.set_attr(pyseccomp.Attr.ACT_BADARCH, _DENY)  # 32-bit calls of a 64-bit process
    for action, names in ((pyseccomp.ALLOW, ALLOWED), (_DENY, FORBIDDEN)):
        for name in names.split():
            _add(rules, action, name)
    _allow_with_arguments(rules)
    return rules


def enforce(rules: pyseccomp.SyscallFilter) -> None:
    """Lock this process, which must have one thread, by the rules of :func:`build`."""
    this = os.getpid()
    for name in ("kill", "tgkill"):
        _add(rules, pyseccomp.ALLOW, name, Arg(0, EQ, this))
        _add(rules, _DENY, name, Arg(0, NE, this))
    for process in (0, this):
        _add(rules, pyseccomp.ALLOW, "prlimit64", Arg(0, EQ, process))
    rules.load()


def _allow_with_arguments(rules: pyseccomp.SyscallFilter) -> None:
    _add(rules, pyseccomp.ALLOW, "clone", Arg(0, MASKED_EQ, THREAD, THREAD))
    for lacking in (0, THREAD & 0x10000, THREAD & 0x400):
        _add(rules, _DENY, "clone", Arg(0, MASKED_EQ, THREAD, lacking))
    _add(rules, pyseccomp.ALLOW, "close_range", Arg(2, MASKED_EQ, CLOSE_RANGE_UNSHARE, 0))
    _add(rules, pyseccomp.ALLOW, "mmap", Arg(3, MASKED_EQ, MAP_STACK, 0))
    _add(rules, pyseccomp.ALLOW, "mmap", Arg(1, GE, SMALLEST_STACK))
    # Blocks must be written to be had: reserving them is faster than the judge can measure. The C
    # library then writes them; blocks beyond a file's length are denied.
    _add(rules, pyseccomp.ERRNO(errno.EOPNOTSUPP), "fallocate", Arg(1, EQ, 0))
    _add(rules, _DENY, "fallocate", Arg(1, NE, 0))
    for name, argument, values in (
        ("prctl", 0, PRCTL_OPTIONS),
        ("fcntl", 1, FCNTL_COMMANDS),
        ("ioctl", 1, IOCTL_REQUESTS),
    ):
        for value in values.values():
            _add(rules, pyseccomp.ALLOW, name, Arg(argument, EQ, value))


def _add(rules: pyseccomp.SyscallFilter, action: int, name: str, *arguments: Arg) -> None:
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number != -1:  # this libseccomp doesn't know the name: it stays with ENOSYS
        rules.add_rule(action, number, *arguments)
