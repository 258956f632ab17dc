#: status = "crashed"
#: arguments = ["--limit", "disk=64", "--time-scale", "1"]
#: says = "its folder held more than 64 MiB"
import itertools


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        for number in itertools.count():
            with open(f"file{number}", "wb") as file:
                file.write(bytes(2**22))
