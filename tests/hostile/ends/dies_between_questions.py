#: status = ["crashed", "blocked"]
import os
import threading
import time


def later():
    time.sleep(1)
    os._exit(0)


threading.Thread(target=later, daemon=True).start()
