#: status = "crashed"
#: says = "main thread"
# The system then shows neither its memory nor its descriptors; another thread answers.
import ctypes
import threading
import time

import grader.worker.answering as answering

libc = ctypes.CDLL(None)
real = answering.reply


def in_a_thread(*arguments):
    def work():
        time.sleep(0.2)
        held = [open(f"file{number}", "wb", buffering=0) for number in range(30)]
        for file in held:
            file.write(bytes(2**24))
        time.sleep(60)

    threading.Thread(target=work, daemon=True).start()
    time.sleep(0.05)
    libc.syscall(60, 0)  # exit, of this thread alone


answering.reply = in_a_thread
