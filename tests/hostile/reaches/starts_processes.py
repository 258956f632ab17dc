import multiprocessing
import os

attempt(os.fork)
attempt(os.forkpty)
for method in ("fork", "spawn", "forkserver"):
    attempt(multiprocessing.get_context(method).Process(target=print).start)
raise denied()
