#: status = "crashed"
#: arguments = ["--limit", "disk=64", "--time-scale", "1"]
#: says = "at most 64 MiB in files"
import os
import time

held = []


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        for number in range(20):
            held.append(open(f"file{number}", "wb", buffering=0))
            os.unlink(f"file{number}")
            for _ in range(8):
                held[-1].write(bytes(2**21))
        time.sleep(60)
