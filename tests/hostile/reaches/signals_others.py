import os
import signal

# By signals that do no harm: this must be safe to try where the lock is broken.
for process in (os.getppid(), JUDGE, 1, 0, -1, -os.getppid()):
    attempt(os.kill, process, 0)
for process in (os.getppid(), JUDGE):
    attempt(os.kill, process, signal.SIGURG)
attempt(os.killpg, os.getppid(), signal.SIGURG)
attempt(os.pidfd_open, JUDGE)
raise denied()
