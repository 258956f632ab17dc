#: status = ["error", "blocked"]
# A thread that waits until its file is not asked for any more; 600 MiB at most.
import threading
import time


def fill():
    time.sleep(0.3)
    for number in range(10):
        with open(f"file{number}", "wb") as file:
            for _ in range(60):
                file.write(bytes(2**20))


threading.Thread(target=fill, daemon=True).start()


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        raise ValueError("ask somebody else")
