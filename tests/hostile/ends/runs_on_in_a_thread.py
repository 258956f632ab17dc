#: status = ["timeout", "blocked"]
import threading


def run():
    while True:
        pass


for _ in range(8):
    threading.Thread(target=run, daemon=True).start()
