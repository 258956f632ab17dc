#: status = "error"
#: says = "threads"
import threading
import time

threading.stack_size(2**15)
while True:
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
