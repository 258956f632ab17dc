#: status = "crashed"
#: arguments = ["--limit", "cpu=1", "--time-scale", "1"]
#: says = "more than 1 s of processor time"
class VanillaRNN(VanillaRNN):
    def forward(self, x):
        while True:
            pass
