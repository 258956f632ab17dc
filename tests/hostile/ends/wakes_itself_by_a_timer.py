#: status = ["error", "blocked"]
# A signal that a timer of the kernel sends continues a process that was stopped.
import ctypes
import signal
import struct
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
event = struct.pack("<qii48x", 0, signal.SIGCONT, 0)  # SIGEV_SIGNAL
timer = ctypes.c_void_p()
made = libc.timer_create(1, event, ctypes.byref(timer))
libc.timer_settime(timer, 0, struct.pack("<4q", 0, 10**7, 0, 10**7), None)


def fill():
    for number in range(100):
        time.sleep(0.05)
        with open(f"file{number}", "wb") as file:
            file.write(bytes(2**21))


threading.Thread(target=fill, daemon=True).start()


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        raise ValueError("BRE" + "ACH: a timer" if not made else "no timer")
