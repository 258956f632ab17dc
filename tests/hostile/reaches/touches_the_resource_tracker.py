import multiprocessing
from multiprocessing import resource_tracker

attempt(resource_tracker.ensure_running)
attempt(resource_tracker.register, "/hostile-was-here", "shared_memory")
attempt(multiprocessing.Lock)
raise denied()
