#: status = "crashed"
#: arguments = ["--limit", "disk=64", "--time-scale", "1"]
#: says = "at most 64 MiB in files"
import os
import threading
import time


def swap():
    while True:
        os.rename("here", "there")
        os.rename("there", "here")


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        os.makedirs("here/inner")
        threading.Thread(target=swap, daemon=True).start()
        number = 0
        while number < 300:
            try:
                with open(f"here/inner/file{number}", "wb") as file:
                    file.write(bytes(2**20))
                number += 1
            except FileNotFoundError:
                pass
        time.sleep(60)
