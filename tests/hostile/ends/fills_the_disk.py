#: status = "crashed"
#: arguments = ["--limit", "disk=64", "--time-scale", "1"]
#: says = "at most 64 MiB in files"
import itertools


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        for number in itertools.count():
            with open(f"file{number}", "wb") as file:
                file.write(bytes(2**22))
